"""“Why can I not see this?”: each field's decision with its reason, law, and what one can do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from catalog import facts as catalog_facts
from catalog import lists
from catalog.lists import ListedLine
from catalog.models import Dataset, Field, FieldTerms
from exchange import access, explaining
from exchange.access import DatasetUnknown, DatasetWithdrawn
from exchange.explaining import Explained
from policy.comparison import Viewpoint
from policy.terms import Because, Treatment
from portal.dataset import facts, words
from portal.dataset.facts import About, Why
from portal.dataset.page import withdrawn
from portal.frame import address_of, choose_language, shown

READERS: Mapping[Viewpoint, Promise] = {
    Viewpoint.PUBLIC: gettext_lazy("Citizen, or company without a grant"),
    Viewpoint.COMPANY_GRANTED: gettext_lazy("Company with a grant, at the most"),
    Viewpoint.DEPARTMENT: gettext_lazy("Department without a grant"),
    Viewpoint.DEPARTMENT_GRANTED: gettext_lazy("Department with a grant, at the most"),
    Viewpoint.DEPARTMENT_VERIFYING: gettext_lazy("Department that verifies, yes or no"),
}
GRANTS = {
    Viewpoint.PUBLIC: Viewpoint.COMPANY_GRANTED,
    Viewpoint.DEPARTMENT: Viewpoint.DEPARTMENT_GRANTED,
}
"""For who has no grant: what one could give."""
TO_BE_MASKED = {Because.MASK_MISSING, Because.MASK_TOO_WEAK, Because.PSEUDONYM_SHARED}
NOT_OPENED = {Because.NOT_OPEN, Because.GRADE_CLOSED}


@dataclass(frozen=True, slots=True)
class Cell:
    """How one kind of reader sees a field."""

    viewpoint: Viewpoint
    treatment: Treatment
    chosen: bool

    @property
    def seen(self) -> str:
        """The treatment as a word for style sheets."""
        return self.treatment.name.lower()

    @property
    def treated(self) -> Promise:
        """The treatment in the language now active."""
        return words.TREATMENTS[self.treatment]


@dataclass(frozen=True, slots=True)
class Advice:
    """What one can do, with the address of where, if this process has it."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A field: who sees it how, and for the chosen reader why, by which law, and what to do."""

    terms: Field | FieldTerms
    cells: tuple[Cell, ...]
    chosen: Cell
    reasons: tuple[Why, ...]
    mask: str
    lines: tuple[ListedLine, ...]
    advice: tuple[Advice, ...]

    @property
    def is_clear(self) -> bool:
        """Whether the chosen reader sees the field as it is."""
        return self.chosen.treatment == Treatment.CLEAR


@require_safe
def why(request: HttpRequest, slug: str) -> HttpResponse:
    """Explain what a kind of reader sees of a dataset on a day, and why not the rest."""
    choose_language(request)
    today = timezone.localdate()
    try:
        about = facts.about(slug, now=timezone.now(), today=today)
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn:
        return withdrawn(request, slug)
    reader = _reader(request.GET.get("reader", ""))
    asked = request.GET.get("as_of", "")
    day = _day(asked) or today
    answers = _answers(about, reader, day, today)
    name = request.GET.get("field", "")
    context = {
        "about": about,
        "dataset": about.dataset,
        "answers": answers,
        "told": _told(answers, name),
        "clear": [] if name else [one for one in answers if one.is_clear],
        "name": name,
        "reader": reader,
        "readers": READERS,
        "day": day,
        "is_today": day == today,
        "unread_day": asked if asked and _day(asked) is None else "",
        "here": "why",
    }
    return shown(request, "portal/dataset/why.html", context)


def _told(answers: Sequence[Answer], name: str) -> list[Answer]:
    """Return the answers to be told at length: the one asked for, else all that are not plain."""
    if name:
        return [one for one in answers if one.terms.name == name]
    return [one for one in answers if not one.is_clear]


def _reader(text: str) -> Viewpoint:
    return Viewpoint(text) if text in set(Viewpoint) else Viewpoint.PUBLIC


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _answers(about: About, reader: Viewpoint, day: date, today: date) -> list[Answer]:
    """Return the answer for each field that may be named. Empty before the first publication."""
    listed = [one.field for one in about.fields]
    if day < today:
        decided = explaining.explained_then(about.dataset, day=day)
    else:
        decided = explaining.explained(listed, about.dataset, day=day)
    lines = lists.lines_of(about.dataset)
    as_served = {one.field.name: one.treatment for one in about.fields} if day == today else {}
    return [_answer(about.dataset, one, reader, lines, as_served) for one in decided]


def _answer(
    dataset: Dataset,
    one: Explained,
    reader: Viewpoint,
    lines: Mapping[int, ListedLine],
    as_served: Mapping[str, Treatment],
) -> Answer:
    treatments = {at: decided.treatment for at, decided in one.decided.items()}
    # what is served may lag behind a loosened grade, never behind a stricter one
    served = as_served.get(one.terms.name, Treatment.CLEAR)
    treatments[Viewpoint.PUBLIC] = max(treatments[Viewpoint.PUBLIC], served)
    cells = tuple(Cell(at, treatments[at], at == reader) for at in READERS)
    decided = one.decided[reader]
    numbers = [
        int(dict(reason.details)["number"])
        for reason in decided.reasons
        if reason.because == Because.NEGATIVE_LIST
    ]
    barring = tuple(lines[number] for number in numbers if number in lines)
    masked = treatments[reader] == Treatment.MASKED
    because = {reason.because for reason in decided.reasons}
    return Answer(
        terms=one.terms,
        cells=cells,
        chosen=next(cell for cell in cells if cell.chosen),
        reasons=tuple(
            Why(found.code, found.text) for found in map(access.ground, decided.reasons)
        ),
        mask=words.mask_in_words(catalog_facts.mask_of(one.terms)) if masked else "",
        lines=barring,
        advice=tuple(_advice(dataset, reader, treatments, because, barring)),
    )


def _advice(
    dataset: Dataset,
    reader: Viewpoint,
    treatments: Mapping[Viewpoint, Treatment],
    because: set[Because],
    barring: Sequence[ListedLine],
) -> Iterator[Advice]:
    """Yield what the reader can do to get more of a field, the nearest way first."""
    if treatments[reader] == Treatment.CLEAR:
        return
    granted = GRANTS.get(reader)
    if granted and treatments[granted] < treatments[reader]:
        yield _ask(dataset, granted, treatments[granted])
    if reader == Viewpoint.DEPARTMENT and (
        treatments[Viewpoint.DEPARTMENT_VERIFYING] < treatments[Viewpoint.DEPARTMENT_GRANTED]
    ):
        yield Advice(_("Ask for a yes or no to what you know already (verification)."))
    for line in barring:
        yield Advice(
            _("Line %(number)s is looked at again by %(day)s; until then no grant opens it.")
            % {"number": line.line.number, "day": f"{line.line.review_on:%Y-%m-%d}"}
        )
    if because & TO_BE_MASKED or Because.UNGRADED in because:
        yield Advice(
            _("Ask %(provider)s to grade or mask the field so that it can be shown: %(contact)s.")
            % {"provider": dataset.owner, "contact": dataset.contact or "–"}
        )
    if because & NOT_OPENED or barring:
        yield Advice(
            _("Ask for it publicly, or for statistics of it: the department answers with a day."),
            address_of("portal-wishes") or "",
        )


def _ask(dataset: Dataset, granted: Viewpoint, treatment: Treatment) -> Advice:
    told = {"treated": words.TREATMENTS[treatment]}
    if granted == Viewpoint.COMPANY_GRANTED:
        return Advice(
            _("As a company: apply for a grant with purpose and scene. It can be had %(treated)s.")
            % told,
            _apply_address(dataset),
        )
    return Advice(
        _("As a department: ask for it with basis and purpose. It can be had %(treated)s.") % told,
        address_of("admin:index") or "",
    )


def _apply_address(dataset: Dataset) -> str:
    """Return where a company applies for a dataset, "" where this process has no such page."""
    members = address_of("members-home")
    return f"{members}applications/new/{dataset.slug}/" if members else ""
