"""A provider stops a service: it asks, the consumer answers, the data authority decides."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, Notice
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import workdays
from exchange.access import Caller
from exchange.models import BatchEnd, BatchJob, Ending, Grant, Stop
from exchange.sharing import (
    batches,
    beside,
    deciding,
    foreseen,
    lifecycle,
    offered,
    serving,
    stopping,
)
from exchange.sharing.grants import GrantUnfit
from exchange.sharing.requests import RequestUnfit
from exchange.sharing.requests import asked as asked_as
from exchange.sharing.serving import GrantNotLive
from exchange.stop_flow import StopState
from exchange.workflow import GrantState, State, StepRefused
from policy.terms import Grade, Mode, ReaderKind
from tests.factories import accounts
from tests.factories.sharing import NOW, STOP, TODAY, UNTIL

pytestmark = pytest.mark.django_db
FROM: date = STOP["from_day"]
DAY = timedelta(days=1)


def on(day: date):
    """Return a moment of a day."""
    return NOW + (day - TODAY)


@pytest.fixture
def grant(two) -> Grant:
    return two.granted("phone")


def asked(two, grant) -> Stop:
    return stopping.ask(grant.pk, **STOP, by=two.where.head, at=NOW)


def refused(two, grant) -> Stop:
    return stopping.refuse(asked(two, grant).pk, reason="业务在用", by=two.asking_head, at=NOW)


def served(two, day):
    caller = Caller(ReaderKind.DEPARTMENT, two.asker.pk, str(two.asker))
    return serving.under_grant(two.dataset.slug, caller, mode=Mode.QUERY, today=day)


def verbs() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("verb", flat=True))


def told(kind, organization) -> bool:
    return Notice.objects.open().filter(kind=kind, organization=organization).exists()


def test_asking_changes_nothing_and_tells_the_consumer_and_the_authority(two, grant):
    stop = asked(two, grant)

    grant.refresh_from_db()
    assert (grant.valid_until, grant.state(FROM)) == (UNTIL, GrantState.LIVE)
    assert stop.due_on == workdays.calendar().add(TODAY, 10).day
    assert told("grant.stop_asked", two.asker)
    assert told("grant.stopped", None)
    assert verbs()[-1] == "grant.stop_ask"


@pytest.mark.parametrize("missing", ["cause", "notice"])
def test_it_is_not_asked_without_cause_or_notice(two, grant, missing):
    with pytest.raises(RequestUnfit):
        stopping.ask(grant.pk, **STOP | {missing: " "}, by=two.where.head, at=NOW)

    assert not Stop.objects.exists()


@pytest.mark.parametrize("day", [TODAY - DAY, TODAY, UNTIL + DAY])
def test_the_day_is_one_of_the_grants_and_not_today(two, grant, day):
    with pytest.raises(GrantUnfit, match="Name a day from 2026-03-03 to"):
        stopping.ask(grant.pk, **STOP | {"from_day": day}, by=two.where.head, at=NOW)


def test_only_heads_ask_and_answer(two, grant):
    with pytest.raises(NotAllowed):
        stopping.ask(grant.pk, **STOP, by=two.reviewer, at=NOW)
    stop = asked(two, grant)
    for person in (two.clerk, two.where.head, two.where.operator):
        with pytest.raises(NotAllowed):
            stopping.agree(stop.pk, by=person, at=NOW)

    assert Stop.objects.get().state == StopState.ASKED


def test_one_stop_at_a_time(two, grant):
    asked(two, grant)

    with pytest.raises(StepRefused, match="asked for already"):
        asked(two, grant)


def test_agreed_it_is_served_until_the_day_before_and_refused_from_that_day(two, grant):
    stop = stopping.agree(asked(two, grant).pk, by=two.asking_head, at=NOW)

    assert stop.state == StopState.AGREED
    assert served(two, FROM - DAY).grant == grant
    with pytest.raises(GrantNotLive):
        served(two, FROM)
    assert told("grant.stop_set", two.asker)
    assert told("grant.stop_set", two.where.department)
    assert not told("grant.stop_asked", two.asker)


def test_the_platform_writes_its_end_down_on_the_day_once_and_not_before(two, grant):
    stopping.agree(asked(two, grant).pk, by=two.asking_head, at=NOW)

    before = stopping.follow(at=on(FROM - DAY))
    on_the_day = stopping.follow(at=on(FROM))
    again = stopping.follow(at=on(FROM))

    grant.refresh_from_db()
    assert (before, on_the_day, again) == (0, 1, 0)
    assert (grant.ending, Stop.objects.get().state) == (Ending.STOPPED, StopState.DONE)
    assert grant.ended_because == "系统下线\n备案〔2026〕3号"
    assert told("grant.ended", two.asker)
    assert verbs()[-1] == "grant.end"


def test_files_of_a_stopped_service_are_void_when_it_ends(two):
    grant = two.granted("phone", mode=Mode.BULK)
    job = BatchJob.objects.create(
        grant=grant, asked_by=two.clerk, asked_at=NOW, form="csv", state="ready"
    )
    stopping.agree(asked(two, grant).pk, by=two.asking_head, at=NOW)

    stopping.follow(at=on(FROM))

    job.refresh_from_db()
    assert (job.state, job.ended_because) == ("expired", BatchEnd.GRANT)
    with pytest.raises(GrantNotLive):
        batches.served_now(
            grant, Caller(ReaderKind.DEPARTMENT, two.asker.pk, str(two.asker)), at=on(FROM)
        )


def test_objected_to_the_authority_decides_and_the_service_goes_on_till_then(two, grant):
    stop = refused(two, grant)
    told_then = (
        told("grant.stop_objected", None),
        told("grant.stop_objected", grant.dataset.owner),
    )
    live = served(two, FROM).grant

    stop = stopping.decide(stop.pk, ends=True, reason="确需下线", by=two.where.operator, at=NOW)

    assert told_then == (True, True)
    assert live == grant
    assert (stop.state, stop.decision) == (StopState.ORDERED, "确需下线")
    with pytest.raises(GrantNotLive):
        served(two, FROM)


def test_decided_for_the_consumer_it_goes_on_and_can_be_asked_anew(two, grant):
    stop = refused(two, grant)

    stopping.decide(stop.pk, ends=False, reason="无正当理由", by=two.where.operator, at=NOW)

    assert served(two, FROM).grant == grant
    assert told("grant.stop_off", two.asker)
    assert asked(two, grant).state == StopState.ASKED


def test_silence_is_no_consent_and_decided_only_when_the_time_is_over(two, grant):
    stop = asked(two, grant)
    with pytest.raises(StepRefused, match="has time to answer until"):
        stopping.decide(stop.pk, ends=True, reason="x", by=two.where.operator, at=on(stop.due_on))

    late = on(stop.due_on + DAY)
    first, again = stopping.follow(at=late), stopping.follow(at=late)
    was_told = told("grant.stop_silent", None)
    stop = stopping.decide(stop.pk, ends=True, reason="逾期未答", by=two.where.operator, at=late)

    assert (first, again, was_told) == (1, 0, True)
    assert stop.state == StopState.ORDERED
    assert not told("grant.stop_silent", None)


def test_an_office_that_is_a_side_decides_only_by_the_paper_of_who_is_above(two, grant):
    stop = refused(two, grant)
    operator = accounts.user(Role.OPERATOR, two.where.department)
    with pytest.raises(NotAllowed, match="one of the two sides"):
        stopping.decide(stop.pk, ends=True, reason="x", by=operator, at=NOW)

    stopping.decide(
        stop.pk, ends=True, reason="x", document="海政〔2026〕9号", by=operator, at=NOW
    )

    assert Stop.objects.get().document == "海政〔2026〕9号"


def test_agreed_to_after_the_day_it_ends_then_and_not_backwards(two, grant):
    stop = refused(two, grant)
    late = on(FROM + 3 * DAY)

    stopping.agree(stop.pk, by=two.asking_head, at=late)

    grant.refresh_from_db()
    assert (grant.valid_until, grant.revoked_at) == (UNTIL, late)
    assert Stop.objects.get().state == StopState.DONE


def test_taken_back_it_goes_on(two, grant):
    stop = asked(two, grant)

    stopping.take_back(stop.pk, reason="系统延期下线", by=two.where.head, at=NOW)

    assert told("grant.stop_off", two.asker)
    with pytest.raises(StepRefused, match="taken back"):
        stopping.agree(stop.pk, by=two.asking_head, at=NOW)


def test_what_was_agreed_is_not_taken_back(two, grant):
    stop = stopping.agree(asked(two, grant).pk, by=two.asking_head, at=NOW)

    with pytest.raises(StepRefused):
        stopping.take_back(stop.pk, reason="x", by=two.where.head, at=NOW)


def test_a_grant_that_ends_otherwise_lets_the_stop_lapse(two, grant):
    stop = asked(two, grant)
    lifecycle.purpose_over(grant.pk, reason="业务结束", by=two.clerk, at=NOW)
    with pytest.raises(StepRefused, match="ended"):
        stopping.agree(stop.pk, by=two.asking_head, at=NOW)

    stopping.follow(at=NOW)

    assert Stop.objects.get().state == StopState.LAPSED
    assert not told("grant.stop_asked", two.asker)
    assert Grant.objects.get().ending == Ending.PURPOSE


def test_a_suspended_grant_is_stopped_too(two, grant):
    lifecycle.suspend(grant.pk, reason="x", mend_by=UNTIL, by=two.reviewer, at=NOW)

    stopping.agree(asked(two, grant).pk, by=two.asking_head, at=NOW)
    stopping.follow(at=on(FROM))

    assert Grant.objects.get().ending == Ending.STOPPED


def test_what_is_told_of_it_follows_where_it_stands(two, grant):
    before = stopping.of_grants([grant])
    stop = asked(two, grant)
    open_text = stopping.sentence(stopping.of_grants([grant])[grant.pk])
    stopping.agree(stop.pk, by=two.asking_head, at=NOW)

    text = stopping.sentence(stopping.of_grants([grant])[grant.pk])

    assert before == {}
    assert "goes on until" in open_text
    assert "nothing is served from 2026-06-01 on" in text


def test_the_consumer_may_be_the_provider_after_a_transfer(two, grant):
    stop = asked(two, grant)
    Grant.objects.filter(pk=grant.pk).update(organization=two.where.department)

    done = stopping.agree(stop.pk, by=two.where.head, at=NOW)

    assert done.answered_by == two.where.head
    assert Membership.objects.filter(user=two.where.head).count() == 1
    assert timezone.localdate(done.answered_at) == TODAY


# Asking again does not undo a stop (Order 809 art 27)


def free(two, at) -> State:
    """Ask for what the law gives at once; return where the request stands after the signature."""
    return two.signed("id", "name", clear_up_to=Grade.L2, at=at, wanted_from=at.date()).state


def agreed(two, grant) -> Stop:
    return stopping.agree(asked(two, grant).pk, by=two.asking_head, at=NOW)


def ordered(two, grant) -> Stop:
    told = {"ends": True, "reason": "系统确需下线", "by": two.where.operator, "at": NOW}
    return stopping.decide(refused(two, grant).pk, **told)


@pytest.mark.parametrize("settled", [agreed, ordered])
@pytest.mark.parametrize("day", [TODAY + DAY, FROM - DAY, FROM, FROM + 30 * DAY])
def test_what_was_stopped_is_answered_by_the_provider_when_it_is_asked_for_anew(
    two, grant, settled, day
):
    before = free(two, NOW)
    settled(two, grant)
    stopping.follow(at=on(day))

    after = free(two, on(day))

    assert (before, after) == (State.GRANTED, State.IN_REVIEW)


def test_a_stop_that_was_agreed_counts_also_where_the_purpose_was_over_before_its_day(two, grant):
    agreed(two, grant)
    lifecycle.purpose_over(grant.pk, reason="用毕", by=two.clerk, at=NOW + DAY)
    stopping.follow(at=NOW + DAY)

    assert Stop.objects.get().state == StopState.LAPSED
    assert free(two, NOW + 2 * DAY) == State.IN_REVIEW


def test_a_stop_that_is_only_asked_or_is_off_holds_nobody_up(two, grant):
    waiting = asked(two, grant)
    while_asked = free(two, NOW)
    stopping.take_back(waiting.pk, reason="不停了", by=two.where.head, at=NOW)
    taken_back = free(two, NOW)
    asked(two, grant)
    lifecycle.purpose_over(grant.pk, reason="用毕", by=two.clerk, at=NOW)
    stopping.follow(at=NOW)

    lapsed = free(two, NOW)

    assert [while_asked, taken_back, lapsed] == [State.GRANTED] * 3


def test_once_the_provider_has_signed_anew_it_is_had_at_once_again(two, grant):
    agreed(two, grant)
    request = two.proposed("id", "name", clear_up_to=Grade.L2, at=NOW + DAY)
    deciding.sign_answer(request.pk, by=two.where.head, at=NOW + DAY)

    assert free(two, NOW + 2 * DAY) == State.GRANTED


def test_a_stop_of_another_department_or_dataset_holds_nobody_up(two, grant):
    stop = agreed(two, grant)

    assert beside.stopped_on([two.dataset.pk], two.asker.pk) == {two.dataset.pk: stop}
    assert beside.stopped_on([two.dataset.pk], two.where.department.pk) == {}
    assert beside.stopped_on([two.dataset.pk + 1], two.asker.pk) == {}


def test_before_the_signature_nothing_is_promised_at_once_after_a_stop(two, grant):
    asked_for = {"wanted": two.fields("id", "name"), "today": TODAY}
    offer = asked_as(two.draft("id", "name", clear_up_to=Grade.L2))
    caller = Caller(ReaderKind.DEPARTMENT, two.asker.pk, str(two.asker))
    before = foreseen.foreseen(two.dataset, two.asker.pk, offer, **asked_for)
    agreed(two, grant)

    after = foreseen.foreseen(two.dataset, two.asker.pk, offer, **asked_for)
    later = offered.offered([two.dataset], caller, today=FROM)[two.dataset.pk]

    assert (before.at_once, before.stopped) == (True, False)
    assert (after.at_once, after.stopped) == (False, True)
    assert later.way == offered.Way.ON_ANSWER
    assert "was stopped by agreement or decision" in later.how
