"""Members who say they build for a company: checked by the data authority."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts import companies
from accounts.models import ClaimState, CompanyClaim, CompanyInvitation
from backoffice.buttons import Button
from backoffice.desk import Desk
from backoffice.forms.dressed import ReasonForm


def _waits(claim: CompanyClaim) -> bool:
    return claim.state == ClaimState.PENDING


@admin.register(CompanyClaim)
class CompanyClaimDesk(Desk):
    """Claims: compared with the register of companies, then approved or refused."""

    list_display = ["name", "uscc", "by", "state", "at", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["by"]
    search_fields = ["name", "uscc"]
    ordering = ["-id"]
    buttons = (
        Button(
            name="approve",
            label=_("Approve"),
            permission="accounts.decide_companyclaim",
            press=lambda press: companies.approve(press.target.pk, by=press.by, at=press.at),
            done=_("The member may build for the company now."),
            note=_(
                "Compare code and name with the national register of companies, and see that the"
                " member belongs to it. Whoever builds for a company there already is told."
            ),
            offered=_waits,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="refuse",
            label=_("Refuse"),
            permission="accounts.decide_companyclaim",
            press=lambda press: companies.refuse(
                press.target.pk, reason=press.told["reason"], by=press.by, at=press.at
            ),
            done=_("The claim is refused; the member reads why."),
            form=ReasonForm,
            offered=_waits,
            variant=ActionVariant.DANGER,
        ),
    )


@admin.register(CompanyInvitation)
class CompanyInvitationDesk(Desk):
    """Whom companies invited: to read. The companies themselves invite and take back."""

    list_display = ["company", "email", "role", "by", "at", "expires_at", "accepted_at"]
    list_filter = ["role", "accepted_at", "revoked_at"]
    list_select_related = ["company", "by"]
    search_fields = ["company__name_zh", "company__name_en", "email"]
    ordering = ["-id"]
    fields = [
        ("company", "role"),
        "email",
        ("by", "at", "expires_at"),
        ("accepted_by", "accepted_at"),
        "revoked_at",
    ]
