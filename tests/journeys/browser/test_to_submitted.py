"""A publisher takes a table and a workbook to *submitted*, in fewer than fifteen presses each."""

import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.models import Role
from catalog import publishing
from catalog.models import Dataset
from catalog.terms import State
from exchange import sources
from exchange.models import SourceKind, SyncRun
from tests.exchange.test_proposals import people, resident_id
from tests.factories import accounts, exchange

MOST_STEPS = 15
ABOUT = {
    "title_zh": "人员登记",
    "abstract_zh": "测试用的合成数据。",
    "license": "CC-BY-4.0",
    "contact": "0000-00000000",
    "share_condition_zh": "仅限履职核验。",
}


@pytest.fixture
def database(live_database):
    """A department's database with synthetic people, two of them with a wrong ID number."""
    url = exchange.source_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE people (id integer PRIMARY KEY, sfzh text, district text,"
            " registered_on date)"
        )
        with connection.cursor().copy("COPY people FROM STDIN") as copy:
            for number in range(1, 301):
                broken = "9" if number in (7, 70) else resident_id(number % 300)
                copy.write_row((number, broken, "望潮区", "2026-01-05"))
    yield url
    exchange.drop_database(url)


def to_the_head(seat, language):
    """Go from the proposed fields to the head's desk."""
    seat.sees(gettext("Fields"))
    seat.picture(f"sitting-fields-{language}")
    seat.press(gettext("Make the draft"))
    for name, value in ABOUT.items():
        field = seat.page.locator(f"[name={name}]")
        if field.count() and field.is_visible():
            field.fill(value)
    seat.page.locator("[name=update_cycle]").select_option("monthly")
    seat.press(gettext("Keep and go on"))
    seat.sees(gettext("First rows as they would be served. What is withheld says why."))
    seat.picture(f"sitting-preview-{language}")
    seat.press(gettext("Go on: run a trial"))
    seat.sees(gettext("Would be accepted"))  # by itself, when the worker has done it
    seat.picture(f"sitting-trial-{language}")
    seat.press(gettext("Send to the head for signature"))
    return Dataset.objects.get()


def to_submitted(seat, dataset, head):
    """The head signs; the publisher submits."""
    vouched = dict.fromkeys(publishing.CHECKLIST, True)
    publishing.sign(dataset.pk, by=head, at=timezone.now(), checklist=vouched)
    seat.open(reverse("admin:catalog_dataset_change", args=[dataset.pk]))
    seat.press(gettext("Submit for review"), "link")
    seat.press(gettext("Submit for review"))
    seat.sees(gettext("The entry is with the data authority."))
    dataset.refresh_from_db()
    assert dataset.state == State.IN_REVIEW
    assert dataset.code
    assert seat.troubles == []
    assert seat.steps < MOST_STEPS


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_table_of_a_database_is_submitted(site, database, language):
    where = exchange.house()
    head = accounts.user(Role.HEAD, where.department)
    parts = psycopg.conninfo.conninfo_to_dict(database)
    sources.allow_host(parts["host"], 5432, by=where.system, at=exchange.NOW)
    site.with_worker()

    with translation.override(language):
        seat = site.seat(where.publisher, language)
        seat.open(reverse("admin:sitting"))
        seat.press(str(SourceKind.POSTGRESQL.label), "link")
        told = {
            "name": "户籍库",
            "host": parts["host"],
            "port": "5432",
            "database": parts["dbname"],
            "user": parts["user"],
            "password": "none is asked for",
        }
        for name, value in told.items():
            seat.page.locator(f"[name={name}]").fill(value)
        seat.page.locator("#content-main form button.primary").click()
        seat.steps += 1
        seat.press("public.people", "link")
        seat.press(gettext("Propose the fields"), "link")
        seat.sees("298")
        dataset = to_the_head(seat, language)
        to_submitted(seat, dataset, head)

    run = SyncRun.objects.get()
    assert (run.read, run.rejected) == (300, 2)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_workbook_is_submitted(site, tmp_path, language):
    where = exchange.house()
    head = accounts.user(Role.HEAD, where.department)
    book = tmp_path / "人员登记.xlsx"
    book.write_bytes(people())
    site.with_worker()

    with translation.override(language):
        seat = site.seat(where.publisher, language)
        seat.open(reverse("admin:sitting"))
        seat.picture(f"sitting-source-{language}")
        seat.press(str(SourceKind.EXCEL.label), "link")
        seat.page.locator("[name=name]").fill("台账")
        seat.page.locator("#content-main form button.primary").click()
        seat.steps += 1
        seat.page.locator("[name=file]").set_input_files(book)
        seat.press(gettext("Upload and look"))
        seat.sees("身份证号")
        seat.picture(f"sitting-look-{language}")
        seat.press(gettext("Propose the fields"), "link")
        dataset = to_the_head(seat, language)
        to_submitted(seat, dataset, head)

    assert SyncRun.objects.get().accepted == 59
