"""Claims under a grant: from what a department's app sent to what goes back.

As `api.office.pages`, it knows neither Django's requests nor its responses.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import keys
from api import metering
from api.authentication import presented
from api.office import entry
from api.office.pages import last
from api.pages import Answered, Asked
from exchange.sharing import entering, serving
from exchange.sharing.claiming import ClaimsUnfit, shaped
from exchange.sharing.entering import Entry
from exchange.sharing.tries import Verdict
from exchange.sharing.verification import Told, Verified, verify_claims
from policy.terms import Mode

LONGEST_BODY = 2_000_000
HEADERS = {"Content-Type": "application/json", "Allow": "POST, OPTIONS"}
USED_UP = {Verdict.SUBJECT: "subject-used-up", Verdict.SUBJECTS: "subjects-used-up"}


def answered(asked: Asked) -> Answered:
    """Answer each claim: each counts as a call of the grant, all of them as one of the key.

    Raises what the API's refusals are translated from.
    """
    raw = presented(asked.environ, asked.params)
    if not raw:
        raise entry.no_key()
    digest, number = keys.digest(raw), entry.grant_named(last(asked.params))
    claims = _claims(asked.body)
    looks = _looks(asked.slug, digest, number)
    first = next(looks)
    if asked.meter is None:
        grant = first.served.grant if first.served else None
        asked.meter = metering.charge_under(first.key, grant, cost=len(claims))
    every = itertools.chain([first], looks)
    told = verify_claims(lambda: next(every).at_hand(), claims, at=timezone.now())
    body = _document(told).encode()
    serving.used(told.served.grant, at=timezone.now())
    metering.deliver(told.served, rows=len(told.told), size=len(body), mode=Mode.VERIFY)
    return Answered(200, body, {**HEADERS, **metering.TO_THE_CALLER, **asked.meter})


def _looks(slug: str, digest: str, number: int | None) -> Iterator[Entry]:
    """Yield who comes with the key and what it is served, looked up anew each time."""
    while True:
        yield entering.entered(
            slug,
            digest,
            mode=Mode.VERIFY,
            at=timezone.now(),
            caller=entry.by_key,
            number=number,
        )


def too_long() -> ClaimsUnfit:
    """Return the refusal of a body longer than LONGEST_BODY."""
    return ClaimsUnfit(
        _("The claims are longer than %(most)s bytes. Split them over several calls.")
        % {"most": LONGEST_BODY}
    )


def _claims(body: bytes) -> list[Mapping[str, Any]]:
    """Return the claims of a body, numbers exactly as written. Raises ClaimsUnfit."""
    try:
        told = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError):
        told = None
    claims = told.get("claims") if isinstance(told, dict) else None
    if claims is None:
        raise ClaimsUnfit(
            _("The body is to be JSON: %(example)s.")
            % {"example": '{"claims": [{"id": "…", "name": "…"}]}'}
        )
    shaped(claims)
    return claims


def _no_number(word: str) -> NoReturn:
    """Raise ValueError: NaN and Infinity are no JSON."""
    raise ValueError(word)


def _document(verified: Verified) -> str:
    """Return the answers as JSON; what is told alike, as one object, is written once."""
    around = {
        "dataset": verified.served.head.slug,
        "grant": verified.served.grant.pk,
        "count": len(verified.told),
    }
    texts = {
        id(one): _json(_told(one)) for one in {id(each): each for each in verified.told}.values()
    }
    results = ", ".join(texts[id(one)] for one in verified.told)
    return f'{_json(around)[:-1]}, "results": [{results}]}}'


def _told(one: Told) -> dict[str, Any]:
    return {
        "result": one.result,
        "fields": one.fields,
        "because": USED_UP.get(one.because),
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
