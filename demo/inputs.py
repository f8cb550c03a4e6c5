"""What the demo's departments hold: a database of their own, and files as they send them."""

import csv
import gzip
import io
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from openpyxl import Workbook
from psycopg import sql

from demo import rows
from demo.rows import Row

REGISTRY = "demo_registry"  # the database, and the role that may only read it
TABLE = "registrations"
REPORTS = "annual_reports"
SHARES = {  # of 22
    "registrations": 12,
    "inspections": 5,
    "bus_stops": 3,
    "volunteers": 1,
    "housing": 1,
}
FILES = {  # each in its department's own folder, which is closed to the others
    "inspections": "market/inspections.csv",
    "bus_stops": "transport/bus_stops.txt",
    "volunteers": "civil/volunteers.csv.gz",
    "housing": "housing/housing.xlsx",
    "works": "transport/road-works.csv",
    "pupils": "education/pupils.csv",
    "traffic": "transport/traffic-counts.csv",  # promised and never sent: its sync fails
}
FEW = 400  # rows of what only waits on a desk
_COLUMNS = """
    uscc text, company_name text, kind text, legal_person text, contact_phone text, district text,
    address text, capital numeric(14, 2), employees integer, established_on date, status text,
    updated_at timestamptz
"""
_REPORT_COLUMNS = """
    uscc text PRIMARY KEY, report_year integer NOT NULL, employees integer,
    turnover numeric(14, 2), filed_by text, filed_on date
"""


@dataclass(frozen=True, slots=True)
class Registry:
    """How the registry's database is reached: read only, with a password."""

    host: str
    port: int
    database: str
    user: str
    password: str


def share(name: str, total: int) -> int:
    """Return how many of the city's rows a dataset has."""
    return total * SHARES[name] // sum(SHARES.values())


def write_files(folder: Path, *, seed: int, total: int) -> None:
    """Write each file that is not there yet: UTF-8 with BOM, GB18030 without header, and GZ."""
    made = {
        "inspections": lambda: _csv(
            [rows.INSPECTION_HEADER], rows.inspections(share("inspections", total), seed=seed)
        ).encode("utf-8-sig"),
        "bus_stops": lambda: _csv(
            [], rows.bus_stops(share("bus_stops", total), seed=seed), separator=";"
        ).encode("gb18030"),
        "volunteers": lambda: gzip.compress(
            _csv(
                [rows.VOLUNTEER_HEADER], rows.volunteers(share("volunteers", total), seed=seed)
            ).encode(),
            mtime=0,  # the same rows give the same bytes
        ),
        "housing": lambda: _workbook(rows.housing(share("housing", total), seed=seed)),
        "works": lambda: _csv(
            [("编号", "路段", "完工日期")], rows.inspected_works(FEW, seed=seed)
        ).encode(),
        "pupils": lambda: _csv(
            [("xh", "xm", "sfzh", "school", "entered_on")], rows.pupils(FEW, seed=seed)
        ).encode(),
    }
    for name, content in made.items():
        path = folder / FILES[name]
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = path.with_name(f".{path.name}.part")
            whole.write_bytes(content())
            whole.rename(path)


def _csv(header: list[tuple[str, ...]], found: Iterable[Row], *, separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerows(header)
    writer.writerows(found)
    return out.getvalue()


def _workbook(found: Iterable[Row]) -> bytes:
    """Return a sheet as clerks make it: a title, a note, a merged header of two rows, the rows."""
    book = Workbook(write_only=False)
    sheet = book.active
    width = len(rows.HOUSING_HEADER)
    sheet.title = "住宅项目"
    sheet.append(["海湾市住宅项目一览（虚构）"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    sheet.append(["填报单位：住房和建设局（虚构）"])
    sheet.append([above for above, _below in rows.HOUSING_HEADER])
    sheet.append([below for _above, below in rows.HOUSING_HEADER])
    for place, (above, below) in enumerate(rows.HOUSING_HEADER, 1):
        if not below:
            sheet.merge_cells(start_row=3, start_column=place, end_row=4, end_column=place)
        elif rows.HOUSING_HEADER[place - 2][0] == above:
            sheet.merge_cells(start_row=3, start_column=place - 1, end_row=3, end_column=place)
    for row in found:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def create_registry(owner: psycopg.Connection, *, password: str = "") -> Registry:
    """Create the registry's database and its reader on the platform's own server.

    `owner` may create databases and roles, and is in autocommit. The reader gets `password`, or a
    new one where none is given.
    """
    password = password or secrets.token_urlsafe(18)
    name = sql.Identifier(REGISTRY)
    if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [REGISTRY]).fetchone():
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    owner.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
    if not owner.execute("SELECT 1 FROM pg_database WHERE datname = %s", [REGISTRY]).fetchone():
        owner.execute(sql.SQL("CREATE DATABASE {}").format(name))
    return Registry(
        host=owner.info.host,
        port=owner.info.port or 5432,
        database=REGISTRY,
        user=REGISTRY,
        password=password,
    )


def fill_registry(connection: psycopg.Connection, *, seed: int, total: int) -> None:
    """Create and fill each of the registry's tables where it is missing; whole or not at all.

    The registrations are published by the demo; the annual reports wait to be taken up.
    """
    registered = rows.registrations(share("registrations", total), seed=seed)
    reported = rows.annual_reports(FEW, seed=seed)
    with connection.transaction():
        _fill(connection, TABLE, _COLUMNS, rows.REGISTRATION_COLUMNS, registered)
        _fill(connection, REPORTS, _REPORT_COLUMNS, rows.REPORT_COLUMNS, reported)


def _fill(
    connection: psycopg.Connection,
    name: str,
    columns: LiteralString,
    names: Iterable[str],
    content: Iterable[Row],
) -> None:
    """Make a table that its reader may read, with an index on its last column."""
    there = connection.execute("SELECT to_regclass(%s)", [f"public.{name}"]).fetchone()
    if there and there[0]:
        return
    table, named = sql.Identifier(name), [sql.Identifier(one) for one in names]
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(columns)))
    copying = sql.SQL("COPY {} ({}) FROM STDIN").format(table, sql.SQL(", ").join(named))
    with connection.cursor().copy(copying) as copy:
        for row in content:
            copy.write_row(row)
    connection.execute(sql.SQL("CREATE INDEX ON {} ({})").format(table, named[-1]))
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [REGISTRY]).fetchone():
        connection.execute(
            sql.SQL("GRANT SELECT ON {} TO {}").format(table, sql.Identifier(REGISTRY))
        )
