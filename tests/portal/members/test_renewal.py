"""A company renews a grant below /my/: the same for as long again, answered as any application."""

from datetime import timedelta

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from exchange.models import Grant, ShareRequest
from exchange.models.grants import Ending
from exchange.sharing import deciding, lifecycle
from exchange.sharing.requests import asked
from exchange.workflow import State
from tests.exchange.sessions import signed_in
from tests.factories import exchange
from tests.portal.members.test_applications import built, client_of, form, text_of
from tests.portal.members.test_role import AS_MEMBERS


def granted(market, *names, **over) -> Grant:
    """Return a grant of a hundred days that ends in ten."""
    today = timezone.localdate()
    period = {
        "wanted_from": today - timedelta(days=90),
        "wanted_until": today + timedelta(days=10),
    }
    at = exchange.now() - timedelta(days=90)
    return market.granted(*names, at=at, **period | over)


@pytest.fixture
def market(db):
    return built()


def test_a_grant_is_renewed_by_an_application_that_the_department_answers(market):
    grant, client = granted(market, "turnover", "district"), client_of()
    place = f"/my/applications/grants/{grant.pk}/"
    assert "Draft a renewal" in text_of(client.get(place))

    drafted = client.post(f"{place}renew/", follow=True)
    renewal = ShareRequest.objects.get(renews=grant)
    told = text_of(drafted)
    sent = client.post(
        f"/my/applications/{renewal.pk}/change/",
        form(
            market,
            "turnover",
            purpose=grant.purpose,
            wanted_until=str(renewal.wanted_until),
            hand_in="yes",
            vouched="yes",
        ),
    )

    assert "This renews a grant" in told
    assert renewal.wanted_until - renewal.wanted_from == timedelta(days=100)
    assert renewal.safeguards == grant.request.safeguards
    assert sent["Location"] == f"/my/applications/{renewal.pk}/"
    renewal.refresh_from_db()
    assert renewal.state == State.IN_REVIEW
    assert "on its way" in text_of(client.get(place))
    assert "Draft a renewal" not in text_of(client.get(place))

    now = exchange.now()
    deciding.propose(renewal.pk, asked(renewal), reason="", by=market.reviewer, at=now)
    deciding.sign_answer(renewal.pk, by=market.where.head, at=now)

    grant.refresh_from_db()
    assert grant.ending == Ending.REPLACED
    assert Grant.objects.get(request=renewal).fields == market.fields("turnover")


def test_what_it_would_show_is_told_without_the_grant_that_is_renewed(market):
    grant, client = granted(market, "turnover"), client_of()
    page = f"/my/applications/new/{market.dataset.slug}/would/"

    beside = text_of(client.post(page, form(market, "turnover")))
    renewing = text_of(client.post(f"{page}?renews={grant.pk}", form(market, "turnover")))

    assert beside.count("withheld") < renewing.count("withheld")


def test_a_renewal_keeps_purpose_and_rows(market):
    rows = ({"field": market.fields("district")[0], "operator": "eq", "values": ["east"]},)
    grant, client = granted(market, "turnover", "district", part={"rows": rows}), client_of()
    client.post(f"/my/applications/grants/{grant.pk}/renew/")
    renewal = ShareRequest.objects.get(renews=grant)
    change = f"/my/applications/{renewal.pk}/change/"

    other = client.post(change, form(market, "turnover", purpose="Something else", keep="yes"))
    same = client.post(change, form(market, "turnover", purpose=grant.purpose, keep="yes"))

    assert other.status_code != 302
    assert "A renewal keeps the purpose" in text_of(other)
    assert same.status_code == 302
    renewal.refresh_from_db()
    assert renewal.rows == list(grant.rows) == list(rows)


def test_what_is_suspended_is_not_renewed_nor_is_another_companys(market):
    grant, client = granted(market, "turnover"), client_of()
    stranger = market.granted("district", at=exchange.now() - timedelta(days=90))
    Grant.objects.filter(pk=stranger.pk).update(organization=market.dataset.owner)
    place = f"/my/applications/grants/{grant.pk}/"
    mend_by = timezone.localdate() + timedelta(days=9)
    lifecycle.suspend(grant.pk, reason="x", mend_by=mend_by, by=market.reviewer, at=exchange.now())

    shown = client.get(place)
    client.post(f"{place}renew/")
    other = client.post(f"/my/applications/grants/{stranger.pk}/renew/")

    assert "Draft a renewal" not in text_of(shown)
    assert other.status_code == 404
    assert not ShareRequest.objects.exclude(renews=None).exists()


def test_a_renewal_clicked_twice_is_drafted_once_and_the_second_click_is_told_where_it_is(market):
    grant, client = granted(market, "turnover"), client_of()
    place = f"/my/applications/grants/{grant.pk}/renew/"

    first, second = client.post(place), client.post(place)

    kept = ShareRequest.objects.get(renews=grant)
    assert first["Location"] == f"/my/applications/{kept.pk}/change/"
    assert second.status_code == 409
    assert f"Request {kept.pk} to renew grant {grant.pk} is on its way already" in text_of(second)


def test_it_works_with_the_rights_of_the_members_role(live_database):
    market = built()
    grant = granted(market, "turnover")

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = client_of()
        answer = client.post(f"/my/applications/grants/{grant.pk}/renew/", follow=True)

    assert answer.status_code == 200
    assert "This renews a grant" in text_of(answer)
