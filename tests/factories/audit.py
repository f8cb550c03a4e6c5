"""The trail for tests: somebody who acts, entries, reads, and an intruder with all rights."""

from datetime import UTC, datetime

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from audit import chain
from config import embedded
from tests import services

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Person:
    """Somebody who acts, as `accounts.User` does."""

    audit_name = "A clerk"
    audit_organization = "A department"


def write(count: int = 1, **details) -> None:
    """Record so many verbs, each in a transaction of its own."""
    for number in range(count):
        with transaction.atomic():
            chain.record("dataset.update", f"dataset:{number}", by=Person(), at=NOW, **details)


def told(**over) -> dict:
    """Make what is told of a read."""
    return {
        "at": timezone.now(),
        "channel": "open",
        "mode": "query",
        "reader": "company",
        "app": "App",
        "key_id": 5,
        "organization": "Company",
        "dataset": "dataset:1",
        "fields_digest": "f",
        "rows": 100,
        "bytes": 1000,
        "zone_seq": 3,
    } | over


def as_role(name: str) -> psycopg.Connection:
    """Connect to the test's live database as one of the cluster's roles."""
    url = services.found().database_url(name, connection.settings_dict["NAME"])
    return psycopg.connect(url, autocommit=True)


def tamper(*statements: str) -> None:
    """Run statements as the superuser, with triggers switched off."""
    with as_role(embedded.SUPERUSER) as intruder:
        intruder.execute("SET session_replication_role = replica")
        for statement in statements:
            intruder.execute(statement)
