"""Datasets that are open by counts alone: the buttons at an entry, and the desk of the rules."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.forms.counting import CountingForm
from backoffice.forms.dressed import ReasonForm
from catalog.models import Dataset
from catalog.terms import State
from exchange import counted
from exchange.models import CountingRule


def _count_only(press: Press) -> None:
    told = press.told
    counted.count_only(
        press.target.pk,
        counted.named(press.target.pk, told["counted_by"]),
        smallest=told["smallest"],
        reason=told["reason"],
        by=press.by,
        at=press.at,
    )


def _count_rows(press: Press) -> None:
    counted.count_rows(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


def _lasting(dataset: Dataset) -> bool:
    return dataset.state != State.WITHDRAWN


def _can_be_lifted(dataset: Dataset) -> bool:
    unpublished = dataset.state not in {State.PUBLISHED, State.WITHDRAWN}
    return unpublished and CountingRule.objects.filter(dataset=dataset).exists()


AT_DATASET = (
    Button(
        name="count-only",
        label=_("Open by counts alone"),
        permission="exchange.count_only",
        press=_count_only,
        done=_("Everybody may have its rows counted, and nobody one by one."),
        note=_(
            "It acts at once. While the entry is published only the smallest group can be made"
            " larger; rows that somebody has taken already stay with them."
        ),
        form=CountingForm,
        offered=_lasting,
        variant=ActionVariant.DANGER,
    ),
    Button(
        name="count-rows",
        label=_("Open by rows"),
        permission="exchange.count_only",
        press=_count_rows,
        done=_("Once it is published, its rows are open one by one, as its fields allow."),
        form=ReasonForm,
        offered=_can_be_lifted,
    ),
)


@admin.register(CountingRule)
class CountingRuleDesk(Desk):
    """By what datasets are counted that are not open by rows; set at the entry."""

    owner_path = "dataset__owner"
    list_display = ["dataset", "smallest_group", "set_at", "set_by"]
    list_filter = ["set_at"]
    list_select_related = ["dataset__owner", "set_by"]
    search_fields = ["dataset__slug", "dataset__title_zh", "dataset__title_en", "reason"]
    ordering = ["-set_at", "-id"]
    fields = ["dataset", ("smallest_group", "counted_by"), "reason", ("set_by", "set_at")]
