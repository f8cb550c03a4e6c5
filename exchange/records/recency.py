"""Which datasets got rows last, for lists that are ordered by it."""

from catalog.ordering import Order

LAST_REFRESHED = Order(
    "refreshed_at DESC NULLS LAST, dataset_id DESC",
    "SELECT dataset_id, max(refreshed_at) AS refreshed_at FROM exchange_recordtable"
    " JOIN catalog_resource ON catalog_resource.id = resource_id"
    " WHERE zone = 'open' AND live GROUP BY dataset_id",
)
"""The dataset whose open rows came last first, then those without."""
