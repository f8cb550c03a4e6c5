"""What a line of the negative list changes: before it is published, and before it ends."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backoffice.buttons import person_of
from backoffice.forms.dressed import places_for
from backoffice.pages.frame import office_page, shown
from catalog.models import NegativeLine
from catalog.terms import LineState
from exchange import line_effects


@office_page("catalog.view_negativeline")
@require_safe
def effect(request: HttpRequest, line_id: int) -> HttpResponse:
    """Show what publishing the line would change, or ending it where it is published."""
    places = places_for(person_of(request), "catalog.view_negativeline")
    line = (
        NegativeLine.objects.filter(pk=line_id, dataset__owner__in=places)
        .select_related("dataset__owner", "basis")
        .first()
    )
    if line is None or line.state in (LineState.RETURNED, LineState.ENDED):
        raise Http404
    published = line.state == LineState.PUBLISHED
    found = line_effects.of_ending if published else line_effects.of_publishing
    return shown(
        request,
        "backoffice/line.html",
        title=_("If this line ended") if published else _("If this line were published"),
        line=line,
        effect=found(line_id, today=timezone.localdate()),
        buttons=_buttons(request, line),
    )


def _buttons(request: HttpRequest, line: NegativeLine) -> list[tuple[str, Any]]:
    """Return what the person could press now about the line."""
    known = {
        LineState.PROPOSED: ("forward", "legal_review_negativeline", _("Legal unit: forward")),
        LineState.AUTHORITY_REVIEW: ("publish", "publish_negativeline", _("Publish")),
        LineState.PUBLISHED: ("end", "end_negativeline", _("End")),
    }
    name, permission, label = known[LineState(line.state)]
    if not request.user.has_perm(f"catalog.{permission}", line.dataset.owner):
        return []
    return [(reverse("admin:catalog_negativeline_button", args=[line.pk, name]), label)]


ADDRESSES = [path("lines/<int:line_id>/effect/", effect, name="line_effect")]
