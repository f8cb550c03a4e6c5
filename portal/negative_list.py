"""负面清单 for everybody: what is refused, by which article, how long, what is given instead."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from catalog import lists
from portal.frame import choose_language, number_of, shown, words_of
from portal.listed import Listed, file_of

PAGE = 50
LISTED = Listed(
    name=gettext_lazy("Negative list"),
    about=gettext_lazy(
        "Every refusal to share or open data, with the article of law that demands it."
    ),
    lead=gettext_lazy(
        "Data is shared by default. Only what stands here is refused, each line by an article of"
        " law that a person has read word for word, and only for its days. When a line runs out,"
        " its data is conditional again."
    ),
    skip=gettext_lazy("Skip to the lines"),
    sought=gettext_lazy("Words of dataset, department or law"),
    file="portal-negative-list-file",
    anchor="lines",
)


@require_safe
def negative_list(request: HttpRequest) -> HttpResponse:
    """List the published lines, by number."""
    choose_language(request)
    words = words_of(request)
    after = number_of(request.GET.get("after", "")) or 0
    found = list(lists.refused(words, after=after, limit=PAGE + 1))
    context = {
        "lines": found[:PAGE],
        "after": found[PAGE - 1].line.number if len(found) > PAGE else None,
        "words": words,
        "listed": LISTED,
    }
    return shown(request, "portal/negative_list.html", context)


@require_safe
def negative_list_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Give all of them as a file."""
    choose_language(request)
    return file_of(kind, "negative-list", _("Negative list"), lists.negative(words_of(request)))
