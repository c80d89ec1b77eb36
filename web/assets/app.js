// What every page does beyond HTML: live arrivals, single keys, the help dialog, printing. Nothing here is needed to work.
const root = document.documentElement;
const body = document.body;

// The house's own policy: markup comes from its own answers only, and the one worker is the hub.
const policy = window.trustedTypes
  ? window.trustedTypes.createPolicy("chancery", {
      createHTML: (markup) => markup,
      createScriptURL: (address) => {
        if (address !== body.dataset.hub) throw new TypeError("not a worker of ours");
        return address;
      },
    })
  : { createHTML: (markup) => markup, createScriptURL: (address) => address };

// Live arrivals: counted behind the pill, never put into the list under the reader's eyes.
// A message that is otherwise now: its row is fetched anew, its page says so. One that is gone leaves the list at once, and its page.
async function changed(id) {
  const row = document.querySelector(`[data-row][data-id="${CSS.escape(id)}"]`);
  if (row) {
    const answer = await fetch(`/messages/${encodeURIComponent(id)}/row`, { headers: { Accept: "text/html" } });
    if (answer.ok) row.outerHTML = policy.createHTML(await answer.text());
  } else if (tape()) {
    showPill(body.dataset.newOne);
  }
  const notice = document.getElementById("changed");
  if (notice && shownMessage() === id) notice.hidden = false;
}

function gone(id) {
  document.querySelector(`[data-row][data-id="${CSS.escape(id)}"]`)?.remove();
  if (shownMessage() === id) window.location.replace("/");
}

function shownMessage() {
  return document.querySelector("[data-message]")?.dataset.message;
}

const waiting = new Set();
const title = document.title;

function tape() {
  return document.querySelector("#tape[data-live]");
}

function arrived(note) {
  if (note.changed && note.headline) {
    changed(note.headline.id);
    return;
  }
  if (note.gone) {
    gone(note.gone);
    return;
  }
  if (!tape()) return;
  if (note.resync) {
    showPill(body.dataset.newMany.replace("{n}", "…"));
    return;
  }
  if (!note.headline || document.querySelector(`[data-id="${CSS.escape(note.id)}"]`)) return;
  waiting.add(note.id);
  const n = waiting.size;
  showPill(n === 1 ? body.dataset.newOne : body.dataset.newMany.replace("{n}", n.toLocaleString(root.lang)));
  document.title = `(${n}) ${title}`;
}

function showPill(text) {
  const pill = document.getElementById("pill");
  if (!pill) return;
  document.getElementById("pill-text").textContent = text;
  pill.hidden = false;
}

function shown() {
  waiting.clear();
  document.title = title;
  const pill = document.getElementById("pill");
  if (pill) pill.hidden = true;
}

document.addEventListener("htmx:after:swap", () => {
  const list = tape();
  if (!list || !document.getElementById("pill") || document.getElementById("pill").hidden) return;
  shown();
  window.scrollTo({ top: 0 });
  list.querySelector("[data-row] a")?.focus({ preventScroll: true });
});

function listenThroughHub(message) {
  const worker = new SharedWorker(policy.createScriptURL(body.dataset.hub), { name: "chancery-hub" });
  worker.port.onmessage = ({ data }) => arrived(data);
  worker.port.postMessage({ join: true, ...message });
  window.addEventListener("pagehide", () => worker.port.postMessage({ leave: true }));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) worker.port.postMessage({ join: true, ...message });
  });
}

function listenAlone({ stream, newest }) {
  const source = new EventSource(newest ? `${stream}?after=${encodeURIComponent(newest)}` : stream);
  source.onmessage = (event) => arrived({ id: event.lastEventId, ...JSON.parse(event.data) });
  source.addEventListener("resync", () => arrived({ resync: true }));
  for (const kind of ["changed", "gone"]) source.addEventListener(kind, (event) => arrived(JSON.parse(event.data)));
  window.addEventListener("pagehide", () => source.close());
}

if (tape() || shownMessage()) {
  const message = { stream: body.dataset.stream, newest: tape()?.dataset.newest };
  if (window.SharedWorker) listenThroughHub(message);
  else if (window.EventSource) listenAlone(message);
}

// Single keys, switched off in the account menu, never while something is being typed.
const sections = { t: "teleprinter", a: "actions", s: "sent", r: "search", b: "drafts", g: "groups", c: "communities", e: "tags", d: "requests", o: "dossiers", p: "circuit" };
let prefix = 0;

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return;
  const here = rows.findIndex((row) => row.classList.contains("here") || row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(rows.length - 1, here + step))] ?? rows[0];
  for (const row of rows) row.classList.remove("here");
  next.classList.add("here");
  next.querySelector("a")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

// current reports whether a key acts on the element: in a list of lines with buttons of their own, only on those of the line that one stands on.
function current(button) {
  const line = button.closest("[data-line]");
  return !line || line.matches(":focus-within") || (!document.querySelector("[data-line]:focus-within") && line.querySelector(".here") !== null);
}

// No page gives one of these keys to a button of its own.
const acts = {
  j: () => move(1),
  k: () => move(-1),
  o: () => document.querySelector("[data-row].here a, [data-row]:focus-within a")?.click(),
  ".": () => { const pill = document.getElementById("pill"); if (pill && !pill.hidden) pill.click(); },
  "/": () => document.querySelector("#q, #quick-q")?.focus(),
  c: () => document.querySelector('[data-section="compose"]')?.click(),
  D: () => {
    const filing = document.getElementById("file-in");
    if (!filing) return;
    filing.open = true;
    filing.querySelector("select")?.focus();
  },
  "?": () => document.getElementById("help")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (root.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (prefix && Date.now() - prefix < 1500 && sections[event.key]) {
    prefix = 0;
    event.preventDefault();
    document.querySelector(`[data-section="${sections[event.key]}"]`)?.click();
    return;
  }
  prefix = 0;
  if (event.key === "g") {
    prefix = Date.now();
    return;
  }
  const pressed = [...document.querySelectorAll(`main [data-key="${CSS.escape(event.key)}"]`)].find(current);
  if (pressed) {
    event.preventDefault();
    pressed.click();
    pressed.closest("details[open]")?.querySelector("input:not([type=hidden]), select")?.focus();
    return;
  }
  const act = acts[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

for (const button of document.querySelectorAll("[data-help]")) {
  button.addEventListener("click", () => document.getElementById("help")?.showModal());
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
document.getElementById("faults")?.focus();

// A word to sign that may still be taken back: the time that is left beside the time it goes, and then the page anew.
for (const due of document.querySelectorAll("[data-countdown]")) {
  const at = Date.parse(due.dateTime);
  const said = due.textContent;
  const ahead = at - Date.now();
  const tick = () => {
    const left = Math.ceil((at - Date.now()) / 1000);
    if (left <= -1) return location.reload();
    if (left <= 3600) due.textContent = `${said} (${Math.max(left, 0)} s)`;
    setTimeout(tick, 500);
  };
  if (ahead > 0) tick();
}

// A page with fields for names brings their script along.
const fields = document.querySelector("[data-compose]");
if (fields) {
  const [{ compose }, { AutoCompleteElement }] = await Promise.all([import(fields.dataset.compose), import(fields.dataset.autocomplete)]);
  AutoCompleteElement.setCSPTrustedTypesPolicy(policy);
  compose(fields);
}
const sender = document.querySelector("[data-files-script]");
if (sender) (await import(sender.dataset.filesScript)).files(document.getElementById("main"));
