"""Buttons call verbs: refused by a wrong role with 403, in a wrong state with its sentence."""

from datetime import date

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import ApiKey, App, Membership, Organization, Region, User
from accounts.roles import OFFICE_ROLES, PERMISSIONS, OrganizationKind, Role, holders
from audit.models import Entry
from backoffice.desk import Desk
from catalog.models import Dataset, LegalBasis, NegativeLine, Revision
from catalog.negative_list import LineState
from catalog.terms import State
from exchange.models import AllowedHost, Binding, Grant, RunState, Source
from exchange.sync import engine
from policy.terms import Grade, OpenType
from tests.factories import accounts, catalog, exchange

DESKS = [desk for desk in admin.site._registry.values() if isinstance(desk, Desk)]
AT_ROWS = [(desk.model, button) for desk in DESKS for button in desk.buttons]
ABOVE_LISTS = [(desk.model, button) for desk in DESKS for button in desk.list_buttons]


def label(value):
    return value._meta.label if hasattr(value, "_meta") else getattr(value, "name", str(value))


def without(permission):
    """Return an office role that does not hold a permission."""
    return next(
        role for role in Role if role in OFFICE_ROLES and permission not in PERMISSIONS[role]
    )


# every button


@pytest.mark.parametrize(("model", "button"), AT_ROWS, ids=label)
def test_a_button_at_a_row_refuses_the_wrong_role(model, button, at_desk):
    desk = at_desk(accounts.user(without(button.permission)))
    address = desk.path(model, "button", 1, button.name)

    asked, pressed = desk.client.get(address), desk.client.post(address)

    assert asked.status_code == pressed.status_code == 403
    assert "It can be taken by" in pressed.content.decode()


@pytest.mark.parametrize(("model", "button"), ABOVE_LISTS, ids=label)
def test_a_button_above_a_list_refuses_the_wrong_role_and_opens_for_the_right_one(
    model, button, at_desk
):
    refused = at_desk(accounts.user(without(button.permission)))
    assert refused.press_above(model, button.name).status_code == 403
    able = [role for role in holders(button.permission) if role in OFFICE_ROLES]
    for role in able:
        desk = at_desk(accounts.user(role))
        assert desk.client.get(desk.path(model, "list_button", button.name)).status_code == 200


@pytest.mark.parametrize(("model", "button"), [*AT_ROWS, *ABOVE_LISTS], ids=label)
def test_every_buttons_permission_is_held_by_some_role(model, button):
    assert holders(button.permission)


@pytest.mark.parametrize(("model", "button"), AT_ROWS, ids=label)
def test_a_button_at_no_row_is_not_found(model, button, at_desk):
    able = next((r for r in holders(button.permission) if r in OFFICE_ROLES), None)
    if able is None:
        return  # developers' buttons
    desk = at_desk(accounts.user(able))

    answer = desk.client.post(desk.path(model, "button", 987654321, button.name))

    assert answer.status_code == 404


def test_an_unknown_button_is_not_found(at_desk):
    desk = at_desk(accounts.user(Role.OPERATOR))

    assert desk.client.get(desk.path(Dataset, "list_button", "conjure")).status_code == 404


# datasets


GRADED = {
    "grade": 1,
    "share_type": "unconditional",
    "open_type": "unconditional",
    "mask_kind": "",
    "keep_left": 0,
    "keep_right": 0,
    "digits": 3,
    "reason": "looked at",
}


def test_an_entry_goes_from_draft_to_withdrawn_by_buttons(at_desk, said):
    where = exchange.house()
    publisher, head, operator = map(at_desk, (where.publisher, where.head, where.operator))
    metadata = {
        "title_zh": "停车场",
        "abstract_zh": "公共停车场。",
        "keywords_zh": "停车，交通",
        "contact": "0000-00000000",
        "update_cycle": "daily",
        "license": "CC-BY-4.0",
        "detail": "000000",
    }

    publisher.press_above(Dataset, "create", slug="parking", owner=where.department.pk, **metadata)
    dataset = Dataset.objects.get(slug="parking")
    publisher.press(dataset, "update", **metadata | {"title_en": "Car parks"})
    publisher.press(dataset, "field", name="name", label_zh="名称", data_type="text")
    publisher.press(dataset, "field", name="spaces", label_zh="泊位", data_type="integer")
    fields = list(dataset.resources.get().fields.order_by("position"))
    for field in fields:
        publisher.press(field, "grade", **GRADED)
    head.press(dataset, "sign", secrecy_risk="on", personal_information="on")
    publisher.press(dataset, "submit")
    published = operator.press(dataset, "publish")

    dataset.refresh_from_db()
    assert dataset.state == State.PUBLISHED, said(published)
    assert dataset.keywords_zh == ["停车", "交通"]
    assert dataset.title_en == "Car parks"
    assert [field.name for field in fields] == ["name", "spaces"]

    head.press(dataset, "withdraw", reason="replaced by a better one")

    dataset.refresh_from_db()
    assert dataset.state == State.WITHDRAWN


WRONG_STATE = [
    # state, button, permission, what the form says, part of the sentence
    (State.PUBLISHED, "update", {"title_zh": "改", "detail": "0"}, "changed only when"),
    (State.PUBLISHED, "field", {"name": "b", "label_zh": "乙", "data_type": "text"}, "changed"),
    (State.PUBLISHED, "sign", {"secrecy_risk": "on"}, "signed only when"),
    (State.DRAFT, "recall", {}, "taken back for changes only when"),
    (State.DRAFT, "submit", {}, "submitted only when"),
    (State.DRAFT, "send-back", {"defects": "no abstract"}, "sent back only when"),
    (State.DRAFT, "publish", {}, "published only when"),
    (State.DRAFT, "withdraw", {"reason": "old"}, "withdrawn only when"),
]


@pytest.mark.parametrize(("state", "button", "told", "sentence"), WRONG_STATE, ids=str)
def test_a_step_in_the_wrong_state_is_refused_by_its_sentence(
    state, button, told, sentence, at_desk, said
):
    dataset = catalog.dataset(state)
    [permission] = {b.permission for m, b in AT_ROWS if m is Dataset and b.name == button}
    desk = at_desk(catalog.able(permission, dataset.owner))

    answer = desk.press(dataset, button, **told)

    assert answer.status_code == 302
    assert sentence in said(answer)
    dataset.refresh_from_db()
    assert dataset.state == state


def test_buttons_are_drawn_for_the_steps_that_are_open(at_desk):
    draft = catalog.dataset(State.DRAFT)
    head, publisher = (
        at_desk(catalog.staff(role, draft.owner)) for role in (Role.HEAD, Role.PUBLISHER)
    )

    def drawn(desk):
        actions = desk.page(draft).context["actions_detail"]
        return {action["path"].split("/")[-2] for action in actions}

    assert drawn(head) == {"sign", "line"}
    assert drawn(publisher) == {"update", "field", "line"}


def test_signing_without_vouching_says_what_is_open(at_desk, said):
    draft = catalog.dataset(State.DRAFT)
    head = at_desk(catalog.staff(Role.HEAD, draft.owner))

    answer = head.press(draft, "sign", secrecy_risk="on")

    assert "Still open" in said(answer)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_an_entry_is_sent_back_with_all_that_is_missing(at_desk):
    dataset = catalog.dataset(State.IN_REVIEW)

    at_desk(accounts.user(Role.OPERATOR)).press(
        dataset, "send-back", defects="no abstract\n\nno English title"
    )

    dataset.refresh_from_db()
    assert dataset.state == State.DRAFT
    assert dataset.defects == ["no abstract", "no English title"]


# fields and revisions


def test_a_detected_field_needs_a_reason_for_its_grade(at_desk, said):
    field = catalog.field(suggested=Grade.L3)
    desk = at_desk(catalog.staff(Role.PUBLISHER, field.resource.dataset.owner))

    answer = desk.press(field, "grade", **GRADED | {"reason": ""})

    assert "looks sensitive" in said(answer)
    field.refresh_from_db()
    assert field.grade is None


def test_a_field_is_graded_with_its_mask(at_desk):
    field = catalog.field()
    desk = at_desk(catalog.staff(Role.PUBLISHER, field.resource.dataset.owner))
    mask = {"mask_kind": "keep_edges", "keep_left": 3, "keep_right": 2}

    desk.press(field, "grade", **GRADED | {"grade": 3} | mask)

    field.refresh_from_db()
    assert (field.grade, field.mask_params) == (3, {"keep_left": 3, "keep_right": 2})


def test_grading_a_published_field_is_a_wrong_state_and_regrading_a_draft_too(at_desk, said):
    published, draft = catalog.dataset(), catalog.dataset(State.DRAFT)
    for dataset, button in ((published, "grade"), (draft, "regrade")):
        desk = at_desk(catalog.staff(Role.PUBLISHER, dataset.owner))
        field = catalog.table(dataset).fields.get()

        answer = desk.press(field, button, **GRADED)

        assert "only when" in said(answer)


def test_stricter_acts_at_once_and_looser_waits_for_another_person(at_desk, said):
    dataset = catalog.dataset(grade=Grade.L2)
    field = catalog.table(dataset).fields.get()
    head = at_desk(catalog.staff(Role.HEAD, dataset.owner))

    head.press(field, "regrade", **GRADED | {"grade": 4, "open_type": "not_open"})
    field.refresh_from_db()
    assert (field.grade, field.open_type) == (4, OpenType.NOT_OPEN)

    waiting = head.press(field, "regrade", **GRADED | {"grade": 1})
    assert "waits for a second person" in said(waiting)
    revision = Revision.objects.get()

    own = head.press(revision, "accept", reason="fine")
    assert own.status_code == 403

    operator = at_desk(accounts.user(Role.OPERATOR))
    operator.press(revision, "accept", reason="fine")
    field.refresh_from_db()
    assert field.grade == 1

    again = operator.press(revision, "refuse", reason="late")
    assert "decided already" in said(again)


# the negative list


def line_told(dataset, **over):
    told = {
        "fields_barred": [catalog.table(dataset).fields.get().pk],
        "bars": ["share", "open"],
        "reason_zh": "测试",
        "substitute": "none",
        "from_on": "2026-03-02",
        "review_on": "2027-03-02",
    }
    return told | over


def test_a_line_goes_through_three_people_by_buttons(at_desk, said):
    dataset = catalog.dataset()
    basis = catalog.basis()
    proposer = at_desk(catalog.able("catalog.propose_negativeline", dataset.owner))
    legal = at_desk(catalog.able("catalog.legal_review_negativeline", dataset.owner))
    operator = at_desk(accounts.user(Role.OPERATOR))

    proposer.press(dataset, "line", **line_told(dataset, basis=basis.pk))
    line = NegativeLine.objects.get()
    legal.press(line, "forward", opinion="carried by the article")
    published = operator.press(line, "publish")

    line.refresh_from_db()
    assert line.state == LineState.PUBLISHED, said(published)
    assert list(line.fields.all()) == list(catalog.table(dataset).fields.all())

    operator.press(line, "end", reason="the law changed")
    line.refresh_from_db()
    assert line.state == LineState.ENDED


def test_a_line_without_a_basis_is_refused(at_desk, said):
    dataset = catalog.dataset()
    desk = at_desk(catalog.able("catalog.propose_negativeline", dataset.owner))

    answer = desk.press(dataset, "line", **line_told(dataset))

    assert "needs its legal basis" in said(answer)
    assert not NegativeLine.objects.exists()


def test_a_line_on_an_unverified_basis_is_not_published(at_desk, said):
    line = catalog.negative_line(
        state=LineState.AUTHORITY_REVIEW, on=catalog.basis(verified=False)
    )

    answer = at_desk(accounts.user(Role.OPERATOR)).press(line, "publish")

    assert "has not been verified" in said(answer)


@pytest.mark.parametrize(
    ("button", "told"),
    [("forward", {"opinion": "a"}), ("return", {"opinion": "a"}), ("publish", {})],
    ids=str,
)
def test_a_line_that_ended_takes_no_step(button, told, at_desk, said):
    line = catalog.negative_line(state=LineState.ENDED)
    [permission] = {b.permission for m, b in AT_ROWS if m is NegativeLine and b.name == button}
    desk = at_desk(catalog.able(permission, line.dataset.owner))

    answer = desk.press(line, button, **told)

    assert answer.status_code == 302
    assert "only when" in said(answer)


def test_an_article_is_entered_and_verified_word_for_word(at_desk, said):
    desk = at_desk(accounts.user(Role.OPERATOR))
    told = {
        "law_zh": "测试法",
        "article": "第一条",
        "gist_zh": "测试",
        "tier": "law",
        "in_force_from": "2020-01-01",
    }
    desk.press_above(LegalBasis, "create", **told)
    basis = LegalBasis.objects.get(law_zh="测试法")

    short = desk.press(basis, "verify", text_zh="短", source="官网")
    assert "word for word" in said(short)

    desk.press(basis, "verify", text_zh=catalog.TEXT, source="官网")
    basis.refresh_from_db()
    assert basis.certainty == "verified"

    again = desk.press(basis, "verify", text_zh=catalog.TEXT, source="官网")
    assert "verified already" in said(again)

    desk.press(basis, "next", **told | {"in_force_from": "2026-01-01"})
    basis.refresh_from_db()
    assert basis.in_force_until == date(2025, 12, 31)


# sources, bindings, runs


def test_hosts_are_allowed_and_refused_by_the_system_administrator(at_desk):
    desk = at_desk(accounts.user(Role.SYSTEM_ADMIN))

    desk.press_above(AllowedHost, "allow", host="db.example", port=5432)
    [host] = AllowedHost.objects.all()
    desk.press(host, "refuse")

    assert not AllowedHost.objects.exists()


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
    }
    asked = []
    monkeypatch.setattr("exchange.tasks.sync.delay", asked.append)

    assert desk.ask(resource, "bind").status_code == 200
    bound = desk.press(resource, "bind", **told, **columns)
    binding = Binding.objects.get()
    assert desk.ask(binding, "bind").status_code == 200
    desk.press(binding, "sync")

    assert asked == [binding.pk], said(bound)
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
    rows = "".join(f"x{n},a,b\n" for n in range(9))
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

    assert "x0" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert Entry.objects.filter(verb="rejected.view", target=f"rejected:{row.pk}").count() == 1
    assert "x0" not in mine.page(row).content.decode()
    assert other.press(row, "look").status_code == 404
    assert at_desk(where.operator).press(row, "look").status_code == 403


# grants


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
        valid_until="2027-03-02",
    )
    grant = Grant.objects.get()
    assert grant.organization == company, said(made)

    desk.press(grant, "revoke", reason="not used")
    grant.refresh_from_db()
    assert grant.revoked_at
    assert "revoked before" in said(desk.press(grant, "revoke", reason="not used"))


# accounts


def test_a_key_is_shown_once_and_revoked_once(at_desk, said):
    company = accounts.organization(OrganizationKind.AUTHORITY)
    person = accounts.user(Role.DEVELOPER, company)
    Membership.objects.create(user=person, organization=company, role=Role.PUBLISHER)
    desk = at_desk(person)

    desk.press_above(App, "create", organization=company.pk, name="Map")
    app = App.objects.get()
    shown = desk.press(app, "key", label="laptop", expires_on="2999-12-31")

    key = ApiKey.objects.get()
    assert f"{key.prefix}_" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert f"{key.prefix}_" not in desk.page(key).content.decode()

    desk.press(key, "revoke")
    key.refresh_from_db()
    assert key.revoked_at
    assert "already" in said(desk.press(key, "revoke"))
    desk.press(app, "close")
    assert "already" in said(desk.press(app, "close"))
    assert "closed" in said(desk.press(app, "key", expires_on="2999-12-31"))


def test_the_operator_sets_a_quota(at_desk, said):
    key = accounts.api_key().key
    desk = at_desk(accounts.user(Role.OPERATOR))

    desk.press(key, "quota", rate_per_minute=5, daily_quota=50)
    key.refresh_from_db()

    assert (key.rate_per_minute, key.daily_quota) == (5, 50)
    assert said(desk.press(key, "quota", rate_per_minute=0, daily_quota=50))


def test_an_invited_person_chooses_a_password_once(at_desk, said):
    client = Client(headers={"Accept-Language": "en"})
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    shown = desk.press_above(User, "invite", username="li", name="Li").content.decode()
    person = User.objects.get(username="li")
    address = shown.split("http://testserver")[1].split("<")[0]
    chosen = {"password": "Grain-of-sand-7", "again": "Grain-of-sand-7"}

    assert client.get(address).status_code == 200
    assert "differ" in said(client.post(address, chosen | {"again": "x"}))
    assert client.post(address, chosen).status_code == 302
    again = client.post(address, chosen)

    person.refresh_from_db()
    assert person.check_password("Grain-of-sand-7")
    assert again.context["form"].non_field_errors()


def test_roles_are_given_and_taken_and_not_both_kinds(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    place = accounts.organization()
    person = accounts.user(None)

    desk.press(person, "grant", role="publisher", organization=place.pk)
    held = Membership.objects.get(user=person)
    twice = desk.press(person, "grant", role="publisher", organization=place.pk)
    desk.press(held, "revoke")

    assert "already holds" in said(twice)
    assert not Membership.objects.filter(user=person).exists()


def test_the_last_holder_is_deactivated_only_with_a_successor(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    person, heir = accounts.user(Role.HEAD), accounts.user(None)

    alone = desk.press(person, "deactivate")
    assert "Name the person who takes over" in said(alone)

    desk.press(person, "deactivate", to=heir.pk)
    person.refresh_from_db()
    assert not person.is_active
    assert heir.memberships.get().role == Role.HEAD
    assert "has left" in said(desk.press(person, "deactivate"))


def test_a_person_is_entered_with_a_sound_password_only(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    told = {"username": "wang", "name": "Wang"}

    weak = desk.press_above(User, "create", **told, password="short")
    assert said(weak)
    assert 'value="short"' not in weak.content.decode()
    assert not User.objects.filter(username="wang").exists()

    desk.press_above(User, "create", **told, password="Grain-of-sand-7")
    assert User.objects.get(username="wang").check_password("Grain-of-sand-7")


def test_organisations_and_regions_are_entered_closed_and_handed_over(at_desk, said):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))
    told = {"slug": "parks", "kind": "department", "name_zh": "公园局"}

    wrong = desk.press_above(Organization, "create", **told, uscc="111111111111111111")
    assert "18" in said(wrong) or "check character" in said(wrong)

    code = accounts.uscc(4711, "11")
    desk.press_above(Organization, "create", **told, uscc=code)
    parks = Organization.objects.get(slug="parks")
    desk.press(parks, "transfer", to=accounts.organization().pk)
    assert "was closed on" in said(desk.press(parks, "close"))
    assert "was closed on" in said(desk.press(parks, "transfer", to=accounts.organization().pk))

    desk.press_above(Region, "create", code="T99", code_system="LOCAL", name_zh="新区")
    assert Region.objects.get(code="T99")


# audit


def test_the_audit_administrator_verifies_the_chain(at_desk, said):
    answer = at_desk(accounts.user(Role.AUDIT_ADMIN)).press_above(Entry, "verify")

    assert "The chain is whole" in said(answer)
