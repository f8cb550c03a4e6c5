"""Following datasets: one's own list, within limits, for nobody else, gone with the account."""

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connections
from django.utils import translation

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog.terms import State
from community import farewell, follows
from community.models import Follow, Follower, Letters
from community.news import Change
from community.refusals import FollowedEnough
from exchange.members_rights import MEMBERS
from exchange.workflow import StepRefused
from tests.exchange.sessions import session
from tests.factories import accounts, catalog, community

db = pytest.mark.django_db
NOW = community.NOW
DAY = timedelta(days=1)


def follow(dataset, by, at=NOW) -> Follow:
    return follows.follow(dataset.pk, language="en", by=by, at=at)


def listed(person, *, after=NOW) -> list[follows.Followed]:
    return follows.followed(person, after=after, until=NOW + 30 * DAY)


@db
def test_a_dataset_is_followed_once_and_taken_off_again():
    member, dataset = accounts.user(None), catalog.dataset()

    first = follow(dataset, member)
    assert follow(dataset, member, at=NOW + DAY) == first
    assert follows.is_followed(dataset, by=member)
    for _again in range(2):
        follows.unfollow(dataset.pk, by=member, at=NOW)

    assert not Follow.objects.exists()
    assert list(
        Entry.objects.filter(verb__startswith="follow.").values_list("verb", flat=True)
    ) == [
        "follow.add",
        "follow.remove",
    ]


@db
def test_the_trail_says_that_a_list_was_changed_and_not_by_which_dataset():
    member, dataset = accounts.user(None), catalog.dataset(slug="rare-diseases")
    before = Entry.objects.count()

    follow(dataset, member)
    follows.unfollow(dataset.pk, by=member, at=NOW)

    written = repr(list(Entry.objects.order_by("pk").values()[before:]))
    assert written.count("follow.") == 2
    assert "rare-diseases" not in written
    assert dataset.address not in written
    assert dataset.code not in written


@db
@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW, State.WITHDRAWN])
def test_only_what_is_published_can_be_followed(state):
    with translation.override("en"), pytest.raises(StepRefused, match="published"):
        follow(catalog.dataset(state), accounts.user(None))

    assert not Follow.objects.exists()


@db
def test_the_office_follows_nothing():
    with pytest.raises(NotAllowed):
        follow(catalog.dataset(), accounts.user(Role.OPERATOR))


@db
def test_a_list_has_an_end(monkeypatch):
    monkeypatch.setattr(follows, "MOST", 2)
    member = community.follower(catalog.dataset(), catalog.dataset())

    with pytest.raises(FollowedEnough, match="2"):
        follow(catalog.dataset(), member)

    assert Follow.objects.count() == 2


def test_two_at_once_do_not_follow_more_than_one_may(live_database, monkeypatch):
    monkeypatch.setattr(follows, "MOST", 3)
    member, many = accounts.user(None), [catalog.dataset() for _each in range(6)]
    ready, refused = threading.Barrier(6), []

    def add(number: int) -> None:
        try:
            ready.wait()
            follow(many[number], member)
        except FollowedEnough as no:
            refused.append(no)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert (Follow.objects.count(), len(refused)) == (3, 3)


@db
def test_a_list_tells_what_changed_since_it_was_looked_at_and_since_one_follows():
    member, early, late = accounts.user(None), catalog.dataset(), catalog.dataset()
    follow(early, member)
    community.comment(early, answer="好", at=NOW + DAY)
    community.comment(late, answer="好", at=NOW + DAY)
    follow(late, member, at=NOW + 2 * DAY)

    both = {one.dataset: [told.change for told in one.news] for one in listed(member)}
    later = listed(member, after=NOW + DAY)

    assert both == {early: [Change.ANSWERED], late: []}
    assert [one.news for one in later] == [(), ()]
    assert listed(member)[0].dataset == early


@db
def test_a_visit_returns_when_the_last_one_was():
    member = community.follower(catalog.dataset())

    assert follows.visit(by=member, at=NOW + DAY) == NOW
    assert follows.visit(by=member, at=NOW + 2 * DAY) == NOW + DAY
    assert follows.visit(by=accounts.user(None), at=NOW) is None


@db
def test_letters_are_none_until_they_are_asked_for_and_begin_with_that():
    member = accounts.user(None)
    follow(catalog.dataset(), member)
    before = Follower.objects.get().letters

    follows.choose_letters(Letters.DAILY, language="zh-hans", by=member, at=NOW + DAY)

    chosen = Follower.objects.get()
    assert (before, chosen.letters) == (Letters.NONE, Letters.DAILY)
    assert (chosen.language, chosen.told_until) == ("zh-hans", NOW + DAY)


@db
def test_the_signed_word_ends_letters_and_another_one_does_not():
    member = community.follower(catalog.dataset())
    token = follows.stop_token(member.pk)

    assert follows.person_of_token(token) == member.pk
    assert follows.person_of_token(token[:-2] + "xx") is None
    assert follows.person_of_token(str(member.pk)) is None
    for _again in range(2):
        follows.stop_letters(member.pk, at=NOW)

    assert Follower.objects.get().letters == Letters.NONE
    assert Follow.objects.count() == 1
    assert Entry.objects.filter(verb="follow.letters").count() == 2  # asked for, ended


@db
def test_closing_the_account_deletes_the_list():
    member, other = community.follower(catalog.dataset()), community.follower(catalog.dataset())

    farewell.close(member.pk, by=member, at=NOW)

    assert [one.follower.user for one in Follow.objects.all()] == [other]
    assert [one.user for one in Follower.objects.all()] == [other]
    follows.stop_letters(member.pk, at=NOW)  # by an old letter


def test_the_members_door_sees_one_persons_list_at_a_time(live_database):
    mine, theirs = community.follower(catalog.dataset()), community.follower(catalog.dataset())
    ours = Follower.objects.get(user=mine)

    with session(live_database, MEMBERS) as door:

        def seen(person: object) -> tuple[list, list]:
            door.execute("SELECT set_config('city.person', %s, false)", [str(person)])
            people = door.execute("SELECT user_id FROM community_follower").fetchall()
            rows = door.execute("SELECT follower_id FROM community_follow").fetchall()
            return [one for (one,) in people], [one for (one,) in rows]

        nobody, own = seen(""), seen(mine.pk)
        taken = door.execute(
            "DELETE FROM community_follow WHERE follower_id <> %s", [ours.pk]
        ).rowcount
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute(
                "UPDATE community_follower SET user_id = %s WHERE user_id = %s",
                [theirs.pk, mine.pk],
            )

    assert nobody == ([], [])
    assert own == ([mine.pk], [ours.pk])
    assert taken == 0
