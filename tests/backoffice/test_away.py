"""“I am away”: a colleague is named, finds the work on their desk, and loses it at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Delegation
from accounts.roles import Role
from exchange.sharing import asking
from exchange.workflow import State
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(name="two")
def _two():
    return sharing.two(rows=False)


def told(holder, to, *, days=3, role=Role.HEAD, **over):
    today = timezone.localdate()
    return {
        "held": holder.memberships.get(role=role).pk,
        "to": to.pk,
        "from_on": str(today),
        "until": str(today + timedelta(days=days)),
        "reason": "leave",
    } | over


def read(answer):
    return answer.content.decode()


def test_what_waits_for_the_head_stands_on_the_colleagues_desk_and_is_signed_there(two, at_desk):
    colleague = accounts.user(Role.REVIEWER, two.asker)
    request = two.draft("phone")
    asking.submit(request.pk, by=two.clerk, at=NOW)

    at_desk(two.asking_head).client.post(reverse("admin:away"), told(two.asking_head, colleague))
    client = at_desk(colleague).client
    desk = read(client.get(reverse("admin:index")))
    client.post(
        reverse("admin:asked_sign", args=[request.pk]), {"vouched": ["true", "lawful", "needed"]}
    )

    assert f"You act for {two.asking_head.name}" in desk
    assert "Share requests to be signed" in desk
    page = read(client.get(reverse("admin:asked", args=[request.pk])))
    request.refresh_from_db()
    assert request.state == State.IN_REVIEW
    assert f"(for {two.asking_head.name})" in page


def test_either_ends_it_and_the_desk_is_empty_of_it(two, at_desk):
    colleague = accounts.user(Role.REVIEWER, two.asker)
    head = at_desk(two.asking_head).client
    head.post(reverse("admin:away"), told(two.asking_head, colleague))
    made = Delegation.objects.get()
    client = at_desk(colleague).client
    offered = "End it" in read(client.get(reverse("admin:away")))

    client.post(reverse("admin:away_end", args=[made.pk]))

    made.refresh_from_db()
    assert offered
    assert made.ended_by == colleague
    assert "You act for" not in read(client.get(reverse("admin:index")))
    assert "End it" not in read(head.get(reverse("admin:away")))


def test_a_stranger_ends_nothing_and_sees_nothing(two, at_desk):
    colleague = accounts.user(Role.REVIEWER, two.asker)
    at_desk(two.asking_head).client.post(reverse("admin:away"), told(two.asking_head, colleague))
    made = Delegation.objects.get()
    stranger = at_desk(accounts.user(Role.HEAD)).client

    answer = stranger.post(reverse("admin:away_end", args=[made.pk]))

    assert answer.status_code == 404
    assert colleague.name not in read(stranger.get(reverse("admin:away")))


def test_what_is_refused_stays_on_the_page_with_its_sentence(two, at_desk, said):
    client = at_desk(two.asking_head).client
    colleague = accounts.user(Role.REVIEWER, two.asker)
    client.post(reverse("admin:away"), told(two.asking_head, colleague))

    again = client.post(reverse("admin:away"), told(two.asking_head, colleague))
    foreign = client.post(
        reverse("admin:away"), told(two.asking_head, accounts.user(Role.PUBLISHER))
    )

    assert (again.status_code, foreign.status_code) == (409, 400)
    assert "acts for you already" in said(again)
    assert Delegation.objects.count() == 1


def test_who_holds_no_such_role_is_shown_no_form(two, at_desk):
    page = at_desk(two.clerk).client.get(reverse("admin:away"))

    assert page.context["form"] is None
    assert "Nobody acts for you" in read(page)


def test_the_security_administrator_sees_and_ends_it_at_its_desk(two, at_desk):
    colleague = accounts.user(Role.REVIEWER, two.asker)
    at_desk(two.asking_head).client.post(reverse("admin:away"), told(two.asking_head, colleague))
    made = Delegation.objects.get()
    security = at_desk(accounts.user(Role.SECURITY_ADMIN))
    listed = read(security.list(Delegation))

    security.press(made, "end")

    made.refresh_from_db()
    assert colleague.name in listed
    assert made.ended_at is not None


@pytest.mark.parametrize(
    ("over", "field", "sentence"),
    [
        ({"days": -1}, "until", "end before they begin"),
        ({"days": 400}, "until", "at most"),
        ({"reason": " "}, "reason", ""),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(two, at_desk, over, field, sentence):
    colleague = accounts.user(Role.REVIEWER, two.asker)

    answer = at_desk(two.asking_head).client.post(
        reverse("admin:away"), told(two.asking_head, colleague, **over)
    )

    errors = answer.context["form"].errors
    assert answer.status_code == 400
    assert list(errors) == [field]
    assert sentence in str(errors[field])
    assert not Delegation.objects.exists()
