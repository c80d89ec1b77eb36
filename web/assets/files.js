// Files are sent in pieces, and go on where they broke off. Without this script a form sends one file with itself.
const piece = 4 << 20;
const patience = [1000, 2000, 4000, 8000, 15000, 30000];

const rest = (ms) => new Promise((done) => setTimeout(done, ms));

// send sends one piece and tells how far it is.
function send(address, offset, blob, tell) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", address);
    request.setRequestHeader("Content-Type", "application/offset+octet-stream");
    request.setRequestHeader("Upload-Offset", String(offset));
    request.upload.addEventListener("progress", (event) => tell(offset + event.loaded));
    request.addEventListener("load", () => (request.status < 300 ? done(JSON.parse(request.responseText)) : fail(request.status)));
    request.addEventListener("error", () => fail(0));
    request.send(blob);
  });
}

async function whole(address, file, tell) {
  let offset = 0;
  for (let failed = 0; offset < file.size; ) {
    try {
      const view = await send(address, offset, file.slice(offset, offset + piece), tell);
      offset = view.offset;
      failed = 0;
    } catch (status) {
      if (failed === patience.length || (status >= 400 && status < 500 && status !== 409)) throw status;
      await rest(patience[failed++]);
      const there = await fetch(address, { method: "HEAD" }).catch(() => null);
      if (there?.ok) offset = Number(there.headers.get("Upload-Offset"));
    }
  }
}

const part = () => document.getElementById("files");

// draftOf is the draft's identity; a sheet that was never saved is saved first.
async function draftOf() {
  const known = () => document.querySelector("#sheet [name=draft]")?.value;
  if (known()) return known();
  document.getElementById("autosave").dispatchEvent(new CustomEvent("autosave"));
  for (let n = 0; n < 50 && !known(); n++) await rest(100);
  return known();
}

// place is where files are sent, and where the part of the page is fetched that shows them; null when there is none.
async function place() {
  const { uploads, part: address } = part().dataset;
  if (uploads) return { uploads, address };
  const draft = await draftOf();
  return draft ? { uploads: `/api/v1/drafts/${draft}/uploads`, address: `/drafts/${draft}/files` } : null;
}

function line(file) {
  const item = document.createElement("li");
  const bar = document.createElement("progress");
  bar.max = file.size;
  bar.setAttribute("aria-label", `${part().dataset.sending} ${file.name}`);
  item.append(file.name, " ", bar);
  document.getElementById("files-coming").append(item);
  return { item, bar };
}

async function join(file, level) {
  const shown = line(file);
  const wrong = (text) => shown.item.replaceChildren(`${file.name} : ${text}`);
  if (file.size > Number(part().dataset.most) * 1024 * 1024) return wrong(part().dataset.tooLarge);
  const to = await place();
  if (!to) return wrong(part().dataset.broken);
  const begun = await fetch(to.uploads, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: file.name, size: file.size, ...(level && { level }) }),
  }).catch(() => null);
  if (!begun?.ok) {
    const problem = await begun?.json().catch(() => null);
    return wrong(problem?.faults?.map((fault) => fault.detail).join(" ") || problem?.detail || part().dataset.broken);
  }
  const address = `${to.uploads}/${(await begun.json()).id}`;
  try {
    await whole(address, file, (there) => { shown.bar.value = there; });
  } catch {
    return wrong(part().dataset.broken);
  }
  await refresh(to);
}

// refresh puts the files' part anew, and again while something waits for its verdict.
async function refresh({ address }) {
  for (let n = 0; n < 60; n++) {
    const changed = document.getElementById("files-refreshed");
    changed.setAttribute("hx-get", address);
    const swapped = new Promise((done) => document.addEventListener("htmx:after:swap", done, { once: true }));
    changed.dispatchEvent(new CustomEvent("files-changed"));
    await Promise.race([swapped, rest(3000)]);
    if (part()?.dataset.waits === undefined) return;
    await rest(2000);
  }
}

// files has whatever stands within send its files so; the part that shows them may be put anew meanwhile.
export function files(within) {
  let sending = Promise.resolve();
  within.addEventListener("click", (event) => {
    const input = document.querySelector("[data-file]");
    if (!event.target.closest("[data-send-file]") || (part().dataset.uploads && input.files.length === 0)) return;
    event.preventDefault();
    const level = input.form.elements.namedItem("level");
    const own = part().dataset.uploads && level?.value; // on a sheet the level is the message's
    for (const file of [...input.files]) sending = sending.then(() => join(file, own));
    input.value = "";
  });
  within.addEventListener("change", (event) => {
    if (event.target.matches("[data-file]") && event.target.files.length > 0 && !part().dataset.uploads) document.querySelector("[data-send-file]").click();
  });
}
