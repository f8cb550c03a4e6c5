"""Finding datasets: words, choices, one page of what there is, suggestions, and a feed."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.suggesting import suggestions
from portal import feeds
from portal.finding import Asking, results
from portal.frame import address_of, choose_language, dataset_address, shown, words_of

KEPT_SECONDS = 60


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """List the published datasets under the words and choices of the address."""
    page = results(_asking(request), now=timezone.now())
    context = {
        "page": page,
        "words": page.asking.words,
        "meaning": page.found.meaning,
        "wishes": address_of("portal-wishes"),
        "wish": address_of("members-wish-new"),
        "asked": urlencode({"title": page.asking.words}),
    }
    return shown(request, "portal/datasets.html", context)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggest titles, departments and subjects for what is being typed."""
    choose_language(request)
    found = [
        {
            "kind": str(one.kind.label),
            "text": one.text,
            "address": dataset_address(one.key)
            if one.is_dataset
            else f"/datasets?{one.kind.value}={one.key}",
        }
        for one in suggestions(words_of(request))
    ]
    response = JsonResponse({"suggestions": found}, json_dumps_params={"ensure_ascii": False})
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Give the first datasets of a search as an Atom feed; the address is that of the search."""
    asking = _asking(request)
    response, etag = feeds.atom(asking, request.build_absolute_uri, request.get_full_path())
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def _asking(request: HttpRequest) -> Asking:
    choose_language(request)
    return Asking.of(request, is_english=translation.get_language() == "en")
