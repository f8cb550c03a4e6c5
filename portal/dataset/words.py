"""The closed sets that the pages of a dataset speak of, as citizens read them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.records.query import Operator
from policy.facts import Mask
from policy.terms import DataType, MaskKind, Treatment

TYPES: Mapping[str, Promise] = {
    DataType.TEXT: gettext_lazy("text"),
    DataType.INTEGER: gettext_lazy("whole number"),
    DataType.DECIMAL: gettext_lazy("decimal number"),
    DataType.DOUBLE: gettext_lazy("floating number"),
    DataType.DATE: gettext_lazy("day"),
    DataType.DATETIME: gettext_lazy("day and time"),
    DataType.BOOLEAN: gettext_lazy("yes or no"),
}
NUMBERS = frozenset({DataType.INTEGER, DataType.DECIMAL, DataType.DOUBLE})
TREATMENTS: Mapping[Treatment, Promise] = {
    Treatment.CLEAR: gettext_lazy("in clear"),
    Treatment.MASKED: gettext_lazy("masked"),
    Treatment.WITHHELD: gettext_lazy("withheld"),
}
OPERATORS: Mapping[Operator, Promise] = {
    Operator.EQUAL: gettext_lazy("is"),
    Operator.NOT_EQUAL: gettext_lazy("is not"),
    Operator.LESS: gettext_lazy("is less than"),
    Operator.AT_MOST: gettext_lazy("is at most"),
    Operator.GREATER: gettext_lazy("is more than"),
    Operator.AT_LEAST: gettext_lazy("is at least"),
    Operator.ONE_OF: gettext_lazy("is one of (a,b,c)"),
    Operator.PREFIX: gettext_lazy("begins with"),
    Operator.IS_NULL: gettext_lazy("is empty (true or false)"),
}


def mask_in_words(mask: Mask | None) -> str:
    """Say what a mask leaves of a value, "" where there is none."""
    if mask is None:
        return ""
    told = {"left": mask.keep_left, "right": mask.keep_right, "digits": mask.digits}
    return str(_MASKS[mask.kind](mask) % told)


def _edges(mask: Mask) -> str:
    if mask.keep_left and mask.keep_right:
        return _("the first %(left)s and the last %(right)s characters stay, the rest is starred")
    if mask.keep_left == 1:
        return _("the first character stays, the rest is starred")
    if mask.keep_left:
        return _("the first %(left)s characters stay, the rest is starred")
    if mask.keep_right == 1:
        return _("the last character stays, the rest is starred")
    if mask.keep_right:
        return _("the last %(right)s characters stay, the rest is starred")
    return _("every value is starred")


_MASKS: Mapping[MaskKind, Callable[[Mask], str]] = {
    MaskKind.KEEP_EDGES: _edges,
    MaskKind.PSEUDONYM: lambda _mask: _("a pseudonym stands for each value"),
    MaskKind.YEAR_ONLY: lambda _mask: _("of each day only the year is given"),
    MaskKind.COARSE_PLACE: lambda _mask: _("of each address only the coarse place is given"),
    MaskKind.ROUND_COORDINATE: lambda _mask: _(
        "coordinates are rounded to %(digits)s decimals of a degree"
    ),
    MaskKind.BLANK: lambda _mask: _("values are left out"),
}


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence by name; `text` is where its text stands, "" where that is not known."""

    name: str
    text: str = ""


LICENCES: Mapping[str, tuple[Promise, str]] = {
    "cc-by-4.0": (
        gettext_lazy("Creative Commons Attribution 4.0"),
        "https://creativecommons.org/licenses/by/4.0/",
    ),
    "cc0-1.0": (
        gettext_lazy("Creative Commons Zero 1.0"),
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    "odbl-1.0": (
        gettext_lazy("Open Database Licence 1.0"),
        "https://opendatacommons.org/licenses/odbl/1-0/",
    ),
}


def licence(told: str) -> Licence:
    """Return a licence as the catalogue names it, with its text if it is a known one."""
    name, text = LICENCES.get(told.strip().lower(), (told, ""))
    return Licence(str(name), text)
