from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts import developers, keys
from accounts.models import ApiKey
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db

LATER = make.NOW + timedelta(days=90)


def _refused(raw, at=make.NOW):
    with pytest.raises(keys.KeyRefused) as refused:
        keys.check(raw, at=at)
    assert refused.value.status == 401
    return refused.value.code


def test_a_key_is_shown_once_and_kept_as_a_digest():
    issued = make.api_key()

    assert keys.SHAPE.fullmatch(issued.raw)
    assert issued.raw.startswith(f"{issued.key.prefix}_")
    stored = ApiKey.objects.values().get()
    assert not any(issued.raw in str(value) for value in stored.values())
    assert issued.raw not in str(Entry.objects.values().get(verb="key.create"))


def test_a_key_is_found_with_its_app_and_organisation_by_one_query(django_assert_num_queries):
    issued = make.api_key()

    with django_assert_num_queries(1):
        found = keys.check(issued.raw, at=make.NOW)
        shown = (found.app.name, str(found.app.organization), found.rate_per_minute, found.label)

    assert found == issued.key
    assert shown[0] == issued.key.app.name


def test_the_open_door_finds_a_key_in_its_own_face_of_the_tables():
    issued = make.api_key()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE city_open; SET LOCAL search_path = face, public")
        found = keys.check(issued.raw, at=make.NOW)
        cursor.execute("RESET ROLE; RESET search_path")

    assert found == issued.key


@pytest.mark.parametrize("raw", ["", "cdx_", "cdx_abcdef_" + "x" * 43, "é" * 9])
def test_an_unknown_key_is_refused(raw):
    make.api_key()

    assert _refused(raw) == "key-unknown"


def test_a_key_that_differs_in_one_character_is_unknown():
    issued = make.api_key()
    other = "A" if issued.raw[-1] != "A" else "B"

    assert _refused(issued.raw[:-1] + other) == "key-unknown"


def test_a_key_expires_on_its_instant():
    issued = make.api_key(days=1)
    end = make.NOW + timedelta(days=1)

    assert keys.check(issued.raw, at=end - timedelta(seconds=1)) == issued.key
    assert _refused(issued.raw, at=end) == "key-expired"


def test_a_revoked_key_is_refused_from_the_next_call_on():
    issued = make.api_key()
    developer = issued.key.app.created_by

    keys.revoke(issued.key.pk, by=developer, at=make.NOW)

    assert _refused(issued.raw) == "key-revoked"
    with pytest.raises(StepRefused, match="2026-03-02"):
        keys.revoke(issued.key.pk, by=developer, at=make.NOW)
    assert Entry.objects.filter(verb="key.revoke").count() == 1


def test_keys_of_a_closed_app_are_refused_and_no_new_ones_made():
    issued = make.api_key()
    developer = issued.key.app.created_by

    developers.close_app(issued.key.app_id, by=developer, at=make.NOW)

    assert _refused(issued.raw) == "app-closed"
    with pytest.raises(StepRefused) as late:
        make.api_key(issued.key.app)
    with pytest.raises(StepRefused) as twice:
        developers.close_app(issued.key.app_id, by=developer, at=make.NOW)
    assert (late.value.code, twice.value.code) == ("app-closed", "app-closed")


def test_usable_keys_are_those_that_check_lets_through():
    usable = make.api_key()
    make.api_key(revoked_at=make.NOW)
    make.api_key(days=1, at=make.NOW - timedelta(days=2))
    closed = make.api_key()
    developers.close_app(closed.key.app_id, by=closed.key.app.created_by, at=make.NOW)

    assert [*ApiKey.objects.usable(make.NOW)] == [usable.key]


def test_a_developer_of_another_company_neither_makes_nor_revokes_keys():
    issued = make.api_key()
    stranger = make.user(Role.DEVELOPER, make.organization(OrganizationKind.COMPANY))

    with pytest.raises(NotAllowed):
        keys.issue(issued.key.app, by=stranger, at=make.NOW, expires_at=LATER)
    with pytest.raises(NotAllowed):
        keys.revoke(issued.key.pk, by=stranger, at=make.NOW)
    with pytest.raises(NotAllowed):
        developers.create_app(issued.key.app.organization, "Spy", by=stranger, at=make.NOW)
    with pytest.raises(NotAllowed):
        developers.close_app(issued.key.app_id, by=stranger, at=make.NOW)

    assert keys.check(issued.raw, at=make.NOW)


def test_the_security_administrator_can_revoke_any_key():
    issued = make.api_key()

    keys.revoke(issued.key.pk, by=make.user(Role.SECURITY_ADMIN), at=make.NOW)

    assert _refused(issued.raw) == "key-revoked"


def test_a_key_must_expire_after_it_was_made():
    app = make.app()

    with pytest.raises(ValidationError):
        keys.issue(app, by=app.created_by, at=make.NOW, expires_at=make.NOW)

    assert not ApiKey.objects.exists()


def test_the_database_takes_a_digest_and_nothing_else():
    issued = make.api_key()

    with pytest.raises(IntegrityError, match="digest_shape"), transaction.atomic():
        ApiKey.objects.filter(pk=issued.key.pk).update(digest=issued.raw)


def test_the_operator_sets_quotas_and_the_developer_cannot():
    issued = make.api_key()

    keys.set_quota(
        issued.key.pk,
        rate_per_minute=10,
        daily_quota=20,
        by=make.user(Role.OPERATOR),
        at=make.NOW,
    )

    found = keys.find(issued.raw)
    assert (found.rate_per_minute, found.daily_quota) == (10, 20)
    with pytest.raises(NotAllowed):
        keys.set_quota(
            issued.key.pk,
            rate_per_minute=1000,
            daily_quota=20,
            by=issued.key.app.created_by,
            at=make.NOW,
        )


def test_a_developer_registers_an_app_whose_name_is_free():
    company = make.organization(OrganizationKind.COMPANY)
    developer = make.user(Role.DEVELOPER, company)

    app = developers.create_app(company, "Buses", by=developer, at=make.NOW)

    assert app.organization == company
    with pytest.raises(ValidationError):
        developers.create_app(company, "Buses", by=developer, at=make.NOW)
    developers.close_app(app.pk, by=developer, at=make.NOW)
    assert developers.create_app(company, "Buses", by=developer, at=make.NOW) != app


def test_replacing_keys_with_overlap_does_not_multiply_them():
    issued = make.api_key()
    person = issued.key.app.created_by

    def replaced(days: int):
        return keys.rotate(issued.key.pk, overlap=timedelta(days=days), by=person, at=make.NOW)

    for _time in range(2 * keys.USABLE_KEYS - 1):
        replaced(7)
    with pytest.raises(StepRefused, match="10"):
        replaced(7)
    replaced(0)  # takes the place of the old one

    assert issued.key.app.keys.usable(make.NOW + timedelta(seconds=2)).count() == 10
