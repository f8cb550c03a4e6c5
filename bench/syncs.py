"""Ingestion: a first sync, by cursor, a full compare, against a bare binary COPY pipe."""

import subprocess
import sys
import time

import psycopg
from psycopg import sql

from bench import stage
from bench.city import City, the_city
from bench.stage import Line
from config import embedded
from exchange.models import SyncMode
from exchange.records.statements import run
from exchange.sync import engine

ONE_PERCENT = stage.ROWS // 100
FILE = "things.csv"
PIPE = """
CREATE TABLE peer (LIKE public_things INCLUDING ALL)
"""
CHANGE = (
    "UPDATE things SET amount = amount + 1, at = at + interval '400 days' WHERE id %% 100 = %s"
)
UNCHANGE = (
    "UPDATE things SET amount = amount - 1, at = at - interval '400 days' WHERE id %% 100 = %s"
)


def measure(found: embedded.Services) -> list[Line]:
    """Measure first loads in turn with the pipe, then changes of one per cent."""
    city = the_city(found)
    firsts, pipes, cursors, compares = [], [], [], []
    for number in range(stage.ROUNDS):
        pipes.append(_pipe(found))
        full = city.dataset(masked=("phone", "address"))
        firsts.append(_timed(found, full.pk))
        cursor = city.dataset(masked=("phone", "address"), mode=SyncMode.CURSOR)
        _timed(found, cursor.pk)
        _ask(found, CHANGE, number)
        cursors.append(_timed(found, cursor.pk))
        compares.append(_timed(found, full.pk))
        _ask(found, UNCHANGE, number)
        _forget(full), _forget(cursor)
    first, pipe = stage.median(firsts), stage.median(pipes)
    print(f"pipe {pipes}, first {firsts}, cursor {cursors}, compare {compares}")
    return [
        Line(
            "first sync to the open zone",
            pipe / first,
            "x rate",
            "psql binary COPY pipe",
            0.15,
            0.25,
        ),
        Line(
            "by cursor, 1 % changed",
            stage.median(cursors) / first,
            "x time",
            "first sync",
            0.10,
            None,
            lower_is_better=True,
        ),
        Line(
            "full compare of PostgreSQL, 1 % changed",
            stage.median(compares) / first,
            "x time",
            "first sync",
            0.6,
            0.35,
            lower_is_better=True,
        ),
        Line(
            "peak memory of the worker",
            _peak(city),
            "MB",
            "",
            300,
            None,
            lower_is_better=True,
        ),
    ]


def files(found: embedded.Services) -> list[Line]:
    """Measure a full compare of a CSV with 1 % changed against its first load; reported only."""
    city = the_city(found)
    firsts, compares = [], []
    for number in range(stage.ROUNDS):
        _write(found)
        binding = city.dataset(masked=("phone", "address"), path=str(stage.BASE / "intake" / FILE))
        firsts.append(_timed(found, binding.pk))
        _ask(found, CHANGE, number)
        _write(found)
        compares.append(_timed(found, binding.pk))
        _ask(found, UNCHANGE, number)
        _forget(binding)
    print(f"file: first {firsts}, compare {compares}")
    first = stage.median(firsts)
    return [
        Line("first sync of a CSV file", first, "s", ""),
        Line(
            "full compare of a CSV file, 1 % changed",
            stage.median(compares) / first,
            "x time",
            "first sync of the file",
        ),
    ]


def _write(found: embedded.Services) -> None:
    """Write the source's table to a file in the intake."""
    path = stage.BASE / "intake" / FILE
    path.parent.mkdir(exist_ok=True)
    told = f"\\copy (SELECT * FROM things ORDER BY id) TO '{path}' (FORMAT csv, HEADER)"
    assert stage.psql(found, stage.SOURCE, told).wait() == 0


def _peak(city: City) -> float:
    """Return what a first sync and a full compare take at most in a worker of their own, in MB."""
    binding = city.dataset(masked=("phone", "address"))
    command = [sys.executable, "-m", "bench.worker", str(binding.pk), "2"]
    told = subprocess.run(command, cwd=stage.ROOT, check=True, capture_output=True, text=True)
    _forget(binding)
    return float(told.stdout.splitlines()[-1])


def _timed(found: embedded.Services, binding_id: int) -> float:
    stage.checkpoint(found)
    start = time.perf_counter()
    engine.sync(binding_id)
    return time.perf_counter() - start


def _pipe(found: embedded.Services) -> float:
    with psycopg.connect(found.database_url(name=stage.CITY), autocommit=True) as c:
        c.execute("DROP TABLE IF EXISTS peer")
        c.execute(
            "CREATE TABLE peer (id bigint PRIMARY KEY, code text, name text, district text,"
            " kind text, amount numeric, score double precision, day date, at timestamptz,"
            " active boolean, phone text, address text)"
        )
    stage.checkpoint(found)
    start = time.perf_counter()
    out = stage.psql(
        found, stage.SOURCE, "COPY things TO STDOUT (FORMAT binary)", stdout=subprocess.PIPE
    )
    into = stage.psql(found, stage.CITY, "COPY peer FROM STDIN (FORMAT binary)", stdin=out.stdout)
    assert out.stdout
    out.stdout.close()
    assert into.wait() == 0
    assert out.wait() == 0
    return time.perf_counter() - start


def _ask(found: embedded.Services, statement: str, *values: object) -> None:
    with psycopg.connect(found.database_url(name=stage.SOURCE), autocommit=True) as c:
        c.execute(statement, values)
        c.execute("VACUUM things")


def _forget(binding) -> None:
    """Drop what a round filled, so that the next one finds the disk as this one did."""
    for zone in ("shared", "open"):
        for table in binding.resource.record_tables.filter(zone=zone, live=True):
            run(
                sql.SQL("TRUNCATE {}.{}").format(
                    sql.Identifier(zone), sql.Identifier(table.table_name)
                )
            )
