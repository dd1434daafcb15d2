// Dismisses toasts; good news leaves by itself after a while, bad news stays until it is dismissed.
const SHOWN_FOR = 8000;

const watch = (toast) => {
  if (toast.dataset.watched) return;
  toast.dataset.watched = "yes";
  if (!toast.matches(".toast--good, .toast--info")) return;
  let timer = setTimeout(() => toast.remove(), SHOWN_FOR);
  const stay = () => clearTimeout(timer);
  const go = () => { timer = setTimeout(() => toast.remove(), SHOWN_FOR); };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("focusin", stay);
  toast.addEventListener("pointerleave", go);
  toast.addEventListener("focusout", go);
};

const region = document.getElementById("toasts");
if (region) {
  region.querySelectorAll("[data-toast]").forEach(watch);
  new MutationObserver(() => region.querySelectorAll("[data-toast]").forEach(watch)).observe(region, { childList: true });
}
document.addEventListener("click", (event) => {
  if (event.target instanceof Element) event.target.closest("[data-toast-close]")?.closest("[data-toast]")?.remove();
});
