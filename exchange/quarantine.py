"""Rejected rows in the hands of their owner: looked at, taken out as a file, thrown away.

Each look, each file and each throwing away is an entry of the trail; the values never are.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import history
from catalog.models import Field
from exchange.models import RejectedRow, SyncRun
from exchange.problems import Problem
from exchange.sync import rejects

BOM = "\ufeff"  # else Excel on a Chinese Windows reads the file as GBK
FORMULA = re.compile(r"^[=+\-@\t\r]")
NUMBER = re.compile(r"^[+-]?[0-9]+(\.[0-9]+)?$")
NAMED_LINES = 200


class RowsGone(Problem):
    """None of the rows is there any more: corrected, discarded or too old."""

    code = "rejected-gone"
    status = 409


@transaction.atomic
def look(row_id: int, *, by: User, at: datetime) -> dict[str, str]:
    """Return a rejected row's cells as text, by field or, where it was not cut, by position.

    The look is written down. Raises NotAllowed, RejectedRow.DoesNotExist.
    """
    row = RejectedRow.objects.select_related("run__binding__resource__dataset__owner").get(
        pk=row_id
    )
    require(by, "exchange.read_rejected", organization=row.run.binding.resource.dataset.owner)
    chain.record("rejected.view", f"rejected:{row.pk}", by=by, at=at, run=row.run_id)
    return cells_of(row, history.former_names(row.run.binding.resource_id))


def cells_of(row: RejectedRow, former: Mapping[str, str]) -> dict[str, str]:
    """Return a rejected row's cells as text. Whoever shows them asks the right and writes it down.

    By what the fields are called now (`catalog.history.former_names`, since one may have been
    renamed) or, where the row was not cut, by position.
    """
    opened = rejects.opened(row)
    return {former.get(name, name): _text(cell) for name, cell in opened.items()}


def _text(cell: object) -> str:
    """Return a cell as a file would have it: the typed ones of databases are JSON."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


@transaction.atomic
def discard(run_id: int, row_ids: Sequence[int], *, by: User, at: datetime, reason: str) -> int:
    """Throw away rejected rows of one run; returns how many were there.

    Raises NotAllowed, and RowsGone where none of them is there any more.
    """
    sync_run = SyncRun.objects.select_related("binding__resource__dataset__owner").get(pk=run_id)
    owner = sync_run.binding.resource.dataset.owner
    require(by, "exchange.discard_rejected", organization=owner)
    found = RejectedRow.objects.select_for_update().filter(run=sync_run, pk__in=row_ids)
    lines = sorted(row.line for row in found.only("line"))
    if not lines:
        raise RowsGone(
            _("These rows are not there any more: corrected, discarded or too old to be kept.")
        )
    RejectedRow.objects.filter(run=sync_run, pk__in=row_ids).delete()
    chain.record(
        "rejected.discard",
        f"run:{run_id}",
        by=by,
        at=at,
        reason=reason,
        count=len(lines),
        lines=lines[:NAMED_LINES],
    )
    return len(lines)


def export(run_id: int, *, by: User, at: datetime) -> Iterator[str]:
    """Return the lines of a CSV file with all rejected rows of a run, for its owner.

    Written down before the first line. A cell that a spreadsheet would take for a formula gets an
    apostrophe before it. Raises NotAllowed, RowsGone.
    """
    sync_run = SyncRun.objects.select_related("binding__resource__dataset__owner").get(pk=run_id)
    owner = sync_run.binding.resource.dataset.owner
    require(by, "exchange.read_rejected", organization=owner)
    count = sync_run.rejected_rows.count()
    if not count:
        raise RowsGone(_("This run has no rejected rows any more."))
    with transaction.atomic():
        chain.record("rejected.export", f"run:{run_id}", by=by, at=at, count=count)
    fields = Field.objects.filter(resource=sync_run.binding.resource).order_by("position", "pk")
    return _written(sync_run, list(dict.fromkeys(fields.values_list("name", flat=True))))


def _written(sync_run: SyncRun, names: list[str]) -> Iterator[str]:
    former = history.former_names(sync_run.binding.resource_id)
    yield BOM + _line(["line", "rule", "field", *names, "cells as read"])
    for row in sync_run.rejected_rows.order_by("line", "pk").iterator(chunk_size=500):
        cells = cells_of(row, former)
        other = [value for name, value in cells.items() if name not in names]
        known = [cells.get(name, "") for name in names]
        yield _line([str(row.line), row.rule, row.field, *known, " | ".join(other)])


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.match(cell) else cell
