// Keyboard and ranges for tables with data-keys: arrows or j/k move, Space ticks, Shift ticks a range, "/" searches.
const TICK = "input[type='checkbox'][data-tick]";
const anchors = new WeakMap();

const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.hidden);
const tickOf = (row) => row?.querySelector(`${TICK}:not(:disabled)`);

const prepare = (root) => {
  for (const table of root.querySelectorAll("table[data-keys]")) {
    const rows = rowsOf(table);
    if (!rows.some((row) => row.tabIndex === 0)) {
      for (const row of rows) row.tabIndex = -1;
      if (rows[0]) rows[0].tabIndex = 0;
    }
    for (const row of rows) if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    count(table);
  }
};

const focusRow = (table, row) => {
  for (const other of rowsOf(table)) other.tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
};

const count = (table) => {
  const ticks = [...table.querySelectorAll(`${TICK}:not(:disabled)`)];
  const ticked = ticks.filter((tick) => tick.checked).length;
  const all = table.querySelector("[data-tick-all]");
  if (all) {
    all.checked = ticks.length > 0 && ticked === ticks.length;
    all.indeterminate = ticked > 0 && ticked < ticks.length;
  }
  const scope = table.closest("form, main") ?? document;
  for (const bar of scope.querySelectorAll("[data-selection]")) {
    const figure = bar.querySelector("[data-ticked]");
    const inAll = scope.querySelectorAll(`${TICK}:checked`).length;
    if (figure) figure.textContent = String(inAll);
    bar.toggleAttribute("data-any", inAll > 0);
    for (const button of bar.querySelectorAll("[data-needs-ticks]")) button.disabled = inAll === 0;
  }
};

const tick = (box, on) => {
  if (!box || box.checked === on) return;
  box.checked = on;
  box.dispatchEvent(new Event("change", { bubbles: true }));
};

const range = (table, row, on) => {
  const rows = rowsOf(table);
  const from = rows.indexOf(anchors.get(table) ?? row);
  const to = rows.indexOf(row);
  for (const between of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) tick(tickOf(between), on);
};

document.addEventListener("click", (event) => {
  const box = event.target instanceof Element && event.target.closest(TICK);
  const table = box && box.closest("table[data-keys]");
  if (!table) return;
  const row = box.closest("tr");
  if (event.shiftKey && anchors.has(table)) range(table, row, box.checked);
  anchors.set(table, row);
});

document.addEventListener("change", (event) => {
  if (!(event.target instanceof Element)) return;
  const table = event.target.closest("table");
  if (!table) return;
  if (event.target.matches("[data-tick-all]")) {
    const on = event.target.checked;
    for (const row of rowsOf(table)) tick(tickOf(row), on);
  }
  if (event.target.matches("[data-tick-all], [data-tick]")) count(table);
});

document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (!(target instanceof Element) || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = target.matches("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !document.querySelector("dialog[open]")) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
    return;
  }
  const row = target.closest("table[data-keys] tbody tr");
  if (!row || typing) return;
  const table = row.closest("table");
  const rows = rowsOf(table);
  const at = rows.indexOf(row);
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step) {
    const next = rows[at + step];
    event.preventDefault();
    if (next) {
      if (event.shiftKey) tick(tickOf(next), tickOf(row)?.checked ?? true);
      focusRow(table, next);
    }
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    focusRow(table, event.key === "Home" ? rows[0] : rows.at(-1));
  } else if (event.key === " " && target === row) {
    event.preventDefault();
    const box = tickOf(row);
    if (!box) return;
    if (event.shiftKey && anchors.has(table)) {
      range(table, row, true);
    } else {
      tick(box, !box.checked);
    }
    anchors.set(table, row);
  } else if (event.key === "Enter" && target === row) {
    row.querySelector("a[href], [data-row-open]")?.click();
  }
});

prepare(document);
document.addEventListener("htmx:after:process", () => prepare(document));
