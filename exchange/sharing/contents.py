"""What a share request says, and what it has to hold before it can be signed.

Order 809 art 20: 使用依据、使用场景、使用范围、共享方式、使用时限.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership, Organization
from accounts.roles import OrganizationKind, Role
from catalog.models import Dataset, Field, LegalBasis
from exchange.models import Purpose, ShareRequest
from exchange.records.compile import unfit
from exchange.sharing import applying, keys, matrix, wording
from exchange.sharing.requests import BasisGone, RequestIncomplete, RequestUnfit, asked
from exchange.workflow import StepRefused
from policy.terms import Grade, Mode, ScopeOperator

SAID = (
    "dataset_id",
    "purpose_class",
    "purpose",
    "scene",
    "system",
    "safeguards",
    "basis_id",
    "basis_text",
    "mode",
    "fields",
    "rows",
    "clear_up_to",
    "calls_average",
    "calls_peak",
    "wanted_from",
    "wanted_until",
    "renews_id",
)
"""What a signature vouches for."""

AS_THEY_ARE = (
    *("purpose_class", "purpose", "scene", "system", "basis_text", "safeguards"),
    *("wanted_from", "wanted_until", "calls_average", "calls_peak"),
)
"""What a request takes from its terms as it is."""

WRITTEN = (*AS_THEY_ARE, "basis", "rows", "fields", "mode", "clear_up_to", "bundle")
"""What `write` puts into a request."""

ASKED_WAYS = [str(mode) for mode in (Mode.QUERY, Mode.VERIFY, Mode.BULK)]
"""The ways of use that a department asks for; changes are pushed to nobody yet."""

LONGEST_DAYS = 3 * 366
"""A grant holds three years at most, then its need is looked at again: a rule of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a request says. `fields` are permanent ids; calls are a day's, None where none are.

    `purpose_class` is "" while a draft does not say it.
    """

    purpose_class: Purpose | Literal[""]
    purpose: str
    scene: str
    system: str
    mode: Mode
    fields: Sequence[int]
    wanted_from: date
    wanted_until: date
    basis_id: int | None = None
    basis_text: str = ""
    safeguards: str = ""
    clear_up_to: Grade = Grade.L2
    rows: Sequence[dict[str, Any]] = ()
    calls_average: int | None = None
    calls_peak: int | None = None
    bundle: UUID | None = field(default=None)


def terms_of(request: ShareRequest) -> Terms:
    """Return what a request says, to copy it or to start a change from it."""
    return Terms(
        purpose_class=Purpose(request.purpose_class) if request.purpose_class else "",
        purpose=request.purpose,
        scene=request.scene,
        system=request.system,
        mode=Mode(request.mode),
        fields=tuple(request.fields),
        wanted_from=request.wanted_from,
        wanted_until=request.wanted_until,
        basis_id=request.basis_id,
        basis_text=request.basis_text,
        safeguards=request.safeguards,
        clear_up_to=Grade(request.clear_up_to),
        rows=tuple(request.rows),
        calls_average=request.calls_average,
        calls_peak=request.calls_peak,
    )


def can_be_asked(dataset: Dataset, organization: Organization) -> None:
    """Return if a department, or a company, may ask for a dataset at all.

    Raises StepRefused, RequestUnfit.
    """
    if dataset.state != Dataset.State.PUBLISHED:
        raise StepRefused(
            _("“%(dataset)s” is %(state)s. Only published datasets can be asked for.")
            % {"dataset": dataset, "state": dataset.get_state_display()}
        )
    if dataset.owner_id == organization.pk:
        raise RequestUnfit(
            _("“%(dataset)s” is the department's own: it needs no request.") % {"dataset": dataset}
        )
    if organization.kind == OrganizationKind.COMPANY:
        applying.can_apply(dataset, organization)


def write(request: ShareRequest, terms: Terms, *, today: date) -> None:
    """Put terms into a request that is not saved yet. Raises RequestUnfit, BasisGone."""
    if terms.wanted_until < terms.wanted_from:
        raise RequestUnfit(
            _("The period ends on %(until)s, before it begins on %(start)s. Exchange the days.")
            % {"until": terms.wanted_until, "start": terms.wanted_from}
        )
    own_fields(request.dataset, {*terms.fields, *(int(one["field"]) for one in terms.rows)})
    request.basis = _basis(terms.basis_id, today=today)
    request.rows = [_scope(one) for one in terms.rows]
    fitting_rows(request.rows)
    request.fields = sorted(set(terms.fields))
    request.mode = terms.mode
    request.clear_up_to = int(terms.clear_up_to)
    for name in AS_THEY_ARE:
        setattr(request, name, getattr(terms, name))
    if terms.bundle is not None:
        request.bundle = terms.bundle
    renewal(request)
    wording.fits(request)


def own_fields(dataset: Dataset, wanted: set[int]) -> None:
    """Return if these are live fields of a dataset. Raises RequestUnfit, naming the others."""
    found = Field.objects.filter(pk__in=wanted, resource__dataset=dataset, concealed=False).live()
    strange = wanted - set(found.values_list("pk", flat=True))
    if strange:
        raise RequestUnfit(
            _(
                "“%(dataset)s” does not have the fields no. %(fields)s. Choose among its own; one"
                " that the provider has ended cannot be asked for any more."
            )
            % {"dataset": dataset, "fields": ", ".join(map(str, sorted(strange)))}
        )


def _scope(one: dict[str, Any]) -> dict[str, Any]:
    operator = ScopeOperator(one["operator"])
    values = sorted({str(value) for value in one["values"]})
    if not values or (operator == ScopeOperator.EQ and len(values) != 1):
        raise RequestUnfit(
            _("A condition on rows compares a field with one value, or with a list of some.")
        )
    return {"field": int(one["field"]), "operator": str(operator), "values": values}


def fitting_rows(rows: Iterable[dict[str, Any]]) -> None:
    """Return if each condition on rows compares its field with values of the field's type.

    Another value is in no row, so the condition would let none through. Raises RequestUnfit, which
    names them all. One query, none where there is no condition.
    """
    told = [(int(one["field"]), str(value)) for one in rows for value in one["values"]]
    fields = Field.objects.in_bulk({number for number, _value in told})
    wrong = [
        _("“%(value)s” for “%(field)s”, which takes %(wanted)s")
        % {"value": value[:40], "field": fields[number].label, "wanted": wanted}
        for number, value in told
        if (wanted := unfit(value, fields[number].data_type))
    ]
    if wrong:
        raise RequestUnfit(
            _("A condition on rows would let no row through: %(wrong)s. Mend the values.")
            % {"wrong": "; ".join(wrong)}
        )


def _basis(basis_id: int | None, *, today: date) -> LegalBasis | None:
    if basis_id is None:
        return None
    found = LegalBasis.objects.filter(pk=basis_id).first()
    if found is None:
        raise RequestUnfit(
            _("The library has no legal basis no. %(basis)s. Choose another, or say it in words.")
            % {"basis": basis_id}
        )
    _in_force(found, today)
    return found


def _in_force(basis: LegalBasis, today: date) -> None:
    until = basis.in_force_until
    if basis.in_force_from <= today and (until is None or today <= until):
        return
    raise BasisGone(
        _("%(basis)s is in force from %(start)s until %(until)s, not today. Choose what is.")
        % {"basis": basis, "start": basis.in_force_from, "until": until or "…"}
    )


def rests_on_law(request: ShareRequest, today: date) -> None:
    """Return if the named basis of a request is in force still. Raises BasisGone: what to do."""
    until = request.basis.in_force_until if request.basis else None
    if until is not None and until < today:
        raise BasisGone(
            _(
                "%(basis)s, on which the request rests, was in force until %(until)s. Send the"
                " request back to name another; where that was done before, have the department"
                " withdraw it and ask anew."
            )
            % {"basis": request.basis, "until": until}
        )


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that a request lacks: the part of it, as `Terms` calls it, and the sentence."""

    part: str
    sentence: str


def lacking(request: ShareRequest, *, today: date) -> list[Lack]:
    """Return everything that a request lacks before it can be signed, each at its part."""
    if request.opening:
        return [
            *_absent(request, today, applying.asked_for(request)),
            *(Lack("fields", text) for text in applying.pointless(request, today=today)),
        ]
    asked_for = [
        ("purpose", request.purpose.strip(), _("Say what the data is needed for.")),
        ("scene", request.scene.strip(), _("Say in which business the data is used.")),
        ("system", request.system.strip(), _("Name the system that uses the data.")),
        ("purpose_class", request.purpose_class, _("Choose what the data is used as.")),
        (
            "basis_text",
            request.basis or request.basis_text.strip(),
            _("Name the legal basis with its article."),
        ),
    ]
    absent = keys.keyless(request.dataset, mode=request.mode, fields=request.fields)
    hidden = _unclaimable(request, today)
    return [
        *_absent(request, today, asked_for),
        *(Lack("fields", sentence) for sentence in absent),
        *(Lack("clear_up_to", sentence) for sentence in hidden),
    ]


def _absent(
    request: ShareRequest, today: date, first: Sequence[tuple[str, object, str]]
) -> list[Lack]:
    """Return what is absent of `first` (part, whether it is there, sentence) and of all else."""
    days = (request.wanted_until - request.wanted_from).days
    asked_for = [
        *first,
        ("fields", request.fields, _("Choose at least one field.")),
        (
            "wanted_until",
            request.wanted_until >= today,
            _("The period is over already. Choose a later end."),
        ),
        (
            "wanted_until",
            days < LONGEST_DAYS,
            _("The period is longer than three years. Ask for three, and renew then."),
        ),
        (
            "calls_peak",
            request.mode == Mode.BULK or request.calls_peak,
            _("Say how many calls a day are expected at the peak."),
        ),
        (
            "calls_average",
            (request.calls_average or 0) <= (request.calls_peak or request.calls_average or 0),
            _("The average of calls a day is more than the peak. Exchange them."),
        ),
    ]
    return [Lack(part, sentence) for part, there, sentence in asked_for if not there]


def _unclaimable(request: ShareRequest, today: date) -> list[str]:
    if request.mode != Mode.VERIFY:
        return []
    lines = matrix.matrix(
        request.dataset,
        request.organization_id,
        asked(request),
        today=today,
        besides=request.renews_id,
    )
    return keys.unclaimable(lines, mode=request.mode, clear_up_to=request.clear_up_to)


def missing(request: ShareRequest, *, today: date) -> list[str]:
    """Return everything that a request lacks before it can be signed, each as a sentence."""
    return [one.sentence for one in lacking(request, today=today)]


def renewal(request: ShareRequest) -> None:
    """Return if a request that renews a grant asks for no more than it. Raises RequestUnfit.

    Another purpose, way of use or scope is another request, with its own consent; so are more
    calls a day.
    """
    grant = request.renews
    if grant is None:
        return
    same = (
        (grant.organization_id, grant.dataset_id) == (request.organization_id, request.dataset_id)
        and set(request.fields) <= set(grant.fields)
        and request.rows == list(grant.rows)
        and request.clear_up_to <= grant.clear_up_to
        and [request.mode] == list(grant.modes)
        and request.purpose.strip() == grant.purpose.strip()
    )
    if not same:
        raise RequestUnfit(
            _(
                "A renewal keeps the purpose, the way of use, the rows and at most the fields and"
                " the grade of grant %(grant)s. For anything else ask anew: it needs a consent of"
                " its own."
            )
            % {"grant": grant.pk}
        )
    if _more_calls(request, grant.daily_quota):
        raise RequestUnfit(
            _(
                "Grant %(grant)s gives %(most)s calls a day at the most, and a renewal asks for no"
                " more of them. Ask for that many, or for more by a new request: it needs a"
                " consent of its own."
            )
            % {"grant": grant.pk, "most": grant.daily_quota}
        )


def _more_calls(request: ShareRequest, most: int | None) -> bool:
    """Whether a request asks for more calls a day than `most`; None is as many as one likes.

    A draft may leave it open; of whole files, where nobody has to say how many, that is more.
    """
    if most is None:
        return False
    if request.calls_peak is None:
        return request.mode == Mode.BULK
    return request.calls_peak > most


def digest(request: ShareRequest) -> str:
    """Return a digest (32 hexadecimal digits) of what a request says, as its head is shown it."""
    told = [[name, getattr(request, name)] for name in SAID]
    files = request.attachments.order_by("digest").values_list("digest", flat=True)
    told.append(["files", list(files)])
    text = json.dumps(told, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def complete(request: ShareRequest, *, today: date) -> None:
    """Raise RequestIncomplete, BasisGone or RequestUnfit unless the request can be signed."""
    lacking = missing(request, today=today)
    if lacking:
        raise RequestIncomplete(
            _("The request is not complete: %(missing)s") % {"missing": " ".join(lacking)}, lacking
        )
    if request.basis is not None:
        _in_force(request.basis, today)
    own_fields(request.dataset, {*request.fields, *(one["field"] for one in request.rows)})


def has_head(organization: Organization) -> bool:
    """Return whether somebody can sign for a department now."""
    held = Membership.objects.live().filter(organization=organization, role=Role.HEAD)
    return held.filter(user__is_active=True).exists()
