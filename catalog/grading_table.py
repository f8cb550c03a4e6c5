"""Keeping the table of grades: a new version, saved only after its dry run, acts set by set."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Func, JSONField, Q, Value, When
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import require
from audit import chain
from catalog import grading_change, regrading
from catalog.grading_change import DryRun
from catalog.models import Dataset, Field, GradingTable
from catalog.refusals import GradeRefused, StepRefused
from policy.grading import Table, table_from

LOCK = 0x67726164  # "grad": two tables are never replaced at once


def proposed(data: Mapping[str, Any]) -> Table:
    """Return a table to try out, as the version that would follow.

    Raises GradeRefused where it lacks a kind or a grade, or where a mask does not work.
    """
    try:
        return table_from(grading_change.in_force().version + 1, data)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise GradeRefused(
            _(
                "This is no whole table of grades: %(why)s Give each kind its grade and a mask"
                " that works, and each grade its types."
            )
            % {"why": wrong}
        ) from wrong


@transaction.atomic
def replace(
    data: Mapping[str, Any], *, note: str, digest: str, by: User, at: datetime
) -> GradingTable:
    """Put another table in force. `digest` is that of the dry run which the person has looked at.

    Suggestions are made anew from the kinds that were found; a graded field below its new
    suggestion waits in its department's regrade queue. No grade changes by itself.
    Raises NotAllowed, GradeRefused (no reason, nothing new, no whole table), StepRefused where the
    catalogue or the table has moved since the dry run.
    """
    require(by, "catalog.keep_gradingtable")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    current, table = grading_change.in_force(), proposed(data)
    if not note.strip():
        raise GradeRefused(_("Say why the table changes; it stays in the record."))
    if table.as_data() == current.table().as_data():
        raise GradeRefused(_("This is the table in force already. Change a row first."))
    kinds = grading_change.changed_kinds(table, current.table())
    _lock(kinds)
    run = grading_change.dry_run(table, at=at)
    if run.digest != digest:
        raise StepRefused(
            _(
                "The catalogue or the table has changed since this was tried out, so what you saw"
                " is not what would happen. Try it out again."
            )
        )
    kept = GradingTable.objects.create(
        version=table.version,
        previous=current,
        rows=table.as_data(),
        note=note.strip(),
        proposed_by=by,
        in_force_from=at,
        shown=digest,
        changed=_numbers(run),
    )
    _suggest_anew(table, kinds, at)
    chain.record(
        "grading_table.replace",
        f"gradingtable:{kept.pk}",
        by=by,
        at=at,
        version=kept.version,
        note=kept.note,
        rows=_differing(current.rows, kept.rows),
        digest=digest,
        **kept.changed,
    )
    _tell(at)
    return kept


def _lock(kinds: list[list[str]]) -> None:
    """Lock the entries before their fields, in order, as every verb does."""
    touched = Field.objects.filter(suggestion__kinds__in=kinds).values("resource__dataset_id")
    list(
        Dataset.objects.filter(pk__in=touched)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )


def _suggest_anew(table: Table, kinds: list[list[str]], at: datetime) -> None:
    """Write the new suggestions, one statement for each set of kinds."""
    for names in kinds:
        grade = int(table.outcome(grading_change.kinds_of(names)).grade)
        Field.objects.filter(suggestion__kinds=names, ended_at=None).update(
            # newer than the grade only where that is too low: all others wait for nobody
            suggested_at=Case(When(Q(grade__lt=grade), then=Value(at)), default=F("suggested_at")),
            suggested_grade=grade,
            suggestion=Func(
                F("suggestion"),
                Value({"table": table.version}, JSONField()),
                template="(%(expressions)s)",
                arg_joiner=" || ",
            ),
        )


def _numbers(run: DryRun) -> dict[str, int]:
    return {
        "fields": run.fields,
        "higher": sum(one.higher for one in run.departments),
        "lower": sum(one.lower for one in run.departments),
        "waiting": sum(one.waiting for one in run.departments),
    }


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs between two versions: old and new, by kind or grade."""
    return {
        key: [before[part][key], after[part][key]]
        for part in ("rows", "defaults")
        for key in after[part]
        if before[part].get(key) != after[part][key]
    }


def _tell(at: datetime) -> None:
    for owner_id, count in regrading.counts().items():
        notices.tell(
            "grading.changed",
            organization=Organization.objects.get(pk=owner_id),
            target=regrading.target(owner_id),
            at=at,
            count=count,
        )


__all__ = ["proposed", "replace"]
