// Every page, light and dark, on three widths: axe, no sideways scrolling, nothing that the browser complains of, and a picture to look at.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { accounts, ask, cast, expect, person, test } from "./people.js";

// pictures is the folder for them, when CHANCERY_PICTURES names one.
const pictures = process.env.CHANCERY_PICTURES;
if (pictures) mkdirSync(pictures, { recursive: true });

// Each test has its own people, drafts and dossiers.
test.describe.configure({ mode: "parallel" });

const widths = { desktop: { width: 1366, height: 900 }, tablet: { width: 820, height: 1180 }, phone: { width: 390, height: 844 } };

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// asked is what axe is asked of a page. Every rule is read in the two pairs that are furthest apart. Another theme shows the same elements in other colours;
// another width shows other elements in other places, whose names, order and landmarks may be missing, and leaves what each is as it was.
const colours = ["color-contrast", "link-in-text-block"];
const shown = ["aria-command-name", "aria-hidden-focus", "aria-input-field-name", "aria-toggle-field-name", "bypass", "button-name", "empty-heading", "heading-order", "input-button-name",
  "label", "landmark-one-main", "landmark-unique", "link-name", "list", "nested-interactive", "page-has-heading-one", "region", "scrollable-region-focusable", "select-name", "skip-link",
  "summary-name", "target-size"];
function asked(size, theme) {
  if (`${theme} ${size}` === "light desktop" || `${theme} ${size}` === "dark phone") return { rules: { "target-size": { enabled: true } } };
  return { runOnly: theme === "dark" ? colours : [...colours, ...shown] };
}

// readByAxe is what axe finds wrong with a page as it stands.
async function readByAxe(page, size, theme) {
  return page.evaluate(async (options) => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], preload: false, ...options });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3)}`);
  }, asked(size, theme));
}

// pages finds the address of each page that everybody has, from what the demonstration holds.
async function pages(page, { group, draft }) {
  const { items: feed } = await ask(page, "GET", "/teleprinter?limit=200");
  const { items: tags } = await ask(page, "GET", "/tags");
  const restricted = feed.find((item) => item.level === "restricted"), filed = feed.find((item) => item.attachments > 0);
  return {
    teleprinter: "/", older: `/?after=${feed[10].id}`, message: `/messages/${restricted.id}`, file: `/messages/${filed.id}/files/0`, actions: "/actions", sent: "/sent",
    compose: "/compose", draft: `/drafts/${draft}?check=1`, drafts: "/drafts", circuit: "/circuit", search: "/search?q=mali", "search-help": "/search",
    "search-nothing": "/search?q=xylophonique", groups: "/groups", communities: "/communities", group: `/groups/${group}`, collectives: "/collectives",
    delegations: "/delegations", tags: "/tags", tag: `/tags/${tags.find((tag) => tag.declarations.length > 0).key}`, requests: "/requests", dossiers: "/dossiers",
    exchanges: "/exchanges", gate: "/gate", unknown: "/nowhere",
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
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${theme}-${size}.png`, fullPage: true });
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

const parts = 4;
for (let part = 0; part < parts; part++) {
  test(`pages, part ${part + 1} of ${parts}`, async ({ visit }) => {
    const { sender, origin, group } = cast();
    const page = await visit(sender, { refusals: [404] });
    const { id: draft } = await ask(page, "POST", "/drafts", { kind: "telegram", origin, level: "restricted", subject: "Un brouillon", tags: ["sahel"],
      action: [{ group }, { group: "nulle-part", qualification: "do" }] });
    const addresses = Object.entries(await pages(page, { group: origin, draft }));
    for (const [name, path] of addresses.filter((_, i) => i % parts === part)) {
      await page.goto(path);
      await look(page, name);
    }
    if (part === 0) {
      await page.goto("/");
      await page.locator(".account-button").click();
      await look(page, "account");
    }
    await ask(page, "DELETE", `/drafts/${draft}`);
  });
}

// unfold opens every fold of a page, so that what is in them is looked at too.
const unfold = (page) => page.locator("main").evaluate((main) => { for (const fold of main.querySelectorAll("details")) fold.open = true; });

test("pages for some: a draft on its way to the signature", async ({ visit }) => {
  const drafter = await visit(person("daniel.okeyo"));
  const reviewer = await visit(person("ruth.ashworth"));
  const made = await ask(drafter, "POST", "/drafts", { kind: "telegram", origin: "nairobi", level: "unprotected", subject: "Bail du toit : ce qui reste à signer",
    summary: "Deux points restent ouverts.", text: "1. Le bailleur demande une visite.\n\n2. Le bail court dix ans.", action: [{ group: "hanoi" }] });
  const one = `/drafts/${made.id}`;
  const first = await ask(drafter, "POST", `${one}/submit`, { steps: [{ agents: ["ruth.ashworth"] }] });
  await ask(reviewer, "POST", `${one}/visa`, { digest: first.circuit.digest, verdict: "remarks", comment: "Quel jour ?" });
  const again = await ask(drafter, "POST", `${one}/reopen`);
  await ask(drafter, "PUT", one, { ...again.form, text: "1. Le bailleur demande une visite le 3.\n\n2. Le bail court neuf ans, puis d’année en année." });
  await ask(drafter, "POST", `${one}/submit`, { steps: [{ agents: ["ruth.ashworth"] }] });
  await drafter.goto("/circuit");
  await expect(drafter.locator("main")).toContainText("Bail du toit");
  await look(drafter, "circuit-waiting");
  await reviewer.goto("/circuit");
  await look(reviewer, "circuit-to-review");
  await reviewer.goto(one);
  await look(reviewer, "draft-to-review");
  await reviewer.goto(`${one}/compare`);
  await expect(reviewer.locator("main ins").first()).toBeVisible();
  await look(reviewer, "compare");
});

test("pages for some: mail to outside that waits for a second person", async ({ visit }) => {
  const sender = await visit(person("ruth.ashworth"));
  const { id } = await ask(sender, "POST", "/drafts", { kind: "mail", origin: "nairobi", level: "unprotected", subject: "Bail du toit : votre visite", text: "Monsieur le gérant,",
    external: ["gerance@immeuble.example", "copropriete.du.quartier.des.ambassades@immeuble.example"] });
  const released = await ask(sender, "POST", `/drafts/${id}/release`);
  await sender.goto(`/messages/${released.id}`);
  await look(sender, "message-leaving");
  const second = await visit(person("laurent.castaing"), { at: "/gate" });
  await expect(second.locator("form[id^=held-]").first()).toBeVisible();
  await look(second, "gate-held");
});

test("pages for some: the administrator", async ({ visit }) => {
  const page = await visit(person("denis.pasquier"), { at: "/gate" });
  await expect(page.locator("#gate-rules")).toBeVisible();
  await look(page, "gate-rules");
  await page.goto("/collectives");
  await unfold(page);
  await look(page, "collectives-defined");
});

test("pages for some: the archivist and the operator desk", async ({ visit }) => {
  const archivist = await visit(person("jeanne.cormier"));
  const { items } = await ask(archivist, "GET", "/teleprinter?limit=200");
  await archivist.goto(`/messages/${items.find((item) => item.level === "restricted").id}`);
  await unfold(archivist);
  await expect(archivist.locator("form[id=freeze]")).toBeVisible();
  await look(archivist, "message-archivist");

  const elsewhere = await visit(person("mireille.hoarau"), { at: "/actions" });
  await look(elsewhere, "actions-many");
  const { items: [todo] } = await ask(elsewhere, "GET", "/actions");
  await ask(elsewhere, "POST", `/messages/${todo.id}/handling/port-serane/misaddressed`, { reason: "Ce n’est pas pour nous." });
  const operator = await visit(person("mathieu.corbin"), { at: "/operator" });
  await expect(operator.locator("main")).toContainText("Ce n’est pas pour nous.");
  await unfold(operator);
  await look(operator, "operator");
});

test("pages for some: an exchange, a dossier", async ({ visit }) => {
  const one = await visit(person("gabriel.sorel"), { at: "/exchanges" });
  const { id } = await ask(one, "POST", "/exchanges", { to: "philippe.daumas", text: "Auriez-vous dix minutes demain ?" });
  const other = await visit(person("philippe.daumas"), { at: "/exchanges" });
  await ask(other, "POST", `/exchanges/${id}`, { text: "Volontiers, à neuf heures.\nJe vous appelle." });
  await other.reload();
  await look(other, "exchanges-begun");
  await other.goto(`/exchanges/${id}`);
  await expect(other.locator("main")).toContainText("à neuf heures");
  await look(other, "exchange");

  const { items } = await ask(one, "GET", "/teleprinter?limit=20");
  const dossier = await ask(one, "POST", "/dossiers", { title: `Dette : ce qui est dit ${Date.now()}`, owner: "port-serane", level: "restricted" });
  for (const message of items.slice(0, 3)) await ask(one, "POST", `/dossiers/${dossier.id}/messages`, { message: message.id });
  await ask(one, "POST", `/dossiers/${dossier.id}/notes`, { text: "À relire avant la visite." });
  await one.goto(`/dossiers/${dossier.id}`);
  await unfold(one);
  await look(one, "dossier");
});

test("pages for some: a message past its validity, requests decided and to be decided", async ({ visit }) => {
  const sender = await visit(person("agnes.thibault"));
  const until = new Date(Date.now() + 10_000).toISOString().replace(/\.\d+/, "");
  const { id } = await ask(sender, "POST", "/drafts", { kind: "telegram", origin: "hanoi", level: "unprotected", subject: "Réunion de ce matin", summary: "Salle changée.", text: "1. Salle 4.",
    action: [{ group: "nairobi", qualification: "do", instruction: "Venir", deadline: until }], valid_until: until });
  const released = await ask(sender, "POST", `/drafts/${id}/release`);

  const steward = await visit(person("leila.mansouri"), { at: "/requests" });
  await unfold(steward);
  await look(steward, "requests-to-decide");
  const { items } = await ask(steward, "GET", "/requests");
  const asked = items.find((item) => item.signup?.agent.login === "linh.tranvan");
  await ask(steward, "POST", `/requests/${asked.signup.id}/refuse`, { reason: "La communauté reprend en janvier ; redemandez alors." });
  const refused = await visit(person("linh.tranvan"), { at: "/requests" });
  await expect(refused.locator("main")).toContainText("redemandez alors");
  await look(refused, "requests-decided");

  const reader = await visit(person("simon.berthelot"), { at: "/" });
  await expect.poll(async () => (await ask(reader, "GET", `/messages/${released.id}`)).expired_at).toBeTruthy();
  await reader.reload();
  await look(reader, "teleprinter-expired");
  await reader.goto(`/messages/${released.id}`);
  await look(reader, "message-expired");
});

// Forms that are refused come back with what was typed; the summary has the focus, and its links lead to the fields.
test("refused forms", async ({ visit }) => {
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
