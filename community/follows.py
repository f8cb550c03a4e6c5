"""Members follow datasets, and choose whether they are written to when something changes.

A list of what somebody reads says much about them. So it is shown to nobody else: no desk has it,
an entry of the audit trail says that the list was changed and not which dataset, the members' door
sees one person's rows at a time (`exchange.members_rights`), and closing the account deletes it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit import chain
from catalog.models import Dataset
from community import news, speaking
from community.models import Follow, Follower, Letters
from community.news import News
from community.refusals import FollowedEnough
from exchange.workflow import StepRefused

MOST = 200
"""Datasets that one member follows at once."""
SALT = "community.follows.stop"


@dataclass(frozen=True, slots=True)
class Followed:
    """A dataset on somebody's list, since when, and what changed of it."""

    dataset: Dataset
    since: datetime
    news: tuple[News, ...]


@transaction.atomic
def follow(dataset_id: int, *, language: str, by: User, at: datetime) -> Follow:
    """Put a published dataset on the own list; one that is there already stays as it is.

    `language` is that of the page, for letters that may be asked for. Raises NotAllowed,
    StepRefused (nothing to follow), FollowedEnough.
    """
    speaking.require_member(by)
    dataset = Dataset.objects.published().filter(pk=dataset_id).first()
    if dataset is None:
        raise StepRefused(_("Only what stands in the published catalogue can be followed."))
    follower = _entered(by, language=language, at=at)
    known = follower.follows.filter(dataset=dataset).first()
    if known is not None:
        return known
    if follower.follows.count() >= MOST:
        text = _("You follow %(most)s datasets, which is the most. Take one off your list first.")
        raise FollowedEnough(text % {"most": MOST})
    made = Follow.objects.create(follower=follower, dataset=dataset, since=at)
    chain.record("follow.add", f"user:{by.pk}", by=by, at=at)
    return made


@transaction.atomic
def unfollow(dataset_id: int, *, by: User, at: datetime) -> None:
    """Take a dataset off the own list; one that is not there is no matter. Raises NotAllowed."""
    speaking.require_member(by)
    follower = _held(user=by.pk)
    if follower is None or not follower.follows.filter(dataset=dataset_id).delete()[0]:
        return
    chain.record("follow.remove", f"user:{by.pk}", by=by, at=at)


@transaction.atomic
def choose_letters(letters: Letters, *, language: str, by: User, at: datetime) -> Follower:
    """Be written to, or not; the first letter tells of what changes from now on.

    Letters come in `language`, a code of the setting LANGUAGES. Raises NotAllowed.
    """
    speaking.require_member(by)
    follower = _entered(by, language=language, at=at)
    if (follower.letters, follower.language) == (letters, language):
        return follower
    if follower.letters != letters:
        follower.told_until = at
    follower.letters, follower.language = letters, language
    follower.save(update_fields=["letters", "language", "told_until"])
    chain.record("follow.letters", f"user:{by.pk}", by=by, at=at, letters=str(letters))
    return follower


@transaction.atomic
def stop_letters(person_id: int, *, at: datetime) -> None:
    """End somebody's letters by the link that stands in each: it asks for no sign-in. Repeatable.

    The list stays. Nothing happens where the account is closed or no letters were wanted.
    """
    follower = _held(user=person_id)
    if follower is None or follower.letters == Letters.NONE:
        return
    follower.letters = Letters.NONE
    follower.save(update_fields=["letters"])
    chain.record(
        "follow.letters", f"user:{person_id}", by=None, at=at, letters="none", by_link=True
    )


def stop_token(person_id: int) -> str:
    """Return the signed word by which somebody's letters are ended. It does not run out: a letter
    may be read years later, and all it can do is end letters."""
    return signing.dumps(person_id, salt=SALT)


def person_of_token(token: str) -> int | None:
    """Return whose letters a word ends, None where it was not signed here."""
    try:
        found = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return found if isinstance(found, int) else None


@transaction.atomic
def visit(*, by: User, at: datetime) -> datetime | None:
    """Note that somebody looks at their list; returns when they last did, None without a list.

    No audit entry: it moves nothing.
    """
    follower = _held(user=by.pk)
    if follower is None:
        return None
    before, follower.seen_at = follower.seen_at, at
    follower.save(update_fields=["seen_at"])
    return before


def follower_of(person: User) -> Follower | None:
    """Return how a member is written to, None for who never followed anything."""
    return Follower.objects.filter(user=person).first()


def is_followed(dataset: Dataset, *, by: User) -> bool:
    """Whether a dataset is on a member's list."""
    return Follow.objects.filter(follower__user=by, dataset=dataset).exists()


def followed(person: User, *, after: datetime, until: datetime) -> list[Followed]:
    """Return a member's list with what changed in a time, what changed last on top.

    Nothing from before a dataset was followed. Eight queries and those for files (`news.latest`).
    """
    rows = Follow.objects.filter(follower__user=person).select_related("dataset__owner")
    listed = list(rows.order_by("-since", "-pk"))
    found = news.latest([one.dataset_id for one in listed], after=after, until=until)
    told = [
        Followed(one.dataset, one.since, since(found.get(one.dataset_id, ()), one.since))
        for one in listed
    ]
    return sorted(told, key=_moved, reverse=True)


def _moved(one: Followed) -> tuple[bool, datetime]:
    """What changed stands above what did not; what moved last comes first."""
    return bool(one.news), max((told.at for told in one.news), default=one.since)


def since(found: tuple[News, ...], moment: datetime) -> tuple[News, ...]:
    """Return what is later than a moment."""
    return tuple(one for one in found if one.at > moment)


def forget(person_id: int) -> None:
    """Delete a member's list, in the transaction that closes the account, which is its entry."""
    Follower.objects.filter(user=person_id).delete()


def _entered(by: User, *, language: str, at: datetime) -> Follower:
    """Return a member as a follower, held until the verb ends: two at once come in turn."""
    spoken = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    told = {"since": at, "seen_at": at, "told_until": at, "language": spoken}
    Follower.objects.get_or_create(user=by, defaults=told)
    return Follower.objects.select_for_update().get(user=by)


def _held(*, user: int) -> Follower | None:
    return Follower.objects.select_for_update().filter(user=user).first()
