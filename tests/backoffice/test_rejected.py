"""Rejected rows on their pages: by rule, looked at, corrected, taken out, discarded."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from audit.models import Entry
from exchange.models import RejectedRow, SyncRun
from exchange.sync import engine
from tests.factories import accounts, exchange

pytestmark = pytest.mark.django_db
ROWS = "id,name,price\n" + "".join(f"{n},n,1\n" for n in range(40))


@pytest.fixture
def bad():
    """A run with three rejected rows, and who is about."""
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS + "x1,secret-a,1\n77,secret-b,dear\n1,2\n")
    return where, engine.sync(binding.pk)


def get(desk, name, *args, **asked):
    return desk.client.get(reverse(f"admin:{name}", args=args), asked)


def post(desk, name, *args, **told):
    return desk.client.post(reverse(f"admin:{name}", args=args), told)


def test_rows_are_listed_by_rule_and_field_without_their_values(bad, at_desk):
    where, run = bad
    desk = at_desk(where.publisher)

    counted = get(desk, "run", run.pk).content.decode()
    everything = get(desk, "rejected", run.pk)
    one = get(desk, "rejected", run.pk, rule="type", field="price")

    assert "rule=type&amp;field=price" in counted
    assert everything.context["count"] == 3
    assert [row.line for row in one.context["rows"]] == [43]
    assert "secret" not in everything.content.decode()


def test_the_counts_of_list_run_and_rows_add_up_and_say_how(at_desk):
    where = exchange.house()
    binding = exchange.csv_binding(where, ROWS + "77,b,dear\n1,other,1\n2,n,1\n")
    run = engine.sync(binding.pk)
    desk = at_desk(where.publisher)

    rows = get(desk, "rejected", run.pk)
    pages = [rows, get(desk, "run", run.pk)]
    listed = [get(desk, "runs").content.decode(), desk.list(SyncRun).content.decode()]
    of_one_rule = get(desk, "rejected", run.pk, rule="type", field="price").content.decode()

    assert (run.rejected, run.duplicates) == (1, 2)  # one of them the same in every cell
    assert rows.context["count"] == 2
    for page in pages:
        assert (
            "whose key came before: 1. The run counts those as duplicates" in page.content.decode()
        )
    assert all("Duplicates" in page for page in listed)
    assert "whose key came before" not in of_one_rule


def test_a_row_is_looked_at_corrected_and_live(bad, at_desk):
    where, run = bad
    row = run.rejected_rows.get(field="price")
    desk = at_desk(where.publisher)

    page = get(desk, "rejected_correct", row.pk)
    still = post(desk, "rejected_correct", row.pk, cell_id="77", cell_name="b", cell_price="dear")
    done = post(desk, "rejected_correct", row.pk, cell_id="77", cell_name="b", cell_price="3")

    assert 'value="secret-b"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert Entry.objects.filter(verb="rejected.view").count() == 1
    assert still.status_code == 400
    assert "still breaks the rule" in still.content.decode()
    assert 'value="dear"' in still.content.decode()
    correction = SyncRun.objects.get(mode="correct")
    assert done["Location"] == reverse("admin:run", args=[correction.pk])
    assert get(desk, "run", correction.pk).status_code == 200
    assert post(desk, "rejected_correct", row.pk).status_code == 404


def test_a_record_that_could_not_be_cut_is_shown_as_it_was_read(bad, at_desk):
    where, run = bad
    row = run.rejected_rows.get(rule="field-count")

    page = get(at_desk(where.publisher), "rejected_correct", row.pk).content.decode()

    assert "As it was read" in page
    assert 'name="cell_price"' in page


def test_in_a_wrong_state_a_correction_is_refused_with_what_to_do(at_desk):
    where = exchange.house()
    run = engine.sync(exchange.csv_binding(where, "id,name,price\nx,a,1\n").pk)
    row = run.rejected_rows.get()
    told = {"cell_id": "1", "cell_name": "a", "cell_price": "1"}

    answer = post(at_desk(where.publisher), "rejected_correct", row.pk, **told)

    assert answer.status_code == 409
    assert "Run a sync first" in answer.content.decode().replace("\n", " ")


def test_the_file_is_sent_once_asked_for_and_written_down(bad, at_desk):
    where, run = bad

    answer = post(at_desk(where.publisher), "rejected_file", run.pk)

    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeffline,rule,field,id,name,price")
    assert "secret-a" in text
    assert "attachment" in answer["Content-Disposition"]
    assert get(at_desk(where.publisher), "rejected_file", run.pk).status_code == 405
    assert Entry.objects.filter(verb="rejected.export").count() == 1


def test_chosen_rows_are_discarded_with_a_reason_and_not_without(bad, at_desk):
    where, run = bad
    rows = list(run.rejected_rows.values_list("pk", flat=True))
    desk = at_desk(where.publisher)

    without = post(desk, "rejected_discard", run.pk, rows=rows)
    none = post(desk, "rejected_discard", run.pk, reason="known")
    done = post(desk, "rejected_discard", run.pk, rows=rows[:2], reason="known")
    gone = post(desk, "rejected_discard", run.pk, rows=rows[:2], reason="known")
    nothing = post(desk, "rejected_file", run.pk)

    assert [a.status_code for a in (without, none, done, gone)] == [400, 409, 302, 400]
    assert RejectedRow.objects.count() == 1
    assert nothing.status_code == 200


def test_all_rows_of_one_rule_are_discarded_over_all_pages(at_desk, monkeypatch):
    monkeypatch.setattr("backoffice.pages.rejected.SHOWN", 3)
    where = exchange.house()
    bad = "".join(f"9{n},a,dear\n" for n in range(7)) + "x,a,1\n"
    binding = exchange.csv_binding(where, ROWS + bad, max_rejected_percent=50)
    run = engine.sync(binding.pk)
    desk = at_desk(where.publisher)

    last = get(desk, "rejected", run.pk, rule="type", field="price", page=3)
    place = reverse("admin:rejected_discard", args=[run.pk]) + "?rule=type&field=price"
    desk.client.post(place, {"everything": "on", "reason": "known"})

    assert [row.line for row in last.context["rows"]] == [48]
    assert "page=2&amp;rule=type&amp;field=price" in last.content.decode()
    assert [row.field for row in run.rejected_rows.all()] == ["id"]


def test_a_run_whose_rows_are_gone_has_no_file(bad, at_desk):
    where, run = bad
    RejectedRow.objects.all().delete()

    answer = post(at_desk(where.publisher), "rejected_file", run.pk)

    assert answer.status_code == 409
    assert "no rejected rows any more" in answer.content.decode()


def test_nobody_else_opens_any_of_it(bad, at_desk):
    where, run = bad
    row = run.rejected_rows.first()
    people = {
        where.head: 403,
        where.operator: 403,
        where.system: 403,
        exchange.house().publisher: 404,
        accounts.user(Role.AUDIT_ADMIN): 403,
    }

    for person, status in people.items():
        desk = at_desk(person)
        assert get(desk, "rejected", run.pk).status_code == status, person
        assert post(desk, "rejected_file", run.pk).status_code == status
        assert post(desk, "rejected_discard", run.pk, rows=[row.pk], reason="x").status_code == (
            status
        )
        assert get(desk, "rejected_correct", row.pk).status_code == status
        assert post(desk, "rejected_correct", row.pk, cell_id="1").status_code == status
    assert run.rejected_rows.count() == 3
    assert not Entry.objects.filter(verb__startswith="rejected.").exists()
