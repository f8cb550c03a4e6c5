"""What a company sees under a grant, row by row, and that its scope holds at every address."""

from datetime import date

import pytest

from catalog.models import Field
from exchange.models import Grant
from exchange.sharing import grants
from policy.terms import Mode
from tests.factories import exchange

TODAY = date(2026, 1, 1)


@pytest.fixture
def scoped(way) -> Grant:
    """Grant the conditional field for one row."""
    fields = {
        field.name: field.pk for field in Field.objects.filter(resource=way.binding.resource)
    }
    return grants.grant(
        way.dataset.pk,
        to=way.key.key.app.organization,
        fields=[fields["extra"]],
        purpose="a test",
        valid_from=TODAY,
        valid_until=date(2099, 1, 1),
        modes=(Mode.QUERY, Mode.BULK),
        rows=[{"field": fields["name"], "operator": "eq", "values": ["n007"]}],
        by=way.where.operator,
        at=exchange.NOW,
    )


def test_a_grant_shows_its_field_for_its_rows_only(way, scoped):
    page = way.get(fields="name,extra").json()

    assert [(row["name"], row["extra"]) for row in page["rows"]] == [("n007", "x")]


def test_the_change_feed_is_refused_under_a_grant_for_some_rows(way, scoped):
    answer = way.get("changes", since=0)

    assert (answer.status_code, answer.json()["code"]) == (403, "feed-scoped")


def test_a_revoked_grant_is_gone_with_the_next_call(way, scoped):
    assert "extra" in way.get(limit=1).json()["rows"][0]

    grants.revoke(scoped.pk, by=way.where.operator, at=exchange.NOW, reason="misuse")

    assert "extra" not in way.get(limit=1).json()["rows"][0]


def test_a_grant_whose_scope_names_an_ended_field_grants_nothing(way, scoped):
    Field.objects.filter(resource=way.binding.resource, name="name").update(ended_at=exchange.NOW)
    way.dataset.policy_version += 1
    way.dataset.save()

    assert "extra" not in way.get(limit=1).json()["rows"][0]
