"""Pages of the back office beside the models' desks; each module brings its addresses."""

from backoffice.pages import duties, files, inbox, me, runs

ADDRESSES = [
    *duties.ADDRESSES,
    *files.ADDRESSES,
    *inbox.ADDRESSES,
    *me.ADDRESSES,
    *runs.ADDRESSES,
]
