"""Contests: drafted, published, called off, and ended with awards by the data authority."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.desks.beside import ShownOnly
from backoffice.forms import contests as forms
from community import contests
from community.contests import Told
from community.models import Contest, ContestEntry
from community.states import CONTEST_MOVES, ContestStep


def _draft(press: Press) -> None:
    contests.draft(Told(**press.told), by=press.by, at=press.at)


def _change(press: Press) -> None:
    contests.change(press.target.pk, Told(**press.told), by=press.by, at=press.at)


def _told(verb: Any):
    return lambda press: verb(press.target.pk, **press.told, by=press.by, at=press.at)


def _at(step: ContestStep):
    return lambda row: (row.state, step) in CONTEST_MOVES


class EntriesOf(ShownOnly):
    """The apps that were entered, with the awards they got."""

    model = ContestEntry
    fields = ["showcase", "entered_at", "place", "award_zh", "award_en"]


@admin.register(Contest)
class ContestDesk(Desk):
    """Contests, the newest first."""

    list_display = [
        *("id", "title_zh", "organizer", "state", "opens_on", "entries_until", "results_on"),
    ]
    list_filter = ["state", "organizer"]
    list_select_related = ["organizer"]
    search_fields = ["=id", "slug", "title_zh", "title_en"]
    ordering = ["-id"]
    fields = [
        ("title_zh", "title_en", "state"),
        ("slug", "organizer"),
        ("opens_on", "entries_until", "results_on"),
        ("text_zh", "text_en"),
        ("rules_zh", "rules_en"),
        ("prizes_zh", "prizes_en"),
        "datasets",
        ("created_at", "published_at"),
        ("announced_at", "withdrawn_at"),
        "moved_by",
        "reason",
    ]
    inlines = [EntriesOf]
    list_buttons = (
        Button(
            name="draft",
            label=_("Draft a contest"),
            permission="community.hold_contest",
            press=_draft,
            done=_("The contest is drafted. Read it once more, then publish it."),
            form=forms.ContestForm,
        ),
    )
    buttons = (
        Button(
            name="publish",
            label=_("Publish"),
            permission="community.hold_contest",
            press=_told(contests.publish),
            done=_("Everybody sees it now."),
            note=_("Its address stays from now on, and its last day can only be moved later."),
            offered=_at(ContestStep.PUBLISH),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="change",
            label=_("Change"),
            permission="community.hold_contest",
            press=_change,
            done=_("The contest is changed."),
            form=forms.ContestForm,
            offered=_at(ContestStep.CHANGE),
        ),
        Button(
            name="announce",
            label=_("Announce the results"),
            permission="community.hold_contest",
            press=_told(contests.announce),
            done=_("Everybody reads the results. Who got an award is told."),
            note=_("What is announced before is replaced by what you say here."),
            form=forms.ResultsForm,
            offered=_at(ContestStep.ANNOUNCE),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="withdraw",
            label=_("Call off"),
            permission="community.hold_contest",
            press=_told(contests.withdraw),
            done=_("The contest is called off. Who entered is told why."),
            form=forms.CallOffForm,
            offered=_at(ContestStep.WITHDRAW),
            variant=ActionVariant.DANGER,
        ),
    )


@admin.register(ContestEntry)
class ContestEntryDesk(Desk):
    """Which app was entered in which contest, and its award."""

    list_display = ["id", "contest", "showcase", "entered_at", "place", "award_zh"]
    list_filter = ["contest"]
    list_select_related = ["contest", "showcase"]
    search_fields = ["=id", "contest__title_zh", "showcase__title_zh"]
    ordering = ["-id"]
    fields = [
        ("contest", "showcase"),
        "entered_at",
        ("place", "award_zh", "award_en"),
    ]
