"""Closed sets of the law as people read them. The law's own values stand in `policy.terms`."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.labels import GRADES, OPEN_TYPES, SHARE_TYPES
from catalog.terms import PROFILES
from policy.comparison import Viewpoint
from policy.terms import (
    BasisTier,
    Certainty,
    Channel,
    DataType,
    MaskKind,
    Mode,
    Secrecy,
    Treatment,
)

MASKS = {
    "": _("no mask"),
    MaskKind.KEEP_EDGES.value: _("keep the edges"),
    MaskKind.PSEUDONYM.value: _("pseudonym"),
    MaskKind.YEAR_ONLY.value: _("year only"),
    MaskKind.COARSE_PLACE.value: _("coarse place"),
    MaskKind.ROUND_COORDINATE.value: _("rounded coordinate"),
    MaskKind.BLANK.value: _("blank"),
}
DATA_TYPES = {
    DataType.TEXT.value: _("text"),
    DataType.INTEGER.value: _("whole number"),
    DataType.DECIMAL.value: _("decimal number"),
    DataType.DOUBLE.value: _("floating number"),
    DataType.DATE.value: _("date"),
    DataType.DATETIME.value: _("date and time"),
    DataType.BOOLEAN.value: _("yes or no"),
}
SECRECY = {
    Secrecy.NONE.value: _("no secret"),
    Secrecy.STATE_SECRET.value: _("state secret"),
    Secrecy.WORK_SECRET.value: _("work secret"),
    Secrecy.CORE.value: _("core data"),
}
TIERS = {
    BasisTier.LAW.value: _("law"),
    BasisTier.ADMINISTRATIVE_REGULATION.value: _("administrative regulation"),
    BasisTier.STATE_COUNCIL_DECISION.value: _("State Council decision"),
    BasisTier.CENTRAL_POLICY.value: _("central policy"),
    BasisTier.LOCAL_REGULATION.value: _("local regulation"),
    BasisTier.DEPARTMENT_RULE.value: _("ministry rule"),
    BasisTier.LOCAL_RULE.value: _("local government rule"),
    BasisTier.OTHER.value: _("other document"),
}
CERTAINTIES = {
    Certainty.VERIFIED.value: _("verified word for word"),
    Certainty.SECONDARY.value: _("read in a copy, not verified"),
    Certainty.UNVERIFIED.value: _("not verified"),
}
CHANNELS = {
    Channel.SHARE.value: _("between departments"),
    Channel.OPEN.value: _("to the public"),
}
MODES = {
    Mode.QUERY.value: _("query"),
    Mode.VERIFY.value: _("verification"),
    Mode.BULK.value: _("whole copy"),
    Mode.PUSH.value: _("pushed changes"),
}

RULES = {
    "field-count": _("more or fewer cells than columns"),
    "nul": _("a character that no text may hold"),
    "encoding": _("bytes that are no text"),
    "cell-too-long": _("a cell too long to be read"),
    "type": _("not of the declared type"),
    "required": _("missing where it is required"),
    "length": _("longer than declared"),
    "scale": _("more decimals than declared"),
    "minimum": _("below the least value"),
    "maximum": _("above the greatest value"),
    "code": _("not in the code list"),
    "pattern": _("of another pattern than declared"),
    "resident_id": _("no resident ID number"),
    "uscc": _("no unified social credit code"),
    "mobile": _("no mobile number"),
    "duplicate-key": _("a key that came before"),
}
"""What a rejected row broke; docs/data-way.md explains each."""

TREATMENTS = {
    int(Treatment.CLEAR): _("in clear"),
    int(Treatment.MASKED): _("masked"),
    int(Treatment.WITHHELD): _("withheld"),
}
VIEWPOINTS = {
    Viewpoint.PUBLIC.value: _("the public"),
    Viewpoint.COMPANY_GRANTED.value: _("a company with any grant"),
    Viewpoint.DEPARTMENT.value: _("another department"),
    Viewpoint.DEPARTMENT_GRANTED.value: _("a department with any grant"),
    Viewpoint.DEPARTMENT_VERIFYING.value: _("a department that verifies"),
}


def listed(texts: Iterable[Any]) -> str:
    """Return texts one after the other, as the language now active sets them apart."""
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(map(str, texts))


def choices(words: dict[Any, Any], *, without: tuple[Any, ...] = ()) -> list[tuple[Any, Any]]:
    """Return a set as the choices of a form."""
    return [(value, label) for value, label in words.items() if value not in without]


__all__ = [
    "CERTAINTIES",
    "CHANNELS",
    "DATA_TYPES",
    "GRADES",
    "MASKS",
    "MODES",
    "OPEN_TYPES",
    "PROFILES",
    "SECRECY",
    "SHARE_TYPES",
    "TIERS",
    "TREATMENTS",
    "VIEWPOINTS",
    "choices",
]

CLOSED: Mapping[str, Mapping[Any, Any]] = {
    "grade": GRADES,
    "suggested_grade": GRADES,
    "clear_up_to": GRADES,
    "share_type": SHARE_TYPES,
    "open_type": OPEN_TYPES,
    "mask_kind": MASKS,
    "data_type": DATA_TYPES,
    "secrecy": SECRECY,
    "tier": TIERS,
    "certainty": CERTAINTIES,
    "channel": CHANNELS,
    "rule": RULES,
    "profile": PROFILES,
}
"""Columns of models that hold a value of such a set, by name, wherever they are shown."""

HIDDEN_IN_XLS = _(
    "Hidden rows are read like all others and named beside the sheet; in an XLS file they cannot"
    " be told from others, so look through it first, or save it as XLSX."
)
