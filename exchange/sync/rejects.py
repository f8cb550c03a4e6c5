"""Rows that were turned away: sealed one by one, kept for their owner, gone after 30 days."""

import base64
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, QuerySet
from psycopg import sql

from exchange import vault
from exchange.connectors.files import Lines, SetAside
from exchange.models import RejectedRow, SyncRun
from exchange.records.columns import Column
from exchange.sync.staging import Staging

PURPOSE = "rejected.row"
REPEATED = "duplicate-key"
BATCH = 1000
IN_MEMORY = 4_000_000  # bytes of set-aside records held before they go to an unnamed file


class Basket:
    """Records set aside while COPY holds the connection: sealed at once, written afterwards."""

    def __init__(self) -> None:
        """Start empty."""
        self.count = 0
        self._spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed in `close`

    def add(self, record: SetAside) -> None:
        """Seal one record and put it by."""
        self.count += 1
        sealed = _sealed({str(place): cell for place, cell in enumerate(record.cells)})
        line = [record.line, record.rule, base64.b85encode(sealed).decode()]
        self._spool.write(json.dumps(line).encode() + b"\n")

    def write(self, run: SyncRun) -> None:
        """Write all records as rejected rows of the run."""
        self._spool.seek(0)
        _write(
            run,
            (
                (line, rule, "", base64.b85decode(sealed))
                for line, rule, sealed in map(json.loads, self._spool)
            ),
        )

    def close(self) -> None:
        """Let go of the memory or the unnamed file."""
        self._spool.close()


def keep(
    run: SyncRun, staging: Staging, columns: Sequence[Column], *, raw: bool, lines: Lines
) -> None:
    """Seal and keep every staged row that stands in the run's list of bad lines."""
    cells = [
        sql.SQL("{}, s.{}").format(sql.Literal(column.name), column.ident) for column in columns
    ]
    # a JSON object takes at most 100 arguments at once, so each row is built from pairs
    query = sql.SQL(
        "SELECT b._line, b.rule, b.field, ({})::text FROM {} b JOIN {} s USING (_line)"
    ).format(
        sql.SQL(" || ").join([sql.SQL("jsonb_build_object({})").format(pair) for pair in cells]),
        staging.bad,
        staging.raw if raw else staging.typed,
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        _write(
            run,
            (
                (lines.of(record), rule, field, vault.seal(payload.encode(), purpose=PURPOSE))
                for record, rule, field, payload in cursor
            ),
        )


def opened(row: RejectedRow) -> dict[str, str | None]:
    """Return a rejected row's cells by column; only its owner may be shown them."""
    return json.loads(vault.unseal(row.payload, purpose=PURPOSE))


def by_rule(run: SyncRun) -> QuerySet[RejectedRow, dict[str, Any]]:
    """Return rule, field and count of a run's rejected rows, with the first line and row of each.

    The most frequent come first; no values are opened.
    """
    return (
        RejectedRow.objects.filter(run=run)
        .values("rule", "field")
        .annotate(count=Count("pk"), line=Min("line"), first=Min("pk"))
        .order_by("-count", "rule", "field")
    )


def repeated(run: SyncRun) -> int:
    """Return how many kept rows have a key that came before: the run counts them as duplicates."""
    return RejectedRow.objects.filter(run=run, rule=REPEATED).count()


def _sealed(cells: dict[str, str]) -> bytes:
    return vault.seal(json.dumps(cells).encode(), purpose=PURPOSE)


def _write(run: SyncRun, found: Iterator[tuple[int, str, str, bytes]]) -> None:
    expires_at = run.started_at + timedelta(days=settings.REJECTED_DAYS)
    while batch := list(islice(found, BATCH)):
        RejectedRow.objects.bulk_create(
            RejectedRow(
                run=run, line=line, rule=rule, field=field, payload=payload, expires_at=expires_at
            )
            for line, rule, field, payload in batch
        )
