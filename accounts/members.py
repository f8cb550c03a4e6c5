"""Verbs on members: citizens and people at companies who sign up by themselves.

They sign in by e-mail at the members' door. Their user name is a random word that nobody types, so
that the audit trail, which names people by it, holds no e-mail address. Whoever holds a role of
the back office is no member: they sign in at the office, behind its second factor.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import passwords
from accounts.models import (
    ApiKey,
    App,
    ClaimState,
    CompanyClaim,
    Membership,
    Organization,
    OrganizationKind,
    User,
)
from accounts.people import lock_organizations, lock_people
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, Role
from audit import chain

PREFIX = "member-"
OWN_APPS = 3
"""Apps that a citizen has at once."""
ERASED = "已注销 / account closed"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody says of themselves who signs up. Without a password they come by OIDC."""

    name: str
    email: str
    password: str | None = None


@transaction.atomic
def sign_up(newcomer: Newcomer, *, at: datetime) -> User:
    """Enter a person who signed up. Asks no right; they hold none until they have an app.

    Raises ValidationError for a name, address or password that cannot be.
    """
    user = User(
        username=f"{PREFIX}{secrets.token_hex(8)}",
        name=newcomer.name,
        email=newcomer.email.lower(),
        created_at=at,
    )
    passwords.begin(user, newcomer.password)
    user.full_clean()
    user.save()
    chain.record("member.sign_up", f"user:{user.pk}", by=None, at=at)
    return user


@transaction.atomic
def confirmed(user: User, *, at: datetime) -> None:
    """Write down that a person confirmed their e-mail address."""
    chain.record("member.confirm", f"user:{user.pk}", by=user, at=at)


@transaction.atomic
def linked(user: User, *, vouched: bool, at: datetime) -> None:
    """Write down that an account opens by way of the OpenID Connect server, too.

    `vouched`: whether that server has checked the e-mail address.
    """
    chain.record("member.link", f"user:{user.pk}", by=user, at=at, vouched=vouched)


def is_linked(user: User) -> bool:
    """Whether an account opens by way of the OpenID Connect server."""
    held = getattr(user, "socialaccount_set", None)  # not where nobody signs in
    return held is not None and held.exists()


@transaction.atomic
def unlink(user_id: int, *, by: User, at: datetime) -> None:
    """Take back that a person's own account opens by way of the OpenID Connect server.

    Raises NotAllowed for another's, StepRefused where nothing is linked, or no password is there
    to sign in by.
    """
    if by.pk != user_id:
        raise NotAllowed(_("A link with another sign-in is taken back by its owner alone."))
    [user] = lock_people(user_id)
    if not is_linked(user):
        text = _("Your account is linked with no other sign-in, so there is nothing to take back.")
        raise StepRefused(text, "not-linked")
    if not user.has_usable_password():
        text = _(
            "Without the link you could not sign in, since you have no password here. Choose one"
            " first: “I forgot my password” at sign-in."
        )
        raise StepRefused(text, "no-password")
    user.socialaccount_set.all().delete()  # type: ignore[attr-defined]  # allauth's
    chain.record("member.unlink", f"user:{user.pk}", by=by, at=at)


@transaction.atomic
def set_password(user: User, password: str, *, at: datetime) -> None:
    """Give a person the password they chose. Raises ValidationError for a weak one."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    chain.record("user.password", f"user:{user.pk}", by=user, at=at)


@transaction.atomic
def own_place(*, by: User, at: datetime) -> Organization:
    """Return the place to which a citizen's own apps belong; made at the first look.

    It names nobody: its name stands in figures and in the trail of deliveries.
    """
    [by] = lock_people(by.pk)
    found = own_place_of(by)
    if found is not None:
        return found
    word = secrets.token_hex(4)
    place = Organization(
        kind=OrganizationKind.COMPANY,
        slug=f"citizen-{word}",
        name_zh=f"个人开发者 {word}",
        name_en=f"Individual developer {word}",
        created_at=at,
    )
    place.full_clean()
    place.save()
    Membership.objects.create(user=by, organization=place, role=Role.DEVELOPER)
    chain.record("member.place", f"organization:{place.pk}", by=by, at=at, name=place.name_zh)
    return place


def own_place_of(user: User) -> Organization | None:
    """Return the place of a citizen's own apps, None where there is none yet."""
    places = Organization.objects.open().filter(uscc=None, memberships__user=user)
    return places.first()


def places_of(user: User) -> list[Organization]:
    """Return where a member builds: their own place, and companies; no department."""
    places = Organization.objects.open().filter(
        kind=OrganizationKind.COMPANY,
        memberships__user=user,
        memberships__role=Role.DEVELOPER,
    )
    return list(places.order_by("pk"))


@dataclass(frozen=True, slots=True)
class Farewell:
    """What ends with an account: its keys, the apps that nobody else looks after."""

    keys: int
    apps: tuple[App, ...]


def farewell(user: User) -> Farewell:
    """Return what ends with a person's account. Asks no right: it is told to the person."""
    apps = tuple(_alone(user))
    keys = _keys_of(user, apps)
    return Farewell(keys.count(), apps)


@transaction.atomic
def close(user_id: int, *, by: User, at: datetime) -> User:
    """Close a person's own account. Name and e-mail address are erased, and cannot come back.

    Keys of apps they registered, whose text they may know, are revoked; apps that nobody else
    looks after are closed. What the trail says of the day stays as it was (PIPL art. 47: what has
    to be kept by law is kept, and used for nothing else). Raises NotAllowed for another's,
    StepRefused for who alone answers for a company that others build for.
    """
    if by.pk != user_id:
        raise NotAllowed(_("An account is closed by its owner alone."))
    refuse_office(by)
    held = Membership.objects.filter(user=user_id)
    lock_organizations(*held.values_list("organization_id", flat=True))
    [user] = lock_people(user_id)
    _refuse_orphans(user)
    apps = tuple(_alone(user))
    keys = _keys_of(user, apps)
    prefixes = sorted(keys.values_list("prefix", flat=True))
    chain.record(
        "member.close",
        f"user:{user.pk}",
        by=user,
        at=at,
        keys_revoked=prefixes,
        apps_closed=[f"app:{app.pk}" for app in apps],
    )
    keys.update(revoked_at=at)
    App.objects.filter(pk__in=[app.pk for app in apps]).update(closed_at=at)
    own = own_place_of(user)
    user.memberships.all().delete()
    if own is not None:
        Organization.objects.filter(pk=own.pk).update(closed_at=at)
    return _erase(user, at)


def _refuse_orphans(user: User) -> None:
    """Raise StepRefused where a company would be left with people and nobody to answer for it."""
    answered = user.memberships.filter(role=Role.RESPONSIBLE, organization__closed_at=None)
    for held in answered.select_related("organization"):
        others = Membership.objects.filter(
            organization=held.organization, user__is_active=True
        ).exclude(user=user)
        if others.exists() and not others.filter(role=Role.RESPONSIBLE).exists():
            text = _(
                "You are the only one who answers for “%(company)s”, and others build for it."
                " Appoint one of them first, on the page of the company."
            )
            raise StepRefused(text % {"company": held.organization}, "last-responsible")


def _erase(user: User, at: datetime) -> User:
    """Take out of an account what names its owner."""
    for rows in ("emailaddress_set", "socialaccount_set", "past_passwords"):
        related = getattr(user, rows, None)
        if related is not None:
            related.all().delete()
    waiting = CompanyClaim.objects.filter(by=user, state=ClaimState.PENDING)
    waiting.update(state=ClaimState.WITHDRAWN)
    user.name, user.email = ERASED, ""
    user.is_active, user.deactivated_at = False, at
    user.set_unusable_password()
    user.save()
    return user


def _alone(user: User) -> list[App]:
    """Return the open apps for which nobody but this person is there."""
    places = [
        place
        for place in places_of(user)
        if not place.memberships.filter(role=Role.DEVELOPER).exclude(user=user).exists()
    ]
    return list(App.objects.filter(organization__in=places, closed_at=None).order_by("pk"))


def _keys_of(user: User, apps: tuple[App, ...]):
    own = ApiKey.objects.filter(app__created_by=user)
    theirs = ApiKey.objects.filter(app__in=[app.pk for app in apps])
    return ApiKey.objects.filter(
        pk__in=own.values("pk").union(theirs.values("pk")), revoked_at=None
    )


def refuse_many(place: Organization) -> None:
    """Raise StepRefused where a citizen has as many apps as one may."""
    if place.is_personal and place.apps.filter(closed_at=None).count() >= OWN_APPS:
        text = _(
            "You have %(most)s apps of your own, as many as a citizen may. Close one, or build "
            "for a company."
        )
        raise StepRefused(text % {"most": OWN_APPS}, "apps-enough")


def by_email(email: str) -> User | None:
    """Return the active member of that address; nobody who works in the back office is one."""
    found = User.objects.filter(email__iexact=email, is_active=True).order_by("pk")
    return next((user for user in found if not user.is_staff), None)


def is_member(user: User) -> bool:
    """Whether a person signs in at the members' door."""
    return user.is_active and not user.is_staff


def refuse_office(user: User) -> None:
    """Raise NotAllowed for who works in the back office."""
    if not is_member(user):
        text = _(
            "You work in the back office, so you sign in there and not here: at /office/. "
            "For what you do as a citizen, sign up with an e-mail address of your own."
        )
        raise NotAllowed(text)
