"""Comments: looked at before they appear, answered by the department in time, gone at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice, User
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import deadlines
from catalog.terms import ClockStep, State
from community import comments, speaking
from community.comments import Finding, Remark
from community.models import Comment, CommentKind, Speaker
from community.refusals import NameRefused, TextRefused, TooMuchSaid
from exchange.models import Correction, Wrong
from exchange.workflow import StepRefused
from tests.factories import accounts, catalog, community, sharing

pytestmark = pytest.mark.django_db
NOW = community.NOW


def shown() -> list[Comment]:
    return list(Comment.objects.shown())


def test_a_comment_appears_once_somebody_has_looked_at_it():
    made = community.comment()
    assert shown() == []

    comments.show(made.pk, by=community.operator(), at=NOW)

    assert shown() == [made]
    assert [entry.verb for entry in Entry.objects.filter(target=made.address)] == [
        "comment.say",
        "comment.show",
    ]


def test_the_owning_department_shows_but_only_the_authority_hides():
    made = community.comment()
    publisher = accounts.user(Role.PUBLISHER, made.dataset.owner)
    comments.show(made.pk, by=publisher, at=NOW)

    with pytest.raises(NotAllowed):
        comments.hide(made.pk, reason="it annoys us", by=publisher, at=NOW)
    with pytest.raises(NotAllowed):
        comments.show(made.pk, by=accounts.user(Role.PUBLISHER), at=NOW)
    comments.hide(made.pk, reason="names a person", by=community.operator(), at=NOW)

    assert shown() == []
    assert Comment.objects.get().reason == "names a person"


def test_what_is_hidden_is_told_a_reason():
    made = community.comment(shown=True)

    with pytest.raises(TextRefused):
        comments.hide(made.pk, reason=" \u202e ", by=community.operator(), at=NOW)

    assert shown() == [made]


def test_the_department_answers_once_in_its_own_name_and_with_the_day():
    made = community.comment(shown=True, kind=CommentKind.CORRECTION)
    reviewer = accounts.user(Role.REVIEWER, made.dataset.owner)
    with pytest.raises(NotAllowed):
        comments.answer(made.pk, text="x", by=accounts.user(Role.REVIEWER), at=NOW)
    with pytest.raises(NotAllowed):
        comments.answer(made.pk, text="x", by=community.operator(), at=NOW)

    comments.answer(made.pk, text="已更正。", by=reviewer, at=NOW)
    with pytest.raises(StepRefused, match=reviewer.name):
        comments.answer(made.pk, text="再说一次", by=reviewer, at=NOW)

    kept = Comment.objects.get()
    assert (kept.answer, kept.answered_for, kept.answered_at) == (
        "已更正。",
        made.dataset.owner,
        NOW,
    )
    (left,) = Notice.objects.open().filter(target=made.address)
    assert left.kind == "comment.answered"  # which is for the author


def test_what_nobody_has_looked_at_is_not_answered():
    made = community.comment()

    with pytest.raises(StepRefused):
        comments.answer(
            made.pk, text="x", by=accounts.user(Role.REVIEWER, made.dataset.owner), at=NOW
        )


@pytest.mark.parametrize("kind", [CommentKind.CORRECTION, CommentKind.COMPLAINT])
def test_what_is_wrong_and_complaints_have_the_limit_of_a_report(kind):
    made = community.comment(kind=kind)

    assert made.due_on == deadlines.due_for(ClockStep.CORRECTION, NOW).due_on
    assert community.comment().due_on is None


def test_each_alarm_is_told_once():
    made = community.comment(kind=CommentKind.CORRECTION)
    late = NOW + timedelta(days=40)

    first, again = comments.remind(at=late), comments.remind(at=late)

    assert first > 0
    assert again == 0
    assert Notice.objects.open().filter(kind="comment.late", target=made.address).exists()


def test_a_withdrawn_comment_leaves_no_text():
    author = community.member()
    made = community.comment(by=author, shown=True, text="住在三楼的张先生")
    with pytest.raises(NotAllowed):
        comments.withdraw(made.pk, by=community.member(), at=NOW)

    comments.withdraw(made.pk, by=author, at=NOW)

    kept = Comment.objects.get()
    assert (kept.state, kept.text) == (Comment.State.WITHDRAWN, "")
    assert shown() == []


@pytest.mark.parametrize("state", [one for one in State if one != State.PUBLISHED])
def test_only_what_is_published_is_spoken_about(state):
    dataset = catalog.dataset(state)

    with pytest.raises(StepRefused):
        community.comment(dataset)


def test_comments_on_a_withdrawn_dataset_stay_with_its_page():
    dataset = catalog.dataset()
    made = community.comment(dataset, shown=True)
    catalog.publishing.retire(dataset.pk, by=community.operator(), at=NOW, reason="x")

    assert shown() == [made]


def test_nobody_says_more_in_a_day_than_the_setting_allows(settings):
    settings.TALK_PER_DAY = 2
    author, dataset = community.member(), catalog.dataset()
    community.comment(dataset, by=author)
    community.wish(by=author)

    with pytest.raises(TooMuchSaid, match="2"):
        community.comment(dataset, by=author)
    community.comment(dataset, by=author, at=NOW + timedelta(days=1))
    community.comment(dataset, by=community.member())

    assert Comment.objects.filter(speaker__user=author).count() == 2


def test_office_people_and_closed_accounts_do_not_write_and_nobody_without_a_name():
    closed = community.member()
    User.objects.filter(pk=closed.pk).update(is_active=False, deactivated_at=NOW)
    closed.refresh_from_db()

    for person in (accounts.user(Role.PUBLISHER), closed, accounts.user(None)):
        with pytest.raises(NotAllowed):
            community.comment(by=person)


@pytest.mark.parametrize("text", ["", " \n ", "\u202e\u2066", "\0", "x" * 2001])
def test_empty_and_endless_texts_are_refused(text):
    with pytest.raises(TextRefused):
        community.comment(text=text)


@pytest.mark.parametrize("text", ["\u200b", "\u3164\u2800", "\ufeff \u00ad\n"])
def test_a_text_in_which_nothing_is_seen_is_empty(text):
    with pytest.raises(TextRefused):
        community.comment(text=text)


def test_characters_that_nobody_sees_are_taken_out():
    made = community.comment(text="a\u202eb\0c\r\nd 👩\u200d🌾")

    assert made.text == "abc\nd 👩\u200d🌾"


# names


def test_a_name_is_ones_own():
    accounts.organization(name_zh="交通运输局", name_en="Transport Office")
    community.member("Lin")

    for name in ("lin", "LIN", "Ｌｉｎ", "交通运输局", "The transport office", "交通运输局客服"):
        with pytest.raises(NameRefused):
            community.member(name)


@pytest.mark.parametrize(
    "name",
    [
        "交通\u200b运输局",
        "交通\u2060运\u00ad输局",
        "交 通 运 输 局",
        "交通·运输局",
        "ｔransport-office",
        "l\u200bin",
        "Li\u200dn",
    ],
)
def test_a_name_that_looks_like_anothers_is_not_taken(name):
    accounts.organization(name_zh="交通运输局", name_en="Transport Office")
    community.member("Lin")

    with pytest.raises(NameRefused):
        community.member(name)


@pytest.mark.parametrize("name", ["交通运输局", "市交通运输局", "Transport Bureau"])
def test_an_office_without_its_city_is_an_office(name):
    accounts.organization(name_zh="海湾市交通运输局", name_en="Transport Bureau of Bay City")
    community.member("海湾")  # so little is anybody's

    with pytest.raises(NameRefused):
        community.member(name)


@pytest.mark.parametrize("name", ["\u200b\u2060", "\u3164", "\u200d", "ﷺ" * 3])
def test_a_name_that_nobody_can_read_or_that_grows_too_long_is_refused(name):
    with pytest.raises(TextRefused):
        community.member(name)


def test_a_closed_account_is_not_named_any_more_and_what_was_said_stays():
    author = community.member("Zhou")
    made = community.comment(by=author, shown=True)
    assert Comment.objects.named().get().author == "Zhou"

    User.objects.filter(pk=author.pk).update(is_active=False, deactivated_at=NOW)
    assert Comment.objects.shown().named().get().author == ""
    speaking.forget(by=author, at=NOW)

    assert Speaker.objects.get().name == ""
    assert shown() == [made]
    community.member("Zhou")  # the name is free again


def test_nobody_is_named_by_a_query_that_did_not_ask_whether_they_are_still_there():
    community.comment(by=community.member("Zhou"), shown=True)

    assert Comment.objects.get().author == ""


# reports


def test_a_department_makes_a_remark_a_report_that_marks_the_record():
    two = sharing.two()
    made = community.comment(two.dataset, kind=CommentKind.CORRECTION, shown=True, text="有误")
    publisher = two.where.publisher

    taken = comments.take_up(
        made.pk, Finding(subject={"id": "7"}, fields=("phone",)), by=publisher, at=NOW
    )
    with pytest.raises(StepRefused):
        comments.take_up(made.pk, Finding(), by=publisher, at=NOW)

    report = Correction.objects.get()
    assert (taken.correction, report.wrong, report.organization) == (
        report,
        Wrong.RECORD,
        two.where.department,
    )
    assert report.row is not None


def test_a_remark_about_a_record_says_the_same_whether_it_is_there_or_not():
    two = sharing.two()
    author = community.member()
    told = [
        comments.say(
            two.dataset.pk,
            Remark(CommentKind.CORRECTION, "有误", row=row, field="phone"),
            by=author,
            at=NOW,
        )
        for row in (1, 999_999)
    ]

    seen = [
        (one.state, one.due_on, one.text, one.field, one.correction, one.reason) for one in told
    ]
    assert seen[0] == seen[1]
    assert not Correction.objects.exists()


def test_a_row_that_no_column_holds_is_refused():
    with pytest.raises(TextRefused):
        comments.say(
            catalog.dataset().pk,
            Remark(CommentKind.CORRECTION, "x", row=2**63),
            by=community.member(),
            at=timezone.now(),
        )
