"""Finding datasets: words, choices, and one page of what there is."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.search import Filters
from portal import listing
from portal.frame import choose_language, number_of, shown, words_of


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """List the published datasets under the words and choices of the address."""
    words = words_of(request)
    choose_language(request)
    after = number_of(request.GET.get("after", ""))
    filters = Filters.parse(request.GET.dict())
    page = listing.list_page(words, filters, after=after, now=timezone.now())
    context = {"page": page, "words": words, "filters": filters, "query": page.query}
    return shown(request, "portal/datasets.html", context)
