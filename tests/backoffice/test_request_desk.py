"""The desk of share requests shows them to who asked and, once received, to who is asked."""

import pytest
from django.utils import translation

from accounts.roles import Role
from exchange.models import RequestEvent, ShareRequest
from policy.terms import Mode
from tests.factories import accounts, sharing

pytestmark = pytest.mark.django_db


@pytest.fixture(name="two")
def _two():
    return sharing.two(rows=False)


def listed(answer):
    return list(answer.context["cl"].result_list)


def test_a_draft_is_seen_by_the_asking_department_alone(two, at_desk):
    drafted = two.draft("phone")

    assert listed(at_desk(two.clerk).list(ShareRequest)) == [drafted]
    for other in (two.reviewer, two.where.operator, accounts.user(Role.PUBLISHER)):
        assert listed(at_desk(other).list(ShareRequest)) == []
        assert listed(at_desk(other).list(RequestEvent)) == []
        assert at_desk(other).page(drafted).status_code == 302


def test_a_received_request_is_seen_by_both_departments_and_the_authority(two, at_desk):
    received = two.signed("phone")

    for person in (two.clerk, two.reviewer, two.where.operator):
        assert listed(at_desk(person).list(ShareRequest)) == [received]
        assert at_desk(person).page(received).status_code == 200
    assert listed(at_desk(accounts.user(Role.PUBLISHER)).list(ShareRequest)) == []


def test_a_request_withdrawn_before_it_was_signed_stays_unseen_by_the_provider(two, at_desk):
    drafted = two.draft("phone")
    ShareRequest.objects.filter(pk=drafted.pk).update(state=ShareRequest.State.WITHDRAWN)

    assert listed(at_desk(two.reviewer).list(ShareRequest)) == []


def test_a_request_is_read_in_words(two, at_desk):
    scope = {"field": two.field("name"), "operator": "in", "values": ["n001", "n002"]}
    asked = two.proposed("id", "phone", mode=Mode.VERIFY, rows=[scope])

    with translation.override("en"):
        page = at_desk(two.reviewer).page(asked).content.decode()

    assert "verification" in page
    assert "is one of: n001, n002" in page
    assert "(phone)" in page
    assert "L3 sensitive" in page
    assert "laid before the head" in page
    assert "&quot;operator&quot;" not in page
