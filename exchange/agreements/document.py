"""What stands in an agreement, as JSON of text and whole numbers: nothing is looked up later.

It is made from the request, the grant and the catalogue in the moment in which the grant is made.
Two made of the same grant are the same bytes: no clock is asked, and every list has its order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Organization, User
from catalog.models import Dataset, Field
from exchange.agreements import words
from exchange.models import Grant, ShareRequest
from exchange.sharing import matrix
from policy.decision import FieldDecision
from policy.sentences import Reason
from policy.terms import (
    Because,
    DataType,
    Grade,
    Mode,
    OpenType,
    ScopeOperator,
    ShareType,
    Treatment,
)

FORMAT = 1
"""Goes up when a part gets another meaning; `exchange.agreements.layout` reads each format."""

OF_THIS = "本授权（编号 %(grant)s）包含该信息项。"
"""That the grant covers a field, said to both sides."""

Node = dict[str, Any]


def of(grant: Grant, request: ShareRequest) -> Node:
    """Return the agreement on a grant that a request of a department, or of a company, led to.

    Of the day on which the grant was made. Four queries beside what request and grant hold.
    """
    today = timezone.localdate(grant.created_at)
    fields = list(Field.objects.filter(resource__dataset=grant.dataset_id))
    decided = matrix.under(grant, fields, today=today)
    named = sorted(
        (one for one in fields if one.pk in grant.fields), key=lambda one: (one.position, one.pk)
    )
    mode, said = Mode(grant.modes[0]), words.of(request.opening)
    return {
        **({"kind": words.OPENING} if request.opening else {}),
        "format": FORMAT,
        "title": said.title,
        "number": said.number % {"year": today.year, "grant": grant.pk},
        "grant": grant.pk,
        "request": request.pk,
        "renews": request.renews_id,
        "made_at": _moment(grant.created_at),
        "provider": _party(grant.dataset.owner),
        "consumer": _party(grant.organization),
        "dataset": _dataset(grant.dataset, opening=request.opening),
        "fields": [_field(one, decided[one.name], mode, opening=request.opening) for one in named],
        "rows": [_rows(scope, {one.pk: one for one in fields}) for scope in grant.rows],
        "use": _use(grant, request, mode),
        "duties": [
            {"side": side, "article": f"{said.law}{article}", "text": text}
            for side, article, text in said.duties
        ],
        "reserved": said.reserved,
        "signatures": [_asked(request), _answered(request)],
        "attachments": _attachments(request),
    }


def _party(organization: Organization) -> Node:
    return {"name": organization.name_zh, "uscc": organization.uscc}


def _dataset(dataset: Dataset, *, opening: bool) -> Node:
    return {
        "title": dataset.title_zh,
        "code": dataset.code or "",
        "slug": dataset.slug,
        "condition": "" if opening else dataset.share_condition_zh,
    }


def _field(field: Field, decided: FieldDecision, mode: Mode, *, opening: bool) -> Node:
    """Return a line of the decision matrix: how the field is given, why, and by which law."""
    share, articles = (
        words.OPEN_TYPES[OpenType(field.open_type)]
        if opening
        else words.SHARE_TYPES[ShareType(field.share_type)]
    )
    bases = [reason.basis for reason in decided.reasons if reason.basis]
    return {
        "name": field.name,
        "label": field.label_zh,
        "type": words.DATA_TYPES[DataType(field.data_type)],
        "grade": words.GRADES[Grade(field.grade)] if field.grade else words.UNGRADED,
        "share_type": share,
        "condition": "" if opening else field.share_condition_zh,
        "treatment": decided.treatment.name.lower(),
        "given": _given(decided, mode),
        "reasons": [_reason(one) for one in decided.reasons],
        "law": [articles, *dict.fromkeys(bases)],
    }


def _given(decided: FieldDecision, mode: Mode) -> str:
    if decided.treatment == Treatment.CLEAR and mode == Mode.VERIFY:
        return words.VERIFIED
    told = words.TREATMENTS[decided.treatment]
    return told if decided.mask is None else f"{told}：{words.masked(decided.mask)}"


def _reason(reason: Reason) -> Node:
    """Return a reason as a paper between two departments says it: it addresses neither."""
    text = reason.text("zh-hans")
    if reason.because == Because.GRANTED:
        text = OF_THIS % dict(reason.details)
    return {"code": str(reason.because), "text": text}


def _rows(scope: Mapping[str, Any], fields: Mapping[int, Field]) -> Node:
    field = fields.get(int(scope["field"]))
    return {
        "name": "" if field is None else field.name,
        "label": "" if field is None else field.label_zh,
        "operator": words.OPERATORS[ScopeOperator(scope["operator"])],
        "values": [str(value) for value in scope["values"]],
    }


def _use(grant: Grant, request: ShareRequest, mode: Mode) -> Node:
    basis = request.basis.citation if request.basis is not None else ""
    return {
        **({"safeguards": request.safeguards} if request.opening else {}),
        "class": words.PURPOSES.get(request.purpose_class, ""),
        "purpose": grant.purpose,
        "scene": request.scene,
        "system": request.system,
        "basis": "；".join(one for one in (basis, request.basis_text) if one),
        "mode": str(mode),
        "way": words.MODES[mode],
        "clear_up_to": words.GRADES[Grade(grant.clear_up_to)],
        "valid_from": str(grant.valid_from),
        "valid_until": str(grant.valid_until),
        "daily_quota": grant.daily_quota,
        "deliver_by": "" if grant.deliver_by is None else str(grant.deliver_by),
        "answer_reason": request.answer_reason,
    }


def _asked(request: ShareRequest) -> Node:
    office = words.RESPONSIBLE if request.opening else words.HEAD
    return _signature(
        words.CONSUMER, request.organization, request.signed_by, request.received_at, office
    )


def _answered(request: ShareRequest) -> Node:
    """Return the provider's signature, or that the law gives the data without one."""
    office = words.HEAD if request.answered_by is not None else words.AT_ONCE
    owner = request.dataset.owner
    return _signature(words.PROVIDER, owner, request.answered_by, request.answered_at, office)


def _signature(
    side: str, place: Organization, person: User | None, at: datetime | None, office: str
) -> Node:
    return {
        "side": side,
        "organization": place.name_zh,
        "name": "" if person is None else str(person),
        "office": office,
        "at": "" if at is None else _moment(at),
    }


def _attachments(request: ShareRequest) -> Sequence[Node]:
    files: Iterable[tuple[str, str]] = request.attachments.order_by("pk").values_list(
        "name", "digest"
    )
    return [{"name": name, "sha256": digest} for name, digest in files]


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")
