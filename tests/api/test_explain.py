"""Why a field is seen so: today, and on a day that is past."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from exchange import opening
from exchange.sharing import grants
from policy.terms import Grade
from tests.factories import exchange

DAY = timezone.localdate(exchange.NOW)


def treatments(way, day) -> dict[str, str]:
    found = way.get("explain", as_of=day.isoformat()).json()["fields"]
    return {field["name"]: field["treatment"] for field in found}


@pytest.fixture
def stricter_later(way):
    opening.regrade(
        way.dataset.pk,
        {way.binding.resource.fields.get(name="name").pk: {"grade": Grade.L4}},
        by=way.where.publisher,
        at=exchange.NOW + timedelta(days=3),
        reason="it names people",
    )


def test_a_past_day_is_explained_by_the_grades_of_that_day(way, stricter_later):
    before, after = DAY + timedelta(days=2), DAY + timedelta(days=3)

    assert treatments(way, before)["name"] == "clear"
    assert treatments(way, after)["name"] == "withheld"
    assert treatments(way, timezone.localdate())["name"] == "withheld"
    told = way.get("explain", as_of=before.isoformat()).json()["fields"]
    assert [field["grade"] for field in told if field["name"] == "name"] == ["L1"]


def test_replayed_and_present_decisions_agree_while_nothing_changed(way):
    then = way.get("explain", as_of=(DAY + timedelta(days=1)).isoformat()).json()
    now = way.get("explain").json()

    assert then["fields"] == now["fields"]
    assert {field["treatment"] for field in now["fields"]} == {"clear", "masked", "withheld"}


def test_a_concealed_field_is_concealed_on_every_day(way):
    assert "ghost" not in treatments(way, DAY)
    assert "ghost" not in treatments(way, timezone.localdate())


def test_what_is_concealed_later_is_concealed_on_the_days_before_too(way):
    assert "secret" in treatments(way, DAY)

    way.binding.resource.fields.filter(name="secret").update(concealed=True)

    assert "secret" not in treatments(way, DAY)
    page = way.client.get(f"/datasets/{way.dataset.slug}/why", {"as_of": DAY.isoformat()})
    assert 'id="field-secret"' not in page.content.decode()


def test_before_its_publication_nothing_was_decided(way):
    answer = way.get("explain", as_of=(DAY - timedelta(days=1)).isoformat())

    assert (answer.status_code, answer.json()["code"]) == (404, "not-published-then")
    assert "had not been published" in answer.json()["detail"]


@pytest.fixture
def granted(way):
    """Grant the conditional field on the second day and take it back on the fourth."""
    field = way.binding.resource.fields.get(name="extra")
    made = grants.grant(
        way.dataset.pk,
        to=way.key.key.app.organization,
        fields=[field.pk],
        purpose="a test",
        valid_from=DAY,
        valid_until=date(2099, 1, 1),
        by=way.where.operator,
        at=exchange.NOW + timedelta(days=1),
    )
    grants.revoke(
        made.pk, by=way.where.operator, at=exchange.NOW + timedelta(days=3), reason="it is over"
    )


def test_a_grant_is_told_on_the_days_on_which_it_held(way, granted):
    days = [DAY + timedelta(days=passed) for passed in range(4)]

    assert [treatments(way, day)["extra"] for day in days] == [
        "withheld",
        "clear",
        "clear",
        "withheld",
    ]
    assert treatments(way, timezone.localdate())["extra"] == "withheld"
