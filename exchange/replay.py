"""What was decided of a dataset on a day, for one reader, and why, from what is on record.

By the terms its fields stood under at the end of that day, the lines then in force, and the grants
that then held. What a zone held in its tables on that day is another question, and not kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Organization
from accounts.roles import OrganizationKind
from accounts.wording import said as _
from audit.models import Entry
from catalog import facts, history
from catalog.models import Dataset, FieldTerms
from exchange.access import NotPublishedThen
from exchange.models import Grant
from exchange.sharing.matrix import as_held
from policy.decision import FieldDecision, decide
from policy.facts import ANYBODY, Case, Reader
from policy.terms import Channel, Mode, ReaderKind

STOPPED, RESUMED = "grant.suspend", "grant.resume"


@dataclass(frozen=True, slots=True)
class Decided:
    """One field as it stood then, and how it was treated."""

    terms: FieldTerms
    decision: FieldDecision


@dataclass(frozen=True, slots=True)
class Day:
    """A replayed day: each field's decision, and the grants that were held on it."""

    day: date
    fields: tuple[Decided, ...]
    grants: tuple[Grant, ...]
    withdrawn: bool


def of(dataset: Dataset, reader: Organization | None, *, day: date, mode: Mode) -> Day:
    """Replay a day for an organisation, or for anybody (None). Five queries and one a grant.

    A department is answered as on the share channel, a company and anybody as on the open one.
    Raises NotPublishedThen.
    """
    terms = history.on(dataset.pk, day)
    if not terms:
        raise NotPublishedThen(
            _("“%(slug)s” had not been published by %(day)s, so nothing was decided of it then.")
            % {"slug": dataset.slug, "day": f"{day:%Y-%m-%d}"}
        )
    names = {one.field_id: one.name for one in terms}
    who, channel = _reader(dataset, reader)
    held = [] if reader is None else _held(dataset, reader, channel, day)
    case = Case(
        channel=channel,
        mode=mode,
        reader=who,
        today=day,
        prohibitions=facts.prohibitions(dataset, then=terms),
        grants=tuple(as_held(grant, names) for grant in held if _bound(grant, names)),
    )
    decision = decide(case, [facts.field_facts(one) for one in terms])
    withdrawn = dataset.withdrawn_at is not None and dataset.withdrawn_at < _over(day)
    fields = tuple(Decided(one, decision.fields[one.name]) for one in terms)
    return Day(day, fields, tuple(held), withdrawn)


def _reader(dataset: Dataset, reader: Organization | None) -> tuple[Reader, Channel]:
    if reader is None:
        return ANYBODY, Channel.OPEN
    if reader.kind == OrganizationKind.COMPANY:
        return Reader(ReaderKind.COMPANY, str(reader.pk)), Channel.OPEN
    kind = ReaderKind.OWNER if reader.pk == dataset.owner_id else ReaderKind.DEPARTMENT
    return Reader(kind, str(reader.pk)), Channel.SHARE


def _held(dataset: Dataset, reader: Organization, channel: Channel, day: date) -> list[Grant]:
    """Return the grants that held at the end of a day, as far as their rows and the trail say."""
    over = _over(day)
    then = Grant.objects.filter(
        Q(revoked_at=None) | Q(revoked_at__gte=over),
        dataset=dataset,
        organization=reader,
        channel=channel,
        valid_from__lte=day,
        valid_until__gte=day,
        created_at__lt=over,
    )
    return [grant for grant in then.order_by("pk") if not _suspended(grant, over)]


def _suspended(grant: Grant, over: datetime) -> bool:
    """Whether a grant was suspended in a moment: the last step before it on the audit trail."""
    last = _steps(grant).filter(at__lt=over).order_by("at", "pk").last()
    if last is not None:
        return last.verb == STOPPED
    return grant.suspended_at is not None and grant.suspended_at < over


def _steps(grant: Grant) -> QuerySet[Entry]:
    return Entry.objects.filter(target=grant.address, verb__in=(STOPPED, RESUMED))


def _over(day: date) -> datetime:
    """Return the moment in which a local day was over."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _bound(grant: Grant, names: Mapping[int, str]) -> bool:
    """Whether the fields that a grant's rows are bound to were there: else it covers no row."""
    return all(int(scope["field"]) in names for scope in grant.rows)
