"""A dataset of stops with coordinates, in the system and under the mask that a test asks for."""

import csv
import io

from django.test import Client

from exchange.sync import engine
from policy import places
from policy.facts import Mask
from policy.terms import DataType, MaskKind
from tests.api.conftest import Way
from tests.factories import accounts, exchange
from tests.factories.exchange import column

ROUNDED = Mask(MaskKind.ROUND_COORDINATE, digits=2)
SPOTS = {n: (113.9 + n % 20 * 0.01, 22.5 + n // 20 * 0.01) for n in range(1, 201)}
"""Where each row lies, in WGS84."""
ODD = {301: (0.0, 0.0), 302: (22.5, 114.0), 303: (2.35, 48.85), 304: ("", "")}
"""Numbers that are no place in China: zero, swapped, in another country, none at all."""


def axes(system="gcj02", **over):
    """Return the two columns of a place."""
    lon = column("lon", DataType.DECIMAL, coordinate=f"{system}.x", **over)
    return lon, column("lat", DataType.DECIMAL, coordinate=f"{system}.y", **over)


def built(columns, spots, *, shift=places.shifted):
    """Return a published dataset with a stop at each spot, as its source has them."""
    where = exchange.house()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "name", "lon", "lat"])
    for number, spot in spots.items():
        writer.writerow([number, f"stop {number}", *(shift(*spot) if number < 300 else spot)])
    whole = (column("id", DataType.INTEGER, is_key=True), column("name"), *columns)
    binding = exchange.csv_binding(where, out.getvalue(), whole)
    run = engine.sync(binding.pk)
    assert run.rejected == 0, run.problem
    dataset = exchange.publish(where, binding.resource)
    return Way(where, binding, dataset, accounts.api_key(at=exchange.now()), Client())


def inside(west, south, east, north):
    """Return the numbers of the stops in a box."""
    return {
        n
        for n, (lon, lat) in SPOTS.items()
        if west <= round(lon, 7) <= east and south <= round(lat, 7) <= north
    }
