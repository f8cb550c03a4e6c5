"""The terms that published fields stood under, day by day, so that past decisions can be replayed.

Lines of the negative list and grants carry their own days.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from catalog.models import Dataset, Field, FieldTerms

KEPT = (
    "name",
    "data_type",
    "share_type",
    "open_type",
    "grade",
    "mask_kind",
    "mask_params",
    "concealed",
    "secrecy",
    "graded_at",
    "ended_at",
)


def note(dataset: Dataset, *, at: datetime) -> int:
    """Keep the terms of each field that changed since they were last kept; returns how many.

    For the verbs that change what a published dataset's fields stand under, in their transaction.
    """
    known = {terms.field_id: terms for terms in _last(dataset.pk, before=None)}
    fresh = [
        FieldTerms(field=field, since=at, **told)
        for field in Field.objects.filter(resource__dataset=dataset).order_by("pk")
        if _told(known.get(field.pk)) != (told := _told(field)) and told is not None
    ]
    FieldTerms.objects.bulk_create(fresh)
    return len(fresh)


def on(dataset_id: int, day: date) -> list[FieldTerms]:
    """Return the terms of each field at the end of a day (Asia/Shanghai), in catalogue order.

    Empty where the dataset had not been published by then; fields ended by then are left out.
    """
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    return [terms for terms in _last(dataset_id, before=end) if terms.ended_at is None]


def former_names(resource_id: int) -> dict[str, str]:
    """Return {former name: name now} of the live fields that were renamed while published.

    A former name that another field has now is left out.
    """
    fields = Field.objects.filter(resource_id=resource_id, ended_at=None)
    now = dict(fields.values_list("pk", "name"))
    taken = set(now.values())
    then = FieldTerms.objects.filter(field__in=now).order_by("since", "pk")
    return {name: now[pk] for pk, name in then.values_list("field", "name") if name not in taken}


def _last(dataset_id: int, *, before: datetime | None) -> Iterable[FieldTerms]:
    kept = FieldTerms.objects.filter(field__resource__dataset_id=dataset_id)
    if before is not None:
        kept = kept.filter(since__lt=before)
    latest = {
        terms.field_id: terms for terms in kept.select_related("field").order_by("since", "pk")
    }
    return sorted(latest.values(), key=lambda terms: (terms.field.position, terms.field_id))


def _told(one: Field | FieldTerms | None) -> dict[str, object] | None:
    return None if one is None else {name: getattr(one, name) for name in KEPT}
