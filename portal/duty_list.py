"""责任清单 for everybody: what each department has to do by law, and the datasets of it."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from catalog import lists
from portal.frame import choose_language, shown, words_of
from portal.listed import Listed, file_of

PAGE = 50
LISTED = Listed(
    name=gettext_lazy("Duty list"),
    about=gettext_lazy("What each department has to do by law, and the datasets that come of it."),
    lead=gettext_lazy(
        "What each department has to do by law, and the datasets that come of it. What no duty"
        " needs is not collected."
    ),
    skip=gettext_lazy("Skip to the duties"),
    sought=gettext_lazy("Words of duty, department or law"),
    file="portal-duty-list-file",
    anchor="duties",
)


@require_safe
def duty_list(request: HttpRequest) -> HttpResponse:
    """List the duties that go on, by department."""
    words = words_of(request)
    page = Paginator(lists.duties(words), PAGE).get_page(request.GET.get("page"))
    return shown(
        request, "portal/duty_list.html", {"page": page, "words": words, "listed": LISTED}
    )


@require_safe
def duty_list_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Give all of them as a file."""
    choose_language(request)
    return file_of(kind, "duty-list", _("Duty list"), lists.duty(words_of(request)))
