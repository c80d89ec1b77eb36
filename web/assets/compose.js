// The sheet on which a message is written: a chosen name becomes a line at once, and the draft is saved while one writes.
const pause = 1500;

export function compose(sheet) {
  for (const event of ["auto-complete-change"]) {
    sheet.addEventListener(event, (chosen) => {
      const picker = chosen.target.closest("[data-picker]");
      if (!picker || !chosen.target.value) return;
      picker.closest(".picker").querySelector("[data-add]").click();
    });
  }
  const autosave = document.getElementById("autosave");
  if (!autosave) return;
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => autosave.dispatchEvent(new CustomEvent("autosave")), pause);
  };
  sheet.addEventListener("input", (event) => {
    if (!event.target.name?.endsWith(".add")) later();
  });
  sheet.addEventListener("submit", () => clearTimeout(timer));
  // The field that was being used keeps the reader's place when its part of the sheet is put back.
  let last = "";
  sheet.addEventListener("focusin", (event) => { if (event.target.id) last = event.target.id; });
  document.addEventListener("htmx:after:swap", () => {
    if (document.activeElement === document.body && last) document.getElementById(last)?.focus();
  });
}
