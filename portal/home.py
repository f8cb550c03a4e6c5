"""The front page: search first, then themes, what is new, and the city in figures."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal import front
from portal.frame import choose_language, shown


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and lead on."""
    choose_language(request)
    return shown(request, "portal/home.html", {"front": front.front()})
