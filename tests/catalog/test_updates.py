"""An entry follows a change of law or duties within the term of Order 809 art 17(2)."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import amending, bases, deadlines, duties, publishing, updates
from catalog.models import Clock, Dataset
from catalog.refusals import EntryRefused, StepRefused
from catalog.terms import ClockStep, LineState, State
from exchange import opening
from tests.factories import accounts
from tests.factories.catalog import NOW, TODAY, dataset, negative_line, staff

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 3, 2)


def noted(made, *, since=MONDAY, because="测试法第三条修订", at=NOW):
    by = staff(Role.PUBLISHER, made.owner)
    return updates.note(made.pk, since=since, because=because, by=by, at=at)


def due_of(made, today=TODAY):
    return updates.due(Dataset.objects.get(pk=made.pk), deadlines.clocks(), today=today)


def day(number):
    return NOW + timedelta(days=number - NOW.day)


def amended(made, *, accept=True, at=NOW):
    """Propose an amendment, sign it, and decide on it where `accept` says how."""
    revision = amending.propose(
        made.pk,
        metadata={"alias": "新名"},
        reason="随法修订",
        by=staff(Role.PUBLISHER, made.owner),
        at=at,
    )
    amending.sign(revision.pk, by=staff(Role.HEAD, made.owner), at=at)
    if accept is not None:
        publishing.decide_revision(
            revision.pk, accept=accept, reason="x", by=accounts.user(Role.OPERATOR), at=at
        )


def test_the_term_is_ten_working_days_and_five_more_with_the_authoritys_consent():
    made = dataset()

    noted(made)
    first = due_of(made)
    updates.extend(made.pk, reason="节日", by=accounts.user(Role.OPERATOR), at=NOW)

    assert (first.due_on, first.light) == (date(2026, 3, 16), "good")
    assert due_of(made).due_on == date(2026, 3, 23)
    assert due_of(made, date(2026, 3, 24)).light == "bad"
    verbs = Entry.objects.filter(verb__startswith="dataset.change").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "dataset.change_noted",
        "dataset.change_extended",
    ]


def test_an_amendment_in_review_is_in_time_a_refused_one_is_not_and_an_accepted_one_ends_it():
    made = dataset()
    noted(made)

    amended(made, accept=None)
    submitted = list(updates.waiting())
    publishing.decide_revision(
        made.revisions.get().pk,
        accept=False,
        reason="x",
        by=accounts.user(Role.OPERATOR),
        at=NOW,
    )
    refused = list(updates.waiting())
    amended(made)

    assert submitted == []
    assert refused == [made]
    assert list(updates.waiting()) == []
    assert due_of(made) is None
    assert not Notice.objects.open().filter(kind__startswith="dataset.update").exists()


def told_roles(kind):
    return set(Notice.objects.open().filter(kind=kind).values_list("role", flat=True))


def test_who_is_near_late_and_very_late_is_told_once_each_as_of_a_request():
    noted(dataset())

    told = [updates.remind(at=day(number)) for number in (12, 13, 16, 17, 18, 19, 20)]

    assert told == [0, 1, 0, 1, 0, 1, 0]
    assert told_roles("dataset.update_due") == set()
    assert told_roles("dataset.update_late") == {Role.PUBLISHER, Role.HEAD}
    assert told_roles("dataset.update_climbed") == {Role.HEAD, Role.OPERATOR}
    verbs = Entry.objects.filter(verb__startswith="clock.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "clock.remind",
        "clock.late",
        "clock.climb",
    ]


def test_after_days_on_which_nobody_looked_all_is_told_in_one_go():
    noted(dataset())

    assert [updates.remind(at=day(number)) for number in (20, 20)] == [3, 0]


def test_a_longer_term_is_another_and_is_told_of_anew():
    made = dataset()
    noted(made)
    updates.remind(at=day(20))

    updates.extend(made.pk, reason="节日", by=accounts.user(Role.OPERATOR), at=day(20))

    assert told_roles("dataset.update_climbed") == set()
    assert [updates.remind(at=day(number)) for number in (20, 24, 26)] == [1, 1, 1]


def test_days_that_the_authority_sets_or_empties_hold():
    noted(dataset())
    limit = Clock.objects.get(profile="order809", step=ClockStep.CATALOGUE_UPDATE)
    limit.remind_days, limit.late_days, limit.climb_days = None, 2, None
    limit.save()

    told = [updates.remind(at=day(number)) for number in (16, 17, 18, 20)]

    assert told == [0, 0, 1, 0]


def test_what_the_authority_set_before_is_kept_by_the_migration():
    migration = import_module("catalog.migrations.0024_catalogue_alarms")
    steps = Clock.objects.filter(profile="order809", step__in=migration.STEPS)
    steps.update(remind_days=None, late_days=None, climb_days=None)
    steps.filter(step=ClockStep.CATALOGUE_REVIEW).update(late_days=5)

    migration.set_days(apps, None)

    assert {one.step: (one.remind_days, one.late_days, one.climb_days) for one in steps.all()} == {
        ClockStep.CATALOGUE_REVIEW: (None, 5, None),
        ClockStep.CATALOGUE_UPDATE: (1, 1, 3),
    }


def test_a_duty_that_ends_and_an_article_that_ends_start_the_term_of_what_rests_on_them():
    served, lined, other = dataset(), dataset(), dataset()
    head = staff(Role.HEAD, served.owner)
    duty = duties.create(
        "D1", organization=served.owner, title_zh="停车管理", legal_basis="法", by=head, at=NOW
    )
    duties.link(duty.pk, datasets=[served], by=head, at=NOW)
    line = negative_line(lined)
    last = TODAY + timedelta(days=3)

    duties.retire(duty.pk, by=head, at=NOW)
    bases.end(line.basis_id, until=last, by=accounts.user(Role.OPERATOR), at=NOW)

    served.refresh_from_db()
    lined.refresh_from_db()
    other.refresh_from_db()
    assert (served.update_from, served.update_because) == (TODAY, "D1 停车管理")
    assert (lined.update_from, lined.update_because) == (
        last + timedelta(days=1),
        line.basis.citation,
    )
    assert other.update_from is None


def test_a_line_that_is_not_published_starts_nothing():
    made = dataset()
    line = negative_line(made, state=LineState.PROPOSED)

    bases.end(line.basis_id, until=TODAY, by=accounts.user(Role.OPERATOR), at=NOW)

    assert Dataset.objects.get(pk=made.pk).update_from is None


def test_the_head_says_that_nothing_has_to_change_and_why():
    made = dataset()
    noted(made)
    head = staff(Role.HEAD, made.owner)

    with pytest.raises(EntryRefused):
        updates.close(made.pk, reason=" ", by=head, at=NOW)
    updates.close(made.pk, reason="不涉及本目录", by=head, at=NOW)

    assert list(updates.waiting()) == []
    assert Entry.objects.get(verb="dataset.change_closed").details["reason"] == "不涉及本目录"


@pytest.mark.parametrize(
    ("told", "refusal"),
    [({"because": " "}, EntryRefused), ({"since": TODAY + timedelta(days=1)}, EntryRefused)],
)
def test_a_change_without_words_or_of_a_day_to_come_is_refused(told, refusal):
    with pytest.raises(refusal):
        noted(dataset(), **told)


def test_only_a_published_entry_follows_a_change_one_at_a_time_and_until_it_is_withdrawn():
    made, draft = dataset(), dataset(State.DRAFT)
    noted(made)

    for one in (made, draft):
        with pytest.raises(StepRefused):
            noted(one)
    opening.withdraw(made.pk, reason="x", by=staff(Role.HEAD, made.owner), at=NOW)

    assert list(updates.waiting()) == []
    assert not Notice.objects.open().filter(kind__startswith="dataset.update").exists()


def test_each_step_takes_its_own_role():
    made = dataset()
    noted(made)
    publisher, head = staff(Role.PUBLISHER, made.owner), staff(Role.HEAD, made.owner)

    with pytest.raises(NotAllowed):
        updates.note(made.pk, since=TODAY, because="x", by=head, at=NOW)
    with pytest.raises(NotAllowed):
        updates.extend(made.pk, reason="x", by=head, at=NOW)
    with pytest.raises(NotAllowed):
        updates.close(made.pk, reason="x", by=publisher, at=NOW)
    updates.extend(made.pk, reason="x", by=accounts.user(Role.OPERATOR), at=NOW)
    with pytest.raises(StepRefused, match="once"):
        updates.extend(made.pk, reason="x", by=accounts.user(Role.OPERATOR), at=NOW)
