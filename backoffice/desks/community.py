"""What people say: comments to be shown and answered, apps to be reviewed, wishes to be answered.

The data authority sees all; a department what is said about its own datasets, and asked of it.
"""

import base64
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.roles import NotAllowed
from backoffice.buttons import REFUSALS, Button, Press, person_of, sentence
from backoffice.desk import Desk
from backoffice.forms import community as forms
from community import comments, pictures, showcases, wishes
from community.comments import Finding
from community.models import Comment, Showcase, Speaker, Vote, Wish
from community.states import (
    COMMENT_MOVES,
    SHOWCASE_MOVES,
    WISH_MOVES,
    CommentStep,
    ShowcaseState,
    ShowcaseStep,
    WishStep,
)
from community.wishes import Reply


def _told(verb: Any):
    return lambda press: verb(press.target.pk, **press.told, by=press.by, at=press.at)


def _at(moves: Any, step: Any):
    return lambda row: (row.state, step) in moves


def _can_wait(row: Wish) -> bool:
    return (row.state, WishStep.EXTEND) in WISH_MOVES and row.extended_at is None


def _take_up(press: Press) -> None:
    told = press.told
    found = Finding(subject=told["key"], row=told["row"], fields=tuple(told["fields_wrong"]))
    comments.take_up(press.target.pk, found, by=press.by, at=press.at)


def _hide_many(press: Press) -> str:
    for one in press.told["chosen"]:
        comments.hide(one.pk, reason=press.told["reason"], by=press.by, at=press.at)
    return _now("Comments hidden: %(count)s.") % {"count": len(press.told["chosen"])}


def _answer_wish(press: Press) -> None:
    wishes.answer(press.target.pk, Reply(**press.told), by=press.by, at=press.at)


@admin.register(Comment)
class CommentDesk(Desk):
    """Comments on the department's datasets, what is due first on top."""

    owner_path = "dataset__owner"
    list_display = ["id", "dataset", "kind", "text", "state", "due_on", "answered_at", "said_at"]
    list_filter = ["state", "kind", "due_on"]
    list_select_related = ["dataset"]
    search_fields = ["=id", "dataset__title_zh", "dataset__slug", "text", "answer"]
    ordering = ["due_on", "-id"]
    actions = ["show_chosen", "hide_chosen"]
    fields = [
        ("dataset", "kind", "state"),
        "text",
        ("row", "field"),
        ("speaker", "said_at", "due_on"),
        ("moved_by", "moved_at"),
        "reason",
        "answer",
        ("answered_for", "answered_by", "answered_at"),
        "correction",
    ]
    list_buttons = (
        Button(
            name="hide-many",
            label=_("Hide several"),
            permission="community.hide_comment",
            press=_hide_many,
            done="",
            form=forms.HideManyForm,
        ),
    )
    buttons = (
        Button(
            name="show",
            label=_("Show"),
            permission="community.show_comment",
            press=_told(comments.show),
            done=_("Everybody sees it now."),
            offered=_at(COMMENT_MOVES, CommentStep.SHOW),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="answer",
            label=_("Answer"),
            permission="community.answer_comment",
            press=_told(comments.answer),
            done=_("The answer stands below the comment, with its day."),
            form=forms.CommentAnswerForm,
            offered=lambda row: (
                row.answered_at is None and (row.state, CommentStep.ANSWER) in COMMENT_MOVES
            ),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="take-up",
            label=_("Make it a report"),
            permission="community.answer_comment",
            press=_take_up,
            done=_("It is a report now: the record is marked until it is answered."),
            form=forms.TakeUpForm,
            note=_(
                "The record is marked as doubted, and whoever received it is told once it is"
                " corrected. Who wrote the comment is not told whether the record was found."
            ),
            offered=lambda row: (
                row.correction_id is None and (row.state, CommentStep.TAKE_UP) in COMMENT_MOVES
            ),
        ),
        Button(
            name="hide",
            label=_("Do not show"),
            permission="community.hide_comment",
            press=_told(comments.hide),
            done=_("It is not shown. Who wrote it reads the reason."),
            form=forms.WhyNotForm,
            offered=_at(COMMENT_MOVES, CommentStep.HIDE),
            variant=ActionVariant.DANGER,
        ),
    )

    @admin.action(description=_("Show the chosen comments"))
    def show_chosen(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Show several; those that cannot be are told one by one."""
        by, at, shown = person_of(request), timezone.now(), 0
        for one in queryset.order_by("pk"):
            try:
                comments.show(one.pk, by=by, at=at)
            except (*REFUSALS, NotAllowed) as refusal:
                messages.warning(request, f"#{one.pk}: {sentence(refusal)}")
            else:
                shown += 1
        messages.success(request, _now("Comments shown: %(count)s.") % {"count": shown})

    @admin.action(description=_("Do not show the chosen comments"))
    def hide_chosen(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:  # noqa: ARG002 - Django's signature
        """Ask for the reason that all of them are told."""
        chosen = [("chosen", one) for one in queryset.values_list("pk", flat=True)]
        return redirect(f"{self.button_path('hide-many')}?{urlencode(chosen)}")


@admin.register(Showcase)
class ShowcaseDesk(Desk):
    """Apps that people built on the data, to be reviewed before they appear."""

    list_display = ["id", "title_zh", "organization", "state", "said_at", "shown_at"]
    list_filter = ["state"]
    list_select_related = ["organization"]
    search_fields = ["=id", "title_zh", "title_en", "text", "url"]
    ordering = ["-id"]
    fields = [
        ("title_zh", "title_en", "state"),
        "text",
        "place",
        "image",
        "datasets",
        ("speaker", "organization"),
        ("said_at", "shown_at"),
        ("moved_by", "moved_at"),
        "reason",
    ]
    readonly_fields = ["place", "image"]
    buttons = (
        Button(
            name="show",
            label=_("Show"),
            permission="community.review_showcase",
            press=_told(showcases.show),
            done=_("Everybody sees it now."),
            note=_("Open the address first: is it what it says, and does it use the datasets?"),
            offered=_at(SHOWCASE_MOVES, ShowcaseStep.SHOW),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="refuse",
            label=_("Do not show"),
            permission="community.review_showcase",
            press=_told(showcases.refuse),
            done=_("It is not shown. Who wrote it reads the reason."),
            form=forms.WhyNotForm,
            offered=_at(SHOWCASE_MOVES, ShowcaseStep.REFUSE),
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="end",
            label=_("Take down"),
            permission="community.review_showcase",
            press=_told(showcases.end),
            done=_("It is not shown. Who wrote it reads the reason."),
            form=forms.WhyNotForm,
            offered=_at(SHOWCASE_MOVES, ShowcaseStep.END),
            variant=ActionVariant.DANGER,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return all for the data authority; else what is shown, or uses the own datasets."""
        rows, places = super().get_queryset(request), self.places(request)
        if places is None:
            return rows
        own = Showcase.objects.filter(datasets__owner__in=places)
        return rows.filter(Q(state=ShowcaseState.SHOWN) | Q(pk__in=own.values("pk")))

    @admin.display(description=_("address"))
    def place(self, row: Showcase) -> str:
        """Lead to the app, which learns nothing of who comes."""
        return format_html(
            '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>',
            row.url,
            row.url,
        )

    @admin.display(description=_("picture"))
    def image(self, row: Showcase) -> str:
        """Show the picture as it is kept."""
        if not row.picture:
            return "–"
        content = base64.b64encode(bytes(row.picture)).decode()
        return format_html(
            '<img src="data:{};base64,{}" alt="" width="320">', pictures.TYPE, content
        )


@admin.register(Wish)
class WishDesk(Desk):
    """Data that people wish to see open; what is due first on top, then what most wish for."""

    owner_path = "provider"
    list_display = ["id", "title", "votes", "provider", "state", "due_on", "outcome", "said_at"]
    list_filter = ["state", "outcome", "provider", "due_on"]
    list_select_related = ["provider"]
    search_fields = ["=id", "title", "text", "purpose", "answer"]
    ordering = ["due_on", "-votes", "-id"]
    fields = [
        ("title", "state", "votes"),
        "text",
        "purpose",
        ("dataset", "provider"),
        ("speaker", "said_at", "due_on"),
        ("extended_at", "extended_because"),
        ("moved_by", "moved_at"),
        "reason",
        "merged_into",
        ("outcome", "answer_dataset", "planned_on"),
        "answer",
        ("basis", "demand"),
        ("answered_for", "answered_by", "answered_at"),
    ]
    buttons = (
        Button(
            name="show",
            label=_("Show"),
            permission="community.moderate_wish",
            press=_told(wishes.show),
            done=_("Everybody sees it now, and can vote for it."),
            offered=_at(WISH_MOVES, WishStep.SHOW),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="give",
            label=_("Name the duty"),
            permission="community.moderate_wish",
            press=_told(wishes.give),
            done=_("The department has the wish now."),
            form=forms.GiveForm,
            offered=_at(WISH_MOVES, WishStep.GIVE),
        ),
        Button(
            name="extend",
            label=_("Give more time"),
            permission="community.moderate_wish",
            press=_told(wishes.extend),
            done=_("Department and who wished are told the day and the reason."),
            form=forms.MoreTimeForm,
            offered=_can_wait,
        ),
        Button(
            name="answer",
            label=_("Answer"),
            permission="community.answer_wish",
            press=_answer_wish,
            done=_("Everybody reads the answer."),
            form=forms.WishAnswerForm,
            offered=_at(WISH_MOVES, WishStep.ANSWER),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="merge",
            label=_("Join with another"),
            permission="community.moderate_wish",
            press=_told(wishes.merge),
            done=_("They are one wish now; each member has one vote for it."),
            form=forms.MergeForm,
            offered=_at(WISH_MOVES, WishStep.MERGE),
        ),
        Button(
            name="hide",
            label=_("Do not show"),
            permission="community.moderate_wish",
            press=_told(wishes.hide),
            done=_("It is not shown. Who wrote it reads the reason."),
            form=forms.WhyNotForm,
            offered=_at(WISH_MOVES, WishStep.HIDE),
            variant=ActionVariant.DANGER,
        ),
    )


@admin.register(Speaker)
class SpeakerDesk(Desk):
    """The names under which members take part: nothing else of them is seen here."""

    list_display = ["id", "name", "since"]
    search_fields = ["=id", "name"]
    ordering = ["-id"]
    fields = ["name", "since"]


@admin.register(Vote)
class VoteDesk(Desk):
    """Which wishes were voted for when; by whom is nobody's to see."""

    list_display = ["id", "wish", "voted_at"]
    list_select_related = ["wish"]
    ordering = ["-id"]
    fields = ["wish", "voted_at"]
