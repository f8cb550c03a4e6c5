"""Invitations: the address by which a person chooses a password, mailed, sent anew, looked after.

`accounts.people` enters the person and lets them accept; here is what happens in between.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.people import Invitation
from accounts.refusals import StepRefused
from accounts.roles import require
from audit import chain

log = logging.getLogger(__name__)


class Sent(StrEnum):
    """What became of the mail."""

    MAILED = "mailed"
    NO_ADDRESS = "no-address"
    FAILED = "failed"


@transaction.atomic
def again(user_id: int, *, by: User, at: datetime) -> Invitation:
    """Invite a person anew: the address before, and the password of now, stop working at once.

    Raises NotAllowed; StepRefused if the person has left, and for an invitation of oneself.
    """
    require(by, "accounts.invite_user")
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if not user.is_active:
        text = _("%(person)s has left and takes no further part. Choose another person.")
        raise StepRefused(text % {"person": user}, "person-left")
    if user.pk == by.pk:
        text = _("You cannot invite yourself. Change your password on the page of your account.")
        raise StepRefused(text, "own-invitation")
    # another random mark, so that every token made before is void
    user.set_unusable_password()
    user.invited_at = at
    user.save(update_fields=["password", "invited_at"])
    chain.record("user.invite", f"user:{user.pk}", by=by, at=at, again=True)
    return Invitation(user, default_token_generator.make_token(user))


def send(user: User, address: str) -> Sent:
    """Mail a person the address of their invitation, in Chinese and English.

    Call it after the verb's commit. The address is a secret: it is not logged.
    """
    if not user.email:
        return Sent.NO_ADDRESS

    def written() -> tuple[str, str]:
        text = _(
            "%(name)s, you are invited to the city data exchange, with the user name "
            "“%(username)s”. Choose your password at the address below within %(days)s days. "
            "The address works once; pass it on to nobody."
        )
        terms = {"name": user.name, "username": user.username, "days": settings.INVITATION_DAYS}
        return _("Invitation to the city data exchange"), text % terms

    return letter(user.email, written, address)


def letter(to: str, written: Callable[[], tuple[str, str]], address: str) -> Sent:
    """Mail a secret address in Chinese and English; it is not logged, nor whom it was for.

    `written` returns subject and text in the language that is active.
    """
    subjects, texts = [], []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            subject, text = written()
        subjects.append(" ".join(subject.split()))  # a name may hold the end of a line
        texts.append(text)
    try:
        EmailMessage(" / ".join(subjects), "\n\n".join([*texts, address]), to=[to]).send()
    except (OSError, SMTPException) as failure:
        log.warning("an invitation was not mailed: %s", type(failure).__name__)
        return Sent.FAILED
    return Sent.MAILED


def not_accepted(people: QuerySet[User]) -> QuerySet[User]:
    """Return those of `people` who were invited and have not chosen a password yet."""
    return people.filter(
        is_active=True, invited_at__isnull=False, password__startswith=UNUSABLE_PASSWORD_PREFIX
    )


def days_open(user: User, *, at: datetime) -> int | None:
    """Return for how many whole days an invitation has waited; None where none is open."""
    if user.invited_at is None or not user.is_active or user.has_usable_password():
        return None
    return (at - user.invited_at).days
