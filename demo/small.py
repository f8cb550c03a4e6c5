"""A small entry of the city: what it says of itself, its columns, its rows, what becomes of it."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import product
from random import Random
from typing import Any

from catalog.terms import Category, UpdateCycle
from demo import invented
from demo.columns import Column, Turn
from demo.invented import DISTRICTS
from demo.listed import EntryField
from demo.offered import File, Link
from demo.themes import Library, Theme

LAST = date(2026, 2, 28)
"""The last day of what is measured; not of the clock, so that a seed gives the same rows."""
SPREAD_DAYS = 2400


class Every(StrEnum):
    """How far apart what is measured lies."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


MONTHS = {Every.MONTH: 1, Every.QUARTER: 3}
DAYS = {Every.DAY: 1, Every.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Series:
    """Rows for each of the last `count` periods and each member."""

    every: Every
    count: int
    members: tuple[str, ...] = ("",)

    def periods(self) -> list[date]:
        """Return the days of the periods, or their first days; the newest is the last."""
        back = range(self.count - 1, -1, -1)
        if self.every in DAYS:
            last = LAST - timedelta(days=LAST.weekday() if self.every == Every.WEEK else 0)
            return [last - timedelta(days=number * DAYS[self.every]) for number in back]
        step = MONTHS[self.every]
        months = LAST.year * 12 + (LAST.month - 1) // step * step
        found = [months - number * step for number in back]
        return [date(month // 12, month % 12 + 1, 1) for month in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """An entry with a small table, a file or a link; pairs are Chinese and English.

    `rows` is how many there are, or the series; 0 for a table whose rows are not here yet.
    `days_ago` is when it was published. `synced_ago` above 0 lets its one sync lie so many days
    back. `withdrawn` is why it was withdrawn. `counted_by` opens it by counts alone.
    """

    slug: str
    owner: str
    theme: Theme
    title: tuple[str, str]
    abstract: tuple[str, str]
    keywords: tuple[str, str]
    cycle: UpdateCycle
    library: Library | None = None
    columns: tuple[Column, ...] = ()
    rows: int | Series = 0
    offers: tuple[Link | File, ...] = ()
    related: tuple[str, ...] = ()
    license: str = "CC-BY-4.0"
    days_ago: int
    synced_ago: int = 0
    withdrawn: str = ""
    counted_by: tuple[tuple[str, str], ...] = ()
    counted_because: str = ""
    region: str = invented.CITY_CODE
    condition: tuple[str, str] = field(
        default=(
            "用于履行法定职责，不得转供第三方。",
            "For statutory duties only; not to be passed on.",
        )
    )

    @property
    def fields(self) -> tuple[EntryField, ...]:
        """The fields as the catalogue describes them."""
        return tuple(column.field for column in self.columns)

    @property
    def has_rows(self) -> bool:
        """Whether a source of it is there to be read."""
        return bool(self.rows)

    @property
    def path(self) -> str:
        """Where its file lies below the intake, in its department's folder."""
        return f"{self.owner}/{self.slug}.csv"

    def metadata(self) -> dict[str, Any]:
        """Return the core metadata besides address, owner, title, subject and region."""
        library = self.library
        return {
            "title_en": self.title[1],
            "abstract_zh": self.abstract[0] + "演示数据，均为虚构。",
            "abstract_en": self.abstract[1] + " Demonstration data, all of it invented.",
            "keywords_zh": self._keywords(0),
            "keywords_en": self._keywords(1),
            "category": library.category if library else Category.DEPARTMENT,
            "item": library.item if library else "00",
            "update_cycle": self.cycle,
            "share_condition_zh": self.condition[0],
            "share_condition_en": self.condition[1],
            "license": self.license,
            "contact": f"{self.owner}@example.invalid",
        }

    def _keywords(self, language: int) -> list[str]:
        told = self.keywords[language].split("、" if language == 0 else ", ")
        return [*told, self.library.name_pair[language]] if self.library else told

    def content(self, *, seed: int) -> bytes:
        """Return its file: CSV in UTF-8, headed with the fields' names."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.field.new.name for column in self.columns])
        writer.writerows(
            [column.make(turn) for column in self.columns] for turn in self._turns(seed)
        )
        return out.getvalue().encode()

    def _turns(self, seed: int) -> Iterator[Turn]:
        chance = Random(f"{self.slug} {seed}")  # noqa: S311 - invented rows, no secret
        own = [one for one in DISTRICTS if one.code == self.region]
        for number, (when, place, member) in enumerate(self._measured(chance)):
            of_member = [one for one in DISTRICTS if one.name_zh == member]
            chosen = chance.choice(of_member or own or DISTRICTS)
            yield Turn(number, chance, chosen, when, invented.spot(chosen, chance), member, place)

    def _measured(self, chance: Random) -> Iterator[tuple[date, int, str]]:
        if isinstance(self.rows, Series):
            places = list(enumerate(self.rows.members))
            for when, (place, member) in product(self.rows.periods(), places):
                yield when, place, member
            return
        for _number in range(self.rows):
            yield LAST - timedelta(days=chance.randrange(SPREAD_DAYS)), 0, ""
