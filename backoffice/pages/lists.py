"""The three lists: what is refused, what departments have to do, what is still needed."""

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from backoffice.pages.frame import office_page, shown
from backoffice.pages.sheets_out import sheet
from catalog import exports, lists
from catalog.models import Demand, Duty, NegativeLine
from catalog.terms import DemandState, LineState

LISTS: Mapping[str, tuple[str | Promise, Callable[[], lists.Table]]] = {
    "demand": (gettext_lazy("Demand list"), lists.demand),
    "duty": (gettext_lazy("Duty list"), lists.duty),
    "negative": (gettext_lazy("Negative list"), lists.negative),
}


@office_page("catalog.view_demand")
@require_safe
def three(request: HttpRequest) -> HttpResponse:
    """Show how long each list is, with the ways to its desk and its files."""
    open_demands = Demand.objects.exclude(state__in=(DemandState.SATISFIED, DemandState.DECLINED))
    counts = {
        "demand": (open_demands.count(), "admin:catalog_demand_changelist"),
        "duty": (Duty.objects.filter(ended_at=None).count(), "admin:catalog_duty_changelist"),
        "negative": (
            NegativeLine.objects.filter(state=LineState.PUBLISHED).count(),
            "admin:catalog_negativeline_changelist",
        ),
    }
    return shown(
        request,
        "backoffice/lists.html",
        title=_("The three lists"),
        lists=[(name, title, *counts[name]) for name, (title, _table) in LISTS.items()],
    )


@office_page("catalog.view_demand")
@require_safe
def one(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """Give one of them as a file."""
    del request
    if name not in LISTS or kind not in exports.TYPES:
        raise Http404
    title, table = LISTS[name]
    found = table()
    return sheet(kind, f"{name}-list", str(title), found.head, found.rows)


ADDRESSES = [
    path("catalogue/lists/", three, name="lists"),
    path("catalogue/lists/<slug:name>.<slug:kind>", one, name="list_file"),
]
