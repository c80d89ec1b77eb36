import { defineConfig } from "@playwright/test";

// Debian's Chromium, cut off from every host but the demonstration's. CHANCERY_TRACE=1 keeps what a test that failed did, step by step with pictures, in
// test-results; recording it makes tests take half as long again, or more.
export default defineConfig({
  testDir: ".",
  globalSetup: "./house.js",
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  // The stories come first: those of a file follow each other in one house, while the other worker has pages to look at.
  projects: [{ name: "stories", testMatch: /(circuit|stories)\.spec\.js/ }, { name: "pages", testMatch: /pages\.spec\.js/ }],
  outputDir: "test-results",
  use: {
    browserName: "chromium",
    locale: "fr-FR",
    timezoneId: "UTC",
    trace: process.env.CHANCERY_TRACE ? "retain-on-failure" : "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
    },
  },
});
