"""What happened to a dataset, as far as it is public: published, regraded, barred, refreshed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _

from catalog import lists
from catalog.labels import GRADES, OPEN_TYPES
from catalog.models import FieldTerms
from portal.dataset.facts import About

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened: when, of which kind, in a sentence, with what it was in detail."""

    at: datetime
    kind: str
    sentence: str
    details: tuple[str, ...] = ()


def changes(about: About) -> list[Change]:
    """Return what happened, the newest first. Three queries."""
    found = [
        *_of_fields(about),
        *_of_lines(about),
        *_of_rows(about),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]


def _of_rows(about: About) -> Iterator[Change]:
    if about.head.refreshed_at is not None:
        said = _("Rows refreshed; there are %(number)s now.")
        yield Change(about.head.refreshed_at, "rows", said % {"number": f"{about.head.rows:,}"})


def _of_lines(about: About) -> Iterator[Change]:
    for number, one in lists.lines_of(about.dataset).items():
        told = {"number": number, "basis": one.line.basis.citation}
        names = tuple(f"{field.label} ({field.name})" for field in one.fields)
        if one.line.published_at is not None:
            said = _("Line %(number)s of the negative list bars fields: %(basis)s.") % told
            yield Change(one.line.published_at, "line", said, names)
        if one.line.ended_at is not None:
            said = _("Line %(number)s of the negative list ended.") % told
            yield Change(one.line.ended_at, "line", said, names)


def _of_fields(about: About) -> Iterator[Change]:
    """Yield what was decided on fields, those of one moment together."""
    kept = (
        FieldTerms.objects.filter(
            field__resource__dataset=about.dataset, concealed=False, field__concealed=False
        )
        .select_related("field")
        .order_by("since", "field__position", "pk")
    )
    before: dict[int, FieldTerms] = {}
    first = True
    for since, group in groupby(kept, key=lambda terms: terms.since):
        terms = list(group)
        if first:
            said = _("Published with %(number)s fields.") % {"number": len(terms)}
            yield Change(about.dataset.published_at or since, "published", said)
        else:
            told = tuple(_told(one, before.get(one.field_id)) for one in terms)
            yield Change(since, "fields", _("Fields changed."), told)
        first = False
        before.update({one.field_id: one for one in terms})


def _told(now: FieldTerms, before: FieldTerms | None) -> str:
    named = {"field": f"{now.label} ({now.name})"}
    if now.ended_at is not None:
        return _("%(field)s is not offered any more") % named
    if before is None:
        return _("%(field)s is new") % named
    return _("%(field)s: %(changed)s") % {**named, "changed": "; ".join(_differences(now, before))}


def _differences(now: FieldTerms, before: FieldTerms) -> Iterable[str]:
    if now.name != before.name:
        yield _("was called %(name)s") % {"name": before.name}
    if now.grade != before.grade:
        yield f"{GRADES.get(before.grade or 0, '–')} → {GRADES.get(now.grade or 0, '–')}"
    if now.open_type != before.open_type:
        yield f"{OPEN_TYPES[before.open_type]} → {OPEN_TYPES[now.open_type]}"
    if (now.mask_kind, now.mask_params) != (before.mask_kind, before.mask_params):
        yield _("masked otherwise")
    if now.share_type != before.share_type:
        yield _("shared between departments on other terms")
    if now.graded_at != before.graded_at and now.grade == before.grade:
        yield _("grade confirmed")
