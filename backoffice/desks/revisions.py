"""Changes of published entries, old and new side by side."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.forms.dressed import ReasonForm
from catalog.models import (
    Field,
    FieldTerms,
    Revision,
)
from catalog.terms import RevisionState
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


def _waits(revision: Revision) -> bool:
    return revision.state == RevisionState.PROPOSED


@admin.register(Revision)
class RevisionDesk(Desk):
    """Changes of published entries, old and new side by side."""

    owner_path = "dataset__owner"
    list_display = ["id", "dataset", "state", "loosens", "proposed_by", "proposed_at"]
    list_filter = ["state", "loosens"]
    list_select_related = ["dataset__owner", "proposed_by"]
    ordering = ["-id"]
    fields = [
        "dataset",
        "state",
        "side_by_side",
        "reason",
        ("proposed_by", "proposed_at"),
        ("decided_by", "decided_at"),
        "decision_reason",
    ]
    readonly_fields = ["side_by_side"]
    buttons = (
        Button(
            name="accept",
            label=_("Accept"),
            permission="exchange.decide_revision",
            press=_decide(accept=True),
            done=_("The change holds from now on."),
            form=ReasonForm,
            offered=_waits,
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

    @admin.display(description=_("changes"))
    def side_by_side(self, revision: Revision) -> str:
        """Show each change: field, what, old, new."""
        names = dict(
            Field.objects.filter(pk__in=[int(pk) for pk in revision.changes]).values_list(
                "pk", "name"
            )
        )
        lines = [
            (names.get(int(pk), pk), attribute, str(old), str(new))
            for pk, attributes in revision.changes.items()
            for attribute, (old, new) in attributes.items()
            if old != new
        ]
        return format_html_join("", "<p><code>{}</code> {}: {} → <b>{}</b></p>", lines)


@admin.register(FieldTerms)
class FieldTermsDesk(Desk):
    """What published fields stood under, day by day: only added to, and to be looked at."""

    owner_path = "field__resource__dataset__owner"
    list_display = ["field", "since", "grade", "share_type", "open_type", "mask_kind", "concealed"]
    list_filter = ["grade", "share_type", "open_type"]
    list_select_related = ["field__resource__dataset__owner"]
    search_fields = ["name"]
    ordering = ["-since", "-id"]
