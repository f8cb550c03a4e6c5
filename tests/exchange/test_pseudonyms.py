"""Pseudonyms: of one consumer and one dataset, as the policy makes them, out of logs' sight."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from exchange import vault
from exchange.access import Caller, Seen
from exchange.records import pseudonyms, reading
from exchange.records.compile import VisibleField
from exchange.records.query import RecordQuery
from exchange.sharing import serving
from policy.facts import Mask
from policy.masking import mask_value, pseudonym, pseudonym_key
from policy.terms import DataType, Grade, MaskKind, Mode, ReaderKind, ShareType, Treatment
from tests.factories import accounts, sharing
from tests.factories.exchange import column
from tests.factories.sharing import TODAY

PSEUDONYM = Mask(MaskKind.PSEUDONYM)
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("phone", grade=Grade.L3, mask=PSEUDONYM, share_type=ShareType.CONDITIONAL),
    column(
        "fee", DataType.DECIMAL, grade=Grade.L3, mask=PSEUDONYM, share_type=ShareType.CONDITIONAL
    ),
)
ROWS = [(1, "a", "138", "1.50"), (2, "b", "138", "1.5"), (3, "c", "", "2"), (4, "d", '"', "-3.00")]
DATA = "id,name,phone,fee\n" + "\n".join(
    ",".join(f'"{str(cell).replace(chr(34), chr(34) * 2)}"' if cell else "" for cell in row)
    for row in ROWS
)


def granted(asker=None) -> sharing.Two:
    """Publish the rows anew and grant all fields, what is above L2 masked."""
    two = sharing.two(columns=COLUMNS, data=DATA, asker=asker)
    two.granted("id", "name", "phone", "fee", clear_up_to=Grade.L2)
    return two


def served(two: sharing.Two) -> serving.Served:
    caller = Caller(ReaderKind.DEPARTMENT, organization_id=two.asker.pk)
    return serving.under_grant(two.dataset.slug, caller, mode=Mode.QUERY, today=TODAY)


def page(found: serving.Served, **params: str) -> list[dict]:
    query = RecordQuery.parse({name: [value] for name, value in params.items()})
    return json.loads(reading.read(found.head, found.fields, query, found.scopes).rows)


def key_of(two: sharing.Two) -> bytes:
    return pseudonym_key(
        vault.pseudonym_secret(), consumer=str(two.asker.pk), dataset=str(two.dataset.pk)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("params", [{}, {"sort": "-name"}, {"fields": "phone,id", "name.ne": "x"}])
def test_a_page_holds_the_policys_pseudonyms_whatever_its_query(params):
    two = granted()

    found = {row["id"]: row["phone"] for row in page(served(two), **params)}

    expected = {row[0]: mask_value(PSEUDONYM, row[2] or None, key=key_of(two)) for row in ROWS}
    assert found == expected
    assert found[1] == found[2]


@pytest.mark.django_db
def test_numbers_are_taken_as_the_database_writes_them():
    two = granted()

    assert {row["id"]: row["fee"] for row in page(served(two))} == {
        row[0]: pseudonym(row[3], key=key_of(two)) for row in ROWS
    }


@pytest.mark.django_db
def test_the_change_feed_tells_the_same_pseudonyms():
    found = served(granted())

    feed = reading.changes(found.head, found.fields, found.scopes, since=0, cursor="", limit=1000)

    by_page = {row["id"]: (row["phone"], row["fee"]) for row in page(found)}
    assert {row["id"]: (row["phone"], row["fee"]) for row in json.loads(feed.rows)} == by_page


@pytest.mark.django_db
def test_two_consumers_and_one_in_two_datasets_cannot_be_joined():
    first = granted()
    second = granted()
    third = granted(asker=first.asker)
    other_consumer = Caller(ReaderKind.DEPARTMENT, organization_id=accounts.organization().pk)

    values = [page(served(two))[0]["phone"] for two in (first, second, third)]

    assert len(set(values)) == 3
    with pytest.raises(serving.GrantMissing):
        serving.under_grant(first.dataset.slug, other_consumer, mode=Mode.QUERY, today=TODAY)


@pytest.mark.django_db
def test_no_statement_holds_the_key_or_a_pseudonym():
    two = granted()
    found = served(two)

    with CaptureQueriesContext(connection) as statements:
        value = page(found, sort="name")[0]["phone"]
        page(found)

    asked = [one["sql"] for one in statements.captured_queries]
    told = " ".join([*asked, *found.fields.statements.values()])
    assert "SELECT" in told
    for secret in (key_of(two), vault.pseudonym_secret()):
        assert secret.hex() not in told
        assert str(secret) not in told
    assert value not in told


@pytest.mark.django_db
def test_without_a_key_the_value_is_starred():
    found = served(granted())
    found.fields.pseudonym_key = None
    found.fields.statements.clear()

    assert {row["phone"] for row in page(found)} == {"****", None}


FIELD = VisibleField(
    "v", "v", DataType.TEXT, Treatment.MASKED, mask={"kind": str(MaskKind.PSEUDONYM)}
)


def marked(value: str | None) -> bytes:
    """Let the database write a marked value into a row's JSON."""
    statement = sql.SQL("SELECT row_to_json(x)::text FROM (SELECT {} AS v, {} AS other) x").format(
        pseudonyms.marked(sql.Literal(value)), sql.Literal(value)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0].encode()


@pytest.mark.django_db
@given(
    value=st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    key=st.binary(min_size=32, max_size=32),
)
def test_any_text_comes_out_as_its_pseudonym_and_its_neighbour_as_it_is(value, key):
    fields = Seen({"v": FIELD})
    fields.pseudonym_key = key

    row = json.loads(pseudonyms.put(marked(value), fields))

    assert row == {"v": mask_value(PSEUDONYM, value, key=key), "other": value}


def test_a_mark_that_stays_keeps_the_page_back():
    fields = Seen({"v": FIELD})
    fields.pseudonym_key = bytes(32)

    with pytest.raises(pseudonyms.MarkLeft):
        pseudonyms.put(f'{{"v":"{pseudonyms.MARK}cut'.encode(), fields)
