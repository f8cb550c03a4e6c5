"""Ways round the law that somebody tried: each ends in a refusal, or in nothing learned."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from exchange import opening
from exchange.access import Caller
from exchange.models import Ending, Grant
from exchange.records import reading
from exchange.records.query import RecordQuery
from exchange.sharing import asking, beside, clocks, deciding, foreseen, lifecycle, serving
from exchange.sharing.requests import RequestIncomplete, RequestUnfit, asked
from exchange.workflow import State, StepRefused
from policy.terms import Grade, Mode, ReaderKind, ShareType
from tests.factories import accounts, catalog, sharing
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(two_with_rows) -> sharing.Two:
    return two_with_rows


def names(two: sharing.Two, grant: Grant) -> list[str]:
    """Return the names in the rows that a grant gives."""
    who = Caller(ReaderKind.DEPARTMENT, two.asker.pk, str(two.asker))
    found = serving.under_grant(
        two.dataset.slug, who, mode=Mode.QUERY, today=TODAY, number=grant.pk
    )
    page = reading.read(found.head, found.fields, RecordQuery.parse({}), found.scopes)
    return [row["name"] for row in json.loads(page.rows)]


def where(two: sharing.Two, name: str, *values: str) -> dict:
    """Return a condition on rows."""
    return {"field": two.field(name), "operator": "in", "values": list(values)}


# Which rows come tells what a condition on them asks about


def test_a_condition_on_a_hidden_value_is_no_way_to_be_granted_it_at_once(two):
    request = two.signed("id", "name", rows=[where(two, "income", "7.50")])

    assert request.state == State.IN_REVIEW
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("name", "over"),
    [("illness", {}), ("phone", {"clear_up_to": Grade.L2}), ("income", {"clear_up_to": Grade.L2})],
)
def test_a_condition_on_what_the_request_would_not_show_in_clear_cannot_be_asked(two, name, over):
    value = "7.50" if name == "income" else "none"
    request = two.draft("id", "name", rows=[where(two, name, value)], **over)

    with pytest.raises(RequestUnfit, match=name):
        asking.submit(request.pk, by=two.clerk, at=NOW)


def test_the_provider_adds_no_condition_that_would_tell_a_hidden_value(two):
    request = two.signed("name", "phone")
    told = replace(asked(request), rows=(where(two, "illness", "none"),))

    with pytest.raises(RequestUnfit, match="illness"):
        deciding.propose(request.pk, told, reason="x", by=two.reviewer, at=NOW)


def test_once_the_law_hides_what_a_condition_leans_on_no_row_comes_through_it(two):
    by_income = two.granted("id", "name", rows=[where(two, "income", "7.50")])
    assert names(two, by_income) == ["n007"]

    catalog.negative_line(two.dataset, ["income"])

    assert names(two, by_income) == []


@pytest.mark.parametrize("calls", [501, None])
def test_an_offer_allows_no_more_calls_than_were_asked_for(two, calls):
    request = two.signed("phone")

    with pytest.raises(RequestUnfit, match="more calls"):
        deciding.propose(
            request.pk, replace(asked(request), daily_quota=calls), by=two.reviewer, at=NOW
        )


# A suspension is not got round by asking again


def suspended(two: sharing.Two) -> Grant:
    grant = two.signed("id", "name", clear_up_to=Grade.L2).grant
    return lifecycle.suspend(
        grant.pk, reason="超范围", mend_by=TODAY + timedelta(days=9), by=two.reviewer, at=NOW
    )


def test_who_is_suspended_for_misuse_is_answered_by_the_provider_and_not_at_once(two):
    grant = suspended(two)

    while_suspended = two.signed("id", "name", clear_up_to=Grade.L2, purpose="另一用途")
    ended = NOW + timedelta(days=12)
    lifecycle.end_for_misuse(grant.pk, reason="未整改", by=two.reviewer, at=ended)
    after = two.signed("id", "name", clear_up_to=Grade.L2, purpose="又一用途", at=ended)

    assert (while_suspended.state, after.state) == (State.IN_REVIEW, State.IN_REVIEW)


def test_a_suspension_is_not_got_round_by_ending_the_grant_as_its_consumer(two):
    other = two.granted("phone")  # the newest grant is another one, and not misused
    grant = suspended(two)
    Grant.objects.filter(pk=other.pk).update(created_at=NOW - timedelta(days=1))

    lifecycle.purpose_over(grant.pk, reason="不再需要", by=two.clerk, at=NOW)
    again = two.signed("id", "name", clear_up_to=Grade.L2, purpose="另一用途")

    assert again.state == State.IN_REVIEW


def test_a_suspension_is_not_got_round_by_waiting_for_the_last_day(two):
    grant = suspended(two)
    Grant.objects.filter(pk=grant.pk).update(valid_until=TODAY + timedelta(days=9))
    later = NOW + timedelta(days=12)

    again = two.signed("id", "name", clear_up_to=Grade.L2, purpose="另一用途", at=later)

    assert again.state == State.IN_REVIEW


def test_a_grant_that_the_provider_signed_after_the_misuse_is_the_end_of_it(two):
    grant = suspended(two)
    lifecycle.purpose_over(grant.pk, reason="不再需要", by=two.clerk, at=NOW)
    later = NOW + timedelta(days=1)
    two.granted("phone", at=later)

    again = two.signed("id", "name", clear_up_to=Grade.L2, at=later)

    assert again.state == State.GRANTED


def test_what_was_mended_is_granted_at_once_again(two):
    grant = suspended(two)

    lifecycle.resume(grant.pk, reason="已整改", by=two.reviewer, at=NOW)

    assert two.signed("id", "name", clear_up_to=Grade.L2).state == State.GRANTED


def test_a_suspended_or_ended_grant_is_not_renewed(two):
    grant = suspended(two)
    terms = two.terms("id", "name", clear_up_to=Grade.L2)

    with pytest.raises(StepRefused, match="ask anew"):
        asking.draft(
            two.dataset.pk, terms, organization=two.asker, renews=grant, by=two.clerk, at=NOW
        )


def test_a_renewal_leaves_an_entry_for_the_grant_that_it_replaces(two):
    grant = two.signed("id", "name").grant
    renewal = asking.draft(
        two.dataset.pk,
        two.terms("id", "name"),
        organization=two.asker,
        renews=grant,
        by=two.clerk,
        at=NOW,
    )
    asking.submit(renewal.pk, by=two.clerk, at=NOW)
    asking.sign(renewal.pk, vouched=True, by=two.asking_head, at=NOW)

    [entry] = Entry.objects.filter(target=grant.address, verb="grant.end")
    assert entry.details == {"ending": Ending.REPLACED, "reason": renewal.address}


# Nobody decides on their own


def in_both(two: sharing.Two, *at_provider: Role):
    """Return a clerk of the asking department who also serves the provider."""
    user = accounts.user(Role.PUBLISHER, two.asker)
    for role in at_provider:
        user.memberships.create(organization=two.where.department, role=role)
    return user


@pytest.mark.parametrize("verb", [asking.change, asking.submit])
def test_who_changed_or_submitted_a_request_does_not_answer_it(two, verb):
    both = in_both(two, Role.REVIEWER)
    request = two.draft("phone")
    if verb is asking.change:
        asking.change(request.pk, two.terms("phone", "income"), by=both, at=NOW)
    by = both if verb is asking.submit else two.clerk
    asking.submit(request.pk, by=by, at=NOW)
    signed = asking.sign(request.pk, vouched=True, by=two.asking_head, at=NOW)

    with pytest.raises(NotAllowed, match="You asked for this yourself"):
        deciding.propose(signed.pk, asked(signed), by=both, at=NOW)


def test_who_asks_for_more_time_does_not_consent_to_it(two):
    request = two.signed("phone")
    both = accounts.user(Role.OPERATOR)
    both.memberships.create(organization=two.where.department, role=Role.REVIEWER)
    clocks.ask_extension(request.pk, reason="量大", by=both, at=NOW)

    with pytest.raises(NotAllowed, match="more time yourself"):
        clocks.extend(request.pk, by=both, at=NOW)

    assert clocks.extend(request.pk, by=two.where.operator, at=NOW).extended_at == NOW


# What is no longer there is not granted


def test_a_dataset_that_is_withdrawn_meanwhile_is_not_granted(two):
    request = two.proposed("phone")
    opening.withdraw(two.dataset.pk, reason="x", by=two.where.operator, at=NOW)

    with pytest.raises(StepRefused, match="Only published"):
        deciding.sign_answer(request.pk, by=two.where.head, at=NOW)


def test_days_are_of_the_city_also_in_the_last_hour(two):
    grant = two.granted("phone", wanted_until=date(2026, 3, 31))

    assert grant.state(date(2026, 3, 31)) == "live"
    assert grant.state(date(2026, 4, 1)) == "ended"


def test_what_became_conditional_is_not_served_under_what_was_given_at_once(two):
    grant = two.signed("id", "name", clear_up_to=Grade.L2).grant
    field = two.dataset.resources.get().fields.get(name="name")

    type(field).objects.filter(pk=field.pk).update(share_type=ShareType.CONDITIONAL, grade=4)
    type(two.dataset).objects.filter(pk=two.dataset.pk).policy_changed()

    who = Caller(ReaderKind.DEPARTMENT, two.asker.pk, str(two.asker))
    seen = serving.under_grant(two.dataset.slug, who, mode=Mode.QUERY, today=TODAY).fields
    assert grant.fields == two.fields("id", "name")
    assert seen["name"].column == ""


def test_before_the_signature_nothing_is_promised_at_once_to_who_misused_a_grant(two):
    asked_for = {"wanted": two.fields("id", "name"), "today": TODAY}
    offer = asked(two.draft("id", "name", clear_up_to=Grade.L2))
    before = foreseen.foreseen(two.dataset, two.asker.pk, offer, **asked_for)
    suspended(two)

    after = foreseen.foreseen(two.dataset, two.asker.pk, offer, **asked_for)

    assert (before.at_once, before.misused) == (True, False)
    assert (after.at_once, after.misused) == (False, True)


def test_a_misused_grant_of_another_department_or_dataset_holds_nobody_up(two):
    grant = suspended(two)

    assert beside.misused(two.dataset.pk, two.asker.pk, today=TODAY) == [grant]
    assert beside.misused(two.dataset.pk, two.where.department.pk, today=TODAY) == []
    assert beside.misused(two.dataset.pk + 1, two.asker.pk, today=TODAY) == []


# What was never received is nobody's but the asking department's


def test_a_draft_that_was_withdrawn_is_no_similar_request(two):
    draft = two.draft("phone")
    asking.withdraw(draft.pk, reason="不再需要", by=two.clerk, at=NOW)
    known = two.signed("phone")
    received = two.signed("income")

    assert list(beside.similar(received)) == [known]


def test_a_word_on_a_draft_that_was_withdrawn_reaches_nobody_else(two):
    draft = two.draft("phone")
    asking.withdraw(draft.pk, reason="不再需要", by=two.clerk, at=NOW)

    deciding.comment(draft.pk, text="留个底", by=two.clerk, at=NOW)

    told = Notice.objects.filter(organization=two.where.department)
    assert not told.filter(kind__startswith="request.").exists()
    with pytest.raises(StepRefused, match="not been received"):
        deciding.comment(draft.pk, text="为何撤回？", by=two.reviewer, at=NOW)


def test_who_may_not_see_a_request_does_not_comment_on_it_for_their_department(two):
    developer = accounts.user(Role.DEVELOPER, two.asker)
    request = two.signed("phone")

    with pytest.raises(NotAllowed):
        deciding.comment(request.pk, text="x", by=developer, at=NOW)


# A condition on rows means what it says


@pytest.mark.parametrize("spelt", ["7.5", "7.50", "+7.500"])
def test_a_condition_compares_as_the_field_does_and_not_as_it_is_spelt(two, spelt):
    grant = two.granted("name", "income", rows=[where(two, "income", spelt)])

    assert names(two, grant) == ["n007"]


@pytest.mark.parametrize(
    ("field", "value", "wanted"), [("id", "seven", "whole number"), ("income", "0x1F", "number")]
)
def test_a_condition_that_no_row_can_meet_is_told_at_once(two, field, value, wanted):
    with pytest.raises(RequestUnfit, match=f"“{value}”.*takes a.*{wanted}"):
        two.draft("name", "income", "id", rows=[where(two, field, "1", value)])

    request = two.signed("name", "income")
    offer = replace(asked(request), rows=(where(two, field, value),))
    with pytest.raises(RequestUnfit, match="no row"):
        deciding.propose(request.pk, offer, reason="仅限", by=two.reviewer, at=NOW)


def test_an_average_above_the_peak_is_told_before_the_signature(two):
    draft = two.draft("phone", calls_average=500, calls_peak=5)

    with pytest.raises(RequestIncomplete, match="more than the peak"):
        asking.submit(draft.pk, by=two.clerk, at=NOW)
