"""What a sample of the source tells about each field: what it holds, how it should be graded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.roles import require
from catalog import field_sets, grading_change
from catalog.models import Field
from exchange.connectors import database, files, sheets
from exchange.connectors.peeks import Peek
from exchange.models import Binding, SourceKind
from policy.detect import detect
from policy.grading import Suggestion, Table, suggest

SAMPLE_ROWS = 1000
CONNECTORS: Mapping[SourceKind, Any] = {
    SourceKind.POSTGRESQL: database,
    SourceKind.CSV: files,
    SourceKind.EXCEL: sheets,
}


def sample(binding: Binding, *, rows: int = SAMPLE_ROWS) -> dict[str, list[str]]:
    """Return up to `rows` values of each source column. Raises SourceProblems."""
    return peek(binding, rows=rows).values()


def peek(binding: Binding, *, rows: int, types: Mapping[str, str] | None = None) -> Peek:
    """Look at columns and rows of what is bound, or would be. Raises SourceProblems.

    `types` are declared types by column: by them a workbook's cells are written, as a run does.
    """
    if types and binding.source.kind == SourceKind.EXCEL:
        return sheets.peek(binding, rows=rows, types=types)
    return CONNECTORS[SourceKind(binding.source.kind)].peek(binding, rows=rows)


@transaction.atomic
def suggest_grades(resource_id: int, *, by: User, at: datetime) -> dict[int, Suggestion]:
    """Look at a sample of a bound table and write down a suggestion for each field, by its id.

    The table in force suggests, and its version is kept. Suggestions come with their evidence in
    kinds and numbers, never with values. A person grades; but an
    open publication with a field detected as sensitive waits until a person has.
    """
    binding = Binding.objects.select_related("source", "resource__dataset__owner").get(
        resource_id=resource_id
    )
    require(by, "exchange.suggest_grades", organization=binding.resource.dataset.owner)
    values = sample(binding)
    fields = Field.objects.filter(resource_id=resource_id, ended_at=None)
    table = grading_change.in_force().table()
    found = {
        field.pk: _suggested(field, table, values.get(str(binding.columns.get(str(field.pk))), ()))
        for field in fields
    }
    told = {pk: (one.grade, one.as_data()) for pk, one in found.items()}
    field_sets.suggest_grades(binding.resource.dataset_id, told, by=by, at=at)
    return found


def _suggested(field: Field, table: Table, values: Sequence[str]) -> Suggestion:
    label = f"{field.label_zh} {field.label_en}".strip()
    return suggest(detect(field.name, label, values), field.name, label, table)
