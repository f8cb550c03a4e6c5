"""The pages of followed datasets: put on the list, looked at, taken off, letters and their end."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from accounts import limits
from accounts.limits import Limit
from accounts.models import User
from catalog import publishing
from catalog.terms import State
from community import follows, letters
from community.models import Follow, Follower, Letters
from exchange import file_verbs
from tests.exchange.sessions import signed_in
from tests.factories import catalog, community, exchange
from tests.factories.exchange import now
from tests.portal.members import people
from tests.portal.members.test_role import AS_MEMBERS

db = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def signed(email="lan@example.org") -> Client:
    """Return a browser of a member."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(people.enter(email), "accounts.backends.RoleBackend")
    return client


@pytest.fixture
def lan(db):
    return signed()


def add(client, dataset, wanted="none"):
    return client.post(f"/my/followed/add/{dataset.slug}/", {"letters": wanted})


def read(client, path="/my/followed/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def stop_link() -> str:
    return f"/my/followed/stop/{follows.stop_token(User.objects.get(name='Lan').pk)}/"


@db
def test_the_page_of_a_dataset_leads_to_following_without_a_form(client):
    dataset = catalog.dataset()

    page = read(client, f"/datasets/{dataset.slug}")
    asked = client.get(f"/my/followed/add/{dataset.slug}/")

    assert f'href="/my/followed/add/{dataset.slug}/"' in page
    assert 'method="post"' not in page
    assert asked.status_code == 302
    assert "sign-in" in asked["Location"]


@db
def test_a_withdrawn_dataset_is_not_offered_to_be_followed(lan):
    dataset = catalog.dataset(State.WITHDRAWN)

    page = lan.get(f"/datasets/{dataset.slug}").content.decode()

    assert "/my/followed/add/" not in page
    assert lan.get(f"/my/followed/add/{dataset.slug}/").status_code == 404


def test_a_dataset_is_put_on_the_list_seen_there_and_taken_off(lan):
    dataset = catalog.dataset(title_en="Bus stops")

    form = read(lan, f"/my/followed/add/{dataset.slug}/")
    sent = add(lan, dataset, "daily")
    listed = read(lan, sent["Location"])
    again = read(lan, f"/my/followed/add/{dataset.slug}/")
    off = lan.post(f"/my/followed/remove/{dataset.slug}/")
    empty = read(lan, off["Location"])

    assert "Follow “Bus stops”" in form
    assert "You follow “Bus stops” now." in listed
    assert Follower.objects.get().letters == Letters.DAILY
    assert "You follow it already." in again
    assert "is off your list." in empty
    assert "You follow nothing yet." in empty
    assert not Follow.objects.exists()


def test_what_changed_stays_marked_through_a_visit_and_is_gone_at_the_next(lan):
    dataset = catalog.dataset()
    add(lan, dataset)
    person = User.objects.get(name="Lan")
    before = now() - timedelta(days=2)
    Follower.objects.update(since=before, seen_at=before)
    Follow.objects.update(since=before)
    community.comment(dataset, answer="好", at=now() - timedelta(days=1))

    first, again = read(lan), read(lan)
    other = Client(headers={"Accept-Language": "en"})
    other.force_login(person, "accounts.backends.RoleBackend")
    next_visit = read(other)

    assert "A comment was answered" in first
    assert "A comment was answered" in again
    assert "A comment was answered" not in next_visit
    assert "Nothing has changed since your last visit" in next_visit


def test_a_withdrawn_dataset_stays_on_the_list_with_its_day(lan):
    dataset = catalog.dataset()
    add(lan, dataset)
    read(lan)
    publishing.retire(dataset.pk, by=community.operator(), at=now(), reason="停止")

    page = read(lan)

    assert "withdrawn" in page
    assert f"Withdrawn on {now():%Y}" in page


def test_letters_are_chosen_on_the_list_in_the_language_of_the_page(lan):
    add(lan, catalog.dataset())

    chosen = lan.post("/my/followed/letters/?lang=zh-hans", {"letters": "daily"})
    nonsense = lan.post("/my/followed/letters/", {"letters": "hourly"})

    kept = Follower.objects.get()
    assert chosen.status_code == 302
    assert nonsense.status_code == 404
    assert (kept.letters, kept.language) == ("daily", "zh-hans")


def test_too_many_changes_in_a_day_are_refused(lan, monkeypatch):
    monkeypatch.setattr(limits, "FOLLOW", Limit("follow-tested", 1, 60))
    one, two = catalog.dataset(), catalog.dataset()

    answers = [add(lan, one).status_code, add(lan, two).status_code]

    assert answers == [302, 429]
    assert Follow.objects.count() == 1


def test_a_full_list_is_409(lan, monkeypatch):
    monkeypatch.setattr(follows, "MOST", 1)
    add(lan, catalog.dataset())

    answer = add(lan, catalog.dataset())

    assert answer.status_code == 409
    assert "Take one off your list first" in answer.content.decode()


def test_the_list_asks_as_many_queries_for_twelve_datasets_as_for_one(lan):
    add(lan, catalog.dataset())
    counts = []
    for _turn in range(2):
        read(lan)
        with CaptureQueriesContext(connection) as asked:
            read(lan)
        counts.append(len(asked))
        for _each in range(11):
            made = catalog.dataset()
            community.comment(made, answer="好", at=now())
            add(lan, made)

    assert counts[0] == counts[1]


def test_the_way_out_works_signed_out_by_a_press_and_not_by_looking(lan):
    add(lan, catalog.dataset(), "daily")
    stranger = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})

    looked = read(stranger, stop_link())
    head = stranger.head(stop_link())
    untouched = Follower.objects.get().letters
    pressed = stranger.post(stop_link())

    assert "Shall no more of them come?" in looked
    assert (head.status_code, untouched) == (200, Letters.DAILY)
    assert "No letters come any more." in pressed.content.decode()
    assert Follower.objects.get().letters == Letters.NONE
    assert Follow.objects.count() == 1
    assert not stranger.cookies


def test_a_mail_program_ends_letters_with_one_request(lan):
    """RFC 8058: a POST with this body, without cookies, and no redirect in answer."""
    add(lan, catalog.dataset(), "daily")

    answer = Client(enforce_csrf_checks=True).post(stop_link(), ONE_CLICK)

    assert answer.status_code == 200
    assert Follower.objects.get().letters == Letters.NONE


@db
@pytest.mark.parametrize("word", ["x", "1", "a:b:c"])
def test_a_word_that_was_not_signed_here_ends_nothing(word):
    answer = Client(headers={"Accept-Language": "en"}).post(f"/my/followed/stop/{word}/")

    assert answer.status_code == 404
    assert "This link is not whole" in answer.content.decode()


def test_closing_the_account_takes_the_list_along(lan):
    add(lan, catalog.dataset(), "daily")

    lan.post("/my/close/", {"password": people.PASSWORD})

    assert not Follower.objects.exists()
    assert not Follow.objects.exists()


def test_files_are_told_of_with_the_rights_of_the_members_role(live_database, settings, tmp_path):
    settings.FILE_STORE, settings.PUBLIC_FILE_STORE = tmp_path / "files", tmp_path / "public"
    where = exchange.house()
    columns = (exchange.column("name"),)
    opened, closed = (
        exchange.with_file(where, columns=columns, is_public=False) for _each in range(2)
    )
    lan = people.enter("lan@example.org")
    for dataset in (opened, closed):
        follows.follow(dataset.pk, language="en", by=lan, at=now())
        file = dataset.resources.get(kind="file")
        file_verbs.open_file(file.pk, by=where.publisher, at=now(), reason="公众需要")
        file_verbs.release_version(file.versions.get().pk, by=where.head, at=now())
    file_verbs.close_file(file.pk, by=where.head, at=now(), reason="有误")

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = Client(headers={"Accept-Language": "en"})
        people.sign_in(client, "lan@example.org")
        listed = read(client)

    assert listed.count("A file was opened, or given in a newer version") == 1
    assert listed.count("A file was closed to everyone") == 1


def test_all_of_it_works_with_the_rights_of_the_members_role(live_database):
    dataset, other = catalog.dataset(title_en="Bus stops"), community.follower(catalog.dataset())
    people.enter("gu@example.org")

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = Client(headers={"Accept-Language": "en"})
        people.sign_in(client, "gu@example.org")
        added = add(client, dataset, "daily")
        listed = read(client)
    before = now() - timedelta(days=2)
    mine = Follower.objects.exclude(user=other)
    mine.update(since=before, told_until=before)
    Follow.objects.filter(follower__in=mine).update(since=before)
    community.comment(dataset, answer="好", at=now() - timedelta(days=1))
    noon = now().replace(hour=4) + timedelta(days=1)
    written = letters.write_due(at=noon)
    link = re.search(r"(/my/followed/stop/\S+/)", mail.outbox[-1].body)[1]
    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client.get("/my/followed/")
        stopped = Client().post(link)
        closed = client.post("/my/close/", {"password": people.PASSWORD})

    assert (added.status_code, written) == (302, 1)
    assert "Bus stops" in listed
    assert (stopped.status_code, closed.status_code) == (200, 302)
    assert [one.user for one in Follower.objects.all()] == [other]
