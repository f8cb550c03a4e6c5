"""By what the city's entries are classed: subjects that people browse by, and its libraries.

The official tables of 项 and 目 are not public, so these are the city's own, invented like it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from catalog.code_lists import Listed
from catalog.models import Subject
from catalog.terms import Category


class Theme(StrEnum):
    """A subject, by its code of three digits."""

    TRANSPORT = "001"
    LIVING = "002"
    ECOLOGY = "003"
    HEALTH = "004"
    LEARNING = "005"
    BUILDING = "006"
    ECONOMY = "007"
    SOCIAL = "008"
    SAFETY = "009"
    CULTURE = "010"
    WEATHER = "011"
    FARMING = "012"
    ENERGY = "013"
    CREDIT = "014"
    FINANCE = "015"
    GOVERNMENT = "016"


NAMES: Mapping[Theme, tuple[str, str]] = {
    Theme.TRANSPORT: ("交通运输", "Transport"),
    Theme.LIVING: ("民生服务", "Services for people"),
    Theme.ECOLOGY: ("生态环境", "Environment"),
    Theme.HEALTH: ("医疗卫生", "Health"),
    Theme.LEARNING: ("教育科技", "Education and science"),
    Theme.BUILDING: ("城建住房", "Housing and construction"),
    Theme.ECONOMY: ("经济商贸", "Economy and trade"),
    Theme.SOCIAL: ("社会保障与就业", "Social security and labour"),
    Theme.SAFETY: ("公共安全", "Public safety"),
    Theme.CULTURE: ("文体旅游", "Culture, sport and tourism"),
    Theme.WEATHER: ("气象海洋", "Weather and sea"),
    Theme.FARMING: ("农业渔业", "Farming and fishing"),
    Theme.ENERGY: ("资源能源", "Resources and energy"),
    Theme.CREDIT: ("信用服务", "Credit"),
    Theme.FINANCE: ("财税金融", "Finance and taxes"),
    Theme.GOVERNMENT: ("政府机构", "Government"),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library: its category, its two digits there, its name in both languages."""

    category: Category
    item: str
    name: tuple[str, str]


class Library(Enum):
    """The base libraries of the city, and those of its themes that several departments fill."""

    PEOPLE = Shelf(Category.BASE, "01", ("人口基础库", "people library"))
    ENTITIES = Shelf(Category.BASE, "02", ("法人基础库", "legal entities library"))
    SPACE = Shelf(Category.BASE, "03", ("空间地理基础库", "space library"))
    HOUSES = Shelf(Category.BASE, "04", ("房屋基础库", "houses library"))
    CERTIFICATES = Shelf(Category.BASE, "05", ("电子证照库", "certificates library"))
    CREDIT = Shelf(Category.BASE, "06", ("公共信用库", "credit library"))
    HEALTH = Shelf(Category.THEME, "11", ("健康保障主题库", "health protection library"))
    ECOLOGY = Shelf(Category.THEME, "12", ("生态环保主题库", "environment library"))
    EMERGENCY = Shelf(Category.THEME, "13", ("应急管理主题库", "emergency library"))

    @property
    def category(self) -> Category:
        """Base data or theme data."""
        return self.value.category

    @property
    def item(self) -> str:
        """Its two digits in the resource code."""
        return self.value.item

    @property
    def name_pair(self) -> tuple[str, str]:
        """Its name, Chinese and English."""
        return self.value.name


EARLIER: Mapping[str, tuple[Theme, Library | None]] = {
    "business-registrations": (Theme.ECONOMY, Library.ENTITIES),
    "restaurant-inspections": (Theme.SAFETY, None),
    "bus-stops": (Theme.TRANSPORT, None),
    "registered-volunteers": (Theme.SOCIAL, None),
    "housing-projects": (Theme.BUILDING, Library.HOUSES),
    "road-works": (Theme.TRANSPORT, None),
    "traffic-counts": (Theme.TRANSPORT, None),
}
"""Where the entries stand that `demo.entries` and `demo.unfinished` list."""


def subjects() -> tuple[Listed, ...]:
    """Return the subjects as a file of codes lists them."""
    return tuple(
        Listed(row, str(theme), zh, en) for row, (theme, (zh, en)) in enumerate(NAMES.items(), 1)
    )


def placed(slug: str) -> Mapping[str, Any]:
    """Return the metadata by which an earlier entry is classed; nothing where it is not."""
    if slug not in EARLIER:
        return {}
    theme, library = EARLIER[slug]
    found: dict[str, Any] = {"subject": Subject.objects.get(code=str(theme))}
    return (
        found if library is None else found | {"category": library.category, "item": library.item}
    )
