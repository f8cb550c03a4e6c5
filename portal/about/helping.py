"""Help for citizens, with links to pages of this very city."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.about import examples
from portal.about.pages import text


@require_safe
def helping(request: HttpRequest) -> HttpResponse:
    """Lead through what one can do, step by step."""
    found = examples.found()
    return text(request, "help", {"example": found.rows, "mapped": found.places})
