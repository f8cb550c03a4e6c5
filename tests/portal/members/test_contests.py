"""A member enters an app in a contest, and takes it out again."""

from datetime import timedelta

import psycopg
import pytest
from django.test import Client
from django.test.utils import override_settings

from accounts.roles import OrganizationKind, Role
from audit.models import Entry
from community import contests, speaking
from community.models import ContestEntry
from exchange.members_rights import MEMBERS, PERSON
from tests.exchange.sessions import session, signed_in
from tests.factories import accounts, community, exchange
from tests.portal.members import people
from tests.portal.members.test_role import AS_MEMBERS

db = pytest.mark.django_db


def now():
    return exchange.now()


def speaker(email="lan@example.org", name="Lan"):
    """Enter a member who speaks under a name."""
    made = people.enter(email)
    speaking.take_name(name, by=made, at=now())
    return made


def browser(user) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, "accounts.backends.RoleBackend")
    return client


@pytest.fixture
def lan(db):
    return speaker()


def test_an_app_that_waits_is_entered_and_taken_out(lan):
    app, made, client = community.showcase(by=lan), community.contest(at=now()), browser(lan)

    asked = client.get(f"/my/contests/{made.slug}/").content.decode()
    sent = client.post(f"/my/contests/{made.slug}/", {"app": app.pk})
    listed = client.get(sent["Location"]).content.decode()
    again = client.get(f"/my/contests/{made.slug}/").content.decode()
    gone = client.post(f"/my/contests/{made.slug}/leave/{app.pk}/")

    assert f'value="{app.pk}"' in asked
    assert made.rules_en in asked
    assert f"“{app.title_en}” is entered" in listed
    assert "Take it out" in listed
    assert "no app that could be entered" in again
    assert (sent.status_code, gone.status_code) == (302, 302)
    assert not ContestEntry.objects.exists()


def test_who_shows_nothing_is_led_to_show_something(lan):
    made = community.contest(at=now())
    community.showcase(shown=True)

    told = browser(lan).get(f"/my/contests/{made.slug}/").content.decode()

    assert 'href="/my/talk/app/"' in told
    assert 'name="app"' not in told


def test_the_app_of_another_is_answered_as_if_it_was_not_there(lan):
    app, made, client = community.showcase(shown=True), community.contest(at=now()), browser(lan)

    for told in (str(app.pk), "", "x", "9" * 30):
        sent = client.post(f"/my/contests/{made.slug}/", {"app": told})
        assert sent.status_code == 404, told
    assert client.post(f"/my/contests/{made.slug}/leave/{app.pk}/").status_code == 404
    assert not ContestEntry.objects.exists()


def test_after_the_last_day_the_page_says_so_and_the_verb_refuses_with_the_day(lan):
    made, client = community.judged(at=now()), browser(lan)
    app = community.showcase(by=lan)

    told = client.get(f"/my/contests/{made.slug}/").content.decode()
    sent = client.post(f"/my/contests/{made.slug}/", {"app": app.pk})

    assert "and not today" in told
    assert 'name="app"' not in told
    assert sent.status_code == 409
    assert f"ended on {made.entries_until}" in sent.content.decode()


def test_a_draft_and_what_was_called_off_cannot_be_entered(lan):
    draft, off = community.contest(shown=False, at=now()), community.contest(at=now())
    contests.withdraw(off.pk, reason="x", by=community.operator(), at=now())

    for made in (draft, off):
        assert browser(lan).get(f"/my/contests/{made.slug}/").status_code == 404


def test_the_list_tells_the_award_and_why_a_contest_was_called_off(lan):
    app = community.showcase(by=lan, shown=True)
    community.awarded(app, at=now())
    off = community.judged(app, at=now())
    contests.withdraw(off.pk, reason="no jury", by=community.operator(), at=now())

    told = browser(lan).get("/my/contests/").content.decode()

    assert "First prize" in told
    assert "no jury" in told
    assert "Take it out" not in told


def test_who_is_not_signed_in_is_led_to_the_entrance(db):
    made = community.contest(at=now())

    for path in ("/my/contests/", f"/my/contests/{made.slug}/"):
        assert Client().get(path)["Location"].startswith("/my/sign-in/")


def test_all_of_it_works_with_the_rights_of_the_members_role(live_database):
    made, app = community.contest(at=now()), community.showcase(by=speaker())

    with signed_in(USER="city_members"), override_settings(**AS_MEMBERS):
        client = Client(headers={"Accept-Language": "en"})
        people.sign_in(client, "lan@example.org")
        asked = client.get(f"/my/contests/{made.slug}/")
        sent = client.post(f"/my/contests/{made.slug}/", {"app": app.pk})
        listed = client.get("/my/contests/").content.decode()
        left = client.post(f"/my/contests/{made.slug}/leave/{app.pk}/")
        client.post(f"/my/contests/{made.slug}/", {"app": app.pk})

    assert (asked.status_code, sent.status_code, left.status_code) == (200, 302, 302)
    assert app.title_en in listed
    assert ContestEntry.objects.get().showcase == app
    assert Entry.objects.filter(verb="contest.enter").count() == 2


def test_the_role_sees_no_draft_and_makes_no_award_and_no_entry_for_another(live_database):
    author, other = speaker(), speaker("mei@example.org", "Mei")
    company = accounts.organization(OrganizationKind.COMPANY)
    colleague = accounts.user(Role.DEVELOPER, company)
    app = community.showcase(by=author, shown=True)
    community.contest(shown=False, at=now())
    made = community.awarded(app, at=now())
    insert = (
        "INSERT INTO community_contestentry"
        " (contest_id, showcase_id, entered_at, entered_by_id, place, award_zh, award_en)"
        " VALUES (%s, %s, now(), %s, %s, %s, %s)"
    )
    taking = community.contest(at=now() + timedelta(hours=1))

    with session(live_database, MEMBERS) as door:
        slugs = {row[0] for row in door.execute("SELECT slug FROM community_contest")}
        for person in (other, colleague, author):
            door.execute("SELECT set_config(%s, %s, false)", [PERSON, str(person.pk)])
            seen = door.execute("SELECT count(*) FROM community_contestentry").fetchone()[0]
            assert seen == (1 if person == author else 0)
            gone = door.execute("DELETE FROM community_contestentry").rowcount
            assert gone == 0  # with an award it stays, whoever asks
            tries = [(taking.pk, app.pk, person.pk, 1, "奖", "prize")]
            if person != author:
                tries.append((taking.pk, app.pk, person.pk, None, "", ""))
            for told in tries:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    door.execute(insert, told)
        for statement in (
            "UPDATE community_contestentry SET place = 1",
            "UPDATE community_contest SET state = 'draft'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                door.execute(statement)
        door.execute(insert, (taking.pk, app.pk, author.pk, None, "", ""))

    assert slugs == {made.slug, taking.slug}
