"""Who decides on a held-back run sees what it would do; values only the department itself."""

import pytest
from django.urls import reverse

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from exchange import held_back
from exchange.models import RecordTable, RunState, SyncRun, Zone
from exchange.problems import WrongRunState
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import accounts, exchange

pytestmark = pytest.mark.django_db
HEADER = "id,name,price\n"
ROWS = HEADER + "".join(f"{n},n{n},1\n" for n in range(1, 41))


def shrunk(where, *, columns=exchange.KEYED, left=HEADER + "1,n1,1\n2,n2,2\nx,secret-cell,1\n"):
    """Return a run that is held back: of forty rows two came again, and one is broken."""
    binding = exchange.csv_binding(where, ROWS, columns)
    engine.sync(binding.pk)
    exchange.Path(binding.object["path"]).write_text(left)
    return engine.sync(binding.pk)


def test_the_number_is_what_the_release_deletes_and_looking_changes_nothing():
    where = exchange.house()
    run = shrunk(where, left=HEADER + "".join(f"{n},n{n},1\n" for n in range(1, 21)))
    before = RecordTable.objects.values().get(zone=Zone.SHARED)

    foreseen = held_back.vanishing(run.pk, at=exchange.NOW)
    held_back.look(run.pk, by=where.head, at=exchange.NOW)

    assert RecordTable.objects.values().get(zone=Zone.SHARED) == before
    assert SyncRun.objects.get(pk=run.pk).state == RunState.HELD
    assert engine.release(run.pk, by=where.head, at=exchange.now()).deleted == foreseen == 20


def test_a_sample_has_the_keys_that_vanish_and_rejected_rows_and_is_written_down():
    where = exchange.house()
    run = shrunk(where)

    sample = held_back.look(run.pk, by=where.head, at=exchange.NOW)

    assert sample.names == ("id",)
    assert sample.vanishing == tuple((str(n),) for n in range(3, 3 + held_back.SAMPLE))
    [rejected] = sample.rejected
    assert (rejected.line, rejected.field) == (4, "id")
    assert "secret-cell" in rejected.cells.values()
    entry = Entry.objects.get(verb="sync.look")
    assert (entry.target, entry.details["keys"], entry.details["rejected"]) == (
        f"run:{run.pk}",
        held_back.SAMPLE,
        1,
    )
    assert "secret-cell" not in str(entry.details)


def test_rows_without_a_key_are_told_by_their_cells():
    where = exchange.house()
    columns = (exchange.column("name"), exchange.column("price", DataType.DECIMAL))

    run = shrunk(where, columns=columns, left=HEADER + "1,n1,1\n")

    sample = held_back.look(run.pk, by=where.publisher, at=exchange.NOW)
    assert sample.names == ("name", "price")
    assert sample.vanishing[0] == ("n2", "1")


def test_where_the_key_is_another_nobody_can_tell_which_rows_go():
    where = exchange.house()
    run = shrunk(where)
    run.binding.resource.fields.filter(name="id").update(is_key=False)

    assert held_back.vanishing(run.pk, at=exchange.NOW) is None
    assert held_back.look(run.pk, by=where.head, at=exchange.NOW).vanishing == ()


def test_a_run_that_was_decided_shows_no_sample_any_more():
    where = exchange.house()
    run = shrunk(where)
    engine.discard(run.pk, by=where.head, at=exchange.NOW)

    with pytest.raises(WrongRunState):
        held_back.look(run.pk, by=where.head, at=exchange.NOW)


def test_values_are_for_the_department_alone_and_the_operator_sees_counts(at_desk):
    where = exchange.house()
    run = shrunk(where)
    place = reverse("admin:held", args=[run.pk])
    stranger = accounts.user(Role.HEAD)

    numbers = at_desk(where.operator).client.get(place).content.decode()
    refused = at_desk(where.operator).client.post(place)
    shown = at_desk(where.head).client.post(place).content.decode()

    assert '<td class="number">38</td>' in numbers
    assert "Show a sample" not in numbers
    assert refused.status_code == 403
    assert "secret-cell" not in numbers + refused.content.decode()
    assert "secret-cell" in shown
    assert at_desk(stranger).client.post(place).status_code == 404
    for person in (where.operator, stranger):
        with pytest.raises(NotAllowed):
            held_back.look(run.pk, by=person, at=exchange.NOW)


def test_the_run_leads_to_what_it_would_do_only_while_it_is_held_back(at_desk):
    where = exchange.house()
    run = shrunk(where)
    place, desk = reverse("admin:held", args=[run.pk]), at_desk(where.head)

    held = desk.client.get(reverse("admin:run", args=[run.pk])).content.decode()
    engine.discard(run.pk, by=where.head, at=exchange.NOW)
    decided = desk.client.get(reverse("admin:run", args=[run.pk])).content.decode()

    assert place in held
    assert place not in decided
    assert desk.client.get(place).status_code == 409
