"""What a held-back run would do, for the person who decides on it: in numbers, and by a sample.

Numbers are for whoever sees the run. Values are for the department they come from alone, as with
rejected rows, and each look is written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from psycopg import sql

from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import history
from catalog.models import Field
from exchange import quarantine
from exchange.models import RecordTable, SyncRun
from exchange.records import store
from exchange.records.statements import comma, idents, one, rows
from exchange.sync import corrected, engine, plan
from exchange.sync.merge import Merge, Scope
from exchange.sync.plan import Plan
from exchange.sync.staging import Staging

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected row of the sample: where it stood, what it broke, its cells by field."""

    line: int
    rule: str
    field: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows that would vanish, told by their key (without one by all cells), and rejected."""

    names: tuple[str, ...] = ()
    vanishing: tuple[tuple[str, ...], ...] = ()
    rejected: tuple[Rejected, ...] = ()


def vanishing(run_id: int, *, at: datetime) -> int | None:
    """Return how many rows would be deleted if a run were released; asks no right: it is a count.

    None where that cannot be told: another key or other fields. Raises WrongRunState where the run
    is not held back, and NothingToRead.
    """
    count, _names, _found = _foreseen(run_id, at=at, sample=0)
    return count


@transaction.atomic
def look(run_id: int, *, by: User, at: datetime) -> Sample:
    """Return a sample of what a held-back run would delete and of what it turned away.

    The look is written down. Raises NotAllowed for others than the department's own, WrongRunState
    where the run is not held back, and NothingToRead.
    """
    sync_run = SyncRun.objects.select_related("binding__resource__dataset__owner").get(pk=run_id)
    require(by, "exchange.read_held", organization=sync_run.binding.resource.dataset.owner)
    _count, names, found = _foreseen(run_id, at=at, sample=SAMPLE)
    turned_away = sync_run.rejected_rows.order_by("line", "pk")[:SAMPLE]
    former = history.former_names(sync_run.binding.resource_id)
    rejected = tuple(
        Rejected(row.line, row.rule, row.field, quarantine.cells_of(row, former))
        for row in turned_away
    )
    chain.record(
        "sync.look", f"run:{run_id}", by=by, at=at, keys=len(found), rejected=len(rejected)
    )
    return Sample(names, found, rejected)


def _foreseen(
    run_id: int, *, at: datetime, sample: int
) -> tuple[int | None, tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return how many rows would go, what the cells of a sample are called, and the sample.

    Done as the release would do it, and taken back.
    """
    with transaction.atomic():
        sync_run = engine.held_back(run_id)
        settled = plan.of(sync_run.binding, now=at)
        going = _going(sync_run, settled)
        found: tuple[int | None, tuple[str, ...], tuple[tuple[str, ...], ...]] = (None, (), ())
        if settled.standing is None:
            found = (0, (), ())
        elif going is not None:
            found = _counted(settled.standing, going, sample)
        transaction.set_rollback(True)
    return found


def _going(sync_run: SyncRun, settled: Plan) -> sql.Composable | None:
    """Return a question for the ids of standing rows that would go, None where none can tell."""
    staging, standing = Staging(sync_run.pk), settled.standing
    if standing is None or staging.columns() != {one.column for one in settled.columns}:
        return None
    merge = Merge(staging, store.of(standing), settled.columns, settled.key)
    if not settled.reshaped:
        scope = Scope(sync_run.scope)
        merge.find_changes(scope)
        corrected.spare(standing, merge, scope)
        if engine.unreadable(sync_run):
            merge.spare_all()
        return sql.SQL("SELECT _id FROM delta WHERE op = 'd'")
    return merge.not_again(standing) if settled.knows_again else None


def _counted(
    standing: RecordTable, going: sql.Composable, sample: int
) -> tuple[int, tuple[str, ...], tuple[tuple[str, ...], ...]]:
    count = one(sql.SQL("SELECT count(*) FROM ({}) g").format(going))[0]
    names, columns = _told_by(standing)
    found = rows(
        sql.SQL("SELECT {} FROM {} t JOIN ({}) g USING (_id) ORDER BY _id LIMIT {}").format(
            comma([sql.SQL("coalesce({}::text, '')").format(one) for one in columns]),
            store.of(standing),
            going,
            sql.Literal(sample),
        )
    )
    return count, names, tuple(found)


def _told_by(standing: RecordTable) -> tuple[tuple[str, ...], Sequence[sql.Composable]]:
    """Return names and columns that tell the rows of a table apart for a person."""
    key = set(standing.key_columns)
    columns = [one for one in standing.columns if one["column"] in key] or standing.columns
    numbers = [one["field"] for one in columns]
    called = dict(Field.objects.filter(pk__in=numbers).values_list("pk", "name"))
    names = tuple(called.get(one["field"], one["column"]) for one in columns)
    return names, idents([one["column"] for one in columns], of="t")
