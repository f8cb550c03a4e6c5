"""What may be done with a dataset, in words other machines read: ODRL 2.2 as JSON-LD.

A dataset's policy is an Offer: each field stands in a permission or in a prohibition, as the law
treats it on the day, so nothing is left to a reader's default. A grant is an Agreement, and keeps
to the subset of the Dataspace Protocol 2025-1. What ODRL has no word for stands in our profile
(docs/policy.md, "For machines").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from catalog import facts
from catalog.models import Dataset, Field
from catalog.terms import State
from exchange.models import Grant
from exchange.problems import Problem
from exchange.sharing import matrix, standing
from policy.comparison import CHANNEL_OF, Viewpoint, cases, treatments
from policy.decision import FieldDecision, decide_field
from policy.facts import FieldFacts, Prohibition
from policy.terms import Channel, Mode, Treatment

CONTEXT: list[Any] = [
    "http://www.w3.org/ns/odrl.jsonld",
    {
        "dct": "http://purl.org/dc/terms/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "city": "urn:x-city-data-exchange:odrl:",
    },
]
PROFILE = "urn:x-city-data-exchange:odrl:1"
RECIPIENTS = {Channel.SHARE: ("department",), Channel.OPEN: ("public", "company")}

WITHDRAWN = "withdrawn"
"""Where a grant stands that is neither suspended nor ended, but whose dataset was withdrawn."""

Node = dict[str, Any]


class NoFields(Problem):
    """A policy speaks of fields, and the dataset has none that could be named."""

    code = "policy-without-fields"
    status = 404


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a kind of reader has a field: seen how, by consent or not, in which ways."""

    recipient: str
    treatment: Treatment
    consent: bool = False
    verified: bool = False


OFFERED = (
    (Viewpoint.PUBLIC, Terms("public", Treatment.WITHHELD)),
    (Viewpoint.COMPANY_GRANTED, Terms("company", Treatment.WITHHELD, consent=True)),
    (Viewpoint.DEPARTMENT, Terms("department", Treatment.WITHHELD)),
    (Viewpoint.DEPARTMENT_GRANTED, Terms("department", Treatment.WITHHELD, consent=True)),
    (
        Viewpoint.DEPARTMENT_VERIFYING,
        Terms("department", Treatment.WITHHELD, consent=True, verified=True),
    ),
)
"""Ways to a field on each channel, from the plainest on: a later one counts if it shows more."""


def offer(dataset: Dataset, *, today: date) -> Node:
    """Return a published dataset's policy as an odrl:Offer. Concealed fields are not named.

    Two queries beside the dataset's own. Raises NoFields: a policy without a rule is none.
    """
    fields = Field.objects.filter(resource__dataset=dataset, concealed=False).live()
    about = [facts.field_facts(one) for one in fields]
    if not about:
        raise NoFields(
            _(
                "“%(dataset)s” has no fields, so there is no policy for machines. Its share type"
                " and conditions stand in its entry."
            )
            % {"dataset": dataset.title}
        )
    named = frozenset(one.name for one in about)
    lines = [
        replace(line, fields=line.fields & named)
        for line in facts.prohibitions(dataset)
        if not line.fields or line.fields & named
    ]
    place = dataset_address(dataset)
    return {
        "@context": CONTEXT,
        "@id": f"{place}/policy",
        "@type": "Offer",
        "profile": PROFILE,
        "assigner": party(dataset.owner),
        "conflict": "prohibit",  # nothing beats the negative list
        "dct:title": dataset.title_zh,
        "dct:issued": _day(today),
        **_rules("permission", _permissions(place, about, tuple(lines), today)),
        **_rules("prohibition", _prohibitions(place, about, tuple(lines), today)),
    }


def _rules(kind: str, rules: Iterable[Node]) -> Node:
    """Return rules under their name; no empty list stands in a policy."""
    found = list(rules)
    return {kind: found} if found else {}


def _permissions(
    place: str, about: list[FieldFacts], lines: tuple[Prohibition, ...], today: date
) -> Iterable[Node]:
    """Yield one permission for each set of terms, over the fields that have them."""
    asked = cases(today, lines)
    fields: dict[Terms, list[str]] = {}
    for one in about:
        for terms in _terms(treatments(one, asked)):
            fields.setdefault(terms, []).append(one.name)
    for terms, names in fields.items():
        limits = [_is("recipient", terms.recipient), _is("city:treatment", _word(terms.treatment))]
        if terms.verified:
            limits.append(_is("deliveryChannel", str(Mode.VERIFY)))
        rule = {"target": _parts(place, names), "action": "use", "constraint": limits}
        yield {**rule, **({"duty": [{"action": "obtainConsent"}]} if terms.consent else {})}


def _terms(seen: Mapping[Viewpoint, Treatment]) -> Iterable[Terms]:
    shown: dict[Channel, Treatment] = dict.fromkeys(Channel, Treatment.WITHHELD)
    for viewpoint, terms in OFFERED:
        channel = CHANNEL_OF[viewpoint]
        if seen[viewpoint] < shown[channel]:
            shown[channel] = seen[viewpoint]
            yield replace(terms, treatment=seen[viewpoint])


def _prohibitions(
    place: str, about: list[FieldFacts], lines: tuple[Prohibition, ...], today: date
) -> Iterable[Node]:
    """Yield each line in force or to come, then what is closed for another reason than a line."""
    for line in lines:
        for channel in sorted(Channel):
            if line.counts(channel) and (line.in_force(today) or today < line.in_force_from):
                yield _by_line(place, about, line, channel)
    for reason, recipient, names in _closed(about, lines, today):
        yield {
            "target": _parts(place, names),
            "action": "use",
            "constraint": [_is("recipient", recipient)],
            "city:reason": reason,
        }


def _by_line(place: str, about: list[FieldFacts], line: Prohibition, channel: Channel) -> Node:
    names = [one.name for one in about if not line.fields or one.name in line.fields]
    ways = [_among("recipient", RECIPIENTS[channel]), _from(line.in_force_from)]
    if line.in_force_until is not None:
        ways.append(_until(line.in_force_until))
    return {
        "@id": f"{place}/policy#line-{line.number}-{channel}",
        "target": _parts(place, names),
        "action": "use",
        "constraint": ways,
        "dct:source": {
            "dct:title": line.basis,
            "dct:type": _own(str(line.tier)),
            "dct:identifier": str(line.number),
        },
    }


def _closed(
    about: list[FieldFacts], lines: tuple[Prohibition, ...], today: date
) -> Iterable[tuple[str, str, list[str]]]:
    """Yield reason, recipient and fields where not even a grant would show them, and no line."""
    asked = cases(today, lines)
    most = {
        Channel.OPEN: asked[Viewpoint.COMPANY_GRANTED],
        Channel.SHARE: asked[Viewpoint.DEPARTMENT_VERIFYING],
    }
    found: dict[tuple[str, str], list[str]] = {}
    for one in about:
        for channel, case in most.items():
            decided = decide_field(case, one)
            if decided.treatment == Treatment.WITHHELD and case.barring(one.name) is None:
                why = str(decided.reasons[0].because)
                for recipient in RECIPIENTS[channel]:
                    found.setdefault((why, recipient), []).append(one.name)
    for (why, recipient), names in found.items():
        yield why, recipient, names


def agreement(grant: Grant, *, today: date) -> Node:
    """Return a grant between departments as an odrl:Agreement, as it stands on a day.

    The asset is what the grant names of the dataset; how each field is treated stands with it.
    Three queries, where dataset, owner and organisation were selected.
    """
    place = f"{settings.PUBLIC_BASE_URL}/api/v1/office/grants/{grant.pk}/policy"
    return {
        "@context": CONTEXT,
        "@id": place,
        "@type": "Agreement",
        "profile": PROFILE,
        "target": f"{place}#data",
        "assigner": party(grant.dataset.owner),
        "assignee": party(grant.organization),
        "conflict": "prohibit",  # suspended: no use, whatever is permitted
        "timestamp": _moment(grant.created_at),
        "city:state": _own(_stands(grant, today)),
        "permission": [_use(grant)],
        "prohibition": list(_forbidden(grant)),
        "obligation": _obligations(grant),
        "@included": [_asset(grant, f"{place}#data", today)],
    }


def _stands(grant: Grant, today: date) -> str:
    """Return where a grant stands as its holder meets it: of what is withdrawn nothing is had."""
    stands = standing.of(grant, today)
    return WITHDRAWN if stands.withdrawn else str(stands.state)


def _forbidden(grant: Grant) -> Iterable[Node]:
    """Yield what is not allowed: passing on, and any use from a suspension on until it is mended.

    Order 809 art 25: no third party but by the provider's consent; art 27: misuse suspends. Nor
    any use from the withdrawal of the dataset on, which is final.
    """
    yield {"action": "distribute", "dct:source": _article("二十五")}
    if grant.suspended_at is not None and grant.revoked_at is None:
        yield {
            "action": "use",
            "constraint": [_instant("gteq", grant.suspended_at)],
            "dct:source": _article("二十七"),
        }
    dataset = grant.dataset
    if dataset.state == State.WITHDRAWN and dataset.withdrawn_at is not None:
        yield {
            "action": "use",
            "constraint": [_instant("gteq", dataset.withdrawn_at)],
            "dct:description": dataset.withdrawn_reason,
        }


def _use(grant: Grant) -> Node:
    ways = [
        {"leftOperand": "purpose", "operator": "eq", "rightOperand": grant.purpose},
        _among("deliveryChannel", grant.modes),
        _from(grant.valid_from),
        _until(grant.valid_until),
    ]
    if grant.revoked_at is not None:
        ways.append(_instant("lt", grant.revoked_at))
    if grant.daily_quota is not None:
        ways.append({"and": [_count(grant.daily_quota), _lasting("timeInterval", "eq", "P1D")]})
    return {"action": "use", "constraint": ways}


def _obligations(grant: Grant) -> list[Node]:
    """Return what the consumer owes: art 27, disposal when it is over; art 29, use records."""
    over = {"leftOperand": "dateTime", "operator": "gt", "rightOperand": _day(grant.valid_until)}
    if grant.revoked_at is not None:
        over = _instant("gteq", grant.revoked_at)
    kept = _lasting("elapsedTime", "gteq", "P3Y")
    return [
        {"action": "delete", "constraint": [over], "dct:source": _article("二十七")},
        {"action": "city:keepUseRecords", "constraint": [kept], "dct:source": _article("二十九")},
    ]


def _article(number: str) -> Node:
    return {"dct:title": f"《政务数据共享条例》第{number}条"}


def _asset(grant: Grant, name: str, today: date) -> Node:
    """Describe what the grant names: the fields with their treatment, and the rows."""
    fields = list(Field.objects.filter(resource__dataset=grant.dataset_id))
    place = dataset_address(grant.dataset)
    names = {one.pk: one.name for one in fields}
    decided = matrix.under(grant, fields, today=today)
    named = [one for one in fields if one.pk in grant.fields]
    node: Node = {
        "@id": name,
        "@type": "AssetCollection",
        "source": place,
        "dct:hasPart": [_part(place, one, decided[one.name]) for one in named],
    }
    rows = [_rows(place, names, scope) for scope in grant.rows]
    return {**node, **({"refinement": rows} if rows else {})}


def _part(place: str, field: Field, decided: FieldDecision) -> Node:
    return {
        "@id": f"{place}#{field.name}",
        "dct:title": field.label_zh,
        "city:treatment": _own(_word(decided.treatment)),
        "city:reason": [str(reason.because) for reason in decided.reasons],
    }


def _rows(place: str, names: Mapping[int, str], scope: Mapping[str, Any]) -> Node:
    return {
        "leftOperand": f"{place}#{names.get(int(scope['field']), '')}",
        "operator": "isAnyOf",
        "rightOperand": [str(value) for value in scope["values"]],
    }


# Words


def dataset_address(dataset: Dataset) -> str:
    """Return what names a dataset to machines: its address in the API."""
    return f"{settings.PUBLIC_BASE_URL}/api/v1/datasets/{dataset.slug}"


def party(organization: Organization) -> str:
    """Return what names an organisation: its unified social credit code, or its address here."""
    if organization.uscc is None:
        return f"urn:x-place:{organization.slug}"
    return f"urn:x-uscc:{organization.uscc}"


def _parts(place: str, names: Iterable[str]) -> list[str]:
    return [f"{place}#{name}" for name in names]


def _own(word: str) -> Node:
    """Return a word of our profile."""
    return {"@id": f"city:{word}"}


def _word(treatment: Treatment) -> str:
    return treatment.name.lower()


def _is(left: str, word: str) -> Node:
    return {"leftOperand": left, "operator": "isA", "rightOperand": _own(word)}


def _among(left: str, words: Iterable[str]) -> Node:
    given = [_own(word) for word in words]
    return {"leftOperand": left, "operator": "isAnyOf", "rightOperand": given}


def _day(day: date) -> Node:
    return {"@value": day.isoformat(), "@type": "xsd:date"}


def _moment(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")


def _instant(operator: str, at: datetime) -> Node:
    value = {"@value": _moment(at), "@type": "xsd:dateTime"}
    return {"leftOperand": "dateTime", "operator": operator, "rightOperand": value}


def _from(day: date) -> Node:
    return {"leftOperand": "dateTime", "operator": "gteq", "rightOperand": _day(day)}


def _until(day: date) -> Node:
    return {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": _day(day)}


def _count(most: int) -> Node:
    value = {"@value": str(most), "@type": "xsd:integer"}
    return {"leftOperand": "count", "operator": "lteq", "rightOperand": value}


def _lasting(left: str, operator: str, length: str) -> Node:
    value = {"@value": length, "@type": "xsd:duration"}
    return {"leftOperand": left, "operator": operator, "rightOperand": value}
