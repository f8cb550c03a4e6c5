"""Sealing a month of the trail: its last hash is kept in the chain, its table is set apart."""

from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from audit import chain, months
from audit.chain import Actor
from audit.models import Entry, Link
from audit.months import Table

KEPT_MONTHS = 6
"""Logs stay in reach for six months at least (网络安全法, art 21 (3))."""

GUARD = """
SET LOCAL lock_timeout = '5s';  -- everybody else would wait behind it
ALTER TABLE {parent} DETACH PARTITION {month};
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {month}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
"""


class NotSealable(Exception):
    """The month is too young, not there, not wholly linked, or part of a broken chain."""


@transaction.atomic
def seal_month(month: date, *, table: Table, by: Actor | None, at: datetime) -> Entry:
    """Set apart the month that a day lies in; the chain keeps its last hash and its place.

    The table stays in the database under its name, to be archived; it still refuses changes. Runs
    as the owner of the tables. Raises NotSealable.
    """
    month = month.replace(day=1)
    _require_old(month, at)
    apart = f"audit_{table}_{month:%Y_%m}"
    _require_there(apart, f"audit_{table}", month)
    _require_whole(at)
    start, finish = _bounds(month)
    within = Link.objects.filter(recorded_at__gte=start, recorded_at__lt=finish)
    last = within.order_by("-position").values("position", "hash").first()
    entry = chain.record(
        months.SEAL,
        f"month:{month:%Y-%m}",
        by=by,
        at=at,
        table=str(table),
        last=last,
        sealed=_sealed_with(table, f"{month:%Y-%m}"),
    )
    statement = sql.SQL(GUARD).format(
        parent=sql.Identifier(f"audit_{table}"), month=sql.Identifier(apart)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
    return entry


def _bounds(month: date) -> tuple[datetime, datetime]:
    return datetime(month.year, month.month, 1, tzinfo=UTC), _later(month, 1)


def _later(month: date, count: int) -> datetime:
    years, rest = divmod(month.month - 1 + count, 12)
    return datetime(month.year + years, rest + 1, 1, tzinfo=UTC)


def _require_old(month: date, at: datetime) -> None:
    free_from = _later(month, KEPT_MONTHS + 1)
    if at < free_from:
        raise NotSealable(
            _(
                "%(month)s must stay in reach for %(months)s months after its end. It can be "
                "sealed from %(day)s."
            )
            % {"month": f"{month:%Y-%m}", "months": KEPT_MONTHS, "day": f"{free_from:%Y-%m-%d}"}
        )


def _require_there(apart: str, parent: str, month: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits"
            " WHERE inhrelid = to_regclass(%s) AND inhparent = to_regclass(%s)",
            [apart, parent],
        )
        if not cursor.fetchone()[0]:
            raise NotSealable(
                _("There is no table of %(month)s, or it is sealed already.")
                % {"month": f"{month:%Y-%m}"}
            )


def _require_whole(at: datetime) -> None:
    broken = chain.verify(at=at)
    if broken:
        raise NotSealable(
            _("The chain is broken, and nothing is sealed before it is known why: %(what)s.")
            % {"what": broken.what}
        )


def _sealed_with(table: Table, month: str) -> dict[str, list[str]]:
    """Return all sealed months and one more: each seal's entry names them all."""
    return {
        each: sorted(months.sealed(each) | ({month} if each == table else set())) for each in Table
    }
