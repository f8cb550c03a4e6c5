"""负面清单 for everybody: what is refused, by which article, how long, what is given instead."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog import exports, lists
from portal.views import choose_language, number_of, shown, words_of

PAGE = 50


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
    }
    return shown(request, "portal/negative_list.html", context)


@require_safe
def negative_list_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Give all of them as a file."""
    choose_language(request)
    return file_of(kind, "negative-list", _("Negative list"), lists.negative(words_of(request)))


def file_of(kind: str, name: str, title: str, table: lists.Table) -> HttpResponse:
    """Return a list as CSV or XLSX; no cell of it is a formula."""
    if kind not in exports.TYPES:
        raise Http404
    response = HttpResponse(
        exports.content(kind, title, table.head, table.rows), content_type=exports.TYPES[kind]
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
