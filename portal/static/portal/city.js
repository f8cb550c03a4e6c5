// What a page does more where scripts run: buttons that copy a program, and rows that come in place
// of others have the focus that went with those. Nothing needs it.
(function () {
  "use strict";

  function show(within) {
    if (!navigator.clipboard) return;
    within.querySelectorAll("[data-copy][hidden]").forEach(function (button) {
      button.hidden = false;
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var text = button.parentElement.querySelector("pre").textContent;
    navigator.clipboard.writeText(text).then(function () {
      button.classList.add("done");
      window.setTimeout(function () {
        button.classList.remove("done");
      }, 2000);
    });
  });
  function keepFocus() {
    if (document.activeElement !== document.body) return;
    var place = document.querySelector("#asked .preview") || document.getElementById("data-title");
    if (place) place.focus({ preventScroll: true });
  }

  document.addEventListener("htmx:afterSettle", function () {
    show(document);
    keepFocus();
  });
  show(document);
})();
