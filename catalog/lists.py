"""The three lists (三清单): what is refused, what departments have to do, what is still needed.

As tables to read and to take away. What everybody may have names no concealed field, no entry that
is not published, no demand that is kept back, and nothing that departments write to each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.containing import containing
from catalog.facts import last_day
from catalog.models import Dataset, Demand, Duty, Field, NegativeLine, NegativeLineField
from catalog.models.dataset import SEEN_BY_ALL
from catalog.terms import DemandState, LineState, Substitute
from policy.terms import BasisTier


@dataclass(frozen=True, slots=True)
class Table:
    """A list to take away: its head, and its rows."""

    head: Sequence[Any]
    rows: Iterable[Sequence[Any]]


TIERS = {
    BasisTier.LAW: gettext_lazy("law"),
    BasisTier.ADMINISTRATIVE_REGULATION: gettext_lazy("administrative regulation"),
    BasisTier.STATE_COUNCIL_DECISION: gettext_lazy("State Council decision"),
    BasisTier.CENTRAL_POLICY: gettext_lazy("central policy"),
    BasisTier.LOCAL_REGULATION: gettext_lazy("local regulation"),
}


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A published line as everybody sees it. No field named: the whole dataset."""

    line: NegativeLine
    fields: tuple[Field, ...]
    until: date | None
    today: date

    @property
    def over(self) -> bool:
        """Whether it has run out and bars nothing any more."""
        return self.until is not None and self.until < self.today

    @property
    def ahead(self) -> bool:
        """Whether its first day is still to come."""
        return self.line.from_on > self.today

    @property
    def tier(self) -> str:
        """The rank of its law, in the language now active."""
        return str(TIERS.get(BasisTier(self.line.basis.tier), self.line.basis.tier))

    @property
    def substitute(self) -> str:
        """What is given instead, in the language now active."""
        return str(Substitute(self.line.substitute).label)

    @property
    def validity(self) -> str:
        """Its days, in words."""
        words = {"day": self.line.from_on, "last": self.until}
        if self.until is None:
            return _("from %(day)s") % words
        return _("from %(day)s to %(last)s") % words


def negative(words: str = "") -> Table:
    """Return the negative list with every one of the words."""
    head = [
        _("Number"),
        _("Department"),
        _("Dataset"),
        _("Fields"),
        _("Bars sharing"),
        _("Bars opening"),
        _("Law"),
        _("Document number"),
        _("Article"),
        _("Tier"),
        _("Gist"),
        _("The article, word for word"),
        _("Reason"),
        _("Given instead"),
        _("First day"),
        _("Last day"),
        _("Next review"),
    ]
    return Table(head, [_row(one) for one in refused(words)])


def _row(one: ListedLine) -> list[object]:
    line, basis = one.line, one.line.basis
    return [
        line.number,
        line.dataset.owner,
        line.dataset.title,
        "; ".join(f"{field.label} ({field.name})" for field in one.fields) or _("all fields"),
        _("yes") if line.bars_share else _("no"),
        _("yes") if line.bars_open else _("no"),
        basis.law,
        basis.document_number,
        basis.article,
        one.tier,
        basis.gist,
        basis.text_zh,
        line.reason,
        one.substitute,
        line.from_on,
        one.until,
        line.review_on,
    ]


def refused(words: str = "", *, after: int = 0, limit: int | None = None) -> Iterator[ListedLine]:
    """Yield the published lines with every one of the words, by number."""
    today = timezone.localdate()
    for line in _published(words, after)[:limit]:
        fields = tuple(field for field in line.fields.all() if not field.concealed)
        yield ListedLine(line, fields, last_day(line), today)


def lines_of(dataset: Dataset) -> dict[int, ListedLine]:
    """Return each line that was ever published for a dataset, by number; two queries."""
    today = timezone.localdate()
    lines = (
        NegativeLine.objects.filter(
            dataset=dataset, state__in=(LineState.PUBLISHED, LineState.ENDED)
        )
        .select_related("basis")
        .prefetch_related(Prefetch("fields", Field.objects.order_by("position", "pk")))
    )
    return {
        line.number: ListedLine(
            line,
            tuple(field for field in line.fields.all() if not field.concealed),
            last_day(line),
            today,
        )
        for line in lines
        if line.number is not None
    }


def _published(words: str, after: int) -> QuerySet:
    """Return published lines with every one of the words; two queries, however many lines.

    One that names only what is concealed is left out: it would read as a line on everything.
    """
    named = NegativeLineField.objects.filter(line=OuterRef("pk"))
    lines = NegativeLine.objects.filter(
        ~Exists(named) | Exists(named.filter(field__concealed=False)),
        state=LineState.PUBLISHED,
        dataset__state__in=SEEN_BY_ALL,
        number__gt=after,
    )
    lines = lines.filter(
        containing(
            words,
            "dataset__title_zh",
            "dataset__title_en",
            "dataset__owner__name_zh",
            "dataset__owner__name_en",
            "basis__law_zh",
            "basis__law_en",
            "basis__article",
        )
    )
    return (
        lines.select_related("dataset__owner", "basis")
        .prefetch_related(Prefetch("fields", Field.objects.order_by("position", "pk")))
        .order_by("number")
    )


def duties(words: str = "") -> QuerySet[Duty]:
    """Return the duties that go on, by department, with their published datasets; two queries."""
    published = Dataset.objects.published().order_by("title_zh")
    found = Duty.objects.filter(ended_at=None)
    found = found.filter(
        containing(
            words,
            "title_zh",
            "title_en",
            "legal_basis",
            "organization__name_zh",
            "organization__name_en",
        )
    )
    return (
        found.select_related("organization")
        .prefetch_related(Prefetch("datasets", published))
        .order_by("organization__slug", "code", "pk")
    )


def duty(words: str = "") -> Table:
    """Return the duty list: what each department has to do by law, and the data it makes of it."""
    head = [_("Department"), _("Code"), _("Duty"), _("Legal basis"), _("Datasets")]
    rows = [
        [
            one.organization,
            one.code,
            one.title,
            one.legal_basis,
            "; ".join(f"{dataset.title} ({dataset.slug})" for dataset in one.datasets.all()),
        ]
        for one in duties(words)
    ]
    return Table(head, rows)


def demand() -> Table:
    """Return the demand list as departments have it: all that is said of each demand."""
    head = [
        _("Number"),
        _("Department in need"),
        _("Title"),
        _("What is needed"),
        _("Scene of use"),
        _("Legal basis"),
        _("State"),
        _("Department with the duty"),
        _("Dataset"),
        _("Answer"),
        _("Raised at"),
        _("Last step at"),
        _("Kept from the public because"),
    ]
    found = Demand.objects.select_related("organization", "provider", "dataset").order_by("pk")
    rows = [
        [
            one.pk,
            one.organization,
            one.title,
            one.description,
            one.scene,
            one.legal_basis,
            one.get_state_display(),
            one.provider,
            one.dataset and f"{one.dataset.title} ({one.dataset.slug})",
            one.answer,
            one.raised_at,
            one.moved_at,
            one.kept_back_because,
        ]
        for one in found
    ]
    return Table(head, rows)


@dataclass(frozen=True, slots=True)
class ListedDemand:
    """A demand as everybody sees it.

    `dataset` is the entry that answers it, where the public may know of that entry. Of another
    answer nothing is told: the demand reads as one that the department with the duty works on.
    """

    demand: Demand
    dataset: Dataset | None
    state: DemandState

    @property
    def withdrawn(self) -> bool:
        """Whether its dataset was withdrawn since: its page tells when and why."""
        return self.dataset is not None and self.dataset.state == Dataset.State.WITHDRAWN

    @property
    def waiting(self) -> bool:
        """Whether nothing has come of it yet."""
        return self.state in (DemandState.OPEN, DemandState.ACCEPTED)

    @property
    def answered_on(self) -> date | None:
        """The day of the step that brought its answer; None while it waits.

        A later step would tell then of an answer that nobody outside knows of.
        """
        return None if self.waiting else timezone.localdate(self.demand.moved_at)


def needed(
    words: str = "", *, before: int | None = None, limit: int | None = None
) -> Iterator[ListedDemand]:
    """Yield the demands that everybody reads with every one of the words, the newest first.

    `before` is a number: those with a lower one. One query.
    """
    found = Demand.objects.told_to_all()
    if before is not None:
        found = found.filter(pk__lt=before)
    # never by its dataset's title, which may be of an entry that nobody outside knows of
    found = found.filter(
        containing(
            words,
            "title_zh",
            "title_en",
            "description",
            "scene",
            "legal_basis",
            "organization__name_zh",
            "organization__name_en",
            "provider__name_zh",
            "provider__name_en",
        )
    )
    rows = found.select_related("organization", "provider", "dataset").order_by("-pk")
    return map(_listed, rows[:limit])


def _listed(demand: Demand) -> ListedDemand:
    state = DemandState(demand.state)
    if state not in (DemandState.CATALOGUED, DemandState.SATISFIED):
        return ListedDemand(demand, None, state)
    # the role of the open door does not see an entry that is not known to all, others do
    if demand.dataset is None or demand.dataset.state not in SEEN_BY_ALL:
        return ListedDemand(demand, None, DemandState.ACCEPTED)
    return ListedDemand(demand, demand.dataset, state)


def needs(words: str = "") -> Table:
    """Return the demand list as everybody may have it, the newest first."""
    head = [
        _("Number"),
        _("Department in need"),
        _("Title"),
        _("What is needed"),
        _("Scene of use"),
        _("Legal basis"),
        _("State"),
        _("Department with the duty"),
        _("Dataset"),
        _("Raised on"),
        _("Answered on"),
    ]
    rows = [
        [
            one.demand.pk,
            one.demand.organization,
            one.demand.title,
            one.demand.description,
            one.demand.scene,
            one.demand.legal_basis,
            one.state.label,
            one.demand.provider,
            one.dataset and f"{one.dataset.title} ({one.dataset.slug})",
            timezone.localdate(one.demand.raised_at),
            one.answered_on,
        ]
        for one in needed(words)
    ]
    return Table(head, rows)
