"""The rows on the page: read as the API reads them for anybody, and delivered as it delivers.

`?` parameters are the API's own. What a reader asks for is a call of their quota; the first rows,
the same for everybody, are not. Both are noted as reads (portal.dataset.noted).
"""

import csv
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from io import StringIO
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts import keys, quotas
from accounts.quotas import QuotaExceeded, QuotaUnavailable
from exchange import access
from exchange.access import Seen
from exchange.problems import Ground, Problem
from exchange.records import areas, reading
from exchange.records.areas import Area
from exchange.records.query import RecordQuery, Sort, Total
from exchange.records.reading import Page
from policy.terms import DataType, Mode, Treatment
from portal.dataset import asked, noted, words
from portal.dataset.examples import Example, examples
from portal.dataset.facts import ANYBODY, About, ShownField

FIRST_ROWS = 20
MOST_ROWS = 100
MOST_COLUMNS = 12
LONG = 80
"""Characters of a value that a cell shows before the rest is folded away."""
HIDDEN = frozenset({"lang"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there are no rows, in the API's own words."""

    code: str
    sentence: str
    grounds: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as the page shows it; `short` where it is cut, `at` for a moment in time."""

    text: str
    short: str = ""
    at: str = ""
    empty: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, the address that sorts by it ("" where none does), how it is sorted."""

    shown: ShownField
    sort: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter of the query in words, and the query string without it."""

    field: str
    operator: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of the filter form as it was filled in."""

    field: str = ""
    operator: str = ""
    value: str = ""


@dataclass(frozen=True)
class Preview:
    """The rows that an address asks for, or why there are none.

    `query` is what the address says, `limit` the rows of a page if it says how many. At most
    MOST_ROWS are read, and MOST_COLUMNS columns shown where the address names none. `width` is the
    mean length of a row that was read, in bytes of CSV.
    """

    about: About
    query: RecordQuery
    limit: int | None
    page: Page | None
    seen: Seen | None
    refusal: Refusal | None
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    width: float = 0.0
    read_at: float = 0.0

    @property
    def is_filtered(self) -> bool:
        """Whether the address chooses among the rows."""
        return bool(self.query.filters or self.query.areas)

    @property
    def is_own(self) -> bool:
        """Whether the address asks for anything that the first look at the page does not."""
        return bool(asked.pairs(self.query, limit=self.limit, cursor=self.query.cursor))

    @property
    def columns_left_out(self) -> int:
        """How many columns are not shown, since none was named and there are many."""
        return len(visible(self.about)) - len(self.columns) if not self.query.fields else 0

    @property
    def total(self) -> int | None:
        """How many rows there are under the filters; None where nobody counted."""
        if self.page is None:
            return None
        if not self.is_filtered:
            return self.about.head.rows
        if not self.query.cursor and not self.page.cursor:
            return self.page.count
        found = self.page.total
        # the planner may guess less than what is on the page already
        return (
            found if found is not None and (self.is_counted or found > self.page.count) else None
        )

    @property
    def is_counted(self) -> bool:
        """Whether the total is a count and not an estimate."""
        if self.page is None:
            return False
        whole = not self.query.cursor and not self.page.cursor
        return not self.is_filtered or whole or self.page.exact

    @property
    def following(self) -> str:
        """The query string of the next page, "" on the last."""
        if self.page is None or not self.page.cursor:
            return ""
        return asked.address(self.query, limit=self.limit, cursor=self.page.cursor)

    @property
    def first(self) -> str:
        """The query string of the first page, "" where this is it."""
        return f"?{asked.address(self.query, limit=self.limit)}" if self.query.cursor else ""

    @property
    def counting(self) -> str:
        """The query string that counts the rows exactly."""
        again = asked.address(self.query, limit=self.limit)
        return f"{again}&total=exact" if again else "total=exact"

    @property
    def chosen(self) -> str:
        """The query string of its filters and areas alone, as map and chart take them."""
        return asked.address(RecordQuery(filters=self.query.filters, areas=self.query.areas))

    @property
    def chips(self) -> list[Chip]:
        """The filters and areas in words."""
        labels = {one.field.name: one.field.label for one in self.about.fields}
        chosen = [
            Chip(
                labels.get(one.field, one.field),
                str(words.OPERATORS[one.operator]),
                asked.in_words(one),
                asked.address(asked.without(self.query, place), limit=self.limit),
            )
            for place, one in enumerate(self.query.filters)
        ]
        return [*chosen, *map(self._chip_of, self.query.areas)]

    def _chip_of(self, area: Area) -> Chip:
        rest = replace(self.query, areas=tuple(one for one in self.query.areas if one != area))
        name, value = areas.written(area)
        return Chip(_("Place"), name, value, asked.address(rest, limit=self.limit))

    @property
    def area_pairs(self) -> list[tuple[str, str]]:
        """The areas of the query as parameters, which the filter form takes along."""
        return [areas.written(one) for one in self.query.areas]

    @property
    def form_rows(self) -> list[FormRow]:
        """The rows of the filter form: one for each filter, and a blank one."""
        told = [
            FormRow(one.field, str(one.operator), asked.in_words(one))
            for one in self.query.filters
        ]
        return [*told, FormRow()]

    @property
    def sort_field(self) -> str:
        """The field that the rows are sorted by first, "" for the order of arrival."""
        return self.query.sort[0].field if self.query.sort else ""

    @property
    def descending(self) -> bool:
        """Whether they are sorted downwards."""
        return bool(self.query.sort and self.query.sort[0].descending)

    @property
    def filterable(self) -> list[ShownField]:
        """The fields that rows can be filtered and sorted by: those in clear."""
        return [one for one in self.about.fields if one.treatment == Treatment.CLEAR]

    @property
    def choosable(self) -> list[tuple[ShownField, bool]]:
        """The fields that can be shown, and whether they are."""
        shown = {one.shown.field.name for one in self.columns}
        return [(one, one.field.name in shown) for one in visible(self.about)]

    @property
    def operators(self) -> list[tuple[str, str]]:
        """What a filter may ask, and its words."""
        return [(str(one), str(word)) for one, word in words.OPERATORS.items()]

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The query on screen as programs."""
        place = reverse("api:records", args=[self.about.head.slug])
        return examples(
            f"{settings.PUBLIC_BASE_URL}{place}", asked.pairs(self.query, limit=self.limit)
        )


def visible(about: About) -> list[ShownField]:
    """Return the fields whose values come out, masked or not."""
    return [one for one in about.fields if one.treatment != Treatment.WITHHELD]


def params_of(given: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the parameters of an address that are the API's, not the page's own."""
    return {name: values for name, values in given.items() if name not in HIDDEN}


def preview(about: About, params: Mapping[str, Sequence[str]], *, query_string: str) -> Preview:
    """Read the rows that the parameters ask for; a refusal of the API is part of the answer.

    Raises what tells that the rows were replaced meanwhile (`reading.with_more_looks`).
    """
    try:
        if keys.SHAPE.search(query_string):
            raise KeyShown(_("The address carries an API key; revoke it now if it is a real one."))
        query = RecordQuery.parse(params)
        limit = query.limit if params.get("limit") else None
    except Problem as problem:
        return Preview(about, RecordQuery(), None, None, None, _refusal(problem))
    try:
        seen = access.visible(about.head, ANYBODY, today=timezone.localdate(), mode=Mode.QUERY)
        page = reading.read(about.head, seen, _read_as(query, limit))
    except Problem as problem:
        return Preview(about, query, limit, None, None, _refusal(problem))
    shown = {one.field.name: one for one in visible(about)}
    names = query.fields or tuple(shown)[:MOST_COLUMNS]
    rows = json.loads(page.rows, parse_float=str, parse_int=str)
    return Preview(
        about=about,
        query=query,
        limit=limit,
        page=page,
        seen=seen,
        refusal=None,
        columns=tuple(_column(shown[name], query, limit) for name in names),
        rows=tuple(tuple(_cell(row[name], shown[name]) for name in names) for row in rows),
        width=_width(rows),
        read_at=time.monotonic(),
    )


def _width(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the mean length of a row as a line of CSV, in bytes."""
    if not rows:
        return 0.0
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerows(
        [value for name, value in row.items() if name != "_id"] for row in rows
    )
    return len(written.getvalue().encode()) / len(rows)


class KeyShown(Problem):
    """A key stood in the address, where logs and histories keep it."""

    code = "key-in-url"


def charge(address: str) -> Refusal | None:
    """Spend a call of whoever is at an address; returns why no rows are read, if none are."""
    try:
        quotas.spend(address, at=timezone.now())
    except (QuotaExceeded, QuotaUnavailable) as refused:
        return Refusal(refused.code, str(refused))
    return None


def refused(about: About, params: Mapping[str, Sequence[str]], refusal: Refusal) -> Preview:
    """Return the preview without rows, for a reason that is not the query's."""
    try:
        query = RecordQuery.parse(params)
    except Problem:
        query = RecordQuery()
    return Preview(about, query, None, None, None, refusal)


def note(found: Preview) -> None:
    """Write down what was read, as the API does. Raises redis.RedisError where it cannot."""
    if found.page is None or found.seen is None:
        return
    page, head = found.page, found.about.head
    noted.note(head, found.seen, rows=page.count, size=len(page.rows))


def _read_as(query: RecordQuery, limit: int | None) -> RecordQuery:
    """Return what is asked of the rows: no more of them than a page can hold, and how many."""
    total = query.total
    if total == Total.NONE and query.filters:
        total = Total.ESTIMATE
    return replace(query, limit=min(limit or FIRST_ROWS, MOST_ROWS), total=total)


def _refusal(problem: Problem) -> Refusal:
    return Refusal(problem.code, str(problem), problem.grounds)


def _column(one: ShownField, query: RecordQuery, limit: int | None) -> Column:
    if one.treatment != Treatment.CLEAR:
        return Column(one)
    name = one.field.name
    how = {Sort(name): "ascending", Sort(name, descending=True): "descending"}
    first = query.sort[0] if query.sort else None
    address = asked.address(asked.sorted_by(query, name), limit=limit)
    return Column(one, f"?{address}", how.get(first, "") if first else "")


def _cell(value: Any, one: ShownField) -> Cell:
    if value is None:
        return Cell("", empty=True)
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    text = str(value)
    if one.field.data_type == DataType.DATETIME and one.treatment == Treatment.CLEAR:
        at = parse_datetime(text)
        if at is not None:
            return Cell(f"{at:%Y-%m-%d %H:%M:%S}", at=text)
    short = f"{text[: LONG - 20]}…" if len(text) > LONG else ""
    number = one.is_number and one.treatment == Treatment.CLEAR
    return Cell(text, short=short, number=number)
