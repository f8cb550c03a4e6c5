"""负面清单: proposing, reviewing, publishing and ending the only refusals there are.

The department proposes, its legal unit reviews, the data authority reviews and publishes: three
people. What a published line bars leaves the zones in the same transaction, so doors call
`exchange.opening.publish_line` and `end_line`, and those call here.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import NotAllowed, require
from audit import chain
from catalog import indexing
from catalog.facts import channels, last_day
from catalog.models import Counter, Dataset, Field, LegalBasis, NegativeLine
from catalog.refusals import LineRefused, StepRefused
from catalog.states import LineStep, move_line
from catalog.terms import State, Substitute
from policy.terms import TIERS, Certainty, Channel

SERIES = "negative-list"


@transaction.atomic
def propose(
    dataset_id: int,
    *,
    basis_id: int | None,
    reason_zh: str,
    from_on: date,
    review_on: date,
    by: User,
    at: datetime,
    field_ids: Iterable[int] = (),
    bars: Iterable[Channel] = (Channel.SHARE, Channel.OPEN),
    reason_en: str = "",
    substitute: Substitute = Substitute.NONE,
    until_on: date | None = None,
) -> NegativeLine:
    """Propose a line over these fields, or over the whole dataset where none is named.

    It may rest on a basis that nobody has verified yet; only publication asks for that.
    Raises NotAllowed, LineRefused (no basis, a strange field, dates that do not fit), StepRefused
    of a withdrawn dataset.
    """
    dataset = (
        Dataset.objects.select_for_update(of=("self",)).select_related("owner").get(pk=dataset_id)
    )
    require(by, "catalog.propose_negativeline", organization=dataset.owner)
    if dataset.state == State.WITHDRAWN:
        raise StepRefused(
            _("“%(dataset)s” is withdrawn: nothing of it is served, so a line would bar nothing.")
            % {"dataset": dataset}
        )
    barred = frozenset(bars)
    line = NegativeLine(
        dataset=dataset,
        basis=_basis(basis_id),
        bars_share=Channel.SHARE in barred,
        bars_open=Channel.OPEN in barred,
        reason_zh=reason_zh,
        reason_en=reason_en,
        substitute=substitute,
        from_on=from_on,
        until_on=until_on,
        review_on=review_on,
        proposed_by=by,
        proposed_at=at,
    )
    fields = _own_fields(dataset, set(field_ids))
    line.full_clean()
    line.save()
    line.fields.set(fields)
    chain.record(
        "negative.propose",
        _address(line),
        by=by,
        at=at,
        dataset=dataset.pk,
        fields=sorted(field.name for field in fields),
        channels=sorted(barred),
        basis=line.basis.citation,
    )
    _tell("line.proposed", line, at)
    return line


def _basis(basis_id: int | None) -> LegalBasis:
    if basis_id is None:
        raise LineRefused(
            _(
                "A line of the negative list needs its legal basis. Choose the law and article, or"
                " let the data be shared conditionally."
            )
        )
    return LegalBasis.objects.get(pk=basis_id)


def _own_fields(dataset: Dataset, field_ids: set[int]) -> list[Field]:
    fields = list(Field.objects.filter(pk__in=field_ids, resource__dataset=dataset).live())
    if len(fields) != len(field_ids):
        raise LineRefused(
            _("The line names fields that “%(dataset)s” does not have. Choose among its own.")
            % {"dataset": dataset}
        )
    return fields


@transaction.atomic
def legal_review(
    line_id: int, *, passed: bool, opinion: str, by: User, at: datetime
) -> NegativeLine:
    """Forward a proposed line to the data authority, or return it, with the legal unit's opinion.

    Raises NotAllowed (also for who proposed it), StepRefused.
    """
    line = _locked(line_id)
    require(by, "catalog.legal_review_negativeline", organization=line.dataset.owner)
    _another_than(line, by)
    step = LineStep.FORWARD if passed else LineStep.RETURN
    line.state = move_line(line.state, step, of=line)
    line.legal_by, line.legal_at, line.legal_opinion = by, at, opinion
    line.save()
    chain.record("negative.review", _address(line), by=by, at=at, passed=passed, opinion=opinion)
    notices.settle(place(line), "line.proposed", at=at)
    if passed:
        _tell("line.forwarded", line, at)
    else:
        _tell("line.returned", line, at, reason=opinion)
    return line


@transaction.atomic
def send_back(line_id: int, *, opinion: str, by: User, at: datetime) -> NegativeLine:
    """Return a line as the data authority, saying why, such as that its article bars nothing here.

    Raises NotAllowed, StepRefused.
    """
    line = _locked(line_id)
    require(by, "catalog.review_negativeline", organization=line.dataset.owner)
    _another_than(line, by)
    line.state = move_line(line.state, LineStep.RETURN, of=line)
    line.authority_by, line.authority_at, line.authority_opinion = by, at, opinion
    line.save()
    chain.record("negative.review", _address(line), by=by, at=at, passed=False, opinion=opinion)
    notices.settle(place(line), "line.forwarded", at=at)
    _tell("line.returned", line, at, reason=opinion)
    return line


@transaction.atomic
def publish(line_id: int, *, by: User, at: datetime, opinion: str = "") -> NegativeLine:
    """Publish a line as the data authority; it counts from now on, and gets its number.

    Raises NotAllowed (also for who proposed it or reviewed it before), StepRefused, LineRefused
    where the basis is not verified, of too low a tier, or not in force.
    """
    line = _locked(line_id)
    require(by, "catalog.publish_negativeline", organization=line.dataset.owner)
    _another_than(line, by)
    after = move_line(line.state, LineStep.PUBLISH, of=line)
    _carried(line)
    line.state, line.published_at = after, at
    line.authority_by, line.authority_at, line.authority_opinion = by, at, opinion
    line.number = Counter.objects.draw(SERIES)
    line.save()
    Dataset.objects.filter(pk=line.dataset_id).policy_changed()
    chain.record(
        "negative.publish",
        _address(line),
        by=by,
        at=at,
        number=line.number,
        basis=line.basis.citation,
        opinion=opinion,
    )
    notices.settle(place(line), "line.forwarded", at=at)
    _tell("line.published", line, at, number=line.number)
    indexing.index(line.dataset_id, at=at)
    return line


def _carried(line: NegativeLine) -> None:
    """Say in a person's words what the database would refuse (migration 0002)."""
    basis = LegalBasis.objects.select_for_update().get(pk=line.basis_id)
    words = {"basis": basis.citation}
    if basis.certainty != Certainty.VERIFIED or not basis.text_zh.strip():
        raise LineRefused(
            _(
                "%(basis)s has not been verified: nobody has entered the article word for word."
                " Verify the basis first; until then the fields stay conditional."
            )
            % words
        )
    for channel in sorted(channels(line)):
        if basis.tier not in TIERS[channel]:
            raise LineRefused(_too_low(channel) % words)
    if line.from_on < basis.in_force_from or (
        basis.in_force_until and line.from_on > basis.in_force_until
    ):
        raise LineRefused(
            _("%(basis)s is not in force on the line's first day. Choose another day or basis.")
            % words
        )


@transaction.atomic
def obstacle(line: NegativeLine) -> str:
    """Return what publication would refuse about a line's basis now, "" where nothing."""
    try:
        _carried(line)
    except LineRefused as refusal:
        return str(refusal)
    return ""


def _too_low(channel: Channel) -> str:
    if channel == Channel.SHARE:
        return _(
            "%(basis)s can not bar sharing between departments: only a law, an administrative"
            " regulation or a State Council decision can (Order 809, article 14). Cite one, or"
            " share conditionally."
        )
    return _(
        "%(basis)s can not bar opening: its rank is too low. Cite a law or regulation, or open"
        " conditionally."
    )


@transaction.atomic
def end(line_id: int, *, by: User, at: datetime, reason: str) -> NegativeLine:
    """End a published line from today on; its fields are conditional until they are graded anew.

    Its department is told to do that, also where the line ends on its first day or before.
    Raises NotAllowed, StepRefused, LineRefused without a reason.
    """
    line = _locked(line_id)
    require(by, "catalog.end_negativeline", organization=line.dataset.owner)
    after = move_line(line.state, LineStep.END, of=line)
    if not reason.strip():
        raise LineRefused(_("Say why the line ends; it stays in the record."))
    line.state, line.ended_by, line.ended_at, line.ended_reason = after, by, at, reason.strip()
    line.save()
    Dataset.objects.filter(pk=line.dataset_id).policy_changed()
    chain.record("negative.end", _address(line), by=by, at=at, reason=reason)
    notices.settle(place(line), "line.review_due", "line.lapsed", at=at)
    _tell("line.ended", line, at, number=line.number)
    indexing.index(line.dataset_id, at=at)
    return line


@transaction.atomic
def renew_review(
    line_id: int, *, review_on: date, by: User, at: datetime, opinion: str = ""
) -> NegativeLine:
    """Keep a published line after its review, and say when it is looked at next.

    Raises NotAllowed, StepRefused, LineRefused where the line has run out or the day has passed.
    """
    line = _locked(line_id)
    require(by, "catalog.review_negativeline", organization=line.dataset.owner)
    line.state = move_line(line.state, LineStep.RENEW, of=line)
    today, until = timezone.localdate(at), last_day(line)
    if until is not None and until < today:
        raise LineRefused(
            _("This line ran out on %(day)s. It can be ended, and proposed anew.") % {"day": until}
        )
    if review_on <= today:
        raise LineRefused(_("The next review is on a day to come. Choose a later day."))
    before, line.review_on = line.review_on, review_on
    line.save(update_fields=["review_on"])
    notices.settle(place(line), "line.review_due", at=at)
    chain.record(
        "negative.renew",
        _address(line),
        by=by,
        at=at,
        reviewed=str(before),
        next=str(review_on),
        opinion=opinion,
    )
    return line


def _locked(line_id: int) -> NegativeLine:
    """Lock the dataset before the line, as every verb does, so that two cannot wait in a ring."""
    dataset_id = NegativeLine.objects.values_list("dataset_id", flat=True).get(pk=line_id)
    Dataset.objects.select_for_update().get(pk=dataset_id)
    return (
        NegativeLine.objects.select_for_update(of=("self",))
        .select_related("dataset__owner", "basis")
        .get(pk=line_id)
    )


def _another_than(line: NegativeLine, by: User) -> None:
    if by.stands_for(line.proposed_by_id) or by.stands_for(line.legal_by_id):
        raise NotAllowed(
            _(
                "You proposed or reviewed this line before. Proposal, legal review and the"
                " authority's review are of three people; ask a colleague."
            )
        )


def _address(line: NegativeLine) -> str:
    return f"negativeline:{line.pk}"


def place(line: NegativeLine) -> str:
    """How notices name a line: as the back office's desks do."""
    return f"line:{line.pk}"


def _tell(kind: str, line: NegativeLine, at: datetime, **words: Any) -> None:
    dataset = line.dataset
    notices.tell(
        kind,
        organization=dataset.owner,
        target=place(line),
        at=at,
        dataset=dataset,
        **words,
    )


__all__ = [
    "end",
    "legal_review",
    "obstacle",
    "place",
    "propose",
    "publish",
    "renew_review",
    "send_back",
]
