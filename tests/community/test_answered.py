"""Who wrote is told when it is answered; a wish is to be answered by a day."""

from datetime import datetime, time, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import notices
from accounts.models import Membership, Notice, User
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import deadlines
from catalog.models import Clock
from catalog.terms import ClockStep
from community import wishes
from community.models import Wish
from community.refusals import TextRefused
from community.states import Outcome
from community.wishes import Reply
from exchange.workflow import StepRefused
from tests.backoffice.conftest import Desk
from tests.factories import accounts, catalog, community

pytestmark = pytest.mark.django_db
NOW = community.NOW
LATE = NOW + timedelta(days=60)


def mails_to(person: User) -> list[str]:
    """Send what is due, and return what went to a person."""
    notices.mail_due(at=NOW)
    return [one.body for one in mail.outbox if one.to == [person.email]]


def told(made: Wish) -> set[str]:
    return set(Notice.objects.open().filter(target=made.address).values_list("kind", flat=True))


def test_who_wished_gets_a_mail_in_both_languages_that_leads_to_the_answer():
    author = community.member(email="lin@example.test")
    made = community.wish(by=author, title="Bus arrivals", shown=True)

    community.planned(made)

    (body,) = mails_to(author)
    assert "您的数据需求“Bus arrivals”已有答复" in body
    assert "Your wish “Bus arrivals” was answered: will be opened" in body
    assert body.endswith(f"/wishes/{made.pk}")
    assert "/office/" not in body
    assert Client().get(f"/wishes/{made.pk}").status_code == 200


def test_an_answer_that_comes_anew_is_mailed_anew_and_each_once():
    author = community.member(email="lin@example.test")
    made = community.wish(by=author, shown=True)
    community.planned(made)
    assert len(mails_to(author)) == 1

    reply = Reply(Outcome.OPENED, "here", dataset=catalog.dataset())
    wishes.answer(made.pk, reply, by=community.operator(), at=NOW)

    for _turn in range(2):
        assert len(mails_to(author)) == 2


def test_whose_wish_was_joined_with_another_is_told_of_its_answer():
    author = community.member(email="lin@example.test")
    first, second = community.wish(shown=True), community.wish(by=author, title="Same")
    wishes.merge(second.pk, into=first, by=community.operator(), at=NOW)

    community.planned(first)

    (body,) = mails_to(author)
    assert "“Same”" in body
    assert body.endswith(f"/wishes/{second.pk}")


def test_whose_wish_is_joined_with_one_that_is_answered_is_told_the_answer_then():
    author, earlier = (community.member(email=f"{name}@example.test") for name in ("lin", "he"))
    first = community.planned(community.wish(shown=True))
    second = community.wish(by=author, title="Same", shown=True)
    third = community.wish(by=earlier, title="Alike")
    wishes.merge(third.pk, into=second, by=community.operator(), at=NOW)
    assert (mails_to(author), mails_to(earlier)) == ([], [])

    wishes.merge(second.pk, into=first, by=community.operator(), at=NOW)

    (to_author,), (to_earlier,) = mails_to(author), mails_to(earlier)
    assert "Your wish “Same” was answered: will be opened" in to_author
    assert "Your wish “Alike” was answered: will be opened" in to_earlier


def test_who_commented_gets_a_mail_that_leads_to_what_they_said():
    author = community.member(email="lin@example.test")
    dataset = catalog.dataset(title_en="Bus stops")

    made = community.comment(dataset, by=author, answer="yes")

    (body,) = mails_to(author)
    assert f"{dataset.owner.name_en} has answered what you wrote on “Bus stops”." in body
    assert body.endswith(f"/my/talk/#comment-{made.pk}")
    client = Client()
    client.force_login(author)
    assert f'id="comment-{made.pk}"' in client.get("/my/talk/").content.decode()


def test_who_closed_the_account_is_told_nothing():
    author = community.member(email="lin@example.test")
    made = community.wish(by=author, shown=True)
    User.objects.filter(pk=author.pk).update(is_active=False, deactivated_at=NOW)

    community.planned(made)

    assert mails_to(author) == []
    assert not Notice.objects.filter(kind="wish.answered").exists()


def test_who_closes_the_account_before_the_mail_goes_gets_none():
    author = community.member(email="lin@example.test")
    community.planned(community.wish(by=author, shown=True))
    User.objects.filter(pk=author.pk).update(is_active=False, deactivated_at=NOW)

    assert mails_to(author) == []


def test_no_desk_tells_from_which_account_somebody_wrote():
    author = community.member(email="lin@example.test", name="Lin Nobody-Knows")
    community.planned(community.wish(by=author, shown=True))
    notice = Notice.objects.get(kind="wish.answered")
    client = Client(headers={"Accept-Language": "en"})
    administrator = accounts.user(Role.SECURITY_ADMIN)
    client.force_login(administrator)
    desk = Desk(administrator, client)

    seen = desk.page(notice).content.decode() + desk.list(Notice).content.decode()

    assert "was answered" in seen
    for word in (author.username, author.name, author.email):
        assert word not in seen


# the day


def test_a_wish_is_to_be_answered_within_the_limit_of_the_table():
    made = community.wish(shown=True)

    limit = Clock.objects.get(profile="order809", step=ClockStep.WISH)
    assert (limit.working_days, limit.certainty) == (15, "unverified")
    assert made.due_on == deadlines.due_for(ClockStep.WISH, NOW).due_on
    page = Client(headers={"Accept-Language": "en"}).get(f"/wishes/{made.pk}").content.decode()
    assert f"To be answered by {made.due_on}." in page


def test_each_alarm_is_told_the_department_once():
    dataset = catalog.dataset()
    made = community.wish(dataset=dataset, shown=True)

    first, again = wishes.remind(at=LATE), wishes.remind(at=LATE)

    assert (first, again) == (3, 0)
    assert {"wish.due", "wish.late", "wish.climbed"} <= told(made)
    late = Notice.objects.filter(kind="wish.late", target=made.address)
    assert {(one.role, one.organization) for one in late} == {
        (Role.REVIEWER, dataset.owner),
        (Role.HEAD, dataset.owner),
    }


def test_nobody_is_told_before_the_day_is_near():
    community.wish(dataset=catalog.dataset(), shown=True)

    assert wishes.remind(at=NOW + timedelta(days=1)) == 0


@pytest.mark.parametrize("shown", [True, False])
def test_what_no_department_can_answer_is_told_the_authority(shown):
    dataset = None if shown else catalog.dataset()
    made = community.wish(dataset=dataset, shown=shown)

    wishes.remind(at=LATE)

    assert told(made) & {"wish.due", "wish.late", "wish.climbed", "wish.nobodys"} == {
        "wish.nobodys"
    }
    (notice,) = Notice.objects.filter(kind="wish.nobodys")
    assert (notice.role, notice.organization) == (Role.OPERATOR, None)


@pytest.mark.parametrize("named", ["given", "shown"])
def test_a_department_named_late_is_told_what_the_authority_was_told_before(named):
    dataset, operator = catalog.dataset(), community.operator()
    made = community.wish(dataset=dataset if named == "shown" else None, shown=named == "given")
    assert wishes.remind(at=LATE) == 3
    assert "wish.nobodys" in told(made)

    if named == "given":
        wishes.give(made.pk, provider=dataset.owner, by=operator, at=LATE)
    else:
        wishes.show(made.pk, by=operator, at=LATE)
    assert told(made) == {"wish.given"}
    first, again = wishes.remind(at=LATE), wishes.remind(at=LATE)

    assert (first, again) == (3, 0)
    assert told(made) == {"wish.given", "wish.due", "wish.late", "wish.climbed"}
    late = Notice.objects.filter(kind="wish.late", target=made.address)
    assert {one.organization for one in late} == {dataset.owner}


def test_each_department_is_told_of_what_is_its_own_to_answer():
    first, second = accounts.organization(), accounts.organization()
    made, operator = community.wish(shown=True), community.operator()
    for place in (first, second):
        wishes.give(made.pk, provider=place, by=operator, at=LATE)

        assert wishes.remind(at=LATE) == 3
        late = Notice.objects.open().filter(kind="wish.late", target=made.address)
        assert {one.organization for one in late} == {place}


@pytest.mark.parametrize("end", ["answer", "hide", "merge", "withdraw"])
def test_the_limit_ends_with_the_wish_and_its_alarms_are_settled(end):
    author, operator = community.member(), community.operator()
    made = community.wish(by=author, shown=True)
    wishes.remind(at=LATE)

    match end:
        case "answer":
            community.planned(made)
        case "hide":
            wishes.hide(made.pk, reason="x", by=operator, at=NOW)
        case "merge":
            wishes.merge(made.pk, into=community.wish(shown=True), by=operator, at=LATE)
        case "withdraw":
            wishes.withdraw(made.pk, by=author, at=NOW)

    made.refresh_from_db()
    assert (made.due_from, made.due_on) == (None, None)
    assert told(made) <= {"wish.answered"}
    assert wishes.remind(at=NOW) == 0


def test_a_wish_that_was_hidden_has_the_whole_limit_again_once_it_is_shown():
    made, operator, later = community.wish(shown=True), community.operator(), timezone.now()
    wishes.hide(made.pk, reason="x", by=operator, at=NOW)

    shown = wishes.show(made.pk, by=operator, at=later)

    assert shown.due_from == later
    assert shown.due_on == deadlines.due_for(ClockStep.WISH, later).due_on


def test_the_desk_has_first_what_is_due_first():
    old, new = community.wish(shown=True), community.wish(shown=True)
    Wish.objects.filter(pk=old.pk).update(due_on=new.due_on + timedelta(days=1))
    for _more in range(3):
        wishes.vote(old.pk, by=community.member(), at=NOW)
    client, operator = Client(headers={"Accept-Language": "en"}), community.operator()
    client.force_login(operator)

    rows = Desk(operator, client).list(Wish).content.decode()

    assert rows.index(new.title) < rows.index(old.title)


# more time


def test_an_answer_is_given_more_time_once_and_everybody_reads_why():
    author = community.member()
    dataset, operator = catalog.dataset(), community.operator()
    made = community.wish(by=author, dataset=dataset, shown=True)
    before = made.due_on

    longer = wishes.extend(made.pk, reason="须先脱敏", by=operator, at=NOW)
    page = Client(headers={"Accept-Language": "en"}).get(f"/wishes/{made.pk}").content.decode()

    clock = deadlines.clocks().limit(ClockStep.WISH)
    assert clock.consent
    assert longer.due_on == deadlines.due_for(ClockStep.WISH, made.due_from, extended=True).due_on
    assert longer.due_on > before
    assert {"wish.extended", "wish.takes_longer"} <= told(made)
    assert f"To be answered by {longer.due_on}." in page
    assert "More time was given: 须先脱敏" in page
    entry = Entry.objects.get(verb="wish.extend")
    assert (entry.details["reason"], entry.details["until"]) == ("须先脱敏", str(longer.due_on))
    with pytest.raises(StepRefused, match="possible once"):
        wishes.extend(made.pk, reason="x", by=operator, at=NOW)


def test_the_clock_keeps_the_longer_day_and_rings_for_it_anew():
    made = community.wish(dataset=catalog.dataset(), shown=True)
    first = wishes.remind(at=LATE)

    longer = wishes.extend(made.pk, reason="x", by=community.operator(), at=LATE)
    between = told(made)
    again, twice = wishes.remind(at=LATE), wishes.remind(at=LATE)

    made.refresh_from_db()
    assert made.due_on == longer.due_on
    assert not between & {"wish.due", "wish.late", "wish.climbed"}
    assert (first, again, twice) == (3, 3, 0)


def test_before_its_longer_day_nobody_is_told_that_it_is_late():
    made = community.wish(dataset=catalog.dataset(), shown=True)
    day_after = timezone.make_aware(datetime.combine(made.due_on, time(9))) + timedelta(days=4)

    wishes.extend(made.pk, reason="x", by=community.operator(), at=NOW)

    assert wishes.remind(at=day_after) == 0


def test_who_serves_the_department_asked_does_not_give_it_more_time():
    dataset, operator = catalog.dataset(), community.operator()
    made = community.wish(dataset=dataset, shown=True)
    Membership.objects.create(user=operator, organization=dataset.owner, role=Role.REVIEWER)

    with pytest.raises(NotAllowed, match="serve"):
        wishes.extend(made.pk, reason="x", by=operator, at=NOW)
    with pytest.raises(NotAllowed):
        wishes.extend(made.pk, reason="x", by=catalog.staff(Role.HEAD, dataset.owner), at=NOW)


def test_more_time_needs_a_reason_a_limit_that_gives_it_and_an_answer_that_is_owed():
    operator = community.operator()
    made, waiting = community.wish(shown=True), community.wish()

    with pytest.raises(TextRefused):
        wishes.extend(made.pk, reason=" ", by=operator, at=NOW)
    with pytest.raises(StepRefused):
        wishes.extend(waiting.pk, reason="x", by=operator, at=NOW)
    Clock.objects.filter(step=ClockStep.WISH).update(extension_days=0)
    with pytest.raises(StepRefused, match="gives no more time"):
        wishes.extend(made.pk, reason="x", by=operator, at=NOW)


def test_a_limit_that_begins_anew_is_not_extended_yet():
    made, operator = community.wish(shown=True), community.operator()
    wishes.extend(made.pk, reason="x", by=operator, at=NOW)
    wishes.hide(made.pk, reason="x", by=operator, at=NOW)

    shown = wishes.show(made.pk, by=operator, at=NOW)

    assert (shown.extended_at, shown.extended_because) == (None, "")
    assert shown.due_on == deadlines.due_for(ClockStep.WISH, NOW).due_on
