from datetime import timedelta

import pytest

from accounts.sessions import Ended, use
from tests.factories.accounts import NOW


def after(**lapse):
    return NOW + timedelta(**lapse)


def test_a_session_that_is_used_goes_on():
    session = {}

    for minutes in range(0, 100, 20):
        assert use(session, at=after(minutes=minutes)) is None


def test_an_idle_session_ends():
    session = {}
    use(session, at=NOW)

    assert use(session, at=after(minutes=29)) is None
    assert use(session, at=after(minutes=29 + 30)) == Ended.IDLE


def test_what_a_page_asks_by_itself_keeps_no_session_alive():
    session = {}
    use(session, at=NOW)

    for minutes in range(1, 30):
        assert use(session, at=after(minutes=minutes), by_hand=False) is None
    assert use(session, at=after(minutes=30), by_hand=False) == Ended.IDLE


def test_no_session_lasts_longer_than_eight_hours_however_busy():
    session = {}

    seen = [use(session, at=after(minutes=minutes)) for minutes in range(0, 8 * 60 + 1, 10)]

    assert seen[-1] == Ended.OLD
    assert set(seen[:-1]) == {None}


def test_clicks_within_a_minute_cost_one_write():
    session = {}
    use(session, at=NOW)
    before = dict(session)

    use(session, at=after(seconds=59))

    assert session == before


def test_the_idle_end_can_be_switched_off(settings):
    settings.SESSION_IDLE_MINUTES = 0
    session = {}
    use(session, at=NOW)

    assert use(session, at=after(hours=7)) is None


@pytest.mark.parametrize("known", [{"began_at": 1.0}, {"used_at": 1.0}])
def test_a_session_of_an_older_release_begins_now(known):
    session = dict(known)

    assert use(session, at=NOW) is None
    assert session == {"began_at": NOW.timestamp(), "used_at": NOW.timestamp()}
