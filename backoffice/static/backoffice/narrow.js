// A search box above a long table of fields: rows without the words are hidden, unless filled in.
document.querySelectorAll("[data-narrows]").forEach(function (bar) {
  const box = bar.querySelector("input");
  const rows = document.querySelectorAll("#" + bar.dataset.narrows + " tbody tr");
  bar.hidden = false;
  box.addEventListener("keydown", function (event) {
    if (event.key === "Enter") event.preventDefault(); // it would send the form
  });
  box.addEventListener("input", function () {
    const words = box.value.trim().toLowerCase();
    rows.forEach(function (row) {
      const filled = Array.from(row.querySelectorAll("input")).some(function (field) { return field.value; });
      row.hidden = !filled && !row.cells[0].textContent.toLowerCase().includes(words);
    });
  });
});
