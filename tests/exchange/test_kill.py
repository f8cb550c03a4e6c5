"""SIGKILL of a worker at every statement of a sync, with a reader polling all the while."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from exchange import access
from exchange.access import Caller
from exchange.models import Binding, RejectedRow, RunState, SyncMode, SyncRun, Zone
from exchange.models.runs import RUNNING
from exchange.records import reading, store
from exchange.records.query import RecordQuery
from exchange.records.statements import one, rows
from exchange.sync import engine, lease
from policy.terms import DataType, Mode
from tests import services
from tests.factories import exchange
from tests.factories.exchange import column

STEP = (
    2 if os.environ.get("CI") else 7
)  # of a run's statements, every second or seventh is a place to die
ROWS = 60
KEPT = 50  # rows there in every generation; the others come and go
COLUMNS = (column("id", DataType.INTEGER, is_key=True), column("name"), column("more"))


def generation(number: int, *, all_change: bool = True) -> dict[int, str]:
    """Return the rows of a generation: id -> name. Some ids leave and others come with each."""
    ids = [*range(KEPT), *range(1000 * number + KEPT, 1000 * number + ROWS)]
    return {n: f"g{number if all_change or n % 5 == 0 else 0}-{n}" for n in ids}


class Sources:
    """How a test's source is brought to a generation."""

    def __init__(self, source) -> None:
        self.source = source

    def file(self, where):
        binding = exchange.csv_binding(
            where, self._text(generation(0)), COLUMNS, max_shrink_percent=100
        )
        path = exchange.Path(binding.object["path"])
        return binding, lambda number: path.write_text(self._text(generation(number)))

    def table(self, where, **over):
        url = self.source(
            "CREATE TABLE things (id bigint PRIMARY KEY, name text, more text, seq bigserial)"
        )
        binding = exchange.database_binding(where, url, COLUMNS, max_shrink_percent=100, **over)
        return binding, lambda number: self._fill(generation(number))

    def mostly_same(self, where):
        binding, _write = self.table(where)
        return binding, lambda number: self._fill(generation(number, all_change=False))

    def cursor(self, where):
        binding, _write = self.table(where, mode=SyncMode.CURSOR, cursor_column="seq")
        return binding, self._advance

    @staticmethod
    def _text(found: dict[int, str]) -> str:
        return "\n".join(["id,name,more", *(f"{n},{name},x" for n, name in found.items())])

    def _fill(self, found: dict[int, str]) -> None:
        values = ",".join(f"({n},'{name}','x')" for n, name in found.items())
        self.source(
            "BEGIN; DELETE FROM things;"
            f"INSERT INTO things (id, name, more) VALUES {values}; COMMIT"
        )

    def _advance(self, number: int) -> None:
        """By cursor nothing leaves: rows change and come."""
        values = ",".join(f"({n},'g{number}-{n}','x')" for n in [*range(KEPT), KEPT + number])
        self.source(
            f"INSERT INTO things (id, name, more) VALUES {values} ON CONFLICT (id) DO UPDATE"
            " SET name = excluded.name, seq = nextval('things_seq_seq')"
        )

    def rows(self, binding: Binding) -> set[tuple[int, str]]:
        """Ask the source itself, apart from the engine."""
        if binding.source.kind == "csv":
            lines = exchange.Path(binding.object["path"]).read_text().splitlines()[1:]
            return {(int(n), name) for n, name, _x in (line.split(",") for line in lines)}
        with exchange.psycopg.connect(self.source()) as own:
            return set(own.execute("SELECT id, name FROM things").fetchall())


class Poller:
    """A reader that asks for the whole dataset again and again; `seen` since the last `watch`."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.seen: set[frozenset[tuple[int, str]]] = set()
        self.polls = 0
        self.failed: list[BaseException] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def once(self) -> frozenset[tuple[int, str]]:
        head = access.head(self.slug)
        today = timezone.localdate()
        fields = access.visible(head, Caller(), today=today, mode=Mode.QUERY)
        page = reading.read(head, fields, RecordQuery(limit=1000))
        return frozenset((row["id"], row["name"]) for row in json.loads(page.rows))

    def watch(self) -> None:
        """See afresh. A question that was asked before this moment does not count any more."""
        self.seen = set()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                seen = self.seen
                seen.add(self.once())
                self.polls += 1
        except BaseException as failure:  # noqa: BLE001 - handed to the test's own thread
            self.failed.append(failure)
        finally:
            connection.close()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_gone: object) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def mortal(binding: Binding) -> Iterator:
    """Give a function that syncs in another process up to a place: (statements, came to end)."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.exchange.dying", str(binding.pk)],
        cwd=services.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:

        def sync(place: int | str) -> tuple[int, bool]:
            process.stdin.write(f"{place}\n")
            process.stdin.flush()
            count, ended = process.stdout.readline().split()
            _wait_for_lease(binding)
            return int(count), ended == "True"

        yield sync
        process.stdin.close()


def _wait_for_lease(binding: Binding) -> None:
    """The server notices a dead session in its own time; its locks go then."""
    place = [sql.Literal(lease.LOCK_CLASS), sql.Literal(binding.pk)]
    one(sql.SQL("SELECT pg_advisory_lock({}, {})").format(*place))
    one(sql.SQL("SELECT pg_advisory_unlock({}, {})").format(*place))


def stored(binding: Binding, zone: str) -> set[tuple[int, str]]:
    table = store.live(binding.resource_id, zone)
    if table is None:
        return set()
    names = [sql.Identifier(c["column"]) for c in table.columns[:2]]
    found = rows(sql.SQL("SELECT {}, {} FROM {}").format(*names, store.of(table)))
    assert len(found) == table.rows
    return set(found)


def all_is_in_order(binding: Binding, expected: set[tuple[int, str]]) -> None:
    """Rows equal the source in every zone, the ledger balances, nothing lies about."""
    assert stored(binding, Zone.SHARED) == stored(binding, Zone.OPEN) == expected
    run = SyncRun.objects.filter(binding=binding).latest("pk")
    assert run.state == RunState.DONE
    assert run.read == (run.inserted + run.updated + run.unchanged + run.rejected + run.duplicates)
    assert run.after == run.before + run.inserted - run.deleted == len(expected)
    table = store.live(binding.resource_id, Zone.SHARED)
    digest = one(sql.SQL("SELECT sum(_hash) FROM {}").format(store.of(table)))[0]
    assert run.digest_after == table.digest == digest
    assert not SyncRun.objects.filter(state__in=RUNNING).exists()
    assert not rows(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'"))
    assert not RejectedRow.objects.exists()


@pytest.fixture
def sources(source) -> Sources:
    return Sources(source)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "first"), [("file", 1), ("table", 2), ("mostly_same", 1), ("cursor", 2)]
)
def test_a_worker_killed_at_any_statement_leaves_whole_rows_and_the_next_run_completes(
    live_database, sources, kind, first
):
    where = exchange.house()
    binding, write = getattr(sources, kind)(where)
    write(0)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    write(1)
    with Poller(dataset.slug) as poller, mortal(binding) as sync:
        last, ended = sync(0)
        assert ended
        finished = 0
        places = [*range(first, last, STEP), last - 1, "copy"]
        for number, place in enumerate(places, start=2):
            old = frozenset(sources.rows(binding))
            all_is_in_order(binding, set(old))
            write(number)
            new = frozenset(sources.rows(binding))
            poller.watch()

            _count, ended = sync(place)

            assert not ended, place
            now = poller.once()
            assert now in {old, new}, place
            finished += now == new
            engine.sync(binding.pk)
            all_is_in_order(binding, set(new))
            assert poller.seen <= {old, new}, place
        assert not poller.failed
    assert poller.polls > last / STEP
    assert finished  # some deaths came after the rows had gone live, which stays so
    assert SyncRun.objects.filter(state=RunState.INTERRUPTED).exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "table"])
def test_a_worker_killed_in_the_first_load_leaves_nothing_or_all(live_database, sources, kind):
    where = exchange.house()
    binding, write = getattr(sources, kind)(where)
    write(0)
    expected = sources.rows(binding)
    with mortal(binding) as sync:
        for place in ["copy", *range(1, 200, 4 * STEP)]:
            _count, ended = sync(place)
            if ended:
                break
            assert stored(binding, Zone.SHARED) in (set(), expected), place
        else:
            pytest.fail("No run came to its end.")
    exchange.publish(where, binding.resource)
    engine.sync(binding.pk)
    all_is_in_order(binding, expected)
