"""Figures: of the city, and the files from which anybody can recompute them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from oversight import figures
from oversight.figures import Definition, Figure, Window
from portal.frame import choose_language, number_of, shown

MOST_DAYS = 400
BATCH = 500


@require_safe
def city_figures(request: HttpRequest) -> HttpResponse:
    """Show the figures of the whole city, each with its numbers and what they mean."""
    choose_language(request)
    days = figures.window(timezone.localdate())
    found = figures.standings()
    context = {
        "figures": figures.together(found),
        "capacity": figures.capacity(found),
        "defined": figures.CAPACITY,
        "standings": found,
        "computed": found[0].computed_at if found else None,
        "days": days,
        "use": tuple(figures.use(days).items()),
        "most": figures.most_used(days),
    }
    return shown(request, "portal/figures/page.html", context)


@require_safe
def figures_file(request: HttpRequest) -> HttpResponse:
    """Give the published figures as JSON: of the city, of each department, and of use."""
    del request
    days = figures.window(timezone.localdate())
    found = figures.standings()
    return JsonResponse(
        {
            "computed_at": found[0].computed_at.isoformat() if found else None,
            "day": f"{found[0].day}" if found else None,
            "definitions": [_definition(one) for one in figures.FIGURES],
            "city": _told(figures.together(found)),
            "departments": {one.department: _told(figures.together([one])) for one in found},
            "capacity": {
                **_worded(*figures.CAPACITY),
                "city": figures.capacity(found),
                "departments": {one.department: one.cells for one in found},
            },
            "use": {"from": f"{days.first}", "to": f"{days.last}", "doors": _doors(days)},
        },
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


def _definition(one: Definition) -> dict[str, object]:
    return {
        "name": one.name,
        "numerator": one.numerator,
        "denominator": one.denominator,
        **_worded(one.title, one.means),
    }


def _worded(title: Promise, means: Promise) -> dict[str, object]:
    told: dict[str, object] = {}
    for tag, language in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(language):
            told[tag] = {"title": str(title), "means": str(means)}
    return told


def _told(found: Sequence[Figure]) -> dict[str, dict[str, object]]:
    return {
        one.definition.name: {
            "numerator": one.numerator,
            "denominator": one.denominator,
            "value": one.share,
        }
        for one in found
    }


def _doors(days: Window) -> dict[str, dict[str, int]]:
    return {
        door: {name: getattr(use, name) for name in figures.COUNTS}
        for door, use in figures.use(days).items()
    }


@require_safe
def raw_counts(request: HttpRequest, what: str) -> StreamingHttpResponse:
    """Stream the raw numbers as CSV: use by day, dataset and door, or standings by day."""
    number = number_of(request.GET.get("days", "")) or 0
    today = timezone.localdate()
    days = figures.window(today)
    if number:
        first = today - timedelta(days=min(number, MOST_DAYS) - 1)
        days = Window(first, today)
    tables = {
        "daily": (figures.DAILY_HEAD, figures.daily_rows),
        "standings": (figures.STANDING_HEAD, figures.standing_rows),
    }
    if what not in tables:
        raise Http404
    head, rows = tables[what]
    answer = StreamingHttpResponse(
        _lines(head, rows(days)), content_type="text/csv; charset=utf-8; header=present"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{what}.csv"'
    return answer


def _lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield CSV some hundred lines at a time. Names are slugs, all else is days and numbers."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(head)
    for place, row in enumerate(rows, 1):
        writer.writerow(row)
        if place % BATCH == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
