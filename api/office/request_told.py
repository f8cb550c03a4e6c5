"""A share request as its department is told of it: what it says, where it stands, what it got."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from api.office.datasets import reason
from catalog import deadlines
from catalog.deadlines import Clocks
from exchange.models import Grant, RequestAttachment, ShareRequest
from exchange.sharing import clocks, contents, foreseen, naming, sittings
from exchange.sharing.foreseen import Foreseen
from exchange.sharing.requests import asked, offered
from exchange.workflow import MOVES, State, Step
from policy.decision import FieldDecision
from policy.terms import Grade


def summaries(requests: Sequence[ShareRequest]) -> list[dict[str, Any]]:
    """Return requests as the list tells of them. One query."""
    grants = dict(Grant.objects.filter(request__in=requests).values_list("request_id", "pk"))
    return [_summary(one, grants.get(one.pk)) for one in requests]


def documents(requests: Sequence[ShareRequest], *, today: date) -> list[dict[str, Any]]:
    """Return requests with everything about each."""
    names, limits = naming.names(requests), deadlines.clocks()
    told = zip(requests, summaries(requests), strict=True)
    return [
        short
        | {
            "digest": contents.digest(one),
            "together_with": _others(one),
            "terms": _terms(one, names),
            "drafted_by": one.drafted_by.name,
            "signed_by": None if one.signed_by is None else one.signed_by.name,
            "received_at": one.received_at,
            "due": _due(one, limits, today),
            "missing": one.missing,
            "lacks": _lacks(one, today),
            "answer": _answer(one),
            "attachments": files(one.attachments.defer("content").order_by("pk")),
            "events": _events(one),
        }
        | _matrix(one, short["grant"], today)
        for one, short in told
    ]


def files(rows: Iterable[RequestAttachment]) -> list[dict[str, Any]]:
    """Return files of a request, without what is in them."""
    return [
        {
            "attachment": one.pk,
            "name": one.name,
            "size": one.size,
            "sha256": one.digest,
            "added_at": one.added_at,
        }
        for one in rows
    ]


def lines(found: Foreseen) -> list[dict[str, Any]]:
    """Return a matrix field by field."""
    wanted = {line.field.pk for line in found.wanted}
    return [
        {
            "name": line.field.name,
            "label": line.field.label,
            "grade": Grade(line.field.grade).name if line.field.grade else None,
            "share_type": line.field.share_type,
            "asked": line.field.pk in wanted,
            "now": _treated(line.now),
            "then": _treated(line.proposed),
        }
        for line in found.lines
    ]


def _treated(decision: FieldDecision) -> dict[str, Any]:
    return {
        "treatment": decision.treatment.name.lower(),
        "reasons": [reason(ground) for ground in foreseen.grounds(decision)],
    }


def _summary(one: ShareRequest, grant: int | None) -> dict[str, Any]:
    return {
        "request": one.pk,
        "reference": None if one.reference is None else one.reference.reference,
        "dataset": one.dataset.slug,
        "title": one.dataset.title,
        "provider": str(one.dataset.owner),
        "state": one.state,
        "state_told": str(State(one.state).label),
        "mode": one.mode,
        "purpose": one.purpose,
        "wanted_from": one.wanted_from,
        "wanted_until": one.wanted_until,
        "due_on": one.due_on,
        "grant": grant,
        "url": f"{settings.PUBLIC_BASE_URL}/api/v1/office/requests/{one.pk}",
    }


def _others(one: ShareRequest) -> list[int]:
    together = sittings.together(one).exclude(pk=one.pk)
    return list(together.values_list("pk", flat=True))


def _terms(one: ShareRequest, names: Any) -> dict[str, Any]:
    return {
        "purpose_class": one.purpose_class,
        "scene": one.scene,
        "system": one.system,
        "basis": one.basis_id,
        "basis_text": str(one.basis) if one.basis is not None else one.basis_text,
        "fields": [names[pk] for pk in one.fields if pk in names],
        "rows": [
            {"field": names.get(int(row["field"]), ""), "values": row["values"]}
            for row in one.rows
        ],
        "clear_up_to": Grade(one.clear_up_to).name,
        "calls_average": one.calls_average,
        "calls_peak": one.calls_peak,
        "renews": one.renews_id,
    }


def _due(one: ShareRequest, limits: Clocks, today: date) -> dict[str, Any] | None:
    if one.due_from is None:
        return None
    due = clocks.deadline(one, limits, today=today)
    limit = limits.under(one.profile).limit(one.due_step)
    since = timezone.localdate(one.due_from)
    return {
        "rules": limit.profile,
        "step": str(due.step),
        "since": since,
        "starts_with": limit.starts_with,
        "working_days": limit.working_days,
        "extension_days": 0 if one.extended_at is None else limit.extension_days,
        "named_on": one.ordered_on,
        "due_on": due.due_on,
        "days_left": due.days_left,
        "citation": due.citation,
        "certainty": due.certainty,
        "note": _not_entered() if due.estimated else "",
        "days": [asdict(day) for day in limits.calendar.walk(since, due.due_on)],
    }


def _not_entered() -> str:
    return _(
        "The holidays of that year are not entered yet, so Monday to Friday were counted. The day"
        " may move when they are."
    )


def _lacks(one: ShareRequest, today: date) -> list[dict[str, str]]:
    """Return what is missing before it can be laid before the head; nothing once it has been."""
    if (State(one.state), Step.EDIT) not in MOVES:
        return []
    lacking = contents.lacking(one, today=today)
    return [{"part": lack.part, "text": lack.sentence} for lack in lacking]


def _answer(one: ShareRequest) -> dict[str, Any] | None:
    """Return the answer; before the provider's head has signed it, there is none."""
    if one.state not in (State.GRANTED, State.REFUSED) or one.answered_at is None:
        return None
    return {
        "answer": one.answer,
        "ground": one.ground,
        "reason": one.answer_reason,
        "by": None if one.answered_by is None else one.answered_by.name,
        "at": one.answered_at,
    }


def _events(one: ShareRequest) -> list[dict[str, Any]]:
    return [
        {
            "what": event.what,
            "told": str(event.get_what_display()),
            "state": event.state,
            "text": event.text,
            "by": None if event.by is None else event.by.name,
            "at": event.at,
        }
        for event in one.events.select_related("by").order_by("at", "pk")
    ]


def _matrix(one: ShareRequest, grant: int | None, today: date) -> dict[str, Any]:
    """Return each field now and as granted; before there is a grant, as asked for."""
    granted = grant is not None
    offer = offered(one) if granted else asked(one)
    found = foreseen.foreseen(
        one.dataset,
        one.organization_id,
        offer,
        wanted=offer.fields,
        today=today,
        besides=one.renews_id,
    )
    return {
        "then": "granted" if granted else "asked",
        "at_once": found.at_once,
        "matrix": lines(found),
    }
