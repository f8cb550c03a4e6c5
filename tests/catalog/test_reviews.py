"""Who is told on the way to publication, two reviewers at once, and a head who left."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from accounts import notices
from accounts.models import Membership, Notice
from accounts.roles import NotAllowed, Role
from catalog import publishing, reviews
from catalog.models import Dataset
from catalog.refusals import Incomplete, StepRefused
from catalog.terms import State
from tests.factories import accounts
from tests.factories.catalog import CHECKED, NOW, dataset, staff

DAY = timedelta(days=1)


def told(user):
    """What a person's inbox says, open or not."""
    return [line.kind for line in notices.inbox(user)]


def still_open(made):
    """The kinds open about an entry."""
    rows = Notice.objects.open().filter(target=made.address)
    return sorted(set(rows.values_list("kind", flat=True)))


@pytest.mark.django_db
class TestOnTheWay:
    def test_each_step_tells_whose_turn_it_is_and_settles_what_was_told_before(self):
        made = dataset(State.DRAFT)
        publisher, head = staff(Role.PUBLISHER, made.owner), staff(Role.HEAD, made.owner)
        operator, elsewhere = accounts.user(Role.OPERATOR), accounts.user(Role.REVIEWER)

        publishing.ask_signature(made.pk, by=publisher, at=NOW)
        assert still_open(made) == ["dataset.signable"]
        publishing.sign(made.pk, by=head, at=NOW, checklist=CHECKED)
        assert still_open(made) == ["dataset.signed"]
        publishing.submit(made.pk, by=publisher, at=NOW)
        assert still_open(made) == ["dataset.submitted"]
        publishing.accept(made.pk, by=operator, at=NOW)
        assert still_open(made) == ["dataset.published"]

        assert told(head) == ["dataset.signable"]
        assert told(operator) == ["dataset.submitted"]
        assert told(elsewhere) == ["dataset.published"]

    def test_what_is_submitted_says_until_when_the_review_is_due(self):
        made = dataset(State.IN_REVIEW)

        [notice] = Notice.objects.open().filter(target=made.address)

        assert (notice.kind, f"{notice.due_on}") == ("dataset.submitted", "2026-03-04")

    def test_what_is_sent_back_names_all_that_is_missing_to_the_department(self):
        made = dataset(State.IN_REVIEW)
        publisher = staff(Role.PUBLISHER, made.owner)

        publishing.send_back(
            made.pk, by=accounts.user(Role.OPERATOR), at=NOW, defects=["摘要太短", "缺少联系方式"]
        )

        newest = notices.inbox(publisher)[0]
        assert newest.kind == "dataset.sent_back"
        assert "摘要太短" in newest.sentence
        assert "缺少联系方式" in newest.sentence
        assert still_open(made) == ["dataset.sent_back"]

    def test_a_withdrawal_is_told_to_every_department_with_its_reason(self):
        made = dataset()

        publishing.retire(made.pk, by=accounts.user(Role.OPERATOR), at=NOW, reason="停止更新")

        assert "停止更新" in notices.inbox(accounts.user(Role.REVIEWER))[0].sentence
        assert still_open(made) == ["dataset.withdrawn"]

    def test_an_incomplete_draft_is_not_laid_before_the_head(self):
        made = dataset(State.DRAFT, contact="")
        staff(Role.HEAD, made.owner)

        with pytest.raises(Incomplete):
            publishing.ask_signature(made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW)

        assert still_open(made) == []


@pytest.mark.django_db
class TestReminders:
    @pytest.mark.parametrize(
        ("days", "kinds"),
        [
            (0, ["dataset.submitted"]),
            (1, ["dataset.review_due", "dataset.submitted"]),
            (2, ["dataset.review_due", "dataset.submitted"]),
            (3, ["dataset.review_late", "dataset.submitted"]),
            (6, ["dataset.review_late", "dataset.submitted"]),
            (7, ["dataset.review_climbed", "dataset.review_late", "dataset.submitted"]),
        ],
    )
    def test_each_comes_on_its_working_day_before_after_and_one_step_up(self, days, kinds):
        made = dataset(State.IN_REVIEW)

        for day in range(days + 1):
            reviews.remind(at=NOW + day * DAY)

        assert still_open(made) == kinds

    def test_one_step_up_the_head_of_the_department_that_waits_is_told_too(self):
        made = dataset(State.IN_REVIEW)

        reviews.remind(at=NOW + 7 * DAY)

        climbed = Notice.objects.open().filter(kind="dataset.review_climbed")
        assert set(climbed.values_list("role", "organization")) == {
            (Role.HEAD, made.owner_id),
            (Role.OPERATOR, None),
        }

    def test_an_entry_that_was_sent_back_and_comes_again_has_a_term_of_its_own(self):
        made = dataset(State.IN_REVIEW)
        reviews.remind(at=NOW + 3 * DAY)
        Dataset.objects.filter(pk=made.pk).update(submitted_at=NOW + 4 * DAY)

        assert [reviews.remind(at=NOW + day * DAY) for day in (4, 7, 7)] == [0, 1, 0]

    def test_each_is_told_once_however_often_the_clock_strikes(self):
        dataset(State.IN_REVIEW)

        counts = [reviews.remind(at=NOW + DAY) for _ in range(3)]

        assert counts == [1, 0, 0]

    def test_a_decision_ends_the_reminders(self):
        made = dataset(State.IN_REVIEW)
        reviews.remind(at=NOW + 4 * DAY)

        publishing.accept(made.pk, by=accounts.user(Role.OPERATOR), at=NOW + 4 * DAY)

        assert still_open(made) == ["dataset.published"]
        assert reviews.remind(at=NOW + 5 * DAY) == 0

    def test_a_thousand_reviews_cost_as_many_queries_as_one(self, django_assert_num_queries):
        dataset(State.IN_REVIEW)
        dataset(State.IN_REVIEW)

        with django_assert_num_queries(3):
            assert len(reviews.waiting(today=NOW.date())) == 2


@pytest.mark.django_db
class TestWithoutAHead:
    def test_laying_an_entry_before_nobody_is_refused_with_what_to_do(self):
        made = dataset(State.DRAFT)

        with pytest.raises(StepRefused, match="Ask the security administrator") as refused:
            publishing.ask_signature(made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW)

        assert refused.value.status == 409

    @pytest.mark.parametrize("leaves", ["the role is taken", "the person is gone"])
    def test_what_waits_for_a_head_who_left_is_named_until_another_signs(self, leaves):
        made = dataset(State.DRAFT)
        head = staff(Role.HEAD, made.owner)
        publishing.ask_signature(made.pk, by=staff(Role.PUBLISHER, made.owner), at=NOW)
        assert not publishing.unsignable()

        if leaves == "the role is taken":
            Membership.objects.filter(user=head).delete()
        else:
            head.is_active, head.deactivated_at = False, NOW
            head.save()

        assert list(publishing.unsignable()) == [made]
        with pytest.raises(NotAllowed):
            publishing.sign(made.pk, by=head, at=NOW, checklist=CHECKED)
        assert reviews.remind(at=NOW) == 1
        assert reviews.remind(at=NOW) == 0
        security = accounts.user(Role.SECURITY_ADMIN)
        assert str(made.owner) in notices.inbox(security)[0].sentence

        new = staff(Role.HEAD, made.owner)
        assert not publishing.unsignable()
        reviews.remind(at=NOW)
        assert still_open(made) == ["dataset.signable"]
        publishing.sign(made.pk, by=new, at=NOW, checklist=CHECKED)
        assert Dataset.objects.get(pk=made.pk).state == State.SIGNED


def test_of_two_reviewers_at_once_the_second_is_told_who_decided(live_database):
    made = dataset(State.IN_REVIEW)
    one, two = accounts.user(Role.OPERATOR), accounts.user(Role.OPERATOR)
    gate = Barrier(2)

    def decide(verb):
        gate.wait(timeout=10)
        try:
            verb()
        except StepRefused as refusal:
            return refusal
        finally:
            connections.close_all()
        return None

    verbs = [
        lambda: publishing.accept(made.pk, by=one, at=NOW),
        lambda: publishing.send_back(made.pk, by=two, at=NOW, defects=["摘要"]),
    ]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(decide, verbs))

    [refusal] = [outcome for outcome in outcomes if outcome]
    winner = one if outcomes[0] is None else two
    assert refusal.status == 409
    assert winner.name in str(refusal)
    made.refresh_from_db()
    assert made.reviewed_by == winner
    assert made.state == (State.PUBLISHED if winner == one else State.DRAFT)
