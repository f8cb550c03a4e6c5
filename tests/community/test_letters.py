"""The daily letter: once a day, in the person's language, with a way out, and nothing else."""

import threading
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import ClassVar

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts import mailing
from accounts.models import Notice, User
from community import farewell, follows, letters
from community.models import Follower, Letters
from exchange import opening
from tests.factories import catalog, community

db = pytest.mark.django_db
NOW = community.NOW
DAY = timedelta(days=1)
MORNING = NOW + DAY
"""Ten o'clock of the next day."""


def changed(dataset=None, *, at=NOW + timedelta(hours=5), **over):
    """Return a dataset on which a comment was answered."""
    made = dataset or catalog.dataset(**over)
    community.comment(made, answer="好", at=at)
    return made


def addressed() -> list[str]:
    return sorted(address for one in mail.outbox for address in one.to)


@db
def test_a_letter_tells_what_changed_where_it_stands_and_how_to_have_no_more():
    dataset = catalog.dataset(title_en="Bus stops")
    member = community.follower(dataset, catalog.dataset())
    changed(dataset)

    assert letters.write_due(at=MORNING) == 1

    [letter] = mail.outbox
    assert letter.to == [member.email]
    assert "Bay City" in letter.subject
    assert "Bus stops\n- A comment was answered, last on 2026-03-02" in letter.body
    assert f"http://127.0.0.1:8000/datasets/{dataset.slug}" in letter.body
    stop = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert f"{stop}?lang=en" in letter.body
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert follows.person_of_token(stop.rstrip("/").rpartition("/")[2]) == member.pk


@db
def test_each_letter_is_in_its_persons_language():
    dataset = changed(title_zh="公交站点", title_en="Bus stops")
    community.follower(dataset, language="zh-hans")
    community.follower(dataset, language="en")
    changed(dataset)

    letters.write_due(at=MORNING)

    zh, en = (one.body for one in mail.outbox)
    assert "公交站点\n- 有评论得到答复" in zh
    assert "Bus stops" not in zh
    assert "Bus stops" in en


@db
def test_twice_a_day_writes_once_and_the_next_day_only_what_is_new():
    dataset, quiet = catalog.dataset(), catalog.dataset()
    community.follower(dataset, quiet)
    changed(dataset)

    counts = [letters.write_due(at=MORNING + timedelta(hours=n)) for n in range(3)]
    counts.append(letters.write_due(at=MORNING + DAY))
    changed(quiet, at=MORNING + DAY)
    counts.append(letters.write_due(at=MORNING + 2 * DAY))

    assert counts == [1, 0, 0, 0, 1]
    assert dataset.slug not in mail.outbox[-1].body


@db
def test_what_comes_after_a_quiet_morning_waits_for_the_next():
    dataset = catalog.dataset()
    community.follower(dataset)

    quiet = letters.write_due(at=MORNING)
    changed(dataset, at=MORNING + timedelta(hours=1))

    assert [quiet, letters.write_due(at=MORNING + timedelta(hours=2))] == [0, 0]
    assert letters.write_due(at=MORNING + DAY) == 1


@db
def test_nothing_goes_out_at_night_and_nothing_that_may_not_have_settled():
    dataset = catalog.dataset()
    community.follower(dataset)
    changed(dataset, at=MORNING - timedelta(minutes=5))

    night = letters.write_due(at=MORNING + timedelta(hours=20))  # six in the morning
    early = letters.write_due(at=MORNING)

    assert (night, early) == (0, 0)
    assert letters.write_due(at=MORNING + DAY) == 1


@db
def test_who_asked_for_none_or_is_gone_or_was_told_of_it_on_that_day_gets_none():
    dataset = catalog.dataset()
    community.follower(dataset, daily=False)
    gone = community.follower(dataset)
    nowhere = community.follower(dataset, email="")
    barred = community.follower(dataset)
    changed(dataset)
    farewell.close(gone.pk, by=gone, at=NOW)
    User.objects.filter(pk=barred.pk).update(is_active=False, deactivated_at=NOW)
    late = community.follower(catalog.dataset())
    follows.follow(dataset.pk, language="en", by=late, at=NOW + timedelta(hours=6))

    assert letters.write_due(at=MORNING) == 0
    assert addressed() == []
    assert nowhere.email == ""


@db
def test_a_withdrawn_dataset_is_told_once_with_its_day():
    dataset = catalog.dataset()
    community.follower(dataset)
    opening.withdraw(
        dataset.pk, by=community.operator(), at=NOW + timedelta(hours=5), reason="停止"
    )

    counts = [letters.write_due(at=MORNING + n * DAY) for n in range(2)]

    assert counts == [1, 0]
    assert "Withdrawn on 2026-03-02" in mail.outbox[0].body


class Failing(locmem.EmailBackend):
    """A mail server that fails on the addresses of `failures`, with what they name."""

    failures: ClassVar[dict[str, BaseException]] = {}

    def send_messages(self, messages):
        """Fail, or keep the messages."""
        for one in messages:
            if one.to[0] in self.failures:
                raise self.failures[one.to[0]]
        return super().send_messages(messages)


@pytest.fixture
def failing(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    monkeypatch.setattr(Failing, "failures", {})
    return Failing.failures


@db
def test_a_server_that_is_down_leaves_the_rest_for_the_next_turn(failing):
    dataset = catalog.dataset()
    first, second, third = (community.follower(dataset) for _each in range(3))
    changed(dataset)
    failing[second.email] = SMTPServerDisconnected()

    before = letters.write_due(at=MORNING)
    failing.clear()
    after = letters.write_due(at=MORNING + timedelta(minutes=10))

    assert (before, after) == (1, 2)
    assert addressed() == sorted([first.email, second.email, third.email])


@db
def test_a_letter_at_which_the_server_goes_away_lets_others_pass(failing):
    dataset = catalog.dataset()
    first, second = (community.follower(dataset) for _each in range(2))
    changed(dataset)
    failing[first.email] = SMTPServerDisconnected()

    counts = [letters.write_due(at=MORNING + n * timedelta(minutes=1)) for n in range(2)]

    assert counts == [0, 1]
    assert addressed() == [second.email]
    assert Follower.objects.get(user=first).letter_tries == 0


@db
@pytest.mark.parametrize(
    "refusal", [SMTPRecipientsRefused({"a@b": (550, b"unknown")}), SMTPDataError(554, b"no")]
)
def test_an_address_that_is_refused_holds_nobody_up(failing, refusal):
    dataset = catalog.dataset()
    first, second = community.follower(dataset), community.follower(dataset)
    changed(dataset)
    failing[first.email] = refusal

    counts = [letters.write_due(at=MORNING + n * timedelta(minutes=10)) for n in range(2)]

    assert counts == [1, 0]
    assert addressed() == [second.email]


@db
@pytest.mark.parametrize(
    "refusal", [SMTPRecipientsRefused({"a@b": (450, b"greylisted")}), SMTPDataError(452, b"full")]
)
def test_an_address_that_is_not_taken_for_now_is_told_the_same_later(failing, refusal):
    dataset = catalog.dataset()
    first, second = community.follower(dataset), community.follower(dataset)
    changed(dataset)
    failing[first.email] = refusal

    counts = [letters.write_due(at=MORNING), letters.write_due(at=MORNING)]
    failing.clear()
    counts.append(letters.write_due(at=MORNING + mailing.WAITS[0]))

    assert counts == [1, 0, 1]
    assert addressed() == sorted([first.email, second.email])
    assert "A comment was answered" in mail.outbox[-1].body


@db
def test_a_letter_that_is_never_taken_is_given_up_and_the_operators_hear_of_nobody(failing):
    dataset = catalog.dataset()
    member = community.follower(dataset, name="Ada")
    changed(dataset)
    failing[member.email] = SMTPDataError(451, b"later")
    Follower.objects.update(letter_tries=len(mailing.WAITS) - 1)

    letters.write_due(at=MORNING)
    assert not Notice.objects.filter(kind="mail.given_up").exists()
    letters.write_due(at=MORNING + DAY)
    failing.clear()

    told = Notice.objects.filter(kind="mail.given_up")
    assert {one.target for one in told} == {"letters:followers"}
    assert {one.words["receiver"]["en"] for one in told} == {"somebody who follows datasets"}
    assert letters.write_due(at=MORNING + 2 * DAY) == 0


@db
def test_a_process_that_dies_between_two_letters_repeats_none(failing):
    dataset = catalog.dataset()
    first, second = community.follower(dataset), community.follower(dataset)
    changed(dataset)
    failing[second.email] = KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        letters.write_due(at=MORNING)
    failing.clear()
    letters.write_due(at=MORNING)

    assert addressed() == [first.email, second.email]


def test_two_workers_at_once_write_to_each_once(live_database):
    dataset = catalog.dataset()
    people = [community.follower(dataset) for _each in range(6)]
    changed(dataset)
    ready = threading.Barrier(2)

    def work() -> None:
        try:
            ready.wait()
            letters.write_due(at=MORNING)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _each in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()

    assert addressed() == sorted(one.email for one in people)


@db
def test_letters_ended_meanwhile_are_not_written(monkeypatch):
    dataset = catalog.dataset()
    first, second = community.follower(dataset), community.follower(dataset)
    changed(dataset)
    write = letters._write

    def ended(follower_id, told, turn):
        follows.stop_letters(second.pk, at=MORNING)
        return write(follower_id, told, turn)

    monkeypatch.setattr(letters, "_write", ended)

    assert letters.write_due(at=MORNING) == 1
    assert addressed() == [first.email]


@db
def test_many_to_whom_there_is_nothing_to_tell_cost_three_queries_for_each_batch(monkeypatch):
    monkeypatch.setattr(letters, "AT_ONCE", 4)
    dataset = catalog.dataset()
    counts = []
    for day in range(2):
        for _each in range(4):
            community.follower(dataset)
        with CaptureQueriesContext(connection) as asked:
            letters.write_due(at=MORNING + day * DAY)
        counts.append(len(asked))

    assert counts[1] - counts[0] == 3
    assert counts[0] <= 13


@db
def test_a_turn_has_an_end_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr(letters, "A_TURN", 2)
    dataset = catalog.dataset()
    people = [community.follower(dataset) for _each in range(3)]
    changed(dataset)

    counts = [letters.write_due(at=MORNING + n * timedelta(minutes=10)) for n in range(3)]

    assert counts == [2, 1, 0]
    assert addressed() == sorted(one.email for one in people)


@db
def test_letters_chosen_a_moment_ago_tell_of_nothing_from_before():
    dataset = catalog.dataset()
    member = community.follower(dataset, daily=False)
    changed(dataset, at=MORNING - timedelta(minutes=10))
    follows.choose_letters(
        Letters.DAILY, language="en", by=member, at=MORNING - timedelta(minutes=5)
    )

    counts = [letters.write_due(at=MORNING + n * DAY) for n in range(2)]

    assert counts == [0, 0]
