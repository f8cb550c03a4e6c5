"""Verbs of several people at once, on a database where commits are real."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from accounts.roles import Role
from catalog import bases, negative_list, publishing
from catalog.models import Dataset, NegativeLine
from catalog.refusals import StepRefused
from catalog.terms import LineState, State
from tests.factories import accounts
from tests.factories.catalog import NOW, TEXT, TODAY, basis, dataset, negative_line, staff


def at_once(calls) -> list:
    def call(one):
        try:
            return one()
        except StepRefused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_entries_submitted_at_once_get_different_codes_in_one_series(live_database):
    made = [dataset(State.SIGNED, item="31") for _ in range(6)]
    calls = [
        lambda one=one: publishing.submit(one.pk, by=staff(Role.PUBLISHER, one.owner), at=NOW).code
        for one in made
    ]

    codes = at_once(calls)

    assert sorted(int(code.split("/")[1]) for code in codes) == [1, 2, 3, 4, 5, 6]


def test_of_two_reviewers_at_once_one_decides(live_database):
    made = dataset(State.IN_REVIEW)
    operators = [accounts.user(Role.OPERATOR) for _ in range(2)]

    answers = at_once(
        [
            lambda: publishing.accept(made.pk, by=operators[0], at=NOW),
            lambda: publishing.send_back(made.pk, by=operators[1], at=NOW, defects=["摘要"]),
        ]
    )

    assert [isinstance(one, StepRefused) for one in answers].count(True) == 1
    assert Dataset.objects.get(pk=made.pk).state in (State.PUBLISHED, State.DRAFT)


def test_verbs_on_one_basis_and_its_lines_never_wait_in_a_ring(live_database):
    law = basis(verified=False)
    lines = [negative_line(state=LineState.AUTHORITY_REVIEW, on=law) for _ in range(4)]
    bases.verify(law.pk, text_zh=TEXT, source="测试", by=accounts.user(Role.OPERATOR), at=NOW)
    operators = [accounts.user(Role.OPERATOR) for _ in range(2 * len(lines))]
    publishes = [
        lambda one=one, by=by: negative_list.publish(one.pk, by=by, at=NOW)
        for one, by in zip(lines, operators, strict=False)
    ]
    ends = [
        lambda by=by: bases.end(law.pk, until=TODAY, by=by, at=NOW)
        for by in operators[len(lines) :]
    ]

    at_once([verb for pair in zip(publishes, ends, strict=True) for verb in pair])

    numbers = NegativeLine.objects.values_list("number", flat=True)
    assert sorted(numbers) == [1, 2, 3, 4]
