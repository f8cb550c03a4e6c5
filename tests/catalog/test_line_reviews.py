"""Lines come back for their review: who is told when, and what keeping one needs."""

from datetime import timedelta

import pytest

from accounts import notices
from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import line_reviews, negative_list
from catalog.refusals import LineRefused, StepRefused
from catalog.terms import LineState
from exchange import tasks
from tests.factories import accounts
from tests.factories.catalog import NOW, TODAY, able, negative_line

pytestmark = pytest.mark.django_db


def days(count):
    return timedelta(days=count)


def kinds(person):
    return [line.kind for line in notices.inbox(person) if line.kind.startswith("line.")]


@pytest.fixture
def line():
    """Return a line that is reviewed in a hundred days."""
    return negative_line(review_on=TODAY + days(100))


@pytest.mark.parametrize(
    ("passed", "told"), [(69, []), (70, [30]), (92, [30]), (93, [7]), (150, [7])]
)
def test_a_review_is_told_of_thirty_and_seven_days_before(line, passed, told):
    line_reviews.remind(at=NOW + days(passed))

    found = Notice.objects.filter(kind="line.review_due", role=Role.PUBLISHER)
    assert [notice.due_on for notice in found] == [line.review_on] * len(told)


def test_each_reminder_is_a_notice_of_its_own_and_the_hourly_look_tells_it_once(line):
    looks = [line_reviews.remind(at=NOW + days(passed)) for passed in range(60, 100)]

    told = Notice.objects.filter(kind="line.review_due", role=Role.OPERATOR).order_by("pk")
    assert sum(looks) == 2
    assert [(notice.told_at - NOW).days for notice in told] == [70, 93]
    assert [notice.settled_at is None for notice in told] == [False, True]
    assert all(notice.by_mail for notice in told)


def test_the_department_and_the_authority_are_told_and_no_other_department(line):
    publisher = accounts.user(Role.PUBLISHER, line.dataset.owner)
    operator, other = accounts.user(Role.OPERATOR), accounts.user(Role.PUBLISHER)

    line_reviews.remind(at=NOW + days(80))

    assert "line.review_due" in kinds(publisher)
    assert "line.review_due" in kinds(operator)
    assert kinds(other) == []


def test_a_line_that_ran_out_is_told_of_once():
    line = negative_line(until_on=TODAY + days(10), review_on=TODAY + days(20))
    publisher = accounts.user(Role.PUBLISHER, line.dataset.owner)

    told = [line_reviews.remind(at=NOW + days(passed)) for passed in (0, 11, 12, 40)]

    assert told == [1, 1, 0, 0]  # the review comes near on the first day already
    assert kinds(publisher)[0] == "line.lapsed"
    assert not Notice.objects.open().filter(kind="line.review_due").exists()


def test_a_kept_line_settles_its_reminder_and_is_reminded_of_before_the_next_review(line):
    operator = accounts.user(Role.OPERATOR)
    line_reviews.remind(at=NOW + days(95))

    negative_list.renew_review(
        line.pk, review_on=TODAY + days(465), by=operator, at=NOW + days(96), opinion="继续适用"
    )

    assert not Notice.objects.open().filter(kind="line.review_due").exists()
    assert line_reviews.remind(at=NOW + days(100)) == 0
    assert line_reviews.remind(at=NOW + days(440)) == 1
    entry = Entry.objects.get(verb="negative.renew")
    assert entry.details["next"] == str(TODAY + days(465))


def test_only_the_authority_keeps_a_line_and_only_for_a_day_to_come(line):
    operator = accounts.user(Role.OPERATOR)

    with pytest.raises(NotAllowed):
        negative_list.renew_review(
            line.pk,
            review_on=TODAY + days(1),
            by=accounts.user(Role.HEAD, line.dataset.owner),
            at=NOW,
        )
    with pytest.raises(LineRefused, match="a day to come"):
        negative_list.renew_review(line.pk, review_on=TODAY, by=operator, at=NOW)


def test_a_line_that_ran_out_is_not_kept():
    line = negative_line(until_on=TODAY + days(10))

    with pytest.raises(LineRefused, match="ran out"):
        negative_list.renew_review(
            line.pk, review_on=TODAY + days(90), by=accounts.user(Role.OPERATOR), at=NOW + days(11)
        )


def test_a_line_that_ended_is_not_kept():
    line = negative_line(state=LineState.ENDED)

    with pytest.raises(StepRefused, match="kept after its review only when"):
        negative_list.renew_review(
            line.pk, review_on=TODAY + days(90), by=accounts.user(Role.OPERATOR), at=NOW
        )


def test_ending_a_line_settles_what_was_told_of_it(line):
    line_reviews.remind(at=NOW + days(80))

    negative_list.end(line.pk, by=accounts.user(Role.OPERATOR), at=NOW + days(81), reason="期满")

    assert not Notice.objects.open().filter(kind__in=("line.review_due", "line.lapsed")).exists()


def test_each_step_tells_who_comes_next():
    line = negative_line(state=LineState.PROPOSED)
    owner = line.dataset.owner
    head, reviewer = accounts.user(Role.HEAD, owner), accounts.user(Role.REVIEWER, owner)
    operator, publisher = accounts.user(Role.OPERATOR), accounts.user(Role.PUBLISHER, owner)
    assert kinds(head)[0] == kinds(reviewer)[0] == "line.proposed"

    negative_list.legal_review(line.pk, passed=True, opinion="同意", by=reviewer, at=NOW)
    assert kinds(operator)[0] == "line.forwarded"

    negative_list.send_back(line.pk, opinion="条款不禁止共享", by=operator, at=NOW)
    assert kinds(publisher)[0] == "line.returned"
    assert not Notice.objects.open().filter(kind__in=("line.proposed", "line.forwarded")).exists()


def test_a_published_line_is_told_to_its_department():
    line = negative_line()
    publisher = accounts.user(Role.PUBLISHER, line.dataset.owner)

    assert f"Line {line.number} of the negative list" in notices.inbox(publisher)[0].sentence


def test_the_legal_review_is_the_departments_and_of_another_person_than_who_proposed():
    line = negative_line(state=LineState.PROPOSED)
    owner = line.dataset.owner
    accounts.Membership.objects.create(
        user=line.proposed_by, organization=owner, role=Role.REVIEWER
    )
    strangers = [accounts.user(Role.OPERATOR), accounts.user(Role.HEAD), line.proposed_by]

    for stranger in strangers:
        with pytest.raises(NotAllowed):
            negative_list.legal_review(line.pk, passed=True, opinion="", by=stranger, at=NOW)
    legal = able("catalog.legal_review_negativeline", owner)
    after = negative_list.legal_review(line.pk, passed=True, opinion="", by=legal, at=NOW)

    assert after.state == LineState.AUTHORITY_REVIEW


def test_the_clock_reminds(line):
    line.review_on = TODAY
    line.save(update_fields=["review_on"])

    assert tasks.remind_of_lines() == 1
