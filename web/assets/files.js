// Files are sent in pieces, and go on where they broke off. Without this script the sheet sends one file with itself.
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

function line(file) {
  const item = document.createElement("li");
  const bar = document.createElement("progress");
  bar.max = file.size;
  bar.setAttribute("aria-label", `${part().dataset.sending} ${file.name}`);
  item.append(file.name, " ", bar);
  document.getElementById("files-coming").append(item);
  return { item, bar };
}

async function join(file) {
  const shown = line(file);
  const wrong = (text) => shown.item.replaceChildren(`${file.name} : ${text}`);
  if (file.size > Number(part().dataset.most) * 1024 * 1024) return wrong(part().dataset.tooLarge);
  const draft = await draftOf();
  if (!draft) return wrong(part().dataset.broken);
  const begun = await fetch(`/api/v1/drafts/${draft}/uploads`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: file.name, size: file.size }),
  }).catch(() => null);
  if (!begun?.ok) {
    const problem = await begun?.json().catch(() => null);
    return wrong(problem?.faults?.map((fault) => fault.detail).join(" ") || problem?.detail || part().dataset.broken);
  }
  const address = `/api/v1/drafts/${draft}/uploads/${(await begun.json()).id}`;
  try {
    await whole(address, file, (there) => { shown.bar.value = there; });
  } catch {
    return wrong(part().dataset.broken);
  }
  await refresh(draft);
}

// refresh puts the files' part anew, and again while something waits for its verdict.
async function refresh(draft) {
  for (let n = 0; n < 60; n++) {
    const changed = document.getElementById("files-refreshed");
    changed.setAttribute("hx-get", `/drafts/${draft}/files`);
    const swapped = new Promise((done) => document.addEventListener("htmx:after:swap", done, { once: true }));
    changed.dispatchEvent(new CustomEvent("files-changed"));
    await Promise.race([swapped, rest(3000)]);
    if (part()?.dataset.waits === undefined) return;
    await rest(2000);
  }
}

export function files(sheet) {
  let sending = Promise.resolve();
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("[data-send-file]");
    const input = document.getElementById("file");
    if (!button) return;
    event.preventDefault();
    for (const file of [...input.files]) sending = sending.then(() => join(file));
    input.value = "";
  });
  sheet.addEventListener("change", (event) => {
    if (event.target.id === "file" && event.target.files.length > 0) document.querySelector("[data-send-file]").click();
  });
}
