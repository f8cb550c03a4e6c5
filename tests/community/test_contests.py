"""Contests: drafted, published, closed by their day, and ended with awards. All is invented."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Notice
from accounts.notices import page_at_door, sentence
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from catalog.terms import State
from community import contests, showcases, speaking
from community.contests import Award
from community.models import Contest, ContestEntry
from community.refusals import ContestRefused, TextRefused
from community.states import ContestState, Phase
from exchange.workflow import StepRefused
from tests.factories import accounts, catalog, community

pytestmark = pytest.mark.django_db
NOW = community.NOW
TODAY = timezone.localdate(NOW)
DAY = timedelta(days=1)
FIRST = Award(1, "一等奖", "First prize")


def verbs() -> list[str]:
    told = Entry.objects.filter(verb__startswith="contest.").order_by("pk")
    return list(told.values_list("verb", flat=True))


def test_a_contest_is_drafted_then_published_each_with_one_entry():
    made = community.contest(shown=False)
    assert not Contest.objects.listed().exists()
    assert not Contest.objects.seen().exists()

    contests.publish(made.pk, by=community.operator(), at=NOW)

    assert Contest.objects.listed().get() == made
    assert verbs() == ["contest.draft", "contest.publish"]


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.HEAD, Role.REVIEWER, Role.SYSTEM_ADMIN])
def test_only_the_data_authority_holds_contests(role):
    made, person = community.contest(), accounts.user(role)

    for verb in (
        lambda: contests.draft(community.contest_told(), by=person, at=NOW),
        lambda: contests.change(made.pk, community.contest_told(), by=person, at=NOW),
        lambda: contests.publish(made.pk, by=person, at=NOW),
        lambda: contests.withdraw(made.pk, reason="x", by=person, at=NOW),
        lambda: contests.announce(made.pk, {}, by=person, at=NOW),
    ):
        with pytest.raises(NotAllowed):
            verb()


class DaysInOrder(TestCase):
    """A law of the three days, tried out."""

    @given(*[st.dates(date(2026, 1, 1), date(2026, 1, 4))] * 3)
    def test_days_in_the_wrong_order_are_refused_and_leave_nothing(self, opens, until, results):
        told = community.contest_told(opens_on=opens, entries_until=until, results_on=results)
        before = Contest.objects.count(), Entry.objects.count()
        by = community.operator()

        if opens <= until < results:
            contests.draft(told, by=by, at=NOW)
            assert Contest.objects.count() == before[0] + 1
            return
        with pytest.raises(ContestRefused, match=str(results)):
            contests.draft(told, by=by, at=NOW)

        assert Contest.objects.count() == before[0]


def test_the_database_refuses_days_out_of_order_too():
    made = community.contest()

    with pytest.raises(IntegrityError), transaction.atomic():
        Contest.objects.filter(pk=made.pk).update(results_on=made.entries_until)


def test_a_contest_names_published_datasets_only():
    draft, gone = catalog.dataset(State.DRAFT), catalog.dataset(State.WITHDRAWN)

    for wanted in ([draft.pk], [gone.pk], [catalog.dataset().pk, 0]):
        with pytest.raises(ContestRefused):
            community.contest(datasets=wanted)

    assert not Contest.objects.exists()


def test_a_company_holds_no_contest():
    company = accounts.organization(OrganizationKind.COMPANY)

    with pytest.raises(ContestRefused):
        community.contest(organizer=company)


@pytest.mark.parametrize(
    ("over", "refusal"),
    [
        ({"title_zh": " "}, TextRefused),
        ({"rules_en": ""}, TextRefused),
        ({"prizes_zh": "一万元"}, ContestRefused),
        ({"slug": "no address"}, ValidationError),
    ],
)
def test_what_is_told_in_half_is_refused(over, refusal):
    with pytest.raises(refusal):
        community.contest(**over)


def test_an_address_is_taken_once():
    community.contest(slug="spring")

    with pytest.raises(ValidationError):
        community.contest(slug="spring")


def test_what_entrants_rely_on_stays_once_a_contest_is_published():
    made, by = community.contest(slug="spring"), community.operator()
    told = community.contest_told(slug="spring", organizer=made.organizer)

    for broken in (
        replace(told, slug="autumn"),
        replace(told, entries_until=made.entries_until - DAY),
    ):
        with pytest.raises(ContestRefused):
            contests.change(made.pk, broken, by=by, at=NOW)
    later = replace(told, entries_until=made.entries_until + DAY, title_en="Spring")
    contests.change(made.pk, later, by=by, at=NOW)

    changed = Contest.objects.get()
    assert (changed.entries_until, changed.title_en) == (made.entries_until + DAY, "Spring")
    assert verbs()[-1] == "contest.change"


def test_a_contest_whose_last_day_is_over_is_not_published():
    made = community.contest(shown=False, at=NOW - 15 * DAY)

    with pytest.raises(ContestRefused):
        contests.publish(made.pk, by=community.operator(), at=NOW)

    assert Contest.objects.get().state == ContestState.DRAFT


def test_a_published_contest_is_as_far_as_its_days_say():
    made = community.contest()

    told = {day: made.phase(TODAY + day * DAY) for day in (-11, -10, 10, 11, 30)}

    assert told == {
        -11: Phase.AHEAD,
        -10: Phase.OPEN,
        10: Phase.OPEN,
        11: Phase.JUDGED,
        30: Phase.JUDGED,
    }


# entries


def test_an_app_is_entered_once_while_it_waits_and_listed_once_it_is_shown():
    author, made = community.member(), community.contest()
    app = community.showcase(by=author)

    for _again in range(2):
        contests.enter(made.pk, app.pk, by=author, at=NOW)

    assert ContestEntry.objects.get().showcase == app
    assert not ContestEntry.objects.shown().exists()
    assert verbs().count("contest.enter") == 1
    showcases.show(app.pk, by=community.operator(), at=NOW)
    assert ContestEntry.objects.shown().count() == 1


def test_an_entry_is_not_listed_once_its_app_is_gone_or_the_contest_called_off():
    app = community.showcase(shown=True)
    made, off = community.judged(app), community.judged(app)
    assert ContestEntry.objects.shown().count() == 2

    contests.withdraw(off.pk, reason="x", by=community.operator(), at=NOW)
    assert ContestEntry.objects.shown().get().contest == made
    showcases.withdraw(app.pk, by=app.speaker.user, at=NOW)
    assert not ContestEntry.objects.shown().exists()


@pytest.mark.parametrize(("days", "named"), [(-11, -10), (11, 10)])
def test_before_the_first_and_after_the_last_day_nothing_comes_and_nothing_goes(days, named):
    author, made = community.member(), community.contest()
    app, late = community.showcase(by=author), community.showcase(by=author)
    contests.enter(made.pk, app.pk, by=author, at=NOW)
    then = NOW + days * DAY

    with pytest.raises(StepRefused, match=str(TODAY + named * DAY)):
        contests.enter(made.pk, late.pk, by=author, at=then)
    with pytest.raises(StepRefused, match=str(TODAY + named * DAY)):
        contests.leave(made.pk, app.pk, by=author, at=then)

    assert ContestEntry.objects.get().showcase == app


def test_the_last_day_is_a_day_of_the_city():
    author, made = community.member(), community.contest()
    app = community.showcase(by=author)
    midnight = timezone.localtime(NOW).replace(hour=0, minute=0, second=0, microsecond=0)

    with pytest.raises(StepRefused):
        contests.enter(made.pk, app.pk, by=author, at=midnight + 11 * DAY)
    last = midnight + 11 * DAY - timedelta(seconds=1)
    assert contests.enter(made.pk, app.pk, by=author, at=last)


def test_an_app_is_taken_out_again_before_the_last_day():
    author, made = community.member(), community.contest()
    app = community.showcase(by=author)
    contests.enter(made.pk, app.pk, by=author, at=NOW)

    for _again in range(2):
        contests.leave(made.pk, app.pk, by=author, at=NOW)

    assert not ContestEntry.objects.exists()
    assert verbs()[-2:] == ["contest.enter", "contest.leave"]


def test_nobody_enters_or_takes_out_the_app_of_another():
    author, made = community.member(), community.contest()
    app = community.showcase(by=author)
    contests.enter(made.pk, app.pk, by=author, at=NOW)

    for verb in (contests.enter, contests.leave):
        for other in (community.member(), community.operator()):
            with pytest.raises(NotAllowed):
                verb(made.pk, app.pk, by=other, at=NOW)

    assert ContestEntry.objects.count() == 1


def test_a_colleague_enters_the_app_of_their_company():
    company = accounts.organization(OrganizationKind.COMPANY)
    author, made = accounts.user(Role.DEVELOPER, company), community.contest()
    speaking.take_name("Dev", by=author, at=NOW)
    app = community.showcase(by=author, organization=company)
    colleague = accounts.user(Role.DEVELOPER, company)

    assert contests.enter(made.pk, app.pk, by=colleague, at=NOW).entered_by == colleague


def test_an_app_that_is_refused_or_taken_back_is_not_entered():
    author, made = community.member(), community.contest()
    refused, back = community.showcase(by=author), community.showcase(by=author)
    showcases.refuse(refused.pk, reason="x", by=community.operator(), at=NOW)
    showcases.withdraw(back.pk, by=author, at=NOW)

    for app in (refused, back):
        with pytest.raises(StepRefused):
            contests.enter(made.pk, app.pk, by=author, at=NOW)


def test_no_app_is_entered_in_a_draft_or_in_what_was_called_off():
    author = community.member()
    app, draft = community.showcase(by=author), community.contest(shown=False)
    off = community.contest()
    contests.withdraw(off.pk, reason="x", by=community.operator(), at=NOW)

    with pytest.raises(Contest.DoesNotExist):
        contests.enter(draft.pk, app.pk, by=author, at=NOW)
    with pytest.raises(StepRefused):
        contests.enter(off.pk, app.pk, by=author, at=NOW)


# results


def test_results_are_announced_with_awards_and_who_got_one_is_told():
    app, other = community.showcase(shown=True), community.showcase(shown=True)

    made = community.awarded(app, other)

    best = ContestEntry.objects.shown().awarded().get()
    assert (best.showcase, best.place, best.award_zh) == (app, 1, "一等奖")
    assert (made.state, made.phase(TODAY)) == (ContestState.ANNOUNCED, Phase.ANNOUNCED)
    told = Notice.objects.get(kind="contest.awarded")
    assert (told.person, told.by_mail) == (app.speaker.user, True)
    for language, name in (("zh-hans", "一等奖"), ("en", "First prize")):
        with override(language):
            assert name in sentence(told)
    assert page_at_door(told.target) == f"/my/contests/#entry-{best.pk}"


def test_two_apps_with_an_award_are_told_each_of_its_own():
    apps = [community.showcase(shown=True) for _number in range(2)]
    made = community.judged(*apps)
    both = {one.pk: FIRST for one in made.entries.all()}

    contests.announce(made.pk, both, by=community.operator(), at=NOW)

    open_ones = Notice.objects.open().filter(kind="contest.awarded")
    assert {one.person_id for one in open_ones} == {one.speaker.user_id for one in apps}


def test_results_announced_anew_stand_for_the_earlier_ones():
    app, other = community.showcase(shown=True), community.showcase(shown=True)
    made = community.awarded(app, other)
    entry = made.entries.get(showcase=other)

    contests.announce(made.pk, {entry.pk: FIRST}, by=community.operator(), at=NOW)

    assert ContestEntry.objects.awarded().get() == entry
    assert verbs().count("contest.announce") == 2


def test_no_results_while_apps_can_be_entered():
    made = community.contest()

    for days in (0, 10):
        with pytest.raises(StepRefused, match=str(made.entries_until)):
            contests.announce(made.pk, {}, by=community.operator(), at=NOW + days * DAY)
    contests.announce(made.pk, {}, by=community.operator(), at=NOW + 11 * DAY)

    assert Contest.objects.get().state == ContestState.ANNOUNCED


def test_an_award_goes_to_no_app_of_another_contest_and_to_none_that_is_not_shown():
    waiting = community.showcase()
    made = community.judged(waiting)
    other = community.judged(community.showcase(shown=True))
    by = community.operator()

    for entry in (made.entries.get(), other.entries.get()):
        with pytest.raises(ContestRefused):
            contests.announce(made.pk, {entry.pk: FIRST}, by=by, at=NOW)

    assert not ContestEntry.objects.awarded().exists()
    assert Contest.objects.get(pk=made.pk).state == ContestState.PUBLISHED


def test_the_database_keeps_an_award_whole():
    made = community.judged(community.showcase(shown=True))

    for broken in (
        {"place": 1},
        {"award_zh": "奖"},
        {"place": 0, "award_zh": "a", "award_en": "b"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            made.entries.update(**broken)


def test_the_organiser_is_told_once_on_the_day_for_which_results_are_promised():
    made = community.judged(community.showcase(shown=True))
    day = made.results_on - TODAY
    community.contest()

    counts = [contests.remind(at=NOW + day + days * DAY) for days in (-1, 0, 1)]

    assert counts == [0, 1, 0]
    told = Notice.objects.get(kind="contest.results_due")
    assert (told.role, told.due_on) == ("operator", made.results_on)
    for language, name in (("zh-hans", made.title_zh), ("en", made.title_en)):
        with override(language):
            assert name in sentence(told)
            assert str(made.results_on) in sentence(told)


@pytest.mark.parametrize("over", ["announced", "withdrawn"])
def test_the_reminder_of_results_is_closed_with_the_contest(over):
    made = community.judged(community.showcase(shown=True))
    due = NOW + (made.results_on - TODAY)
    contests.remind(at=due)

    if over == "announced":
        contests.announce(made.pk, {}, by=community.operator(), at=due)
    else:
        contests.withdraw(made.pk, reason="no jury", by=community.operator(), at=due)

    assert not Notice.objects.open().filter(kind="contest.results_due").exists()
    assert contests.remind(at=due + DAY) == 0


# called off


def test_who_entered_a_contest_that_is_called_off_is_told_why():
    app = community.showcase()
    made = community.judged(app)
    with pytest.raises(TextRefused):
        contests.withdraw(made.pk, reason=" ", by=community.operator(), at=NOW)

    contests.withdraw(made.pk, reason="no jury", by=community.operator(), at=NOW)

    told = Notice.objects.get(kind="contest.withdrawn")
    assert (told.person, "no jury" in sentence(told)) == (app.speaker.user, True)
    assert Contest.objects.seen().get().reason == "no jury"
    assert not Contest.objects.listed().exists()


def test_a_draft_that_is_called_off_was_never_seen():
    made = community.contest(shown=False)

    contests.withdraw(made.pk, reason="no money", by=community.operator(), at=NOW)

    assert not Contest.objects.seen().exists()


def test_results_that_are_out_are_not_called_off():
    made = community.awarded(community.showcase(shown=True))

    with pytest.raises(StepRefused):
        contests.withdraw(made.pk, reason="x", by=community.operator(), at=NOW)
