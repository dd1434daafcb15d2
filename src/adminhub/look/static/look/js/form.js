// Stops a form from being sent twice, warns before unsaved decisions are lost, and brings the reader to the errors.
const SENDING = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method === "dialog") return;
  if (SENDING.has(form)) {
    event.preventDefault();
    return;
  }
  form.dataset.leaving = "yes";
  if (form.method !== "post" || form.target === "_blank" || form.hasAttribute("data-theme-form")) return;
  SENDING.add(form);
  const button = event.submitter;
  setTimeout(() => button?.setAttribute("aria-busy", "true"));
});
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target instanceof Element && event.target.closest("form");
  if (!form) return;
  SENDING.delete(form);
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    SENDING.delete(form);
    delete form.dataset.leaving;
  }
  document.querySelectorAll("[aria-busy='true']").forEach((button) => button.removeAttribute("aria-busy"));
});

document.addEventListener("change", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-unsaved]");
  if (form) form.dataset.changed = "yes";
});
addEventListener("beforeunload", (event) => {
  const unsaved = document.querySelector("form[data-unsaved][data-changed='yes']:not([data-leaving])");
  if (unsaved) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const eye = event.target instanceof Element && event.target.closest("[data-reveal]");
  const input = eye && document.getElementById(eye.dataset.reveal);
  if (!input) return;
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  eye.setAttribute("aria-pressed", String(!shown));
});

document.querySelector("[data-focus]")?.focus();
