// Brings the current tab into view where the bar is wider than the screen.
for (const current of document.querySelectorAll(".tabs [aria-current], .subtabs [aria-current]")) {
  const bar = current.closest("ul");
  const item = current.closest("li");
  if (bar && bar.scrollWidth > bar.clientWidth) bar.scrollLeft = item.offsetLeft - bar.offsetLeft - (bar.clientWidth - item.clientWidth) / 2;
}
