"""Sketches are made where the rows are, agree as far as the values do, and go with their field."""

from datetime import timedelta

import pytest

from catalog import one_source
from catalog.likeness import Sketched
from catalog.models import FieldSketch
from exchange import opening, sketching
from exchange.sync import engine
from policy.terms import DataType, Grade, Secrecy
from tests.factories import exchange
from tests.factories.exchange import NOW, column

pytestmark = pytest.mark.django_db


def filled(label, values, *, grade=Grade.L1):
    """A department's table with one text column of these values, synced."""
    where = exchange.house()
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("word", label_zh=label, grade=grade),
    )
    lines = "".join(f"{number},{value}\n" for number, value in enumerate(values))
    table = exchange.table(where, columns)
    binding = exchange.csv_binding(where, f"id,word\n{lines}", columns, resource=table)
    engine.sync(binding.pk)
    return where, table


def sketched(table):
    sketching.refresh(table.pk, at=NOW)
    return FieldSketch.objects.get(field__resource=table)


@pytest.fixture(autouse=True)
def _plain_column(monkeypatch):
    """`exchange.column` labels a field by its name; here the label is told."""
    monkeypatch.setattr(
        exchange.Column,
        "new",
        lambda self: exchange.NewField(
            **{"name": self.name, "label_zh": self.name, "data_type": self.data_type}
            | dict(self.more)
        ),
    )


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (range(500), range(500)),
        (range(500), range(250, 750)),
        (range(500), range(5000, 5500)),
        (range(300), range(3000)),
        (range(40), range(20, 60)),
    ],
)
def test_a_sketch_tells_about_how_much_of_the_values_another_holds(mine, theirs):
    one = sketched(filled("甲", [f"值{number}" for number in mine])[1])
    other = sketched(filled("乙", [f"值{number}" for number in theirs])[1])

    shared = len(set(one.hashes) & set(other.hashes))
    truth = len(set(mine) & set(theirs)) / len(mine)
    assert (one.different, other.different) == (len(mine), len(theirs))
    assert Sketched(shared, one.different, other.different).share == pytest.approx(truth, abs=0.25)


def test_order_case_repeats_and_blanks_do_not_matter():
    values = [f"Value-{number}" for number in range(100)]
    one = sketched(filled("甲", values)[1])
    other = sketched(filled("乙", [f"{v.upper()}" for v in reversed(values)] + values)[1])

    assert one.hashes == other.hashes


def test_another_key_gives_other_hashes(settings):
    _where, table = filled("甲", [f"值{number}" for number in range(30)])
    one = sketched(table).hashes

    settings.FIELD_KEY = bytes(range(1, 33))

    assert not set(one) & set(sketched(table).hashes)


def test_only_text_is_sketched_and_no_important_data():
    _where, table = filled("甲", ["x"] * 3, grade=Grade.IMPORTANT)

    assert sketched(table).hashes == []
    assert FieldSketch.objects.count() == 1


def test_the_clock_sketches_a_table_once_until_its_rows_move_a_day_later():
    filled("甲", ["x", "y"])

    assert sketching.sketch_due(at=exchange.now()) == 1
    assert sketching.sketch_due(at=exchange.now() + timedelta(days=2)) == 0


def test_a_field_that_turns_out_secret_takes_its_sketch_along():
    where, table = filled("甲", ["x", "y"])
    made = sketched(table)
    dataset = exchange.publish(where, table)

    opening.regrade(
        dataset.pk,
        {made.field_id: {"secrecy": Secrecy.WORK_SECRET}},
        by=where.head,
        at=NOW,
        reason="a secret, as it turns out",
    )

    assert not FieldSketch.objects.exists()


def test_two_departments_with_the_same_values_under_other_names_are_found():
    values = [f"粤B{number:05d}" for number in range(200)]
    there, their_table = filled("号牌", values)
    _here, my_table = filled("车辆标识", values[:150])
    sketched(their_table)
    sketched(my_table)
    theirs = exchange.publish(there, their_table)

    [found] = one_source.for_publisher(my_table.dataset)

    assert found.dataset == theirs
    assert found.score > 0.3
