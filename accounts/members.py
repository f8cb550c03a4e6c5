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

from accounts.models import User
from accounts.roles import NotAllowed
from audit import chain

PREFIX = "member-"


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
    if newcomer.password is None:
        user.set_unusable_password()
    else:
        validate_password(newcomer.password, user)
        user.set_password(newcomer.password)
    user.full_clean()
    user.save()
    chain.record("member.sign_up", f"user:{user.pk}", by=None, at=at)
    return user


@transaction.atomic
def confirmed(user: User, *, at: datetime) -> None:
    """Write down that a person confirmed their e-mail address."""
    chain.record("member.confirm", f"user:{user.pk}", by=user, at=at)


@transaction.atomic
def set_password(user: User, password: str, *, at: datetime) -> None:
    """Give a person the password they chose. Raises ValidationError for a weak one."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    chain.record("user.password", f"user:{user.pk}", by=user, at=at)


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
