// Sends a form with data-autosubmit when a choice changes or typing pauses; without it there is a button.
const PAUSE = 300;

let timer;
const send = (form) => {
  clearTimeout(timer);
  form.requestSubmit();
};
document.addEventListener("change", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-autosubmit]");
  if (form && event.target.matches("select, input[type='checkbox'], input[type='radio']")) send(form);
});
document.addEventListener("input", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-autosubmit]");
  if (!form || !event.target.matches("input[type='search'], input[type='text']")) return;
  clearTimeout(timer);
  timer = setTimeout(() => send(form), PAUSE);
});
