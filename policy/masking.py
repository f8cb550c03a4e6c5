"""What each mask does to a value: the reference that the database's expressions are held to.

Every mask is total: nothing raises, NULL stays NULL, and what does not have the shape that a mask
expects comes out fully starred. Characters are Unicode code points. The number of stars is always
the same, since the length of what is hidden would tell of it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

from policy import places
from policy.facts import Mask
from policy.terms import MaskKind

STARS = "****"

YEAR_PATTERN = r"^[0-9]{4}(?=\Z|[-/.年]|[0-9]{4}\Z)"
"""A year at the start of a date: alone, before a separator, or of eight digits.

Like PLACE_PATTERN it means the same to Python and to PostgreSQL: no lazy quantifier, no captured
group, nothing that could match in two ways.
"""

_BREAK = "省市区县镇街0-9０-９ \t\r\n　,，;；"
_NO_DISTRICT = "小园社校景厂院片库宅业"  # 小区, 园区, 社区 … are places within a district
_LEVELS = (
    f"[^{_BREAK}]{{1,8}}(?:省|自治区)",
    f"[^{_BREAK}]{{1,8}}市(?!场)",  # 市场路 is a street
    f"[^{_BREAK}]{{0,7}}[^{_BREAK}{_NO_DISTRICT}](?:[区县]|市(?!场))",
    f"[^{_BREAK}]{{1,8}}(?:街道|镇)",
)
PLACE_PATTERN = "^" + "".join(f"(?:{level})?" for level in _LEVELS) + "(?<=[省市区县镇道])"
"""Province, city, district and street (街道, 镇) at the start of an address, as far as they go.

Housing estates (小区), parks and campuses are not districts. Names that hold such a character
themselves (镇江市) end the match early: coarser than need be, never finer.
"""

_DIGITS = 131_072  # what PostgreSQL's numeric holds before the point
_WIDE = Context(prec=_DIGITS + 10, rounding=ROUND_HALF_UP)

Value = str | int | float | Decimal | None


def mask_value(mask: Mask, value: Value, *, key: bytes | None = None) -> str | Decimal | None:
    """Return the value as the mask shows it; None stays None.

    Values that are not text are given as PostgreSQL writes them as text, but for numbers to be
    rounded. `key` is needed for pseudonyms (see `pseudonym_key`): without it they are starred.
    """
    if value is None:
        return None
    return _SHOWN[mask.kind](mask, value, key)


def pseudonym_key(secret: bytes, *, consumer: str, dataset: str) -> bytes:
    """Return the key of one consumer's pseudonyms in one dataset.

    Two consumers, or one in two datasets, get pseudonyms that cannot be joined.
    """
    # the length keeps ("ab", "c") and ("a", "bc") apart
    scope = f"pseudonym:{len(consumer)}:{consumer}:{dataset}"
    return hmac.new(secret, scope.encode(), hashlib.sha256).digest()


def pseudonym(value: str, *, key: bytes, algorithm: str = "sha256") -> str:
    """Return the HMAC of a value as lower-case hex; `algorithm` is "sha256" or "sm3"."""
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), algorithm).hexdigest()


def de_identifies(mask: Mask) -> bool:
    """Whether a mask hides enough for showing an L3 field to everyone.

    Our own measure, stricter than the usual 6 + 4 of an ID number: at most 3 + 4 characters,
    at most three decimals of a coordinate (110 m). Pseudonyms can be joined, so they never do.
    """
    if mask.kind == MaskKind.KEEP_EDGES:
        return mask.keep_left <= 3 and mask.keep_right <= 4
    if mask.kind == MaskKind.ROUND_COORDINATE:
        return mask.digits <= 3
    return mask.kind != MaskKind.PSEUDONYM


def _keep_edges(mask: Mask, value: Value, _key: bytes | None) -> str:
    text = str(value)
    if len(text) <= mask.keep_left + mask.keep_right:
        return STARS
    return text[: mask.keep_left] + STARS + text[len(text) - mask.keep_right :]


def _pseudonym(_mask: Mask, value: Value, key: bytes | None) -> str:
    return STARS if key is None else pseudonym(str(value), key=key)


def _year_only(_mask: Mask, value: Value, _key: bytes | None) -> str:
    return _matched(_YEAR, str(value))


def _coarse_place(_mask: Mask, value: Value, _key: bytes | None) -> str:
    return _matched(_PLACES, str(value))


def _matched(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found[0] if found else STARS


def _round_coordinate(mask: Mask, value: Value, _key: bytes | None) -> str | Decimal:
    """Round degrees; text is starred."""
    if isinstance(value, str | bool) or value is None:
        return STARS
    # a double becomes a numeric by its first 15 digits, there as here
    number = Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value)
    return rounded(mask, number, "wgs84.x")


def rounded(mask: Mask, number: Decimal, coordinate: str) -> str | Decimal:
    """Round a number of a field half away from zero, as PostgreSQL rounds `numeric`.

    `coordinate` is what the field declares. What is no degree is rounded as metres all the same.
    """
    if not number.is_finite() or number.adjusted() >= _DIGITS:
        return STARS
    digits = places.decimals_left(coordinate, mask.digits, number)
    shown = number.quantize(Decimal(1).scaleb(-digits), context=_WIDE)
    # the database knows no negative zero, and writes no exponent
    return _WIDE.plus(shown if digits >= 0 else shown.quantize(Decimal(1), context=_WIDE))


def _blank(_mask: Mask, _value: Value, _key: bytes | None) -> str:
    return STARS


_YEAR = re.compile(YEAR_PATTERN)
_PLACES = re.compile(PLACE_PATTERN)

_SHOWN: dict[MaskKind, Callable[[Mask, Value, bytes | None], str | Decimal]] = {
    MaskKind.KEEP_EDGES: _keep_edges,
    MaskKind.PSEUDONYM: _pseudonym,
    MaskKind.YEAR_ONLY: _year_only,
    MaskKind.COARSE_PLACE: _coarse_place,
    MaskKind.ROUND_COORDINATE: _round_coordinate,
    MaskKind.BLANK: _blank,
}
