"""Who may do what in the database: schemas, roles, grants, and what the open door sees.

    city_owner   owns everything; migrations and `provision` run as it
    city_worker  syncs: reads and writes the exchange's rows, makes and drops record tables
    city_office  back office and department API: the verbs
    city_open    portal and open API: the open zone, the public face of the catalogue, deliveries
    city_conditional  open API for holders of keys: the same, the conditional zone, their grants
    city_members accounts of citizens and companies (exchange.members_rights)
    city_sender  posts what happened to webhooks (exchange.sender_rights)

`city_open` sees the catalogue through views of the same names in the schema `face`, which stands
first in its search path: published rows only, without what is internal. `city_conditional` has a
face of its own, `granted`. All is idempotent.
"""

import os
from collections.abc import Mapping

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from exchange import members_rights, sender_rights
from exchange.members_rights import MEMBERS
from exchange.records import shape_function, store
from exchange.records.statements import comma, idents, one, rows, run
from exchange.sender_rights import SENDER

OWNER, WORKER, OFFICE, OPEN = "city_owner", "city_worker", "city_office", "city_open"
CONDITIONAL = "city_conditional"
LOGINS = (WORKER, OFFICE, OPEN, CONDITIONAL, MEMBERS, SENDER)
"""The roles of processes, but for the owner's."""
READERS = {OPEN: "face", CONDITIONAL: "granted"}
"""The doors that only read, each with the schema by which it sees the catalogue; their zones are
`store.READERS`."""
RECORDS = "city_records"  # owns record tables, so that worker and office may both replace them
ZONES = ("shared", "open", "conditional")
ASIDE = ("staging", "undo")  # rows on their way in, and rows that the last run replaced
APPEND_ONLY = (
    "audit_entry",
    "audit_link",
    "audit_delivery",
    "catalog_fieldterms",
    "catalog_gradingtable",
    "exchange_agreement",
    "exchange_disputeevent",
    "exchange_requestevent",
    "exchange_userecord",
)

# What the open door may read, by table: columns, and which rows. Columns that are internal are
# answered as NULL, so that the same model reads both.
FACE: Mapping[str, str] = {
    "catalog_dataset": "state IN ('published', 'withdrawn')",
    "catalog_dataset_related": "from_dataset_id IN (SELECT id FROM face.catalog_dataset)"
    " AND to_dataset_id IN (SELECT id FROM face.catalog_dataset)",
    "catalog_resource": "dataset_id IN (SELECT id FROM face.catalog_dataset) AND ended_at IS NULL",
    # the newest that a second person released, of files of which the department may speak: none of
    # an entry that conceals a field
    "catalog_fileversion": (
        "released_at IS NOT NULL AND NOT EXISTS (SELECT FROM public.catalog_fileversion newer"
        " WHERE newer.resource_id = catalog_fileversion.resource_id"
        " AND newer.number > catalog_fileversion.number AND newer.released_at IS NOT NULL)"
        " AND resource_id IN (SELECT r.id FROM face.catalog_resource r WHERE r.is_public"
        " AND NOT EXISTS (SELECT FROM public.catalog_field f"
        " JOIN public.catalog_resource o ON o.id = f.resource_id"
        " WHERE o.dataset_id = r.dataset_id AND f.concealed AND f.ended_at IS NULL))"
    ),
    "catalog_field": "resource_id IN (SELECT id FROM face.catalog_resource) AND NOT concealed",
    "catalog_fieldterms": "field_id IN (SELECT id FROM face.catalog_field) AND NOT concealed",
    "catalog_subject": "true",
    "catalog_codelist": "true",
    "catalog_searchentry": "state IN ('published', 'withdrawn')",
    "catalog_searchword": "true",
    "catalog_wordgroup": "true",
    "catalog_negativeline": "state IN ('published', 'ended')",
    "catalog_negativelinefield": "line_id IN (SELECT id FROM face.catalog_negativeline)",
    "catalog_legalbasis": "true",
    "catalog_duty": "ended_at IS NULL",
    "catalog_duty_datasets": "dataset_id IN (SELECT id FROM face.catalog_dataset)",
    # what departments need, but for what is kept back
    "catalog_demand": "kept_back_because = ''",
    "accounts_organization": "true",
    "accounts_region": "true",
    "accounts_regionboundary": "true",
    "accounts_app": "true",
    "accounts_apikey": "true",
    "exchange_recordtable": "zone = 'open'",
    "exchange_binding": "resource_id IN (SELECT id FROM face.catalog_resource)",
    "exchange_syncrun": "merged_at IS NOT NULL AND NOT trial"
    " AND binding_id IN (SELECT id FROM face.exchange_binding)",
    "exchange_countingrule": "true",
    "exchange_grant": "false",
    # by when a department answers: the rules, which are public
    "catalog_clock": "true",
    "catalog_workingday": "true",
    # what people say: what was looked at and is shown, without who they are
    "accounts_user": "false",
    "community_speaker": "user_id IN (SELECT id FROM public.accounts_user WHERE is_active)",
    "community_comment": (
        "state = 'shown' AND dataset_id IN (SELECT id FROM face.catalog_dataset)"
    ),
    "community_showcase": "state = 'shown'",
    "community_showcase_datasets": (
        "showcase_id IN (SELECT id FROM face.community_showcase)"
        " AND dataset_id IN (SELECT id FROM face.catalog_dataset)"
    ),
    "community_wish": "state IN ('open', 'answered', 'merged')",
    # contests once they are published, with the entries and datasets that everybody sees besides
    "community_contest": "published_at IS NOT NULL",
    "community_contest_datasets": (
        "contest_id IN (SELECT id FROM face.community_contest)"
        " AND dataset_id IN (SELECT id FROM face.catalog_dataset WHERE state = 'published')"
    ),
    "community_contestentry": (
        "contest_id IN (SELECT id FROM face.community_contest WHERE state <> 'withdrawn')"
        " AND showcase_id IN (SELECT id FROM face.community_showcase)"
    ),
    "oversight_daily": "dataset_id IN (SELECT id FROM face.catalog_dataset)",
    "oversight_standing": "true",
}
# What the door of the conditional zone sees besides: its tables, and what companies may read.
GRANTED: Mapping[str, str] = {
    **FACE,
    "exchange_recordtable": "zone IN ('open', 'conditional')",
    "exchange_grant": "channel = 'open'",
}
HIDDEN: Mapping[str, frozenset[str]] = {
    "catalog_dataset": frozenset(
        {"created_by_id", "signed_by_id", "submitted_by_id", "published_by_id", "withdrawn_by_id"}
        | {"reviewed_by_id", "checklist", "defects", "collected_again"}
        | {"update_from", "update_because", "update_extended"}
    ),
    "catalog_resource": frozenset({"opening_proposed_by_id"}),
    "catalog_fileversion": frozenset({"added_by_id", "released_by_id", "note"}),
    "catalog_field": frozenset({"graded_by_id", "suggestion", "suggested_grade"}),
    "catalog_negativeline": frozenset({"proposed_by_id", "legal_by_id", "authority_by_id"}),
    "catalog_legalbasis": frozenset({"verified_by_id"}),
    "catalog_duty": frozenset({"created_by_id"}),
    # what departments write to each other on the way of a demand is theirs
    "catalog_demand": frozenset({"raised_by_id", "answer"}),
    "accounts_app": frozenset({"created_by_id"}),
    "community_speaker": frozenset({"user_id"}),
    "community_comment": frozenset(
        {"moved_by_id", "answered_by_id", "correction_id", "reason", "due_from"}
    ),
    "community_showcase": frozenset({"moved_by_id", "reason"}),
    "community_wish": frozenset({"moved_by_id", "answered_by_id", "reason", "due_from"}),
    "community_contest": frozenset({"moved_by_id"}),
    "community_contestentry": frozenset({"entered_by_id"}),
    # which table is fed, and nothing of where from
    "exchange_binding": frozenset(
        {"source_id", "object", "columns", "mode", "cursor_column", "lag_seconds", "paused"}
        | {"max_rejected_percent", "max_shrink_percent", "schedule_minutes", "full_every_days"}
        | {"checkpoint", "attempted_at", "compared_at", "rules_digest"}
    ),
    # what was read and turned away; what changed would tell of values that are not open
    "exchange_syncrun": frozenset(
        {"mode", "because", "scope", "state", "heartbeat_at", "ended_at", "inserted", "updated"}
        | {"unchanged", "deleted", "before", "after", "bytes", "digest_before", "digest_after"}
        | {"checkpoint_before", "checkpoint_after", "parts", "problem_code", "problem_zh"}
        | {"problem_en", "requested_by_id", "released_by_id", "seq", "base_id", "undo_until"}
        | {"undoes_id", "reason", "trial"}
    ),
    "exchange_countingrule": frozenset({"set_by_id"}),
    # that an entry was amended, and when: not what, why and by whom
    "catalog_revision": frozenset(
        {"changes", "loosens", "reason", "proposed_by_id", "proposed_at", "signed_by_id"}
        | {"signed_at", "decided_by_id", "decision_reason"}
    ),
    # under what it reads, and not who gave it or what was said of it
    "exchange_grant": frozenset(
        {"created_by_id", "request_id", "formerly_of_id", "suspended_because", "ended_because"}
        | {"mend_by", "ending", "deliver_by", "disposed_at", "disposal"}
    ),
}


@transaction.atomic
def provision() -> None:
    """Make roles, schemas and grants as this release needs them. Runs as the owner."""
    make_roles()
    _schemas()
    _face()
    _grants()
    _own_records()
    _index_pages()


@transaction.atomic
def make_roles() -> None:
    """Make the roles, which belong to the server: a backup is brought back only where they are."""
    for role in LOGINS:
        _role(role, login=True)
    _role(RECORDS, login=False)
    _belong()


def _own_records() -> None:
    """Give the record tables their owner; after a restore they are the database owner's."""
    foreign = sql.SQL(
        "SELECT schemaname, tablename FROM pg_tables"
        " WHERE schemaname = ANY(%s) AND tableowner <> %s"
        " AND tablename NOT IN ('tombstone', 'corrected') ORDER BY 1, 2"
    )
    for schema, table in rows(foreign, [list(ZONES), RECORDS]):
        run(
            sql.SQL("ALTER TABLE {} OWNER TO {}").format(
                sql.Identifier(schema, table), sql.Identifier(RECORDS)
            )
        )


def _index_pages() -> None:
    """Give shared tables that were loaded before departments paged through them their index."""
    for (name,) in rows(
        sql.SQL("SELECT table_name FROM exchange_recordtable WHERE zone = 'shared' AND live")
    ):
        store.index_pages(name)


def _role(name: str, *, login: bool) -> None:
    if not rows(sql.SQL("SELECT 1 FROM pg_roles WHERE rolname = %s"), [name]):
        run(
            sql.SQL("CREATE ROLE {} {}").format(
                sql.Identifier(name), sql.SQL("LOGIN" if login else "NOLOGIN")
            )
        )
    password = os.environ.get(f"{name.upper()}_PASSWORD")
    if password and login:
        run(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(name), sql.Literal(password)
            )
        )


def _belong() -> None:
    """Worker and office share the record tables; the owner may end readers' sessions."""
    shared = [(member, RECORDS) for member in (WORKER, OFFICE, OWNER)]
    for member, group in (*shared, *((OWNER, login) for login in LOGINS)):
        if one(sql.SQL("SELECT pg_has_role(%s, %s, 'USAGE')"), [member, group])[0]:
            continue
        run(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member)))


def _schemas() -> None:
    for zone in ZONES:
        run(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(zone)))
        run(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {}.tombstone (resource_id bigint NOT NULL,"
                " seq bigint NOT NULL, id bigint NOT NULL, at timestamptz NOT NULL,"
                " PRIMARY KEY (resource_id, seq, id))"
            ).format(sql.Identifier(zone))
        )
        run(
            sql.SQL("CREATE INDEX IF NOT EXISTS tombstone_at ON {}.tombstone (at)").format(
                sql.Identifier(zone)
            )
        )
    run(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS shared.corrected (resource_id bigint NOT NULL,"
            " id bigint NOT NULL, run_id bigint NOT NULL, at timestamptz NOT NULL,"
            " PRIMARY KEY (resource_id, id))"
        )
    )
    for kept_aside in ASIDE:
        run(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(kept_aside)))
    run(sql.SQL(END_READERS))
    for one_function in shape_function.CREATE:
        run(sql.SQL(one_function))


# Runs with its owner's rights: no role may end the sessions of another by itself.
END_READERS = """
CREATE OR REPLACE FUNCTION exchange_end_readers(ended regclass) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT count(pg_terminate_backend(a.pid))::integer
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.relation = ended AND l.database = (SELECT oid FROM pg_database
                                               WHERE datname = current_database())
      AND a.pid <> pg_backend_pid()
      AND (a.usename IN ('city_open', 'city_conditional', 'city_office')
           OR a.application_name = 'city_batch')
$$
"""


def _face() -> None:
    for role, seen in ((OPEN, FACE), (CONDITIONAL, GRANTED)):
        _views(READERS[role], seen)
        place, whose = sql.Identifier(READERS[role]), sql.Identifier(role)
        run(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, whose))
        run(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(place, whose))
    # the members' door sees the same of what it does not write
    own = members_rights.tables()
    seen = {table: condition for table, condition in FACE.items() if table not in own}
    _views(members_rights.SCHEMA, seen | dict(members_rights.VIEWS))
    members_rights.make_trail((OFFICE,))


def _views(schema: str, seen: Mapping[str, str]) -> None:
    """Make a schema anew, with a view for each table: its condition says which rows."""
    place = sql.Identifier(schema)
    run(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(place))
    run(sql.SQL("CREATE SCHEMA {}").format(place))
    for table, condition in seen.items():
        hidden = HIDDEN.get(table, frozenset())
        columns = [
            sql.SQL("NULL::{} AS {}").format(sql.SQL(kind), sql.Identifier(name))
            if name in hidden
            else sql.Identifier(name)
            for name, kind in _columns(table)
        ]
        run(
            sql.SQL("CREATE VIEW {} AS SELECT {} FROM {} WHERE {}").format(
                sql.Identifier(schema, table),
                comma(columns),
                sql.Identifier("public", table),
                sql.SQL(condition),
            )
        )


def _columns(table: str) -> list[tuple[str, str]]:
    return [
        (name, kind)
        for name, kind in rows(
            sql.SQL(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                " ORDER BY attnum"
            ),
            [f"public.{table}"],
        )
    ]


def _grants() -> None:
    database = sql.Identifier(connection.settings_dict["NAME"])
    run(sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    run(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    everybody = comma(idents(LOGINS))
    run(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, everybody))
    run(
        sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(
            database, comma(idents([WORKER, OFFICE]))
        )
    )
    run(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(everybody))
    # an index over a function of ours is filled as the owner of its table
    run(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(RECORDS)))
    for role in (WORKER, OFFICE):
        _grant_rooms(role)
    for zone in (*ZONES, *ASIDE):
        run(
            sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(
                sql.Identifier(zone), sql.Identifier(RECORDS)
            )
        )
    for zone in ZONES:
        run(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {}.tombstone TO {}").format(
                sql.Identifier(zone), sql.Identifier(RECORDS)
            )
        )
    run(
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON shared.corrected TO {}").format(
            sql.Identifier(RECORDS)
        )
    )
    run(sql.SQL("REVOKE EXECUTE ON FUNCTION exchange_end_readers(regclass) FROM PUBLIC"))
    run(
        sql.SQL("GRANT EXECUTE ON FUNCTION audit_make_partitions(integer) TO {}").format(
            sql.Identifier(WORKER)
        )
    )
    run(
        sql.SQL("GRANT EXECUTE ON FUNCTION exchange_end_readers(regclass) TO {}").format(
            comma(idents([WORKER, OFFICE]))
        )
    )
    for role in READERS:
        _grant_reader(role)
    members_rights.grant(APPEND_ONLY)
    sender_rights.grant()
    members_rights.limit_rows((WORKER, OFFICE, SENDER))


def _grant_rooms(role: str) -> None:
    """Let a role use the tables of the rooms and of Django; to those of APPEND_ONLY only add.

    What an earlier release let it do besides is taken away.
    """
    own = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}  # noqa: SLF001 - Django's public-by-custom name
    known = {
        name
        for (name,) in rows(sql.SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    }
    for table in sorted(own & known):
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        place, whose = sql.Identifier("public", table), sql.Identifier(role)
        if table in APPEND_ONLY:
            run(sql.SQL("REVOKE ALL ON {} FROM {}").format(place, whose))
        run(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), place, whose))
    run(sql.SQL("GRANT SELECT ON public.django_migrations TO {}").format(sql.Identifier(role)))
    run(
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(
            sql.Identifier(role)
        )
    )


def _grant_reader(name: str) -> None:
    """A door that only reads: its zones and its face of the catalogue; and it adds deliveries."""
    role = sql.Identifier(name)
    for zone, readers in store.READERS.items():
        if name in readers:
            place = sql.Identifier(zone)
            run(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, role))
            run(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(place, role))
    run(sql.SQL("GRANT INSERT ON public.audit_delivery TO {}").format(role))
    for (sequence,) in rows(
        sql.SQL("SELECT pg_get_serial_sequence('public.audit_delivery', 'id')")
    ):
        if sequence:
            run(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.SQL(sequence), role))
    face = sql.Identifier(READERS[name])
    run(sql.SQL("ALTER ROLE {} SET search_path = {}, public").format(role, face))
    run(sql.SQL("ALTER ROLE {} SET default_transaction_isolation = 'read committed'").format(role))
