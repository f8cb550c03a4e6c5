"""Calls for kept pages that are asked for together: each as if it had been asked for alone."""

from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Thread

import pytest

from accounts import keys, quotas
from accounts.models import ApiKey
from api import rounds
from api.kept import shelf
from api.rounds import Joined, Rounds
from audit import deliveries, trace
from exchange import access, opening
from exchange.access import Caller
from exchange.records import reading
from policy.terms import Grade
from tests.api.conftest import built
from tests.factories import accounts, exchange

NOW, THEN = b"2:2:", b"1:1:"


@pytest.fixture(autouse=True)
def _empty_shelf():
    shelf.clear()
    yield
    shelf.clear()


def _key(**limits: int) -> ApiKey:
    key = accounts.api_key(at=exchange.now()).key
    ApiKey.objects.filter(pk=key.pk).update(**limits)
    return ApiKey.objects.select_related("app__organization").get(pk=key.pk)


def _joined(key: ApiKey | None = None, state: bytes = NOW, note: Callable = lambda: None):
    return Joined(state, key, Caller(address="203.0.113.9"), note)


def _left_of_day(key: ApiKey) -> int:
    return quotas.spend(key, at=exchange.now(), cost=0).day_remaining


def test_in_a_round_each_is_charged_and_noted_who_may_call_and_of_whose_state_it_is(
    db, monkeypatch
):
    monkeypatch.setattr(access, "state", lambda: NOW)
    limits = {"rate_per_minute": 100, "daily_quota": 3}
    free, used_up, moved = _key(**limits), _key(**limits), _key(**limits)
    for key in (free, used_up, moved):
        _left_of_day(key)  # a day that is not counted yet is counted step by step
    quotas.spend(used_up, at=exchange.now(), cost=3)
    noted: list[str] = []
    calls = [
        _joined(free, note=lambda: noted.append("free")),
        _joined(used_up, note=lambda: noted.append("used up")),
        _joined(moved, THEN, lambda: noted.append("moved")),
        _joined(free, note=lambda: noted.append("free again")),
    ]

    rounds.ask_for(calls)

    assert [call.stands for call in calls] == [True, False, False, True]
    assert [call.meter is not None for call in calls] == [True, False, False, True]
    assert noted == ["free", "free again"]
    assert [_left_of_day(key) for key in (free, used_up, moved)] == [1, 0, 3]


def test_a_note_bears_the_request_of_the_call_it_is_of_and_not_of_the_one_that_asked(
    db, monkeypatch
):
    monkeypatch.setattr(access, "state", lambda: NOW)
    key, seen = _key(), []
    _left_of_day(key)

    def come(name: str) -> Joined:
        trace.request_id.set(name)
        return _joined(key, note=lambda: seen.append(trace.request_id.get()))

    rounds.ask_for([copy_context().run(come, name) for name in ("first", "second")])

    assert seen == ["first", "second"]


def test_who_comes_while_the_state_is_asked_for_waits_for_a_state_asked_for_later(db, monkeypatch):
    asked, go_on, names = Event(), Event(), [THEN, NOW]

    def state() -> bytes:
        found = names.pop(0)
        if found == THEN:
            asked.set()
            assert go_on.wait(30)
        return found

    monkeypatch.setattr(access, "state", state)
    monkeypatch.setattr(rounds.metering, "charge_each", lambda calls: [{}] * len(calls))
    monkeypatch.setattr(reading, "LEASE_SECONDS", 60)
    together, first, second = Rounds(), _joined(state=THEN), _joined(state=THEN)
    threads = [Thread(target=together.join, args=[call]) for call in (first, second)]
    threads[0].start()
    assert asked.wait(30)
    threads[1].start()
    while not together._waiting:  # until the second has come
        pass
    go_on.set()
    for thread in threads:
        thread.join(30)

    assert (first.found, first.stands) == (THEN, True)
    assert (second.found, second.stands) == (NOW, False)


def test_where_the_one_that_asks_fails_those_who_came_with_it_are_asked_step_by_step(monkeypatch):
    def fail() -> bytes:
        raise ConnectionError

    monkeypatch.setattr(access, "state", fail)
    calls = [_joined(), _joined()]

    with pytest.raises(ConnectionError):
        rounds.ask_for(calls)

    assert [(call.taken, call.stands) for call in calls] == [(True, False)] * 2


def test_a_call_whose_round_was_slower_than_the_lease_is_charged_and_noted_once(
    live_database, monkeypatch
):
    way = built()
    page = [way.get(limit=5).content for _time in range(4)][-1]
    joined, join, state = [], rounds.ours.join, access.state()
    monkeypatch.setattr(rounds.ours, "join", lambda call: joined.append(call) or join(call))
    monkeypatch.setattr(access, "state", lambda: state)
    monkeypatch.setattr(reading, "LEASE_SECONDS", -1)

    answer = way.get(limit=5)

    noted = sum(one.told["key_id"] == way.key.key.pk for one in deliveries.waiting())
    assert [(call.stands, call.meter is not None) for call in joined] == [(False, True)]
    assert (answer.content, noted) == (page, 5)
    assert way.key.key.daily_quota - _left_of_day(way.key.key) == 5


def _revoke(way) -> None:
    keys.revoke(way.key.key.pk, by=way.key.key.app.created_by, at=exchange.now())


def _use_up(way) -> None:
    ApiKey.objects.filter(pk=way.key.key.pk).update(daily_quota=4)


def _end(way) -> None:
    over = exchange.now() - keys.SHORTEST
    times = {"created_at": over - keys.SHORTEST, "expires_at": over}
    ApiKey.objects.filter(pk=way.key.key.pk).update(**times)


def _bind(way) -> None:
    ApiKey.objects.filter(pk=way.key.key.pk).update(datasets="999999")


def _withdraw(way) -> None:
    opening.withdraw(way.dataset.pk, by=way.where.head, at=exchange.NOW, reason="moved away")


def _mask(way) -> None:
    field = way.binding.resource.fields.get(name="name")
    opening.regrade(
        way.dataset.pk,
        {field.pk: {"grade": Grade.L3, "mask_kind": "blank"}},
        by=way.where.publisher,
        at=exchange.NOW,
        reason="it turned out to name people",
    )


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        *((_revoke, 401), (_end, 401), (_bind, 403)),
        *((_use_up, 429), (_withdraw, 410), (_mask, 200)),
    ],
)
def test_what_happens_between_two_calls_alike_is_seen_by_the_next(
    live_database, settings, happens, status
):
    settings.DOORS = frozenset({"open"})
    way = built()
    pages = [way.get(limit=5) for _time in range(4)]

    happens(way)
    after = way.get(limit=5)

    assert [page.status_code for page in pages] == [200] * 4
    assert (after.status_code, after.content == pages[-1].content) == (status, False)
