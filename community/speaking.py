"""Members who take part: the name they chose, how much a day, and what is left when they go.

Everything a member does here is a member's own right and needs no role. Who works in the back
office does not speak here: a department answers at its desk, in the department's name.
"""

import unicodedata
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import NotAllowed
from audit import chain
from community import texts
from community.models import Comment, Showcase, Speaker, Wish
from community.models.speakers import NAME_LENGTH
from community.refusals import NameRefused, TooMuchSaid

HAN_PART, LATIN_PART = 4, 12
"""From so many characters on, a part of an office's name stands for it, as without its city."""
UNJOINED = dict.fromkeys(map(ord, texts.JOINERS))
"""Takes out of a name what joins signs and is not seen itself."""


def require_member(by: User) -> None:
    """Return if this person speaks for themselves here. Raises NotAllowed."""
    if not by.is_active:
        raise NotAllowed(_("This account is closed. Sign in with one that is open."))
    if by.is_staff:
        raise NotAllowed(
            _(
                "Who works in the back office does not write here. Answer at your desk, in your"
                " department's name."
            )
        )


@transaction.atomic
def take_name(name: str, *, by: User, at: datetime) -> Speaker:
    """Take part under a name, or under another one from now on, also above what was said before.

    Raises NotAllowed, TextRefused, NameRefused: the name is somebody else's, or an office's.
    """
    require_member(by)
    plain = unicodedata.normalize("NFKC", name)  # before it is measured: it may become longer
    chosen = _own(texts.line(plain.translate(UNJOINED), NAME_LENGTH))
    try:
        with transaction.atomic():
            speaker, _made = Speaker.objects.update_or_create(
                user=by, defaults={"name": chosen}, create_defaults={"name": chosen, "since": at}
            )
    except IntegrityError as taken:
        raise NameRefused(_("Somebody else goes by this name. Choose another.")) from taken
    chain.record("speaker.name", speaker.address, by=by, at=at)
    return speaker


def _own(name: str) -> str:
    """Return a name that is nobody's office. Raises NameRefused."""
    alike = _read(name)
    for names in Organization.objects.values_list("name_zh", "name_en"):
        if any(_passes_for(office, alike) for office in map(_read, names)):
            raise NameRefused(
                _("“%(name)s” is the name of an organisation. Choose one of your own.")
                % {"name": name}
            )
    return name


def _passes_for(office: str, name: str) -> bool:
    """Whether a name holds an office's, or so much of it as people call the office by."""
    enough = LATIN_PART if name.isascii() else HAN_PART
    return bool(office) and (office in name or (len(name) >= enough and name in office))


def _read(name: str) -> str:
    """Return what of a name one reads out: no spaces and signs between, no capitals."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


@transaction.atomic
def forget(*, by: User, at: datetime) -> None:
    """Take a member's name off everything they said: part of closing an account. Repeatable."""
    speaker = Speaker.objects.select_for_update().filter(user=by).first()
    if speaker is None or not speaker.name:
        return
    speaker.name = ""
    speaker.save(update_fields=["name"])
    chain.record("speaker.forget", speaker.address, by=None, at=at)


def take_turn(by: User, *, at: datetime) -> Speaker:
    """Return the member as a speaker who may say one thing more today, held until the verb ends.

    Two at once come one after the other. Raises NotAllowed; TooMuchSaid after TALK_PER_DAY
    comments, wishes and apps in one day of the city.
    """
    require_member(by)
    speaker = Speaker.objects.select_for_update().filter(user=by).exclude(name="").first()
    if speaker is None:
        raise NotAllowed(_("Choose the name under which you want to write first."))
    if _said_on_day(speaker, at) >= settings.TALK_PER_DAY:
        raise TooMuchSaid(
            _("You have written %(most)s times today, which is the most in a day. Go on tomorrow.")
            % {"most": settings.TALK_PER_DAY}
        )
    return speaker


def _said_on_day(speaker: Speaker, at: datetime) -> int:
    begun = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    day = {"said_at__gte": begun, "said_at__lt": begun + timedelta(days=1)}
    return sum(
        model.objects.filter(speaker=speaker, **day).count() for model in (Comment, Wish, Showcase)
    )


def answered(
    kind: str, speaker: Speaker | None, *, target: str, at: datetime, **words: Any
) -> None:
    """Tell a member that what they said was answered; who closed their account is told nothing.

    An answer that comes anew is told, and mailed, anew.
    """
    notices.settle(target, kind, at=at)
    if speaker is not None and speaker.user.is_active:
        notices.tell(kind, organization=None, member=speaker.user, target=target, at=at, **words)


def require_author(speaker: Speaker | None, by: User) -> None:
    """Return if this is the member's own. Raises NotAllowed."""
    if not by.is_active or speaker is None or speaker.user_id != by.pk:
        raise NotAllowed(_("Only who wrote this can take it back."))
