"""Every model has its desk, scoped by organisation, and changes nothing but by verbs."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts import colleagues, companies, notices
from accounts.models import (
    Delegation,
    MemberSession,
    Membership,
    Organization,
    RegionBoundary,
    User,
)
from accounts.roles import OFFICE_ROLES, PERMISSIONS, Role
from audit.models import Entry
from backoffice.desk import Desk, KeptDesk
from catalog import demands
from catalog.models import CodeList, Dataset, Field, FieldSketch, Subject, WorkingDay
from catalog.terms import LineState, State
from community.models import Follow, Follower
from exchange import counted, opening, sources
from exchange.models import (
    About,
    BatchForm,
    BatchJob,
    Binding,
    Purpose,
    RequestReference,
    Source,
    UseRecord,
    Wrong,
)
from exchange.sharing import asking, attachments, corrections, disputes, grants, stopping
from exchange.sharing.contents import Terms
from exchange.sync import engine
from policy.terms import Mode
from tests.factories import accounts, authenticator, catalog, community, exchange, hooks, sharing

ROOMS = ("audit", "accounts", "catalog", "exchange", "community")
SHOWN_TO_NOBODY = (
    MemberSession,  # a session's number is as good as its password
    Follow,  # what somebody follows tells what they are after: the entry's desk counts them
    Follower,
)
MODELS = [
    model
    for room in ROOMS
    for model in apps.get_app_config(room).get_models(include_auto_created=False)
    if model not in SHOWN_TO_NOBODY
]
EVERY_DESK = [desk for desk in admin.site._registry.values() if isinstance(desk, Desk)]


def name(model):
    return model._meta.label if hasattr(model, "_meta") else str(model)


def viewers(model):
    asked = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return [role for role in Role if role in OFFICE_ROLES and asked in PERMISSIONS[role]]


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_each_model_has_a_desk_that_somebody_can_open(model, at_desk):
    assert model in admin.site._registry

    for role in viewers(model):
        assert at_desk(accounts.user(role)).list(model).status_code == 200
    assert viewers(model)


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_who_may_not_see_a_model_is_refused_its_list(model, at_desk):
    others = [role for role in OFFICE_ROLES if role not in viewers(model)]

    for role in others[:2]:
        assert at_desk(accounts.user(role)).list(model).status_code == 403


@pytest.mark.parametrize("desk", EVERY_DESK, ids=lambda desk: desk.model._meta.label)
def test_no_desk_deletes_and_only_reference_lists_are_edited_in_place(desk, rf):
    request = rf.get("/")
    request.user = User()

    assert not desk.has_delete_permission(request)
    if not isinstance(desk, KeptDesk):
        assert not desk.has_add_permission(request)
        assert not desk.has_change_permission(request)


def test_a_publisher_sees_the_own_departments_entries_only(at_desk):
    mine, other = catalog.dataset(State.DRAFT), catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, mine.owner))

    listed = desk.list(Dataset).context["cl"].result_list

    assert list(listed) == [mine]
    assert desk.page(mine).status_code == 200
    assert desk.page(other).status_code == 302  # to the index, with a message
    assert desk.ask(other, "update").status_code == 404
    assert desk.press(other, "update", title_zh="改").status_code == 404


def test_an_operator_sees_the_entries_of_the_whole_city(at_desk):
    made = {catalog.dataset(State.DRAFT), catalog.dataset()}

    listed = at_desk(accounts.user(Role.OPERATOR)).list(Dataset).context["cl"].result_list

    assert set(listed) == made


def test_a_publisher_sees_the_own_sources_bindings_and_runs_only(at_desk):
    one, two = exchange.house(), exchange.house()
    mine = exchange.csv_binding(one, "id,name,price\n1,a,2\n")
    exchange.csv_binding(two, "id,name,price\n1,a,2\n")
    desk = at_desk(one.publisher)

    assert list(desk.list(Binding).context["cl"].result_list) == [mine]
    assert list(desk.list(Source).context["cl"].result_list) == [mine.source]


def test_a_field_of_another_department_is_not_there(at_desk):
    mine, other = catalog.dataset(State.DRAFT), catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, mine.owner))
    [theirs] = Field.objects.filter(resource__dataset=other)

    assert desk.press(theirs, "grade").status_code == 404


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_no_list_of_a_publisher_speaks_of_another_departments_draft(model, at_desk):
    if Role.PUBLISHER not in viewers(model):
        return
    other = catalog.dataset(State.DRAFT, ["hidden_name"], title_zh="他部门草稿", title_en="Theirs")
    catalog.negative_line(other, state=LineState.PROPOSED)
    desk = at_desk(accounts.user(Role.PUBLISHER))

    page = desk.list(model).content.decode()

    assert not [word for word in ("hidden_name", "他部门草稿", "Theirs") if word in page]


NAMED_A = {"operator": "eq", "values": ["a"]}


def ask_for(dataset, field):
    """Let another department ask for a field; its head signs."""
    place = accounts.organization()
    terms = Terms(
        purpose_class=Purpose.CHECKING,
        purpose="a test",
        scene="窗口受理",
        system="counter",
        mode=Mode.QUERY,
        fields=[field.pk],
        rows=[{"field": field.resource.fields.get(name="name").pk, **NAMED_A}],
        wanted_from=date(2026, 3, 2),
        wanted_until=date(2028, 12, 31),
        basis_text="a law, article 3",
        calls_peak=100,
    )
    clerk, head = accounts.user(Role.PUBLISHER, place), accounts.user(Role.HEAD, place)
    asked = asking.draft(dataset.pk, terms, organization=place, by=clerk, at=exchange.NOW)
    attachments.attach(asked.pk, BytesIO(b"%PDF-1.7"), "a.pdf", by=clerk, at=exchange.NOW)
    asking.submit(asked.pk, by=clerk, at=exchange.NOW)
    asking.sign(asked.pk, vouched=True, by=head, at=exchange.NOW)
    late = exchange.NOW + timedelta(days=60)
    corrections.report(
        dataset.pk,
        corrections.Report(wrong=Wrong.ENTRY, text="a test"),
        organization=place,
        by=clerk,
        at=exchange.NOW,
    )
    disputes.open_dispute(asked.pk, about=About.LATE, claim="a test", by=clerk, at=late)


def a_whole_city():
    """Make rows of most models: a house with a held run, a line, a grant, a revision, a key."""
    where = exchange.house()
    bad = "".join(f"x{number},a,b\n" for number in range(9))
    binding = exchange.csv_binding(where, f"id,name,price\n{bad}10,a,1\n")
    engine.release(engine.sync(binding.pk).pk, by=where.head, at=exchange.NOW)
    dataset = exchange.publish(where, binding.resource)
    field = dataset.resources.get().fields.first()
    catalog.negative_line(dataset, [field.name])
    grants.grant(
        dataset.pk,
        to=accounts.organization(),
        fields=[field.pk],
        purpose="a test",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        by=where.operator,
        at=exchange.NOW,
    )
    opening.regrade(
        dataset.pk,
        {dataset.resources.get().fields.last().pk: {"grade": 4, "open_type": "not_open"}},
        by=where.head,
        at=exchange.NOW,
        reason="stricter",
    )
    opening.regrade(
        dataset.pk,
        {dataset.resources.get().fields.last().pk: {"grade": 1, "open_type": "unconditional"}},
        by=where.head,
        at=exchange.NOW,
        reason="looser",
    )
    counted.count_only(
        dataset.pk, [(field.pk, "")], reason="a test", by=where.head, at=exchange.NOW
    )
    ask_for(dataset, field)
    two = sharing.two(rows=False, asker=where.department)
    stopping.ask(two.granted("phone").pk, **sharing.STOP, by=two.where.head, at=exchange.NOW)
    community.comment(dataset)
    community.showcase(dataset, picture=community.picture())
    community.wish(dataset=dataset)
    community.judged(community.showcase(dataset))
    UseRecord.objects.create(
        grant=dataset.grants.first(),
        first_on=date(2026, 3, 2),
        last_on=date(2026, 3, 3),
        scene="a test",
        result="a test",
        stored="here",
        written_by=where.head,
        written_at=exchange.NOW,
    )
    BatchJob.objects.create(
        grant=dataset.grants.first(),
        asked_by=where.head,
        asked_at=exchange.NOW,
        form=BatchForm.CSV,
    )
    Delegation.objects.create(
        holder=where.head,
        to=where.publisher,
        organization=where.department,
        role=Role.HEAD,
        from_on=date(2026, 3, 2),
        until=date(2026, 3, 3),
        reason="leave",
        made_at=exchange.NOW,
    )
    sources.allow_host("db.example", 5432, by=where.system, at=exchange.NOW)
    hooks.live(dataset)
    app = accounts.api_key().key.app
    RequestReference.objects.create(
        app=app, reference="2026-1", digest="0" * 64, made_at=exchange.NOW
    )
    RegionBoundary.objects.create(
        region=accounts.region(),
        rings=[[[[1, 1], [2, 1], [2, 2], [1, 1]]]],
        source="a test",
        entered_at=exchange.NOW,
    )
    FieldSketch.objects.create(field=field, sketched_at=exchange.NOW)
    WorkingDay.objects.create(day=date(2027, 2, 6), working=False, source="a test")
    catalog.subject()
    codes = CodeList.objects.create(name="list", version="1", title_zh="表")
    codes.codes.create(code="1", label_zh="一")
    for state in (State.DRAFT, State.SIGNED, State.IN_REVIEW):
        catalog.dataset(state, owner=where.department)
    catalog.offers(where.department)
    clerk = accounts.user(Role.PUBLISHER, where.department)
    demands.raise_demand(
        organization=where.department,
        title_zh="需求",
        description="内容",
        scene="场景",
        legal_basis="法",
        by=clerk,
        at=exchange.NOW,
    )
    notices.tell(
        "dataset.stale", organization=where.department, target="dataset:1", at=exchange.NOW
    )
    notices.see(clerk, at=exchange.NOW)
    companies.claim(
        accounts.uscc(4711), "测试公司", "", by=accounts.user(Role.DEVELOPER), at=exchange.NOW
    )
    boss = accounts.user(Role.RESPONSIBLE)
    colleagues.invite(
        boss.organizations()[0], "a@example.org", Role.DEVELOPER, by=boss, at=exchange.NOW
    )
    authenticator.enrolled(clerk, at=exchange.NOW)
    clerk.set_password("Harbour-2026-light")
    clerk.save()
    return where


def test_an_organisation_shows_its_people_to_the_security_administrator(at_desk):
    held = accounts.user(Role.PUBLISHER).memberships.get()

    page = at_desk(accounts.user(Role.SECURITY_ADMIN)).page(held.organization)

    assert held.user.name in page.content.decode()
    assert Membership.objects.filter(organization=held.organization).exists()


def test_reference_lists_are_kept_by_the_operator(at_desk):
    desk = at_desk(accounts.user(Role.OPERATOR))

    desk.client.post(
        desk.path(Subject, "add"), {"code": "004", "name_zh": "交通", "name_en": "Traffic"}
    )
    desk.client.post(
        desk.path(CodeList, "add"),
        {
            "name": "GB/T 2260",
            "version": "2024",
            "title_zh": "区划",
            "codes-TOTAL_FORMS": "1",
            "codes-INITIAL_FORMS": "0",
            "codes-0-code": "990100",
            "codes-0-label_zh": "某市",
        },
    )

    assert Subject.objects.get().code == "004"
    assert CodeList.objects.get().codes.get().code == "990100"


def test_a_developer_has_no_place_in_the_back_office(at_desk):
    answer = at_desk(accounts.user(Role.DEVELOPER)).client.get(reverse("admin:index"))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("role", sorted(OFFICE_ROLES))
def test_the_index_opens_for_each_role(role, at_desk):
    assert at_desk(accounts.user(role)).client.get(reverse("admin:index")).status_code == 200


def test_the_page_of_an_entry_names_what_is_missing_and_lists_its_fields(at_desk):
    draft = catalog.dataset(State.DRAFT, ["street"], grade=None)
    page = at_desk(catalog.staff(Role.PUBLISHER, draft.owner)).page(draft).content.decode()

    assert "“street” has no grade" in page
    assert "not graded" in page


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Log in"), ("zh-hans", "登录")], ids=["en", "zh"]
)
def test_the_sign_in_page_speaks_both_languages(db, language, word):
    client = Client(headers={"Accept-Language": language})

    page = client.get(reverse("admin:login")).content.decode()

    assert word in page
    assert reverse("admin:set_language") in page


def test_the_language_switch_of_the_office_sets_the_language(at_desk):
    client = at_desk(accounts.user(Role.OPERATOR)).client

    client.post(reverse("admin:set_language"), {"language": "zh-hans"})

    assert "数据集" in client.get(reverse("admin:index")).content.decode()


def test_signing_in_and_out_and_each_failure_are_written_down(db):
    person = accounts.user(Role.OPERATOR)
    person.set_password("Correct-horse-9")
    person.save()
    client = Client()
    sign_in = reverse("admin:login")

    client.post(sign_in, {"username": person.username, "password": "wrong"})
    client.post(sign_in, {"username": "my-Passw0rd-by-mistake", "password": "x"})
    client.post(sign_in, {"username": person.username, "password": "Correct-horse-9"})
    client.post(reverse("admin:logout"))

    entries = list(Entry.objects.order_by("pk").values_list("verb", "target"))
    known = f"user:{person.pk}"
    assert entries == [
        ("sign_in.fail", known),
        ("sign_in.fail", "user:unknown"),
        ("sign_in", known),
        ("sign_out", known),
    ]


def test_a_changed_password_is_written_down(db):
    person = accounts.user(Role.OPERATOR)
    person.set_password("Correct-horse-9")
    person.save()
    client = Client()
    client.force_login(person)
    told = {"new_password1": "Other-horse-10", "new_password2": "Other-horse-10"}

    client.post(reverse("admin:password_change"), told | {"old_password": "wrong"})
    client.post(reverse("admin:password_change"), told | {"old_password": "Correct-horse-9"})

    assert list(Entry.objects.values_list("verb", flat=True)) == ["user.password"]


def test_an_organisation_of_its_own_is_not_a_condition_to_read_the_list(at_desk):
    person = accounts.user(Role.PUBLISHER)
    accounts.organization()

    listed = at_desk(person).list(Organization).context["cl"].result_list

    assert len(listed) == Organization.objects.count()
