// The theme's own search boxes and switches, for the keyboard and for who hears the page.
document.addEventListener("DOMContentLoaded", function () {
  document.querySelectorAll("input, select, textarea").forEach(function (field) {
    if (field.type === "hidden" || (field.labels && field.labels.length) || field.hasAttribute("aria-label")) return;
    const row = field.closest(".field-row, .form-row");
    const label = row && row.querySelector("label, legend");
    const said = field.placeholder || (label && label.textContent.trim()) || field.name;
    if (said) field.setAttribute("aria-label", said);
  });
  document.querySelectorAll("a:not([href])").forEach(function (link) {
    if (!link.hasAttribute("x-on:click")) return;
    link.setAttribute("role", "button");
    link.tabIndex = 0;
    link.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); link.click(); }
    });
  });
});
