// The sheet on which a message is written: a chosen name becomes a line at once, and the draft is saved while one writes.
const pause = 1500;

export function compose(sheet) {
  const autosave = document.getElementById("autosave");
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => autosave?.dispatchEvent(new CustomEvent("autosave")), pause);
  };
  // A chosen name becomes a line at once where there may be many; where there is one it stands in its field, to be saved.
  sheet.addEventListener("auto-complete-change", (chosen) => {
    const picker = chosen.target.closest("[data-picker]");
    if (!picker) later();
    else if (chosen.target.value) picker.closest(".picker").querySelector("[data-add]").click();
  });
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
