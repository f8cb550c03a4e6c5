"""需求清单 for everybody: what departments need of each other, and what became of it."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from catalog import lists
from portal.frame import choose_language, number_of, shown, words_of
from portal.listed import Listed, file_of

PAGE = 50
LISTED = Listed(
    name=gettext_lazy("Demand list"),
    about=gettext_lazy(
        "What departments need and the catalogue does not have, whose duty it is, and what became"
        " of it."
    ),
    lead=gettext_lazy(
        "What departments need for their work and the catalogue does not have: who asked, whose"
        " duty the data is, and what became of it. A demand that is kept from the public, for a"
        " reason that is written down, is not here; nor is what departments write to each other"
        " about one."
    ),
    skip=gettext_lazy("Skip to the demands"),
    sought=gettext_lazy("Words of demand, department or law"),
    file="portal-demand-list-file",
    anchor="demands",
)


@require_safe
def demand_list(request: HttpRequest) -> HttpResponse:
    """List the demands that everybody reads, the newest first; `before` is a number."""
    choose_language(request)
    words = words_of(request)
    before = number_of(request.GET.get("before", ""))
    found = list(lists.needed(words, before=before, limit=PAGE + 1))
    context = {
        "demands": found[:PAGE],
        "before": found[PAGE - 1].demand.pk if len(found) > PAGE else None,
        "words": words,
        "listed": LISTED,
    }
    return shown(request, "portal/demand_list.html", context)


@require_safe
def demand_list_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Give all of them as a file."""
    choose_language(request)
    return file_of(kind, "demand-list", _("Demand list"), lists.needs(words_of(request)))
