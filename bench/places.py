"""Places: a tile over 100,000 points, or lines and areas, made anew and once it is kept; GeoJSON.

Whole calls through Django, one after the other: key, quota, policy and the note of the read are
on. The places are in GCJ-02, so that the zone holds them converted.
"""

import math
import time
from collections.abc import Iterable, Sequence
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

ROWS = 100_000
CORNERS = 6
TILE = (9, 423, 203)
ROUNDS = 20
ANEW = {"points": 150.0, "lines and areas": 250.0}


def measure(found: embedded.Services) -> list[Line]:
    """Measure the tile that holds all points, or all shapes, anew and kept, and a page of both."""
    city = the_city(found)
    client = Client(headers={"X-API-Key": city.keys(1)[0], "Host": "127.0.0.1"})
    lines: list[Line] = []
    for named, binding in (("points", _points(city)), ("lines and areas", _shapes(city))):
        engine.sync(binding.pk)
        address = f"/api/v1/datasets/{binding.resource.dataset.slug}"
        tile = f"{address}/tiles/{'/'.join(map(str, TILE))}.mvt"
        page = f"{address}/records.geojson?limit=1000"
        anew, kept, pages = [], [], []
        for _round in range(ROUNDS):
            _forget()
            anew.append(_call(client, tile))
            kept.append(_call(client, tile))
            pages.append(_call(client, page))
        lines += [
            _line(f"tile over {ROWS:,} {named}, anew", anew, ANEW[named]),
            _line(f"tile over {ROWS:,} {named}, kept", kept, 10.0),
            _line(f"GeoJSON of 1,000 {named}", pages, 100.0),
        ]
    return lines


def _line(name: str, times: list[float], most: float) -> Line:
    return Line(name, stage.median(times), "ms", "", most, None, lower_is_better=True)


def _call(client: Client, address: str) -> float:
    start = time.perf_counter()
    answer = client.get(address)
    took = (time.perf_counter() - start) * 1000
    if answer.status_code != 200 or not answer.content:
        raise RuntimeError(f"The call was answered {answer.status_code}.")
    return took


def _forget() -> None:
    """Drop the tiles that are kept."""
    client = stream.client()
    for name in client.scan_iter("tile:*"):
        client.delete(name)


def _points(city: City) -> Binding:
    """Publish a dataset of points over a file; all of them lie in TILE."""
    chance = Random("points")
    number = {"data_type": DataType.DECIMAL, "minimum": Decimal(0)}
    fields = [
        NewField(name="lon", label_zh="经度", coordinate="gcj02.x", **number),
        NewField(name="lat", label_zh="纬度", coordinate="gcj02.y", **number),
    ]
    return _published(city, "points", fields, (",".join(_spot(chance)) for _row in range(ROWS)))


def _shapes(city: City) -> Binding:
    """Publish a dataset of lines and areas, in turn, over a file; each is as small as a block."""
    chance = Random("shapes")
    field = NewField(name="shape", label_zh="图形", coordinate="gcj02.wkt")
    return _published(city, "shapes", [field], (_shape(chance, row) for row in range(ROWS)))


def _shape(chance: Random, row: int) -> str:
    x, y = map(float, _spot(chance))
    turns = [2 * math.pi * corner / CORNERS for corner in range(CORNERS)]
    spots = [f"{x + math.cos(t) / 2000:.6f} {y + math.sin(t) / 2000:.6f}" for t in turns]
    if row % 2:
        return f'"LINESTRING ({", ".join(spots)})"'
    return f'"POLYGON (({", ".join([*spots, spots[0]])}))"'


def _spot(chance: Random) -> tuple[str, str]:
    return f"{117.5 + chance.random() * 0.6:.6f}", f"{34.4 + chance.random() * 0.4:.6f}"


def _published(city: City, name: str, places: Sequence[NewField], cells: Iterable[str]) -> Binding:
    """Publish a dataset over a file with an id, a name and the cells of a place in each row."""
    path = stage.BASE / "intake" / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        file.write(f"id,name,{','.join(one.name for one in places)}\n")
        for number, told in enumerate(cells):
            file.write(f"{number},{name} {number},{told}\n")
    dataset = publishing.create_dataset(
        f"bench-{name}",
        owner=city.department,
        title_zh="测量用的位置",
        abstract_zh="测量用的合成数据。",
        update_cycle=Dataset.UpdateCycle.DAILY,
        contact="0000-00000000",
        license="CC-BY-4.0",
        format_type="csv",
        by=city.publisher,
        at=NOW,
    )
    fields = [
        NewField(name="id", label_zh="编号", data_type=DataType.INTEGER, is_key=True),
        NewField(name="name", label_zh="名称"),
        *places,
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
