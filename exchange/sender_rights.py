"""What the sender of webhooks may do in the database: that, and nothing beside it.

    city_sender   reads what is due, posts it to addresses outside, writes down how it went

It speaks with programs of strangers, so its process gets no more than it needs: no row of data, no
person, no key, and of grants only whose they are, for which rows, and whether they hold.
"""

from collections.abc import Mapping

from psycopg import sql

from exchange.records.statements import comma, idents, rows, run

SENDER = "city_sender"

READ, ADD, CHANGE, TAKE = "SELECT", "INSERT", "UPDATE", "DELETE"

RIGHTS: Mapping[str, tuple[str, ...]] = {
    "accounts_app": (READ,),
    "accounts_organization": (READ,),
    "accounts_notice": (READ, ADD, CHANGE),
    "accounts_noticeseen": (READ, TAKE),
    "audit_entry": (ADD,),
    "exchange_webhook": (READ,),
    "exchange_webhooksecret": (READ,),
    "exchange_webhooksubscription": (READ,),
    "exchange_webhookevent": (READ,),
    "exchange_webhookdelivery": (READ, ADD, CHANGE),
}

COLUMNS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("audit_entry", READ): ("id", "recorded_at", "written_in"),
    ("exchange_grant", READ): (
        "id",
        "dataset_id",
        "organization_id",
        "app_id",
        "rows",
        "valid_from",
        "valid_until",
        "suspended_at",
        "revoked_at",
    ),
    ("exchange_webhook", CHANGE): ("state", "confirmed_at", "failing_since", "resting_until"),
    ("exchange_webhookevent", CHANGE): ("spread_at",),
}
"""Of these tables some columns only."""


def grant() -> None:
    """Give the role what the tables above say, and take what an earlier release gave besides."""
    role = sql.Identifier(SENDER)
    run(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role))
    for table, rights in RIGHTS.items():
        place = sql.Identifier("public", table)
        run(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(", ".join(rights)), place, role))
        if ADD in rights:
            [[sequence]] = rows(
                sql.SQL("SELECT pg_get_serial_sequence(%s, 'id')"), [f"public.{table}"]
            )
            run(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.SQL(sequence), role))
    for (table, right), columns in COLUMNS.items():
        run(
            sql.SQL("GRANT {} ({}) ON {} TO {}").format(
                sql.SQL(right), comma(idents(columns)), sql.Identifier("public", table), role
            )
        )
