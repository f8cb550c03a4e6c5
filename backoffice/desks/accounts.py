"""Organisations, people, roles, apps and keys."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import TabularInline
from unfold.enums import ActionVariant

from accounts import developers, keys, organizations, people
from accounts.models import ApiKey, App, Membership, Organization, Region, User
from accounts.people import Newcomer
from accounts.roles import Role
from backoffice.buttons import REFUSALS, Button, Press, Shown, sentence
from backoffice.desk import Desk
from backoffice.forms import accounts as forms


class ShownOnly(TabularInline):
    """Rows beside another row, to read."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are made by verbs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are changed by verbs."""
        return False


class MembershipsOf(ShownOnly):
    """Who does what in an organisation, or what a person does."""

    model = Membership
    fields = ["user", "organization", "role"]


class KeysOf(ShownOnly):
    """An app's keys."""

    model = ApiKey
    fields = ["prefix", "label", "created_at", "expires_at", "revoked_at"]


@admin.register(Region)
class RegionDesk(Desk):
    """Regions."""

    list_display = ["code", "name_zh", "name_en", "code_system", "parent"]
    list_select_related = ["parent"]
    search_fields = ["code", "name_zh", "name_en"]
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
    )


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
            press=lambda press: organizations.close(press.target.pk, by=press.by, at=press.at),
            done=_("The organisation is closed."),
            note=_("Its keys stop working and its people's roles in it end at once."),
            offered=_is_open,
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="transfer",
            label=_("Hand over to a successor"),
            permission="accounts.transfer_organization",
            press=lambda press: organizations.transfer(
                press.target.pk, to=press.told["to"], by=press.by, at=press.at
            ),
            done=_("The organisation is handed over and closed."),
            form=forms.TransferForm,
            offered=_is_open,
        ),
    )


def _create_person(press: Press) -> None:
    people.create(Newcomer(**press.told), by=press.by, at=press.at)


def _invite(press: Press) -> Shown:
    invited = people.invite(Newcomer(**press.told), by=press.by, at=press.at)
    address = reverse("admin:accounts_user_accept", args=[invited.user.pk, invited.token])
    return Shown(
        title=_("The person is invited"),
        note=_("Hand this address over on a safe way. It is shown once and works once."),
        lines=((_("Address"), press.request.build_absolute_uri(address)),),
    )


def _grant_role(press: Press) -> None:
    people.grant_role(
        press.target.pk,
        Role(press.told["role"]),
        press.told["organization"],
        by=press.by,
        at=press.at,
    )


def _deactivate(press: Press) -> None:
    people.deactivate(press.target.pk, hand_over_to=press.told["to"], by=press.by, at=press.at)


@admin.register(User)
class UserDesk(Desk):
    """People: entered, given roles, deactivated."""

    list_display = ["username", "name", "email", "is_active", "last_login"]
    list_filter = ["is_active", "memberships__role"]
    search_fields = ["username", "name", "email"]
    ordering = ["username"]
    fields = [
        "username",
        "name",
        "email",
        "is_active",
        "created_at",
        "deactivated_at",
        "last_login",
    ]
    inlines = [MembershipsOf]
    list_buttons = (
        Button(
            name="invite",
            label=_("Invite a person"),
            permission="accounts.invite_user",
            press=_invite,
            done="",
            form=forms.PersonForm,
            note=_("They choose their password themselves, by an address that you hand over."),
        ),
        Button(
            name="create",
            label=_("Enter a person"),
            permission="accounts.create_user",
            press=_create_person,
            done=_("The person is entered. Give a role next: without one they see nothing."),
            form=forms.PersonWithPasswordForm,
        ),
    )
    buttons = (
        Button(
            name="grant",
            label=_("Give a role"),
            permission="accounts.grant_role",
            press=_grant_role,
            done=_("The role is given."),
            form=forms.RoleForm,
            offered=lambda user: user.is_active,
        ),
        Button(
            name="deactivate",
            label=_("Deactivate"),
            permission="accounts.deactivate_user",
            press=_deactivate,
            done=_("The person is deactivated."),
            note=_("Access ends at once. What only they could do goes to whom you name."),
            form=forms.HandOverForm,
            offered=lambda user: user.is_active,
            variant=ActionVariant.DANGER,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which an invited person, not yet signed in, chooses a password."""
        address = "invitation/<int:user_id>/<str:token>/"
        return [
            path(address, self.accept_view, name="accounts_user_accept"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def accept_view(self, request: HttpRequest, user_id: int, token: str) -> HttpResponse:
        """Let an invited person choose their password."""
        person = User.objects.filter(pk=user_id).first()
        if person is None:
            raise Http404
        form = forms.PasswordForm(
            request.POST if request.method == "POST" else None, by=person, target=person
        )
        if request.method == "POST" and form.is_valid():
            try:
                people.accept(
                    user_id,
                    token=token,
                    password=form.cleaned_data["password"],
                    at=timezone.now(),
                )
            except REFUSALS as refusal:
                form.add_error(None, sentence(refusal))
            else:
                messages.success(request, gettext("Your password is set. Sign in with it."))
                return redirect("admin:login")
        context = self.admin_site.each_context(request) | {
            "title": gettext("Choose your password"),
            "form": form,
            "person": person,
        }
        return TemplateResponse(request, "backoffice/accept.html", context)


def _revoke_role(press: Press) -> None:
    held = press.target
    people.revoke_role(held.user_id, Role(held.role), held.organization, by=press.by, at=press.at)


@admin.register(Membership)
class MembershipDesk(Desk):
    """Who does what, where."""

    owner_path = "organization"
    list_display = ["user", "role", "organization"]
    list_filter = ["role"]
    list_select_related = ["user", "organization"]
    search_fields = ["user__username", "user__name", "organization__name_zh"]
    ordering = ["organization", "user"]
    buttons = (
        Button(
            name="revoke",
            label=_("Take the role away"),
            permission="accounts.revoke_role",
            press=_revoke_role,
            done=_("The role is taken away."),
            note=_("The person's next step is already refused."),
            variant=ActionVariant.DANGER,
        ),
    )


def _issue(press: Press) -> Shown:
    last = press.told["expires_on"] + timedelta(days=1)
    issued = keys.issue(
        press.target,
        by=press.by,
        at=press.at,
        expires_at=timezone.make_aware(datetime.combine(last, time.min)),
        label=press.told["label"],
    )
    return Shown(
        title=_("The key is made"),
        note=_("Copy it now: it is shown this once, and only its digest is kept."),
        lines=((_("Key"), issued.raw), (_("Header"), f"X-API-Key: {issued.raw}")),
    )


@admin.register(App)
class AppDesk(Desk):
    """Developers' apps."""

    owner_path = "organization"
    list_display = ["name", "organization", "created_at", "closed_at"]
    list_filter = ["closed_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "organization__name_zh", "organization__name_en"]
    ordering = ["-id"]
    inlines = [KeysOf]
    list_buttons = (
        Button(
            name="create",
            label=_("Register an app"),
            permission="accounts.create_app",
            press=lambda press: developers.create_app(
                press.told["organization"], press.told["name"], by=press.by, at=press.at
            ),
            done=_("The app is registered. Make a key for it next."),
            form=forms.AppForm,
        ),
    )
    buttons = (
        Button(
            name="key",
            label=_("Make a key"),
            permission="accounts.create_key",
            press=_issue,
            done="",
            form=forms.KeyForm,
            offered=_is_open,
        ),
        Button(
            name="close",
            label=_("Close"),
            permission="accounts.close_app",
            press=lambda press: developers.close_app(press.target.pk, by=press.by, at=press.at),
            done=_("The app is closed; its keys are refused from the next call on."),
            offered=_is_open,
            variant=ActionVariant.DANGER,
        ),
    )


def _set_quota(press: Press) -> None:
    keys.set_quota(press.target.pk, **press.told, by=press.by, at=press.at)


@admin.register(ApiKey)
class ApiKeyDesk(Desk):
    """Keys: recognised by their beginning; the key itself is nowhere."""

    owner_path = "app__organization"
    list_display = ["prefix", "app", "label", "expires_at", "revoked_at", "daily_quota"]
    list_filter = ["revoked_at", "expires_at"]
    list_select_related = ["app__organization"]
    search_fields = ["prefix", "label", "app__name"]
    ordering = ["-id"]
    fields = [
        "app",
        "prefix",
        "label",
        "created_at",
        "expires_at",
        "revoked_at",
        "rate_per_minute",
        "daily_quota",
    ]
    buttons = (
        Button(
            name="quota",
            label=_("Set the quota"),
            permission="accounts.set_quota",
            press=_set_quota,
            done=_("The quota is set."),
            form=forms.QuotaForm,
        ),
        Button(
            name="revoke",
            label=_("Revoke"),
            permission="accounts.revoke_key",
            press=lambda press: keys.revoke(press.target.pk, by=press.by, at=press.at),
            done=_("The key is revoked: the next call with it is refused."),
            offered=lambda key: key.revoked_at is None,
            variant=ActionVariant.DANGER,
        ),
    )
