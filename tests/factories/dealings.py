"""What a company deals with below /my/: applications in every state, a grant, webhooks, calls.

Made through the verbs, for pages that are looked at: with plain words, or with hostile ones.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts import colleagues, refused
from accounts.colleagues import Invited
from accounts.models import ApiKey, App, Organization, User
from accounts.refused import RefusedCall
from accounts.roles import Role
from audit import deliveries
from exchange.hooks.posting import Answer, NoAnswer
from exchange.models import Grant, Ground, ShareRequest, Webhook
from exchange.sharing import asking, deciding, lifecycle
from exchange.sharing.requests import asked
from oversight import key_counts
from tests.factories import exchange, hooks
from tests.factories import market as markets
from tests.factories.hooks import Receiver
from tests.factories.market import Market

WORDS = "选址分析，两人保管"
PATH = "hooks"
GUEST = "guest-%d@example.org"


@dataclass(frozen=True, slots=True)
class Dealings:
    """The provider with its dataset, and what the company and it have between them."""

    market: Market
    requests: tuple[ShareRequest, ...]
    grants: tuple[Grant, ...]
    webhooks: tuple[Webhook, ...]
    invited: Invited


def dealings(
    company: Organization,
    person: User,
    app: App,
    *,
    words: str = WORDS,
    path: str = PATH,
    guest: str = GUEST,
) -> Dealings:
    """Let the company apply, be answered, be told and call; `words` stand wherever one writes."""
    at = exchange.now()
    market = replace(markets.market(), company=company, person=person, app=app)
    _called(market, at)
    return Dealings(
        market,
        _requests(market, words, at),
        _grants(market, words, at),
        _webhooks(market, words, path, at),
        colleagues.invite(company, guest % company.pk, Role.DEVELOPER, by=person, at=at),
    )


def _said(words: str, at: datetime) -> dict[str, Any]:
    today = timezone.localdate(at)
    told = dict.fromkeys(("purpose", "scene", "safeguards", "system"), words)
    until = today + timedelta(days=300)
    return told | {"wanted_from": today, "wanted_until": until, "at": at}


def _requests(market: Market, words: str, at: datetime) -> tuple[ShareRequest, ...]:
    """Make applications: a draft, in review, sent back once, proposed, refused, withdrawn."""
    told, reviewer = _said(words, at), market.reviewer
    draft = market.draft("turnover", **told)
    waits = market.handed_in("turnover", **told)
    deciding.comment(waits.pk, text=words, by=reviewer, at=at)
    deciding.comment(waits.pk, text=words, by=market.person, at=at)
    more = market.handed_in("turnover", **told)
    deciding.ask_more(more.pk, missing=[words], by=reviewer, at=at)
    proposed = market.handed_in("turnover", **told)
    _propose_part(market, proposed, words, at)
    refused_ = market.handed_in("district", **told)
    ground = Ground.NOT_NECESSARY
    deciding.propose_refusal(refused_.pk, ground=ground, reason=words, by=reviewer, at=at)
    deciding.sign_answer(refused_.pk, by=market.where.head, at=at)
    back = market.handed_in("turnover", **told)
    asking.withdraw(back.pk, reason=words, by=market.person, at=at)
    return draft, waits, more, proposed, refused_, back


def _propose_part(market: Market, request: ShareRequest, words: str, at: datetime) -> None:
    wanted = asked(request)
    part = replace(wanted, valid_until=wanted.valid_until - timedelta(days=9))
    deciding.propose(request.pk, part, reason=words, by=market.reviewer, at=at)


def _grants(market: Market, words: str, at: datetime) -> tuple[Grant, ...]:
    """Make grants, one after the other: over and disposed of, suspended, and one that holds."""
    over = _granted(market, words, at)
    lifecycle.purpose_over(over.pk, reason=words, by=market.person, at=at)
    lifecycle.dispose(over.pk, receipt=words, by=market.person, at=at)
    suspended = _granted(market, words, at)
    mend_by = timezone.localdate(at) + timedelta(days=20)
    lifecycle.suspend(suspended.pk, reason=words, mend_by=mend_by, by=market.where.head, at=at)
    return over, suspended, _granted(market, words, at)


def _granted(market: Market, words: str, at: datetime) -> Grant:
    request = market.handed_in("turnover", "phone", **_said(words, at))
    _propose_part(market, request, words, at)
    grant = deciding.sign_answer(request.pk, by=market.where.head, at=at)[1]
    assert grant is not None
    return grant


def _webhooks(market: Market, words: str, path: str, at: datetime) -> tuple[Webhook, ...]:
    """Make a webhook whose deliveries went well, failed and were lost, and one never answered."""
    live = _registered(market, path)
    hooks.sent(Receiver(), at=at)
    for answer in (Answer(200, words, 31), Answer(500, words, 12), NoAnswer("too-slow", 10_000)):
        hooks.delivered(live, due_at=at, made_at=at)
        hooks.sent(Receiver(answer), at=at)
    return live, _registered(market, f"new/{path}")


def _registered(market: Market, path: str) -> Webhook:
    url = f"https://example.org/{path}"
    return hooks.registered(market.dataset, app=market.app, url=url)


def _called(market: Market, at: datetime) -> None:
    """Let the app have called: what it was given, how fast, and how often it was refused."""
    key = _key(market)
    dataset = f"dataset:{market.dataset.pk}"
    told = {"channel": "open", "mode": "query", "reader": "company", "app": market.app.name}
    deliveries.deliver(at=at, key_id=key.pk, dataset=dataset, rows=1234, bytes=56789, **told)
    key_counts.answered(key.pk, 0.02, at=at)
    key_counts.refused(key.pk, "unknown-parameter", at=at)
    key_counts.drain(at=at)


def refused_call(market: Market, words: str = WORDS) -> None:
    """Let a call have been refused to the app; Valkey keeps it, whom each test finds empty."""
    path = f"/api/v1/datasets/{words}/records"
    key, at = _key(market), exchange.now()
    refused.note(RefusedCall(at, key.pk, path, 400, "unknown-parameter", words))


def _key(market: Market) -> ApiKey:
    found = market.app.keys.order_by("pk").first()
    assert found is not None
    return found
