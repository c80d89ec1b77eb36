import { cast, dispatch, expect, person, signIn, test, write } from "./people.js";

test("a restricted telegram arrives at whoever may see it, and at nobody else", async ({ visit }) => {
  const { sender, origin, group, reader, other } = cast();
  const subject = `Instruction réservée ${Date.now()}`;
  const receiving = await visit(reader);
  const uncleared = await visit(other, { refusals: [404] });
  await expect(receiving.locator(".session-level")).toHaveText(/diffusion restreinte/);
  await expect(uncleared.locator(".session-level")).toHaveText(/non protégé/);
  const before = await uncleared.locator("#unread-count").textContent();

  const writing = await visit(sender);
  await write(writing, { origin, group, level: "restricted", subject });
  await expect(writing.locator("#draft-live")).toContainText("Qui recevra");
  await dispatch(writing);
  await expect(writing.locator(".marking").first()).toHaveText("diffusion restreinte");
  await expect(writing.locator(".verdict")).toContainText("Signature valide");
  const path = new URL(writing.url()).pathname;

  await expect(receiving.locator("#pill")).toContainText("1 nouveau message");
  await expect(receiving.getByText(subject)).toHaveCount(0); // the tape does not move by itself
  await receiving.keyboard.press(".");
  await expect(receiving.getByText(subject)).toBeVisible();
  await receiving.getByText(subject).click();
  await expect(receiving.locator("h1")).toHaveText(subject);

  await uncleared.waitForTimeout(1000);
  await expect(uncleared.locator("#pill")).toBeHidden();
  await uncleared.reload();
  await expect(uncleared.getByText(subject)).toHaveCount(0);
  expect(await uncleared.locator("#unread-count").textContent()).toBe(before);
  await uncleared.goto(`/search?q=${encodeURIComponent(`"${subject}"`)}`);
  await expect(uncleared.locator("#total")).toHaveText("0 message");
  expect((await uncleared.goto(path)).status()).toBe(404);
});

test("the same agent on a terminal nobody knows reads nothing restricted", async ({ visit }) => {
  const { reader } = cast();
  const page = await visit(reader, { terminal: false });
  await expect(page.locator(".session-level")).toHaveText(/non protégé/);
  await expect(page.locator("#tape .level-restricted")).toHaveCount(0);
  await page.goto("/search?q=niveau:restreint");
  await expect(page.locator("#total")).toHaveText("0 message");
});

test("many tabs of one browser share one stream", async ({ visit }) => {
  const { sender, origin, group, reader } = cast();
  const first = await visit(reader);
  const tabs = [first];
  for (let i = 0; i < 8; i++) {
    const tab = await first.context().newPage();
    await tab.goto("/");
    tabs.push(tab);
  }
  const writing = await visit(sender);
  await write(writing, { origin, group, level: "unprotected", subject: `Pour tous les onglets ${Date.now()}` });
  await dispatch(writing);
  for (const tab of tabs) await expect(tab.locator("#pill")).toContainText("nouveau");
});

test("every fault is told at once, and what was typed stays", async ({ visit }) => {
  const { sender } = cast();
  const page = await visit(sender, { refusals: [422] });
  await page.goto("/compose");
  await page.fill("#text", "Un texte à garder.");
  await page.getByRole("button", { name: "Signer et envoyer" }).click();
  const faults = page.locator("#faults");
  await expect(faults).toBeFocused();
  expect(await faults.getByRole("link").count()).toBeGreaterThan(2);
  await expect(page.locator("#text")).toHaveValue("Un texte à garder.");
  await faults.getByRole("link", { name: /^Objet/ }).click();
  await expect(page.locator("#subject")).toBeFocused();
  await page.getByRole("button", { name: "Jeter le brouillon" }).click();
  await page.waitForURL(/\/drafts\?done=discarded/);
});

test("a draft is saved while one writes", async ({ visit }) => {
  const { sender } = cast();
  const page = await visit(sender);
  await page.goto("/compose");
  await page.fill("#subject", "Sauvé sans y penser");
  await page.waitForURL(/\/drafts\/[0-9a-z]{26}/);
  const version = page.locator("#draft-live input[name=version]");
  const first = await version.inputValue();
  await page.fill("#text", "Suite.");
  await expect(version).not.toHaveValue(first);
  await page.reload();
  await expect(page.locator("#subject")).toHaveValue("Sauvé sans y penser");
  await expect(page.locator("#text")).toHaveValue("Suite.");
  await page.getByRole("button", { name: "Jeter le brouillon" }).click();
});

test("everything works without scripts", async ({ visit }) => {
  const { sender, origin, group, reader } = cast();
  const subject = `Sans script ${Date.now()}`;
  const page = await visit(null, { javaScriptEnabled: false, refusals: [422] });
  await signIn(page, sender);
  await page.goto("/compose");
  await page.locator("input[name=level][value=restricted]").check();
  await page.selectOption("#origin", origin);
  await page.fill("#action-add", group);
  await page.fill("#subject", subject);
  await page.fill("#text", "1. Un point.");
  await page.getByRole("button", { name: "Signer et envoyer" }).click();
  await expect(page.locator("#faults")).toContainText("Résumé"); // a telegram needs one
  await page.fill("#summary", "Un résumé.");
  await dispatch(page);
  const receiving = await visit(reader, { javaScriptEnabled: false });
  await receiving.getByRole("link", { name: subject }).click();
  await expect(receiving.locator("h1")).toHaveText(subject);
  await receiving.goto("/search");
  await receiving.fill("#q", subject);
  await receiving.locator(".search-form button").click();
  await expect(receiving.locator("#total")).toHaveText("1 message");
});

test("the keyboard is enough", async ({ visit }) => {
  const { reader } = cast();
  const page = await visit(reader);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await expect(page.locator("[data-row]").first()).toHaveClass(/here/);
  const subject = await page.locator("[data-row].here h2").textContent();
  await page.keyboard.press("o");
  await page.waitForURL(/\/messages\//);
  await expect(page.locator("h1")).toHaveText(subject.trim());
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await page.waitForURL("/tags");
  await page.keyboard.press("?");
  await expect(page.locator("#help")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type("c?j");
  await expect(page.locator("#quick-q")).toHaveValue("c?j");
  await page.locator(".account-button").click();
  await page.getByLabel("Coupées").check();
  await page.getByRole("button", { name: "Enregistrer" }).click();
  await page.keyboard.press("?");
  await expect(page.locator("#help")).toBeHidden();
});

test("a key takes in charge the line that one stands on, and no other", async ({ visit }) => {
  const page = await visit(person("mireille.hoarau"), { at: "/actions" });
  const free = page.locator("[data-line]:has([data-key=p])");
  await page.keyboard.press("p"); // no line is the current one yet
  await expect(page).toHaveURL(/\/actions$/);
  const second = await free.nth(1).locator("[data-row]").getAttribute("data-id");
  const line = page.locator(`[data-line]:has([data-id="${second}"])`);
  for (let i = 0; i < 200 && !(await line.locator(".here").count()); i++) await page.keyboard.press("j");
  const before = await free.count();
  await page.keyboard.press("p");
  await page.waitForURL(/\/actions\?done=act-take$/);
  await expect(free).toHaveCount(before - 1);
  await expect(line).toContainText("Mireille Hoarau");
});

test("the focus is always seen", async ({ visit }) => {
  const { reader } = cast();
  for (const colorScheme of ["light", "dark"]) {
    const page = await visit(reader, { colorScheme });
    for (let i = 0; i < 25; i++) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => {
        const seen = (element) => { const s = getComputedStyle(element); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; };
        const at = document.activeElement;
        return at === document.body || seen(at) || seen(at.closest(".row-item, .choice") ?? at) ? "" : at.outerHTML.slice(0, 200);
      });
      expect(outline).toBe("");
    }
  }
});

test("an agent asks to join a group, and its number two decides", async ({ visit }) => {
  const { reader, group } = cast();
  const people = (await import("./people.js")).accounts();
  const second = people.find((account) => Object.values(account.duties).some((duties) => duties.split(",").some((duty) => duty.trim().replace(" ", "_") === "number_two")));
  const of = Object.keys(second.duties).find((key) => second.duties[key].includes("number"));
  const outsider = people.find((account) => account !== second && !(of in account.duties) && account !== reader && of !== group);
  const asking = await visit(outsider);
  await asking.goto(`/groups/${of}`);
  await expect(asking.getByText("attend une décision"), "this agent asked before").toHaveCount(0);
  await asking.getByLabel("Motif de la demande").fill("Affectation au premier du mois.");
  await asking.getByRole("button", { name: "Demander à rejoindre" }).click();
  await expect(asking.getByRole("status")).toContainText("transmise");
  const deciding = await visit(second);
  await deciding.goto("/requests");
  const request = deciding.locator("article.request", { hasText: "Affectation au premier du mois." });
  await request.getByRole("button", { name: "Accepter" }).click();
  await expect(deciding.getByRole("status")).toContainText("Accepté");
  await asking.goto(`/groups/${of}`);
  await expect(asking.getByText("Vous en êtes membre")).toBeVisible();
});

test("markup in a message stays text", async ({ visit }) => {
  const { sender, origin, group, reader } = cast();
  const payload = `<img src=x onerror=alert(1)><script>alert(2)</script>"><svg onload=alert(3)> <div hx-get="/read-all" hx-trigger="load">`;
  const writing = await visit(sender);
  await write(writing, { origin, group, level: "unprotected", subject: payload, text: payload });
  await dispatch(writing);
  const page = await visit(reader);
  await page.locator(".row-subject a").first().click();
  await expect(page.locator("h1")).toHaveText(payload);
  await page.waitForTimeout(300);
});

test("language and theme are the reader's choice", async ({ visit }) => {
  const { reader } = cast();
  const page = await visit(null);
  await signIn(page, reader);
  await page.locator(".account-button").click();
  await page.getByLabel("English").check();
  await page.getByLabel("Sombre").check();
  await page.getByRole("button", { name: "Enregistrer" }).click();
  await expect(page.locator("h1")).toHaveText("Teleprinter");
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(background).toBe("rgb(18, 23, 27)");
  await page.locator(".account-button").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("status")).toContainText("signed out");
});
