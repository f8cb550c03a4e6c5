"""The page to which the `type` of every problem leads: each code with what it means."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from api.errors import title
from api.refusals import REFUSALS

LANGUAGES = (("zh-hans", "zh-Hans", "中文"), ("en", "en", "English"))


@require_safe
@cache_control(max_age=300)
@vary_on_headers("Accept-Language", "Cookie")
def refusals(request: HttpRequest) -> HttpResponse:
    """List every code, in the language of `?lang=` or else the reader's."""
    chosen = request.GET.get("lang", "")
    if chosen in dict(settings.LANGUAGES):
        translation.activate(chosen)
    rows = [(one, [(status, title(status)) for status in one.statuses]) for one in REFUSALS]
    page_lang = "en" if translation.get_language() == "en" else "zh-Hans"
    context = {"rows": rows, "languages": LANGUAGES, "page_lang": page_lang}
    return render(request, "api/errors.html", context)
