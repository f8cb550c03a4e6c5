"""What the members' door may do in the database, tried out relation by relation and row by row."""

import psycopg
import pytest
from psycopg import sql

from accounts.roles import OrganizationKind, Role
from exchange import members_rights
from exchange.database_roles import FACE
from exchange.members_rights import MEMBERS
from tests.exchange.sessions import session
from tests.exchange.test_roles import allowed, first_columns, relations
from tests.factories import accounts, hooks

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


def held_on(url: str, table: str, right: str) -> bool:
    with psycopg.connect(url) as owner:
        asked = "SELECT has_table_privilege(%s, %s, %s)"
        return owner.execute(asked, [MEMBERS, f"public.{table}", right]).fetchone()[0]


@pytest.fixture
def city(live_database):
    """Somebody of the office, a developer, and a key of a department and of a company."""
    clerk = accounts.user(Role.HEAD)
    developer = accounts.user(Role.DEVELOPER)
    department = accounts.app(accounts.organization(OrganizationKind.DEPARTMENT))
    keys = accounts.api_key(department, at=accounts.NOW), accounts.api_key(at=accounts.NOW)
    return live_database, clerk, developer, keys


def test_it_touches_the_tables_of_its_list_in_the_ways_listed_and_no_other(city):
    url, *_ = city
    columns = first_columns(url)

    with session(url, MEMBERS) as door:
        tables = relations(door)
        found = {
            (schema, name): rights
            for schema, name, kind in tables
            if kind != "S"
            if (rights := allowed(door, schema, name, kind, columns[schema, name]))
        }

    seen = {name for schema, name in found if schema == members_rights.SCHEMA}
    own = members_rights.tables()
    assert seen == {*FACE, *members_rights.VIEWS, members_rights.TRAIL} - set(own)
    held = {
        name: {right for right in RIGHTS if held_on(url, name, right)}
        for schema, name, kind in tables
        if schema == "public" and kind != "S"
    }
    assert {name: rights for name, rights in held.items() if rights} == {
        name: set(rights) for name, rights in own.items()
    }
    assert {schema for schema, _name in found} <= {"public", members_rights.SCHEMA}


def test_it_sees_nobody_of_the_office_and_can_make_nobody_one(city):
    url, clerk, developer, _keys = city

    with session(url, MEMBERS) as door:
        names = {row[0] for row in door.execute("SELECT username FROM accounts_user")}
        changed = door.execute(
            "UPDATE accounts_user SET password = 'x' WHERE id = %s", [clerk.pk]
        ).rowcount
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute(
                "INSERT INTO accounts_membership (user_id, organization_id, role)"
                " SELECT %s, organization_id, 'operator' FROM accounts_membership LIMIT 1",
                [developer.pk],
            )

    assert developer.username in names
    assert clerk.username not in names
    assert changed == 0


def test_it_sees_and_makes_no_key_of_a_department(city):
    url, _clerk, _developer, (of_department, of_company) = city

    with session(url, MEMBERS) as door:
        seen = {row[0] for row in door.execute("SELECT id FROM accounts_apikey")}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute(
                "INSERT INTO accounts_app (organization_id, name, created_by_id, created_at)"
                " SELECT id, 'x', %s, now() FROM accounts_organization WHERE kind = 'department'"
                " LIMIT 1",
                [of_department.key.app.created_by_id],
            )

    assert seen == {of_company.key.pk}


def test_it_enters_no_company(city):
    url, *_ = city

    with session(url, MEMBERS) as door, pytest.raises(psycopg.errors.InsufficientPrivilege):
        door.execute(
            "INSERT INTO accounts_organization (kind, slug, name_zh, name_en, uscc, created_at)"
            " VALUES ('company', 'x', 'x', '', %s, now())",
            [accounts.uscc(77)],
        )


@pytest.mark.parametrize("role", ["city_worker", "city_office"])
def test_the_other_roles_see_every_row(city, role):
    url, clerk, developer, keys = city

    with session(url, role) as door:
        people = {row[0] for row in door.execute("SELECT id FROM accounts_user")}
        found = {row[0] for row in door.execute("SELECT id FROM accounts_apikey")}

    assert {clerk.pk, developer.pk} <= people
    assert found == {key.key.pk for key in keys}


def test_it_makes_no_tables_and_takes_no_other_role(city):
    url, *_ = city

    with session(url, MEMBERS) as door:
        for statement in (
            "CREATE TABLE public.mine (id int)",
            "CREATE SCHEMA mine",
            "SET ROLE city_office",
            "SELECT actor FROM audit_entry",
            "SELECT session_key FROM django_session",
            "UPDATE audit_entry SET verb = ''",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                door.execute(sql.SQL(statement))


def test_it_reads_no_secret_of_a_webhook_and_confirms_none(live_database):
    webhook = hooks.registered(hooks.published())

    with session(live_database, MEMBERS) as door:
        seen = door.execute("SELECT id FROM exchange_webhook").fetchall()
        for statement in (
            "SELECT sealed FROM exchange_webhooksecret",
            "UPDATE exchange_webhook SET confirmed_at = now()",
            "UPDATE exchange_webhook SET url = 'https://example.org/other'",
            "INSERT INTO exchange_webhookevent (kind, zone, data, at) SELECT 'x', '', '{}', now()",
            "UPDATE exchange_webhookdelivery SET answer = ''",
            "DELETE FROM exchange_webhook",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                door.execute(sql.SQL(statement))
        with pytest.raises(psycopg.errors.CheckViolation):  # live without an answer
            door.execute("UPDATE exchange_webhook SET state = 'live'")

    assert seen == [(webhook.pk,)]


def test_it_sees_no_webhook_of_a_departments_app(live_database):
    webhook = hooks.registered(hooks.published())
    department = accounts.app(accounts.organization(OrganizationKind.DEPARTMENT))
    type(webhook).objects.filter(pk=webhook.pk).update(app=department)

    with session(live_database, MEMBERS) as door:
        found = [
            door.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            ).fetchone()
            for table in (
                "exchange_webhook",
                "exchange_webhooksubscription",
                "exchange_webhookdelivery",
                "exchange_webhookevent",
            )
        ]

    assert found == [(0,)] * 4
