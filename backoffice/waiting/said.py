"""What people said and nobody has looked at or answered yet."""

from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import Asked, Pile, Thing, list_of, page_of, pile
from community.models import Comment, Showcase, Wish
from community.states import CommentState, ShowcaseState, WishState


def to_look_at(asked: Asked) -> Pile:
    """Comments that wait for a look, the oldest first."""
    rows = asked.own(Comment.objects.filter(state=CommentState.WAITING), "dataset__owner")
    return pile(
        gettext_lazy("Comments to be looked at"),
        rows.select_related("dataset").order_by("pk"),
        lambda one: Thing(title=str(one), place=page_of(one), note=one.text, due_on=one.due_on),
        place=list_of(Comment, state__exact=CommentState.WAITING),
    )


def to_answer(asked: Asked) -> Pile:
    """Comments that are shown and have a day by which the department answers."""
    rows = Comment.objects.filter(due_from__isnull=False).exclude(state=CommentState.WAITING)
    return pile(
        gettext_lazy("Comments to be answered in public"),
        asked.own(rows, "dataset__owner").select_related("dataset").order_by("due_on", "pk"),
        lambda one: Thing(title=str(one), place=page_of(one), note=one.text, due_on=one.due_on),
        place=list_of(Comment, state__exact=CommentState.SHOWN),
    )


def apps(asked: Asked) -> Pile:
    """Apps to be reviewed before they appear."""
    del asked  # the data authority reviews those of the whole city
    rows = Showcase.objects.filter(state=ShowcaseState.SUBMITTED).without_picture()
    return pile(
        gettext_lazy("Apps to be reviewed"),
        rows.order_by("pk"),
        lambda one: Thing(title=str(one), place=page_of(one), note=one.url),
        place=list_of(Showcase, state__exact=ShowcaseState.SUBMITTED),
    )


def new_wishes(asked: Asked) -> Pile:
    """Wishes to be looked at before they appear."""
    del asked  # the data authority looks at those of the whole city
    return pile(
        gettext_lazy("Wishes for data to be looked at"),
        Wish.objects.filter(state=WishState.WAITING).order_by("due_on", "pk"),
        lambda one: Thing(title=str(one), place=page_of(one), note=one.text, due_on=one.due_on),
        place=list_of(Wish, state__exact=WishState.WAITING),
    )


def wishes_to_answer(asked: Asked) -> Pile:
    """Wishes on the list without an answer, what is due first on top, then what most wish for."""
    rows = asked.own(Wish.objects.filter(state=WishState.OPEN), "provider")
    return pile(
        gettext_lazy("Wishes for data to be answered"),
        rows.order_by("due_on", "-votes", "pk"),
        lambda one: Thing(title=str(one), place=page_of(one), note=one.text, due_on=one.due_on),
        place=list_of(Wish, state__exact=WishState.OPEN),
    )
