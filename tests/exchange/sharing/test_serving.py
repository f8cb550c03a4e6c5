"""A call under a grant sees what the grant names, as the law treats it, while it holds."""

import json
from datetime import timedelta

import pytest

from exchange.access import Caller
from exchange.records import reading
from exchange.records.query import RecordQuery
from exchange.sharing import lifecycle, serving
from policy.terms import Grade, Mode, ReaderKind, Treatment
from tests.factories import accounts, catalog, sharing
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(two_with_rows) -> sharing.Two:
    return two_with_rows


def caller(two: sharing.Two, organization=None) -> Caller:
    asker = organization or two.asker
    return Caller(ReaderKind.DEPARTMENT, organization_id=asker.pk, organization=str(asker))


def served(two: sharing.Two, **over) -> serving.Served:
    return serving.under_grant(
        two.dataset.slug, caller(two), **{"mode": Mode.QUERY, "today": TODAY} | over
    )


def rows(found: serving.Served, **params: str) -> list[dict]:
    query = RecordQuery.parse({name: [value] for name, value in params.items()})
    page = reading.read(found.head, found.fields, query, found.scopes)
    return json.loads(page.rows)


def test_only_the_fields_that_the_grant_names_are_served_each_as_the_law_treats_it(two):
    two.granted("name", "phone", clear_up_to=Grade.L2)

    found = served(two)

    assert {name: one.treatment for name, one in found.fields.items()} == {
        "id": Treatment.WITHHELD,
        "name": Treatment.CLEAR,
        "phone": Treatment.MASKED,
        "income": Treatment.WITHHELD,
        "illness": Treatment.WITHHELD,
    }
    assert found.fields["id"].grounds[0].code == "not-in-grant"
    assert rows(found, limit="1")[0]["phone"].startswith("138****")


def test_a_condition_on_rows_holds_also_where_every_field_is_unconditional(two):
    scope = {"field": two.field("name"), "operator": "in", "values": ["n007", "n008"]}
    two.signed("id", "name", rows=[scope], clear_up_to=Grade.L2)

    found = served(two)

    assert [row["name"] for row in rows(found)] == ["n007", "n008"]


def test_the_next_call_after_a_suspension_or_an_end_is_refused_with_the_reason(two):
    grant = two.granted("phone")
    served(two)

    lifecycle.suspend(
        grant.pk,
        reason="超范围调用。",
        mend_by=TODAY + timedelta(days=9),
        by=two.reviewer,
        at=NOW,
    )
    with pytest.raises(serving.GrantNotLive, match="超范围调用"):
        served(two)
    lifecycle.purpose_over(grant.pk, reason="不再需要。", by=two.clerk, at=NOW)
    with pytest.raises(serving.GrantNotLive, match="不再需要"):
        served(two)


def test_a_grant_of_another_department_dataset_or_way_of_use_serves_nothing(two):
    grant = two.granted("phone")
    other = sharing.two(rows=False)

    with pytest.raises(serving.GrantMissing):
        serving.under_grant(
            two.dataset.slug,
            caller(two, accounts.organization()),
            mode=Mode.QUERY,
            today=TODAY,
            number=grant.pk,
        )
    with pytest.raises(serving.GrantMissing):
        serving.under_grant(
            other.dataset.slug, caller(two), mode=Mode.QUERY, today=TODAY, number=grant.pk
        )
    with pytest.raises(serving.ModeNotGranted):
        served(two, mode=Mode.BULK)


def test_before_its_first_and_after_its_last_day_a_grant_serves_nothing(two):
    two.granted("phone", wanted_from=TODAY + timedelta(days=5))

    with pytest.raises(serving.GrantNotLive, match="2026-03-07"):
        served(two)
    with pytest.raises(serving.GrantNotLive):
        served(two, today=sharing.UNTIL + timedelta(days=1))


def test_of_two_grants_for_two_purposes_the_call_names_one_and_gets_its_fields_only(two):
    first, second = two.granted("phone"), two.granted("income", purpose="另一用途")

    with pytest.raises(serving.GrantAmbiguous, match=str(second.pk)):
        served(two)
    found = served(two, number=first.pk)

    assert found.fields["phone"].treatment == Treatment.CLEAR
    assert found.fields["income"].treatment == Treatment.WITHHELD


def test_what_a_new_line_bars_is_gone_from_a_grant_with_the_next_call(two):
    two.granted("name", "phone")
    catalog.negative_line(two.dataset, ["phone"])
    type(two.dataset).objects.filter(pk=two.dataset.pk).policy_changed()

    found = served(two)

    assert found.fields["phone"].treatment == Treatment.WITHHELD
    assert found.fields["phone"].grounds[0].code == "negative-list"


def test_a_total_in_the_shared_zone_is_counted_and_never_the_planner_s_estimate(two):
    scope = {"field": two.field("name"), "operator": "in", "values": ["n007", "n008"]}
    two.signed("id", "name", rows=[scope], clear_up_to=Grade.L2)
    found = served(two)

    page = reading.read(
        found.head, found.fields, RecordQuery.parse({"total": ["estimate"]}), found.scopes
    )

    assert (page.total, page.exact) == (2, True)
