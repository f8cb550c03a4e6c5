"""One query for every dialect: which fields, which rows, in which order, from where on.

Doors parse their own dialect into a RecordQuery; only `compile` makes SQL of it. The grammar is
closed: a field name, one of the operators below, values. Nothing in it is text for a database.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import lru_cache

from accounts.wording import said as _
from exchange.problems import Problem
from exchange.records import areas
from exchange.records.areas import Area

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
MAX_FILTERS = 20
MAX_VALUES = 200
MAX_TEXT = 500
RESERVED = frozenset(
    {"fields", "sort", "limit", "cursor", "total", "format", "lang"}
    | {areas.BBOX, areas.BOX_SYSTEM, areas.NEAR, areas.WITHIN}
)


class Operator(StrEnum):
    """How a filter compares a field with its values."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    LESS = "lt"
    AT_MOST = "lte"
    GREATER = "gt"
    AT_LEAST = "gte"
    ONE_OF = "in"
    PREFIX = "prefix"
    IS_NULL = "null"


class Total(StrEnum):
    """Whether the number of matching rows is wanted, and how."""

    NONE = "none"
    ESTIMATE = "estimate"
    EXACT = "exact"


class QueryRefused(Problem):
    """The query itself cannot be understood; the sentence says which part and what is allowed."""

    code = "query-refused"
    status = 400


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one field; several conditions must all hold."""

    field: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """One field of the order; ties are broken by the order of arrival."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """What a reader asks of one dataset's rows. Empty `fields` means all that may be seen."""

    fields: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    limit: int = DEFAULT_LIMIT
    cursor: str = ""
    total: Total = Total.NONE
    areas: tuple[Area, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Every field name the query mentions, in its order, once."""
        names = [*self.fields, *(f.field for f in self.filters), *(s.field for s in self.sort)]
        return tuple(dict.fromkeys(names))

    @property
    def leaned_on(self) -> tuple[str, ...]:
        """The fields whose values decide which rows come, or in what order."""
        names = [*(f.field for f in self.filters), *(s.field for s in self.sort)]
        return tuple(dict.fromkeys(names))

    @property
    def plain(self) -> bool:
        """Whether it asks for all rows in the order of their arrival, uncounted."""
        asked = self.filters or self.sort or self.areas
        return not asked and self.total == Total.NONE

    def digest(self) -> str:
        """Name the query apart from its page: cursors are bound to it."""
        return _digest(self.fields, self.filters, self.sort, self.areas)

    @classmethod
    def parse(cls, params: Mapping[str, Sequence[str]]) -> "RecordQuery":
        """Read our own dialect: `?fields=a,b&city=eq value&price.gte=3&sort=-price&limit=50`.

        `params` maps each name to all its values. A filter is `field=value` or
        `field.operator=value`; `in` takes values separated by commas, `null` takes true or false.
        An area is `bbox`, `near` or `within` (`areas`). Raises QueryRefused, AreaRefused.
        """
        return cls(
            fields=names_of(last_of(params, "fields")),
            filters=filters_of(params),
            sort=tuple(sort_of(part) for part in names_of(last_of(params, "sort"))),
            limit=_limit(last_of(params, "limit")),
            cursor=last_of(params, "cursor"),
            total=_total(last_of(params, "total")),
            areas=areas.parsed(params),
        )


@lru_cache(maxsize=1024)
def _digest(fields: tuple, filters: tuple, sort: tuple, asked: tuple) -> str:
    whole = [fields, [astuple(one) for one in filters], [astuple(one) for one in sort]]
    if asked:
        whole.append([[type(one).__name__, *astuple(one)] for one in asked])
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False).encode()).hexdigest()[:16]


def last_of(params: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the last value of a parameter, "" where it is not there."""
    values = params.get(name) or [""]
    return values[-1].strip()


def names_of(text: str) -> tuple[str, ...]:
    """Return the names that commas part, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def sort_of(part: str) -> Sort:
    """Return one part of an order: a name, with “-” before it where it goes down."""
    return Sort(part.lstrip("-+"), descending=part.startswith("-"))


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT):
        raise QueryRefused(
            _(
                "“limit” is %(given)s, but a page holds from 1 to %(most)s rows. Follow the"
                " “next” link for more, or download the whole dataset as CSV."
            )
            % {"given": text[:20], "most": MAX_LIMIT}
        )
    return int(text)


def _total(text: str) -> Total:
    try:
        return Total(text or Total.NONE)
    except ValueError:
        raise QueryRefused(
            _("“total” is %(given)s; it can be one of: %(allowed)s.")
            % {"given": text[:20], "allowed": ", ".join(Total)}
        ) from None


def filters_of(
    params: Mapping[str, Sequence[str]], reserved: Collection[str] = RESERVED
) -> tuple[Filter, ...]:
    """Return every parameter that is not reserved as a filter. Raises QueryRefused."""
    found = [
        _filter(name, text)
        for name, values in params.items()
        if name not in reserved
        for text in values
    ]
    if len(found) > MAX_FILTERS:
        raise QueryRefused(
            _("The query has %(count)s filters; at most %(most)s can be combined.")
            % {"count": len(found), "most": MAX_FILTERS}
        )
    return tuple(found)


def _filter(name: str, text: str) -> Filter:
    field, _dot, operator = name.partition(".")
    try:
        chosen = Operator(operator or Operator.EQUAL)
    except ValueError:
        raise QueryRefused(
            _("“%(name)s” ends in an unknown operator; it can be one of: %(allowed)s.")
            % {"name": name[:80], "allowed": ", ".join(Operator)}
        ) from None
    values = tuple(text.split(",")) if chosen == Operator.ONE_OF else (text,)
    if len(values) > MAX_VALUES or any(len(value) > MAX_TEXT for value in values):
        raise QueryRefused(
            _(
                "The filter “%(name)s” is too long: at most %(values)s values of at most"
                " %(text)s characters."
            )
            % {"name": name[:80], "values": MAX_VALUES, "text": MAX_TEXT}
        )
    if any("\0" in value for value in values):
        raise QueryRefused(
            _("The filter “%(name)s” holds a NUL character, which no text can contain.")
            % {"name": name[:80].replace("\0", "")}
        )
    return Filter(field, chosen, values)
