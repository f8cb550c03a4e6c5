"""Reports that a record or an entry is wrong: flagged at once, answered in time, spread.

Order 809 art 26: whoever uses data and finds it wrong reports it at once; the provider verifies,
corrects and answers within ten working days. 国发〔2016〕51号 art 17: meanwhile nothing is held
up, so a doubted row is marked and never hidden. Who reports is not told whether a record was
found: that would answer a question about a person to a department without a grant.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import App, Organization, User
from accounts.roles import NotAllowed, require
from audit import chain
from catalog import alarms, deadlines
from catalog.alarms import Alarm
from catalog.models import Dataset, Field
from catalog.terms import ClockStep
from exchange import vault
from exchange.correction_flow import CorrectionState, CorrectionStep, move_correction
from exchange.models import Correction, Wrong
from exchange.sharing import doubts, two_sides
from exchange.sharing.requests import RequestUnfit, said
from exchange.workflow import StepRefused


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported: `subject` holds the values of key fields by name, or `row` the `_id`.

    `fields` are names of the fields that are wrong, empty where the whole record is.
    """

    wrong: Wrong
    text: str
    subject: Mapping[str, str] = field(default_factory=dict)
    row: int | None = None
    fields: Sequence[str] = ()
    evidence: str = ""


@transaction.atomic
def report(
    dataset_id: int,
    told: Report,
    *,
    organization: Organization,
    by: User | None,
    at: datetime,
    app: App | None = None,
) -> Correction:
    """Report something wrong, as a person of any department, or (by None) by its app.

    Raises NotAllowed, StepRefused (no published dataset), RequestUnfit.
    """
    if by is None:
        _of_app(app, organization)
    else:
        require(by, "exchange.report_correction", organization=organization)
    dataset = Dataset.objects.select_related("owner").get(pk=dataset_id)
    if dataset.state != Dataset.State.PUBLISHED:
        raise StepRefused(_("Only what stands in the published catalogue can be reported."))
    correction = Correction(
        wrong=told.wrong,
        dataset=dataset,
        text=said(told.text),
        evidence=told.evidence.strip(),
        organization=organization,
        reported_by=by,
        app=app,
        reported_at=at,
    )
    if told.wrong == Wrong.RECORD:
        _point_at_record(correction, told)
    _run(correction, since=at)
    correction.save()
    _tell("correction.reported", correction, to=dataset.owner, at=at, due=True)
    chain.record(
        "correction.report",
        correction.address,
        by=by,
        at=at,
        dataset=dataset.code,
        wrong=told.wrong,
        fields=list(told.fields),
        app="" if app is None else str(app),
        organization=str(organization),
    )
    return correction


def _of_app(app: App | None, organization: Organization) -> None:
    if app is None or app.organization_id != organization.pk or app.closed_at is not None:
        raise NotAllowed(_("A report by an app is one of the department whose app it is."))


def _point_at_record(correction: Correction, told: Report) -> None:
    """Name record and fields, and mark the row that is doubted if it is there."""
    if not told.subject and told.row is None:
        raise RequestUnfit(_("Say which record is wrong: by its key, or by its row number."))
    fields = {
        one.name: one
        for one in Field.objects.filter(resource__dataset=correction.dataset).live()
        if not one.concealed
    }
    unknown = sorted({*told.fields, *told.subject} - fields.keys())
    if unknown:
        raise RequestUnfit(
            _("The dataset has no field %(names)s. Its entry lists the fields.")
            % {"names": ", ".join(unknown)}
        )
    correction.fields = list(told.fields)
    kept = {"subject": dict(told.subject), "row": told.row}
    correction.subject = vault.seal(json.dumps(kept).encode(), purpose=doubts.SUBJECT)
    by_id = {fields[name].pk: text for name, text in told.subject.items()}
    doubted = [fields[name].pk for name in told.fields]
    found = doubts.find(correction.dataset, by_id, told.row, doubted)
    if found is not None:
        correction.resource_id, correction.row, correction.row_hash = found


def subject_of(correction: Correction, *, by: User) -> dict[str, Any]:
    """Return by what the record is known: {"subject": {field: value}, "row": number or None}.

    For the provider, and for the department that reported it. Raises NotAllowed.
    """
    if not by.has_perm("exchange.report_correction", correction.organization):
        require(by, "exchange.answer_correction", organization=correction.dataset.owner)
    if not correction.subject:
        return {"subject": {}, "row": None}
    return json.loads(vault.unseal(bytes(correction.subject), purpose=doubts.SUBJECT))


@transaction.atomic
def answer(correction_id: int, *, wrong: bool, text: str, by: User, at: datetime) -> Correction:
    """Answer as the provider: it was wrong and is corrected, or it is right; say what was found.

    A corrected record reaches its readers with the next sync; who received the dataset under a
    grant is told then, and of a corrected entry at once. Raises NotAllowed, StepRefused,
    RequestUnfit without words.
    """
    correction = _for_provider(correction_id, by)
    step = CorrectionStep.CORRECT if wrong else CorrectionStep.DISMISS
    correction.state = move_correction(correction.state, step, of=correction.pk)
    correction.answer, correction.answered_by, correction.answered_at = said(text), by, at
    correction.due_from, correction.due_on = None, None
    if not wrong:
        correction.lifted_at = at
    correction.save()
    notices.settle(correction.address, "correction.reported", *KINDS.values(), at=at)
    _tell("correction.answered", correction, to=correction.organization, at=at, text=text.strip())
    chain.record(
        "correction.answer",
        correction.address,
        by=by,
        at=at,
        state=str(correction.state),
        text=correction.answer,
    )
    doubts.spread([correction], at=at)
    return correction


@transaction.atomic
def ask_more(correction_id: int, *, text: str, by: User, at: datetime) -> Correction:
    """Ask the reporter for what is missing, as the provider; the limit stops meanwhile.

    Raises NotAllowed, StepRefused, RequestUnfit without words.
    """
    correction = _for_provider(correction_id, by)
    step = CorrectionStep.ASK_MORE
    correction.state = move_correction(correction.state, step, of=correction.pk)
    correction.due_from, correction.due_on = None, None
    correction.save()
    words = said(text)
    notices.settle(correction.address, "correction.reported", *KINDS.values(), at=at)
    _tell("correction.more_asked", correction, to=correction.organization, at=at, text=words)
    chain.record("correction.ask_more", correction.address, by=by, at=at, text=words)
    return correction


@transaction.atomic
def supply(correction_id: int, *, evidence: str, by: User, at: datetime) -> Correction:
    """Complete a report, as the department that made it; the limit begins anew.

    Raises NotAllowed, StepRefused, RequestUnfit without words.
    """
    correction = _for_reporter(correction_id, by)
    step = CorrectionStep.SUPPLY
    correction.state = move_correction(correction.state, step, of=correction.pk)
    correction.evidence = f"{correction.evidence}\n{said(evidence)}".strip()
    _run(correction, since=at)
    correction.save()
    notices.settle(correction.address, "correction.more_asked", at=at)
    _tell("correction.reported", correction, to=correction.dataset.owner, at=at, due=True)
    chain.record("correction.supply", correction.address, by=by, at=at)
    return correction


@transaction.atomic
def evaluate(
    correction_id: int, *, solved: bool, score: int, text: str = "", by: User, at: datetime
) -> Correction:
    """Say as the reporting department whether that solved it, with a score from 1 to 5; once.

    Raises NotAllowed, StepRefused, RequestUnfit for another score.
    """
    correction = _for_reporter(correction_id, by)
    two_sides.none_of(correction.dataset.owner, by, deciding_for=correction.organization)
    move_correction(correction.state, CorrectionStep.EVALUATE, of=correction.pk)
    if correction.score is not None:
        raise StepRefused(_("Your department has evaluated this answer already."))
    if not 1 <= score <= 5:
        raise RequestUnfit(_("The score is 1 to 5."))
    correction.solved, correction.score, correction.evaluation = solved, score, text.strip()
    correction.save(update_fields=["solved", "score", "evaluation"])
    chain.record(
        "correction.evaluate", correction.address, by=by, at=at, solved=solved, score=score
    )
    return correction


KINDS = {
    Alarm.REMIND: "correction.due",
    Alarm.LATE: "correction.late",
    Alarm.CLIMB: "correction.climbed",
}


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Tell of reports whose answer is near, late or very late, each alarm once; how many were.

    A day that became a day of rest moves what is due.
    """
    rows = Correction.objects.filter(due_from__isnull=False)
    return alarms.follow(
        rows.select_related("dataset__owner", "organization"),
        ClockStep.CORRECTION,
        lambda one, alarm: _ring(one, alarm, at),
        at=at,
    )


def _ring(report: Correction, alarm: Alarm, at: datetime) -> None:
    if alarm != Alarm.REMIND:
        notices.settle(report.address, KINDS[Alarm.REMIND], at=at)
    _tell(KINDS[alarm], report, to=report.dataset.owner, at=at, due=True)


def _locked(correction_id: int) -> Correction:
    return (
        Correction.objects.select_for_update(of=("self",))
        .select_related("dataset__owner", "organization")
        .get(pk=correction_id)
    )


def _for_provider(correction_id: int, by: User) -> Correction:
    correction = _locked(correction_id)
    require(by, "exchange.answer_correction", organization=correction.dataset.owner)
    two_sides.none_of(correction.organization, by, deciding_for=correction.dataset.owner)
    return correction


def _for_reporter(correction_id: int, by: User) -> Correction:
    correction = _locked(correction_id)
    require(by, "exchange.report_correction", organization=correction.organization)
    return correction


def _run(correction: Correction, *, since: datetime) -> None:
    due = deadlines.due_for(ClockStep.CORRECTION, since)
    correction.state = CorrectionState.OPEN
    correction.due_from, correction.due_on = since, due.due_on


def _tell(
    kind: str,
    correction: Correction,
    *,
    to: Organization,
    at: datetime,
    due: bool = False,
    **words: Any,
) -> None:
    notices.tell(
        kind,
        organization=to,
        target=correction.address,
        at=at,
        due_on=correction.due_on if due else None,
        report=correction.pk,
        dataset=correction.dataset,
        owner=correction.dataset.owner,
        reporter=correction.organization,
        day=correction.due_on or "–",
        **words,
    )
