"""The provider's and the data authority's pages on requests between departments."""

from backoffice.pages.deciding import acts, bulk, desk, one

ADDRESSES = [*desk.ADDRESSES, *bulk.ADDRESSES, *one.ADDRESSES, *acts.ADDRESSES]
