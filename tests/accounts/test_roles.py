import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from accounts import roles
from accounts.backends import RoleBackend
from accounts.models import MemberSession, Membership, User
from accounts.roles import ADMIN_ROLES, CITY_WIDE, PERMISSIONS, NotAllowed, Role, require
from community.models import Follow, Follower
from tests.factories import accounts as make

ROOT = Path(__file__).resolve().parents[2]
SHOWN_TO_NOBODY = (MemberSession, Follow, Follower)
CLASSIC = re.compile(r"(\w+)\.(view|add|change|delete)_(\w+)")
ASKED = re.compile(r"\brequire\(\s*[\w.]+,\s*\"([\w.]+)\"")


def test_every_role_stands_in_the_table():
    assert set(PERMISSIONS) == set(Role)
    assert set(roles.ROLE_KINDS) == set(Role)


def test_every_permission_that_a_verb_asks_for_is_held_by_some_role():
    asked = {
        permission
        for room in ("accounts", "catalog", "exchange", "community")
        for path in (ROOT / room).rglob("*.py")
        for permission in ASKED.findall(path.read_text(encoding="utf-8"))
    }

    assert "accounts.grant_role" in asked
    assert {permission for permission in asked if not roles.holders(permission)} == set()


def test_every_model_of_the_house_is_seen_by_some_role_and_no_other_is_named():
    ours = {
        f"{model._meta.app_label}.{model._meta.model_name}"
        for room in ("audit", "accounts", "catalog", "exchange", "community")
        for model in apps.get_app_config(room).get_models()
        if not model._meta.auto_created and model not in SHOWN_TO_NOBODY
    }
    held = set().union(*PERMISSIONS.values())
    named = {
        (action, f"{app}.{model}")
        for app, action, model in (CLASSIC.fullmatch(p).groups() for p in held if CLASSIC.match(p))
        if app != "django_celery_beat"
    }

    assert {model for action, model in named if action == "view"} == ours
    assert {model for _action, model in named} == ours


def test_the_three_administrators_share_no_right_to_act():
    acts = {
        role: {held for held in PERMISSIONS[role] if ".view_" not in held} for role in ADMIN_ROLES
    }

    assert not acts[Role.SYSTEM_ADMIN] & acts[Role.SECURITY_ADMIN]
    assert not acts[Role.SYSTEM_ADMIN] & acts[Role.AUDIT_ADMIN]
    assert not acts[Role.SECURITY_ADMIN] & acts[Role.AUDIT_ADMIN]


def test_only_the_security_administrator_gives_rights():
    assert roles.holders("accounts.grant_role") == (Role.SECURITY_ADMIN,)


def test_only_the_security_administrator_keeps_the_table_of_grades():
    assert roles.holders("catalog.keep_gradingtable") == (Role.SECURITY_ADMIN,)


def test_only_the_audit_administrator_reads_the_trail_and_changes_nothing():
    assert roles.holders("audit.view_entry") == (Role.AUDIT_ADMIN,)
    assert not any(
        re.search(r"\.(add|change|delete)_", held) for held in PERMISSIONS[Role.AUDIT_ADMIN]
    )


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES))
def test_no_administrator_handles_business_data(role):
    of_the_catalogue = {held for held in PERMISSIONS[role] if held.startswith("catalog.")}

    assert not {held for held in of_the_catalogue if not held.endswith("_gradingtable")}
    assert not {"exchange.view_rejected", "exchange.view_rejectedrow"} & PERMISSIONS[role]


def test_there_is_no_super_user():
    assert not any("superuser" in field.name for field in User._meta.get_fields())
    assert not hasattr(User(), "is_superuser")


@pytest.mark.django_db
def test_a_department_role_counts_only_in_its_department():
    own, other = make.organization(), make.organization()
    publisher = make.user(Role.PUBLISHER, own)

    require(publisher, "catalog.create_dataset", own)
    require(publisher, "catalog.create_dataset")
    with pytest.raises(NotAllowed, match=re.escape(str(other))):
        require(publisher, "catalog.create_dataset", other)
    assert publisher.has_perm("catalog.create_dataset", own)
    assert not publisher.has_perm("catalog.create_dataset", other)


@pytest.mark.django_db
@pytest.mark.parametrize("role", sorted(CITY_WIDE))
def test_an_operator_or_administrator_acts_for_the_whole_city(role):
    person = make.user(role)
    permission = min(PERMISSIONS[role])

    require(person, permission, make.organization())
    assert person.has_perm(permission, make.organization())


@pytest.mark.django_db
def test_a_right_taken_away_is_gone_at_the_next_question():
    publisher = make.user(Role.PUBLISHER)
    require(publisher, "catalog.create_dataset")

    Membership.objects.filter(user=publisher).delete()

    with pytest.raises(NotAllowed):
        require(publisher, "catalog.create_dataset")


@pytest.mark.django_db
def test_who_has_left_may_do_nothing():
    left = make.user(Role.OPERATOR, is_active=False, deactivated_at=make.NOW)

    with pytest.raises(NotAllowed):
        require(left, "catalog.review_dataset")
    assert not left.has_perm("catalog.review_dataset")
    assert not left.has_module_perms("catalog")
    assert not left.is_staff


def test_a_stranger_may_do_nothing():
    with pytest.raises(NotAllowed):
        require(AnonymousUser(), "catalog.create_dataset")


def test_a_permission_that_nobody_holds_is_refused_with_a_sentence():
    with pytest.raises(NotAllowed) as refused:
        require(AnonymousUser(), "catalog.burn_dataset")

    assert refused.value.status == 403
    assert str(refused.value)


@pytest.mark.django_db
def test_the_back_office_is_for_all_but_developers():
    assert make.user(Role.PUBLISHER).is_staff
    assert make.user(Role.AUDIT_ADMIN).is_staff
    assert not make.user(Role.DEVELOPER).is_staff
    assert not make.user(role=None).is_staff


@pytest.mark.django_db
def test_the_back_office_lists_the_rooms_of_the_role():
    admin = make.user(Role.AUDIT_ADMIN)

    assert admin.has_module_perms("audit")
    assert not admin.has_module_perms("catalog")
    assert admin.has_perms(["audit.view_entry", "audit.view_delivery"])
    assert not admin.has_perms(["audit.view_entry", "catalog.view_dataset"])


@pytest.mark.django_db
def test_signing_in_needs_the_password_of_an_active_person():
    person = make.user(username="mei")
    person.set_password("Harbour-2026-light")
    person.save()
    backend = RoleBackend()

    assert backend.authenticate(None, "mei", "Harbour-2026-light") == person
    assert backend.authenticate(None, "mei", "harbour") is None
    assert backend.authenticate(None, "nobody", "Harbour-2026-light") is None
    assert backend.authenticate(None) is None
    User.objects.filter(pk=person.pk).update(is_active=False, deactivated_at=make.NOW)
    assert backend.authenticate(None, "mei", "Harbour-2026-light") is None


@pytest.mark.django_db
def test_a_session_ends_when_its_person_has_left():
    person = make.user()
    assert RoleBackend().get_user(person.pk) == person

    User.objects.filter(pk=person.pk).update(is_active=False, deactivated_at=make.NOW)

    assert RoleBackend().get_user(person.pk) is None


def test_the_backend_gives_a_stranger_nothing():
    assert not RoleBackend().has_perm(AnonymousUser(), "catalog.view_dataset")
    assert not RoleBackend().has_module_perms(AnonymousUser(), "catalog")
