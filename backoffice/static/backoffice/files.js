// the theme would write a file's name into a field beside it, which these pages do not have
document.querySelectorAll("input[type=file]").forEach(function (input) {
  input.hasChangeListener = true;
});
