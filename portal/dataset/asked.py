"""A query of rows as an address: the API's own parameters, written in one way.

What the page shows, what its links change and what its examples ask are all one RecordQuery; the
pairs made here are read back by `RecordQuery.parse` as the query that they were made of.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from exchange.records import areas
from exchange.records.query import Filter, Operator, RecordQuery, Sort

Pairs = list[tuple[str, str]]


def pairs(query: RecordQuery, *, limit: int | None = None, cursor: str = "") -> Pairs:
    """Return a query as parameters; each filter with its operator, so that none is mistaken.

    A field may be called like a parameter (`limit`), or like what a key is sent under (`token`).
    """
    found: Pairs = []
    if query.fields:
        found.append(("fields", ",".join(query.fields)))
    found += [(f"{one.field}.{one.operator}", ",".join(one.values)) for one in query.filters]
    found += [areas.written(one) for one in query.areas]
    if query.sort:
        found.append(("sort", ",".join(f"{'-' * s.descending}{s.field}" for s in query.sort)))
    if limit is not None:
        found.append(("limit", str(limit)))
    if cursor:
        found.append(("cursor", cursor))
    return found


def address(query: RecordQuery, *, limit: int | None = None, cursor: str = "") -> str:
    """Return a query as a query string, "" for all rows."""
    return urlencode(pairs(query, limit=limit, cursor=cursor))


def without(query: RecordQuery, place: int) -> RecordQuery:
    """Return the query without its filter at a place."""
    return replace(query, filters=query.filters[:place] + query.filters[place + 1 :])


def sorted_by(query: RecordQuery, field: str) -> RecordQuery:
    """Return the query sorted by a field: up, then down, then not any more."""
    if query.sort == (Sort(field),):
        return replace(query, sort=(Sort(field, descending=True),))
    if query.sort == (Sort(field, descending=True),):
        return replace(query, sort=())
    return replace(query, sort=(Sort(field),))


def from_form(form: Mapping[str, Sequence[str]]) -> Pairs:
    """Return the parameters that the filter form asks for: what each of its rows says, in order.

    `field`, `operator` and `value` belong together by place; a row without field or value says
    nothing. `show` are the fields to be shown, `sort` and `order` how; areas are taken along.
    """
    found: Pairs = []
    shown = [name for name in form.get("show", ()) if name]
    if shown:
        found.append(("fields", ",".join(shown)))
    rows = zip(
        form.get("field", ()), form.get("operator", ()), form.get("value", ()), strict=False
    )
    found += [
        (f"{field}.{operator}", value or "true")
        for field, operator, value in rows
        if field and (value or operator == Operator.IS_NULL)
    ]
    found += [(name, one) for name in areas.NAMES for one in form.get(name, ()) if one]
    sort = _last(form.get("sort", ()))
    if sort:
        found.append(("sort", f"{'-' if _last(form.get('order', ())) == 'down' else ''}{sort}"))
    limit = _last(form.get("limit", ()))
    return [*found, ("limit", limit)] if limit else found


def _last(values: Iterable[str]) -> str:
    return [*values, ""][-2] if list(values) else ""


def in_words(one: Filter) -> str:
    """Return the values of a filter as they were written."""
    return ",".join(one.values)
