"""Sketches of what fields hold, so that the catalogue can tell where it is collected twice.

Of a field's different values the LARGEST with the smallest seeded hash are chosen: the same
values everywhere, however many rows there are. Kept of them is the first half of a keyed SHA-256.
All is computed where the rows are; no value passes through Python.
"""

from datetime import datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from psycopg import sql

from catalog.models import Field, FieldSketch
from catalog.models.sketches import LARGEST
from exchange.models import RecordTable, Zone
from exchange.records import store
from exchange.records.statements import one
from exchange.sync.engine import with_memory
from policy.terms import DataType, Grade

EVERY = timedelta(days=1)
TABLES_A_TURN = 20


@transaction.atomic
def refresh(resource_id: int, *, at: datetime) -> int:
    """Sketch the live text fields of a table anew; returns how many hold something.

    Numbers and days look alike everywhere, so they are left out; so is important data.
    """
    table = store.live(resource_id, Zone.SHARED)
    stored = {column["field"]: column["column"] for column in table.columns} if table else {}
    with_memory()
    held = 0
    for field in _sketched(resource_id):
        different, hashes = 0, list[int]()
        if table and field.pk in stored and field.grade != Grade.IMPORTANT:
            different, hashes = _sketch(store.of(table), stored[field.pk])
        FieldSketch.objects.update_or_create(
            field=field, defaults={"hashes": hashes, "different": different, "sketched_at": at}
        )
        held += bool(hashes)
    FieldSketch.objects.filter(field__resource_id=resource_id).exclude(
        field__in=_sketched(resource_id)
    ).delete()
    return held


def _sketched(resource_id: int):
    return Field.objects.filter(resource_id=resource_id, data_type=DataType.TEXT.value).live()


def _sketch(table: sql.Composable, column: str) -> tuple[int, list[int]]:
    seed, key = _keys(settings.FIELD_KEY)
    statement = sql.SQL(
        "WITH told AS (SELECT lower(btrim({column})) AS word FROM {table}"
        "   WHERE btrim({column}) <> ''),"
        " known AS MATERIALIZED (SELECT hashtextextended(word, %s) AS place,"
        "   min(word) AS word FROM told GROUP BY 1)"
        " SELECT (SELECT count(*) FROM known), ARRAY("
        "   SELECT ('x' || encode(substring(sha256(%s || convert_to(word, 'UTF8'))"
        "     FROM 1 FOR 8), 'hex'))::bit(64)::bigint"
        "   FROM (SELECT word FROM known ORDER BY place LIMIT %s) few)"
    ).format(column=sql.Identifier(column), table=table)
    different, hashes = one(statement, [seed, key, LARGEST])
    return different, sorted(hashes)


@cache
def _keys(field_key: bytes) -> tuple[int, bytes]:
    drawn = HKDF(SHA512(), 40, salt=None, info=b"sketches").derive(field_key)
    return int.from_bytes(drawn[:8], signed=True), drawn[8:]


def due(*, at: datetime) -> list[int]:
    """Return tables whose rows moved since they were sketched a day ago or more; a few at once."""
    text = Field.objects.filter(
        resource=OuterRef("resource"), data_type=DataType.TEXT.value, ended_at=None
    )
    rows = RecordTable.objects.filter(Exists(text), zone=Zone.SHARED, live=True).annotate(
        sketched=Max("resource__fields__sketch__sketched_at")
    )
    stale = Q(sketched=None) | Q(sketched__lt=F("refreshed_at"), sketched__lte=at - EVERY)
    found = rows.filter(stale).order_by("refreshed_at").values_list("resource_id", flat=True)
    return list(found[:TABLES_A_TURN])


def sketch_due(*, at: datetime) -> int:
    """Sketch the tables that are due, each in a transaction of its own; returns how many."""
    resources = due(at=at)
    for resource_id in resources:
        refresh(resource_id, at=at)
    return len(resources)
