"""信息资源代码: the code an entry keeps for ever, and the other code sets of the compiling guide.

One profile a deployment: the region always stands in front, so a code is read back without doubt
(domain.md §2.3: with an optional region, 308004… could also be one).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.models import Counter, Dataset
from catalog.refusals import EntryRefused
from catalog.terms import Category, UpdateCycle

CATEGORY_DIGITS = {Category.BASE: "1", Category.THEME: "2", Category.DEPARTMENT: "3"}
CODE = re.compile(r"([0-9]{6})([123])([0-9]{2})([0-9]{3})([0-9]{0,12})/([0-9]{6,})")

LATE_AFTER: dict[UpdateCycle, timedelta | None] = {
    UpdateCycle.REALTIME: timedelta(hours=1),
    UpdateCycle.DAILY: timedelta(hours=36),
    UpdateCycle.WEEKLY: timedelta(days=9),
    UpdateCycle.MONTHLY: timedelta(days=35),
    UpdateCycle.QUARTERLY: timedelta(days=100),
    UpdateCycle.HALF_YEARLY: timedelta(days=200),
    UpdateCycle.YEARLY: timedelta(days=400),
    UpdateCycle.IRREGULAR: None,
    UpdateCycle.NEVER: None,
}
"""How old data may be before it counts as late; None is never late. This platform's default, not
a rule of law: a cycle and a margin."""

_EU = "http://publications.europa.eu/resource/authority/frequency/"
FREQUENCIES: dict[UpdateCycle, str] = {
    UpdateCycle.REALTIME: _EU + "CONT",
    UpdateCycle.DAILY: _EU + "DAILY",
    UpdateCycle.WEEKLY: _EU + "WEEKLY",
    UpdateCycle.MONTHLY: _EU + "MONTHLY",
    UpdateCycle.QUARTERLY: _EU + "QUARTERLY",
    UpdateCycle.HALF_YEARLY: _EU + "ANNUAL_2",
    UpdateCycle.YEARLY: _EU + "ANNUAL",
    UpdateCycle.IRREGULAR: _EU + "IRREG",
    UpdateCycle.NEVER: _EU + "NEVER",
}
"""DCAT's accrualPeriodicity, in the frequency terms of the EU Publications Office."""


@dataclass(frozen=True, slots=True)
class ResourceCode:
    """A resource code taken apart: 类, 项, 目, 细目 and 顺序码 behind the region."""

    region: str
    category: Category
    item: str
    subject: str
    detail: str
    serial: int

    @property
    def series(self) -> str:
        """The class code, within which the serial counts."""
        return (
            f"{self.region}{CATEGORY_DIGITS[self.category]}{self.item}{self.subject}{self.detail}"
        )

    def __str__(self) -> str:
        return f"{self.series}/{self.serial:06d}"


def parse(text: str) -> ResourceCode:
    """Read a code of this deployment's profile. Raises EntryRefused if it is none.

    Codes of other platforms are opaque and never come here.
    """
    found = CODE.fullmatch(text)
    if found is None:
        raise EntryRefused(
            _(
                "“%(code)s” is no resource code. One looks like 440300308004000000/000001: region,"
                " category, item, subject, detail, a slash and a serial number."
            )
            % {"code": text}
        )
    region, digit, item, subject, detail, serial = found.groups()
    category = next(name for name, value in CATEGORY_DIGITS.items() if value == digit)
    return ResourceCode(region, category, item, subject, detail, int(serial))


def issue(dataset: Dataset) -> str:
    """Draw the next code of the dataset's class; to be called in the transaction that keeps it.

    The counter's row stays locked until that transaction ends, so no two entries get one code;
    a number that was drawn and kept is never drawn again, whatever becomes of the entry.
    """
    unnumbered = ResourceCode(
        region=settings.REGION_CODE,
        category=Category(dataset.category),
        item=dataset.item,
        subject=dataset.subject.code if dataset.subject else "000",
        detail=dataset.detail,
        serial=0,
    )
    number = Counter.objects.draw(f"code:{unnumbered.series}")
    return f"{unnumbered.series}/{number:06d}"


def late(cycle: UpdateCycle | str, *, refreshed_at: datetime, now: datetime) -> bool:
    """Whether data last refreshed then is overdue by its promised cycle."""
    limit = LATE_AFTER[UpdateCycle(cycle)]
    return limit is not None and now - refreshed_at > limit
