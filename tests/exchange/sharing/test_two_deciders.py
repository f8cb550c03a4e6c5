"""Two people decide on one request in the same moment: one wins, the other reads who did."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.utils import translation

from accounts.roles import Role
from audit.models import Entry
from exchange.models import Grant, ShareRequest
from exchange.sharing import deciding
from exchange.sharing.requests import asked
from exchange.workflow import State, StepRefused
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW


def at_once(*steps):
    """Take steps on connections of their own, all begun together; return what each answered."""
    start = threading.Barrier(len(steps))

    def take(step):
        with translation.override("en"):
            try:
                start.wait(timeout=20)
                return step()
            except StepRefused as refused:
                return refused
            finally:
                connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(take, steps))


def test_one_of_two_reviewers_wins_and_the_other_is_told_who(live_database):
    two = sharing.two(rows=False)
    request = two.signed("phone")
    people = [two.reviewer, accounts.user(Role.REVIEWER, two.where.department)]

    answers = at_once(
        *(
            lambda who=who: deciding.propose(request.pk, asked(request), by=who, at=NOW)
            for who in people
        )
    )

    [refused] = [one for one in answers if isinstance(one, StepRefused)]
    winner = ShareRequest.objects.get(pk=request.pk).proposed_by
    assert f"given a proposed answer by {winner} on 2026-03-02" in str(refused)
    assert Entry.objects.filter(verb="request.propose").count() == 1


def test_one_of_two_heads_signs_and_one_grant_is_made(live_database):
    two = sharing.two(rows=False)
    request = two.proposed("phone")
    heads = [two.where.head, accounts.user(Role.HEAD, two.where.department)]

    answers = at_once(
        *(lambda who=who: deciding.sign_answer(request.pk, by=who, at=NOW) for who in heads)
    )

    [refused] = [one for one in answers if isinstance(one, StepRefused)]
    signed = ShareRequest.objects.get(pk=request.pk)
    assert (signed.state, Grant.objects.count()) == (State.GRANTED, 1)
    assert f"agreed to by {signed.answered_by} on" in str(refused)
