"""The decision of a day: what a reader was to see of a dataset on it, field by field, and why."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Organization
from backoffice import words
from backoffice.buttons import person_of
from backoffice.forms.dressed import places_for
from backoffice.pages.frame import number_of, office_page, shown
from catalog.models import Dataset
from exchange import replay
from exchange.access import NotPublishedThen
from exchange.replay import Day
from policy.terms import Mode

OFFERED = 500
"""Datasets offered while one types; any other can be named by its address."""


@office_page("catalog.view_fieldterms")
@require_safe
def decided(request: HttpRequest) -> HttpResponse:
    """Show the decisions of one day on a dataset that the person's roles let them see."""
    datasets = Dataset.objects.filter(
        owner__in=places_for(person_of(request), "catalog.view_fieldterms"),
        published_at__isnull=False,
    )
    readers = Organization.objects.order_by("kind", "slug")
    slug = request.GET.get("dataset", "").strip()
    number = number_of(request.GET.get("reader", ""))
    mode = request.GET.get("mode", "")
    dataset = datasets.select_related("owner").filter(slug=slug).first() if slug else None
    reader = readers.filter(pk=number).first() if number is not None else None
    chosen = Mode(mode) if mode in list(Mode) else Mode.QUERY
    day, problem = _day(request.GET.get("day", ""))
    if slug and dataset is None:
        problem = _("“%(slug)s” is no published dataset that you may see.") % {"slug": slug[:80]}
    found = None
    if dataset is not None and not problem:
        found, problem = _replayed(dataset, reader, day, chosen)
    return shown(
        request,
        "backoffice/decided.html",
        title=_("Decision of a day"),
        datasets=datasets.order_by("title_zh")[:OFFERED],
        readers=readers,
        modes=words.choices(words.MODES),
        slug=slug,
        dataset=dataset,
        reader=reader,
        mode=str(chosen),
        day=day,
        problem=problem,
        found=found,
        lines=_lines(found) if found else [],
    )


def _day(text: str) -> tuple[date, str]:
    """Return the day asked for, or today and what is wrong with the one given."""
    today = timezone.localdate()
    try:
        day = parse_date(text) if text else today
    except ValueError:
        day = None
    if day is None:
        return today, _("Give the day as year, month and day, such as 2026-03-02.")
    if day > today:
        return today, _("That day has not come yet: nothing was decided on it.")
    return day, ""


def _replayed(
    dataset: Dataset, reader: Organization | None, day: date, mode: Mode
) -> tuple[Day | None, str]:
    try:
        return replay.of(dataset, reader, day=day, mode=mode), ""
    except NotPublishedThen as refusal:
        return None, str(refusal)


def _lines(found: Day) -> list[dict[str, Any]]:
    """Return each field as the page writes it."""
    language = get_language() or "zh"
    return [
        {
            "terms": one.terms,
            "grade": words.GRADES.get(one.terms.grade or 0, ""),
            "share_type": words.SHARE_TYPES[one.terms.share_type],
            "open_type": words.OPEN_TYPES[one.terms.open_type],
            "treatment": words.TREATMENTS[int(one.decision.treatment)],
            "level": ("good", "warn", "bad")[int(one.decision.treatment)],
            "reasons": [reason.text(language) for reason in one.decision.reasons],
        }
        for one in found.fields
    ]


ADDRESSES = [path("catalogue/decided/", decided, name="decided")]
