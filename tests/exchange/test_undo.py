"""A bad load is undone: rows, ids, digests, zones and feeds stand as before it, or later."""

import json
import random
from datetime import timedelta

import pytest
from django.conf import settings
from psycopg import sql

from accounts.roles import NotAllowed
from audit.models import Entry
from exchange import access, tasks
from exchange.access import Caller
from exchange.models import Binding, RecordTable, RunState, SyncRun, Zone
from exchange.problems import WrongRunState
from exchange.records import reading, store
from exchange.records.statements import one, rows, run
from exchange.sync import engine, undoing
from policy.terms import DataType, Grade, Mode
from tests.factories import exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db
KEYED = (column("id", DataType.INTEGER, is_key=True), column("name"), column("more"))
KEYLESS = (column("name"), column("more"))


def text(columns, found):
    names = [one.name for one in columns]
    lines = [",".join(str(row[name]) for name in names) for row in found]
    return "\n".join([",".join(names), *lines])


def generation(seed):
    """Return rows of which some come, go and change from one seed to the next."""
    dice = random.Random(seed)  # noqa: S311 - a choice of test data
    ids = dice.sample(range(40), 25)
    return [{"id": n, "name": f"n{n}-{dice.randrange(3)}", "more": "x"} for n in sorted(ids)]


def write(binding, found, columns=KEYED):
    exchange.Path(binding.object["path"]).write_text(text(columns, found))


def shared(binding):
    """Return every row with its id and hash, without its place in the feed."""
    table = store.live(binding.resource_id, Zone.SHARED)
    names = ["_id", "_hash", *(c["column"] for c in table.columns)]
    wanted = sql.SQL(", ").join([sql.Identifier(name) for name in names])
    found = rows(sql.SQL("SELECT {} FROM {} ORDER BY _id").format(wanted, store.of(table)))
    assert len(found) == table.rows
    assert sum(row[1] for row in found) == table.digest
    return found


def opened(binding):
    table = store.live(binding.resource_id, Zone.OPEN)
    names = ["_id", *(c["column"] for c in table.columns)]
    wanted = sql.SQL(", ").join([sql.Identifier(name) for name in names])
    return rows(sql.SQL("SELECT {} FROM {} ORDER BY _id").format(wanted, store.of(table)))


class Follower:
    """A consumer of the open feed who keeps a copy by `_id`."""

    def __init__(self, slug):
        self.slug, self.since, self.copy = slug, 0, {}

    def catch_up(self):
        head = access.head(self.slug)
        today = exchange.now().date()
        fields = access.visible(head, Caller(), today=today, mode=Mode.QUERY)
        piece = reading.changes(head, fields, since=self.since, cursor="", limit=1000)
        for gone in json.loads(piece.deleted):
            self.copy.pop(gone, None)
        for row in json.loads(piece.rows):
            self.copy[row.pop("_id")] = {k: v for k, v in row.items() if k != "_seq"}
        self.since = piece.seq
        return self.copy


def loaded(columns=KEYED, **over):
    """Return a published table after a good and a bad load."""
    where = exchange.house()
    good = generation(0)
    binding = exchange.csv_binding(
        where, text(columns, good), columns, max_shrink_percent=100, **over
    )
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    return where, binding, dataset


@pytest.mark.parametrize("columns", [KEYED, KEYLESS], ids=["keyed", "keyless"])
@pytest.mark.parametrize("seed", range(1, 5))
def test_after_an_undo_rows_ids_digests_and_zones_are_as_before(seed, columns):
    where, binding, dataset = loaded(columns)
    before, open_before = shared(binding), opened(binding)
    follower, late = Follower(dataset.slug), Follower(dataset.slug)
    follower.catch_up()
    late.catch_up()
    write(binding, generation(seed), columns)
    bad = engine.sync(binding.pk)
    follower.catch_up()

    own = undoing.undo_run(bad.pk, by=where.head, at=exchange.NOW, reason="a wrong file")

    assert (shared(binding), opened(binding)) == (before, open_before)
    assert own.digest_after == bad.digest_before
    assert (own.after, own.mode, own.state) == (bad.before, "undo", RunState.DONE)
    assert follower.catch_up() == late.catch_up()
    assert set(follower.copy) == {row[0] for row in open_before}
    assert Entry.objects.filter(verb="sync.undo", target=f"run:{bad.pk}").count() == 1


def test_the_next_sync_reads_the_source_whole_and_no_id_comes_twice():
    where, binding, dataset = loaded()
    write(binding, generation(1))
    bad = engine.sync(binding.pk)
    bad_ids = {row[0] for row in shared(binding)}
    good = undoing.undo_run(bad.pk, by=where.head, at=exchange.NOW, reason="wrong")
    kept_ids = {row[0] for row in shared(binding)}
    follower = Follower(dataset.slug)

    again = engine.sync(binding.pk)

    assert (again.inserted, again.updated, again.deleted) == (
        bad.inserted,
        bad.updated,
        bad.deleted,
    )
    fresh = {row[0] for row in shared(binding)} - kept_ids
    assert not fresh & bad_ids
    assert set(follower.catch_up()) == {row[0] for row in opened(binding)}
    assert Binding.objects.get(pk=binding.pk).paused
    assert good.undoes == bad


def test_a_zone_that_lags_behind_both_runs_still_ends_up_right(monkeypatch):
    where, binding, _dataset = loaded()
    before = opened(binding)
    write(binding, generation(2))
    with monkeypatch.context() as held_up:
        held_up.setattr("exchange.records.zones.refresh", lambda *_a, **_k: {})
        bad = engine.sync(binding.pk)
    assert opened(binding) == before

    undoing.undo_run(bad.pk, by=where.operator, at=exchange.NOW, reason="wrong")

    assert opened(binding) == before


def test_a_run_is_undone_once_and_only_the_last_one_that_changed_rows():
    where, binding, _dataset = loaded()
    write(binding, generation(1))
    older = engine.sync(binding.pk)
    write(binding, generation(2))
    bad = engine.sync(binding.pk)
    engine.sync(binding.pk)  # changes nothing, so it takes nothing away

    with pytest.raises(WrongRunState, match=r"last run|最后"):
        undoing.undo_run(older.pk, by=where.head, at=exchange.NOW, reason="wrong")
    own = undoing.undo_run(bad.pk, by=where.head, at=exchange.NOW, reason="wrong")
    for done in (bad, own):
        with pytest.raises(WrongRunState):
            undoing.undo_run(done.pk, by=where.head, at=exchange.NOW, reason="wrong")
    assert not rows(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'undo'"))


def test_a_first_load_and_another_shape_are_not_undone():
    where, binding, _dataset = loaded()
    first = SyncRun.objects.get()
    write(binding, generation(1))
    changed = engine.sync(binding.pk)
    field = binding.resource.fields.get(name="more")
    binding.refresh_from_db()
    del binding.columns[str(field.pk)]
    binding.save()
    reshaped = engine.sync(binding.pk)

    for run_ in (first, changed, reshaped):
        with pytest.raises(WrongRunState, match=r"withdrawn|撤销"):
            undoing.undo_run(run_.pk, by=where.head, at=exchange.NOW, reason="wrong")


def test_a_failed_run_has_nothing_to_undo_and_others_have_no_right():
    where, binding, _dataset = loaded()
    write(binding, generation(1))
    bad = engine.sync(binding.pk)
    write(binding, [])
    with pytest.raises(engine.Problem):
        engine.sync(binding.pk)
    failed = SyncRun.objects.latest("pk")

    with pytest.raises(WrongRunState, match=r"did not go live|未生效"):
        undoing.undo_run(failed.pk, by=where.head, at=exchange.NOW, reason="wrong")
    for person in (where.publisher, where.system, exchange.house().head):
        with pytest.raises(NotAllowed):
            undoing.undo_run(bad.pk, by=person, at=exchange.NOW, reason="wrong")


def test_what_a_crash_emptied_is_refused_and_nothing_changes():
    where, binding, _dataset = loaded()
    write(binding, generation(1))
    bad = engine.sync(binding.pk)
    after = shared(binding)
    run(sql.SQL("TRUNCATE undo.{}").format(sql.Identifier(f"run_{bad.pk}")))

    with pytest.raises(WrongRunState, match=r"went down|宕机"):
        undoing.undo_run(bad.pk, by=where.head, at=exchange.NOW, reason="wrong")

    assert shared(binding) == after


def test_what_was_replaced_is_gone_after_its_days_and_not_kept_at_all_with_none(monkeypatch):
    where, binding, _dataset = loaded()
    write(binding, generation(1))
    bad = engine.sync(binding.pk, clock=lambda: exchange.now() - timedelta(days=8))

    tasks.sweep()

    with pytest.raises(WrongRunState):
        undoing.undo_run(bad.pk, by=where.head, at=exchange.NOW, reason="wrong")
    monkeypatch.setattr(settings, "UNDO_DAYS", 0)
    write(binding, generation(2))
    engine.sync(binding.pk)
    assert one(sql.SQL("SELECT count(*) FROM pg_tables WHERE schemaname = 'undo'"))[0] == 0


def test_a_field_that_turns_out_secret_is_not_kept_for_an_undo():
    _where, binding, dataset = loaded()
    write(binding, generation(1))
    engine.sync(binding.pk)
    field = binding.resource.fields.get(name="more")

    engine.forget(binding.resource_id, at=exchange.NOW)

    assert not rows(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'undo'"))
    assert RecordTable.objects.filter(resource=binding.resource, live=True).exists()
    assert (field.grade, dataset.state) == (Grade.L1, "published")
