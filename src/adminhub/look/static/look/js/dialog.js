// Opens <dialog id="x"> for anything with data-dialog-open="x"; without this module :target shows it.
const opener = (target) => target instanceof Element && target.closest("[data-dialog-open]");

const prepare = (root) => {
  for (const link of root.querySelectorAll("a[data-dialog-open]")) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-haspopup", "dialog");
  }
  for (const dialog of root.querySelectorAll("dialog[data-dialog-show]")) if (!dialog.open) dialog.showModal();
};

document.addEventListener("click", (event) => {
  const link = opener(event.target);
  if (link) {
    const dialog = document.getElementById(link.dataset.dialogOpen);
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
    return;
  }
  if (!(event.target instanceof Element)) return;
  const close = event.target.closest("[data-dialog-close]");
  if (close) {
    close.closest("dialog")?.close();
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  } else if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

document.addEventListener("keydown", (event) => {
  const link = event.key === " " && opener(event.target);
  if (link && link.tagName === "A") {
    event.preventDefault();
    link.click();
  }
});

prepare(document);
document.addEventListener("htmx:after:process", () => prepare(document));
