"""What a claim says, read as strictly as the catalogue reads: the values of a verification.

A value is read as its field's declared type; a text is brought to its normal form first (NFKC,
no blanks around it), and a blank one is no value.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import NoneType
from typing import Any

from django.utils.translation import gettext as _

from exchange.problems import Problem
from exchange.records import verify
from exchange.records.compile import BIGINT, READERS, VisibleField
from exchange.records.query import MAX_TEXT
from exchange.records.verify import Column, Wanted
from policy.terms import DataType

MOST_CLAIMS = 1000
MOST_DIGITS = 100
NUMBERS = (DataType.INTEGER, DataType.DECIMAL, DataType.DOUBLE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class ClaimsUnfit(Problem):
    """The claims cannot be understood; the sentence says which one, and what is allowed."""

    code = "claims-unfit"
    status = 400


def shaped(claims: object) -> None:
    """Return if these are claims, one at least and MOST_CLAIMS at most. Raises ClaimsUnfit."""
    if not isinstance(claims, list | tuple) or not 1 <= len(claims) <= MOST_CLAIMS:
        raise ClaimsUnfit(
            _("A call makes from 1 to %(most)s claims, as a list. Split longer lists.")
            % {"most": MOST_CLAIMS}
        )
    for place, claim in enumerate(claims, start=1):
        if not (type(claim) is dict or isinstance(claim, Mapping)) or not claim:
            raise ClaimsUnfit(
                _("Claim no. %(place)s has no fields. A claim maps names of fields to values.")
                % {"place": place}
            )


def wanted(
    claims: Sequence[Mapping[str, Any]],
    key: Sequence[VisibleField],
    others: Sequence[VisibleField],
) -> Wanted:
    """Return the values of claims as PostgreSQL reads them, field by field.

    Raises ClaimsUnfit for the first claim of which a value does not fit its field, or whose
    subject's key is not whole.
    """
    columns = [_column(claims, field) for field in (*key, *others)]
    whole = [column for column in columns if column is not None]
    subject = whole[: len(key)]
    if len(whole) < len(columns) or any(None in column for column in subject):
        for place, claim in enumerate(claims, start=1):
            _fits(claim, key, others, place)
    return Wanted(
        given=[
            [claim[field.name] for claim in claims] if field.data_type == DataType.TEXT else column
            for field, column in zip(key, subject, strict=True)
        ],
        key=subject,
        others=whole[len(key) :],
    )


def _fits(
    claim: Mapping[str, Any],
    key: Sequence[VisibleField],
    others: Sequence[VisibleField],
    place: int,
) -> None:
    """Return if the `place`th claim can be held against rows. Raises ClaimsUnfit."""
    subject = [_read(claim.get(field.name), field, place) for field in key]
    if None in subject:
        raise ClaimsUnfit(
            _(
                "Claim no. %(place)s does not say whom or what it is about. It has to name:"
                " %(key)s."
            )
            % {"place": place, "key": ", ".join(field.name for field in key)}
        )
    for field in others:
        _read(claim.get(field.name), field, place)


def _column(claims: Sequence[Mapping[str, Any]], field: VisibleField) -> Column | None:
    """Return what `_read` makes of a field in each claim; None where one does not fit."""
    values = [claim.get(field.name) for claim in claims]
    plain = _plain(values, field.data_type)
    if plain is not None:
        return plain
    try:
        return [_read(value, field, place) for place, value in enumerate(values, start=1)]
    except ClaimsUnfit:
        return None


def _plain(values: Sequence[Any], data_type: str) -> Column | None:
    """Return what `_read` makes of whole numbers or of texts, all at once, at a tenth of its cost.

    None where there is anything else among them, or one that does not fit.
    """
    kinds = set(map(type, values))
    if data_type == DataType.INTEGER and kinds == {int}:
        fit = min(values) in BIGINT and max(values) in BIGINT
        return list(map(str, values)) if fit else None
    if data_type == DataType.TEXT and kinds <= {str, NoneType}:
        texts = [one or "" for one in values]
        whole = "".join(texts)
        if len(max(texts, key=len)) > MAX_TEXT or "\0" in whole or _SURROGATE.search(whole):
            return None
        return [verify.normal(one) or None for one in texts]
    return None


def _read(value: object, field: VisibleField, place: int) -> str | None:
    """Return a claimed value as PostgreSQL reads it, one spelling for each value; None for none.

    Raises ClaimsUnfit, which does not repeat the value: it is personal data.
    """
    text = _as_text(value, field)
    if text == "":
        return None
    reader, wanted = READERS[field.data_type]
    found = None if text is None else reader(text)
    if found is None:
        raise ClaimsUnfit(
            _("Claim no. %(place)s does not fit: “%(field)s” takes %(wanted)s.")
            % {"place": place, "field": field.name, "wanted": _(wanted)}
        )
    return _spelt(found)


def _as_text(value: object, field: VisibleField) -> str | None:
    """Return a value of JSON as text in its normal form, "" for none, None where it does not fit.

    A text is sent as a text: a number has lost its leading zeros.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        fits = len(value) <= MAX_TEXT and "\0" not in value and not _SURROGATE.search(value)
        return verify.normal(value) if fits else None
    if isinstance(value, bool):
        return str(value).lower() if field.data_type == DataType.BOOLEAN else None
    if isinstance(value, int | Decimal) and field.data_type in NUMBERS:
        whole = Decimal(value)
        fits = whole.is_finite() and abs(whole.adjusted()) <= MOST_DIGITS
        return f"{whole:f}" if fits else None
    return None


def _spelt(value: object) -> str:
    """Return a value in one spelling, so that a subject has one count however it is written."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    if isinstance(value, float):
        return repr(value + 0.0)  # there is no negative zero
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
