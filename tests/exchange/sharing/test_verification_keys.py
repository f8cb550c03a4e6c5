"""A yes or no is asked for by a key that can be claimed, and offered by one that was named."""

from dataclasses import replace

import pytest

from catalog.models import Field
from exchange.models import ShareRequest
from exchange.sharing import asking, contents, deciding
from exchange.sharing.requests import RequestIncomplete, RequestUnfit, asked
from exchange.workflow import State
from policy.terms import Grade, MaskKind, Mode
from tests.factories import sharing
from tests.factories.sharing import NOW, TODAY

pytestmark = pytest.mark.django_db


def grade_key(two: sharing.Two, grade: Grade) -> None:
    Field.objects.filter(pk=two.field("id")).update(
        grade=grade, mask_kind=MaskKind.KEEP_EDGES, mask_params={"keep_left": 1, "keep_right": 1}
    )
    type(two.dataset).objects.filter(pk=two.dataset.pk).policy_changed()


def test_a_verification_by_a_masked_key_is_told_to_be_pointless_before_it_is_signed(two):
    grade_key(two, Grade.L3)
    request = two.draft("id", "phone", mode=Mode.VERIFY, clear_up_to=Grade.L2)

    with pytest.raises(RequestIncomplete, match="in clear up to L3"):
        asking.submit(request.pk, by=two.clerk, at=NOW)

    [lack] = contents.lacking(ShareRequest.objects.get(), today=TODAY)
    assert lack.part == "clear_up_to"
    assert ShareRequest.objects.get().state == State.DRAFT


def test_the_same_verification_with_its_key_in_clear_is_laid_before_the_head(two):
    grade_key(two, Grade.L3)
    request = two.draft("id", "phone", mode=Mode.VERIFY, clear_up_to=Grade.L3)

    asking.submit(request.pk, by=two.clerk, at=NOW)

    assert ShareRequest.objects.get().state == State.TO_SIGN


def test_rows_by_a_masked_key_are_asked_for_as_before(two):
    grade_key(two, Grade.L3)
    request = two.draft("id", "phone", clear_up_to=Grade.L2)

    asking.submit(request.pk, by=two.clerk, at=NOW)

    assert ShareRequest.objects.get().state == State.TO_SIGN


def test_a_yes_or_no_cannot_replace_rows_whose_key_was_not_asked_for(two):
    request = two.signed("phone")
    offer = replace(asked(request), mode=Mode.VERIFY)

    with pytest.raises(RequestUnfit, match="Send the request back"):
        deciding.propose(request.pk, offer, reason="只需核验。", by=two.reviewer, at=NOW)

    assert ShareRequest.objects.get().state == State.IN_REVIEW


def test_a_yes_or_no_replaces_rows_whose_key_was_asked_for(two):
    request = two.signed("id", "phone")
    offer = replace(asked(request), mode=Mode.VERIFY)

    proposed = deciding.propose(request.pk, offer, reason="只需核验。", by=two.reviewer, at=NOW)

    assert proposed.offered["mode"] == "verify"


def test_a_yes_or_no_is_not_offered_by_a_key_that_would_be_masked(two):
    grade_key(two, Grade.L3)
    request = two.signed("id", "phone", mode=Mode.VERIFY, clear_up_to=Grade.L3)
    offer = replace(asked(request), clear_up_to=Grade.L2)

    with pytest.raises(RequestUnfit, match="nothing could be claimed"):
        deciding.propose(request.pk, offer, reason="脱敏即可。", by=two.reviewer, at=NOW)

    assert ShareRequest.objects.get().state == State.IN_REVIEW


def test_where_no_grade_helps_another_way_of_use_is_named(two):
    grade_key(two, Grade.IMPORTANT)
    request = two.draft("id", "phone", mode=Mode.VERIFY, clear_up_to=Grade.L4)

    with pytest.raises(RequestIncomplete, match="Ask for another way of use"):
        asking.submit(request.pk, by=two.clerk, at=NOW)
