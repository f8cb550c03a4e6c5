"""What companies apply for and hold, with the rights of the members' role: each only its own."""

from dataclasses import replace

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from accounts.roles import NotAllowed, Role
from exchange.members_rights import MEMBERS, seen_by
from exchange.models import Agreement, Grant, RequestEvent, ShareRequest
from exchange.sharing import applications, asking, deciding, lifecycle
from exchange.workflow import GrantState, State
from tests.exchange.sessions import session, signed_in
from tests.factories import accounts, hooks
from tests.factories.market import NOW, TODAY, TRUE, UNTIL, company, market
from tests.factories.sharing import two as build_two

TABLES = (ShareRequest, RequestEvent, Grant, Agreement)


@pytest.fixture
def city(live_database):
    """A company with a grant and a draft, another with an application, and a department's."""
    mine = market()
    place, person = company()
    theirs = replace(mine, company=place, person=person)
    grant = mine.granted("turnover")
    drafted = mine.draft("district")
    other = theirs.granted("turnover")
    shared = build_two(rows=False).granted("phone")
    return live_database, mine, theirs, grant, drafted, other, shared


def seen(door: psycopg.Connection, person: object) -> dict[str, set[int]]:
    door.execute("SELECT set_config('city.person', %s, false)", [str(person)])
    return {
        model._meta.db_table: {
            row[0]
            for row in door.execute(
                sql.SQL("SELECT id FROM {}").format(sql.Identifier(model._meta.db_table))
            )
        }
        for model in TABLES
    }


def test_nobody_signed_in_sees_nothing(city):
    url, *_ = city

    with session(url, MEMBERS) as door:
        unset = {
            model: door.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(model._meta.db_table))
            ).fetchone()[0]
            for model in TABLES
        }
        empty = seen(door, "")

    assert set(unset.values()) == {0}
    assert not any(empty.values())


def test_a_person_sees_what_their_own_companies_asked_for_and_hold(city):
    url, mine, _theirs, grant, drafted, other, shared = city

    with session(url, MEMBERS) as door:
        found = seen(door, mine.person.pk)

    assert found["exchange_sharerequest"] == {grant.request_id, drafted.pk}
    assert found["exchange_grant"] == {grant.pk}
    assert found["exchange_agreement"] == {grant.agreement.pk}
    events = RequestEvent.objects.filter(request__in=[grant.request_id, drafted.pk])
    assert found["exchange_requestevent"] == set(events.values_list("pk", flat=True))
    assert other.pk not in found["exchange_grant"]
    assert shared.pk not in found["exchange_grant"]


def test_somebody_of_a_department_sees_nothing_of_its_requests_here(city):
    url, *_rest, shared = city
    clerk = accounts.user(Role.DEVELOPER, shared.organization)

    with session(url, MEMBERS) as door:
        found = seen(door, clerk.pk)

    assert not any(found.values())


def test_of_the_trail_it_reads_what_came_after_their_own_grants_alone(city):
    url, mine, theirs, grant, _drafted, other, shared = city
    for one in (grant, other, shared):
        reviewer = (
            mine.reviewer if one != shared else accounts.user(Role.REVIEWER, shared.dataset.owner)
        )
        lifecycle.suspend(one.pk, reason="x", mend_by=UNTIL, by=reviewer, at=NOW)

    with session(url, MEMBERS) as door:
        statement = "SELECT verb, target FROM members.grant_entries"
        nobody = door.execute(statement).fetchall()
        found = {}
        for person in (mine.person, theirs.person):
            seen(door, person.pk)
            found[person] = door.execute(statement).fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute("SELECT details FROM audit_entry")

    assert nobody == []
    assert found == {
        mine.person: [("grant.suspend", grant.address)],
        theirs.person: [("grant.suspend", other.address)],
    }


ATTACKS = (
    "UPDATE exchange_sharerequest SET purpose = 'x' WHERE id = {request}",
    "UPDATE exchange_grant SET ended_because = 'x', revoked_at = now() WHERE id = {grant}",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_another_companys_is_not_touched(city, attack):
    url, mine, _theirs, _grant, _drafted, other, _shared = city

    with session(url, MEMBERS) as door:
        seen(door, mine.person.pk)
        touched = door.execute(
            attack.format(request=other.request_id, grant=other.pk)  # numbers alone
        ).rowcount

    assert touched == 0


REFUSED = (
    # an answer of its own
    "UPDATE exchange_sharerequest SET answer = 'whole' WHERE id = {mine}",
    "UPDATE exchange_sharerequest SET offered = '{{}}' WHERE id = {mine}",
    "UPDATE exchange_sharerequest SET answered_by_id = signed_by_id WHERE id = {mine}",
    # a state that only the provider gives
    "UPDATE exchange_sharerequest SET state = 'granted' WHERE id = {mine}",
    "UPDATE exchange_sharerequest SET state = 'to_answer' WHERE id = {mine}",
    # for another company
    "UPDATE exchange_sharerequest SET organization_id = {place} WHERE id = {mine}",
    # more than was granted
    "UPDATE exchange_grant SET fields = '[1,2,3]' WHERE id = {grant}",
    "UPDATE exchange_grant SET valid_until = '2099-01-01' WHERE id = {grant}",
    "UPDATE exchange_grant SET revoked_at = NULL, ending = '' WHERE id = {grant}",
    "UPDATE exchange_grant SET suspended_at = NULL WHERE id = {grant}",
    "INSERT INTO exchange_grant SELECT * FROM exchange_grant WHERE id = {grant}",
    "DELETE FROM exchange_grant WHERE id = {grant}",
    # what was agreed, and what happened
    "UPDATE exchange_agreement SET digest = 'x'",
    "DELETE FROM exchange_requestevent",
    (
        "INSERT INTO exchange_requestevent (request_id, what, state, text, at)"
        " VALUES ({mine}, 'agree', 'granted', '', now())"
    ),
    (
        "INSERT INTO exchange_requestevent (request_id, what, state, text, at, by_id)"
        " VALUES ({theirs}, 'comment', 'granted', '', now(), {person})"
    ),
)


@pytest.mark.parametrize("attack", REFUSED)
def test_the_database_refuses_what_only_the_provider_may(city, attack):
    url, mine, theirs, grant, drafted, other, _shared = city
    numbers = {
        "mine": drafted.pk,
        "theirs": other.request_id,
        "grant": grant.pk,
        "place": theirs.company.pk,
        "person": mine.person.pk,
    }

    with session(url, MEMBERS) as door:
        seen(door, mine.person.pk)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute(attack.format(**numbers))


def test_an_ended_grant_is_not_brought_back(city):
    url, mine, _theirs, grant, *_ = city
    lifecycle.purpose_over(grant.pk, reason="x", by=mine.person, at=NOW)

    with session(url, MEMBERS) as door:
        seen(door, mine.person.pk)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute("UPDATE exchange_grant SET revoked_at = NULL WHERE id = %s", [grant.pk])


def test_the_verbs_of_a_company_work_as_the_role(city):
    _url, mine, _theirs, grant, drafted, *_ = city

    with signed_in(USER=MEMBERS), seen_by(mine.person.pk):
        fresh = mine.draft("phone")
        asking.change(fresh.pk, mine.terms("phone", "turnover"), by=mine.person, at=NOW)
        sent = applications.hand_in(fresh.pk, by=mine.person, at=NOW, **TRUE)
        deciding.comment(fresh.pk, text="请尽快", by=mine.person, at=NOW)
        asking.withdraw(drafted.pk, reason="", by=mine.person, at=NOW)
        lifecycle.purpose_over(grant.pk, reason="结束", by=mine.person, at=NOW)
        lifecycle.dispose(grant.pk, receipt="已删", by=mine.person, at=NOW)

    assert sent.state == State.IN_REVIEW
    assert Grant.objects.get(pk=grant.pk).state(TODAY) == GrantState.DISPOSED


def test_a_company_tells_its_own_webhooks_that_its_purpose_is_over(city):
    _url, mine, _theirs, grant, *_ = city
    webhook = hooks.live(mine.dataset, app=mine.app, kinds=["grant.ended"])

    with signed_in(USER=MEMBERS), seen_by(mine.person.pk):
        lifecycle.purpose_over(grant.pk, reason="结束", by=mine.person, at=NOW)

    hooks.sent(hooks.Receiver())
    assert hooks.told(webhook) == ["grant.ended"]


def test_another_companys_application_is_not_there_for_a_verb_either(city):
    _url, mine, _theirs, _grant, _drafted, other, _shared = city

    with signed_in(USER=MEMBERS), seen_by(mine.person.pk):
        with pytest.raises(ShareRequest.DoesNotExist):
            asking.withdraw(other.request_id, reason="", by=mine.person, at=NOW)
        with pytest.raises(Grant.DoesNotExist):
            lifecycle.purpose_over(other.pk, reason="x", by=mine.person, at=NOW)
        with pytest.raises(NotAllowed):
            replace(mine, company=other.organization).draft("turnover")


def test_after_the_page_the_connection_sees_nothing_any_more(city):
    _url, mine, *_ = city

    with signed_in(USER=MEMBERS):
        with seen_by(mine.person.pk):
            within = ShareRequest.objects.count()
        after = ShareRequest.objects.count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('city.person', true)")
            left = cursor.fetchone()[0]

    assert within == 2
    assert (after, left) == (0, "")
