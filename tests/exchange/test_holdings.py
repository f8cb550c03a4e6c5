"""Organisations merged and closed: everything moves, nothing is lost, nothing is half done."""

import threading
from datetime import date

import pytest
from django.apps import apps
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from accounts import notices
from accounts.models import CompanyInvitation, Delegation, Membership, Notice, Organization
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from catalog import duties, indexing
from catalog.models import Dataset, Demand, Duty, SheetImport, SheetMapping
from catalog.models.lexicon import SearchWord
from catalog.succession import free_name
from catalog.terms import LineState, State
from exchange import access, holdings
from exchange.models import Correction, ShareRequest, Source, SourceKind, Wrong
from exchange.sharing import grants
from exchange.sources import allow_host
from exchange.sync import engine
from tests.factories import accounts as make
from tests.factories import catalog
from tests.factories import exchange as ex

db = pytest.mark.django_db
NOW = make.NOW


def source(owner, name):
    return Source.objects.create(
        organization=owner,
        name=name,
        kind=SourceKind.CSV,
        created_by=make.user(Role.PUBLISHER, owner),
        created_at=NOW,
    )


def given_to(dataset, organization):
    return grants.grant(
        dataset.pk,
        to=organization,
        fields=[field.pk for field in catalog.table(dataset).fields.all()],
        purpose="测试",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        by=make.user(Role.REVIEWER, dataset.owner),
        at=NOW,
    )


@db
def test_everything_an_organisation_holds_goes_to_its_successor():
    old, heir, admin = make.organization(), make.organization(), make.user(Role.SECURITY_ADMIN)
    published = catalog.dataset(owner=old)
    draft = catalog.dataset(State.DRAFT, owner=old)
    led = catalog.dataset(source_authority=old)
    files = source(old, "文件")
    grant = given_to(catalog.dataset(), old)
    codes = dict(Dataset.objects.values_list("pk", "code"))

    holdings.transfer(old.pk, to=heir, by=admin, at=NOW)

    assert Organization.objects.get(pk=old.pk).successor == heir
    assert set(Dataset.objects.filter(owner=heir)) == {published, draft}
    led.refresh_from_db(), files.refresh_from_db(), grant.refresh_from_db()
    assert (led.source_authority, files.organization, grant.organization) == (heir, heir, heir)
    assert dict(Dataset.objects.values_list("pk", "code")) == codes
    left = holdings.holdings_of(old.pk)
    assert left == holdings.Holdings(*[0] * len(holdings.WORDS))


@db
def test_a_transfer_is_written_down_for_each_thing_and_told_to_the_successor():
    old, heir = make.organization(name_zh="公园局"), make.organization()
    dataset, files = catalog.dataset(owner=old), source(old, "文件")

    holdings.transfer(old.pk, to=heir, by=None, at=NOW)

    moved = Entry.objects.filter(verb="dataset.transfer").get()
    assert (moved.target, moved.details["to"]) == (dataset.address, f"organization:{heir.pk}")
    assert Entry.objects.filter(verb="source.update", target=f"source:{files.pk}").exists()
    told = Notice.objects.filter(kind="organization.transferred", organization=heir)
    assert {notice.role for notice in told} == {Role.PUBLISHER, Role.HEAD, Role.REVIEWER}
    assert "1 数据集/datasets" in told[0].words["counts"]


@db
def test_decisions_that_somebody_keeps_are_made_anew():
    old, heir = make.organization(), make.organization()
    own, led, granted = (
        catalog.dataset(owner=old),
        catalog.dataset(source_authority=old),
        catalog.dataset(),
    )
    given_to(granted, old)
    other = catalog.dataset()
    versions = dict(Dataset.objects.values_list("pk", "policy_version"))

    holdings.transfer(old.pk, to=heir, by=None, at=NOW)

    now = dict(Dataset.objects.values_list("pk", "policy_version"))
    assert {pk for pk in now if now[pk] > versions[pk]} == {own.pk, led.pk, granted.pk}
    assert now[other.pk] == versions[other.pk]


@db
def test_rows_stay_readable_and_the_next_sync_runs():
    where, heir = ex.house(), make.organization()
    binding = ex.csv_binding(where, "id,name,price\n1,a,1.5\n")
    dataset = ex.publish(where, binding.resource)
    engine.sync(binding.pk)

    holdings.transfer(where.department.pk, to=heir, by=None, at=NOW)
    ended = engine.sync(binding.pk)

    assert access.head(dataset.slug).rows == 1
    assert ended.state == "done"


@db
def test_what_is_pending_goes_on_under_the_successor():
    old, heir = make.organization(), make.organization()
    waiting = catalog.dataset(State.SIGNED, owner=old)
    line = catalog.negative_line(catalog.dataset(owner=old), state=LineState.PROPOSED)
    publisher = make.user(Role.PUBLISHER, old)

    holdings.transfer(old.pk, to=heir, by=None, at=NOW)

    line.refresh_from_db()
    assert line.dataset.owner == heir
    assert (Role.PUBLISHER, heir.pk) in publisher.live_roles()
    catalog.publishing.submit(waiting.pk, by=publisher, at=NOW)


@db
def test_a_source_whose_name_is_taken_there_is_renamed_and_that_is_written_down():
    old, heir = make.organization(name_zh="公园局"), make.organization()
    clash, free = source(old, "人口库"), source(old, "公园库")
    source(heir, "人口库")

    holdings.transfer(old.pk, to=heir, by=None, at=NOW)

    clash.refresh_from_db(), free.refresh_from_db()
    assert (clash.name, free.name) == ("人口库（公园局）", "公园库")
    entry = Entry.objects.get(verb="source.update", target=f"source:{clash.pk}")
    assert entry.details["renamed"] == "人口库（公园局）"


def referring(organization):
    """Return how many rows of each table name the organisation, by table and column."""
    return {
        f"{model._meta.label}.{field.name}": model._base_manager.filter(
            **{field.name: organization}
        ).count()
        for model in apps.get_models()
        for field in model._meta.fields
        if field.related_model is Organization
        and model is not Organization
        # what people said is of a room above: tests/community/test_succession.py
        and model._meta.app_label != "community"
        and model is not SearchWord  # a department's name is its own
    }


@db
def test_no_table_that_names_an_organisation_is_forgotten():
    old, heir = make.organization(name_zh="公园局"), make.organization()
    clerk = make.user(Role.PUBLISHER, old)
    given_to(catalog.dataset(owner=old, source_authority=old), old)
    source(old, "文件")
    make.app(old, clerk)
    notices.tell("dataset.stale", organization=old, target="dataset:1", at=NOW)
    for place in (old, heir):
        duties.create(
            "1",
            organization=place,
            title_zh="绿化",
            legal_basis="测试",
            at=NOW,
            by=make.user(Role.HEAD, place),
        )
        SheetMapping.objects.create(
            organization=place, signature="a", columns={}, kept_at=NOW, kept_by=clerk
        )
        allow_host("db.example", 5432, organization=place, by=make.user(Role.SYSTEM_ADMIN), at=NOW)
    allow_host("old.example", 5432, organization=old, by=make.user(Role.SYSTEM_ADMIN), at=NOW)
    SheetImport.objects.create(owner=old, name="目录.xlsx", sha256="0", sent_at=NOW, sent_by=clerk)
    ShareRequest.objects.create(
        dataset=catalog.dataset(),
        organization=old,
        wanted_from=NOW.date(),
        wanted_until=NOW.date(),
        drafted_by=clerk,
        drafted_at=NOW,
    )
    for asker, provider in ((old, None), (heir, old)):
        Demand.objects.create(
            organization=asker,
            provider=provider,
            raised_by=clerk,
            raised_at=NOW,
            moved_at=NOW,
        )
    Correction.objects.create(
        wrong=Wrong.ENTRY,
        dataset=catalog.dataset(),
        organization=old,
        text="测试",
        reported_by=clerk,
        reported_at=NOW,
    )
    Delegation.objects.create(
        holder=make.user(Role.HEAD, old),
        to=clerk,
        organization=old,
        role=Role.HEAD,
        from_on=date(2026, 3, 1),
        until=date(2026, 3, 9),
        reason="休假",
        made_at=NOW,
    )
    CompanyInvitation.objects.create(
        company=old,
        email="a@example.org",
        role=Role.DEVELOPER,
        digest="0" * 64,
        by=clerk,
        at=NOW,
        expires_at=NOW,
    )
    before = referring(old)

    holdings.transfer(old.pk, to=heir, by=None, at=NOW)

    assert [place for place, count in before.items() if not count] == []
    assert [place for place, count in referring(old).items() if count] == []
    assert set(Duty.objects.values_list("code", flat=True)) == {"1", "1（公园局）"}
    assert SheetMapping.objects.count() == 1


@given(
    st.text("ab人", min_size=1, max_size=100),
    st.text("公园", max_size=200),
    st.sets(st.text("ab人（）公园 2", max_size=100)),
)
def test_a_free_name_is_free_short_enough_and_the_old_one_where_that_is_free(name, owner, taken):
    found = free_name(name, owner[:40], taken, longest=100)

    assert found not in taken
    assert 0 < len(found) <= 100
    assert found == name or name in taken


@db
def test_a_notice_that_both_were_told_is_kept_once():
    old, heir = make.organization(), make.organization()
    for place in (old, heir):
        notices.tell("role.handed_over", organization=place, target="user:1", at=NOW, person="A")
    notices.tell("dataset.stale", organization=old, target="dataset:1", at=NOW, dataset="B")

    holdings.transfer(old.pk, to=heir, by=None, at=NOW)

    assert not Notice.objects.filter(organization=old).exists()
    open_there = Notice.objects.open().filter(organization=heir)
    assert open_there.filter(kind="role.handed_over").count() == 1
    assert open_there.filter(kind="dataset.stale").count() == 1


@db
def test_a_company_does_not_inherit_the_citys_data():
    old, company = make.organization(), make.organization(OrganizationKind.COMPANY)
    dataset = catalog.dataset(owner=old)
    Membership.objects.filter(organization=old).delete()

    with pytest.raises(StepRefused) as refused:
        holdings.transfer(old.pk, to=company, by=None, at=NOW)

    dataset.refresh_from_db()
    assert refused.value.code == "company-holds-no-data"
    assert dataset.owner == old
    assert Organization.objects.get(pk=old.pk).is_open


@db
def test_only_the_security_administrator_hands_an_organisation_over():
    old, heir = make.organization(), make.organization()
    dataset = catalog.dataset(owner=old)

    with pytest.raises(NotAllowed):
        holdings.transfer(old.pk, to=heir, by=make.user(Role.SYSTEM_ADMIN), at=NOW)
    with pytest.raises(NotAllowed):
        holdings.close(old.pk, by=make.user(Role.OPERATOR), at=NOW)

    dataset.refresh_from_db()
    assert dataset.owner == old


@db
@pytest.mark.parametrize("state", [State.SIGNED, State.IN_REVIEW, State.PUBLISHED])
def test_an_organisation_on_which_others_rely_is_not_closed(state):
    place = make.organization()
    catalog.dataset(state, owner=place)

    with pytest.raises(StepRefused) as refused:
        holdings.close(place.pk, by=None, at=NOW)

    assert refused.value.code == "holdings-left"
    assert "successor" in str(refused.value) or "承接" in str(refused.value)
    assert Organization.objects.get(pk=place.pk).is_open


@db
def test_an_organisation_whose_sources_feed_nothing_more_is_closed():
    place = make.organization()
    catalog.dataset(State.WITHDRAWN, owner=place)
    catalog.dataset(State.DRAFT, owner=place)
    source(place, "文件")

    holdings.close(place.pk, by=None, at=NOW)

    assert not Organization.objects.get(pk=place.pk).is_open
    with pytest.raises(StepRefused) as again:
        holdings.close(place.pk, by=None, at=NOW)
    assert again.value.code == "organization-closed"


@pytest.mark.usefixtures("live_database")
def test_of_two_transfers_at_once_one_wins_whole():
    old, first, second = (make.organization() for _place in range(3))
    dataset = catalog.dataset(owner=old)
    source(old, "文件")
    ready, outcomes = threading.Barrier(2), []

    def hand_over(heir):
        ready.wait()
        try:
            holdings.transfer(old.pk, to=heir, by=None, at=NOW)
            outcomes.append(heir)
        except StepRefused as refused:
            outcomes.append(refused.code)
        connections.close_all()

    threads = [threading.Thread(target=hand_over, args=[heir]) for heir in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    dataset.refresh_from_db()
    assert "organization-closed" in outcomes
    assert dataset.owner in outcomes
    assert Source.objects.get().organization == dataset.owner
    assert Entry.objects.filter(verb="dataset.transfer").count() == 1
    assert indexing.rebuild(at=NOW) == 0
