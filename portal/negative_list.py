"""负面清单 for everybody: what is refused, by which article, how long, what is given instead."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from catalog import exports
from catalog.facts import last_day
from catalog.models import Field, NegativeLine, NegativeLineField
from catalog.models.dataset import SEEN_BY_ALL
from catalog.terms import LineState, Substitute
from policy.terms import BasisTier
from portal.views import choose_language, number_of, shown, words_of

PAGE = 50
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


@require_safe
def negative_list(request: HttpRequest) -> HttpResponse:
    """List the published lines, by number."""
    choose_language(request)
    words = words_of(request)
    after = number_of(request.GET.get("after", "")) or 0
    found = list(_listed(words, after=after, limit=PAGE + 1))
    context = {
        "lines": found[:PAGE],
        "after": found[PAGE - 1].line.number if len(found) > PAGE else None,
        "words": words,
    }
    return shown(request, "portal/negative_list.html", context)


@require_safe
def negative_list_csv(request: HttpRequest) -> HttpResponse:
    """Give all of them as a file."""
    choose_language(request)
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
    rows = [_row(one) for one in _listed(words_of(request))]
    text = "".join(exports.csv_lines(head, rows))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="negative-list.csv"'
    return response


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


def _listed(words: str = "", *, after: int = 0, limit: int | None = None) -> Iterator[ListedLine]:
    today = timezone.localdate()
    for line in _published(words, after)[:limit]:
        fields = tuple(field for field in line.fields.all() if not field.concealed)
        yield ListedLine(line, fields, last_day(line), today)


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
    for word in words.split():
        lines = lines.filter(
            Q(dataset__title_zh__icontains=word)
            | Q(dataset__title_en__icontains=word)
            | Q(dataset__owner__name_zh__icontains=word)
            | Q(dataset__owner__name_en__icontains=word)
            | Q(basis__law_zh__icontains=word)
            | Q(basis__law_en__icontains=word)
            | Q(basis__article__icontains=word)
        )
    return (
        lines.select_related("dataset__owner", "basis")
        .prefetch_related(Prefetch("fields", Field.objects.order_by("position", "pk")))
        .order_by("number")
    )
