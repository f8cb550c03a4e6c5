"""Publishing, regrading and withdrawing: what stands in the zones afterwards."""

import pytest
from psycopg import sql

from accounts.roles import NotAllowed
from catalog import amending
from catalog.models import Field
from exchange import opening
from exchange.models import RecordTable, Zone
from exchange.records import store, zones
from exchange.records.statements import rows
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests.factories import exchange
from tests.factories.exchange import NOW, column

pytestmark = pytest.mark.django_db

EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2)
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("phone", grade=Grade.L3, mask=EDGES),
    column("secret", grade=Grade.L4, open_type=OpenType.NOT_OPEN),
    column("extra", grade=Grade.L2, open_type=OpenType.CONDITIONAL),
)
DATA = "id,name,phone,secret,extra\n1,a,13800000001,s1,x\n2,b,13800000002,s2,y\n3,c,,s3,z\n"


@pytest.fixture
def way():
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    return where, binding, dataset


def zone(binding, name: str = Zone.OPEN) -> list[tuple]:
    table = store.live(binding.resource_id, name)
    names = sql.SQL(", ").join(sql.Identifier(c["column"]) for c in table.columns)
    return rows(sql.SQL("SELECT {} FROM {} ORDER BY _id").format(names, store.of(table)))


def field(binding, name: str) -> Field:
    return Field.objects.get(resource=binding.resource, name=name)


def seqs(binding) -> dict[int, int]:
    table = store.live(binding.resource_id, Zone.OPEN)
    return dict(rows(sql.SQL("SELECT _id, _seq FROM {}").format(store.of(table))))


def test_the_open_zone_holds_clear_and_masked_values_and_no_withheld_column(way):
    _where, binding, _dataset = way

    assert zone(binding) == [(1, "a", "138****01"), (2, "b", "138****02"), (3, "c", None)]


def test_the_conditional_zone_holds_what_a_grant_could_allow(way):
    _where, binding, _dataset = way

    assert zone(binding, Zone.CONDITIONAL)[0] == (1, "a", "13800000001", "x")


def test_nothing_is_in_the_zones_before_publication():
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)

    engine.sync(binding.pk)

    assert not RecordTable.objects.exclude(zone=Zone.SHARED).exists()


def test_a_change_that_the_public_cannot_see_does_not_move_the_open_feed(way):
    _where, binding, _dataset = way
    before = seqs(binding)
    path = exchange.Path(binding.object["path"])
    path.write_text(DATA.replace("s2", "other").replace("3,c", "3,changed"))

    engine.sync(binding.pk)

    after = seqs(binding)
    moved = {pk for pk in after if after[pk] != before[pk]}
    assert len(moved) == 1
    assert zone(binding)[2] == (3, "changed", None)


def test_a_deleted_row_leaves_a_tombstone_in_the_open_feed(way):
    _where, binding, _dataset = way
    path = exchange.Path(binding.object["path"])
    binding.max_shrink_percent = 100
    binding.save()
    path.write_text("\n".join(DATA.splitlines()[:3]))

    engine.sync(binding.pk)

    assert len(zone(binding)) == 2
    gone = rows(
        sql.SQL("SELECT id FROM open.tombstone WHERE resource_id = {}").format(
            sql.Literal(binding.resource_id)
        )
    )
    assert gone == [(3,)] or len(gone) == 1


def test_a_stricter_grade_acts_before_the_verb_returns(way):
    where, binding, dataset = way
    old = store.live(binding.resource_id, Zone.OPEN)

    revision = opening.regrade(
        dataset.pk,
        {field(binding, "name").pk: {"grade": Grade.L2, "mask_kind": "blank"}},
        by=where.publisher,
        at=NOW,
        reason="names turned out to be personal",
    )

    assert revision is None
    assert [row[1] for row in zone(binding)] == ["****"] * 3
    old.refresh_from_db()
    assert old.revoked_at and old.dropped_at
    assert not rows(
        sql.SQL("SELECT 1 FROM pg_tables WHERE schemaname = 'open' AND tablename = {}").format(
            sql.Literal(old.table_name)
        )
    )


def test_a_looser_grade_waits_for_a_second_person(way):
    where, binding, dataset = way
    phone = field(binding, "phone")

    revision = opening.regrade(
        dataset.pk, {phone.pk: {"grade": Grade.L1}}, by=where.publisher, at=NOW, reason="public"
    )

    assert zone(binding)[0][2] == "138****01"
    with pytest.raises(NotAllowed):
        opening.decide_revision(
            revision.pk, by=where.publisher, at=NOW, accept=True, reason="mine"
        )
    opening.decide_revision(revision.pk, by=where.operator, at=NOW, accept=True, reason="checked")
    assert zone(binding)[0][2] == "13800000001"


def test_withdrawn_is_gone_from_the_zones(way):
    where, binding, dataset = way

    opening.withdraw(dataset.pk, by=where.head, at=NOW, reason="wrong data")

    assert store.live(binding.resource_id, Zone.OPEN) is None
    assert store.live(binding.resource_id, Zone.CONDITIONAL) is None
    assert store.live(binding.resource_id, Zone.SHARED) is not None


def test_a_zone_that_lags_catches_up_from_its_place(way, monkeypatch):
    _where, binding, _dataset = way
    path = exchange.Path(binding.object["path"])
    path.write_text(DATA.replace("1,a", "1,changed"))
    monkeypatch.setattr(engine.zones, "refresh", lambda *_a, **_k: {})
    engine.sync(binding.pk)
    monkeypatch.undo()

    zones.refresh(binding.resource_id, at=NOW)

    assert zone(binding)[0][1] == "changed"


def test_a_lower_grade_waits_for_a_second_person_even_where_nothing_shows_yet(way):
    where, binding, dataset = way

    revision = opening.regrade(
        dataset.pk,
        {field(binding, "secret").pk: {"grade": Grade.L3}},
        by=where.publisher,
        at=NOW,
        reason="less sensitive than thought",
    )

    assert revision is not None
    assert field(binding, "secret").grade == Grade.L4


def test_a_withdrawn_field_is_gone_from_the_open_zone_when_the_verb_returns(way):
    where, binding, dataset = way

    opening.withdraw_field(
        field(binding, "name").pk, by=where.publisher, at=NOW, reason="not collected any more"
    )

    assert zone(binding) == [(1, "138****01"), (2, "138****02"), (3, None)]
    assert not dataset.resources.get().fields.live().filter(name="name").exists()


def test_a_field_added_by_an_amendment_is_filled_by_the_next_run_once_it_is_bound(way):
    where, binding, dataset = way
    added = amending.AddedField(
        new=exchange.NewField(name="more", label_zh="更多"), grade=Grade.L1
    )
    revision = amending.propose(
        dataset.pk, added=[added], reason="asked for", by=where.publisher, at=NOW
    )
    amending.sign(revision.pk, by=where.head, at=NOW)

    opening.decide_revision(revision.pk, by=where.operator, at=NOW, accept=True, reason="fine")
    assert zone(binding) == [(1, "a", "138****01"), (2, "b", "138****02"), (3, "c", None)]

    more = field(binding, "more")
    binding.refresh_from_db()
    binding.columns[str(more.pk)] = "extra"
    binding.save()
    engine.sync(binding.pk)
    assert zone(binding)[0] == (1, "a", "138****01", "x")
