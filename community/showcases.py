"""Apps built on the data: a member shows one, the data authority reviews it, then all see it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Organization, User
from accounts.roles import NotAllowed, OrganizationKind, require
from audit import chain
from catalog.models import Dataset
from community import pictures, speaking, texts
from community.models import Showcase
from community.models.showcases import ABOUT_LENGTH
from community.refusals import TextRefused
from community.states import ShowcaseStep, move_showcase

REASON_LENGTH = 500
MOST_DATASETS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """An app as its maker tells of it; `datasets` are ids of published ones."""

    title_zh: str
    text: str
    url: str
    datasets: Collection[int]
    title_en: str = ""
    organization: Organization | None = None
    picture: BinaryIO | None = None


@transaction.atomic
def submit(told: Shown, *, by: User, at: datetime) -> Showcase:
    """Hand in an app for review. Raises NotAllowed, TooMuchSaid, TextRefused, PictureRefused,
    and ValidationError for an address that is none, or not https.
    """
    speaker = speaking.take_turn(by, at=at)
    _require_own(told.organization, by)
    showcase = Showcase(
        speaker=speaker,
        organization=told.organization,
        title_zh=texts.line(told.title_zh, 100),
        title_en=texts.line(told.title_en, 200) if told.title_en.strip() else "",
        text=texts.body(told.text, ABOUT_LENGTH),
        url=told.url.strip(),
        said_at=at,
        moved_at=at,
    )
    if told.picture is not None:
        made = pictures.taken(told.picture)
        showcase.picture, showcase.picture_tag = made.content, made.tag
    showcase.full_clean()
    used = _published(told.datasets)
    showcase.save()
    showcase.datasets.set(used)
    _tell(showcase, at=at)
    chain.record(
        "showcase.submit",
        showcase.address,
        by=by,
        at=at,
        title=showcase.title_zh,
        url=showcase.url,
        datasets=[one.code for one in used],
    )
    return showcase


def _require_own(organization: Organization | None, by: User) -> None:
    """Return if the member may speak of the company's app. Raises NotAllowed."""
    if organization is None:
        return
    if organization.kind != OrganizationKind.COMPANY or organization not in by.organizations():
        raise NotAllowed(
            _("You can show apps of companies you belong to. “%(place)s” is none of them.")
            % {"place": organization}
        )


def _published(wanted: Collection[int]) -> list[Dataset]:
    found = list(Dataset.objects.published().filter(pk__in=wanted).order_by("pk"))
    if not found or len(found) < len(set(wanted)) or len(found) > MOST_DATASETS:
        raise TextRefused(
            _("Name the published datasets that the app uses: at least one, at most %(most)s.")
            % {"most": MOST_DATASETS}
        )
    return found


@transaction.atomic
def withdraw(showcase_id: int, *, by: User, at: datetime) -> Showcase:
    """Take one's app back: it is gone from every page, and picture and text from the database.

    Raises NotAllowed, StepRefused.
    """
    showcase = _locked(showcase_id)
    speaking.require_author(showcase.speaker, by)
    showcase.state = move_showcase(showcase.state, ShowcaseStep.WITHDRAW, of=showcase.pk)
    showcase.moved_by, showcase.moved_at = None, at
    showcase.text, showcase.picture, showcase.picture_tag = "", None, ""
    showcase.save()
    notices.settle(showcase.address, "showcase.waiting", at=at)
    chain.record("showcase.withdraw", showcase.address, by=by, at=at)
    return showcase


@transaction.atomic
def show(showcase_id: int, *, by: User, at: datetime) -> Showcase:
    """Show an app to everybody, after a look at it. Raises NotAllowed, StepRefused."""
    require(by, "community.review_showcase")
    showcase = _moved(showcase_id, ShowcaseStep.SHOW, by=by, at=at)
    showcase.reason, showcase.shown_at = "", at
    showcase.save()
    chain.record("showcase.show", showcase.address, by=by, at=at)
    return showcase


@transaction.atomic
def refuse(showcase_id: int, *, reason: str, by: User, at: datetime) -> Showcase:
    """Refuse to show an app; its maker is told the reason.

    Raises NotAllowed, StepRefused, TextRefused without a reason.
    """
    return _kept_back(showcase_id, ShowcaseStep.REFUSE, reason, by=by, at=at)


@transaction.atomic
def end(showcase_id: int, *, reason: str, by: User, at: datetime) -> Showcase:
    """Take down an app that is not what it was, or does not answer any more.

    Raises NotAllowed, StepRefused, TextRefused without a reason.
    """
    return _kept_back(showcase_id, ShowcaseStep.END, reason, by=by, at=at)


def _kept_back(
    showcase_id: int, step: ShowcaseStep, reason: str, *, by: User, at: datetime
) -> Showcase:
    require(by, "community.review_showcase")
    showcase = _moved(showcase_id, step, by=by, at=at)
    showcase.reason = texts.body(reason, REASON_LENGTH)
    showcase.save()
    verb = {ShowcaseStep.REFUSE: "showcase.refuse", ShowcaseStep.END: "showcase.end"}[step]
    chain.record(verb, showcase.address, by=by, at=at, reason=showcase.reason)
    return showcase


def _moved(showcase_id: int, step: ShowcaseStep, *, by: User, at: datetime) -> Showcase:
    showcase = _locked(showcase_id)
    showcase.state = move_showcase(showcase.state, step, of=showcase.pk)
    showcase.moved_by, showcase.moved_at = by, at
    notices.settle(showcase.address, "showcase.waiting", at=at)
    return showcase


def _locked(showcase_id: int) -> Showcase:
    rows = Showcase.objects.select_for_update(of=("self",)).select_related("speaker")
    return rows.get(pk=showcase_id)


def _tell(showcase: Showcase, *, at: datetime) -> None:
    notices.tell(
        "showcase.waiting",
        organization=None,
        target=showcase.address,
        at=at,
        app=showcase.title_zh,
    )
