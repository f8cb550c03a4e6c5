"""Changes of published entries, old and new side by side."""

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice import lights, side_by_side, words
from backoffice.buttons import Button, Press
from backoffice.desk import Desk, labelled
from backoffice.filters import InWords
from backoffice.forms.dressed import ReasonForm
from catalog import amending, deadlines
from catalog.models import (
    FieldTerms,
    Revision,
)
from catalog.terms import ClockStep, RevisionKind, RevisionState
from exchange import opening


def _decide(*, accept: bool):
    """Return the press that accepts or refuses a revision."""

    def press_it(press: Press) -> None:
        opening.decide_revision(
            press.target.pk,
            accept=accept,
            reason=press.told["reason"],
            by=press.by,
            at=press.at,
        )

    return press_it


def _to_be_signed(revision: Revision) -> bool:
    return (revision.kind, revision.state) == (RevisionKind.AMEND, RevisionState.PROPOSED)


def _waits(revision: Revision) -> bool:
    return revision.state in (RevisionState.PROPOSED, RevisionState.SIGNED)


def _acceptable(revision: Revision) -> bool:
    return _waits(revision) and not _to_be_signed(revision)


def _sign(press: Press) -> None:
    amending.sign(press.target.pk, by=press.by, at=press.at)


def _due(revision: Revision, clocks: deadlines.Clocks) -> str:
    if revision.state != RevisionState.SIGNED or revision.signed_at is None:
        return lights.badge(None)
    return lights.badge(
        clocks.due_for(ClockStep.CATALOGUE_REVIEW, revision.signed_at, today=timezone.localdate())
    )


@admin.register(Revision)
class RevisionDesk(Desk):
    """Changes of published entries, old and new side by side."""

    owner_path = "dataset__owner"
    list_display = [
        "id",
        "dataset",
        "kind",
        "state",
        "due",
        "loosens",
        "proposed_by",
        "proposed_at",
    ]
    list_filter = ["state", "kind", "loosens"]
    list_select_related = ["dataset__owner", "proposed_by"]
    ordering = ["-id"]
    fields = [
        "dataset",
        ("kind", "state"),
        "due",
        "side_by_side",
        "reason",
        ("proposed_by", "proposed_at"),
        ("signed_by", "signed_at"),
        ("decided_by", "decided_at"),
        "decision_reason",
    ]
    readonly_fields = ["due", "side_by_side"]
    buttons = (
        Button(
            name="sign",
            label=_("Sign"),
            permission="catalog.sign_dataset",
            press=_sign,
            done=_("The change is signed. The data authority reviews it next."),
            note=_(
                "By signing you vouch that the change was looked at for secrets and for personal"
                " information."
            ),
            offered=_to_be_signed,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="accept",
            label=_("Accept"),
            permission="exchange.decide_revision",
            press=_decide(accept=True),
            done=_("The change holds from now on."),
            form=ReasonForm,
            offered=_acceptable,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="refuse",
            label=_("Refuse"),
            permission="exchange.decide_revision",
            press=_decide(accept=False),
            done=_("The change is refused; all stays as it was."),
            form=ReasonForm,
            offered=_waits,
        ),
    )

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Give each listed change its deadline; the limits are read once for the list."""
        listed = super().get_changelist_instance(request)
        clocks = deadlines.clocks()
        for revision in listed.result_list:
            revision.review_due = _due(revision, clocks)
        return listed

    @admin.display(description=_("review"))
    def due(self, revision: Revision) -> str:
        """Show until when the review is due, with its light."""
        if hasattr(revision, "review_due"):
            return revision.review_due
        return _due(revision, deadlines.clocks())

    @admin.display(description=_("changes"))
    def side_by_side(self, revision: Revision) -> str:
        """Show each change, old and new beside each other."""
        return render_to_string(
            "backoffice/side_by_side.html",
            {"revision": revision, "lines": side_by_side.lines(revision)},
        )

    class Media:
        css = {"all": ["backoffice/office.css"]}


@admin.register(FieldTerms)
class FieldTermsDesk(Desk):
    """What published fields stood under, day by day: only added to, and to be looked at."""

    owner_path = "field__resource__dataset__owner"
    list_display = [
        "field",
        "since",
        labelled(words.GRADES, "grade", _("grade")),
        labelled(words.SHARE_TYPES, "share_type", _("share type")),
        labelled(words.OPEN_TYPES, "open_type", _("open type")),
        labelled(words.MASKS, "mask_kind", _("mask")),
        "concealed",
    ]
    list_filter = [("grade", InWords), ("share_type", InWords), ("open_type", InWords)]
    list_select_related = ["field__resource__dataset__owner"]
    search_fields = ["name"]
    ordering = ["-since", "-id"]
