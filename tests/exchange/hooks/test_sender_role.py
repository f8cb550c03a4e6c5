"""The sender does its work as its own role, and can do nothing beside it."""

import psycopg
import pytest
from psycopg import sql

from exchange import sender_rights
from exchange.hooks import events
from exchange.hooks.posting import Answer
from exchange.models import Webhook, WebhookDelivery
from tests.exchange.sessions import session, signed_in
from tests.exchange.test_roles import relations
from tests.factories import hooks
from tests.factories.hooks import NOW, Receiver

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


def test_it_gives_out_sends_confirms_and_switches_off_as_the_role(live_database):
    dataset = hooks.published()
    live = hooks.live(dataset, url="https://example.org/gone")
    new = hooks.registered(dataset)
    events.changed(dataset.pk, at=NOW)
    kind = Receiver()

    def post(url, body, headers):
        return Answer(410, "", 1) if url == live.url else kind(url, body, headers)

    with signed_in(USER="city_sender"):
        hooks.sent(post)

    states = dict(Webhook.objects.values_list("pk", "state"))
    assert states == {live.pk: "off", new.pk: "live"}
    assert not WebhookDelivery.objects.filter(tried_at=None).exists()


def test_it_touches_the_tables_of_its_list_in_the_ways_listed_and_no_other(live_database):
    with session(live_database, sender_rights.SENDER) as sender:
        tables = relations(sender)
    with psycopg.connect(live_database) as owner:
        held = {
            name: {
                right
                for right in RIGHTS
                if owner.execute(
                    "SELECT has_table_privilege(%s, %s, %s)",
                    [sender_rights.SENDER, f'{schema}."{name}"', right],
                ).fetchone()[0]
            }
            for schema, name, kind in tables
            if kind != "S"
        }

    assert {name: rights for name, rights in held.items() if rights} == {
        name: set(rights) for name, rights in sender_rights.RIGHTS.items()
    }


def test_it_reads_no_person_no_key_and_no_row_of_data(live_database):
    with session(live_database, sender_rights.SENDER) as sender:
        for statement in (
            "SELECT 1 FROM accounts_user",
            "SELECT 1 FROM accounts_apikey",
            "SELECT purpose FROM exchange_grant",
            "SELECT actor FROM audit_entry",
            "SELECT 1 FROM shared.tombstone",
            "UPDATE exchange_webhook SET url = 'https://example.org/'",
            "UPDATE exchange_webhooksecret SET sealed = ''",
            "SET ROLE city_office",
            "CREATE TABLE public.mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                sender.execute(sql.SQL(statement))
