"""The data authority enters a year at the list of working days, and sees when one is missing."""

from datetime import UTC, datetime

import pytest
from django.utils.translation import override

from accounts.roles import Role
from backoffice.waiting import desks
from catalog import workdays
from catalog.models import WorkingDay
from tests.factories import accounts

pytestmark = pytest.mark.django_db
NEXT = workdays.KNOWN_YEARS[-1] + 1
FORM = {
    "year": NEXT,
    "rests": f"{NEXT}-01-01..{NEXT}-01-03\n{NEXT}-05-01..{NEXT}-05-05\n{NEXT}-10-01..{NEXT}-10-07",
    "works": f"{NEXT}-10-09",
    "source": "国办发明电（测试）",
}


def piles(user, month: int):
    with override("en"):
        [desk] = desks.of(user, now=datetime(NEXT - 1, month, 9, 2, tzinfo=UTC))
        return {str(pile.title): pile for pile in desk.piles if pile.count}


def test_a_year_is_entered_at_the_list_and_the_light_goes_out(at_desk, said):
    operator = accounts.user(Role.OPERATOR)
    title = "Working days to be entered"
    spring, autumn = title in piles(operator, 9), piles(operator, 10)[title]

    told = at_desk(operator).press_above(WorkingDay, "year", **FORM)

    assert (spring, autumn.things[0].light) == (False, "warn")
    assert f"{NEXT} is entered: 16 days" in said(told)
    assert title not in piles(operator, 10)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Enter the whole announcement"), ("zh-hans", "未录入任何内容")],
)
def test_half_a_year_is_refused_with_a_sentence_and_enters_nothing(at_desk, language, sentence):
    desk = at_desk(accounts.user(Role.OPERATOR))

    answer = desk.client.post(
        desk.path(WorkingDay, "list_button", "year"),
        FORM | {"rests": f"{NEXT}-01-01"},
        headers={"Accept-Language": language},
    )

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not WorkingDay.objects.exists()
