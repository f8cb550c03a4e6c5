"""What a cell holds, and what it means as text or as a day."""

import re
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | date | time | datetime | timedelta
Grid = list[list[Cell | None]]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How text begins that a spreadsheet program would reckon with."""

EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of the 1900 system, its invented 29 February counted in
LAST_SERIAL = 2_958_465  # 9999-12-31
DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def as_text(cell: Cell | None) -> str:  # noqa: PLR0911 - one answer a kind of cell
    """Return a cell as a person reads it: no edge spaces, whole numbers without a point, ISO days.

    Midnight of a day is the day. None is "".
    """
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
    return str(cell).strip()


def as_day(cell: Cell | None) -> date | None:
    """Return the day that a cell names, None for an empty one.

    Takes dates, text such as 2025-03-01, 2025/3/1, 2025年3月1日 or 20250301, and Excel's day
    numbers (1900 system). Raises ValueError for anything else.
    """
    match cell:
        case None | "":
            return None
        case datetime():
            return cell.date()
        case date():
            return cell
        case int() | float() if not isinstance(cell, bool) and 1 <= cell <= LAST_SERIAL:
            return EXCEL_EPOCH + timedelta(days=int(cell))
    text = as_text(cell)
    found = DAY.fullmatch(text) or COMPACT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = map(int, found.groups())
    return date(year, month, day)
