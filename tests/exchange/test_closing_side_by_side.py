"""What is made for an organisation while it is being closed: it is refused, or it goes along."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, transaction

from accounts import developers, organizations
from accounts.models import App, Organization
from accounts.refusals import StepRefused
from accounts.roles import Role
from catalog import drafting, duties
from catalog.models import Dataset, Duty
from exchange import holdings, sources
from exchange.models import Source
from tests.factories import accounts as make
from tests.factories import catalog

NOW = make.NOW


def a_dataset(place, by):
    return drafting.create_dataset("trees", owner=place, title_zh="树木", by=by, at=NOW)


def a_source(place, by):
    return sources.create(place, name="文件", kind="csv", by=by, at=NOW)


def a_duty(place, by):
    return duties.create(
        "1", organization=place, title_zh="绿化", legal_basis="测试", by=by, at=NOW
    )


MADE = {
    "dataset": (a_dataset, Role.PUBLISHER, Dataset, "owner"),
    "source": (a_source, Role.PUBLISHER, Source, "organization"),
    "duty": (a_duty, Role.HEAD, Duty, "organization"),
}


def until_one_waits(url, call):
    """Return once a session of the database waits for a lock of another, or `call` ended."""
    with psycopg.connect(url, autocommit=True) as watcher:
        while (
            not call.done()
            and not watcher.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            ).fetchone()
        ):
            pass


def beside(verb):
    try:
        return verb()
    except StepRefused as refused:
        return refused.code
    finally:
        connection.close()


@pytest.mark.parametrize("kind", MADE)
def test_what_is_being_made_when_a_successor_takes_over_goes_along(kind, live_database):
    create, role, model, holder = MADE[kind]
    old, heir = make.organization(), make.organization()
    clerk = make.user(role, old)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            made = create(old, clerk)
            handing = pool.submit(
                beside, lambda: holdings.transfer(old.pk, to=heir, by=None, at=NOW)
            )
            until_one_waits(live_database, handing)
        handing.result()

    assert getattr(model.objects.get(pk=made.pk), holder) == heir


@pytest.mark.parametrize("kind", MADE)
def test_what_would_be_made_after_the_closing_began_is_refused(kind, live_database):
    create, role, model, _holder = MADE[kind]
    old, heir = make.organization(), make.organization()
    clerk = make.user(role, old)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            holdings.transfer(old.pk, to=heir, by=None, at=NOW)
            making = pool.submit(beside, lambda: create(old, clerk))
            until_one_waits(live_database, making)
        answer = making.result()

    assert answer == "organization-closed"
    assert not model.objects.exists()


def test_an_app_is_not_left_with_an_organisation_that_closes(live_database):
    place = make.organization()
    clerk = make.user(Role.DEVELOPER, place)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            holdings.close(place.pk, by=None, at=NOW)
            making = pool.submit(
                beside, lambda: developers.create_app(place, "路灯", by=clerk, at=NOW)
            )
            until_one_waits(live_database, making)
        answer = making.result()

    assert answer == "organization-closed"
    assert not App.objects.exists()


def test_a_dataset_submitted_while_its_department_closes_keeps_it_open(live_database):
    place = make.organization()
    entry = catalog.dataset(catalog.State.SIGNED, owner=place)
    clerk = make.user(Role.PUBLISHER, place)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            catalog.publishing.submit(entry.pk, by=clerk, at=NOW)
            closing = pool.submit(beside, lambda: holdings.close(place.pk, by=None, at=NOW))
            until_one_waits(live_database, closing)
        answer = closing.result()

    assert answer == "holdings-left"
    assert Organization.objects.get(pk=place.pk).is_open


def test_two_who_make_something_do_not_wait_for_each_other(live_database):
    place = make.organization()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        organizations.hold_open(place.pk)
        other = pool.submit(beside, lambda: transaction.atomic(organizations.hold_open)(place.pk))

        assert other.result(timeout=20) == place
