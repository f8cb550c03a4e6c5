"""A search as its address says it: words, choices, order and page; and what it found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog import ordering, ranking, search
from catalog.facets import TITLES, Facet
from catalog.ordering import Order
from catalog.search import Filters, Found
from exchange.records.recency import LAST_REFRESHED
from portal import marking
from portal.frame import dataset_address, number_of, words_of
from portal.listing import Listed, listed

PAGE = 20
FACETS = ("owner", "subject", "category", "format", "grade", "share", "open", "cycle", "region")
"""What people narrow the list by."""
ORDERS: dict[str, tuple[Promise, Order | None]] = {
    "": (_("Best first"), None),
    "newest": (_("Newest first"), ordering.NEWEST),
    "refreshed": (_("Last refreshed first"), LAST_REFRESHED),
    "title": (_("By title"), ordering.BY_TITLE),
}
AROUND = 2
"""How many pages before and after this one are named."""
NEAR = 3
"""How many datasets are named where none is found."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What an address asks for; any address asks for something."""

    words: str
    filters: Filters
    order: str
    page: int
    is_english: bool

    @classmethod
    def of(cls, request: HttpRequest, *, is_english: bool) -> "Asking":
        """Return what a request asks for."""
        order = request.GET.get("sort", "")
        return cls(
            words_of(request),
            Filters.parse(request.GET.dict()),
            order if order in ORDERS else "",
            max(1, number_of(request.GET.get("page", "")) or 1),
            is_english,
        )

    @property
    def by(self) -> Order | None:
        """The order that is asked for, None for the best first."""
        if self.order == "title" and self.is_english:
            return ordering.BY_ENGLISH_TITLE
        return ORDERS[self.order][1]

    def query(self, **changed: str) -> str:
        """Return the query string that asks for this, some of the choices changed."""
        asked = self.filters.query(self.words, **changed)
        order = urlencode({"sort": self.order}) if self.order else ""
        return "&".join(one for one in (asked, order) if one)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that can be made, or taken back, by its query string."""

    label: str
    query: str
    chosen: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A page among others; one without number is a gap."""

    number: int | None
    query: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A facet: what can be chosen."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found. `pages` is how many there are, `beyond` whether the address
    asks for one that is not there, `ordered` how many of all are put in order. `near` and `themes`
    lead on where words find nothing."""

    asking: Asking
    found: Found
    datasets: tuple[Listed, ...]
    pages: int
    beyond: bool
    near: tuple[Choice, ...] = ()
    themes: tuple[Choice, ...] = ()

    @property
    def total(self) -> int:
        """How many datasets there are under all words and choices."""
        return self.found.total or 0

    @property
    def query(self) -> str:
        """The query string of this search, its page left out."""
        return self.asking.query()

    @property
    def cut(self) -> int | None:
        """How many of the datasets can be paged through, None for all."""
        ranked = self.asking.by is None and self.found.meaning.asked.terms
        return ranking.RANKED if ranked and self.total > ranking.RANKED else None

    @property
    def marks(self) -> tuple[str, ...]:
        """The words that are marked."""
        return marking.marks(self.found.meaning.asked)

    @property
    def facets(self) -> tuple[Narrowing, ...]:
        """What the list can be narrowed by."""
        shown = [one for one in self.found.facets if one.name in FACETS and one.narrows]
        return tuple(
            Narrowing(facet.name, facet.title, self._choices(facet), place < 3)
            for place, facet in enumerate(shown)
        )

    def _choices(self, facet: Facet) -> tuple[Choice, ...]:
        rest = self.asking.query(**{facet.name: ""})
        return tuple(
            Choice(one.label, rest if one.chosen else one.narrowing(rest), one.chosen, one.count)
            for one in facet.options
        )

    @property
    def chosen(self) -> tuple[Choice, ...]:
        """What was chosen, each to be taken back."""
        labels = {
            facet.name: one.label
            for facet in self.found.facets
            for one in facet.options
            if one.chosen
        }
        return tuple(
            Choice(f"{TITLES[name]}: {labels.get(name, value)}", self.asking.query(**{name: ""}))
            for name in TITLES
            if (value := getattr(self.asking.filters, name))
        )

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """What the form carries besides the words."""
        filters = ((name, getattr(self.asking.filters, name)) for name in TITLES)
        kept = [(name, value) for name, value in filters if value]
        return (*kept, *((("sort", self.asking.order),) if self.asking.order else ()))

    @property
    def orders(self) -> tuple[Choice, ...]:
        """The orders, this one marked."""
        base = self.asking.filters.query(self.asking.words)
        return tuple(
            Choice(
                str(label),
                "&".join(one for one in (base, f"sort={name}" if name else "") if one),
                name == self.asking.order,
            )
            for name, (label, _order) in ORDERS.items()
        )

    @property
    def steps(self) -> tuple[Step, ...]:
        """The pages to go to: first, last, and those around this one."""
        if self.pages < 2:
            return ()
        here = min(self.asking.page, self.pages)
        near = range(max(1, here - AROUND), min(self.pages, here + AROUND) + 1)
        return tuple(self._steps(sorted({1, *near, self.pages})))

    def _steps(self, numbers: list[int]) -> Iterable[Step]:
        before = 0
        for number in numbers:
            if number > before + 1:
                yield Step(None)
            yield Step(number, self.at(number), number == self.asking.page)
            before = number

    def at(self, number: int) -> str:
        """Return the query string of a page."""
        page = f"page={number}" if number > 1 else ""
        return "&".join(one for one in (self.query, page) if one)

    @property
    def previous(self) -> str | None:
        """The query string of the page before, None on the first."""
        return self.at(min(self.asking.page - 1, self.pages)) if self.asking.page > 1 else None

    @property
    def next(self) -> str | None:
        """The query string of the page after, None on the last."""
        return self.at(self.asking.page + 1) if self.asking.page < self.pages else None

    @property
    def fewer(self) -> tuple[Choice, ...]:
        """Single words of a question of several, to be tried alone."""
        words = self.found.meaning.asked.words
        return tuple(
            Choice(word, self.asking.filters.query(word)) for word in words if len(words) > 1
        )


def results(asking: Asking, *, now: datetime) -> Results:
    """Return the page that is asked for, in the language now active; beyond the last, none."""
    start = (asking.page - 1) * PAGE
    found = search.find(
        asking.words,
        filters=asking.filters,
        order=asking.by,
        start=min(start, 10**9),
        limit=PAGE,
        facets=True,
    )
    total = found.total or 0
    ranked = asking.by is None and found.meaning.asked.terms
    last = -(-(min(total, ranking.RANKED) if ranked else total) // PAGE)
    beyond = asking.page > max(1, last)
    shown = () if beyond else listed(found.datasets, now=now)
    if total or not asking.words.strip():
        return Results(asking, found, shown, last, beyond)
    return Results(asking, found, shown, last, beyond, near_to(asking.words), _themes())


def near_to(words: str) -> tuple[Choice, ...]:
    """Return datasets whose titles have many of the characters of Chinese words, the nearest
    first."""
    found = search.near(words, limit=NEAR)
    return tuple(Choice(one.title, dataset_address(one.slug)) for one in found)


def _themes() -> tuple[Choice, ...]:
    """Return the subjects of the whole catalogue, each with how many datasets it has."""
    facets = {one.name: one.options for one in search.overview().facets}
    return tuple(
        Choice(one.label, one.query, count=one.count) for one in facets.get("subject", ())
    )
