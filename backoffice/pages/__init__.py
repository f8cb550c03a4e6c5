"""Pages of the back office beside the models' desks; each module brings its addresses."""

from backoffice.pages import inbox

ADDRESSES = [
    *inbox.ADDRESSES,
]
