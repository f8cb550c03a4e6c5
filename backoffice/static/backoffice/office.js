// What our own pages do in the browser. What is to act says so by an attribute, rows that come later too.

// a list that narrows down what is shown sends its form when another line is chosen
document.addEventListener("change", function (event) {
  if (event.target.matches("select[data-sends]")) event.target.form.requestSubmit();
});

// a row that was added is left out again
document.addEventListener("click", function (event) {
  const button = event.target.closest("[data-leaves-out]");
  if (button) button.closest(".card").remove();
});

// on a narrow screen the results come first
if (window.matchMedia("(max-width: 900px)").matches) {
  document.querySelectorAll("details[data-folds]").forEach(function (details) { details.open = false; });
}

// what was ticked while an answer was on its way stays ticked
document.querySelectorAll("[data-keeps-ticked]").forEach(function (part) {
  const boxes = () => Array.from(part.querySelectorAll("input[type=checkbox]"));
  let ticked = new Set();
  part.addEventListener("htmx:beforeSwap", function () {
    ticked = new Set(boxes().filter((box) => box.checked).map((box) => box.id));
  });
  part.addEventListener("htmx:afterSwap", function () {
    boxes().forEach(function (box) { box.checked = ticked.has(box.id); });
  });
});
