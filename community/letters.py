"""The daily letter to who follows datasets: what changed, in the person's language, and a way out.

Each letter is one transaction: its follower is locked, the letter is handed to the mail server,
and that the day is done is written down. So two workers never write to the same person, a second
turn on the same day writes to nobody again, and a process that dies between handing over and
writing down repeats that one letter, at most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core import mail
from django.db import transaction
from django.db.models import F, Min, Prefetch, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import mailing, notices
from accounts.mailing import Handed
from catalog.bilingual import choose
from catalog.models import Dataset
from community import follows, news
from community.models import Follow, Follower, Letters
from community.news import Latest, News

FROM_HOUR = 8
"""The hour of the city from which the letters of a day go out."""
SETTLED = timedelta(hours=1)
"""What is younger waits for the next letter: its transaction may not have ended, as where a large
table is filled anew."""
A_TURN = 500
"""Letters that one turn writes; the others come with the next."""
AT_ONCE = 100
"""Followers that are read at once."""

Told = Sequence[tuple[Dataset, tuple[News, ...]]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn: at which moment, for the letters of which day, of what changed until when."""

    at: datetime

    @property
    def day(self) -> date:
        return timezone.localdate(self.at)

    @property
    def until(self) -> datetime:
        return self.at - SETTLED


def write_due(*, at: datetime) -> int:
    """Write the letters of the day that are not written yet, A_TURN at most; returns how many.

    Nine queries, those that news asks of files (`news.latest`), three more for every AT_ONCE
    followers, and two for a letter; one where nobody waits. An address that the mail server does
    not take for now is tried again later by itself; a server that is down leaves the rest for the
    next turn.
    """
    turn = _Turn(at)
    if timezone.localtime(at).hour < FROM_HOUR:
        return 0
    waiting = _waiting(turn)
    earliest = waiting.aggregate(earliest=Min("told_until"))["earliest"]
    if earliest is None:
        return 0
    followed = Follow.objects.filter(follower__in=waiting.values("pk")).values("dataset")
    found = news.latest(followed, after=earliest, until=turn.until)
    written = 0
    for follower_id, told in _to_write(waiting, found, turn):
        handed = _write(follower_id, told, turn)
        written += handed == Handed.TAKEN
        if written >= A_TURN or handed == Handed.NO_SERVER:
            break
    return written


def _to_write(
    waiting: QuerySet[Follower], found: Latest, turn: _Turn
) -> Iterator[tuple[int, Told]]:
    """Yield whom to tell what. The day of those to whom there is nothing to tell is done."""
    for batch in _batches(waiting):
        told = {one.pk: _told(one, found) for one in batch}
        _done(waiting.filter(pk__in=[pk for pk, what in told.items() if not what]), turn)
        yield from ((pk, what) for pk, what in told.items() if what)


def _waiting(turn: _Turn) -> QuerySet[Follower]:
    """Followers who want letters and whose day is not done; nobody whose account is closed, nor
    whose letter waits for the mail server to take it."""
    undone = Q(written_on=None) | Q(written_on__lt=turn.day)
    due = Q(letter_due_at=None) | Q(letter_due_at__lte=turn.at)
    wanted = Follower.objects.filter(undone, due, letters=Letters.DAILY, user__is_active=True)
    return wanted.exclude(user__email="")


def _batches(waiting: QuerySet[Follower]) -> Iterator[list[Follower]]:
    """Yield the followers with their lists, AT_ONCE at a time, in the order of their numbers."""
    last = 0
    lists = Prefetch("follows", Follow.objects.select_related("dataset"))
    while True:
        rows = waiting.filter(pk__gt=last).order_by("pk").prefetch_related(lists)
        batch = list(rows[:AT_ONCE])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def _told(follower: Follower, found: Latest) -> Told:
    """Return of which datasets a follower is told what, what was followed first on top."""
    rows = [
        (one.dataset, follows.since(found[one.dataset_id], max(one.since, follower.told_until)))
        for one in sorted(follower.follows.all(), key=lambda one: one.pk)
        if one.dataset_id in found
    ]
    return [(dataset, what) for dataset, what in rows if what]


def _done(rows: QuerySet[Follower], turn: _Turn) -> None:
    """Note that a day is done; letters chosen a moment ago tell of nothing from before that."""
    rows.update(
        written_on=turn.day,
        told_until=Greatest(F("told_until"), turn.until),
        letter_due_at=None,
        letter_tries=0,
    )


@transaction.atomic
def _write(follower_id: int, told: Told, turn: _Turn) -> Handed | None:
    """Write one letter, and return what became of it; None where there was none to write.

    An address that is refused for good has its day done. One that is not taken for now is told
    the same later, with what is new by then.
    """
    rows = _waiting(turn).filter(pk=follower_id)
    held = rows.select_related("user").select_for_update(skip_locked=True, of=("self",)).first()
    if held is None:  # another worker has it, or letters were ended meanwhile
        return None
    handed = mailing.hand_over(letter(held, told))
    own = Follower.objects.filter(pk=held.pk)
    if handed == Handed.NO_SERVER:
        own.update(letter_due_at=turn.at + mailing.REST)
    elif handed == Handed.LATER:
        _put_off(held, own, turn)
    else:
        _done(own, turn)
    return handed


def _put_off(held: Follower, own: QuerySet[Follower], turn: _Turn) -> None:
    """Write later, or give up what was to be told: the operators hear of that, not of whom."""
    tries = held.letter_tries + 1
    due_at = mailing.next_try(tries, at=turn.at)
    if due_at is None:
        receiver = gettext_lazy("somebody who follows datasets")
        notices.tell_of_lost_mail("letters:followers", receiver, at=turn.at)
        _done(own, turn)
    else:
        own.update(letter_tries=tries, letter_due_at=due_at)


def letter(follower: Follower, told: Told) -> mail.EmailMessage:
    """Return the letter that tells a follower what changed, in their language.

    Its headers let a mail program end the letters with one press (RFC 8058).
    """
    token = follows.stop_token(follower.user_id)
    stop = f"{settings.PUBLIC_BASE_URL}/my/followed/stop/{token}/"
    with translation.override(follower.language):
        return mail.EmailMessage(
            subject=_("%(city)s: datasets you follow have changed (%(count)s)")
            % {"city": choose(settings.CITY_NAME_ZH, settings.CITY_NAME_EN), "count": len(told)},
            body=_body(told, f"{stop}?lang={follower.language}"),
            to=[follower.user.email],
            headers={
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )


def _body(told: Told, stop: str) -> str:
    own = f"{settings.PUBLIC_BASE_URL}/my/followed/"
    parts = [_("What changed of the datasets that you follow:")]
    parts += [_paragraph(dataset, what) for dataset, what in told]
    parts.append("\n".join([_("Your list:"), own]))
    way_out = _("You asked for these letters. To have no more of them, without signing in:")
    parts.append("\n".join([way_out, stop]))
    return "\n\n".join(parts)


def _paragraph(dataset: Dataset, what: tuple[News, ...]) -> str:
    place = f"{settings.PUBLIC_BASE_URL}/datasets/{dataset.slug}"
    return "\n".join([dataset.title, *(f"- {one.sentence}" for one in what), place])
