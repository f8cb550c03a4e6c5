"""Regions and organisations."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts import organizations
from accounts.models import (
    Membership,
    Organization,
    Region,
    RegionBoundary,
)
from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.desks import listed
from backoffice.desks.beside import ShownOnly
from backoffice.forms import accounts as forms
from community import succession
from exchange import holdings


class MembershipsOf(ShownOnly):
    """Who does what in an organisation, or what a person does."""

    model = Membership
    fields = ["user", "organization", "role"]


@admin.register(Region)
class RegionDesk(Desk):
    """Regions."""

    list_display = ["code", "name_zh", "name_en", "code_system", "parent"]
    list_filter = ["code_system"]
    list_select_related = ["parent"]
    search_fields = ["code", "name_zh", "name_en", "parent__name_zh", "parent__name_en"]
    ordering = ["code"]
    list_buttons = (
        Button(
            name="create",
            label=_("Enter a region"),
            permission="accounts.create_region",
            press=lambda press: organizations.create_region(
                press.told.pop("code"), **press.told, by=press.by, at=press.at
            ),
            done=_("The region is entered."),
            form=forms.RegionForm,
        ),
        listed.REGIONS,
    )


@admin.register(RegionBoundary)
class RegionBoundaryDesk(Desk):
    """Where regions end; entered by `manage.py import_boundaries`."""

    list_display = ["region", "source", "source_en", "review_number", "entered_at"]
    list_select_related = ["region"]
    search_fields = ["region__code", "region__name_zh", "region__name_en", "source", "source_en"]
    ordering = ["region__code"]
    exclude = ["rings"]


def _create_organization(press: Press) -> None:
    told = press.told
    organizations.create(told.pop("slug"), **told, by=press.by, at=press.at)


def _is_open(row: Any) -> bool:
    return row.closed_at is None


@admin.register(Organization)
class OrganizationDesk(Desk):
    """Organisations: entered, closed, handed over; never deleted."""

    list_display = ["name_zh", "name_en", "kind", "uscc", "region", "closed_at"]
    list_filter = ["kind", "closed_at"]
    list_select_related = ["region"]
    search_fields = ["name_zh", "name_en", "slug", "uscc"]
    ordering = ["slug"]
    inlines = [MembershipsOf]
    list_buttons = (
        Button(
            name="create",
            label=_("Enter an organisation"),
            permission="accounts.create_organization",
            press=_create_organization,
            done=_("The organisation is entered."),
            form=forms.OrganizationForm,
        ),
    )
    buttons = (
        Button(
            name="close",
            label=_("Close"),
            permission="accounts.close_organization",
            press=lambda press: holdings.close(press.target.pk, by=press.by, at=press.at),
            done=_("The organisation is closed."),
            note=_("Its keys stop working and its people's roles in it end at once."),
            offered=_is_open,
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="transfer",
            label=_("Hand over to a successor"),
            permission="accounts.transfer_organization",
            press=lambda press: succession.transfer(
                press.target.pk, to=press.told["to"], by=press.by, at=press.at
            ),
            done=_("The organisation is handed over and closed."),
            note=_(
                "All it holds goes to the successor: datasets with their codes and addresses, "
                "sources, grants, apps and roles. What was written down stays as it was."
            ),
            form=forms.TransferForm,
            offered=_is_open,
        ),
    )
