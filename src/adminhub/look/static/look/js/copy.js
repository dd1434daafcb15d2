// Copies the value of the input named by data-copy, and says so on the button; without it the text can be selected.
document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  source.select?.();
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
  } catch {
    document.execCommand("copy");
  }
  const label = button.querySelector(".button__label") ?? button;
  const before = label.textContent;
  label.setAttribute("role", "status");
  label.textContent = button.dataset.copied || "Copied";
  setTimeout(() => { label.textContent = before; }, 2500);
});
