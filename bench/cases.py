"""The cases of `make bench`, by name, in the order in which they run."""

from bench import (
    browsing,
    counts,
    decisions,
    finding,
    lists,
    office,
    pages,
    places,
    relevance,
    repeated,
    search,
    syncs,
    verifying,
)

CASES = {
    "decision": decisions.measure,
    "page": pages.pages,
    "depth": pages.depth,
    "csv": pages.csv,
    "kept": pages.kept_decision,
    "repeated": repeated.measure,
    "places": places.measure,
    "counts": counts.measure,
    "office": office.measure,
    "verify": verifying.measure,
    "sync": syncs.measure,
    "file": syncs.files,
    "relevance": relevance.measure,
    "lists": lists.measure,
    "finding": finding.measure,
    "lighthouse": browsing.measure,
    "search": search.measure,
}
