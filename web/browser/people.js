// Who plays: accounts of the demonstration, a page that fails its test for anything a browser complains of, and the steps they take.
import { readFileSync } from "node:fs";
import { test as base, expect } from "@playwright/test";

export const address = () => process.env.CHANCERY_ADDRESS;
export const accounts = () => JSON.parse(readFileSync(process.env.CHANCERY_ACCOUNTS, "utf8"));

export const person = (login) => accounts().find((account) => account.login === login);

const cleared = (account) => account.level === "restricted" && account.terminal_level === "restricted";
const signsFor = (account, group) => (account.duties[group] ?? "").split(",").includes("signatory");

// cast finds, among the accounts, a sender, a group of another house part, one of its members who is cleared and one who is not.
export function cast() {
  const all = accounts();
  for (const sender of all.filter(cleared)) {
    const origin = Object.keys(sender.duties).find((group) => signsFor(sender, group));
    if (!origin) continue;
    for (const group of JSON.parse(process.env.CHANCERY_GROUPS)) {
      const members = all.filter((account) => group in account.duties && account !== sender && !(origin in account.duties) && !account.functions?.length);
      const reader = members.find(cleared);
      const other = members.find((account) => account.level === "unprotected");
      if (group !== origin && reader && other) return { sender, origin, group, reader, other };
    }
  }
  throw new Error("the demonstration has no such people");
}

// watched makes a page fail its test for a console error, a refused policy, a dialog, or a request to another host. Answers that the
// test expects to be refused are named by their status.
export async function watched(context, { refusals = [] } = {}) {
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    const text = message.text();
    const awaited = refusals.some((status) => text.includes(`status of ${status}`));
    if (["error", "warning"].includes(message.type()) && !awaited) complaints.push(`${message.type()}: ${text}`);
  });
  page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith(address())) complaints.push(`foreign request: ${request.url()}`); });
  page.complaints = complaints;
  return page;
}

export const test = base.extend({
  // visit gives a watched page in a browser of its own, at an address and signed in when an account is named; every page is checked when the test ends.
  visit: async ({ browser }, use) => {
    const opened = [];
    await use(async (account, { terminal = true, refusals, at = "/", ...options } = {}) => {
      const context = await browser.newContext({ baseURL: address(), locale: "fr-FR", ...options });
      const page = await watched(context, { refusals });
      opened.push({ context, page });
      if (account) {
        await enter(context, account, { terminal });
        await page.goto(at);
      }
      return page;
    });
    for (const { context, page } of opened) {
      expect(page.complaints, "what the browser complained of").toEqual([]);
      await context.close();
    }
  },
});

// enter gives a browser the pass that the form of the sign-in page would have given it, without drawing that page each time.
async function enter(context, account, { terminal = true } = {}) {
  const form = { login: account.login, password: account.password, ...(terminal && { terminal: account.terminal }) };
  const answer = await context.request.post("/sign-in", { form, maxRedirects: 0 });
  expect(answer.status(), `${account.login} signs in`).toBe(303);
}

// signIn types what enter sends.
export async function signIn(page, account) {
  await page.goto("/sign-in");
  await page.fill("#login", account.login);
  await page.fill("#password", account.password);
  await page.locator("details.terminal summary").click();
  await page.fill("#terminal", account.terminal);
  await page.getByRole("button", { name: /Se connecter|Sign in/ }).click();
  await page.waitForURL("/");
}

// write fills the sheet with scripts on: the addressee is chosen from what the house suggests.
export async function write(page, { origin, group, level, subject, text }) {
  await page.goto("/compose");
  await page.locator(`input[name=level][value=${level}]`).check();
  await page.selectOption("#origin", origin);
  await page.fill("#action-add", group);
  const option = page.locator("#action-options [role=option]").first();
  await option.waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator(`input[name="action.group"][value="${group}"]`).waitFor({ state: "attached" });
  await page.fill("#subject", subject);
  await page.fill("#summary", "Le résumé de ce message.");
  await page.fill("#text", text ?? "1. Premier point.\n\n2. Second point.");
}

// dispatch signs at once what the sheet holds, without the half minute in which one may think better of it.
export async function dispatch(page) {
  await page.locator("summary", { hasText: "Autres actes" }).click();
  await page.getByRole("button", { name: "Signer sans délai" }).click();
  await page.waitForURL(/\/messages\//);
}

// ask has an answer of the API for whoever is signed in on a page.
export async function ask(page, method, path, data) {
  const answer = await page.request.fetch(`/api/v1${path}`, { method, data });
  expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBe(true);
  return answer.status() === 204 ? null : answer.json();
}

export { expect };
