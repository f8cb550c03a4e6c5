"""Places: a tile over 100,000 points made anew, and the same tile once it is kept.

Whole calls through Django, one after the other: key, quota, policy and the note of the read are
on. The points are in GCJ-02, so that the zone holds them converted.
"""

import time
from decimal import Decimal
from random import Random

from django.test import Client

from audit import stream
from bench import stage
from bench.city import NOW, City, the_city
from bench.stage import Line
from catalog import publishing
from catalog.drafting import NewField
from catalog.models import Dataset
from config import embedded
from exchange import opening, sources
from exchange.models import Binding
from exchange.sync import engine
from policy.terms import DataType, Grade

POINTS = 100_000
TILE = (9, 423, 203)
ROUNDS = 20


def measure(found: embedded.Services) -> list[Line]:
    """Measure the tile that holds all points, anew and kept."""
    city = the_city(found)
    binding = _points(city)
    engine.sync(binding.pk)
    slug = binding.resource.dataset.slug
    client = Client(headers={"X-API-Key": city.keys(1)[0], "Host": "127.0.0.1"})
    address = f"/api/v1/datasets/{slug}/tiles/{'/'.join(map(str, TILE))}.mvt"
    anew, kept = [], []
    for _round in range(ROUNDS):
        _forget()
        anew.append(_call(client, address))
        kept.append(_call(client, address))
    return [
        _line(f"tile over {POINTS:,} points, anew", anew, 150.0),
        _line(f"tile over {POINTS:,} points, kept", kept, 10.0),
    ]


def _line(name: str, times: list[float], most: float) -> Line:
    return Line(name, stage.median(times), "ms", "", most, None, lower_is_better=True)


def _call(client: Client, address: str) -> float:
    start = time.perf_counter()
    answer = client.get(address)
    took = (time.perf_counter() - start) * 1000
    if answer.status_code != 200 or not answer.content:
        raise RuntimeError(f"The tile was answered {answer.status_code}.")
    return took


def _forget() -> None:
    """Drop the tiles that are kept."""
    client = stream.client()
    for name in client.scan_iter("tile:*"):
        client.delete(name)


def _points(city: City) -> Binding:
    """Publish a dataset of points over a file; all of them lie in TILE."""
    chance = Random("points")
    path = stage.BASE / "intake" / "points.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        file.write("id,name,lon,lat\n")
        for number in range(POINTS):
            spot = f"{117.5 + chance.random() * 0.6:.6f},{34.4 + chance.random() * 0.4:.6f}"
            file.write(f"{number},point {number},{spot}\n")
    dataset = publishing.create_dataset(
        "bench-points",
        owner=city.department,
        title_zh="测量用的点",
        abstract_zh="测量用的合成数据。",
        update_cycle=Dataset.UpdateCycle.DAILY,
        contact="0000-00000000",
        license="CC-BY-4.0",
        format_type="csv",
        by=city.publisher,
        at=NOW,
    )
    number = {"data_type": DataType.DECIMAL, "minimum": Decimal(0)}
    fields = [
        NewField(name="id", label_zh="编号", data_type=DataType.INTEGER, is_key=True),
        NewField(name="name", label_zh="名称"),
        NewField(name="lon", label_zh="经度", coordinate="gcj02.x", **number),
        NewField(name="lat", label_zh="纬度", coordinate="gcj02.y", **number),
    ]
    table = publishing.add_table(dataset.pk, fields=fields, by=city.publisher, at=NOW)
    for field in table.fields.all():
        publishing.grade_field(
            field.pk, grade=Grade.L1, reason="measured", by=city.publisher, at=NOW
        )
    binding = sources.bind(
        table.pk,
        source=city.files(),
        object={"path": str(path)},
        columns={field.pk: field.name for field in table.fields.all()},
        by=city.publisher,
        at=NOW,
    )
    checklist = dict.fromkeys(publishing.CHECKLIST, True)
    publishing.sign(dataset.pk, by=city.head, at=NOW, checklist=checklist)
    publishing.submit(dataset.pk, by=city.publisher, at=NOW)
    opening.publish(dataset.pk, by=city.operator, at=NOW)
    return binding
