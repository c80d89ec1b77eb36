// Every page, light and dark, on three widths: axe, no sideways scrolling, nothing that the browser complains of, and a picture to look at.
import { mkdirSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { cast, expect, test } from "./people.js";

const pictures = process.env.CHANCERY_PICTURES ?? new URL("screenshots", import.meta.url).pathname;
mkdirSync(pictures, { recursive: true });

const widths = { desktop: { width: 1366, height: 900 }, tablet: { width: 820, height: 1180 }, phone: { width: 390, height: 844 } };

// pages finds the address of each page, from what the demonstration holds.
async function pages(page, { group, draft }) {
  const feed = await (await page.request.get("/api/v1/teleprinter?limit=200")).json();
  const restricted = feed.items.find((item) => item.level === "restricted") ?? feed.items[0];
  const tags = await (await page.request.get("/api/v1/tags")).json();
  return {
    teleprinter: "/", older: `/?after=${feed.items[10].id}`, message: `/messages/${restricted.id}`, compose: "/compose", draft: `/drafts/${draft}?check=1`, drafts: "/drafts",
    search: "/search?q=mali", "search-help": "/search", "search-nothing": "/search?q=xylophonique", groups: "/groups", communities: "/communities", group: `/groups/${group}`,
    tags: "/tags", tag: `/tags/${tags.items.find((tag) => tag.declarations.length > 0).key}`, requests: "/requests", unknown: "/nowhere",
  };
}

async function look(page, name) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect.soft(wide, `${name} scrolls sideways`).toBeLessThanOrEqual(room);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect.soft(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3)}`), `${name}, axe`).toEqual([]);
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(widths)) {
    test(`pages, ${theme}, ${size}`, async ({ visit }) => {
      test.setTimeout(180_000);
      const { sender, origin, group } = cast();
      const stranger = await visit(null, { viewport, colorScheme: theme });
      await stranger.goto("/sign-in");
      await look(stranger, `sign-in-${theme}-${size}`);
      const page = await visit(sender, { viewport, colorScheme: theme, refusals: [404] });
      const made = await page.request.post("/api/v1/drafts", { data: { kind: "telegram", origin, level: "restricted", subject: "Un brouillon", tags: ["sahel"], action: [{ group }, { group: "nulle-part", qualification: "do" }] } });
      const { id: draft } = await made.json();
      for (const [name, path] of Object.entries(await pages(page, { group: origin, draft }))) {
        await page.goto(path);
        await look(page, `${name}-${theme}-${size}`);
      }
      await page.goto("/");
      await page.locator(".account-button").click();
      await look(page, `account-${theme}-${size}`);
      await page.request.delete(`/api/v1/drafts/${draft}`);
    });
  }
}

test("a message prints on A4 with its marking", async ({ visit }) => {
  const { sender, group } = cast();
  const page = await visit(sender);
  const { message } = await pages(page, { group, draft: "" });
  await page.goto(message);
  await page.emulateMedia({ media: "print" });
  await expect(page.locator(".masthead")).toBeHidden();
  await expect(page.locator(".marking").first()).toBeVisible();
  await page.setViewportSize({ width: 794, height: 1123 });
  await page.screenshot({ path: `${pictures}/message-print.png`, fullPage: true });
  expect((await page.pdf({ format: "A4", tagged: true })).length).toBeGreaterThan(5000);
});

test("nothing scrolls sideways at 320 pixels", async ({ visit }) => {
  const { sender, origin, group } = cast();
  const page = await visit(sender, { viewport: { width: 320, height: 640 }, refusals: [404] });
  const made = await page.request.post("/api/v1/drafts", { data: { kind: "telegram", origin, action: [{ group }] } });
  const { id: draft } = await made.json();
  for (const [name, path] of Object.entries(await pages(page, { group: origin, draft }))) {
    await page.goto(path);
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    expect.soft(wide, name).toBeLessThanOrEqual(room);
  }
});
