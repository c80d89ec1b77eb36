// Every page, light and dark, on three widths: axe, no sideways scrolling, nothing that the browser complains of, and a picture to look at.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { accounts, cast, expect, test } from "./people.js";

// pictures is the folder for them, when CHANCERY_PICTURES names one.
const pictures = process.env.CHANCERY_PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });

// Each test has its own people, drafts and dossiers.
test.describe.configure({ mode: "parallel" });

const widths = { desktop: { width: 1366, height: 900 }, tablet: { width: 820, height: 1180 }, phone: { width: 390, height: 844 } };

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// asked is what axe is asked of a page. Every rule is read in the first pair. Another theme shows the same elements in other colours; another width shows other
// elements in other places, whose names, order and landmarks may be missing, and leaves what each is as it was.
const colours = ["color-contrast", "link-in-text-block"];
const shown = ["aria-command-name", "aria-hidden-focus", "aria-input-field-name", "aria-toggle-field-name", "bypass", "button-name", "empty-heading", "heading-order", "input-button-name",
  "label", "landmark-one-main", "landmark-unique", "link-name", "list", "nested-interactive", "page-has-heading-one", "region", "scrollable-region-focusable", "select-name", "skip-link",
  "summary-name", "target-size"];
function asked(size, theme) {
  if (theme === "dark") return { runOnly: colours };
  return size === "desktop" ? { rules: { "target-size": { enabled: true } } } : { runOnly: [...colours, ...shown] };
}

// readByAxe is what axe finds wrong with a page as it stands.
async function readByAxe(page, size, theme) {
  return page.evaluate(async (options) => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], preload: false, ...options });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3)}`);
  }, asked(size, theme));
}

// pages finds the address of each page, from what the demonstration holds.
async function pages(page, { group, draft }) {
  const feed = await (await page.request.get("/api/v1/teleprinter?limit=200")).json();
  const restricted = feed.items.find((item) => item.level === "restricted") ?? feed.items[0];
  const tags = await (await page.request.get("/api/v1/tags")).json();
  return {
    teleprinter: "/", older: `/?after=${feed.items[10].id}`, message: `/messages/${restricted.id}`, compose: "/compose", draft: `/drafts/${draft}?check=1`, drafts: "/drafts",
    search: "/search?q=mali", "search-help": "/search", "search-nothing": "/search?q=xylophonique", groups: "/groups", communities: "/communities", group: `/groups/${group}`,
    tags: "/tags", tag: `/tags/${tags.items.find((tag) => tag.declarations.length > 0).key}`, requests: "/requests", dossiers: "/dossiers", unknown: "/nowhere",
  };
}

// scrolls reports by how much a page is wider than its window.
const scrolls = (page) => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth));

// look sees one loaded page in every width and theme, and on the narrowest screen there is; pictures are taken when somebody wants to look at them.
async function look(page, name) {
  await page.evaluate(`${axe};undefined`);
  for (const [size, viewport] of Object.entries(widths)) {
    await page.setViewportSize(viewport);
    expect.soft(await scrolls(page), `${name} scrolls sideways, ${size}`).toBe(0);
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" }); // nothing is read halfway from one theme to the other
      expect.soft(await readByAxe(page, size, theme), `${name}, ${theme}, ${size}, axe`).toEqual([]);
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${theme}-${size}.png` });
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  expect.soft(await scrolls(page), `${name} scrolls sideways at 320 pixels`).toBe(0);
  await page.setViewportSize(widths.desktop);
}

test("pages for nobody yet", async ({ visit }) => {
  const page = await visit(null);
  await page.goto("/sign-in");
  await look(page, "sign-in");
});

for (const half of [0, 1]) {
  test(`pages, half ${half + 1}`, async ({ visit }) => {
    test.setTimeout(240_000);
    const { sender, origin, group } = cast();
    const page = await visit(sender, { refusals: [404] });
    const made = await page.request.post("/api/v1/drafts", { data: { kind: "telegram", origin, level: "restricted", subject: "Un brouillon", tags: ["sahel"], action: [{ group }, { group: "nulle-part", qualification: "do" }] } });
    const { id: draft } = await made.json();
    const addresses = Object.entries(await pages(page, { group: origin, draft }));
    for (const [name, path] of addresses.filter((_, i) => i % 2 === half)) {
      await page.goto(path);
      await look(page, name);
    }
    if (half === 1) {
      await page.goto("/");
      await page.locator(".account-button").click();
      await look(page, "account");
    }
    await page.request.delete(`/api/v1/drafts/${draft}`);
  });
}

// Forms that are refused come back with what was typed; the summary has the focus, and its links lead to the fields.
test("refused forms", async ({ visit }) => {
  test.setTimeout(240_000);
  const { sender, origin } = cast();
  const page = await visit(sender, { refusals: [404, 422] });
  const back = async (name, field, typed) => {
    await expect(page.locator("#faults")).toBeFocused();
    await expect(page.locator(field)).toHaveValue(typed);
    await look(page, name);
    const link = page.locator("#faults a").last();
    const target = await link.getAttribute("href");
    await link.press("Enter");
    await expect(page.locator(target)).toBeFocused();
  };
  const open = (summary) => page.locator("details:has(> summary)").filter({ has: page.locator("summary", { hasText: summary }) }).last().evaluate((details) => { details.open = true; });

  await page.goto("/dossiers");
  await open("Ouvrir un dossier");
  await page.fill("#dossier-title", "Crue du fleuve");
  await page.fill("#dossier-members", "nulle part");
  await page.getByRole("button", { name: "Ouvrir", exact: true }).click();
  await back("refused-dossier", "#dossier-members", "nulle part");

  await page.goto("/delegations");
  await open("Déléguer");
  await page.fill("#delegate-to", "personne");
  await page.fill("#delegate-ends", "2020-01-01T10:00");
  await page.fill("#delegate-reason", "Congé");
  await page.locator("#delegate button[type=submit]").click();
  await back("refused-delegation", "#delegate-reason", "Congé");

  const { items: [todo] } = await (await page.request.get("/api/v1/actions")).json();
  await page.goto(`/messages/${todo.id}`);
  const take = page.locator("form[action$='/take'] button");
  if (await take.count()) await take.first().click();
  const form = page.locator("form[id^=close-]").first();
  const words = "Ce n’est pas pour nous. ".repeat(120).trim();
  await form.evaluate((at, text) => {
    at.closest("details").open = true;
    at.elements.reason.removeAttribute("maxlength");
    at.elements.reason.value = text;
  }, words);
  await form.locator("button[type=submit]").click();
  await back("refused-handling", "form[id^=close-] [name=reason]", words);

});

// The rule of visas is set, refused, changed and taken away where whoever directs the group looks; a file goes into a dossier, in pieces.
test("a rule of visas, and a file for a dossier", async ({ visit }) => {
  test.setTimeout(300_000);
  const director = accounts().find((account) => Object.values(account.duties).some((duties) => /number.two/.test(duties)) && account.terminal_level === "restricted");
  const group = Object.keys(director.duties).find((key) => /number.two/.test(director.duties[key]));
  const own = await visit(director, { refusals: [404, 422] });
  await own.goto(`/groups/${group}`);
  await own.locator("#rule-note").evaluate((at) => { at.closest("details").open = true; });
  await look(own, "group-rule");
  await own.fill("#rule-note-steps-0", "personne");
  await own.locator("#rule-note button[value=save]").last().click();
  await expect(own.locator("#rule-note-steps-0")).toHaveValue("personne");
  await look(own, "refused-rule");
  await own.fill("#rule-note-steps-0", director.login);
  await own.locator("#rule-note button[value=save]").last().click();
  await expect(own.locator("#visas")).toContainText(director.name);
  await look(own, "group-ruled");
  await own.locator("#rule-note").evaluate((at) => { at.closest("details").open = true; });
  await own.locator("#rule-note button[value=drop]").click();
  await expect(own.getByRole("status").first()).toBeVisible();

  const made = await own.request.post("/api/v1/dossiers", { data: { title: `Avec une pièce ${Date.now()}`, owner: group, level: "restricted" } });
  const { id } = await made.json();
  await own.goto(`/dossiers/${id}`);
  await own.selectOption("#put-level", "unprotected");
  await own.setInputFiles("#put-file", { name: "relevé.csv", mimeType: "text/csv", buffer: Buffer.from("a;b\n1;2\n") });
  await own.getByRole("button", { name: "Verser au dossier" }).press("Enter");
  await expect(own.locator("#files a[download]")).toContainText("relevé.csv");
  await own.setInputFiles("#put-file", { name: "programme.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ\x90\x00 et le reste") });
  await own.getByRole("button", { name: "Verser au dossier" }).press("Enter");
  await expect(own.locator("#files-coming")).toContainText("programme.exe");
  await look(own, "dossier-files");
});

test("a message prints on A4 with its marking", async ({ visit }) => {
  const { sender, group } = cast();
  const page = await visit(sender);
  const { message } = await pages(page, { group, draft: "" });
  await page.goto(message);
  await page.emulateMedia({ media: "print" });
  await expect(page.locator(".masthead")).toBeHidden();
  await expect(page.locator(".marking").first()).toBeVisible();
  await page.setViewportSize({ width: 794, height: 1123 });
  if (pictures) await page.screenshot({ path: `${pictures}/message-print.png`, fullPage: true });
  expect((await page.pdf({ format: "A4", tagged: true })).length).toBeGreaterThan(5000);
});
