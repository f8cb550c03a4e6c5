"""Real input goes in by configuration alone, and comes through as an independent reader has it."""

import csv
import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from exchange import sources
from exchange.models import Binding, RunState, SourceKind, Zone
from exchange.records import store
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import exchange
from tests.factories.exchange import Column, column

pytestmark = pytest.mark.django_db

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Given:
    """One input as it is configured, and what is known of it beforehand."""

    path: str
    columns: tuple[Column, ...]
    rows: int
    object: dict[str, Any] = field(default_factory=dict)
    misshapen: int = 0


def texts(*names: str, key: str = "") -> tuple[Column, ...]:
    return tuple(column(_plain(n), source=n, is_key=n == key) for n in names)


def places(width: int, *, of: str = "c") -> tuple[Column, ...]:
    return tuple(column(f"{of}{n}", source=n) for n in range(width))


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name.lower())


def bare(width: int, **more: Any) -> dict[str, Any]:
    return {"header": False, "width": width, **more}


CODES = (
    Given("codes/nbs2023_provinces.csv", texts("code", "name", key="code"), 31),
    Given("codes/nbs2023_cities.csv", texts("code", "name", "provinceCode", key="code"), 342),
    Given(
        "codes/nbs2023_areas.csv",
        texts("code", "name", "cityCode", "provinceCode", key="code"),
        2978,
    ),
    Given(
        "codes/nbs2023_streets.csv.gz",
        texts("code", "name", "areaCode", "provinceCode", "cityCode", key="code"),
        41_352,
    ),
    Given("codes/sz_streets_4403.csv", texts("code", "name", "areaCode", key="code"), 79),
    Given("codes/sz_communities_4403.csv", texts("code", "name", "streetCode", key="code"), 788),
    Given("codes/gbt4754_2017.csv", texts("level", "code", "name", "parent"), 1971),
    Given(
        "codes/gb2260_mca_data.csv",
        places(5),  # its header names a sixth column that no row has
        44_961,
        bare(5),
        misshapen=1,
    ),
)
TABLES = (
    Given("tables/sz_metro_stations_noheader.csv", places(5), 215, bare(5)),
    Given("tables/sz_presale_projects_2018_noheader.csv", places(5), 850, bare(5)),
    Given(
        "tables/sz_presale_projects_2019_gbk_noheader.csv",
        places(6),
        80,
        bare(6, encoding="gb18030"),
    ),
    Given(
        "tables/sz_completed_units_gbk_noheader.csv",
        places(9),
        280,
        bare(9, encoding="gbk", nulls=["--"]),
    ),
    Given(
        "tables/sz_presale_2019_units_gbk_noheader.csv",
        places(24),
        609,
        bare(24, encoding="gbk"),
    ),
    Given(
        "tables/hz_busstops_semicolon_noheader.csv",
        places(7),
        5589,
        bare(7, separator=";"),
    ),
    Given(
        "tables/szt_card_10k_schemaA.csv",
        texts(
            *("deal_date", "close_date", "card_no", "deal_value", "deal_type", "company_name"),
            *("car_no", "station", "conn_mark", "deal_money", "equ_no"),
        ),
        10_000,
    ),
)
AIR = "tables/beijing_air_6stations_2013_2017.zip"
AIR_COLUMNS = (
    *(
        column(n, DataType.INTEGER, source=n, is_key=True)
        for n in ("year", "month", "day", "hour")
    ),
    column("pm25", DataType.DECIMAL, source="PM2.5"),
    column("temp", DataType.DOUBLE, source="TEMP"),
    column("wd", source="wd"),
    column("station", source="station", is_key=True),
)
VILLAGES = Given(
    "tables/nbs2023_villages_620k.csv.gz",
    texts("code", "name", "streetCode", "areaCode", key="code"),
    620_573,
)


@pytest.fixture
def roots(shared_data: Path, settings) -> Path:
    settings.FILE_ROOTS = [*settings.FILE_ROOTS, str(shared_data.resolve())]
    return shared_data.resolve()


def bind(where: exchange.House, path: Path, given: Given) -> Binding:
    """Connect a file as a department does: a source, a table, a binding; no line of code."""
    resource = exchange.table(where, given.columns)
    source = sources.create(
        where.department,
        name=path.name,
        kind=SourceKind.CSV,
        by=where.publisher,
        at=exchange.NOW,
    )
    return sources.bind(
        resource.pk,
        source=source,
        object={"path": str(path), **given.object},
        columns=exchange.bound(resource, given.columns),
        by=where.publisher,
        at=exchange.NOW,
        max_rejected_percent=100,
    )


def streams(path: Path, encoding: str) -> Iterator[io.TextIOBase]:
    """Open a file apart from the platform's own reader."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield io.StringIO(archive.read(name).decode(encoding))
    elif path.suffix == ".gz":
        yield io.StringIO(gzip.decompress(path.read_bytes()).decode(encoding), newline="")
    else:
        yield io.StringIO(path.read_bytes().decode(encoding), newline="")


def read(path: Path, given: Given) -> Iterator[Row]:
    """Read the bound columns of each record of the right width, empty cells as None."""
    encoding = given.object.get("encoding", "utf-8-sig")
    nulls = {"", *given.object.get("nulls", ())}
    for stream in streams(path, encoding):
        cut = csv.reader(stream, delimiter=given.object.get("separator", ","))
        header = next(cut) if given.object.get("header", True) else None
        width = len(header) if header else given.object["width"]
        wanted = [header.index(c.source) if header else c.source for c in given.columns]
        for row in cut:
            if len(row) == width:
                yield tuple(None if row[n] in nulls else row[n] for n in wanted)


def digest(found: Iterable[Row]) -> tuple[int, int]:
    """Return the number of rows and a sum over their hashes: order does not matter."""
    count = total = 0
    for row in found:
        count += 1
        raw = hashlib.sha256(repr(row).encode()).digest()
        total = (total + int.from_bytes(raw[:8])) % (1 << 64)
    return count, total


def stored(binding: Binding, given: Given) -> Iterator[Row]:
    table = store.live(binding.resource_id, Zone.SHARED)
    names = [sql.SQL("{}::text").format(sql.Identifier(c["column"])) for c in table.columns]
    assert len(names) == len(given.columns)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(names), store.of(table))
        )
        yield from cursor


@pytest.mark.parametrize("given", [*CODES, *TABLES], ids=lambda given: Path(given.path).name)
def test_a_file_goes_in_by_configuration_alone_and_equals_an_independent_reading(roots, given):
    path = roots / given.path
    distinct = set(read(path, given))
    binding = bind(exchange.house(), path, given)

    run = engine.sync(binding.pk)

    assert (run.state, run.read) == (RunState.DONE, given.rows)
    assert digest(stored(binding, given)) == digest(distinct)
    assert (run.inserted, run.rejected) == (len(distinct), given.misshapen)
    assert run.read == run.inserted + run.duplicates + run.rejected


@pytest.mark.slow
def test_the_national_village_codes_stay_text_all_620573_of_them(roots):
    path = roots / VILLAGES.path
    binding = bind(exchange.house(), path, VILLAGES)

    run = engine.sync(binding.pk)

    assert (run.state, run.read, run.rejected) == (RunState.DONE, VILLAGES.rows, 0)
    assert digest(stored(binding, VILLAGES)) == digest(read(path, VILLAGES))
    code = store.live(binding.resource_id, Zone.SHARED).columns[0]
    assert code["type"] == DataType.TEXT


@pytest.mark.slow
def test_six_stations_in_one_archive_are_one_dataset_with_nothing_where_it_says_na(roots):
    path = roots / AIR
    given = Given(AIR, AIR_COLUMNS, 210_384, {"member": "PRSA_Data_*.csv", "nulls": ["NA"]})
    binding = bind(exchange.house(), path, given)

    run = engine.sync(binding.pk)

    assert (run.state, run.read, run.rejected) == (RunState.DONE, given.rows, 0)
    assert len(run.parts) == 6
    assert digest(map(_measured, stored(binding, given))) == digest(
        map(_measured, read(path, given))
    )
    assert {row[-1] for row in stored(binding, given)} == {
        *("Aotizhongxin", "Changping", "Dingling", "Dongsi", "Guanyuan", "Gucheng"),
    }


def _measured(row: Row) -> Row:
    """Write numbers in one way: 9 and 9.0 are the same measurement."""
    numbers = [None if cell is None else f"{float(cell):.6f}" for cell in row[4:6]]
    return (*row[:4], *numbers, *row[6:])
