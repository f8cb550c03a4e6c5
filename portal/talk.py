"""What people say about one dataset, as blocks of its page: comments with answers, and used by."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import Dataset
from community.models import Comment, Showcase, Wish
from portal.frame import choose_language, number_of, shown

COMMENTS = 5
APPS = 6
WISHES = 5
PAGE = 30


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said about a dataset; `more` tells that there are more comments than these."""

    dataset: Dataset
    comments: tuple[Comment, ...]
    more: bool
    apps: tuple[Showcase, ...]
    wishes: tuple[Wish, ...]

    @property
    def speaks(self) -> bool:
        """Whether something new can be said: a withdrawn dataset is only looked back at."""
        return self.dataset.state == Dataset.State.PUBLISHED


def about(dataset: Dataset) -> Talk:
    """Return the newest comments, apps and wishes about a dataset, in three queries.

    For the template "portal/talk.html", which needs it as `talk`.
    """
    comments = list(_comments(dataset)[: COMMENTS + 1])
    apps = Showcase.objects.shown().named().without_picture().filter(datasets=dataset)
    wishes = Wish.objects.shown().filter(dataset=dataset)
    return Talk(
        dataset=dataset,
        comments=tuple(comments[:COMMENTS]),
        more=len(comments) > COMMENTS,
        apps=tuple(apps.select_related("organization").order_by("-shown_at", "-pk")[:APPS]),
        wishes=tuple(wishes.order_by("-votes", "-pk")[:WISHES]),
    )


def _comments(dataset: Dataset):
    rows = Comment.objects.shown().named().filter(dataset=dataset)
    return rows.select_related("answered_for").order_by("-pk")


@require_safe
def dataset_talk(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all comments on a dataset, the newest first."""
    choose_language(request)
    dataset = Dataset.objects.known().select_related("owner").filter(slug=slug).first()
    if dataset is None:
        raise Http404
    rows = _comments(dataset)
    before = number_of(request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    context = {
        "dataset": dataset,
        "comments": found[:PAGE],
        "before": found[PAGE - 1].pk if len(found) > PAGE else None,
        "speaks": dataset.state == Dataset.State.PUBLISHED,
        "today": timezone.localdate(),
    }
    return shown(request, "portal/dataset_talk.html", context)
