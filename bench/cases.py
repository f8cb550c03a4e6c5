"""The cases of `make bench`, by name, in the order in which they run."""

from bench import decisions, pages, syncs

CASES = {
    "decision": decisions.measure,
    "page": pages.pages,
    "depth": pages.depth,
    "csv": pages.csv,
    "kept": pages.kept_decision,
    "sync": syncs.measure,
    "file": syncs.files,
}
