"""The demand list: every department sees it, and each acts on what is its own."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.forms import demands as forms
from backoffice.forms.dressed import ReasonForm
from catalog import demands
from catalog.demands import MOVES, DemandStep
from catalog.models import Demand


def _open_to(step: DemandStep):
    return lambda demand: (demand.state, step) in MOVES


def _reasoned(verb: Any):
    return lambda press: verb(
        press.target.pk, reason=press.told["reason"], by=press.by, at=press.at
    )


def _told(verb: Any):
    return lambda press: verb(press.target.pk, **press.told, by=press.by, at=press.at)


def _raise(press: Press) -> None:
    demands.raise_demand(**press.told, by=press.by, at=press.at)


@admin.register(Demand)
class DemandDesk(Desk):
    """What departments need and the catalogue does not have."""

    list_display = [
        "id",
        "title_zh",
        "organization",
        "state",
        "provider",
        "dataset",
        "is_public",
        "raised_at",
        "moved_at",
    ]
    list_filter = ["state", "organization", "provider"]
    list_select_related = ["organization", "provider", "dataset"]
    search_fields = ["=id", "title_zh", "title_en", "description", "scene", "legal_basis"]
    ordering = ["-id"]
    list_buttons = (
        Button(
            name="raise",
            label=_("Say what is needed"),
            permission="catalog.raise_demand",
            press=_raise,
            done=_("The demand is on the list. The data authority finds whose duty it is."),
            note=_(
                "Look into the catalogue first: what is there already is asked for by a share"
                " request."
            ),
            form=forms.NewDemandForm,
        ),
    )
    buttons = (
        Button(
            name="accept",
            label=_("Name the duty"),
            permission="catalog.answer_demand",
            press=_told(demands.accept),
            done=_("The department with the duty has the demand now."),
            form=forms.AcceptDemandForm,
            offered=_open_to(DemandStep.ACCEPT),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="catalogue",
            label=_("Answer by a dataset"),
            permission="catalog.match_demand",
            press=_told(demands.catalogue),
            done=_("The department in need is told, and can ask for the dataset."),
            form=forms.CatalogueDemandForm,
            offered=_open_to(DemandStep.CATALOGUE),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="decline",
            label=_("Decline"),
            permission="catalog.answer_demand",
            press=_reasoned(demands.decline),
            done=_("The demand is declined; the department is told why."),
            form=ReasonForm,
            offered=_open_to(DemandStep.DECLINE),
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="satisfy",
            label=_("It serves us"),
            permission="catalog.raise_demand",
            press=_told(demands.satisfy),
            done=_("The demand is satisfied."),
            offered=_open_to(DemandStep.SATISFY),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="reopen",
            label=_("It is not what we need"),
            permission="catalog.raise_demand",
            press=_reasoned(demands.reopen),
            done=_("The demand is open again."),
            form=ReasonForm,
            offered=_open_to(DemandStep.REOPEN),
        ),
        Button(
            name="keep-back",
            label=_("Keep it from the public"),
            permission="catalog.keep_back_demand",
            press=_reasoned(demands.keep_back),
            done=_("The demand is off the public list. Departments see it as before."),
            note=_(
                "Demands are public, unless the public must not know that a department needs this."
            ),
            form=ReasonForm,
            offered=lambda demand: demand.told_to_all,
        ),
        Button(
            name="show",
            label=_("Let everybody read it"),
            permission="catalog.raise_demand",
            press=_told(demands.show),
            done=_("The demand stands on the public list."),
            note=_(
                "Everybody reads title, need, scene and legal basis as they were written, who"
                " needs it, whose duty it is, and what became of it."
            ),
            offered=lambda demand: not demand.told_to_all,
        ),
    )

    @admin.display(description=_("public"), boolean=True)
    def is_public(self, demand: Demand) -> bool:
        """Return whether everybody reads the demand."""
        return demand.told_to_all

    def _drawn(
        self, request: HttpRequest, buttons: Iterable[Button], row: Demand | None
    ) -> list[dict[str, Any]]:
        """Draw the buttons of a row for the department whose step it is, and the authority."""
        own = [button for button in buttons if row is None or _may(request, button, row)]
        return super()._drawn(request, own, row)


def _may(request: HttpRequest, button: Button, demand: Demand) -> bool:
    """Whether the step is this person's; before a duty is named, the authority alone matches."""
    if button.name != "catalogue":
        return request.user.has_perm(button.permission, demand.organization)
    if demand.provider is None:
        return request.user.has_perm("catalog.answer_demand")
    return request.user.has_perm(button.permission, demand.provider)
