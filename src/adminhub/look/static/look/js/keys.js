// Single keys that press what a page shows: [data-key="a"] in the row that has the focus, [data-key-page="u"] anywhere on
// the page. A dialog with [data-keys-switch] turns letters off on this device (WCAG 2.1.4); Tab, arrows, Space, Enter stay.
const OFF = "look:keys-off";
const isOff = () => {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false;
  }
};
const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.hidden);
const firstTable = () => document.querySelector("table[data-keys]");
let left = null; // the row to come back to once htmx has put the answer in its place

const focusRow = (row) => {
  if (!row) return;
  for (const other of rowsOf(row.closest("table"))) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
};

const press = (thing, row) => {
  if (row) left = { id: row.id, at: rowsOf(row.closest("table")).indexOf(row) };
  thing.click();
};

const comeBack = () => {
  const table = left && firstTable();
  if (!table) return;
  const rows = rowsOf(table);
  const same = left.id && document.getElementById(left.id);
  const row = same ?? rows[Math.min(left.at, rows.length - 1)];
  left = null;
  focusRow(row);
};

document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (!(target instanceof Element) || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  if (isOff() || document.querySelector("dialog[open]")) return;
  if (target.matches("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]")) return;
  const key = CSS.escape(event.key);
  const row = target.closest("table[data-keys] tbody tr");
  const own = row?.querySelector(`[data-key="${key}"]`);
  const page = document.querySelector(`[data-key-page="${key}"]`);
  if (own ?? page) {
    event.preventDefault();
    press(own ?? page, row);
  } else if (row && event.key === "n") {
    const rows = rowsOf(row.closest("table"));
    const next = rows.slice(rows.indexOf(row) + 1).find((other) => other.matches(".row--needs"));
    event.preventDefault();
    if (next) focusRow(next);
    else document.querySelector(".pager a[rel='next']")?.focus();
  } else if (!row && "jkn".includes(event.key) && firstTable()) {
    const rows = rowsOf(firstTable());
    event.preventDefault();
    focusRow(rows.find((other) => other.tabIndex === 0) ?? rows[0]);
  }
});

document.addEventListener("change", (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("[data-keys-switch]")) return;
  try {
    localStorage.setItem(OFF, event.target.checked ? "no" : "yes");
  } catch {
    // A browser without storage keeps the keys on.
  }
});
document.addEventListener("htmx:after:swap", comeBack);
for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = !isOff();
