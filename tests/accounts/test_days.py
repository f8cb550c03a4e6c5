"""A day of counts is the city's own, with both its ends."""

from datetime import UTC, datetime

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import days

MOMENTS = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@given(st.lists(MOMENTS, min_size=1, max_size=5), st.integers(-1, 1))
def test_a_moments_day_is_the_local_one_whichever_was_asked_for_before(moments, aside):
    near = [days.of(moment).end + aside for moment in moments]

    for at in [*moments, *(datetime.fromtimestamp(second, UTC) for second in near)]:
        day = days.of(at)

        assert day.date == timezone.localdate(at)
        assert day.name == day.date.strftime("%Y%m%d")
        assert day.start <= at.timestamp() < day.end


def test_a_day_in_which_the_clocks_were_set_on_is_an_hour_shorter():
    before, of_the_change = (
        datetime(1990, 4, 14, 4, tzinfo=UTC),
        datetime(1990, 4, 15, 4, tzinfo=UTC),
    )

    lengths = [day.end - day.start for day in map(days.of, (before, of_the_change))]

    assert lengths == [86_400, 82_800]
    assert days.of(before).end == days.of(of_the_change).start
