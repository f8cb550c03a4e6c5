import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from accounts import people
from accounts.models import Membership, User
from accounts.people import Newcomer
from accounts.refusals import StepRefused
from accounts.roles import ADMIN_ROLES, NotAllowed, OrganizationKind, Role
from audit.models import Entry
from tests.factories import accounts as make

STRONG = "Harbour-2026-light"
db = pytest.mark.django_db


def _grant(user, role, organization, by=None):
    return people.grant_role(user.pk, role, organization, by=by, at=make.NOW)


@db
def test_a_person_is_entered_with_a_strong_password():
    user = people.create(
        Newcomer("mei", "Mei Test", password=STRONG),
        by=make.user(Role.SECURITY_ADMIN),
        at=make.NOW,
    )

    assert user.check_password(STRONG)
    assert [entry.verb for entry in Entry.objects.all()] == ["user.create"]


@db
@pytest.mark.parametrize(
    "password", ["short-A1", "allsmallletters", "1234567890123", "Harbour-mei-1"]
)
def test_a_weak_password_is_refused_and_nobody_entered(password):
    with pytest.raises(ValidationError):
        people.create(Newcomer("mei", "Mei Test", password=password), by=None, at=make.NOW)

    assert not User.objects.exists()
    assert not Entry.objects.exists()


@db
def test_a_user_name_is_given_once():
    people.create(Newcomer("mei", "Mei Test"), by=None, at=make.NOW)

    with pytest.raises(ValidationError) as refused:
        people.create(Newcomer("mei", "Another Mei"), by=None, at=make.NOW)

    assert set(refused.value.message_dict) == {"username"}


@db
def test_an_invited_person_chooses_the_password_once():
    invitation = people.invite(Newcomer("mei", "Mei Test", password=STRONG), by=None, at=make.NOW)
    assert not invitation.user.has_usable_password()

    accepted = people.accept(
        invitation.user.pk, token=invitation.token, password=STRONG, at=make.NOW
    )

    assert accepted.check_password(STRONG)
    with pytest.raises(StepRefused) as refused:
        people.accept(invitation.user.pk, token=invitation.token, password=STRONG, at=make.NOW)
    assert refused.value.code == "invitation-spent"


@db
def test_only_the_security_administrator_enters_people_and_gives_roles():
    operator = make.user(Role.OPERATOR)
    place = make.organization()

    with pytest.raises(NotAllowed):
        people.create(Newcomer("mei", "Mei Test"), by=operator, at=make.NOW)
    with pytest.raises(NotAllowed):
        people.invite(Newcomer("mei", "Mei Test"), by=operator, at=make.NOW)
    with pytest.raises(NotAllowed):
        _grant(make.user(role=None), Role.PUBLISHER, place, by=operator)
    publisher = make.user(Role.PUBLISHER, place)
    with pytest.raises(NotAllowed):
        people.revoke_role(publisher.pk, Role.PUBLISHER, place, by=operator, at=make.NOW)
    with pytest.raises(NotAllowed):
        people.deactivate(publisher.pk, by=operator, at=make.NOW)
    assert not Entry.objects.exists()


@db
def test_nobody_gives_a_role_to_themselves():
    admin = make.user(Role.SECURITY_ADMIN)

    with pytest.raises(StepRefused) as refused:
        _grant(admin, Role.PUBLISHER, make.organization(), by=admin)

    assert refused.value.code == "own-gift"


@db
def test_a_role_given_and_taken_leaves_two_entries():
    person, place = make.user(role=None), make.organization()
    admin = make.user(Role.SECURITY_ADMIN)

    _grant(person, Role.PUBLISHER, place, by=admin)
    assert person.live_roles() == [(Role.PUBLISHER, place.pk)]
    people.revoke_role(person.pk, Role.PUBLISHER, place, by=admin, at=make.NOW)

    assert person.live_roles() == []
    assert [entry.verb for entry in Entry.objects.order_by("id")] == ["role.grant", "role.revoke"]
    with pytest.raises(StepRefused) as refused:
        people.revoke_role(person.pk, Role.PUBLISHER, place, by=admin, at=make.NOW)
    assert refused.value.code == "role-not-held"


@db
@pytest.mark.parametrize(
    ("held", "given"),
    [
        (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
        (Role.AUDIT_ADMIN, Role.SYSTEM_ADMIN),
        (Role.SECURITY_ADMIN, Role.OPERATOR),
        (Role.OPERATOR, Role.AUDIT_ADMIN),
    ],
)
def test_powers_never_meet_in_one_hand(held, given):
    place = make.organization(OrganizationKind.AUTHORITY)
    person = make.user(held, place)

    with pytest.raises(StepRefused) as refused:
        _grant(person, given, place)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=person, organization=place, role=given)

    assert refused.value.code == "powers-not-separate"
    assert person.live_roles() == [(held, place.pk)]


@db
def test_not_even_an_update_brings_powers_together():
    place = make.organization(OrganizationKind.AUTHORITY)
    person = make.user(Role.OPERATOR, place)
    Membership.objects.create(user=person, organization=place, role=Role.REVIEWER)

    with pytest.raises(IntegrityError, match="no other role"), transaction.atomic():
        Membership.objects.filter(role=Role.REVIEWER).update(role=Role.AUDIT_ADMIN)


@pytest.mark.usefixtures("live_database")
def test_two_hands_at_once_cannot_bring_powers_together():
    place = make.organization(OrganizationKind.AUTHORITY)
    person = make.user(role=None)
    ready = threading.Barrier(2)
    outcomes = []

    def give(role):
        with transaction.atomic():
            ready.wait()
            try:
                Membership.objects.create(user=person, organization=place, role=role)
                outcomes.append("given")
            except IntegrityError:
                outcomes.append("refused")
                transaction.set_rollback(True)
        connections.close_all()

    threads = [
        threading.Thread(target=give, args=[role]) for role in (Role.OPERATOR, Role.AUDIT_ADMIN)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["given", "refused"]
    assert person.memberships.count() == 1


@db
@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (Role.PUBLISHER, OrganizationKind.COMPANY),
        (Role.OPERATOR, OrganizationKind.DEPARTMENT),
        (Role.SYSTEM_ADMIN, OrganizationKind.DISTRICT),
    ],
)
def test_a_role_is_held_only_where_it_belongs(role, kind):
    with pytest.raises(StepRefused) as refused:
        _grant(make.user(role=None), role, make.organization(kind))

    assert refused.value.code == "role-of-other-kind"


@db
def test_a_role_is_held_once_and_not_in_a_closed_organisation():
    place = make.organization()
    publisher = make.user(Role.PUBLISHER, place)
    closed = make.organization(closed_at=make.NOW)

    with pytest.raises(StepRefused) as twice:
        _grant(publisher, Role.PUBLISHER, place)
    with pytest.raises(StepRefused) as late:
        _grant(publisher, Role.PUBLISHER, closed)

    assert (twice.value.code, late.value.code) == ("role-held", "organization-closed")


@db
def test_the_last_administrator_of_a_kind_keeps_the_role():
    admin = make.user(Role.SYSTEM_ADMIN)
    [home] = admin.organizations()

    with pytest.raises(StepRefused) as refused:
        people.revoke_role(admin.pk, Role.SYSTEM_ADMIN, home, by=None, at=make.NOW)

    assert refused.value.code == "last-administrator"


@db
def test_who_leaves_hands_over_what_nobody_else_holds():
    place = make.organization()
    leaver = make.user(Role.PUBLISHER, place)
    Membership.objects.create(user=leaver, organization=place, role=Role.REVIEWER)
    make.user(Role.REVIEWER, place)
    heir = make.user(role=None)

    people.deactivate(leaver.pk, hand_over_to=heir, by=None, at=make.NOW)

    leaver.refresh_from_db()
    assert (leaver.is_active, leaver.deactivated_at) == (False, make.NOW)
    assert not leaver.memberships.exists()
    assert heir.live_roles() == [(Role.PUBLISHER, place.pk)]
    assert Entry.objects.get().details["to"] == f"user:{heir.pk}"


@db
def test_nobody_leaves_a_role_without_a_holder():
    leaver = make.user(Role.PUBLISHER)

    with pytest.raises(StepRefused, match=r"publisher|发布") as refused:
        people.deactivate(leaver.pk, by=None, at=make.NOW)

    leaver.refresh_from_db()
    assert refused.value.code == "roles-without-holder"
    assert leaver.is_active
    assert leaver.memberships.exists()


@db
def test_a_hand_over_keeps_powers_apart():
    leaver = make.user(Role.SYSTEM_ADMIN)

    with pytest.raises(StepRefused) as refused:
        people.deactivate(
            leaver.pk, hand_over_to=make.user(Role.AUDIT_ADMIN), by=None, at=make.NOW
        )

    assert refused.value.code == "powers-not-separate"
    assert leaver.live_roles()


@db
def test_a_person_leaves_once_and_not_to_themselves():
    leaver = make.user(role=None)

    with pytest.raises(StepRefused) as own:
        people.deactivate(leaver.pk, hand_over_to=leaver, by=None, at=make.NOW)
    people.deactivate(leaver.pk, by=None, at=make.NOW)
    with pytest.raises(StepRefused) as twice:
        people.deactivate(leaver.pk, by=None, at=make.NOW)
    with pytest.raises(User.DoesNotExist):
        people.deactivate(0, by=None, at=make.NOW)

    assert (own.value.code, twice.value.code) == ("own-heir", "person-left")


@db
def test_administration_is_founded_once_by_three_people():
    place = make.organization(OrganizationKind.AUTHORITY)
    three = {role: Newcomer(role.value, role.value, password=STRONG) for role in ADMIN_ROLES}

    founded = people.found_administration(place, three, at=make.NOW)

    assert len({user.pk for user in founded.values()}) == 3
    with pytest.raises(StepRefused) as again:
        people.found_administration(place, three, at=make.NOW)
    assert again.value.code == "administration-founded"
    assert User.objects.count() == 3


@db
def test_administration_needs_all_three():
    place = make.organization(OrganizationKind.AUTHORITY)

    with pytest.raises(StepRefused) as refused:
        people.found_administration(place, {Role.SYSTEM_ADMIN: Newcomer("a", "A")}, at=make.NOW)

    assert refused.value.code == "three-administrators"
    assert not User.objects.exists()


@db
def test_the_audit_trail_names_person_and_organisations_of_the_day():
    place = make.organization(name_zh="交通局")
    person = make.user(Role.PUBLISHER, place, username="mei", name="Mei Test")

    assert person.audit_name == "Mei Test (mei)"
    assert person.audit_organization == "交通局"
    assert person.has_role(Role.PUBLISHER, place)
    assert not person.has_role(Role.HEAD)
