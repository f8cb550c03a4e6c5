"""People, their roles, invitations and second factors."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
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
from unfold.enums import ActionVariant

from accounts import delegations, invitations, people, second_factor, sign_in
from accounts.invitations import Sent
from accounts.models import Delegation, Membership, PastPassword, RecoveryCode, SecondFactor, User
from accounts.people import Invitation, Newcomer
from accounts.roles import Role
from backoffice.buttons import REFUSALS, Button, Press, Shown, sentence
from backoffice.desk import Desk
from backoffice.desks.accounts import MembershipsOf
from backoffice.forms import accounts as forms
from exchange import leaving


def _create_person(press: Press) -> None:
    people.create(Newcomer(**press.told), by=press.by, at=press.at)


def _invite(press: Press) -> Shown:
    return _handed_over(people.invite(Newcomer(**press.told), by=press.by, at=press.at), press)


def _invite_again(press: Press) -> Shown:
    return _handed_over(invitations.again(press.target.pk, by=press.by, at=press.at), press)


def _handed_over(invited: Invitation, press: Press) -> Shown:
    """Mail the invitation's address, and show it this once."""
    address = reverse("admin:accounts_user_accept", args=[invited.user.pk, invited.token])
    sent = invitations.send(invited.user, f"{settings.PUBLIC_BASE_URL}{address}")
    said = {
        Sent.MAILED: _("It was mailed to %(email)s. It is shown here once, and works once."),
        Sent.NO_ADDRESS: _(
            "Hand this address over on a safe way. It is shown once and works once."
        ),
        Sent.FAILED: _(
            "The mail to %(email)s could not be sent. Hand this address over on a safe way. It is "
            "shown once and works once."
        ),
    }
    return Shown(
        title=_("The person is invited"),
        note=str(said[sent]) % {"email": invited.user.email},
        lines=((_("Address"), press.request.build_absolute_uri(address)),),
    )


class InvitationFilter(admin.SimpleListFilter):
    """Those who have not accepted their invitation."""

    title = _("invitation")
    parameter_name = "invitation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's signature
        """Return what can be chosen."""
        return [("open", _("not accepted yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:  # noqa: ARG002 - Django's signature
        """Return the people to be listed."""
        return invitations.not_accepted(queryset) if self.value() == "open" else queryset


def _grant_role(press: Press) -> None:
    people.grant_role(
        press.target.pk,
        Role(press.told["role"]),
        press.told["organization"],
        by=press.by,
        at=press.at,
    )


def _deactivate(press: Press) -> None:
    leaving.leave(press.target.pk, hand_over_to=press.told["to"], by=press.by, at=press.at)


def _is_locked(user: User) -> bool:
    return sign_in.locked_until(user.username, at=timezone.now()) is not None


@admin.register(User)
class UserDesk(Desk):
    """People: entered, given roles, deactivated."""

    list_display = ["username", "name", "email", "is_active", "last_login", "invitation"]
    list_filter = ["is_active", "memberships__role", InvitationFilter]
    search_fields = ["username", "name", "email"]
    ordering = ["username"]
    fields = [
        "username",
        "name",
        "email",
        "is_active",
        "created_at",
        "deactivated_at",
        "invitation",
        "last_login",
        "locked_until",
        "two_factors",
    ]
    readonly_fields = ["invitation", "locked_until", "two_factors"]
    inlines = [MembershipsOf]
    list_buttons = (
        Button(
            name="invite",
            label=_("Invite a person"),
            permission="accounts.invite_user",
            press=_invite,
            done="",
            form=forms.PersonForm,
            note=_(
                "They choose their password themselves, by an address that is mailed to them "
                "and shown to you once."
            ),
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
            name="invite_again",
            label=_("Invite again"),
            permission="accounts.invite_user",
            press=_invite_again,
            done="",
            note=_(
                "For an invitation that was lost or is too old, or a forgotten password. The "
                "address before and the password of now stop working at once."
            ),
            offered=lambda user: user.is_active,
        ),
        Button(
            name="unlock",
            label=_("Unlock the sign-in"),
            permission="accounts.unlock_user",
            press=lambda press: sign_in.unlock(press.target.pk, by=press.by, at=press.at),
            done=_("The person can try to sign in again at once."),
            note=_("Do so when you know that it was they who mistyped."),
            offered=_is_locked,
        ),
        Button(
            name="reset_factor",
            label=_("Reset the second factor"),
            permission="accounts.reset_second_factor",
            press=lambda press: second_factor.reset(press.target.pk, by=press.by, at=press.at),
            done=_("The second factor is reset. The person sets up a new one."),
            note=_(
                "Do so when you have made sure that it is they who lost it: until they set up a "
                "new one, the password alone opens their account."
            ),
            offered=second_factor.has,
            variant=ActionVariant.DANGER,
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

    @admin.display(description=_("invitation"), ordering="invited_at")
    def invitation(self, user: User) -> str:
        """Return how long an invitation has been waiting, "" where none is."""
        days = invitations.days_open(user, at=timezone.now())
        if days is None:
            return ""
        if days >= settings.INVITATION_DAYS:
            return gettext("ran out, %(days)s days old") % {"days": days}
        return gettext("waiting, %(days)s days old") % {"days": days}

    @admin.display(description=_("sign-in locked until"))
    def locked_until(self, user: User) -> Any:
        """Return when a lock on the person's sign-in ends."""
        return sign_in.locked_until(user.username, at=timezone.now())

    @admin.display(description=_("second factor"), boolean=True)
    def two_factors(self, user: User) -> bool:
        """Return whether the person signs in with two factors."""
        return second_factor.has(user)

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


@admin.register(Delegation)
class DelegationDesk(Desk):
    """Who acts for whom while they are away."""

    owner_path = "organization"
    list_display = ["holder", "to", "role", "organization", "from_on", "until", "ended_at"]
    list_filter = ["role", "from_on", "until"]
    list_select_related = ["holder", "to", "organization"]
    search_fields = ["holder__name", "to__name", "organization__name_zh"]
    ordering = ["-from_on", "-pk"]
    fields = [
        ("holder", "to"),
        ("role", "organization"),
        ("from_on", "until"),
        "reason",
        "made_at",
        ("ended_at", "ended_by"),
    ]
    buttons = (
        Button(
            name="end",
            label=_("End the delegation"),
            permission="accounts.revoke_role",
            press=lambda press: delegations.end(press.target.pk, by=press.by, at=press.at),
            done=_("The delegation has ended: the colleague's next step is refused."),
            offered=lambda row: row.ended_at is None,
            variant=ActionVariant.DANGER,
        ),
    )


@admin.register(SecondFactor)
class SecondFactorDesk(Desk):
    """Who signs in with a second factor. Its secret is shown to nobody."""

    list_display = ["user", "confirmed", "confirmed_at", "wrong_codes"]
    list_filter = ["confirmed"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__name"]
    ordering = ["user"]
    fields = ["user", "confirmed", "confirmed_at", "wrong_codes"]
    readonly_fields = ["wrong_codes"]

    @admin.display(description=_("wrong codes in a row"))
    def wrong_codes(self, factor: SecondFactor) -> int:
        """Return how many wrong codes came since the last right one."""
        return factor.throttling_failure_count


@admin.register(RecoveryCode)
class RecoveryCodeDesk(Desk):
    """How many recovery codes are left, and when one was used. The codes are not known."""

    list_display = ["factor", "used_at"]
    list_select_related = ["factor__user"]
    search_fields = ["factor__user__username", "factor__user__name"]
    ordering = ["factor", "used_at"]
    fields = ["factor", "used_at"]


@admin.register(PastPassword)
class PastPasswordDesk(Desk):
    """Since when people have their passwords."""

    list_display = ["user", "set_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__name"]
    ordering = ["-set_at"]
    fields = ["user", "set_at"]
