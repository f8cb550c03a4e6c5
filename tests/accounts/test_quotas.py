import threading
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts import quotas
from accounts.models import ApiKey
from audit import deliveries, stream
from tests.factories.accounts import NOW

COUNTED_TODAY = deliveries.counted_today  # as it is before the fixture below
COUNTED_UNDER = deliveries.counted_under
BEFORE_MIDNIGHT = datetime(2026, 3, 2, 15, 59, 50, tzinfo=UTC)  # 23:59:50 in Shanghai


@pytest.fixture(autouse=True)
def nothing_delivered(monkeypatch):
    """Let the day begin with no deliveries, and say how often they were counted."""
    asked = []

    def counted_today(key_id, day):
        asked.append((key_id, day))
        return 0

    monkeypatch.setattr(deliveries, "counted_today", counted_today)
    return asked


@pytest.fixture(autouse=True)
def nothing_under_grants(monkeypatch):
    """Let the day begin with no deliveries under grants either."""
    asked = []

    def counted_under(grants, day):
        asked.append((list(grants), day))
        return dict.fromkeys(grants, 0)

    monkeypatch.setattr(deliveries, "counted_under", counted_under)
    return asked


def _key(per_minute=600, per_day=100_000, pk=1):
    return ApiKey(pk=pk, rate_per_minute=per_minute, daily_quota=per_day)


def _refusal(caller, at, **over):
    with pytest.raises(quotas.QuotaExceeded) as refused:
        quotas.spend(caller, at=at, **over)
    assert refused.value.status == 429
    return refused.value


def test_the_answer_says_what_is_left():
    quota = quotas.spend(_key(60, 1000), at=NOW)

    assert quota.headers() == {
        "RateLimit-Limit": "60",
        "RateLimit-Remaining": "59",
        "RateLimit-Reset": "1",
        "RateLimit-Policy": "60;w=60, 1000;w=86400",
    }
    assert quota.day_remaining == 999
    assert quota.day_reset_seconds == 14 * 3600  # from ten o'clock to midnight


def test_a_minute_holds_its_calls_and_no_more():
    key = _key(per_minute=3)
    left = [quotas.spend(key, at=NOW).remaining for _call in range(3)]

    refused = _refusal(key, NOW)

    assert left == [2, 1, 0]
    assert refused.code == "rate-exceeded"
    assert refused.quota.headers()["Retry-After"] == "20"


def test_waiting_as_long_as_told_is_enough():
    key = _key(per_minute=3)
    for _call in range(3):
        quotas.spend(key, at=NOW)
    wait = _refusal(key, NOW).quota.retry_after

    assert quotas.spend(key, at=NOW + timedelta(seconds=wait)).remaining == 0


def test_a_refused_call_costs_nothing():
    key = _key(per_minute=1, per_day=100)
    quotas.spend(key, at=NOW)

    for _call in range(10):
        _refusal(key, NOW)

    assert quotas.spend(key, at=NOW + timedelta(minutes=1)).day_remaining == 98


def test_the_day_ends_at_midnight_in_shanghai():
    key = _key(per_day=2)
    quotas.spend(key, at=BEFORE_MIDNIGHT)
    quotas.spend(key, at=BEFORE_MIDNIGHT)

    refused = _refusal(key, BEFORE_MIDNIGHT)

    assert refused.code == "quota-exceeded"
    assert refused.quota.retry_after == 10
    assert refused.quota.day_remaining == 0
    assert quotas.spend(key, at=BEFORE_MIDNIGHT + timedelta(seconds=10)).day_remaining == 1


def test_a_clock_that_lags_gives_no_day_back():
    key = _key(per_day=2)
    after = BEFORE_MIDNIGHT + timedelta(seconds=20)
    quotas.spend(key, at=after)

    assert quotas.spend(key, at=BEFORE_MIDNIGHT).day_remaining == 0
    _refusal(key, after)


def test_a_dear_call_waits_for_a_full_bucket_and_empties_it():
    key = _key(per_minute=10, per_day=100)

    quota = quotas.spend(key, at=NOW, cost=30)

    assert (quota.remaining, quota.day_remaining) == (0, 70)
    refused = _refusal(key, NOW + timedelta(seconds=30), cost=30)
    assert refused.quota.retry_after == 30
    assert quotas.spend(key, at=NOW + timedelta(minutes=1), cost=30).day_remaining == 40


def test_the_bucket_never_holds_more_than_a_minute():
    key = _key(per_minute=5)
    quotas.spend(key, at=NOW)

    assert quotas.spend(key, at=NOW + timedelta(hours=1)).remaining == 4


def test_a_lowered_rate_holds_from_the_next_call():
    quotas.spend(_key(per_minute=600), at=NOW)

    assert quotas.spend(_key(per_minute=5), at=NOW).remaining == 4


def test_after_an_empty_start_the_day_is_made_again_from_deliveries(
    monkeypatch, nothing_delivered
):
    monkeypatch.setattr(deliveries, "counted_today", lambda _key_id, _day: 998)
    key = _key(per_day=1000)

    assert quotas.spend(key, at=NOW).day_remaining == 1
    assert quotas.spend(key, at=NOW).day_remaining == 0
    assert _refusal(key, NOW).code == "quota-exceeded"


def test_deliveries_are_counted_only_once(nothing_delivered):
    for _call in range(3):
        quotas.spend(_key(), at=NOW)

    assert nothing_delivered == [(1, datetime(2026, 3, 2, tzinfo=UTC).date())]


def test_a_new_day_needs_no_counting(nothing_delivered):
    quotas.spend(_key(), at=BEFORE_MIDNIGHT)
    quota = quotas.spend(_key(per_day=10), at=BEFORE_MIDNIGHT + timedelta(minutes=1))

    assert quota.day_remaining == 9
    assert len(nothing_delivered) == 1


def test_the_count_is_remembered_for_the_rest_of_the_day():
    quotas.spend(_key(), at=NOW)

    with redis.from_url(settings.REDIS_URL) as client:
        assert client.ttl("quota:k:1") >= 24 * 3600


def test_two_callers_do_not_share():
    quotas.spend(_key(per_minute=1, pk=1), at=NOW)

    assert quotas.spend(_key(per_minute=1, pk=2), at=NOW).remaining == 0
    assert quotas.spend("192.0.2.1", at=NOW).limit == settings.ANONYMOUS_PER_MINUTE


def test_an_anonymous_caller_has_the_smaller_limits(nothing_delivered):
    quota = quotas.spend("192.0.2.1", at=NOW)

    assert (quota.limit, quota.day_limit) == (
        settings.ANONYMOUS_PER_MINUTE,
        settings.ANONYMOUS_PER_DAY,
    )
    assert nothing_delivered == []


def test_tiles_without_a_key_are_counted_by_themselves_and_are_more():
    tile = quotas.spend("192.0.2.1", at=NOW, tile=True)
    call = quotas.spend("192.0.2.1", at=NOW)

    assert tile.limit == settings.ANONYMOUS_PER_MINUTE * quotas.TILES_TO_A_CALL
    assert tile.day_limit == settings.ANONYMOUS_PER_DAY * quotas.TILES_TO_A_CALL
    assert (tile.remaining, call.remaining) == (tile.limit - 1, call.limit - 1)


def test_a_tile_with_a_key_is_a_call_of_the_key():
    quotas.spend(_key(per_minute=3), at=NOW, tile=True)

    assert quotas.spend(_key(per_minute=3), at=NOW).remaining == 1


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("quota:k:1", "unknown"),
        ("", "unknown"),
    ],
)
def test_addresses_of_one_household_count_together(address, counted_as):
    assert quotas.by_address(address) == counted_as


def test_who_comes_without_a_key_spends_the_grants_day_and_the_next_key_finds_it_spent():
    left = [quotas.spend_under(_grant(2), at=NOW).remaining for _call in range(2)]

    with pytest.raises(quotas.QuotaExceeded) as refused:
        quotas.spend_under(_grant(2), at=NOW)
    with pytest.raises(quotas.QuotaExceeded):
        quotas.spend(_key(1000), at=NOW, grant=_grant(2))

    assert left == [1, 0]
    assert refused.value.code == "grant-quota-exceeded"
    assert refused.value.quota.retry_after == refused.value.quota.day_reset_seconds > 0
    assert quotas.spend_under(_grant(None, 8), at=NOW).remaining is None


def test_fifty_callers_at_once_never_overshoot():
    key = _key(per_minute=1000, per_day=120)
    ready = threading.Barrier(50)
    let_through = []

    def call():
        ready.wait()
        for _call in range(4):
            try:
                let_through.append(quotas.spend(key, at=NOW).day_remaining)
            except quotas.QuotaExceeded as refused:
                assert refused.code == "quota-exceeded"

    threads = [threading.Thread(target=call) for _caller in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(let_through) == list(range(120))


@given(
    st.integers(1, 20),
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 5)), max_size=40),
)
def test_no_window_ever_gets_more_than_its_share(per_minute, per_day, calls):
    """In any stretch of time at most one bucket and its refill; in any day at most the quota."""
    stream.client().flushdb()
    key = _key(per_minute, per_day)
    at, spent = NOW, []
    for pause, cost in calls:
        at += timedelta(milliseconds=pause)
        try:
            quota = quotas.spend(key, at=at, cost=cost)
        except quotas.QuotaExceeded as refused:
            assert refused.quota.retry_after >= 1
            continue
        spent.append((at, min(cost, per_minute)))
        assert 0 <= quota.remaining <= per_minute

    for first, (start, _cost) in enumerate(spent):
        total = 0
        for end, cost in spent[first:]:
            total += cost
            seconds = (end - start).total_seconds()
            assert total <= per_minute * (1 + seconds / 60) + 0.01
    assert sum(cost for _at, cost in spent) <= per_day


def test_when_valkey_is_down_no_call_is_let_through(settings):
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"

    with pytest.raises(quotas.QuotaUnavailable) as refused:
        quotas.spend(_key(), at=NOW)

    assert (refused.value.status, refused.value.code) == (503, "quota-unavailable")
    assert refused.value.retry_after > 0


def test_a_script_that_valkey_has_forgotten_is_sent_again():
    quotas.spend(_key(), at=NOW)
    with redis.from_url(settings.REDIS_URL) as client:
        client.script_flush()

    assert quotas.spend(_key(per_minute=600), at=NOW).remaining == 598


def test_looking_costs_nothing_and_is_never_refused():
    key = _key(per_minute=1, per_day=1)
    quotas.spend(key, at=NOW)

    quota = quotas.spend(key, at=NOW, cost=0)

    assert (quota.remaining, quota.day_remaining) == (0, 0)
    assert quotas.spend(key, at=NOW + timedelta(days=1)).day_remaining == 0


@pytest.mark.django_db
def test_the_open_door_makes_the_count_again_although_it_reads_no_delivery(monkeypatch):
    monkeypatch.setattr(deliveries, "counted_today", COUNTED_TODAY)
    told = {"channel": "open", "mode": "query", "reader": "company", "dataset": "buses"}
    for hour in (-20, -1, 0):
        deliveries.deliver(key_id=1, at=NOW + timedelta(hours=hour), **told)
    deliveries.note(key_id=1, at=NOW, **told)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE city_open")
        quota = quotas.spend(_key(per_day=10), at=NOW)

    assert quota.day_remaining == 10 - 3 - 1  # yesterday's does not count


# --- under a grant -----------------------------------------------------------------------------


def _grant(per_day=100, number=7):
    return quotas.UnderGrant(number, per_day)


def test_a_call_under_a_grant_is_spent_on_the_key_and_on_the_grant():
    quota = quotas.spend(_key(60, 1000), at=NOW, grant=_grant(100))

    assert quota.day_remaining == 999
    assert quota.grant == quotas.GrantLeft(limit=100, calls=1)
    assert quota.headers().items() >= {"Grant-Limit": "100", "Grant-Remaining": "99"}.items()


def test_a_grant_without_a_quota_is_counted_and_never_refuses():
    for _call in range(3):
        quota = quotas.spend(_key(), at=NOW, grant=_grant(None))

    assert quota.grant == quotas.GrantLeft(limit=None, calls=3)
    assert quota.grant.remaining is None
    assert "Grant-Limit" not in quota.headers()


def test_what_the_grant_refuses_costs_the_key_nothing_and_the_other_way_round():
    one, other = _key(1, 1000, pk=1), _key(60, 1000, pk=2)
    quotas.spend(other, at=NOW, grant=_grant(2))

    refused = _refusal(other, NOW, grant=_grant(1))
    quotas.spend(one, at=NOW, grant=_grant(2))
    again = _refusal(one, NOW, grant=_grant(9))

    assert (refused.code, refused.quota.grant.remaining) == ("grant-quota-exceeded", 0)
    assert refused.quota.headers()["Retry-After"] == str(14 * 3600)
    assert again.code == "rate-exceeded"
    assert quotas.spend(other, at=NOW, cost=0).day_remaining == 999
    assert quotas.left_under([_grant(9)], at=NOW)[7].calls == 2


def test_a_batch_is_one_call_of_the_key_and_as_many_of_the_grant_as_it_holds():
    quota = quotas.spend(_key(60, 1000), at=NOW, grant=_grant(100), grant_cost=80)

    assert (quota.day_remaining, quota.grant.remaining) == (999, 20)
    assert _refusal(_key(60, 1000), NOW, grant=_grant(100), grant_cost=21).code == (
        "grant-quota-exceeded"
    )


def test_all_apps_of_a_department_share_the_quota_of_its_grant():
    quotas.spend(_key(pk=1), at=NOW, grant=_grant(1))

    assert _refusal(_key(pk=2), NOW, grant=_grant(1)).code == "grant-quota-exceeded"


def test_after_an_empty_start_a_grants_day_is_made_again_from_its_deliveries(monkeypatch):
    monkeypatch.setattr(deliveries, "counted_under", lambda _grants, _day: {7: 99})

    assert quotas.spend(_key(), at=NOW, grant=_grant(100)).grant.remaining == 0
    assert _refusal(_key(), NOW, grant=_grant(100)).code == "grant-quota-exceeded"


def test_many_grants_are_looked_at_by_one_count_and_cost_nothing(nothing_under_grants):
    quotas.spend(_key(), at=NOW, grant=_grant(5, number=3))
    nothing_under_grants.clear()

    left = quotas.left_under([_grant(5, 3), _grant(None, 4)], at=NOW)

    assert left == {3: quotas.GrantLeft(5, 1), 4: quotas.GrantLeft(None, 0)}
    assert [grants for grants, _day in nothing_under_grants] == [[3, 4]]
    assert quotas.left_under([], at=NOW) == {}


def test_fifty_callers_at_once_never_get_more_than_the_grants_quota_together():
    ready = threading.Barrier(50)
    left = []

    def call(number):
        ready.wait()
        for _call in range(4):
            try:
                quota = quotas.spend(_key(1000, pk=number), at=NOW, grant=_grant(120))
                left.append(quota.grant.remaining)
            except quotas.QuotaExceeded as refused:
                assert refused.code == "grant-quota-exceeded"

    threads = [threading.Thread(target=call, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(left) == list(range(120))


@pytest.mark.django_db
def test_deliveries_under_grants_are_counted_by_the_local_day(monkeypatch):
    monkeypatch.setattr(deliveries, "counted_under", COUNTED_UNDER)
    told = {"channel": "share", "mode": "query", "reader": "department", "dataset": "buses"}
    for hour in (-20, -1, 0):
        deliveries.deliver(grant_id=7, at=NOW + timedelta(hours=hour), **told)
    deliveries.deliver(grant_id=8, at=NOW, **told)

    left = quotas.left_under([_grant(10, 7), _grant(10, 8), _grant(10, 9)], at=NOW)

    assert [left[number].calls for number in (7, 8, 9)] == [2, 1, 0]
