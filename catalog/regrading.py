"""Fields whose grade stands below what is suggested now: each waits for a person of its owner."""

from collections.abc import Collection
from typing import Any

from django.db.models import Count, F, QuerySet

from catalog import facts, grading_change
from catalog.models import Field
from catalog.terms import State
from policy.grading import Outcome, adopted
from policy.terms import Grade


def waiting(organizations: Collection[int] | None = None) -> QuerySet[Field]:
    """Return graded fields below a suggestion that is newer than their grade, in order.

    Of these organisations, or of all. Accepting or keeping the grade takes a field out.
    """
    found = Field.objects.filter(
        ended_at=None,
        grade__isnull=False,
        suggested_grade__gt=F("grade"),
        suggested_at__gt=F("graded_at"),
    ).exclude(resource__dataset__state=State.WITHDRAWN)
    if organizations is not None:
        found = found.filter(resource__dataset__owner_id__in=organizations)
    return found.order_by("resource__dataset__owner_id", "resource__dataset_id", "position", "pk")


def counts() -> dict[int, int]:
    """Return how many fields wait in each organisation, by its id."""
    grouped = waiting().order_by().values("resource__dataset__owner_id")
    counted = grouped.annotate(fields=Count("pk"))
    return dict(counted.values_list("resource__dataset__owner_id", "fields"))


def suggested(field: Field) -> Outcome:
    """Return what is suggested for a field by the table in force; grade alone where no kinds are.

    One query.
    """
    table = grading_change.in_force().table()
    if "kinds" in field.suggestion:
        return table.outcome(grading_change.kinds_of(field.suggestion["kinds"]))
    grade = Grade(field.suggested_grade or Grade.L1)
    return Outcome(grade, *table.defaults[grade], None)


def wanted(field: Field) -> dict[str, Any]:
    """Return what taking the suggestion over would write on a field, by attribute."""
    after = adopted(facts.field_facts(field), suggested(field))
    return {
        "grade": int(after.grade or Grade.L1),
        "share_type": after.share_type.value,
        "open_type": after.open_type.value,
        "mask_kind": after.mask.kind.value if after.mask else "",
        "mask_params": facts.as_params(after.mask),
    }


def target(owner_id: int) -> str:
    """How notices name the queue of an organisation."""
    return f"regrade:{owner_id}"


__all__ = ["counts", "suggested", "target", "waiting", "wanted"]
