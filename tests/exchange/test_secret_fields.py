"""A field turns out to be secret: nothing of it stays, wherever a run may have put it."""

from pathlib import Path

import pytest
from psycopg import sql

from exchange import opening
from exchange.models import RejectedRow, RunState, Zone
from exchange.records import store
from exchange.records.statements import rows
from exchange.sync import engine, reading
from policy.terms import DataType, Secrecy
from tests.exchange.test_csv_sync import shared
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db

COLUMNS = (column("id", DataType.INTEGER, is_key=True), column("name"), column("plan"))
DATA = "id,name,plan\n" + "".join(f"{i},n{i},secret-{i}\n" for i in range(1, 11))


class Way:
    def __init__(self, data: str = DATA) -> None:
        self.where = exchange.house()
        self.binding = exchange.csv_binding(self.where, data, COLUMNS)

    def publish(self) -> None:
        self.dataset = exchange.publish(self.where, self.binding.resource)

    def hide(self) -> None:
        field = self.binding.resource.fields.get(name="plan")
        opening.regrade(
            self.dataset.pk,
            {field.pk: {"secrecy": Secrecy.WORK_SECRET}},
            by=self.where.publisher,
            at=exchange.NOW,
            reason="it is a work secret",
        )


def test_a_run_under_way_does_not_bring_it_in(monkeypatch):
    way = Way()
    engine.sync(way.binding.pk)
    way.publish()
    stage = reading.stage

    def staged_then_hidden(*given):
        intake = stage(*given)
        way.hide()
        return intake

    monkeypatch.setattr(reading, "stage", staged_then_hidden)
    with pytest.raises(engine.WrongRunState):
        engine.sync(way.binding.pk)
    monkeypatch.undo()

    assert "secret-1" not in str(shared(way.binding))
    assert engine.sync(way.binding.pk).state == RunState.DONE
    assert len(store.live(way.binding.resource_id, Zone.SHARED).columns) == 2


def test_staged_rows_of_a_held_run_and_rejected_rows_go_with_it(tmp_path):
    way = Way(DATA + "x,bad,secret-11\n")
    engine.sync(way.binding.pk)
    way.publish()
    assert RejectedRow.objects.count() == 1
    Path(way.binding.object["path"]).write_text(DATA.split("3,n3")[0])
    held = engine.sync(way.binding.pk)
    assert held.state == RunState.HELD

    way.hide()

    held.refresh_from_db()
    assert held.state == RunState.DISCARDED
    assert not RejectedRow.objects.exists()
    assert not rows(sql.SQL("SELECT 1 FROM pg_tables WHERE schemaname = 'staging'"))
