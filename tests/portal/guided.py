"""A dataset that the developers' guide can show everything by."""

from catalog.models import Dataset
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import exchange
from tests.factories.exchange import column


def a_dataset() -> Dataset:
    """Make a published dataset with rows, a text, a number and a place."""
    where = exchange.house()
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("kind"),
        column("height", DataType.DECIMAL),
        column("lon", DataType.DOUBLE, coordinate="wgs84.x"),
        column("lat", DataType.DOUBLE, coordinate="wgs84.y"),
    )
    rows = "id,kind,height,lon,lat\n1,oak,3.5,114.05,22.54\n2,elm,4,114.06,22.55\n"
    binding = exchange.csv_binding(where, rows, columns)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)
