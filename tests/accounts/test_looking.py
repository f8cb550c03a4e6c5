"""Rights are read once for a page that is looked at, and afresh wherever something changes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import delegations, looking, people
from accounts.delegations import Away
from accounts.models import User
from accounts.roles import NotAllowed, Role, require
from config.middleware import looked_at
from tests.factories import accounts

pytestmark = pytest.mark.django_db
PERMISSION = "exchange.ask_dataset"


def asked_thrice(user):
    with CaptureQueriesContext(connection) as queries:
        require(user, PERMISSION)
        user.live_roles()
        assert user.has_perm(PERMISSION)
    return len(queries)


@pytest.mark.parametrize(("method", "queries"), [("get", 1), ("head", 1), ("post", 3)])
def test_a_page_reads_them_once_and_a_post_each_time(method, queries):
    user = accounts.user(Role.PUBLISHER)
    call = looked_at(lambda _request: asked_thrice(user))

    assert call(getattr(RequestFactory(), method)("/")) == queries


def test_two_objects_of_one_person_share_a_page_and_two_people_do_not():
    user, other = accounts.user(Role.PUBLISHER), accounts.user(Role.HEAD)

    with looking.read_once(), CaptureQueriesContext(connection) as queries:
        told = [one.live_roles() for one in (user, User(pk=user.pk), other)]

    assert told[0] == told[1] != told[2]
    assert len(queries) == 2


def test_a_right_taken_away_is_gone_on_the_next_page():
    user = accounts.user(Role.PUBLISHER)
    with looking.read_once():
        require(user, PERMISSION)
    user.memberships.all().delete()

    with looking.read_once(), pytest.raises(NotAllowed):
        require(user, PERMISSION)


def test_a_verb_sees_what_a_verb_before_it_changed():
    officer, user = accounts.user(Role.SECURITY_ADMIN), accounts.user(Role.PUBLISHER)
    require(user, PERMISSION)
    place = user.organizations()[0]

    people.revoke_role(user.pk, Role.PUBLISHER, place, by=officer, at=timezone.now())

    with pytest.raises(NotAllowed):
        require(user, PERMISSION)


def test_a_page_that_fails_leaves_nothing_remembered():
    user = accounts.user(Role.PUBLISHER)

    def page(_request):
        user.live_roles()
        raise LookupError

    with pytest.raises(LookupError):
        looked_at(page)(RequestFactory().get("/"))
    user.memberships.all().delete()

    assert user.live_roles() == []


def test_who_acts_for_somebody_is_told_so_on_a_page_too():
    holder = accounts.user(Role.REVIEWER)
    place = holder.organizations()[0]
    colleague = accounts.user(Role.PUBLISHER, place)
    today = timezone.localdate()
    away = Away(Role.REVIEWER, place, today, today + timedelta(days=1), "leave")
    delegations.delegate(away, to=colleague.pk, by=holder, at=timezone.now())

    with looking.read_once():
        require(colleague, "exchange.answer_request", place)
        lent = colleague.acts_for
        require(colleague, "catalog.create_dataset", place)

    assert lent is not None
    assert lent.id == holder.pk
    assert lent.name == f"{holder.name} ({holder.username})"
    assert colleague.acts_for is None
