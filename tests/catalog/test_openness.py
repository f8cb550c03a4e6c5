"""A file is opened with four eyes, also long after it was added, and closed at once."""

import io

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import openness, resources, versions
from catalog.models import Resource, SearchEntry
from catalog.refusals import EntryRefused, StepRefused
from catalog.terms import State
from exchange import file_verbs, leaving, opening
from policy.terms import OpenType
from tests.databases import as_open_door
from tests.factories import accounts, catalog, exchange

pytestmark = pytest.mark.django_db
WHY = "市民常来索取"


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    settings.PUBLIC_FILE_STORE = str(tmp_path / "public")


@pytest.fixture
def where():
    return exchange.house()


@pytest.fixture
def closed(where):
    """A published entry with a file that nobody opened."""
    return exchange.with_file(where, is_public=False)


def the_file(dataset) -> Resource:
    return dataset.resources.get(kind="file")


def newest(dataset):
    return the_file(dataset).versions.order_by("-number").first()


def propose(where, dataset, by=None, reason=WHY):
    by = by or where.publisher
    return file_verbs.open_file(the_file(dataset).pk, by=by, at=exchange.NOW, reason=reason)


def release(dataset, by):
    return file_verbs.release_version(newest(dataset).pk, by=by, at=exchange.NOW)


def close(dataset, by, reason="有误"):
    return file_verbs.close_file(the_file(dataset).pk, by=by, at=exchange.NOW, reason=reason)


def status(dataset):
    answer = Client().get(f"/api/v1/datasets/{dataset.slug}/files/file_1")
    if answer.status_code == 200:
        assert answer.getvalue()  # to its end
    return answer.status_code


def told(person):
    role = person.memberships.get().role
    rows = Notice.objects.open().filter(kind__startswith="file.", role=role)
    return list(rows.values_list("kind", flat=True))


# opening


def test_a_file_is_given_once_the_head_has_released_what_the_publisher_proposed(where, closed):
    propose(where, closed)
    with as_open_door():
        waiting = status(closed)
    waits = told(where.head)
    release(closed, where.head)
    with as_open_door():
        released = status(closed)

    assert (waiting, released) == (403, 200)
    assert waits == ["file.openable"]
    assert told(where.head) == []
    entry = Entry.objects.get(verb="resource.open")
    assert entry.details["reason"] == WHY
    assert Entry.objects.filter(verb="resource.release").count() == 1


def test_who_proposed_it_does_not_release_it_whatever_roles_they_hold(where, closed):
    both = accounts.user(Role.PUBLISHER, where.department)
    Membership.objects.create(user=both, organization=where.department, role=Role.HEAD)
    propose(where, closed, by=both)  # the version is another person's

    with pytest.raises(NotAllowed, match="proposed to open"):
        release(closed, both)

    assert status(closed) == 403


def test_after_its_release_who_proposed_it_is_forgotten(where, closed):
    both = accounts.user(Role.PUBLISHER, where.department)
    Membership.objects.create(user=both, organization=where.department, role=Role.HEAD)
    propose(where, closed, by=both)
    release(closed, where.head)
    stream = io.BytesIO(b"a\n2\n")
    by = {"by": where.publisher, "at": exchange.NOW}
    resources.add_file_version(the_file(closed).pk, name="b.csv", stream=stream, **by)

    released = release(closed, both)

    assert released.released_by == both


@pytest.mark.parametrize("role", [Role.HEAD, Role.REVIEWER, Role.OPERATOR, Role.PUBLISHER])
def test_nobody_but_a_publisher_of_the_department_proposes_it(role, where, closed):
    people = {Role.HEAD: where.head, Role.OPERATOR: where.operator}
    people |= {Role.PUBLISHER: accounts.user(Role.PUBLISHER)}  # of another department
    by = people.get(role) or accounts.user(role, where.department)

    with pytest.raises(NotAllowed):
        propose(where, closed, by=by)


def test_the_head_decides_by_a_reason(where, closed):
    with pytest.raises(EntryRefused, match="Say why"):
        propose(where, closed, reason=" ")


def test_a_newer_version_of_what_waits_is_what_is_opened_then(where, closed):
    propose(where, closed)
    first = newest(closed)
    stream = io.BytesIO(b"a\n2\n")
    by = {"by": where.publisher, "at": exchange.NOW}
    resources.add_file_version(the_file(closed).pk, name="b.csv", stream=stream, **by)

    with pytest.raises(StepRefused, match="does not wait"):
        file_verbs.release_version(first.pk, by=where.head, at=exchange.NOW)
    waits = told(where.head)
    release(closed, where.head)

    assert waits == ["file.openable"]  # nobody is given one before it, so of that nobody is told
    assert status(closed) == 200


def test_in_a_draft_it_is_open_with_the_entry_and_closed_without_a_reason():
    draft = catalog.offers(accounts.organization())
    by = {"by": catalog.staff(Role.PUBLISHER, draft.owner), "at": exchange.NOW}
    file = draft.resources.get(kind="file")

    opened = file_verbs.open_file(file.pk, **by)
    closed = file_verbs.close_file(file.pk, **by)

    assert (opened.is_public, opened.opening_proposed_by) == (True, None)
    assert not closed.is_public
    assert not versions.waiting().exists()
    assert not Notice.objects.filter(kind__startswith="file.").exists()


def test_the_head_alone_does_not_close_what_is_still_a_draft():
    draft = catalog.offers(accounts.organization())
    file = draft.resources.get(kind="file")
    publisher, head = (catalog.staff(one, draft.owner) for one in (Role.PUBLISHER, Role.HEAD))
    file_verbs.open_file(file.pk, by=publisher, at=exchange.NOW)

    with pytest.raises(NotAllowed):
        file_verbs.close_file(file.pk, by=head, at=exchange.NOW)


def test_the_search_calls_an_entry_open_once_its_file_is_released(where, closed):
    def found():
        listed = SearchEntry.objects.get(dataset=closed).opening
        return {kind for place, kind in enumerate(OpenType) if listed >> place & 1}

    before = found()
    propose(where, closed)
    waiting = found()
    release(closed, where.head)

    assert before == waiting
    assert OpenType.UNCONDITIONAL not in waiting
    assert OpenType.UNCONDITIONAL in found()


def test_it_is_an_open_step_that_neither_of_two_people_can_take(where, closed):
    other = accounts.user(Role.PUBLISHER, where.department)
    propose(where, closed, by=other)

    [step] = [one for one in leaving.open_steps() if one.permission == "catalog.release_version"]

    assert step.not_by == {where.publisher.pk, other.pk}


def test_the_open_door_is_not_told_who_proposed_it(where, closed):
    propose(where, closed)

    with as_open_door():
        seen = list(Resource.objects.values_list("opening_proposed_by", flat=True))

    assert seen == [None]


# closing


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.HEAD, Role.OPERATOR])
def test_a_file_is_closed_at_once_and_its_people_are_told_why(role, where):
    dataset = exchange.with_file(where)
    by = {"publisher": where.publisher, "head": where.head, "operator": where.operator}[role]

    close(dataset, by)

    assert status(dataset) == 403
    assert told(where.publisher) == told(where.head) == ["file.closed"]
    assert Entry.objects.get(verb="resource.close").details["reason"] == "有误"
    assert the_file(dataset).ended_at is None


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD])
def test_nobody_else_closes_it(role, where):
    dataset = exchange.with_file(where)
    by = accounts.user(role) if role == Role.HEAD else accounts.user(role, where.department)

    with pytest.raises(NotAllowed):
        close(dataset, by)


def test_it_is_closed_for_a_reason(where):
    with pytest.raises(EntryRefused, match="Say why"):
        close(exchange.with_file(where), where.head, reason="")


def test_to_open_it_again_takes_the_head_again(where):
    dataset = exchange.with_file(where)
    close(dataset, where.head)

    propose(where, dataset)
    waiting = status(dataset)
    release(dataset, where.head)

    assert (waiting, status(dataset)) == (403, 200)
    assert told(where.publisher) == []


def test_what_waits_is_taken_back_by_closing_it(where, closed):
    propose(where, closed)

    close(closed, where.head, reason="含个人信息")

    assert not versions.waiting().exists()
    assert told(where.head) == ["file.closed"]
    with pytest.raises(StepRefused, match="does not wait"):
        release(closed, where.head)


# wrong states


def test_what_is_open_is_not_opened_and_what_is_closed_is_not_closed(where, closed):
    with pytest.raises(StepRefused, match="closed already"):
        close(closed, where.head)
    propose(where, closed)

    with pytest.raises(StepRefused, match="open to everyone already"):
        propose(where, closed)


@pytest.mark.parametrize("verb", [openness.open_file, openness.close_file])
def test_a_withdrawn_entry_an_ended_file_and_one_in_review_take_neither(verb, where):
    by = {"by": where.publisher, "at": exchange.NOW, "reason": "x"}
    withdrawn = exchange.with_file(where)
    opening.withdraw(withdrawn.pk, by=where.head, at=timezone.now(), reason="x")
    ended = exchange.with_file(where, columns=exchange.KEYED)
    file_verbs.end_resource(the_file(ended).pk, **by)
    review = catalog.dataset(State.IN_REVIEW, owner=where.department)
    table = review.resources.get()

    for resource in (the_file(withdrawn), the_file(ended), table):
        with pytest.raises(StepRefused):
            verb(resource.pk, **by)


def test_only_a_file_is_opened_as_a_whole(where):
    dataset = exchange.with_file(where, columns=exchange.KEYED)
    table = dataset.resources.get(kind="table")

    with pytest.raises(EntryRefused, match="is no file"):
        openness.open_file(table.pk, by=where.publisher, at=exchange.NOW, reason="x")
