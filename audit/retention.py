"""Sealing a month of the trail: its last hash is kept in the chain, its table is set apart."""

from datetime import UTC, date, datetime

from django.db import connection, transaction

from audit import chain
from audit.chain import Actor
from audit.models import Link


class NotSealable(Exception):
    """The month is not over, not wholly linked, or not there."""


@transaction.atomic
def seal_month(month: date, *, by: Actor | None, at: datetime) -> str:
    """Detach one month's entries, named by any of its days; returns the hash that seals them.

    The detached table stays in the database for archiving. Runs as the owner of the tables.
    Raises NotSealable.
    """
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
    name = f"audit_entry_{start:%Y_%m}"
    if at < end:
        raise NotSealable(f"{start:%Y-%m} is not over yet; it can be sealed from {end:%Y-%m-%d}.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        if not cursor.fetchone()[0]:
            raise NotSealable(
                f"There are no entries of {start:%Y-%m}, or they are sealed already."
            )
        cursor.execute(
            "SELECT count(*) FROM audit_entry e WHERE recorded_at >= %s AND recorded_at < %s"
            " AND NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = e.id)",
            [start, end],
        )
        if cursor.fetchone()[0]:
            raise NotSealable(
                f"Entries of {start:%Y-%m} are not linked yet; run the linker first."
            )
        last = Link.objects.filter(recorded_at__gte=start, recorded_at__lt=end).order_by(
            "-position"
        )
        sealed = last.values_list("hash", flat=True).first() or chain.GENESIS
        cursor.execute(
            f'ALTER TABLE audit_entry DETACH PARTITION "{name}"'
        )
    chain.record("audit.seal", f"month:{start:%Y-%m}", by=by, at=at, last_hash=sealed)
    return sealed
