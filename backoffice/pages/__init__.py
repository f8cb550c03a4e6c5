"""Pages of the back office beside the models' desks; each module brings its addresses."""

from backoffice.pages import duties, files, inbox, runs

ADDRESSES = [
    *duties.ADDRESSES,
    *files.ADDRESSES,
    *inbox.ADDRESSES,
    *runs.ADDRESSES,
]
