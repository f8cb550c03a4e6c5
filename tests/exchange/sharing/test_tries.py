"""Guessing is counted: after the budget no answer comes, and the refusal tells nothing."""

import hmac
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import redis
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from accounts.quotas import QuotaUnavailable
from audit import stream
from exchange.sharing import tries
from exchange.sharing.tries import Budget, Verdict
from tests.factories.exchange import NOW

ANSWERED, SUBJECT, SUBJECTS = Verdict
BEFORE_MIDNIGHT = datetime(2026, 3, 2, 15, 59, 50, tzinfo=UTC)  # 23:59:50 in Shanghai


def budget(most_tries: int = 5, subjects: int = 1000, organization_id: int = 1) -> Budget:
    return Budget(organization_id, 1, most_tries, subjects)


def guess(one: Budget, *subjects: str, missed: bool = True, at=NOW) -> list[Verdict]:
    digests = [one.digest([subject]) for subject in subjects]
    return tries.settle(one, digests, [missed] * len(digests), at=at)


def test_a_million_guesses_on_one_subject_get_five_answers():
    own = budget()
    digest = own.digest(["42"])

    answered = sum(
        tries.settle(own, [digest] * 1000, [True] * 1000, at=NOW).count(ANSWERED)
        for _call in range(1000)
    )

    assert answered == 5
    assert tries.settle(own, [digest] * 2, [False, True], at=NOW) == [SUBJECT, SUBJECT]


def test_a_million_guesses_spread_over_as_many_subjects_get_a_thousand_answers():
    own = budget()

    answered = 0
    for first in range(0, 1_000_000, 1000):
        digests = [number.to_bytes(tries.DIGEST_BYTES) for number in range(first, first + 1000)]
        answered += tries.settle(own, digests, [True] * 1000, at=NOW).count(ANSWERED)

    assert answered == 1000
    assert guess(own, "right", missed=False) == [SUBJECTS]
    again = (0).to_bytes(tries.DIGEST_BYTES)  # has missed before, and has tries left
    assert tries.settle(own, [again] * 5, [True] * 5, at=NOW) == [ANSWERED] * 4 + [SUBJECT]


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_a_subject_is_kept_as_an_hmac_of_its_key(subject):
    key = HKDF(SHA256(), 32, salt=None, info=b"subjects of verifications").derive(
        settings.FIELD_KEY
    )
    told = json.dumps([1, 1, *subject]).encode()

    assert budget().digest(subject) == hmac.digest(key, told, "sha256")[: tries.DIGEST_BYTES]


def test_claims_that_match_use_nothing_up():
    own = budget(most_tries=1, subjects=1)

    assert guess(own, *["a", "b", "c"] * 100, missed=False) == [ANSWERED] * 300
    assert guess(own, "a") == [ANSWERED]
    assert guess(own, "a", "b") == [SUBJECT, SUBJECTS]


def test_departments_are_counted_apart_and_a_day_begins_at_midnight_in_shanghai():
    own, other = budget(most_tries=1), budget(most_tries=1, organization_id=2)
    guess(own, "a", at=BEFORE_MIDNIGHT)

    assert guess(other, "a", at=BEFORE_MIDNIGHT) == [ANSWERED]
    assert guess(own, "a", at=BEFORE_MIDNIGHT) == [SUBJECT]
    assert tries.seconds_left(BEFORE_MIDNIGHT) == 11
    assert guess(own, "a", at=BEFORE_MIDNIGHT + timedelta(seconds=11)) == [ANSWERED]


def test_nothing_personal_is_kept_and_what_is_kept_goes_after_two_days():
    own = budget()
    guess(own, "11010519491231002X")

    client = stream.client()
    (name,) = client.keys("verify:*")
    assert list(client.hgetall(name).values()) == [b"1"]
    assert b"11010519491231002X" not in b"".join(client.hkeys(name))
    assert 0 < client.ttl(name) <= tries.KEPT_SECONDS


def test_guesses_at_the_same_time_get_no_more_answers_than_one_after_the_other():
    own = budget()
    answered = []

    def attack() -> None:
        answered.extend(one for _try in range(20) for one in guess(own, "a") if one == ANSWERED)

    threads = [threading.Thread(target=attack) for _one in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answered) == 5


def test_where_misses_cannot_be_counted_nothing_is_answered(monkeypatch):
    def down(*_words):
        raise redis.ConnectionError

    monkeypatch.setattr(stream, "call", down)

    with pytest.raises(QuotaUnavailable, match="verifications"):
        guess(budget(), "a")


CLAIMS = st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=40)
_numbers = iter(range(10, 10**9))


@given(CLAIMS, st.integers(0, 4), st.integers(0, 4))
def test_whether_a_claim_is_answered_rests_on_what_came_before_it(claims, most, subjects):
    alone, together, model = (budget(most, subjects, next(_numbers)) for _one in range(3))

    one_by_one = [guess(alone, name, missed=missed)[0] for name, missed in claims]
    at_once = (
        tries.settle(
            together,
            [together.digest([name]) for name, _missed in claims],
            [missed for _name, missed in claims],
            at=NOW,
        )
        if claims
        else []
    )

    assert one_by_one == at_once == counted(claims, model)


def counted(claims: list[tuple[str, bool]], own: Budget) -> list[Verdict]:
    """The rule in Python: the verdict is settled before the claim's own outcome is looked at."""
    misses: dict[str, int] = {}
    told = []
    for name, missed in claims:
        if misses.get(name, 0) >= own.tries:
            told.append(SUBJECT)
        elif name not in misses and len(misses) >= own.subjects:
            told.append(SUBJECTS)
        else:
            told.append(ANSWERED)
            if missed:
                misses[name] = misses.get(name, 0) + 1
    return told
