"""What a held-back run would do: numbers for who decides, a sample for the department itself."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.frame import office_page, shown
from backoffice.pages.runs import desk_of, seen_runs
from exchange import held_back
from exchange.models import SyncRun


@office_page("exchange.view_syncrun")
@never_cache
def held(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show how many rows would go; asked for by POST, which is a look that is written down, some.

    The sample is for the department whose data it is, and 403 for everybody else.
    """
    run = get_object_or_404(seen_runs(request), pk=run_id)
    person, now = person_of(request), timezone.now()
    refusal, status, going, sample = "", 200, None, None
    try:
        going = held_back.vanishing(run_id, at=now)
        if request.method == "POST":
            sample = held_back.look(run_id, by=person, at=now)
    except REFUSALS as why_not:
        refusal, status = sentence(why_not), getattr(why_not, "status", 403)
    return shown(
        request,
        "backoffice/held.html",
        title=_("What run %(run)s would do: %(dataset)s")
        % {"run": run_id, "dataset": run.binding.resource.dataset},
        status=status,
        run=run,
        going=going,
        rejected=run.rejected_rows.count(),
        sample=sample,
        may_look=person.has_perm("exchange.read_held", run.binding.resource.dataset.owner),
        refusal=refusal,
        buttons=desk_of(SyncRun).drawn(request, run),
    )


ADDRESSES = [path("runs/<int:run_id>/held/", held, name="held")]
