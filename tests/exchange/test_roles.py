"""What each role of the database may do, tried out relation by relation."""

import json

import psycopg
import pytest
from django.db import connection
from django.test import Client
from psycopg import sql

from accounts.roles import OrganizationKind
from catalog.models import Field
from exchange.database_roles import provision
from exchange.models import Grant, RunState, SyncRun
from exchange.records import store
from exchange.sync import engine
from policy.terms import Channel, MaskKind
from tests.exchange.sessions import session, signed_in
from tests.factories import accounts, exchange
from tests.factories.exchange import DataType, Grade, Mask, OpenType, column

AUDIT = ("audit_entry", "audit_link", "audit_delivery")
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("phone", grade=Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=3)),
    column("secret", grade=Grade.L4, open_type=OpenType.NOT_OPEN),
    column("extra", grade=Grade.L2, open_type=OpenType.CONDITIONAL),
)
DATA = "id,name,phone,secret,extra\n1,a,13800000001,s1,x\n2,b,13800000002,s2,y\n"


@pytest.fixture
def city(live_database):
    """A published dataset in every zone, a staged run that is held back, and rejected rows."""
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS, max_rejected_percent=100)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    exchange.Path(binding.object["path"]).write_text(DATA.splitlines()[0] + "\n3,c,1,s,z\nx,,,,\n")
    held = engine.sync(binding.pk)
    assert held.state == "held"
    key = accounts.api_key(at=exchange.now())
    return live_database, dataset, binding, key


def relations(connection) -> list[tuple[str, str, str]]:
    """Return schema, name and kind of each table, partition, view and sequence."""
    return connection.execute(
        "SELECT n.nspname, c.relname, c.relkind FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema'"
        " AND n.nspname !~ '^pg_' ORDER BY 1, 2"
    ).fetchall()


def tries(schema: str, name: str, kind: str, first: str) -> dict[str, sql.Composed]:
    """Return a harmless statement for each right."""
    whole, field = sql.Identifier(schema, name), sql.Identifier(first)
    if kind == "S":
        return {
            "SELECT": sql.SQL("SELECT last_value FROM {}").format(whole),
            "UPDATE": sql.SQL("SELECT setval({}, 1)").format(sql.Literal(f'{schema}."{name}"')),
            "USAGE": sql.SQL("SELECT nextval({})").format(sql.Literal(f'{schema}."{name}"')),
        }
    return {
        "SELECT": sql.SQL("SELECT {} FROM {} LIMIT 1").format(field, whole),
        "INSERT": sql.SQL("INSERT INTO {} ({}) SELECT NULL WHERE false").format(whole, field),
        "UPDATE": sql.SQL("UPDATE {} SET {} = NULL").format(whole, field),
        "DELETE": sql.SQL("DELETE FROM {}").format(whole),
        **({} if kind == "v" else {"TRUNCATE": sql.SQL("TRUNCATE {}").format(whole)}),
    }


def allowed(connection, schema: str, name: str, kind: str, first: str) -> set[str]:
    """Return the rights a role turns out to have on a relation."""
    found = set()
    for right, statement in tries(schema, name, kind, first).items():
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            continue
        except psycopg.Error:
            pass  # let in, and stopped by something else: a type, a rule of the view
        found.add(right)
    return found


def first_columns(url: str) -> dict[tuple[str, str], str]:
    with psycopg.connect(url, autocommit=True) as owner:
        found = owner.execute(
            # a column that a view shows as NULL is stopped before the right is looked at
            "SELECT n.nspname, c.relname,"
            " coalesce(min(a.attname) FILTER (WHERE a.attname = 'id'), min(a.attname))"
            " FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " GROUP BY 1, 2"
        )
        return {(schema, name): first for schema, name, first in found}


READERS = {
    "city_open": {"open", "face"},
    "city_conditional": {"open", "conditional", "granted"},
}


@pytest.mark.parametrize("role", READERS)
def test_a_door_that_reads_can_touch_nothing_but_its_zones_its_face_and_new_deliveries(city, role):
    url, *_ = city
    columns = first_columns(url)

    with session(url, role) as door:
        found = {
            (schema, name): rights
            for schema, name, kind in relations(door)
            if (rights := allowed(door, schema, name, kind, columns[schema, name]))
        }

    own = {whole: rights for whole, rights in found.items() if whole[0] in READERS[role]}
    assert {schema for schema, _name in own} == READERS[role]
    assert {frozenset(rights) for rights in own.values()} == {frozenset({"SELECT"})}
    others = {whole: rights for whole, rights in found.items() if whole not in own}
    sequence = others.pop(("public", "audit_delivery_id_seq"), {"USAGE"})
    assert others == {("public", "audit_delivery"): {"INSERT"}}
    assert sequence == {"USAGE"}


def test_the_relations_tried_are_those_that_matter(city):
    url, _dataset, binding, _key = city

    with session(url, "city_open") as door:
        names = {(schema, name) for schema, name, _kind in relations(door)}

    table = store.live(binding.resource_id, "shared").table_name
    assert {("shared", table), ("conditional", table), ("open", table)} <= names
    assert {name for schema, name in names if schema == "staging"}
    assert {("public", name) for name in (*AUDIT, "accounts_user", "exchange_source")} <= names


def test_the_open_zone_and_the_face_hold_no_hidden_word(city):
    url, _dataset, binding, _key = city
    table = store.live(binding.resource_id, "open").table_name

    with session(url, "city_open") as door:
        cursor = door.execute(sql.SQL("SELECT * FROM open.{}").format(sql.Identifier(table)))
        text = repr(cursor.fetchall())
        people = door.execute(
            "SELECT count(created_by_id), count(signed_by_id) FROM catalog_dataset"
        ).fetchone()

    assert "138****" in text
    assert "13800000001" not in text
    assert "s1" not in text
    assert people == (0, 0)


def test_the_conditional_zone_and_its_face_hold_nothing_that_no_company_may_have(city):
    url, dataset, binding, _key = city
    table = store.live(binding.resource_id, "conditional").table_name
    where, extra = exchange.house(), Field.objects.filter(resource=binding.resource, name="extra")
    company = accounts.organization(OrganizationKind.COMPANY)
    given = exchange.grant(where, dataset, company, extra)
    Grant.objects.filter(pk=given.pk).update(suspended_because="misused by somebody")
    shared = exchange.grant(where, dataset, accounts.organization(), extra, channel=Channel.SHARE)

    with session(url, "city_conditional") as door:
        cursor = door.execute(
            sql.SQL("SELECT * FROM conditional.{}").format(sql.Identifier(table))
        )
        text = repr(cursor.fetchall())
        told = door.execute(
            "SELECT count(*), count(created_by_id), count(suspended_because) FROM exchange_grant"
        ).fetchone()
        seen = door.execute("SELECT id FROM exchange_grant").fetchall()

    assert "'x'" in text  # what is open under conditions
    assert "s1" not in text
    assert Grant.objects.filter(pk__in=[given.pk, shared.pk]).count() == 2
    assert seen == [(given.pk,)]
    assert told == (1, 0, 0)


@pytest.mark.parametrize("role", ["city_worker", "city_office", *READERS])
def test_no_role_changes_what_was_written_down(city, role):
    url, *_ = city
    columns = first_columns(url)

    with session(url, role) as door:
        for schema, name, kind in relations(door):
            if name.startswith(AUDIT) and kind in "rp":
                rights = allowed(door, schema, name, kind, columns[schema, name])
                assert not rights & {"UPDATE", "DELETE", "TRUNCATE"}, name


@pytest.mark.parametrize("role", ["city_worker", "city_office", *READERS])
def test_no_role_changes_what_two_departments_said_did_and_agreed(live_database, role):
    written = {
        "exchange_requestevent": "text",
        "exchange_disputeevent": "text",
        "exchange_agreement": "digest",
    }

    with session(live_database, role) as door:
        for table, column in written.items():
            for statement in ("UPDATE public.{} SET {} = ''", "DELETE FROM public.{}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    door.execute(
                        sql.SQL(statement).format(sql.Identifier(table), sql.Identifier(column))
                    )


def test_what_an_earlier_release_allowed_is_taken_away(live_database):
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE, DELETE ON exchange_requestevent TO city_office")

    provision()

    with session(live_database, "city_office") as door:
        assert door.execute("SELECT count(*) FROM public.exchange_requestevent").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute("DELETE FROM public.exchange_requestevent")


@pytest.mark.parametrize("role", ["city_worker", "city_office", "city_open"])
def test_no_role_makes_tables_among_the_rooms_or_reads_passwords_of_the_cluster(city, role):
    url, *_ = city

    with session(url, role) as door:
        for statement in (
            "CREATE TABLE public.mine (id int)",
            "CREATE TABLE face.mine (id int)",
            "CREATE SCHEMA mine",
            "SELECT * FROM pg_authid",
            "SET ROLE city_owner",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SELECT pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                door.execute(statement)


def test_with_the_rights_of_another_the_open_door_only_counts_a_keys_calls(city):
    url, *_ = city

    with session(url, "city_open") as door:
        found = door.execute(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n"
            " ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname !~ '^pg_'"
            " AND has_function_privilege(p.oid, 'EXECUTE')"
            " AND p.prorettype <> 'trigger'::regtype"
        ).fetchall()

    assert found == [("audit_calls_delivered",)]


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize("with_key", [True, False])
def test_the_whole_open_api_answers_as_a_door_that_reads(city, with_key, role, settings):
    _url, dataset, _binding, key = city
    headers = {"Accept-Language": "en"} | ({"X-API-Key": key.raw} if with_key else {})
    client = Client()

    def get(path: str, **params) -> tuple[int, str]:
        answer = client.get(f"/api/v1/{path}", params, headers=headers)
        return answer.status_code, answer.getvalue().decode()

    one = f"datasets/{dataset.slug}"
    settings.DOORS = frozenset({role.removeprefix("city_")})
    with signed_in(USER=role):
        answers = {
            path: get(path)
            for path in (
                "datasets",
                one,
                f"{one}/records",
                f"{one}/records.csv",
                f"{one}/changes",
                f"{one}/explain",
                *(["usage"] if with_key else []),
            )
        }
        refused = get(f"{one}/records", secret="s1")
        sought = get("datasets", q="Set")

    assert {path: status for path, (status, _text) in answers.items() if status != 200} == {}
    assert json.loads(answers[f"{one}/records"][1])["rows"][0]["phone"] == "138****"
    assert answers[f"{one}/records.csv"][1].splitlines()[1] == "1,a,138****"
    assert refused[0] == 403
    assert (sought[0], json.loads(sought[1])["count"]) == (200, 1)


def test_what_was_granted_is_served_at_the_conditional_door_and_not_at_the_open_one(
    city, settings
):
    _url, dataset, binding, key = city
    fields = binding.resource.fields.filter(name__in=["id", "phone", "extra"])
    exchange.grant(exchange.house(), dataset, key.key.app.organization, fields)

    def got(role: str) -> dict:
        settings.DOORS = frozenset({role.removeprefix("city_")})
        with signed_in(USER=role):
            answer = Client().get(
                f"/api/v1/datasets/{dataset.slug}/records", headers={"X-API-Key": key.raw}
            )
        assert answer.status_code == 200, answer.content
        return answer.json()["rows"][0]

    granted, everybodys = got("city_conditional"), got("city_open")
    assert granted["extra"] == "x"
    assert everybodys["phone"] == granted["phone"] == "138****"  # not asked to be clear
    assert "extra" not in everybodys
    assert "secret" not in granted


def test_the_pages_for_people_answer_as_the_open_door(city):
    with signed_in(USER="city_open"):
        answer = Client().get("/")

    assert answer.status_code == 200
    assert "Set " in answer.content.decode() or "数据集" in answer.content.decode()


@pytest.mark.parametrize("role", ["city_worker", "city_office"])
def test_who_decides_on_a_held_back_run_may_clear_away_all_that_it_staged(city, role):
    url, _dataset, binding, _key = city
    run = SyncRun.objects.get(binding=binding, state=RunState.HELD)

    with session(url, role) as door:
        staged = [
            name for schema, name, kind in relations(door) if kind == "r" and schema == "staging"
        ]
        for name in staged:
            with door.transaction(force_rollback=True):
                door.execute(sql.SQL("DROP TABLE staging.{}").format(sql.Identifier(name)))

    assert {f"run_{run.pk}", f"run_{run.pk}_kept"} <= set(staged)


def test_provisioning_gives_an_older_shared_table_the_index_of_its_pages(city):
    _url, _dataset, binding, _key = city
    name = store.live(binding.resource_id, "shared").table_name
    index = sql.Identifier("shared", f"{name}__id_idx")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP INDEX {}").format(index))

    provision()

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [f"{name}__id_idx"])
        assert "UNIQUE INDEX" in cursor.fetchone()[0]
