"""A change of a published entry in words: where, what, old and new beside each other."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Field as Column
from django.db.models import Model
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from backoffice import words
from catalog.amended import DESCRIBED
from catalog.models import ApiDescription, Dataset, Field, Resource, Revision
from catalog.terms import ApiMethod, ResourceKind, RevisionKind

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One change as a person reads it."""

    where: str
    what: str
    old: str
    new: str
    file: int | None = None  # the place of a new file among what is offered


@dataclass(frozen=True, slots=True)
class _Pair:
    """One changed attribute before its numbers are turned into names."""

    where: str
    column: Any
    old: Any
    new: Any


def lines(revision: Revision) -> list[Line]:
    """Return each change in words; a query for each kind of thing that is named by number."""
    pairs = list(_pairs(revision))
    named = _named(pairs)
    told = [
        Line(one.where, _label(one.column), _said(one.column, one.old, named), _new(one, named))
        for one in pairs
        if one.old != one.new
    ]
    changes = revision.changes if revision.kind == RevisionKind.AMEND else {}
    told += [_added(one) for one in changes.get("added", ())]
    return told + [_offered(place, one) for place, one in enumerate(changes.get("offered", ()))]


def _new(one: _Pair, named: Mapping[type[Model], Mapping[int, Any]]) -> str:
    return _said(one.column, one.new, named)


def _pairs(revision: Revision) -> Iterator[_Pair]:
    changes = revision.changes
    if revision.kind == RevisionKind.REGRADE:
        yield from _of_rows(Field, changes)
        return
    yield from _of_row(_("entry"), Dataset, changes["dataset"])
    yield from _of_rows(Field, changes["fields"])
    yield from _of_rows(Resource, changes.get("resources", {}))


def _of_rows(
    model: type[Model], by_number: Mapping[str, Mapping[str, list[Any]]]
) -> Iterator[_Pair]:
    rows = model._default_manager.in_bulk([int(pk) for pk in by_number])  # noqa: SLF001 - Django's public-by-custom name
    for pk, attributes in by_number.items():
        yield from _of_row(str(rows.get(int(pk), pk)), model, attributes)


def _of_row(
    where: str, model: type[Model], attributes: Mapping[str, list[Any]]
) -> Iterator[_Pair]:
    for name, (old, new) in attributes.items():
        holder = ApiDescription if model is Resource and name in DESCRIBED else model
        yield _Pair(where, holder._meta.get_field(name), old, new)  # noqa: SLF001 - as above


def _named(pairs: list[_Pair]) -> dict[type[Model], Mapping[int, Any]]:
    """Return the rows that the changes name by number."""
    asked: dict[type[Model], set[int]] = defaultdict(set)
    for one in pairs:
        if one.column.is_relation:
            for value in (one.old, one.new):
                asked[one.column.related_model] |= _numbers(value)
    return {model: model._default_manager.in_bulk(asked[model]) for model in asked}  # noqa: SLF001 - as above


def _numbers(value: Any) -> set[int]:
    if isinstance(value, list):
        return set(value)
    return set() if value is None else {value}


def _label(column: Column) -> str:
    return str(column.verbose_name)


def _said(column: Any, value: Any, named: Mapping[type[Model], Mapping[int, Any]]) -> str:
    """Return a value as people read it."""
    if column.is_relation:
        rows = named[column.related_model]
        return "，".join(str(rows.get(pk, pk)) for pk in sorted(_numbers(value))) or NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "，".join(map(str, value)) or NOTHING
    if isinstance(value, dict):
        return "；".join(f"{name}: {one}" for name, one in value.items()) or NOTHING
    known = words.CLOSED.get(column.name) or dict(column.flatchoices)
    return str(known.get(value, NOTHING if value in (None, "") else value))


def _added(told: Mapping[str, Any]) -> Line:
    new = told["new"]
    mask = (told["mask"] or {}).get("kind", "")
    parts = (
        new["label_zh"],
        new["label_en"],
        words.DATA_TYPES[new["data_type"]],
        words.GRADES[told["grade"]],
        words.SHARE_TYPES[told["share_type"]],
        words.OPEN_TYPES[told["open_type"]],
        words.MASKS[mask] if mask else "",
        told["reason"],
    )
    return Line(new["name"], _("new field"), NOTHING, " · ".join(str(one) for one in parts if one))


def _offered(place: int, told: Mapping[str, Any]) -> Line:
    kind = ResourceKind(told["kind"])
    parts = [told["title_zh"], told.get("title_en", ""), told.get("url", "")]
    if kind == ResourceKind.FILE:
        parts += [told["name"], filesizeformat(told["size"]), told["note"], told["sha256"]]
        parts.append(_("Open to everyone") if told.get("is_public") else "")
    if kind == ResourceKind.API:
        parts.append(told.get("method", ApiMethod.GET))
    said = " · ".join(str(one) for one in parts if one)
    file = place if kind == ResourceKind.FILE else None
    return Line(str(kind.label), _("new offer"), NOTHING, said, file)


__all__ = ["Line", "lines"]
