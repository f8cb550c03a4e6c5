"""Wishes for data: votes that count once, answers that hold, refusals by law alone."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from catalog.terms import State
from community import wishes
from community.models import Vote, Wish
from community.refusals import AnswerRefused, TextRefused
from community.states import Outcome
from community.wishes import Reply
from exchange.workflow import StepRefused
from policy.terms import BasisTier
from tests.factories import accounts, catalog, community

db = pytest.mark.django_db
NOW = community.NOW
TODAY = NOW.date()


@db
def test_a_wish_appears_after_a_look_with_the_vote_of_who_wished():
    made = community.wish()
    assert not Wish.objects.shown().exists()

    wishes.show(made.pk, by=community.operator(), at=NOW)

    assert Wish.objects.shown().get().votes == 1
    assert Vote.objects.count() == 1


@db
def test_a_member_votes_once_and_takes_it_back_once():
    made, voter = community.wish(shown=True), community.member()

    for _again in range(3):
        wishes.vote(made.pk, by=voter, at=NOW)
    assert (Wish.objects.get().votes, Vote.objects.count()) == (2, 2)
    for _again in range(3):
        wishes.unvote(made.pk, by=voter, at=NOW)

    assert (Wish.objects.get().votes, Vote.objects.count()) == (1, 1)
    assert Entry.objects.filter(verb="wish.vote").count() == 1


@db
def test_nobody_votes_for_what_nobody_sees_and_no_office_votes():
    hidden, seen = community.wish(), community.wish(shown=True)

    with pytest.raises(StepRefused):
        wishes.vote(hidden.pk, by=community.member(), at=NOW)
    with pytest.raises(NotAllowed):
        wishes.vote(seen.pk, by=accounts.user(Role.PUBLISHER), at=NOW)

    assert Vote.objects.count() == 2


def test_fifty_votes_at_once_count_once_a_member(live_database):
    made = community.wish(shown=True)
    voters = [community.member() for _each in range(5)]
    ready = threading.Barrier(50)

    def vote(number: int) -> None:
        try:
            ready.wait()
            wishes.vote(made.pk, by=voters[number % 5], at=NOW)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=vote, args=(number,)) for number in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert Wish.objects.get().votes == 6
    assert Vote.objects.filter(wish=made).count() == 6


@db
def test_the_database_keeps_one_vote_a_member():
    made = community.wish()

    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(wish=made, user=made.speaker.user, voted_at=NOW)


@db
def test_a_department_answers_what_it_was_asked_and_nobody_elses():
    dataset = catalog.dataset()
    made = community.wish(dataset=dataset, shown=True)
    reply = Reply(Outcome.PLANNED, "将开放。", planned_on=TODAY)
    with pytest.raises(NotAllowed):
        wishes.answer(made.pk, reply, by=accounts.user(Role.REVIEWER), at=NOW)

    wishes.answer(made.pk, reply, by=accounts.user(Role.REVIEWER, dataset.owner), at=NOW)

    kept = Wish.objects.get()
    assert (kept.state, kept.answered_for) == (Wish.State.ANSWERED, dataset.owner)


@db
def test_what_is_nobodys_duty_yet_is_answered_by_the_authority_or_given_to_a_department():
    made, place = community.wish(shown=True), accounts.organization()
    reply = Reply(Outcome.PLANNED, "将开放。", planned_on=TODAY)
    reviewer = accounts.user(Role.REVIEWER, place)
    with pytest.raises(NotAllowed):
        wishes.answer(made.pk, reply, by=reviewer, at=NOW)

    wishes.give(made.pk, provider=place, by=community.operator(), at=NOW)
    wishes.answer(made.pk, reply, by=reviewer, at=NOW)

    assert Wish.objects.get().answered_for == place
    free = community.planned(community.wish(shown=True))
    assert free.answered_for.kind == OrganizationKind.AUTHORITY


@db
def test_a_company_is_not_given_a_wish():
    with pytest.raises(AnswerRefused):
        wishes.give(
            community.wish().pk,
            provider=accounts.organization(OrganizationKind.COMPANY),
            by=community.operator(),
            at=NOW,
        )


def unfit():
    yield "no dataset", Reply(Outcome.OPENED, "x")
    yield (
        "an entry that is not published",
        Reply(Outcome.EXISTS, "x", dataset=catalog.dataset(State.DRAFT)),
    )
    yield "no day", Reply(Outcome.PLANNED, "x")
    yield "a day that is over", Reply(Outcome.PLANNED, "x", planned_on=TODAY - timedelta(days=1))
    yield "no law", Reply(Outcome.REFUSED, "x")
    yield "not read", Reply(Outcome.REFUSED, "x", basis=catalog.basis(verified=False))
    yield (
        "not in force yet",
        Reply(Outcome.REFUSED, "x", basis=catalog.basis(in_force_from=TODAY + timedelta(days=1))),
    )
    yield (
        "of too low a rank",
        Reply(Outcome.REFUSED, "x", basis=catalog.basis(tier=BasisTier.LOCAL_RULE)),
    )


@db
def test_an_answer_has_what_its_outcome_needs():
    made = community.wish(shown=True)

    for why, reply in unfit():
        with pytest.raises(AnswerRefused):
            wishes.answer(made.pk, reply, by=community.operator(), at=NOW)
            pytest.fail(why)
    with pytest.raises(TextRefused):
        community.planned(made, "")

    assert Wish.objects.get().state == Wish.State.OPEN


@db
def test_the_database_refuses_a_refusal_without_law():
    made = community.planned(community.wish(shown=True))

    with pytest.raises(IntegrityError), transaction.atomic():
        Wish.objects.filter(pk=made.pk).update(outcome=Outcome.REFUSED)


@db
def test_what_was_planned_is_answered_anew_when_it_is_open():
    made = community.planned(community.wish(shown=True))
    reply = Reply(Outcome.OPENED, "已开放。", dataset=catalog.dataset())

    wishes.answer(made.pk, reply, by=community.operator(), at=NOW)

    kept = Wish.objects.get()
    assert (kept.outcome, kept.planned_on, kept.answer_dataset) == (
        Outcome.OPENED,
        None,
        reply.dataset,
    )


@db
def test_joined_wishes_have_the_votes_of_all_who_voted_for_either():
    both, one = community.member(), community.member()
    first, second = community.wish(by=one, shown=True), community.wish(shown=True)
    for made in (first, second):
        wishes.vote(made.pk, by=both, at=NOW)

    wishes.merge(second.pk, into=first, by=community.operator(), at=NOW)

    first.refresh_from_db()
    assert first.votes == first.cast.count() == 3
    assert list(Wish.objects.shown()) == [first]
    with pytest.raises(AnswerRefused):
        wishes.merge(first.pk, into=first, by=community.operator(), at=NOW)


@db
def test_a_joined_wish_leads_on_where_the_other_is_joined_again():
    first, second, third = (community.wish(shown=True) for _each in range(3))
    operator = community.operator()

    wishes.merge(third.pk, into=second, by=operator, at=NOW)
    wishes.merge(second.pk, into=first, by=operator, at=NOW)

    third.refresh_from_db()
    assert third.merged_into == first


@db
def test_a_wish_that_others_voted_for_stays_and_one_of_ones_own_goes():
    author = community.member()
    mine, shared = community.wish(by=author, shown=True), community.wish(by=author, shown=True)
    wishes.vote(shared.pk, by=community.member(), at=NOW)

    wishes.withdraw(mine.pk, by=author, at=NOW)
    with pytest.raises(StepRefused):
        wishes.withdraw(shared.pk, by=author, at=NOW)

    mine.refresh_from_db()
    assert (mine.state, mine.text, mine.purpose) == (Wish.State.WITHDRAWN, "", "")


@db
def test_a_wish_hidden_after_its_answer_comes_back_answered():
    made, operator = community.planned(community.wish(shown=True)), community.operator()
    wishes.hide(made.pk, reason="names a person", by=operator, at=NOW)
    assert not Wish.objects.shown().exists()

    wishes.show(made.pk, by=operator, at=NOW)

    assert Wish.objects.shown().get().state == Wish.State.ANSWERED
