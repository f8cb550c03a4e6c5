"""The cases of `make bench`, by name."""

from bench import decisions, syncs

CASES = {
    "sync": syncs.measure,
    "decision": decisions.measure,
}
