"""Pages of the back office beside the models' desks; each module brings its addresses."""

from backoffice.pages import duties, files, inbox, me, rejected, runs

ADDRESSES = [
    *duties.ADDRESSES,
    *files.ADDRESSES,
    *inbox.ADDRESSES,
    *me.ADDRESSES,
    *rejected.ADDRESSES,
    *runs.ADDRESSES,
]
