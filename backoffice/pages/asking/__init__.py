"""The asking department's desk: the form, its requests and what it was granted."""

from backoffice.pages.asking import form, one, own

ADDRESSES = [*form.ADDRESSES, *own.ADDRESSES, *one.ADDRESSES]
