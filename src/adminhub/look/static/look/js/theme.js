// The theme switch without a page load; without this module the form posts and the server sets the same cookie.
for (const form of document.querySelectorAll("[data-theme-form]")) {
  form.addEventListener("submit", (event) => {
    const chosen = event.submitter?.value;
    if (!chosen) return;
    event.preventDefault();
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${chosen}; path=/; max-age=31536000; samesite=lax${secure}`;
    document.documentElement.dataset.themeSwitch = ""; // no colour fades: on the way text would be hard to read
    document.documentElement.dataset.theme = chosen;
    document.documentElement.getBoundingClientRect();
    requestAnimationFrame(() => delete document.documentElement.dataset.themeSwitch);
    for (const button of document.querySelectorAll("[data-theme-form] button")) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
  });
}
