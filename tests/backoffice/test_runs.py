"""Runs are watched live, each with its ledger as a picture, by whom they concern."""

from pathlib import Path

import pytest
from django.urls import reverse

from accounts.roles import Role
from backoffice.pages import ledger
from exchange.models import RejectedRow, RunState, SyncRun
from exchange.problems import WrongRunState
from exchange.sync import correcting, engine, progress, undoing
from tests.factories import accounts, exchange

pytestmark = pytest.mark.django_db
ROWS = "id,name,price\n" + "".join(f"{n},n{n},1\n" for n in range(20))


def at(desk, name, *args):
    return desk.client.get(reverse(f"admin:{name}", args=args))


def running(binding):
    run = SyncRun.objects.create(
        binding=binding, mode="full", started_at=exchange.now(), heartbeat_at=exchange.now()
    )
    progress.stream.call("SET", f"city:run:{run.pk}", '{"rows": 1234}')
    return run


def test_a_running_sync_is_seen_live_and_the_page_stops_asking_when_it_has_ended(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    run = running(binding)
    desk = at_desk(where.publisher)

    page = at(desk, "run", run.pk).content.decode()
    part = at(desk, "run_now", run.pk).content.decode()
    now = at(desk, "runs_now").content.decode()

    for text in (page, part, now):
        assert "1234 rows read" in text
        assert 'hx-trigger="every 2s"' in text
    run.state = RunState.FAILED
    run.tell_problem("source-unavailable", "the source is away")
    run.save()
    ended = at(desk, "run_now", run.pk).content.decode()
    assert "hx-trigger" not in ended
    assert "the source is away" in ended


def test_the_ledger_is_drawn_and_said(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS + "x,bad,1\n")
    run = engine.sync(binding.pk)

    page = at(at_desk(where.publisher), "run", run.pk).content.decode()

    assert 'role="img"' in page
    assert "21 rows were read: 20 inserted, 1 rejected." in " ".join(page.split())
    assert "0 rows stood before, 20 stand after: 20 inserted." in " ".join(page.split())
    assert "not of the declared type" in page


@pytest.mark.parametrize(
    "counts", [(1, 0, 10**6, 1, 0), (5, 5, 5, 5, 5), (0, 0, 0, 0, 0), (1, 0, 0, 0, 0)]
)
def test_the_bars_are_whole_and_no_row_is_too_thin_to_see(counts):
    names = [name for name, _label in ledger.IN]
    run = SyncRun(read=sum(counts), **dict(zip(names, counts, strict=True)))

    went = ledger.drawn(run).went

    assert sum(piece.width for piece in went) == (ledger.WIDTH if any(counts) else 0)
    assert all(piece.width >= ledger.LEAST for piece in went)
    assert [piece.x for piece in went] == [
        sum(p.width for p in went[:n]) for n in range(len(went))
    ]


def test_a_held_run_shows_why_the_run_before_it_and_the_buttons_of_who_may(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    before = engine.sync(binding.pk)
    exchange.Path(binding.object["path"]).write_text("id,name,price\n1,n1,1\n")
    run = engine.sync(binding.pk)

    head = at(at_desk(where.head), "run", run.pk).content.decode()
    clerk = at(at_desk(where.publisher), "run", run.pk).content.decode()

    for text in (head, clerk):
        assert "19 of 20 rows" in text
        assert reverse("admin:run", args=[before.pk]) in text
    for name in ("release", "discard"):
        place = reverse("admin:exchange_syncrun_button", args=[run.pk, name])
        assert place in head
        assert place not in clerk


def test_a_run_that_was_released_says_why_it_was_held_back_and_asks_for_nothing_more(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    exchange.Path(binding.object["path"]).write_text("id,name,price\n1,n1,1\n")
    held = engine.sync(binding.pk)

    engine.release(held.pk, by=where.head, at=exchange.now())

    page = at(at_desk(where.head), "run", held.pk).content.decode()
    assert "Released although it was held back:" in page
    assert "19 of 20 rows" in page
    assert 'class="refusal"' not in page


def test_runs_of_others_are_not_there_and_the_system_administrator_sees_all(at_desk):
    where = exchange.house()
    run = engine.sync(exchange.csv_binding(where, ROWS).pk)

    assert at(at_desk(exchange.house().publisher), "run", run.pk).status_code == 404
    assert at(at_desk(exchange.house().publisher), "run_now", run.pk).status_code == 404
    assert at(at_desk(where.system), "run", run.pk).status_code == 200
    assert at(at_desk(accounts.user(Role.AUDIT_ADMIN)), "run", run.pk).status_code == 403
    assert at(at_desk(accounts.user(Role.AUDIT_ADMIN)), "runs").status_code == 403


def test_the_list_says_what_runs_what_waits_what_is_next_and_what_ended(at_desk):
    where = exchange.house()
    done = exchange.csv_binding(where, ROWS, schedule_minutes=60)
    held = exchange.csv_binding(where, "id,name,price\nx,a,1\n")
    engine.sync(done.pk)
    waiting = engine.sync(held.pk)
    live = running(exchange.csv_binding(where, ROWS))

    page = at(at_desk(where.system), "runs").content.decode()

    for run in SyncRun.objects.all():
        assert reverse("admin:run", args=[run.pk]) in page
    assert str(waiting.problem) in page
    assert "1234 rows read" in page
    assert live.state == RunState.READING


def test_the_list_takes_as_many_queries_for_many_runs_as_for_few(
    at_desk, django_assert_max_num_queries
):
    where = exchange.house()
    for _each in range(6):
        binding = exchange.csv_binding(where, ROWS, schedule_minutes=60)
        for _run in range(3):
            engine.sync(binding.pk)
    desk = at_desk(where.publisher)

    with django_assert_max_num_queries(20):
        at(desk, "runs")


def test_a_field_that_changed_while_its_source_was_read_is_told_with_what_to_do(
    at_desk, monkeypatch
):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    staged = engine.reading.stage

    def regraded_meanwhile(*told):
        found = staged(*told)
        binding.resource.fields.filter(name="price").update(ended_at=exchange.NOW)
        return found

    monkeypatch.setattr(engine.reading, "stage", regraded_meanwhile)
    with pytest.raises(WrongRunState):
        engine.sync(binding.pk)
    desk = at_desk(where.publisher)
    inbox = at(desk, "inbox").content.decode()

    place = reverse("admin:last_run", args=[binding.pk])
    page = desk.client.get(place, follow=True)
    assert place in inbox
    assert page.context["run"] == SyncRun.objects.get()
    said = page.context["run"].problem
    assert "Run the sync again" in said or "重新" in said
    assert said in page.content.decode()


def test_a_binding_that_never_ran_leads_to_itself(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)

    answer = at(at_desk(where.publisher), "last_run", binding.pk)

    assert answer["Location"] == reverse("admin:exchange_binding_change", args=[binding.pk])


def write(binding, text):
    Path(binding.object["path"]).write_text(text)


def test_a_load_whose_rejected_row_was_corrected_says_why_it_is_not_undone(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    write(binding, ROWS.replace("n3,1", "n3,2") + "x,bad,1\n")
    load = engine.sync(binding.pk)
    desk = at_desk(where.head)
    before = at(desk, "run", load.pk).content.decode()
    row = RejectedRow.objects.get(run=load)
    fixed = {"id": "77", "name": "good", "price": "1"}

    own = correcting.correct(row.pk, fixed, by=where.publisher, at=exchange.now())

    after = at(desk, "run", load.pk).content.decode()
    corrected = at(desk, "run", own.pk).content.decode()
    assert "can be undone until" in before
    assert "can be undone until" not in after
    assert f"run {own.pk}, a rejected row corrected by hand" in after
    assert "the corrected row stays" in after
    assert "can be undone until" in corrected
    with pytest.raises(WrongRunState):
        undoing.undo_run(load.pk, by=where.head, at=exchange.now(), reason="x")


def test_a_load_after_which_another_changed_rows_says_so(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    first = engine.sync(binding.pk)
    write(binding, ROWS.replace("n3,1", "n3,2"))
    load = engine.sync(binding.pk)
    write(binding, ROWS.replace("n3,1", "n3,3"))
    last = engine.sync(binding.pk)
    desk = at_desk(where.head)

    pages = [at(desk, "run", run.pk).content.decode() for run in (first, load, last)]

    assert f"run {last.pk} changed rows after it" in pages[1]
    assert "Not to be undone any more" not in pages[0]  # a first load never could be
    assert "Not to be undone any more" not in pages[2]


def test_a_file_with_a_record_that_cannot_be_cut_says_that_nothing_was_deleted(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS)
    engine.sync(binding.pk)
    kept = ROWS.replace("3,n3,1\n", "").replace("4,n4,1\n", "")
    write(binding, kept + "too,many,cells,here\n")
    run = engine.sync(binding.pk)
    write(binding, kept)
    whole = engine.sync(binding.pk)
    desk = at_desk(where.publisher)

    said = " ".join(at(desk, "run", run.pk).content.decode().split())
    later = at(desk, "run", whole.pk).content.decode()

    assert (run.deleted, whole.deleted) == (0, 2)
    assert "Nothing was deleted: 2 rows did not come again" in said
    assert "Nothing was deleted" not in later
