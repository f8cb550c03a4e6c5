"""What people say, at the desks: looked at one by one or several at once, answered, on my desk."""

import pytest

from accounts.roles import Role
from backoffice.waiting import desks
from community import comments, wishes
from community.models import Comment, CommentKind, Showcase, Wish
from exchange.models import Correction
from tests.factories import accounts, catalog, community, exchange, sharing

pytestmark = pytest.mark.django_db


def chosen(*rows, action):
    return {"action": action, "_selected_action": [row.pk for row in rows]}


def test_several_comments_are_shown_at_once(at_desk, said):
    dataset = catalog.dataset()
    made = [community.comment(dataset) for _each in range(3)]
    author = made[2].speaker.user
    comments.withdraw(made[2].pk, by=author, at=exchange.NOW)
    desk = at_desk(community.operator())

    answer = desk.client.post(
        desk.path(Comment, "changelist"), chosen(*made, action="show_chosen")
    )

    assert Comment.objects.shown().count() == 2
    assert "Comments shown: 2." in said(answer)
    assert f"#{made[2].pk}" in said(answer)


def test_several_comments_are_hidden_for_one_reason(at_desk):
    made = [community.comment(shown=True) for _each in range(2)]
    desk = at_desk(community.operator())

    asked = desk.client.post(desk.path(Comment, "changelist"), chosen(*made, action="hide_chosen"))
    form = desk.client.get(asked["Location"])
    desk.press_above(
        Comment, "hide-many", chosen=[one.pk for one in made], reason="an advertisement"
    )

    assert set(form.context["form"].initial["chosen"]) == {str(one.pk) for one in made}
    assert {one.reason for one in Comment.objects.all()} == {"an advertisement"}
    assert not Comment.objects.shown().exists()


def test_several_are_not_shown_by_who_may_not(at_desk):
    made = community.comment()
    desk = at_desk(accounts.user(Role.HEAD, made.dataset.owner))

    desk.client.post(desk.path(Comment, "changelist"), chosen(made, action="show_chosen"))

    assert not Comment.objects.shown().exists()


def test_a_department_sees_what_is_said_about_its_own_datasets(at_desk):
    mine, other = community.comment(), community.comment()
    desk = at_desk(accounts.user(Role.REVIEWER, mine.dataset.owner))

    assert list(desk.list(Comment).context["cl"].result_list) == [mine]
    assert desk.page(other).status_code == 302
    assert desk.press(other, "answer", text="x").status_code == 404


def test_a_comment_is_answered_and_made_a_report_at_its_page(at_desk):
    two = sharing.two(rows=False)
    made = community.comment(two.dataset, kind=CommentKind.CORRECTION, shown=True)
    desk = at_desk(two.where.publisher)

    answered = desk.press(made, "answer", text="已更正。")
    taken = desk.press(made, "take-up", key="id=7", fields_wrong="phone")

    assert (answered.status_code, taken.status_code) == (302, 302)
    made.refresh_from_db()
    assert made.answer == "已更正。"
    assert made.correction == Correction.objects.get()


def test_a_wish_is_answered_by_law_at_its_page(at_desk):
    basis = catalog.basis()
    made = community.wish(shown=True)
    desk = at_desk(community.operator())

    bare = desk.press(made, "answer", outcome="refused", text="x")
    lawful = desk.press(made, "answer", outcome="refused", text="依法不予开放。", basis=basis.pk)

    assert (bare.status_code, lawful.status_code) == (400, 302)
    assert Wish.objects.get().basis == basis


def test_nobody_sees_who_voted_or_who_is_behind_a_name(at_desk):
    author = community.member("Visible")
    made = community.wish(by=author)
    desk = at_desk(community.operator())

    told = [desk.page(made), desk.page(made.cast.get()), desk.page(author.speaker)]

    assert not [one for one in told if author.name in one.content.decode()]
    assert "Visible" in told[0].content.decode()


def test_what_waits_is_on_the_desk_of_who_can_do_it():
    dataset = catalog.dataset()
    community.comment(dataset)
    community.comment(dataset, kind=CommentKind.COMPLAINT, shown=True)
    community.showcase(dataset)
    community.wish()
    wishes.show(community.wish(dataset=dataset).pk, by=community.operator(), at=exchange.NOW)

    def piles(user):
        [desk] = desks.of(user, now=exchange.NOW)
        return {str(one.title): one.count for one in desk.piles if one.count}

    operator = piles(community.operator())
    reviewer = piles(accounts.user(Role.REVIEWER, dataset.owner))
    stranger = piles(accounts.user(Role.REVIEWER))

    assert list(operator.values()) == [1, 1, 1, 1]
    assert list(reviewer.values()) == [1, 1, 1]
    assert stranger == {}
    assert Showcase.objects.count() == 1
