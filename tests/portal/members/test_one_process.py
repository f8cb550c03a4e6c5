"""Where one process opens all doors, its role is the office's: the members' pages answer alike."""

from collections.abc import Mapping

from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from accounts.models import ApiKey
from community import follows
from exchange.hooks import events
from exchange.models import WebhookDelivery
from portal.members.urls import urlpatterns
from tests.exchange.sessions import signed_in
from tests.factories import community, hooks
from tests.factories.exchange import now
from tests.factories.market import Market
from tests.portal.members import people
from tests.portal.members.test_applications import EMAIL, built, client_of
from tests.portal.members.test_role import AS_MEMBERS

FORMS = {
    *("members-app-close", "members-key-rotate", "members-key-revoke"),
    *("members-webhook-end", "members-webhook-rotate", "members-webhook-step"),
    *("members-webhook-replay", "members-application-withdraw", "members-application-comment"),
    *("members-grant-renew", "members-grant-end", "members-grant-dispose", "members-invite"),
    *("members-leave", "members-step-down", "members-colleague", "members-uninvite"),
    *("members-unfollow", "members-letters", "members-withdraw", "members-unlink"),
    "members-contest-leave",
}
"""Addresses that take forms alone, and are no page."""
NOT_LOOKED_AT = {"account_logout", "openid_connect_login", "openid_connect_callback"}
"""Signing out would end the walk; a server of the city's is asked elsewhere (test_oidc)."""
NO_GOOD = {"members-join"}
"""The word of its letter was made up."""


def arguments(market: Market) -> dict[str, Mapping[str, object]]:
    """Return what the addresses name, by the beginning of their names; the longest counts."""
    grant, draft = market.granted("turnover"), market.draft("district")
    key = market.key(at=now()).key
    webhook = hooks.live(market.dataset, app=market.app)
    person = people.of(EMAIL)
    follows.follow(market.dataset.pk, language="en", by=person, at=now())
    wish = community.wish(shown=True)
    contest = {"slug": community.contest(at=now()).slug}
    slug = {"slug": market.dataset.slug}
    company = {"number": market.company.pk}
    word = {"token": "nonsense"}
    return {
        "": {},
        "members-app": {"number": market.app.pk},
        "members-key": {"number": ApiKey.objects.get(pk=key.pk).pk},
        "members-webhook": {"number": webhook.pk},
        "members-webhook-step": {"number": webhook.pk, "name": "ping"},
        "members-webhook-replay": {
            "handle": events.handle_of(WebhookDelivery.objects.latest("pk"))
        },
        "members-apply": slug,
        "members-foreseen": slug,
        "members-application": {"number": draft.pk},
        "members-grant": {"number": grant.pk},
        "members-agreement": {"number": grant.pk},
        "members-company": company,
        "members-invite": company,
        "members-leave": company,
        "members-step-down": company,
        "members-colleague": company | {"person": person.pk, "what": "end"},
        "members-uninvite": {"number": 1},
        "members-join": word,
        "members-contest": contest,
        "members-contest-leave": contest | {"number": 1},
        "members-follow": slug,
        "members-unfollow": slug,
        "members-letters-stop": {"token": follows.stop_token(person.pk)},
        "members-comment": slug,
        "members-vote": {"number": wish.pk},
        "members-withdraw": {"kind": "wish", "number": wish.pk},
        "account_confirm_email": {"key": "nonsense"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "nonsense"},
    }


def addresses(market: Market) -> dict[str, str]:
    """Return each address of the members' door by its name, filled with what is there."""
    known = arguments(market)
    found = {}
    for one in urlpatterns:
        if one.name in NOT_LOOKED_AT:
            continue
        wanted = set(one.pattern.converters) or set(one.pattern.regex.groupindex)
        fitting = [name for name in known if one.name.startswith(name)]
        told = next(
            known[name]
            for name in sorted(fitting, key=len, reverse=True)
            if not wanted or set(known[name]) == wanted
        )
        found[one.name] = reverse(one.name, kwargs=told if wanted else {})
    return found


def walk(client: Client, paths: Mapping[str, str]) -> dict[str, int]:
    """Open each address; returns what it answered, by its name."""
    return {name: client.get(path).status_code for name, path in paths.items()}


def test_each_page_answers_the_office_s_role_as_it_answers_the_members(live_database):
    paths = addresses(built())

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        apart = walk(client_of(), paths)
    with signed_in(USER="city_office"):
        together = walk(client_of(), paths)

    assert together == apart
    assert {name for name, status in together.items() if status >= 400} == FORMS | NO_GOOD
