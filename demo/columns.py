"""Columns of the city's small tables: how each is described, and how its cells are made up.

The same seed gives the same cells. Nothing is read from anywhere: all of it is chance and a sine.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from catalog.terms import Check
from demo import invented
from demo.invented import FIRMS, PEOPLE, STREETS, District
from demo.listed import AS_SUGGESTED, EDGES, FIRST, EntryField, described
from policy import places
from policy.terms import DataType, Grade, OpenType, ShareType


@dataclass(frozen=True, slots=True)
class Turn:
    """What the cells of one row are made of.

    `when` is the row's day; in a series `member` is what is measured and `place` its number.
    """

    number: int
    chance: Random
    district: District
    when: date
    spot: tuple[float, float]
    member: str = ""
    place: int = 0


Make = Callable[[Turn], object]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the field that it is in the catalogue, and what makes its cells."""

    field: EntryField
    make: Make


GRANTED: dict[str, Any] = {
    "grade": Grade.L2,
    "open_type": OpenType.CONDITIONAL,
    "reason": "可能反映经营状况，凭授权提供。",
}
"""What the public has under a grant only."""
CLOSED: dict[str, Any] = {
    "grade": Grade.L3,
    "share_type": ShareType.CONDITIONAL,
    "open_type": OpenType.NOT_OPEN,
    "reason": AS_SUGGESTED,
}
"""What is not opened, and shared between departments for a stated purpose."""


def words(name: str, zh: str, en: str, make: Make, **more: Any) -> Column:
    """Text."""
    return Column(described(name, name, zh, en, **more), make)


def code(name: str, zh: str, en: str, form: str, **more: Any) -> Column:
    """The key of a table whose rows are counted; `form` takes the row's number."""
    return words(name, zh, en, lambda turn: form.format(turn.number + 1), is_key=True, **more)


def member(name: str, zh: str, en: str) -> Column:
    """What a series measures: a station, a line, a kind of goods. Part of the key."""
    return words(name, zh, en, lambda turn: turn.member, is_key=True)


def period(name: str, zh: str, en: str) -> Column:
    """The day of a series, or the first day of its week, month or quarter. Part of the key."""
    made = described(name, name, zh, en, DataType.DATE, is_key=True)
    return Column(made, lambda turn: turn.when.isoformat())


def pick(name: str, zh: str, en: str, options: Sequence[str], **more: Any) -> Column:
    """One of a few words; a word that stands there twice comes twice as often."""
    return words(name, zh, en, lambda turn: turn.chance.choice(options), **more)


def whole(name: str, zh: str, en: str, make: Callable[[Turn], float], **more: Any) -> Column:
    """A whole number, none of them below zero."""
    made = described(name, name, zh, en, DataType.INTEGER, minimum=Decimal(0), **more)
    return Column(made, lambda turn: max(0, round(make(turn))))


def tenths(
    name: str, zh: str, en: str, make: Callable[[Turn], float], scale: int = 1, **more: Any
) -> Column:
    """A number with `scale` digits after the point."""
    made = described(name, name, zh, en, DataType.DECIMAL, scale=scale, **more)
    return Column(made, lambda turn: f"{make(turn):.{scale}f}")


def day(name: str, zh: str, en: str, make: Make | None = None, **more: Any) -> Column:
    """A day, the row's own where none is made."""
    made = described(name, name, zh, en, DataType.DATE, **more)
    return Column(made, make or (lambda turn: turn.when.isoformat()))


def district(name: str = "district") -> Column:
    """The district of the row."""
    return words(name, "所在区", "District", lambda turn: turn.district.name_zh)


def address(reason: str = "公共场所地址，不是个人住址。") -> Column:
    """An address in the row's district."""
    return words("address", "地址", "Address", _address, reason=reason)


def _address(turn: Turn) -> str:
    street = turn.chance.choice(STREETS)
    return invented.address(turn.district, street, turn.chance.randrange(1, 400))


def point(system: str = "cgcs2000", **more: Any) -> tuple[Column, Column]:
    """Longitude and latitude of the row, in the reference system that its department uses."""

    def axis(place: int) -> Make:
        return lambda turn: f"{_in_system(system, turn.spot)[place]:.6f}"

    told = {"coordinate": f"{system}.x"}, {"coordinate": f"{system}.y"}
    number = DataType.DECIMAL
    return (
        Column(
            described("longitude", "longitude", "经度", "Longitude", number, **told[0], **more),
            axis(0),
        ),
        Column(
            described("latitude", "latitude", "纬度", "Latitude", number, **told[1], **more),
            axis(1),
        ),
    )


def route(name: str, zh: str, en: str, system: str = places.GCJ02) -> Column:
    """A line from the row's place on, as WKT in the reference system that its department uses.

    One in thirty was never surveyed, and says so where its line should be.
    """

    def make(turn: Turn) -> str:
        if turn.number % 30 == 29:
            return "待测绘"
        spots = [_in_system(system, spot) for spot in _walk(turn)]
        return f"LINESTRING ({', '.join(f'{lon:.6f} {lat:.6f}' for lon, lat in spots)})"

    return words(name, zh, en, make, coordinate=f"{system}.wkt")


def _walk(turn: Turn) -> list[tuple[float, float]]:
    """Return a way of some 2 to 5 km that bends a little at each turn, in WGS84."""
    longitude, latitude = turn.spot
    heading, found = turn.chance.uniform(0, 2 * math.pi), [turn.spot]
    for _step in range(turn.chance.randint(8, 18)):
        heading += turn.chance.uniform(-0.6, 0.6)
        longitude += 0.003 * math.cos(heading)
        latitude += 0.0024 * math.sin(heading)
        found.append((longitude, latitude))
    return found


def _in_system(system: str, spot: tuple[float, float]) -> tuple[float, float]:
    return places.shifted(*spot) if system == places.GCJ02 else spot


def credit_code(name: str = "uscc", start: int = 300_000, **more: Any) -> Column:
    """A unified social credit code, counted up from `start`: as a key it stands once."""
    return words(
        name,
        "统一社会信用代码",
        "Unified social credit code",
        lambda turn: invented.uscc(start + turn.number),
        value_check=Check.USCC,
        **more,
    )


def firm(name: str, zh: str, en: str, ending: str = "有限公司", **more: Any) -> Column:
    """The name of a firm."""
    return words(
        name,
        zh,
        en,
        lambda turn: f"海湾市{turn.chance.choice(FIRMS)}{turn.number + 1}号{ending}",
        **more,
    )


def person(name: str, zh: str, en: str) -> Column:
    """A person's name, of which everybody sees the first character."""
    return words(
        name,
        zh,
        en,
        lambda turn: turn.chance.choice(PEOPLE),
        grade=Grade.L2,
        mask=FIRST,
        reason=AS_SUGGESTED,
    )


def phone(name: str, zh: str, en: str) -> Column:
    """A mobile number, of which everybody sees the edges."""
    return words(
        name,
        zh,
        en,
        lambda turn: invented.mobile(turn.chance.randrange(10_000_000)),
        grade=Grade.L3,
        mask=EDGES,
        reason=AS_SUGGESTED,
    )


def named(*endings: str) -> Make:
    """Make names of places: the district, two characters of a street, an ending."""

    def make(turn: Turn) -> str:
        street = STREETS[turn.number * 3 % len(STREETS)]
        return f"{turn.district.name_zh[:2]}{street[:2]}{turn.chance.choice(endings)}"

    return make


def between(least: int, most: int) -> Callable[[Turn], float]:
    """Make whole numbers in a range, both ends included."""
    return lambda turn: turn.chance.randint(least, most)


def wave(
    base: float, swing: float = 0.2, *, noise: float = 0.08, peak: int = 200, growth: float = 0.0
) -> Callable[[Turn], float]:
    """Make numbers that go up and down with the year, highest on its day `peak`.

    Each member of a series has its own height; `growth` is what a year adds, as a share.
    """

    def make(turn: Turn) -> float:
        turned = math.cos(2 * math.pi * (turn.when.timetuple().tm_yday - peak) / 365)
        height = base * (1 + 0.22 * ((turn.place * 5) % 7 - 3) / 3)
        grown = 1 + growth * (turn.when.year - 2024 + turn.when.month / 12)
        return height * grown * (1 + swing * turned + turn.chance.uniform(-noise, noise))

    return make


def weekly(make: Callable[[Turn], float], weekend: float) -> Callable[[Turn], float]:
    """Make the numbers of Saturdays and Sundays larger or smaller."""
    return lambda turn: make(turn) * (weekend if turn.when.weekday() > 4 else 1)
