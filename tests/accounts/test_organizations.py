import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import override

from accounts import keys, organizations
from accounts.models import CodeSystem, Membership, Organization, OrganizationKept, Region
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


def _create(by, **over):
    values = {
        "kind": OrganizationKind.DEPARTMENT,
        "name_zh": "测试局",
        "name_en": "Test bureau",
        "uscc": make.uscc(4711, "11"),
    }
    return organizations.create("test-bureau", by=by, at=make.NOW, **values | over)


def test_the_security_administrator_enters_an_organisation():
    admin = make.user(Role.SECURITY_ADMIN)

    created = _create(admin)

    entry = Entry.objects.get()
    assert created.is_open
    assert (entry.verb, entry.target) == ("organization.create", f"organization:{created.pk}")
    assert entry.actor == admin.audit_name


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.SYSTEM_ADMIN, Role.OPERATOR])
def test_nobody_else_enters_an_organisation(role):
    with pytest.raises(NotAllowed, match=r"安全管理员|security administrator"):
        _create(make.user(role))

    assert not Organization.objects.filter(slug="test-bureau").exists()
    assert not Entry.objects.exists()


def test_nobody_else_closes_or_transfers_one_or_adds_a_region():
    operator, place, other = make.user(Role.OPERATOR), make.organization(), make.organization()

    with pytest.raises(NotAllowed):
        organizations.close(place.pk, by=operator, at=make.NOW)
    with pytest.raises(NotAllowed):
        organizations.transfer(place.pk, to=other, by=operator, at=make.NOW)
    with pytest.raises(NotAllowed):
        organizations.create_region("990100", name_zh="海湾市", by=operator, at=make.NOW)

    assert not Entry.objects.exists()


def test_names_are_shown_in_the_reader_s_language():
    place = make.organization(name_zh="交通局", name_en="Transport bureau")
    plain = make.organization(name_zh="水务局", name_en="")

    with override("en"):
        assert [str(place), str(plain)] == ["Transport bureau", "水务局"]
    with override("zh-hans"):
        assert str(place) == "交通局"


def test_a_wrong_credit_code_is_refused_and_leaves_no_trace():
    with pytest.raises(ValidationError) as refused:
        _create(None, uscc="91110000600037341M")

    assert set(refused.value.message_dict) == {"uscc"}
    assert not Organization.objects.exists()
    assert not Entry.objects.exists()


def test_a_credit_code_is_entered_once():
    first = make.organization()

    with pytest.raises(ValidationError) as refused:
        _create(None, uscc=first.uscc)

    assert set(refused.value.message_dict) == {"uscc"}


def test_an_organisation_cannot_be_deleted_by_model_queryset_or_sql():
    kept = make.organization()

    with pytest.raises(OrganizationKept):
        kept.delete()
    with pytest.raises(OrganizationKept):
        Organization.objects.filter(pk=kept.pk).delete()
    for statement in (
        "DELETE FROM accounts_organization",
        "TRUNCATE accounts_organization CASCADE",
    ):
        with (
            pytest.raises(IntegrityError, match="never deleted"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement)

    assert Organization.objects.filter(pk=kept.pk).exists()


def test_keys_of_a_closed_organisation_do_not_work():
    issued = make.api_key()

    organizations.close(issued.key.app.organization_id, by=None, at=make.NOW)

    with pytest.raises(keys.KeyRefused) as refused:
        keys.check(issued.raw, at=make.NOW)
    assert refused.value.code == "organization-closed"


def test_roles_in_a_closed_organisation_end():
    place = make.organization()
    publisher = make.user(Role.PUBLISHER, place)

    organizations.close(place.pk, by=None, at=make.NOW)

    assert publisher.live_roles() == []
    assert not publisher.has_perm("catalog.create_dataset")


def test_an_organisation_is_closed_once():
    place = make.organization()
    organizations.close(place.pk, by=None, at=make.NOW)

    with pytest.raises(StepRefused, match="2026-03-02"):
        organizations.close(place.pk, by=None, at=make.NOW)

    assert Entry.objects.count() == 1


def test_the_home_of_the_administrators_cannot_be_closed():
    admin = make.user(Role.SECURITY_ADMIN)
    [home] = admin.organizations()

    with pytest.raises(StepRefused) as refused:
        organizations.close(home.pk, by=admin, at=make.NOW)

    assert refused.value.code == "administrators-there"
    assert Organization.objects.open().count() == 1


def test_a_transfer_moves_apps_and_roles_and_keys_go_on_working():
    issued = make.api_key()
    old = issued.key.app.organization
    heir = make.organization(OrganizationKind.COMPANY)
    Membership.objects.create(
        user=issued.key.app.created_by, organization=heir, role=Role.DEVELOPER
    )
    other = make.user(Role.DEVELOPER, old)

    moved = organizations.transfer(old.pk, to=heir, by=None, at=make.NOW)

    assert moved.heir() == heir
    assert not moved.is_open
    assert keys.check(issued.raw, at=make.NOW).app.organization == heir
    assert other.live_roles() == [(Role.DEVELOPER, heir.pk)]
    assert not old.memberships.exists()
    assert Entry.objects.filter(verb="organization.transfer").count() == 1


def test_a_transfer_follows_the_last_of_several_successors():
    first, second, third = (make.organization() for _place in range(3))
    organizations.transfer(first.pk, to=second, by=None, at=make.NOW)
    organizations.transfer(second.pk, to=third, by=None, at=make.NOW)

    assert Organization.objects.get(pk=first.pk).heir() == third


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("itself", "own-successor"),
        ("closed heir", "organization-closed"),
        ("same app name", "app-names-meet"),
        ("company for a department", "role-of-other-kind"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_and_changes_nothing(case, code):
    old = make.organization()
    make.user(Role.PUBLISHER, old)
    heir = make.organization()
    if case == "itself":
        heir = old
    if case == "closed heir":
        Organization.objects.filter(pk=heir.pk).update(closed_at=make.NOW)
    if case == "same app name":
        make.app(old, name="Buses")
        make.app(heir, name="Buses")
    if case == "company for a department":
        heir = make.organization(OrganizationKind.COMPANY)

    with pytest.raises(StepRefused) as refused:
        organizations.transfer(old.pk, to=heir, by=None, at=make.NOW)

    assert refused.value.code == code
    assert Organization.objects.get(pk=old.pk).is_open
    assert not Entry.objects.filter(verb="organization.transfer").exists()


def test_only_a_closed_organisation_has_a_successor():
    place, other = make.organization(), make.organization()

    with pytest.raises(IntegrityError, match="successor_when_closed"), transaction.atomic():
        Organization.objects.filter(pk=place.pk).update(successor=other)


def test_regions_form_a_tree():
    city = organizations.create_region("990100", name_zh="海湾市", by=None, at=make.NOW)
    district = organizations.create_region(
        "990101", name_zh="港区", parent=city, by=None, at=make.NOW
    )
    bay = organizations.create_region(
        "bay-zone",
        name_zh="湾区",
        parent=district,
        code_system=CodeSystem.LOCAL,
        by=None,
        at=make.NOW,
    )

    assert bay.lineage() == [bay, district, city]
    assert Entry.objects.filter(verb="region.create").count() == 3


@pytest.mark.parametrize("code", ["99010", "bay-zone", "9901011"])
def test_a_national_region_code_has_its_shape(code):
    with pytest.raises(ValidationError, match="GB/T 2260"):
        organizations.create_region(code, name_zh="湾区", by=None, at=make.NOW)

    assert not Region.objects.exists()


def test_a_region_does_not_lie_within_itself():
    place = make.region()

    with pytest.raises(IntegrityError, match="not_its_own_parent"), transaction.atomic():
        Region.objects.filter(pk=place.pk).update(parent=place)
