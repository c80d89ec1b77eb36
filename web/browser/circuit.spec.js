// A telegram from the drafter to the desk that acts on it: two visas, a signature that is taken back once, handling by another group, a correction.
// On a tablet, in French, by keyboard alone.
import { expect, person, test } from "./people.js";

const tablet = { viewport: { width: 820, height: 1180 }, locale: "fr-FR" };

// reach goes to an element as a keyboard does. The element is looked for once, and again when the page has put another in its place.
async function reach(page, target) {
  await target.first().waitFor();
  let element = await target.first().elementHandle();
  for (let i = 0; i < 250; i++) {
    const [focused, there] = await element.evaluate((at) => [at === document.activeElement, at.isConnected]);
    if (focused) return;
    if (there) await page.keyboard.press("Tab");
    else element = await target.first().elementHandle();
  }
  throw new Error(`the keyboard does not reach ${target}`);
}

async function type(page, selector, text) {
  await reach(page, page.locator(selector));
  await page.keyboard.type(text);
}

async function press(page, target, key = "Enter") {
  await reach(page, target);
  await page.keyboard.press(key);
}

// go follows the two keys of a section of the menu.
async function go(page, key, path) {
  await page.keyboard.press("g");
  await page.keyboard.press(key);
  await page.waitForURL(path);
}

test("from a draft through two visas, a signature, handling and a correction, by keyboard alone", async ({ visit }) => {
  test.setTimeout(180_000);
  const subject = `Parapheur au clavier ${Date.now()}`;

  const drafter = await visit(person("sophie.lantier"), tablet);
  await drafter.keyboard.press("c");
  await drafter.waitForURL("/compose");
  await press(drafter, drafter.locator("input[name=level]"), "Space");
  await reach(drafter, drafter.locator("#origin"));
  await drafter.keyboard.type("DIPLO");
  await type(drafter, "#action-add", "DAM");
  await drafter.locator("#action-options [role=option]").first().waitFor();
  await drafter.keyboard.press("ArrowDown");
  await drafter.keyboard.press("Enter");
  await drafter.locator('input[name="action.group"][value="dam"]').waitFor({ state: "attached" });
  await type(drafter, "#subject", subject);
  await type(drafter, "#summary", "Ce qui est proposé, en une phrase.");
  await type(drafter, "#text", "1. Premier point.");
  await press(drafter, drafter.locator(".ask-visas summary"));
  await type(drafter, "#sheet-steps-0", "mathieu.corbin");
  await type(drafter, "#sheet-steps-1", "nadia.belkhir");
  await press(drafter, drafter.getByRole("button", { name: "Envoyer aux viseurs" }));
  await expect(drafter.locator(".circuit-state")).toHaveText("en visa");

  for (const login of ["mathieu.corbin", "nadia.belkhir"]) {
    const reviewer = await visit(person(login), tablet);
    await go(reviewer, "p", "/circuit");
    await press(reviewer, reviewer.getByRole("link", { name: subject }));
    await reviewer.waitForURL(/\/drafts\//);
    await type(reviewer, "#opinion-comment", "D’accord.");
    await press(reviewer, reviewer.getByRole("button", { name: "Viser", exact: true }));
    await expect(reviewer.getByRole("status").first()).toBeVisible();
  }

  const signatory = await visit(person("helene.vasseur"), tablet);
  await go(signatory, "p", "/circuit");
  await press(signatory, signatory.getByRole("link", { name: subject }));
  await signatory.waitForURL(/\/drafts\//);
  await press(signatory, signatory.getByRole("button", { name: "Signer et envoyer" }));
  await expect(signatory.locator(".held")).toContainText("Rien n’est encore numéroté");
  await press(signatory, signatory.getByRole("button", { name: "Annuler" }));
  await press(signatory, signatory.locator("summary", { hasText: "Autres actes" }));
  await press(signatory, signatory.getByRole("button", { name: "Signer sans délai" }));
  await signatory.waitForURL(/\/messages\//);
  await expect(signatory.locator("h1")).toHaveText(subject);
  await expect(signatory.locator("main")).toContainText("Mathieu Corbin");

  const handler = await visit(person("yasmina.haddad"), tablet);
  await press(handler, handler.getByRole("link", { name: subject }));
  await handler.waitForURL(/\/messages\//);
  await handler.keyboard.press("p");
  await expect(handler.locator(".handling")).toContainText("Yasmina Haddad");

  await signatory.reload();
  await expect(signatory.locator(".handling")).toContainText("Pris en charge");
  await signatory.keyboard.press("R");
  await signatory.waitForURL(/\/compose/);
  await expect(signatory.locator("#subject")).toHaveValue(subject);
  await reach(signatory, signatory.locator("#text"));
  await signatory.keyboard.type(" Lire : second point.");
  await press(signatory, signatory.locator("summary", { hasText: "Autres actes" }));
  await press(signatory, signatory.getByRole("button", { name: "Signer sans délai" }));
  await signatory.waitForURL(/\/messages\//);

  await handler.reload();
  await expect(handler.locator(".banner").first()).toContainText(/rectifi/i);
  await handler.keyboard.press("x");
  await handler.keyboard.type("Sans objet après la rectification.");
  await handler.keyboard.press("Enter");
  await expect(handler.locator(".handling")).toContainText("Sans objet après la rectification.");
});
