"""The desk of requests: by due date, filtered, and several at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from exchange.models import Grant, Ground, ShareRequest
from exchange.sharing import as_seen, clocks, deciding
from exchange.sharing.requests import asked
from exchange.workflow import State
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> sharing.Two:
    return sharing.two(rows=False)


def listed(desk, **query):
    answer = desk.client.get(reverse("admin:deciding_desk"), query)
    assert answer.status_code == 200
    return [row.request.pk for row in answer.context["rows"]]


def several(desk, name, requests, **told):
    chosen = {"chosen": [one.pk for one in requests]}
    return desk.client.post(reverse("admin:deciding_several", args=[name]), chosen | told)


def test_what_is_due_first_is_on_top_and_others_requests_are_not_there(two, at_desk):
    later = two.signed("phone", at=NOW + timedelta(days=10))
    sooner = two.signed("phone")
    two.draft("phone")
    elsewhere = sharing.two(rows=False).signed("phone")

    assert listed(at_desk(two.reviewer)) == [sooner.pk, later.pk]
    everywhere = listed(at_desk(accounts.user(Role.OPERATOR)))
    assert set(everywhere) == {sooner.pk, later.pk, elsewhere.pk}


def test_filters_leave_what_they_name(two, at_desk):
    late = two.signed("phone")
    today = timezone.now()
    fresh = two.signed("phone", at=today, wanted_until=sharing.UNTIL)
    extended = two.signed("income", at=today, wanted_until=sharing.UNTIL)
    clocks.ask_extension(extended.pk, reason="?", by=two.reviewer, at=today)
    deciding.assign(fresh.pk, to=two.reviewer, by=two.reviewer, at=today)
    answered = two.proposed("name", "phone")
    deciding.sign_answer(answered.pk, by=two.where.head, at=NOW)
    desk = at_desk(two.reviewer)

    assert listed(desk, when="late") == [late.pk]
    assert listed(desk, when="extension") == [extended.pk]
    assert listed(desk, mine="1") == [fresh.pk]
    assert listed(desk, state=State.GRANTED.value) == [answered.pk]
    assert listed(desk, q=f"#{late.pk}") == [late.pk]
    assert set(listed(desk, q=two.asker.name_zh)) == {late.pk, fresh.pk, extended.pk}
    assert len(listed(desk, when="all")) == 4
    assert listed(desk, q="nothing of the kind") == []


def test_each_light_says_how_late_it_is(two, at_desk):
    two.signed("phone")

    text = at_desk(two.reviewer).client.get(reverse("admin:deciding_desk")).content.decode()

    assert "was due on 2026-03-16" in text


def test_several_are_agreed_to_with_one_reason_and_each_result_is_told(two, at_desk):
    first, second = two.signed("phone"), two.signed("income")
    moved = two.proposed("name", "phone")

    answer = several(at_desk(two.reviewer), "agree", [first, second, moved], reason="均属必要")

    results = {one.request.pk: one for one in answer.context["results"]}
    assert [results[one.pk].done for one in (first, second, moved)] == [True, True, False]
    assert f"by {two.reviewer}" in results[moved.pk].words
    for one in (first, second):
        one.refresh_from_db()
        assert (one.state, one.answer_reason) == (State.TO_ANSWER, "均属必要")


def test_the_head_signs_several_and_what_changed_meanwhile_is_left(two, at_desk):
    first, second = two.proposed("phone"), two.proposed("income")
    seen = {f"seen_{one.pk}": as_seen.digest(one) for one in (first, second)}
    deciding.reconsider(second.pk, reason="再想想", by=two.where.head, at=NOW)
    deciding.propose(second.pk, asked(second), reason="照旧", by=two.reviewer, at=NOW)

    answer = several(at_desk(two.where.head), "sign", [first, second], **seen)

    assert [one.done for one in answer.context["results"]] == [True, False]
    assert "was changed after you opened it" in answer.content.decode()
    assert Grant.objects.get().request_id == first.pk


def test_before_refusals_are_signed_with_others_it_is_said_how_many_of_each_there_are(
    two, at_desk
):
    agreed, refused = two.proposed("phone"), two.signed("income")
    ground, told = Ground.NOT_NECESSARY, {"reason": "非必要", "by": two.reviewer, "at": NOW}
    deciding.propose_refusal(refused.pk, ground=ground, **told)
    desk = at_desk(two.where.head)

    first = several(desk, "sign", [agreed, refused])
    nothing = set(ShareRequest.objects.values_list("state", flat=True))
    signed = several(desk, "sign", [agreed, refused], counted="1")

    assert [(str(kind), count) for kind, count in first.context["counts"]] == [
        ("agreed as asked", 1),
        ("not agreed", 1),
    ]
    assert "Sign these 2 answers" in first.content.decode()
    assert nothing == {State.TO_ANSWER}
    assert [one.done for one in signed.context["results"]] == [True, True]


def test_without_the_right_each_row_says_so_and_nothing_moves(two, at_desk):
    request = two.proposed("phone")

    answer = several(at_desk(two.reviewer), "sign", [request])

    assert [one.done for one in answer.context["results"]] == [False]
    assert ShareRequest.objects.get(pk=request.pk).state == State.TO_ANSWER


def test_nothing_chosen_and_numbers_of_others_do_nothing(two, at_desk):
    elsewhere = sharing.two(rows=False).signed("phone")
    desk = at_desk(two.reviewer)

    empty = several(desk, "agree", [])
    foreign = several(desk, "agree", [elsewhere])

    assert "No request was chosen" in empty.content.decode()
    assert foreign.context["results"] == []
    assert several(desk, "burn", [elsewhere]).status_code == 404


def test_administrators_have_no_desk_of_requests(at_desk):
    desk = at_desk(accounts.user(Role.SECURITY_ADMIN))

    assert desk.client.get(reverse("admin:deciding_desk")).status_code == 403
