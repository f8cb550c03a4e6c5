"""Sources, bindings, runs, rejected rows and grants by buttons."""

from datetime import timedelta

from django.utils import timezone

from accounts.roles import OrganizationKind, Role
from audit.models import Entry
from exchange.models import AllowedHost, Binding, Grant, RunState, Source
from exchange.sync import engine
from tests.factories import accounts, catalog, exchange


def test_hosts_are_allowed_and_refused_by_the_system_administrator(at_desk):
    desk = at_desk(accounts.user(Role.SYSTEM_ADMIN))

    desk.press_above(AllowedHost, "allow", host="db.example", port=5432)
    [host] = AllowedHost.objects.all()
    desk.press(host, "refuse")

    assert not AllowedHost.objects.exists()


def test_a_host_is_allowed_for_one_department_alone(at_desk):
    desk, place = at_desk(accounts.user(Role.SYSTEM_ADMIN)), accounts.organization()

    desk.press_above(AllowedHost, "allow", host="db.example", port=5432, organization=place.pk)

    assert AllowedHost.objects.get().organization == place
    assert place.name_en in desk.list(AllowedHost).content.decode()


def test_a_source_is_connected_and_its_password_is_shown_nowhere(at_desk, said):
    where = exchange.house()
    desk = at_desk(where.publisher)
    told = {
        "organization": where.department.pk,
        "name": "registry",
        "kind": "postgresql",
        "host": "db.example",
        "port": 5432,
        "database": "d",
        "user": "reader",
        "password": "s3cret-of-the-source",
        "time_zone": "Asia/Shanghai",
    }

    desk.press_above(Source, "create", **told)
    source = Source.objects.get()

    assert source.settings == {name: told[name] for name in ("host", "port", "database", "user")}
    assert "s3cret" not in desk.page(source).content.decode()
    assert "list" in said(desk.press(source, "test"))  # the host is not on the list
    twice = desk.press_above(Source, "create", **told)
    assert "this name already" in said(twice)
    assert "s3cret" not in twice.content.decode()


def test_a_file_is_bound_by_the_form_and_synced(at_desk, said, monkeypatch):
    where = exchange.house()
    resource = exchange.table(where)
    path = exchange.csv_file("id;name;price\n1;a;2.5\n")
    source = Source.objects.create(
        organization=where.department,
        name="files",
        kind="csv",
        created_by=where.publisher,
        created_at=exchange.NOW,
    )
    desk = at_desk(where.publisher)
    columns = {f"column_{one.pk}": one.name for one in resource.fields.all()}
    told = {
        "source": source.pk,
        "path": str(path),
        "encoding": "utf-8",
        "separator": ";",
        "header": "on",
        "mode": "full",
        "lag_seconds": 0,
        "max_rejected_percent": 10,
        "max_shrink_percent": 20,
        "full_every_days": 7,
    }
    asked = []
    monkeypatch.setattr("exchange.tasks.sync.delay", lambda *told: asked.append(told))

    assert desk.ask(resource, "bind").status_code == 200
    bound = desk.press(resource, "bind", **told, **columns)
    binding = Binding.objects.get()
    assert desk.ask(binding, "bind").status_code == 200
    desk.press(binding, "sync")

    assert asked == [(binding.pk, desk.user.pk)], said(bound)
    assert engine.sync(binding.pk).after == 1
    wrong = desk.press(resource, "bind", **told | {"separator": ";;"}, **columns)
    assert "one character" in said(wrong)


def test_a_file_without_a_header_is_bound_by_positions(at_desk, said):
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,2\n")
    desk = at_desk(where.publisher)
    names = {f"column_{pk}": name for pk, name in binding.columns.items()}
    places = {name: place for place, name in enumerate(names)}
    told = {
        "source": binding.source_id,
        "path": binding.object["path"],
        "encoding": "utf-8",
        "width": 3,
        "mode": "full",
        "lag_seconds": 0,
        "max_rejected_percent": 10,
        "max_shrink_percent": 20,
        "full_every_days": 7,
    }

    assert "positions from 0" in said(desk.press(binding, "bind", **told, **names))
    desk.press(binding, "bind", **told, **places)

    binding.refresh_from_db()
    assert sorted(binding.columns.values()) == [0, 1, 2]


def test_grades_are_suggested_from_a_sample(at_desk, said):
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,2\n")

    answer = at_desk(where.publisher).press(binding, "suggest")

    assert "3 fields were looked at" in said(answer)


def held_run():
    """Return a run that is held back since most rows were rejected, and who is about."""
    where = exchange.house()
    rows = "".join(f"forged-{n},a,b\n" for n in range(9))
    binding = exchange.csv_binding(where, f"id,name,price\n{rows}10,a,1\n")
    return where, engine.sync(binding.pk)


def test_a_held_run_is_released_by_the_head_and_only_once(at_desk, said):
    where, run = held_run()
    desk = at_desk(where.head)

    desk.press(run, "release")
    run.refresh_from_db()
    assert run.state == RunState.DONE

    again = desk.press(run, "release")
    assert "only a run that is held back" in said(again)


def test_a_held_run_is_discarded(at_desk, said):
    where, run = held_run()
    desk = at_desk(where.head)

    desk.press(run, "discard")

    run.refresh_from_db()
    assert run.state == "discarded"
    assert "held back" in said(desk.press(run, "discard"))


def test_a_rejected_row_is_shown_to_its_owner_and_the_look_is_written_down(at_desk):
    where, run = held_run()
    row = run.rejected_rows.first()
    mine, other = at_desk(where.publisher), at_desk(exchange.house().publisher)

    shown = mine.press(row, "look")

    assert "forged-0" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert Entry.objects.filter(verb="rejected.view", target=f"rejected:{row.pk}").count() == 1
    assert "forged-0" not in mine.page(row).content.decode()
    assert other.press(row, "look").status_code == 404
    assert at_desk(where.operator).press(row, "look").status_code == 403


def test_a_grant_is_made_and_revoked_once(at_desk, said):
    dataset = catalog.dataset()
    company = accounts.organization(OrganizationKind.COMPANY)
    desk = at_desk(accounts.user(Role.OPERATOR))

    made = desk.press(
        dataset,
        "grant",
        to=company.pk,
        fields_granted=[catalog.table(dataset).fields.get().pk],
        channel="open",
        modes=["query"],
        clear_up_to=2,
        purpose="a map of car parks",
        valid_from="2026-03-02",
        valid_until=f"{timezone.localdate() + timedelta(days=90)}",
    )
    grant = Grant.objects.get()
    assert grant.organization == company, said(made)

    desk.press(grant, "revoke", reason="not used")
    grant.refresh_from_db()
    assert grant.revoked_at
    assert "revoked before" in said(desk.press(grant, "revoke", reason="not used"))


def test_a_bad_load_is_undone_by_the_head_once_and_the_clerk_may_not(at_desk, said):
    where = exchange.house()
    good = "id,name,price\n" + "".join(f"{n},a,1\n" for n in range(20))
    binding = exchange.csv_binding(where, good)
    engine.sync(binding.pk)
    exchange.Path(binding.object["path"]).write_text(good.replace("3,a,1", "3,b,2"))
    bad = engine.sync(binding.pk)
    desk = at_desk(where.head)

    offered = desk.page(bad).context["actions_detail"]
    clerk = at_desk(where.publisher).press(bad, "undo", reason="wrong")
    done = desk.press(bad, "undo", reason="wrong")
    twice = desk.press(bad, "undo", reason="wrong")

    assert "Undo" in [str(action["title"]) for action in offered]
    assert clerk.status_code == 403
    assert "as before the run" in said(done)
    assert "was undone before" in said(twice)
    assert not [a for a in desk.page(bad).context["actions_detail"] if a["title"] == "Undo"]
