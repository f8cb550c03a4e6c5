"""How departments stand: each numerator and denominator, and what is told of the late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from catalog.models import Field
from exchange import counted
from exchange.models import RecordTable, ShareRequest, Zone
from exchange.sync import engine
from oversight import figures, standings
from oversight.models import Daily, Door, Standing
from tests.factories import accounts, catalog, exchange, sharing

pytestmark = pytest.mark.django_db


@pytest.fixture
def served():
    """Return a published dataset with two rows."""
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1\n2,b,2\n")
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


def of(dataset) -> dict[str, tuple[int, int]]:
    standings.compute(at=timezone.now())
    found = Standing.objects.get(department=dataset.owner.slug)
    return {
        one.definition.name: (one.numerator, one.denominator) for one in figures.together([found])
    }


def test_a_department_with_fresh_open_rows(served):
    catalog.dataset(owner=served.owner)

    assert of(served) == {
        "open-share": (1, 2),
        "connected": (1, 2),
        "on-time": (1, 1),
        "used": (0, 2),
        "requests-in-time": (0, 0),
        "corrections-in-time": (0, 0),
    }


def test_capacity_is_rows_times_the_columns_that_everybody_may_have(served):
    table = RecordTable.objects.get(zone=Zone.OPEN, live=True)
    assert (table.rows, len(table.columns)) == (2, 3)
    of(served)
    assert figures.capacity(figures.standings()) == 6

    RecordTable.objects.filter(pk=table.pk).update(columns=table.columns[:2], rows=5)
    of(served)
    assert figures.capacity(figures.standings()) == 10


def test_what_is_withheld_withdrawn_or_open_by_counts_alone_is_no_capacity(served):
    RecordTable.objects.filter(zone=Zone.OPEN).update(zone=Zone.CONDITIONAL)
    of(served)
    assert figures.capacity(figures.standings()) == 0

    RecordTable.objects.filter(zone=Zone.CONDITIONAL).update(zone=Zone.OPEN)
    field = Field.objects.filter(resource__dataset=served).first()
    operator = accounts.user(Role.OPERATOR)
    counted.count_only(served.pk, [(field.pk, "")], reason="few", by=operator, at=timezone.now())
    of(served)
    assert figures.capacity(figures.standings()) == 0


def test_what_is_late_is_named_with_its_day(served):
    RecordTable.objects.update(refreshed_at=timezone.now() - timedelta(days=4))

    assert of(served)["on-time"] == (0, 1)
    late = Standing.objects.get(department=served.owner.slug).late
    assert [name for name, _day in late] == [served.slug]
    assert late[0][1] < f"{timezone.localdate():%Y-%m-%d}"


def test_what_was_asked_for_lately_counts_as_used(served):
    today = timezone.localdate()
    Daily.objects.create(day=today - timedelta(days=30), dataset=served, door=Door.OPEN, calls=3)
    assert of(served)["used"] == (0, 1)

    Daily.objects.create(day=today - timedelta(days=29), dataset=served, door=Door.PORTAL, views=1)
    assert of(served)["used"] == (1, 1)


def test_requests_past_their_last_day_are_out_of_time():
    two = sharing.two()
    request = two.signed("name")
    today = timezone.localdate()

    ShareRequest.objects.filter(pk=request.pk).update(due_on=today)
    assert of(two.dataset)["requests-in-time"] == (1, 1)

    ShareRequest.objects.filter(pk=request.pk).update(due_on=today - timedelta(days=1))
    assert of(two.dataset)["requests-in-time"] == (0, 1)


def test_a_later_computation_of_a_day_stands_for_an_earlier_one(served):
    of(served)
    catalog.dataset(owner=served.owner)

    assert of(served)["open-share"] == (1, 2)
    assert Standing.objects.filter(department=served.owner.slug).count() == 1


def test_numbers_of_departments_are_added_before_they_are_divided():
    found = [Standing(published=1, opened=1), Standing(published=3, opened=0)]

    share = figures.together(found)[0]

    assert (share.numerator, share.denominator, share.share, share.percent) == (
        *(1, 4, 0.25),
        "25.0%",
    )
    assert figures.together([])[0].percent == "–"
