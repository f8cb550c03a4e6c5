"""Newer versions of a file that everybody is given: the head lets each of them out."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import notices
from accounts.models import Membership, Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import additions, amending, resources, revisions, search, versions
from catalog.models import FileVersion
from catalog.refusals import StepRefused
from exchange import file_verbs, leaving, opening
from tests.databases import as_open_door
from tests.factories import accounts, exchange

pytestmark = pytest.mark.django_db
NEWER = b"a\n2\n"


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def add(where, dataset, data=NEWER, name="年鉴.csv"):
    file = dataset.resources.get(kind="file")
    told = {"name": name, "stream": io.BytesIO(data)}
    return resources.add_file_version(file.pk, **told, by=where.publisher, at=timezone.now())


def given(dataset):
    return Client().get(f"/api/v1/datasets/{dataset.slug}/files/file_1").getvalue()


def told(person):
    return [one.kind for one in notices.inbox(person) if one.kind == versions.WAITS]


def test_a_newer_version_is_given_once_the_head_has_released_it():
    where = exchange.house()
    dataset = exchange.with_file(where)
    newer = add(where, dataset)

    with as_open_door():
        before = given(dataset)
        seen = list(FileVersion.objects.values_list("number", "released_by"))
    file_verbs.release_version(newer.pk, by=where.head, at=exchange.NOW)
    with as_open_door():
        after = given(dataset)
        then = list(FileVersion.objects.values_list("number", "released_by"))

    assert (before, after) == (exchange.FILE, NEWER)
    assert (seen, then) == ([(1, None)], [(2, None)])
    entry = Entry.objects.get(verb="resource.release")
    assert (entry.details["number"], entry.details["sha256"]) == (2, newer.sha256)


def test_everywhere_else_the_one_before_it_is_given_too():
    where = exchange.house()
    dataset = exchange.with_file(where)

    add(where, dataset)

    assert given(dataset) == exchange.FILE


def test_the_head_is_told_until_it_is_released_ended_or_withdrawn():
    where = exchange.house()
    dataset = exchange.with_file(where)
    newer = add(where, dataset)
    assert told(where.head) == [versions.WAITS]
    assert told(where.publisher) == []

    file_verbs.release_version(newer.pk, by=where.head, at=exchange.NOW)
    open_then = Notice.objects.open().filter(kind=versions.WAITS).count()
    add(where, dataset, b"a\n3\n")
    opening.withdraw(dataset.pk, by=where.head, at=timezone.now(), reason="x")

    assert open_then == 0
    assert not Notice.objects.open().filter(kind=versions.WAITS).exists()
    assert not versions.waiting().exists()


def test_who_added_it_does_not_release_it_whatever_roles_they_hold():
    where = exchange.house()
    newer = add(where, exchange.with_file(where))
    Membership.objects.create(user=where.publisher, organization=where.department, role=Role.HEAD)

    with pytest.raises(NotAllowed, match="another person"):
        file_verbs.release_version(newer.pk, by=where.publisher, at=exchange.NOW)


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.REVIEWER, Role.OPERATOR, Role.HEAD])
def test_nobody_but_the_head_of_the_department_releases_it(role):
    where = exchange.house()
    newer = add(where, exchange.with_file(where))
    others = {Role.OPERATOR: where.operator, Role.HEAD: accounts.user(Role.HEAD)}
    by = others.get(role) or accounts.user(role, where.department)

    with pytest.raises(NotAllowed):
        file_verbs.release_version(newer.pk, by=by, at=exchange.NOW)


def test_only_the_newest_waits_and_only_once():
    where = exchange.house()
    dataset = exchange.with_file(where)
    second, third = add(where, dataset), add(where, dataset, b"a\n3\n")
    assert list(versions.waiting()) == [third]

    file_verbs.release_version(third.pk, by=where.head, at=exchange.NOW)

    for one in (second, third):
        with pytest.raises(StepRefused, match="does not wait"):
            file_verbs.release_version(one.pk, by=where.head, at=exchange.NOW)
    assert given(dataset) == b"a\n3\n"


def test_a_file_that_is_not_for_everybody_waits_for_nobody():
    where = exchange.house()
    newer = add(where, exchange.with_file(where, is_public=False))

    assert told(where.head) == []
    with pytest.raises(StepRefused, match="does not wait"):
        file_verbs.release_version(newer.pk, by=where.head, at=exchange.NOW)


def test_a_file_that_an_amendment_brings_was_seen_by_two_and_is_given_at_once():
    where = exchange.house()
    dataset = exchange.with_file(where)
    at = exchange.NOW + timedelta(days=1)
    file = additions.offered_file(
        title_zh="附录", name="附录.csv", stream=io.BytesIO(NEWER), is_public=True
    )
    change = amending.propose(dataset.pk, offered=[file], reason="补充", by=where.publisher, at=at)

    amending.sign(change.pk, by=where.head, at=at)
    revisions.decide_revision(change.pk, accept=True, reason="", by=where.operator, at=at)

    brought = FileVersion.objects.get(original_name="附录.csv")
    assert (brought.released_at, brought.released_by) == (at, where.operator)


def test_it_is_an_open_step_where_a_person_leaves():
    where = exchange.house()
    add(where, exchange.with_file(where))

    assert "release newer versions of files" in {one.what for one in leaving.open_steps()}


def test_the_search_does_not_tell_the_name_of_what_waits():
    where = exchange.house()
    newer = add(where, exchange.with_file(where), name="灯塔.csv")
    before = search.matching("灯塔").count()

    file_verbs.release_version(newer.pk, by=where.head, at=exchange.NOW)

    assert (before, search.matching("灯塔").count()) == (0, 1)
