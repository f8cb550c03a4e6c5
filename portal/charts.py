"""The chart builder: figures of a dataset's groups as a table, which is drawn where it can be.

The address has the parameters of the API's `aggregate`, and `kind`. The table is made here; the
script draws what it finds in it, so picture and table never differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import addresses, quotas
from accounts.models import RegionBoundary
from catalog.lists import Table
from catalog.models import Field
from exchange import access
from exchange.access import DatasetUnknown, DatasetWithdrawn
from exchange.problems import Problem
from exchange.records import reading
from exchange.records.aggregates import DISTRICT, UNITS, AggregateQuery, Kind, Measure, Unit
from policy.terms import DataType, Mode
from portal import assets, chart_words
from portal.chart_words import Chart
from portal.dataset import facts, noted
from portal.dataset.page import withdrawn
from portal.dataset.preview import Refusal
from portal.frame import choose_language, shown
from portal.listed import file_of

OWN = frozenset({"kind", "lang"})
BUILT = frozenset({"group", "bucket", "measure", "limit", "sort"}) | OWN
LIMITS = (10, 20, 50, 100)
FEW = 8
"""So many slices a pie has at the most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a list to choose from."""

    value: str
    label: str
    chosen: bool


@require_safe
def chart(request: HttpRequest, slug: str) -> HttpResponse:
    """Show figures of a dataset's groups, and what can be chosen instead."""
    choose_language(request)
    try:
        about = facts.about(slug, now=timezone.now(), today=timezone.localdate())
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn:
        return withdrawn(request, slug)
    labels = {one.field.name: one.field.label for one in about.fields}
    clear = {one.field.name: one.field for one in about.fields if one.seen == "clear"}
    params = asked(request, grouping(about, clear))
    found, refused, status = None, None, HTTPStatus.OK.value
    try:
        found = counted(request, slug, params, labels)
    except (Problem, quotas.QuotaExceeded, quotas.QuotaUnavailable) as problem:
        refused = Refusal(problem.code, str(problem), getattr(problem, "grounds", ()))
        status = getattr(problem, "status", HTTPStatus.SERVICE_UNAVAILABLE)
    kind = kind_of(request.GET.get("kind", ""), found, params)
    context = {
        "about": about,
        "dataset": about.dataset,
        "chart": found,
        "refusal": refused,
        "kind": kind,
        "filters": filters_of(params),
        "choices": choices(params, _named_groups(about, clear), clear, kind),
        "query": urlencode(params, doseq=True),
        "draws": assets.present(assets.CHARTS) and found is not None and bool(found.rows),
        "here": "chart",
    }
    return shown(request, "portal/chart.html", context, status=status)


@require_safe
def chart_file(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Return the table of the same address as CSV or XLSX."""
    choose_language(request)
    try:
        about = facts.about(slug, now=timezone.now(), today=timezone.localdate())
        clear = {one.field.name: one.field for one in about.fields if one.seen == "clear"}
        labels = {one.field.name: one.field.label for one in about.fields}
        found = counted(request, slug, asked(request, grouping(about, clear)), labels)
    except (Problem, quotas.QuotaExceeded, quotas.QuotaUnavailable):
        raise Http404 from None
    table = Table([*found.groups, *found.measures], [one.cells for one in found.rows])
    return file_of(kind, f"{slug}-chart", about.dataset.title, table)


def grouping(about: facts.About, clear: Mapping[str, Field]) -> dict[str, Field]:
    """Return the fields that rows can be grouped by: all, or those of the rule of counting."""
    if about.head.smallest_group == 1:
        return dict(clear)
    rule = {field for field, _unit in about.head.counted_by}
    return {name: one for name, one in clear.items() if one.pk in rule}


def asked(request: HttpRequest, clear: Mapping[str, Field]) -> dict[str, list[str]]:
    """Return the parameters of the API; where no group is named, one that lends itself to it."""
    params = {name: list(given) for name, given in request.GET.lists() if name not in OWN}
    params = {name: given for name, given in params.items() if any(given)}
    if "group" not in params and "group" not in request.GET:
        first = likely(clear.values())
        params["group"] = [first.name] if first else []
    groups = params.get("group", [""])[-1].split(",") if params.get("group") else []
    timed = [one for one in groups if one in clear and clear[one].data_type in chart_words.TIMES]
    if not timed:
        params.pop("bucket", None)
    elif "bucket" not in params and "bucket" not in request.GET:
        params["bucket"] = [str(Unit.MONTH)]
    params.setdefault("limit", ["100" if timed else "20"])
    return {name: given for name, given in params.items() if given}


def likely(fields: Iterable[Field]) -> Field | None:
    """Return the field that a first look groups by: one of a code list, a day, else words."""
    listed = [one for one in fields if not one.is_key]
    coded = [one for one in listed if one.code_list_id is not None]
    times = [one for one in listed if one.data_type in chart_words.TIMES]
    words = [one for one in listed if one.data_type in (DataType.TEXT, DataType.BOOLEAN)]
    return next(iter([*coded, *times, *words, *listed]), None)


def counted(
    request: HttpRequest, slug: str, params: Mapping[str, Sequence[str]], labels: Mapping[str, str]
) -> Chart:
    """Count as anybody may, at the cost of a call of the address that asks.

    Raises what `records.counting.count` raises, QuotaExceeded, QuotaUnavailable.
    """
    query = AggregateQuery.parse(params)
    quotas.spend(addresses.of(request.META), at=timezone.now())
    return reading.with_more_looks(lambda _turn: _counted(slug, query, labels))


def _counted(slug: str, query: AggregateQuery, labels: Mapping[str, str]) -> Chart:
    head = access.head(slug)
    fields = access.visible(head, facts.ANYBODY, today=timezone.localdate(), mode=Mode.QUERY)
    found = chart_words.told(head, fields, query, labels)
    if reading.overtaken(head):
        raise reading.Revoked(slug)
    noted.note(head, fields, rows=len(found.rows), size=0)
    return found


def kind_of(text: str, found: Chart | None, params: Mapping[str, Sequence[str]]) -> str:
    """Return how it is drawn: as asked; a line where time goes on; a pie only of a few parts."""
    if text == "pie" and found and len(found.rows) <= FEW and not found.has_others:
        return "pie"
    if text in ("bar", "line"):
        return text
    return "line" if "bucket" in params else "bar"


def filters_of(params: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    """Return the filters: name, value, and the address without them."""
    return [
        (name, value, urlencode({k: v for k, v in params.items() if k != name}, doseq=True))
        for name, given in params.items()
        if name not in BUILT
        for value in given
    ]


def _named_groups(about: facts.About, clear: Mapping[str, Field]) -> dict[str, str]:
    """Return what rows can be grouped by, with its name: fields, and districts on the map."""
    named = {name: f"{one.label} ({name})" for name, one in grouping(about, clear).items()}
    if about.has_place and RegionBoundary.objects.exists():
        named[DISTRICT] = chart_words.grouped(DISTRICT, None, {})
    return named


def choices(
    params: Mapping[str, Sequence[str]],
    groups: Mapping[str, str],
    clear: Mapping[str, Field],
    kind: str,
) -> dict[str, list[Choice]]:
    """Return what can be chosen, with what is chosen now."""
    group = params.get("group", [""])[-1]
    measure = params.get("measure", [str(Kind.COUNT)])[-1]
    unit = params.get("bucket", [""])[-1]
    limit = params.get("limit", [""])[-1]
    measures = [Measure(Kind.COUNT), *chart_words.measures(clear.values())]
    labels = {name: one.label for name, one in clear.items()}
    figures = {one.name: chart_words.measure(one, labels) for one in measures}
    units = {"": _("each value")} | {str(one): str(UNITS[one]) for one in Unit}
    return {
        "group": _listed({"": _("no groups: one total")} | dict(groups), group),
        "measure": _listed(figures, measure),
        "bucket": _listed(units, unit),
        "kind": _listed({name: str(word) for name, word in chart_words.KINDS.items()}, kind),
        "limit": _listed({str(one): str(one) for one in LIMITS}, limit),
    }


def _listed(options: dict[str, str], chosen: str) -> list[Choice]:
    """Return options; what the address has and no list offers stands there as it is."""
    known = options if chosen in options else options | {chosen: chosen}
    return [Choice(value, label, value == chosen) for value, label in known.items()]
