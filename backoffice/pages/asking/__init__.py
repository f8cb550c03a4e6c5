"""The asking department's desk: the form, its requests and what it was granted."""

from backoffice.pages.asking import batches, files, form, grants, one, own, uses

ADDRESSES = [
    *form.ADDRESSES,
    *own.ADDRESSES,
    *one.ADDRESSES,
    *files.ADDRESSES,
    *grants.ADDRESSES,
    *uses.ADDRESSES,
    *batches.ADDRESSES,
]
