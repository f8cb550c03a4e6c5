"""未开放数据请求 for everybody: what people wish to see open, how many, and the answers."""

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.models import Dataset
from community.models import Wish
from community.states import Outcome, WishState
from portal.frame import choose_language, shown, words_of
from portal.showcases import page_of

PAGE = 20
SORTS = {
    "votes": (_("most wished for"), ("-votes", "-pk")),
    "newest": (_("newest"), ("-pk",)),
    "answered": (_("last answered"), ("-answered_at", "-pk")),
}
STATES = {
    "open": (_("waiting for an answer"), Q(state=WishState.OPEN)),
    **{str(one): (one.label, Q(state=WishState.ANSWERED, outcome=one)) for one in Outcome},
}


@require_safe
def wishes(request: HttpRequest) -> HttpResponse:
    """List wishes by votes; `sort`, `state`, `dataset` (its address) and `q` narrow and order."""
    choose_language(request)
    rows, words = Wish.objects.shown().named(), words_of(request).strip()
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "votes"
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    slug = request.GET.get("dataset", "")[:60]
    if state:
        rows = rows.filter(STATES[state][1])
    if slug:
        rows = rows.filter(dataset__slug=slug)
    if sort == "answered":
        rows = rows.filter(answered_at__isnull=False)
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(text__icontains=words))
    rows = rows.select_related("dataset", "provider", "answered_for").order_by(*SORTS[sort][1])
    context = {
        "page": page_of(request, rows, PAGE),
        "words": words,
        "sort": sort,
        "state": state,
        "slug": slug,
        "sorts": [(name, label) for name, (label, _order) in SORTS.items()],
        "states": _counted(),
    }
    return shown(request, "portal/wishes.html", context)


def _counted() -> list[tuple[str, str, int]]:
    """Return each state with its name and how many wishes are in it; one query."""
    told = Wish.objects.shown().aggregate(
        **{name: Count("pk", filter=which) for name, (_label, which) in STATES.items()}
    )
    return [(name, str(label), told[name]) for name, (label, _which) in STATES.items()]


@require_safe
def wish(request: HttpRequest, number: int) -> HttpResponse:
    """Show one wish and its answer; a joined one leads to the other. 404 unless it is shown."""
    choose_language(request)
    rows = Wish.objects.named().select_related(
        *("dataset", "provider", "answered_for", "answer_dataset", "basis", "demand"),
        "merged_into",
    )
    made = rows.filter(pk=number).first()
    if made is None or (made.state == WishState.MERGED and made.merged_into is None):
        raise Http404
    if made.merged_into is not None and made.merged_into.state in (
        WishState.OPEN,
        WishState.ANSWERED,
    ):
        return redirect("portal-wish", number=made.merged_into_id)
    if made.state not in (WishState.OPEN, WishState.ANSWERED):
        raise Http404
    context = {
        "wish": made,
        "listed": made.dataset is not None and made.dataset.state == Dataset.State.PUBLISHED,
        # the role of the open door does not see a demand that is kept back, others do
        "demand": made.demand if made.demand is not None and made.demand.told_to_all else None,
        "outcome": Outcome(made.outcome).label if made.outcome else "",
    }
    return shown(request, "portal/wish.html", context)
