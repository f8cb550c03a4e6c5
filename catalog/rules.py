"""Which rules a field of a type may have; the sync engine turns them into conditions of SQL."""

import re
from collections.abc import Container, Iterable, Iterator

from django.db import DataError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Field
from catalog.refusals import EntryRefused
from policy import places
from policy.terms import DataType

NUMBERS = places.NUMBERS
TEXT = frozenset({DataType.TEXT})
GEOMETRY = (TEXT, gettext_lazy("a geometry"))
APPLIES = {
    "length": (TEXT, gettext_lazy("a length")),
    "pattern": (TEXT, gettext_lazy("a pattern")),
    "value_check": (TEXT, gettext_lazy("a checksum")),
    "code_list": (TEXT, gettext_lazy("a code list")),
    "scale": (frozenset({DataType.DECIMAL}), gettext_lazy("digits after the point")),
    "minimum": (NUMBERS, gettext_lazy("a minimum")),
    "maximum": (NUMBERS, gettext_lazy("a maximum")),
    "coordinate": (NUMBERS, gettext_lazy("an axis of a place")),
}
"""Each rule with the types it can be asked of, and its name in a sentence."""

BACK_REFERENCE = re.compile(r"\\[1-9]")


def check_rules(field: Field, usable: Container[str] = frozenset()) -> None:
    """Raise EntryRefused where a field has a rule that its type cannot be held to.

    A pattern that is not among those known to be `usable` is tried.
    """
    misplaced = list(_misplaced(field))
    if misplaced:
        raise EntryRefused(
            _("“%(field)s” is of type %(type)s, which cannot have %(rules)s. Leave that out.")
            % {"field": field.name, "type": field.data_type, "rules": ", ".join(misplaced)}
        )
    _check_axis(field)
    if field.pattern and field.pattern not in usable and not usable_patterns([field.pattern]):
        raise EntryRefused(
            _(
                "The pattern of “%(field)s” is no regular expression that can be used here. Mind"
                " brackets; references back to a group are not possible."
            )
            % {"field": field.name}
        )


def _check_axis(field: Field) -> None:
    try:
        if field.coordinate:
            places.axis(field.coordinate)
    except ValueError:
        raise EntryRefused(
            _(
                "“%(field)s” declares the place “%(given)s”. It is a reference system and x (east)"
                " or y (north), such as gcj02.x, or wkt or geojson for whole geometries, such as"
                " gcj02.wkt; the systems are: %(known)s."
            )
            % {
                "field": field.name,
                "given": field.coordinate,
                "known": ", ".join(places.SYSTEMS),
            }
        ) from None


def _misplaced(field: Field) -> Iterator[str]:
    applies = dict(APPLIES)
    if places.is_geometry(field.coordinate):
        applies["coordinate"] = GEOMETRY
    for attribute, (types, name) in applies.items():
        if getattr(field, attribute) not in (None, "") and field.data_type not in types:
            yield str(name)


def usable_patterns(patterns: Iterable[str]) -> frozenset[str]:
    """Return the patterns that can be used; one question where that is all of them.

    Each is tried in PostgreSQL, which will run it, so that no run stumbles over it later; back
    references are refused, since they alone make its matching slow without bound.
    """
    asked = {one for one in patterns if one and not BACK_REFERENCE.search(one)}
    if not asked or _compile(asked):
        return frozenset(asked)
    return frozenset(one for one in asked if len(asked) > 1 and _compile([one]))


def _compile(patterns: Iterable[str]) -> bool:
    whole = [f"^(?:{pattern})$" for pattern in patterns]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT '' ~ pattern FROM unnest(%s::text[]) AS pattern", [whole])
    except DataError:
        return False
    return True
