"""From a RecordQuery to SQL: the only place where a reader's wish becomes a statement.

A query may lean only on what its reader sees in clear (design.md §4.6). Identifiers come from the
record table's own description, values are bound or quoted by psycopg; nothing a reader sent
becomes SQL text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import get_default_timezone, is_naive, make_aware
from django.utils.translation import gettext_noop
from psycopg import sql

from accounts.wording import said as _
from exchange.problems import Ground, Problem
from exchange.records import located, masks, place_function, shape_function
from exchange.records.areas import Area
from exchange.records.columns import SQL_TYPES
from exchange.records.located import Location
from exchange.records.place_columns import BOX, POINT, SHAPE
from exchange.records.query import Filter, Operator, QueryRefused, RecordQuery
from exchange.records.statements import comma
from policy import places
from policy.places import System
from policy.terms import DataType, MaskKind, Treatment

COMPARISONS = {
    Operator.EQUAL: "=",
    Operator.NOT_EQUAL: "<>",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
}
BIGINT = range(-(1 << 63), 1 << 63)
TRUTH = {"true": True, "1": True, "false": False, "0": False}
NUMBER = re.compile(r"[+-]?[0-9]{1,100}(\.[0-9]{1,100})?", re.ASCII)


class FieldUnknown(Problem):
    """There is no such field, or it may not even be named."""

    code = "field-unknown"
    status = 400


class NoPlace(Problem):
    """The dataset declares no coordinates, so it cannot be asked by place."""

    code = "no-place"
    status = 400


class FieldMasked(Problem):
    """The query leans on a field that its reader sees masked."""

    code = "field-masked"
    status = 403


class FieldWithheld(Problem):
    """The query names a field that is withheld from its reader."""

    code = "field-withheld"
    status = 403


@dataclass(frozen=True, slots=True)
class VisibleField:
    """A field as one reader sees it: its column in the zone, its type there, its treatment.

    `column` is empty where it is withheld. `mask` (JSON, see `masks`) is set where the zone holds
    more than the reader may see, so that it is masked on the way out. `coordinate` is what it
    declares of a place (policy.places), `digits` the decimals that a mask leaves of it; `placed`
    says that the zone holds the point or the geometry.
    """

    name: str
    column: str
    data_type: str
    treatment: Treatment
    grounds: tuple[Ground, ...] = ()
    concealed: bool = False
    mask: Mapping[str, Any] | None = None
    out_type: str = ""
    coordinate: str = ""
    digits: int | None = None
    placed: bool = False

    @property
    def ident(self) -> sql.Identifier:
        """The column, quoted."""
        return sql.Identifier(self.column)


@dataclass(frozen=True, slots=True)
class Scope:
    """A row scope of a grant: only rows whose column holds one of the values."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a query selects and under which conditions; pages and downloads are cut from it."""

    fields: tuple[VisibleField, ...]
    conditions: tuple[sql.Composable, ...]
    order: tuple[tuple[VisibleField, bool], ...]

    def where(self, *more: sql.Composable) -> sql.Composable:
        """Return the WHERE clause with its conditions and `more`, or nothing."""
        conditions = [*self.conditions, *more]
        if not conditions:
            return sql.SQL("")
        return sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions)


def compiled(
    query: RecordQuery, fields: Mapping[str, VisibleField], scopes: Sequence[Scope] = ()
) -> Compiled:
    """Settle a query against what its reader may see.

    Raises FieldUnknown, FieldMasked, FieldWithheld (each names what can be used instead) or
    QueryRefused for a value that does not fit its field's type.
    """
    for name in query.named:
        if name not in fields or fields[name].concealed:
            raise _unknown(name, fields)
        if fields[name].treatment == Treatment.WITHHELD:
            raise _withheld(fields[name], fields)
    for name in query.leaned_on:
        if fields[name].treatment != Treatment.CLEAR:
            raise _masked(fields[name], fields)
    seen = [field for field in fields.values() if field.treatment != Treatment.WITHHELD]
    clear = {one.column: one for one in seen if one.treatment == Treatment.CLEAR}
    chosen = [fields[name] for name in query.fields] or seen
    return Compiled(
        fields=tuple(chosen),
        conditions=(
            *(_condition(part, fields[part.field]) for part in query.filters),
            *(_scoped(scope, clear.get(scope.column)) for scope in scopes),
            *_in_areas(query.areas, fields),
        ),
        order=tuple((fields[sort.field], sort.descending) for sort in query.sort),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows lie, as one reader sees it: made of what the reader sees, in WGS84.

    `fields` are the x and the y, or the one that holds geometries. `digits` are the decimals of a
    degree to which it is known.
    """

    system: System
    fields: tuple[VisibleField, ...]
    digits: int
    at: Location

    @property
    def point(self) -> sql.Composable:
        """The point of a row; of a geometry the middle of its box."""
        return self.at.point

    @property
    def is_geometry(self) -> bool:
        """Whether rows have lines and outlines, and not a pair of numbers."""
        return self.at.shape is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields that it is made of."""
        return tuple(one.name for one in self.fields)

    @property
    def rounded(self) -> bool:
        """Whether a mask makes it coarser than it came."""
        return any(one.digits is not None for one in self.fields)


def place_of(fields: Mapping[str, VisibleField]) -> Place:
    """Return the place among the fields as a reader sees them.

    Rounded coordinates give a rounded place, by which may be asked as well: it tells no more than
    the rows do. A geometry is seen in clear or is no place. Raises NoPlace where none is declared,
    FieldWithheld, FieldMasked.
    """
    axes = {places.axis(one.coordinate).axis: one for one in fields.values() if _is_axis(one)}
    whole = [one for axis, one in axes.items() if axis in places.FORMS]
    if not whole and set(axes) != set(places.AXES):
        raise NoPlace(
            _(
                "This dataset declares no coordinates, so it cannot be asked by place. Filter by a"
                " field instead: %(clear)s."
            )
            % {"clear": _clear_names(fields)}
        )
    for one in whole or axes.values():
        if one.treatment == Treatment.WITHHELD:
            raise _withheld(one, fields)
        if _hides_place(one):
            raise _masked(one, fields)
    return _geometry(whole[0]) if whole else _pair(axes["x"], axes["y"])


def _hides_place(field: VisibleField) -> bool:
    """Whether what is shown of a field is no number, or no geometry, any more."""
    if not places.fits(field.coordinate, field.data_type):
        return True
    if places.is_geometry(field.coordinate):
        return field.treatment != Treatment.CLEAR
    return field.mask is not None and field.mask["kind"] != MaskKind.ROUND_COORDINATE


def _geometry(field: VisibleField) -> Place:
    declared = places.axis(field.coordinate)
    if field.placed:
        at = located.of_shape(sql.Identifier(SHAPE), sql.Identifier(BOX))
    else:
        shape = shape_function.call(declared, field.ident)
        at = located.of_shape(shape, shape_function.box(shape))
    return Place(declared.system, (field,), places.FINEST, at)


def _pair(x: VisibleField, y: VisibleField) -> Place:
    system = places.axis(x.coordinate).system
    digits = min(places.decimals(system, one.digits) for one in (x, y))
    if x.placed and y.placed and not (x.mask or y.mask):
        return Place(system, (x, y), digits, Location(sql.Identifier(POINT)))
    seen = [masks.expression(one.mask, one.ident, one.data_type) for one in (x, y)]
    point = place_function.call(system, seen[0], seen[1], digits)
    return Place(system, (x, y), digits, Location(point))


def _is_axis(field: VisibleField) -> bool:
    return bool(field.coordinate) and not field.concealed


def _in_areas(areas: Sequence[Area], fields: Mapping[str, VisibleField]) -> list[sql.Composable]:
    if not areas:
        return []
    at = place_of(fields).at
    return [located.condition(area, at) for area in areas]


def _clear_names(fields: Mapping[str, VisibleField]) -> str:
    clear = [f.name for f in fields.values() if f.treatment == Treatment.CLEAR and not f.concealed]
    return ", ".join(clear) or "–"


def _unknown(name: str, fields: Mapping[str, VisibleField]) -> FieldUnknown:
    return FieldUnknown(
        _("This dataset has no field “%(name)s”. You can use: %(clear)s.")
        % {"name": name[:80], "clear": _clear_names(fields)}
    )


def _withheld(field: VisibleField, fields: Mapping[str, VisibleField]) -> FieldWithheld:
    return FieldWithheld(
        _("“%(name)s” is withheld from you, so a query cannot name it. You can use: %(clear)s.")
        % {"name": field.name, "clear": _clear_names(fields)},
        grounds=field.grounds,
    )


def _masked(field: VisibleField, fields: Mapping[str, VisibleField]) -> FieldMasked:
    return FieldMasked(
        _(
            "“%(name)s” is masked for you, so nothing can be filtered, sorted or counted by it. "
            "You can use: %(clear)s."
        )
        % {"name": field.name, "clear": _clear_names(fields)},
        grounds=field.grounds,
    )


def _scoped(scope: Scope, field: VisibleField | None) -> sql.Composable:
    """Return the condition of a row scope: values compare as their field's type, not as spelt.

    One that does not fit its type is in no row.
    """
    column = sql.Identifier(scope.column)
    if field is None or field.data_type == DataType.TEXT:
        return sql.SQL("{}::text = ANY({}::text[])").format(
            column, sql.Literal(list(scope.values))
        )
    reader, _wanted = READERS[field.data_type]
    values = [str(value) for text in scope.values if (value := reader(text)) is not None]
    return sql.SQL("{} = ANY({}::text[]::{}[])").format(
        column, sql.Literal(values), sql.SQL(SQL_TYPES[field.data_type])
    )


def unfit(text: str, data_type: str) -> str:
    """Return what a value of a condition on rows is to be, in words; "" where it is that."""
    reader, wanted = READERS[data_type]
    return "" if reader(text) is not None else _(wanted)


def _condition(part: Filter, field: VisibleField) -> sql.Composable:
    if part.operator == Operator.IS_NULL:
        if part.values[0] not in TRUTH:
            raise _unfitting(part, _("true or false"))
        word = "{} IS NULL" if TRUTH[part.values[0]] else "{} IS NOT NULL"
        return sql.SQL(word).format(field.ident)
    if part.operator == Operator.PREFIX:
        if field.data_type != DataType.TEXT:
            raise _unfitting(part, _("a field of text"))
        return sql.SQL("starts_with({}, {})").format(field.ident, sql.Literal(part.values[0]))
    values = [sql.Literal(_value(text, part, field)) for text in part.values]
    if part.operator == Operator.ONE_OF:
        return sql.SQL("{} IN ({})").format(field.ident, comma(values))
    if field.data_type == DataType.BOOLEAN and part.operator not in (
        Operator.EQUAL,
        Operator.NOT_EQUAL,
    ):
        raise _unfitting(part, "eq, ne, null")
    return sql.SQL("{} {} {}").format(field.ident, sql.SQL(COMPARISONS[part.operator]), values[0])


def _unfitting(part: Filter, wanted: str) -> QueryRefused:
    return QueryRefused(
        _("The filter on “%(field)s” does not fit: it takes %(wanted)s, not “%(given)s”.")
        % {"field": part.field, "wanted": wanted, "given": ",".join(part.values)[:80]}
    )


def _value(text: str, part: Filter, field: VisibleField) -> object:
    """Read a filter's text as the field's type, as strictly as the catalogue does."""
    reader, wanted = READERS[field.data_type]
    value = reader(text)
    if value is None:
        raise _unfitting(part, _(wanted))
    return value


def _text(text: str) -> str | None:
    return text


def _integer(text: str) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text, re.ASCII) or int(text) not in BIGINT:
        return None
    return int(text)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text) if NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _double(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) else None


def _date(text: str) -> date | None:
    try:
        return parse_date(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        return None


def _datetime(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is not None and is_naive(moment):
        return make_aware(moment, get_default_timezone())
    return moment


def _boolean(text: str) -> bool | None:
    return TRUTH.get(text)


READERS: dict[str, tuple[Callable[[str], object], str]] = {
    DataType.TEXT: (_text, gettext_noop("text")),
    DataType.INTEGER: (_integer, gettext_noop("a whole number")),
    DataType.DECIMAL: (_decimal, gettext_noop("a number")),
    DataType.DOUBLE: (_double, gettext_noop("a number")),
    DataType.DATE: (_date, gettext_noop("a day as YYYY-MM-DD")),
    DataType.DATETIME: (_datetime, gettext_noop("a time as YYYY-MM-DDTHH:MM:SS+08:00")),
    DataType.BOOLEAN: (_boolean, gettext_noop("true or false")),
}
