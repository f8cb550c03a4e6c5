"""Years as people write them: in Chinese numerals, and counted from the founding of the Republic
of China (民國), as catalogues of Taiwan do. No query here."""

import re
from collections.abc import Iterator, Sequence

BEFORE_FIRST = 1911  # 民國 1 is 1912
LATE, LAST = 80, 199
"""Which of its years are meant by a bare number: earlier ones would be any number."""
AFTER = frozenset(("年", "年度", "学年", "学年度"))
ERA = "民国"
DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
IN_NUMERALS = re.compile(r"[零〇一二三四五六七八九十百]{2,5}(?=年|学年)")


def in_digits(text: str) -> str:
    """Return a text whose years in numerals are in digits: 二零一六年, 一百零五年."""
    return IN_NUMERALS.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    value = _value(match.group())
    return str(value) if LATE <= value <= LAST or 1900 <= value < 2100 else match.group()


def _value(numeral: str) -> int:
    """Return the value of a numeral below a thousand, or of its digits in a row."""
    if not set(numeral) & set("十百"):
        return int("".join(str(DIGITS[sign]) for sign in numeral))
    total, digit = 0, 0
    for sign in numeral:
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            total += (digit or 1) * (100 if sign == "百" else 10)
            digit = 0
    return total + digit


def otherwise(units: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each year among words with the same year as the other calendar counts it."""
    for place, unit in enumerate(units):
        if not (unit.isascii() and unit.isdigit() and len(unit) <= 4):
            continue
        year = int(unit)
        named = units[place + 1 : place + 2] and units[place + 1] in AFTER
        named = named or (place > 0 and units[place - 1].endswith(ERA))
        if BEFORE_FIRST + LATE <= year <= BEFORE_FIRST + LAST:
            yield unit, f"{year - BEFORE_FIRST} 年"
        elif named and LATE <= year <= LAST:
            yield unit, str(year + BEFORE_FIRST)
