"""Use records: a consumer writes down how it used what it was granted, and where it is kept.

Order 809 art 29: the department that uses data records scene, process, result, storage and
disposal, and keeps that for three years at least; its data authority and the provider may inspect
it. A record is never changed: a correction is another one. When a quarter is over in which a grant
was called, the consumer is reminded of what is not written down yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import App, Notice, User
from accounts.roles import NotAllowed, require
from audit import chain
from audit.models import Delivery
from exchange.models import Grant, UseRecord
from exchange.problems import Problem
from exchange.workflow import StepRefused
from policy.terms import Channel

KEPT_YEARS = 3
"""After a grant has ended its records stay at least so long (Order 809 art 29); nothing here
deletes them afterwards either."""
LONGEST = 2000
"""Characters of each text."""

WRITE = "exchange.record_use"
READ = "exchange.view_userecord"


class UseUnfit(Problem):
    """What a use record says does not fit the grant, or something is missing."""

    code = "use-unfit"
    status = 400


@dataclass(frozen=True, slots=True)
class Told:
    """What a record says, from `first_on` to `last_on`, both included (art 29's five points)."""

    first_on: date
    last_on: date
    scene: str
    result: str
    stored: str
    process: str = ""
    disposed_on: date | None = None
    disposal: str = ""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A calendar quarter, by its first and last day."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return it as 2026-Q1."""
        return f"{self.first.year}-Q{(self.first.month + 2) // 3}"


@transaction.atomic
def write(
    grant_id: int,
    told: Told,
    *,
    by: User | None,
    at: datetime,
    app: App | None = None,
    corrects: int | None = None,
) -> UseRecord:
    """Write down how a grant was used, as the consumer, or (by None) as one of its apps.

    `corrects` is the number of a record of this grant that the new one stands for. Also for a
    grant that has ended: what was received is kept until it is disposed of. Raises NotAllowed,
    UseUnfit (what is missing, all at once, or days that do not fit), StepRefused
    where that record was corrected before, UseRecord.DoesNotExist.
    """
    grant = (
        Grant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("dataset__owner", "organization")
        .get(pk=grant_id, channel=Channel.SHARE)
    )
    if by is None:
        _of_app(grant, app)
    else:
        require(by, WRITE, organization=grant.organization)
    told = _fitting(grant, told, today=timezone.localdate(at))
    before = None if corrects is None else _standing(grant, corrects)
    made = UseRecord.objects.create(
        grant=grant,
        corrects=before,
        written_by=by,
        app=app,
        written_at=at,
        **{name: getattr(told, name) for name in Told.__slots__},
    )
    _settle(grant, at=at)
    chain.record(
        "use.record",
        grant.address,
        by=by,
        at=at,
        record=made.pk,
        first=str(told.first_on),
        last=str(told.last_on),
        corrects=corrects,
        app="" if app is None else str(app),
        organization=str(grant.organization),
    )
    return made


def may_read(person: User, grant: Grant) -> bool:
    """Whether a person sees a grant's records: of the consumer, the provider, the authority."""
    places = (grant.organization, grant.dataset.owner)
    return any(person.has_perm(READ, place) for place in places)


def of(grant: Grant) -> QuerySet[UseRecord]:
    """Return a grant's records, the newest first, corrected ones too."""
    rows = UseRecord.objects.filter(grant=grant).select_related(
        "written_by", "app", "corrected_by"
    )
    return rows.order_by("-pk")


def kept_until(grant: Grant) -> date:
    """Return until when a grant's records are kept at the least, as things stand."""
    ended = grant.valid_until
    if grant.revoked_at is not None:
        ended = min(ended, timezone.localdate(grant.revoked_at))
    if (ended.month, ended.day) == (2, 29):
        ended -= timedelta(days=1)
    return ended.replace(year=ended.year + KEPT_YEARS)


def last_quarter(today: date) -> Quarter:
    """Return the last calendar quarter that is over on a day."""
    this = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    last = this - timedelta(days=1)
    return Quarter(date(last.year, (last.month - 1) // 3 * 3 + 1, 1), last)


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell consumers of grants whose calls of the last quarter are not written down.

    Each once for a quarter as long as it is open: safe to repeat. Returns how many were told.
    """
    quarter = last_quarter(timezone.localdate(at))
    open_now = Notice.objects.open().filter(kind="grant.use_due", words__quarter=str(quarter))
    told = set(open_now.values_list("target", flat=True))
    missing = [one for one in _silent(quarter) if one.address not in told]
    called = _called([one.pk for one in missing], quarter)
    for grant in missing:
        if grant.pk in called:
            notices.tell(
                "grant.use_due",
                organization=grant.organization,
                target=grant.address,
                at=at,
                grant=grant.pk,
                dataset=grant.dataset,
                quarter=str(quarter),
            )
    return len(called)


def _silent(quarter: Quarter) -> Iterable[Grant]:
    """Return the grants that held in a quarter and of which no standing record meets it.

    Also those that have ended since: what was called until then is to be written down as well.
    """
    recorded = UseRecord.objects.standing().covering(quarter.first, quarter.last)
    began = Grant.objects.filter(
        Q(revoked_at=None) | Q(revoked_at__gte=_midnight(quarter.first)),
        channel=Channel.SHARE,
        valid_until__gte=quarter.first,
        first_used_at__lt=_midnight(quarter.last + timedelta(days=1)),
    )
    rows = began.exclude(pk__in=recorded.values("grant"))
    return rows.select_related("dataset", "organization").order_by("pk")


def _called(grants: list[int], quarter: Quarter) -> set[int]:
    rows = Delivery.objects.filter(
        grant_id__in=grants,
        at__gte=_midnight(quarter.first),
        at__lt=_midnight(quarter.last + timedelta(days=1)),
    )
    return {number for number in rows.values_list("grant_id", flat=True).distinct() if number}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _settle(grant: Grant, *, at: datetime) -> None:
    """Close the reminder when the quarter it was about is written down."""
    quarter = last_quarter(timezone.localdate(at))
    records = UseRecord.objects.filter(grant=grant).standing()
    if records.covering(quarter.first, quarter.last).exists():
        notices.settle(grant.address, "grant.use_due", at=at)


def _of_app(grant: Grant, app: App | None) -> None:
    """Return unless the app is none of the consumer's, or the grant is for another app."""
    own = app is not None and app.organization_id == grant.organization_id
    if not own or (grant.app_id is not None and app is not None and grant.app_id != app.pk):
        raise NotAllowed(_("A use record by an app is one of the department whose app it is."))


def _standing(grant: Grant, number: int) -> UseRecord:
    """Return the record to be corrected. Raises UseRecord.DoesNotExist, StepRefused."""
    found = UseRecord.objects.select_related("corrected_by").get(pk=number, grant=grant)
    later = UseRecord.objects.filter(corrects=found).first()
    if later is not None:
        raise StepRefused(
            _("Record %(record)s was corrected by record %(later)s. Correct that one.")
            % {"record": number, "later": later.pk}
        )
    return found


def _fitting(grant: Grant, told: Told, *, today: date) -> Told:
    """Return what is told without space around it. Raises UseUnfit."""
    texts = {name: getattr(told, name).strip() for name in _TEXTS}
    _whole(texts)
    if told.last_on < told.first_on:
        raise UseUnfit(_("The period ends before it begins. Choose other days."))
    if told.last_on > today:
        raise UseUnfit(_("A use record tells of what was: its last day is today at the latest."))
    if told.first_on < grant.valid_from:
        raise UseUnfit(
            _("The grant began on %(day)s, so nothing was used under it before.")
            % {"day": f"{grant.valid_from:%Y-%m-%d}"}
        )
    if (told.disposed_on is None) != (not texts["disposal"]):
        raise UseUnfit(_("Of a disposal say both the day and how."))
    if told.disposed_on is not None and not grant.valid_from <= told.disposed_on <= today:
        raise UseUnfit(_("The day of the disposal lies between the grant's first day and today."))
    return replace(told, **texts)


def _whole(texts: dict[str, str]) -> None:
    """Raise UseUnfit with everything that is missing, or too long."""
    label = labels()
    missing = [label[name] for name in ("scene", "result", "stored") if not texts[name]]
    if missing:
        raise UseUnfit(_("Missing: %(what)s.") % {"what": "; ".join(missing)})
    long = [label[name] for name in _TEXTS if len(texts[name]) > LONGEST]
    if long:
        raise UseUnfit(
            _("Longer than %(most)s characters: %(what)s. Say it shorter.")
            % {"most": LONGEST, "what": "; ".join(long)}
        )


_TEXTS = ("scene", "process", "result", "stored", "disposal")


HEAD: tuple[str, ...] = (
    "id",
    "first_on",
    "last_on",
    "scene",
    "process",
    "result",
    "stored",
    "disposed_on",
    "disposal",
    "corrects",
    "written_by",
    "written_at",
)


def labels() -> dict[str, str]:
    """Return how each part of a record is called, in the language now active."""
    return {one.name: str(one.verbose_name) for one in UseRecord._meta.fields}  # noqa: SLF001 - Django's public-by-custom name


def as_rows(records: Iterable[UseRecord]) -> Iterable[list[Any]]:
    """Yield records as rows of a sheet, in the order of HEAD."""
    for one in records:
        told = [getattr(one, name) for name in HEAD[1:-3]]
        yield [one.pk, *told, one.corrects_id, one.written_by or one.app, one.written_at]
