"""What a department lacks is raised, given to whose duty it is, catalogued, and satisfied."""

from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from accounts.models import Notice
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from catalog import demands
from catalog.demands import MOVES, DemandStep
from catalog.models import Demand
from catalog.refusals import EntryRefused, StepRefused
from catalog.terms import DemandState, State
from tests.factories import accounts, catalog
from tests.factories.catalog import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


@pytest.fixture
def asker():
    return accounts.organization()


@pytest.fixture
def operator():
    return accounts.user(Role.OPERATOR)


def clerk_of(place):
    return accounts.user(Role.PUBLISHER, place)


def raised(asker, **over):
    told = {
        "title_zh": "电梯检验结果",
        "description": "各电梯最近一次检验的结论和日期",
        "scene": "住宅小区安全检查",
        "legal_basis": "《特种设备安全法》第五十七条",
    }
    by = over.pop("by", None) or clerk_of(asker)
    return demands.raise_demand(organization=asker, by=by, at=NOW, **told | over)


def given(asker, provider, operator):
    return demands.accept(raised(asker).pk, provider=provider, by=operator, at=NOW)


def catalogued(asker, operator):
    entry = catalog.dataset()
    demand = given(asker, entry.owner, operator)
    return demands.catalogue(demand.pk, dataset=entry, by=clerk_of(entry.owner), at=NOW)


def waiting(demand):
    return set(
        Notice.objects.filter(target=demand.address, settled_at=None).values_list(
            "kind", flat=True
        )
    )


def test_a_demand_goes_from_the_asker_by_the_duty_to_a_dataset_that_serves(asker, operator):
    entry = catalog.dataset()
    demand = raised(asker)
    assert waiting(demand) == {"demand.raised"}

    demands.accept(demand.pk, provider=entry.owner, by=operator, at=NOW)
    assert waiting(demand) == {"demand.given"}

    demands.catalogue(demand.pk, dataset=entry, by=clerk_of(entry.owner), at=NOW)
    assert waiting(demand) == {"demand.catalogued"}

    done = demands.satisfy(demand.pk, by=clerk_of(asker), at=NOW)
    assert (done.state, done.dataset, done.provider) == (DemandState.SATISFIED, entry, entry.owner)
    assert waiting(demand) == set()
    verbs = (
        Entry.objects.filter(target=demand.address).order_by("pk").values_list("verb", flat=True)
    )
    assert list(verbs) == ["demand.raise", "demand.accept", "demand.catalogue", "demand.satisfy"]


def test_the_authority_names_another_department_where_the_first_was_wrong(asker, operator):
    first, second = accounts.organization(), accounts.organization()
    demand = given(asker, first, operator)

    demand = demands.accept(demand.pk, provider=second, by=operator, at=NOW)

    assert (demand.state, demand.provider) == (DemandState.ACCEPTED, second)


def test_what_does_not_serve_is_open_again_with_what_it_lacks(asker, operator):
    demand = catalogued(asker, operator)

    demand = demands.reopen(demand.pk, reason="缺少检验日期", by=clerk_of(asker), at=NOW)

    assert (demand.state, demand.dataset, demand.answer) == (
        DemandState.OPEN,
        None,
        "缺少检验日期",
    )
    assert waiting(demand) == {"demand.raised"}


def test_the_authority_answers_by_what_the_catalogue_has_already(asker, operator):
    entry = catalog.dataset()

    demand = demands.catalogue(raised(asker).pk, dataset=entry, by=operator, at=NOW)

    assert (demand.state, demand.provider) == (DemandState.CATALOGUED, entry.owner)


def test_a_demand_is_declined_with_its_reason_only(asker, operator):
    demand = raised(asker)
    with pytest.raises(EntryRefused, match="Say why"):
        demands.decline(demand.pk, reason="  ", by=operator, at=NOW)

    demand = demands.decline(demand.pk, reason="无法定职责", by=operator, at=NOW)

    assert (demand.state, demand.answer) == (DemandState.DECLINED, "无法定职责")


def steps(demand, operator):
    """Return each step as somebody who may take it would."""
    entry = catalog.dataset(owner=demand.provider) if demand.provider else catalog.dataset()
    own = clerk_of(demand.organization)
    return {
        DemandStep.ACCEPT: lambda: demands.accept(
            demand.pk, provider=accounts.organization(), by=operator, at=NOW
        ),
        DemandStep.DECLINE: lambda: demands.decline(demand.pk, reason="否", by=operator, at=NOW),
        DemandStep.CATALOGUE: lambda: demands.catalogue(
            demand.pk, dataset=entry, by=operator, at=NOW
        ),
        DemandStep.SATISFY: lambda: demands.satisfy(demand.pk, by=own, at=NOW),
        DemandStep.REOPEN: lambda: demands.reopen(demand.pk, reason="否", by=own, at=NOW),
    }


def brought(state, asker, operator):
    """Bring a demand to a state."""
    if state in (DemandState.CATALOGUED, DemandState.SATISFIED):
        demand = catalogued(asker, operator)
    elif state == DemandState.ACCEPTED:
        demand = given(asker, accounts.organization(), operator)
    else:
        demand = raised(asker)
    if state == DemandState.DECLINED:
        demand = demands.decline(demand.pk, reason="否", by=operator, at=NOW)
    if state == DemandState.SATISFIED:
        demand = demands.satisfy(demand.pk, by=clerk_of(asker), at=NOW)
    return demand


@pytest.mark.parametrize("state", DemandState)
def test_only_the_moves_of_the_table_can_be_made_and_others_are_409(state, asker, operator):
    demand = brought(state, asker, operator)

    for step, take in steps(demand, operator).items():
        if (state, step) not in MOVES:
            with pytest.raises(StepRefused, match="It can be") as refused:
                take()
            assert refused.value.status == 409


def test_who_has_no_right_changes_nothing(asker, operator):
    demand = given(asker, accounts.organization(), operator)
    stranger = clerk_of(accounts.organization())
    entry = catalog.dataset(owner=demand.provider)

    for take in (
        lambda: raised(asker, by=stranger),
        lambda: demands.accept(demand.pk, provider=asker, by=stranger, at=NOW),
        lambda: demands.decline(demand.pk, reason="否", by=clerk_of(asker), at=NOW),
        lambda: demands.catalogue(demand.pk, dataset=entry, by=stranger, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            take()
    assert Demand.objects.get().state == DemandState.ACCEPTED


def test_an_open_demand_is_matched_by_the_authority_alone(asker):
    entry = catalog.dataset()

    with pytest.raises(NotAllowed):
        demands.catalogue(raised(asker).pk, dataset=entry, by=clerk_of(entry.owner), at=NOW)


def test_only_a_published_dataset_of_the_department_with_the_duty_answers(asker, operator):
    draft = catalog.dataset(State.DRAFT)
    demand = given(asker, draft.owner, operator)

    with pytest.raises(EntryRefused, match="not published yet"):
        demands.catalogue(demand.pk, dataset=draft, by=operator, at=NOW)
    with pytest.raises(EntryRefused, match="of another department"):
        demands.catalogue(demand.pk, dataset=catalog.dataset(), by=operator, at=NOW)


@pytest.mark.parametrize("who", ["company", "itself"])
def test_the_duty_is_another_departments(who, asker, operator):
    place = asker if who == "itself" else accounts.organization(OrganizationKind.COMPANY)

    with pytest.raises(EntryRefused, match="cannot be given the demand"):
        demands.accept(raised(asker).pk, provider=place, by=operator, at=NOW)


def test_entries_that_may_have_it_already_are_found():
    entry = catalog.dataset(title_zh="电梯检验结果")
    catalog.dataset(title_zh="公园座椅")

    assert demands.alike("电梯检验") == [entry]
    assert demands.alike(" ") == []


@pytest.mark.parametrize(
    "broken",
    [
        {"state": DemandState.DECLINED},
        {"state": DemandState.ACCEPTED},
        {"state": DemandState.SATISFIED},
    ],
)
def test_the_database_refuses_a_state_without_what_it_needs(broken, asker):
    demand = raised(asker)

    with pytest.raises(IntegrityError), transaction.atomic():
        Demand.objects.filter(pk=demand.pk).update(**broken)


def test_a_demand_is_kept_back_with_a_reason_by_its_department_or_the_authority(asker, operator):
    demand = raised(asker)
    for by in (clerk_of(asker), operator):
        demands.keep_back(demand.pk, reason=" 侦查工作 ", by=by, at=NOW)
        demand.refresh_from_db()
        assert demand.kept_back_because == "侦查工作"
        assert demand.moved_at == NOW
        demand = demands.show(demand.pk, by=clerk_of(asker), at=NOW)
        assert demand.told_to_all

    verbs = list(Entry.objects.filter(target=demand.address).values_list("verb", "details"))
    assert verbs[1:3] == [
        ("demand.keep_back", {"reason": "侦查工作"}),
        ("demand.show", {}),
    ]


def test_nobody_else_keeps_a_demand_back_or_shows_it(asker, operator):
    demand = raised(asker, kept_back_because="侦查工作")
    stranger = clerk_of(accounts.organization())

    for by in (operator, stranger):
        with pytest.raises(NotAllowed):
            demands.show(demand.pk, by=by, at=NOW)
    demands.show(demand.pk, by=clerk_of(asker), at=NOW)
    with pytest.raises(NotAllowed):
        demands.keep_back(demand.pk, reason="侦查工作", by=stranger, at=NOW)
    assert Demand.objects.get().told_to_all


def test_what_is_done_already_and_a_missing_reason_are_told(asker, operator):
    demand = raised(asker)

    with pytest.raises(StepRefused, match="Everybody reads"):
        demands.show(demand.pk, by=clerk_of(asker), at=NOW)
    with pytest.raises(EntryRefused, match="Say why"):
        demands.keep_back(demand.pk, reason=" ", by=operator, at=NOW)
    demands.keep_back(demand.pk, reason="侦查工作", by=operator, at=NOW)
    with pytest.raises(StepRefused, match="kept from the public already"):
        demands.keep_back(demand.pk, reason="否", by=operator, at=NOW)


def test_demands_from_before_the_list_was_public_are_kept_back(asker):
    demand = raised(asker)
    migration = import_module("catalog.migrations.0037_public_demands")

    with connection.cursor() as cursor:
        cursor.execute(migration.KEEP_BACK)

    demand.refresh_from_db()
    assert not demand.told_to_all


@pytest.mark.parametrize("told", ["13800138000", "电话0755-12345678。", "请联系lan@example.org"])
@pytest.mark.parametrize("place", ["title_zh", "description", "scene", "legal_basis"])
def test_no_number_or_address_of_a_person_is_told_to_everybody(asker, place, told):
    with pytest.raises(EntryRefused, match="reads as a telephone number"):
        raised(asker, **{place: told})
    demand = raised(asker, kept_back_because="侦查工作", **{place: told})
    with pytest.raises(EntryRefused, match="reads as a telephone number"):
        demands.show(demand.pk, by=clerk_of(asker), at=NOW)
    assert not Demand.objects.told_to_all().exists()
