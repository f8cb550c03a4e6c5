"""Who serves both sides of a matter decides nothing in it: each verb of sharing, tried."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from accounts import people
from accounts.models import Organization, User
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from exchange import sharing as room
from exchange.models import About, Correction, Dispute, Grant, Ground, ShareRequest, Stop, Wrong
from exchange.sharing import (
    batches,
    clocks,
    corrections,
    deciding,
    disputes,
    grants,
    lifecycle,
    stopping,
)
from exchange.sharing.corrections import Report
from exchange.sharing.requests import asked
from policy.terms import Mode
from tests.exchange.sharing.test_acting_for import lend
from tests.factories import accounts, sharing
from tests.factories.sharing import NOW, TODAY, UNTIL

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=60)
MEND_BY = TODAY + timedelta(days=14)


def suspended(two: sharing.Two, *names: str) -> Grant:
    grant = two.granted(*names)
    return lifecycle.suspend(grant.pk, reason="x", mend_by=MEND_BY, by=two.reviewer, at=NOW)


def refused(two: sharing.Two) -> ShareRequest:
    request = two.signed("phone")
    deciding.propose_refusal(
        request.pk, ground=Ground.NOT_NECESSARY, reason="x", by=two.reviewer, at=NOW
    )
    return deciding.sign_answer(request.pk, by=two.where.head, at=NOW)[0]


def disputed(two: sharing.Two) -> Dispute:
    return disputes.open_dispute(
        refused(two).pk, about=About.REFUSAL, claim="x", by=two.clerk, at=NOW
    )


def escalated(two: sharing.Two) -> Dispute:
    return disputes.escalate(disputed(two).pk, to=disputes.UP[0], text="x", by=two.clerk, at=NOW)


def reported(two: sharing.Two) -> Correction:
    report = Report(wrong=Wrong.ENTRY, text="x")
    return corrections.report(two.dataset.pk, report, organization=two.asker, by=two.clerk, at=NOW)


def answered(two: sharing.Two) -> Correction:
    return corrections.answer(reported(two).pk, wrong=False, text="x", by=two.reviewer, at=NOW)


def in_check(two: sharing.Two) -> ShareRequest:
    request = two.signed("phone")
    ShareRequest.objects.filter(pk=request.pk).update(state=ShareRequest.State.IN_CHECK)
    return request


def more_time_asked(two: sharing.Two) -> ShareRequest:
    request = two.signed("phone")
    return clocks.ask_extension(request.pk, reason="x", by=two.reviewer, at=NOW)


def stop_asked(two: sharing.Two) -> Stop:
    return stopping.ask(two.granted("phone").pk, **sharing.STOP, by=two.where.head, at=NOW)


def stop_refused(two: sharing.Two) -> Stop:
    return stopping.refuse(stop_asked(two).pk, reason="x", by=two.asking_head, at=NOW)


def bulk(two: sharing.Two) -> Grant:
    return two.granted("phone", mode=Mode.BULK)


def given_to_company(two: sharing.Two) -> Grant:
    return grants.grant(
        two.dataset.pk,
        to=Organization.objects.get(kind=OrganizationKind.COMPANY),
        fields=two.fields("name"),
        purpose="x",
        valid_from=TODAY,
        valid_until=UNTIL,
        by=two.reviewer,
        at=NOW,
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """A verb that decides: in what it is tried, by which role of which side, how it is called.

    `role` is the one that decides; `beside` is where the person serves as well.
    """

    before: Callable[[sharing.Two], object]
    role: Role
    call: Callable[..., object]
    beside: str = "asker"


DECIDING = {
    "deciding.pass_check": Tried(in_check, Role.OPERATOR, deciding.pass_check),
    "deciding.ask_more": Tried(
        lambda two: two.signed("phone"),
        Role.REVIEWER,
        lambda pk, **who: deciding.ask_more(pk, missing=["x"], **who),
    ),
    "deciding.assign": Tried(
        lambda two: two.signed("phone"),
        Role.REVIEWER,
        lambda pk, **who: deciding.assign(pk, to=None, **who),
    ),
    "deciding.propose": Tried(
        lambda two: two.signed("phone"),
        Role.REVIEWER,
        lambda pk, **who: deciding.propose(pk, asked(ShareRequest.objects.get(pk=pk)), **who),
    ),
    "deciding.propose_refusal": Tried(
        lambda two: two.signed("phone"),
        Role.REVIEWER,
        lambda pk, **who: deciding.propose_refusal(
            pk, ground=Ground.NOT_NECESSARY, reason="x", **who
        ),
    ),
    "deciding.reconsider": Tried(
        lambda two: two.proposed("phone"),
        Role.HEAD,
        lambda pk, **who: deciding.reconsider(pk, reason="x", **who),
    ),
    "deciding.sign_answer": Tried(
        lambda two: two.proposed("phone"), Role.HEAD, deciding.sign_answer
    ),
    "clocks.ask_extension": Tried(
        lambda two: two.signed("phone"),
        Role.REVIEWER,
        lambda pk, **who: clocks.ask_extension(pk, reason="x", **who),
    ),
    "clocks.extend": Tried(more_time_asked, Role.OPERATOR, clocks.extend),
    "disputes.concede": Tried(
        disputed, Role.HEAD, lambda pk, **who: disputes.concede(pk, text="x", **who)
    ),
    "disputes.decide": Tried(
        escalated,
        Role.OPERATOR,
        lambda pk, **who: disputes.decide(pk, for_asker=True, text="x", **who),
    ),
    "lifecycle.suspend": Tried(
        lambda two: two.granted("phone"),
        Role.REVIEWER,
        lambda pk, **who: lifecycle.suspend(pk, reason="x", mend_by=MEND_BY, **who),
    ),
    "lifecycle.resume": Tried(
        lambda two: suspended(two, "phone"),
        Role.REVIEWER,
        lambda pk, **who: lifecycle.resume(pk, reason="x", **who),
    ),
    "lifecycle.end_for_misuse": Tried(
        lambda two: suspended(two, "phone"),
        Role.REVIEWER,
        lambda pk, **who: lifecycle.end_for_misuse(pk, reason="x", **who | {"at": LATER}),
    ),
    "stopping.ask": Tried(
        lambda two: two.granted("phone"),
        Role.HEAD,
        lambda pk, **who: stopping.ask(pk, **sharing.STOP, **who),
    ),
    "stopping.take_back": Tried(
        stop_asked, Role.HEAD, lambda pk, **who: stopping.take_back(pk, reason="x", **who)
    ),
    "stopping.agree": Tried(stop_asked, Role.HEAD, stopping.agree, beside="provider"),
    "stopping.refuse": Tried(
        stop_asked,
        Role.HEAD,
        lambda pk, **who: stopping.refuse(pk, reason="x", **who),
        beside="provider",
    ),
    "stopping.decide": Tried(
        stop_refused,
        Role.OPERATOR,
        lambda pk, **who: stopping.decide(pk, ends=True, reason="x", **who),
    ),
    "batches.mark_column": Tried(
        bulk, Role.REVIEWER, lambda pk, **who: batches.mark_column(pk, wanted=True, **who)
    ),
    "corrections.answer": Tried(
        reported,
        Role.REVIEWER,
        lambda pk, **who: corrections.answer(pk, wrong=True, text="x", **who),
    ),
    "corrections.ask_more": Tried(
        reported, Role.REVIEWER, lambda pk, **who: corrections.ask_more(pk, text="x", **who)
    ),
    "corrections.evaluate": Tried(
        answered,
        Role.PUBLISHER,
        lambda pk, **who: corrections.evaluate(pk, solved=True, score=5, **who),
        beside="provider",
    ),
    "grants.grant": Tried(
        lambda two: two.dataset,
        Role.REVIEWER,
        lambda pk, *, by, at: grants.grant(
            pk,
            to=Organization.objects.get(kind=OrganizationKind.COMPANY),
            fields=[],
            purpose="x",
            valid_from=TODAY,
            valid_until=UNTIL,
            by=by,
            at=at,
        ),
        beside="company",
    ),
    "grants.revoke": Tried(
        given_to_company,
        Role.REVIEWER,
        lambda pk, **who: grants.revoke(pk, reason="x", **who),
        beside="company",
    ),
}
"""Each verb by which one side, or the data authority, decides on a matter of the other."""

BY_AUTHORITY_ON_PROVIDER = ("clocks.extend", "disputes.decide", "stopping.decide")
"""Here the data authority decides between the two, so who serves the provider does not either."""

OF_ONE_SIDE = {
    # the asking department's own doing: it decides on nothing, or gives up what is its own
    "asking.draft",
    "asking.change",
    "asking.amend",
    "asking.submit",
    "asking.give_back",
    "asking.sign",
    "asking.withdraw",
    "applications.hand_in",
    "attachments.attach",
    "attachments.detach",
    "attachments.look",
    "lifecycle.purpose_over",
    "lifecycle.dispose",
    "use_records.write",
    "batches.ask",
    "batch_by_hand.ask",
    "batch_by_hand.hand_over",
    "batch_by_hand.manifest",
    "disputes.open_dispute",
    "disputes.escalate",
    "disputes.drop",
    "corrections.report",
    "corrections.supply",
    # words, which decide nothing
    "deciding.comment",
    "disputes.say",
    # each request of these is one of the verbs above
    "sittings.keep",
    "sittings.submit",
    "sittings.sign",
    "sittings.attach",
    "sittings.give_back",
    # parts of verbs that have asked: of leaving, of settling a dispute, of answering a request
    "deciding.pass_on",
    "lifecycle.hold_again",
    "lifecycle.end",
    "lifecycle.close",
    "grants.from_request",
    "requests.event",
}
"""The other verbs, each with the reason why both sides may do it."""


def decider(two: sharing.Two, tried: Tried) -> User:
    """Return a person who holds the role that decides, and nothing on the other side."""
    if tried.role == Role.OPERATOR:
        return accounts.user(Role.OPERATOR)
    place = two.asker if tried.beside == "provider" else two.where.department
    return accounts.user(tried.role, place)


def beside(two: sharing.Two, tried: Tried, person: User) -> User:
    """Let a person serve the other side as well."""
    places = {
        "asker": (Role.PUBLISHER, two.asker),
        "provider": (Role.REVIEWER, two.where.department),
        "company": (
            Role.DEVELOPER,
            Organization.objects.filter(kind=OrganizationKind.COMPANY).first(),
        ),
    }
    role, place = places[tried.beside]
    people.grant_role(person.pk, role, place, by=None, at=NOW)
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize("name", DECIDING)
def test_who_serves_both_sides_does_not_decide(two, name):
    tried = DECIDING[name]
    accounts.organization(OrganizationKind.COMPANY)
    matter = tried.before(two)
    both = beside(two, tried, decider(two, tried))
    entries = Entry.objects.count()

    with pytest.raises(NotAllowed, match="whose own matter"):
        tried.call(matter.pk, by=both, at=NOW)

    assert Entry.objects.count() == entries


@pytest.mark.parametrize("name", [name for name in DECIDING if name != "grants.grant"])
def test_who_serves_one_side_does(two, name):
    tried = DECIDING[name]
    accounts.organization(OrganizationKind.COMPANY)
    matter = tried.before(two)

    tried.call(matter.pk, by=decider(two, tried), at=NOW)

    assert Entry.objects.exists()


@pytest.mark.parametrize("name", BY_AUTHORITY_ON_PROVIDER)
def test_between_the_two_who_serves_the_provider_does_not_decide_either(two, name):
    tried = DECIDING[name]
    matter = tried.before(two)
    person = accounts.user(Role.OPERATOR)
    people.grant_role(person.pk, Role.PUBLISHER, two.where.department, by=None, at=NOW)

    with pytest.raises(NotAllowed, match="whose own matter"):
        tried.call(matter.pk, by=User.objects.get(pk=person.pk), at=NOW)


def test_who_acts_for_a_colleague_that_serves_both_does_not_decide(two):
    """The reviewer who is away serves the asking department too; who acts for them does not."""
    grant = suspended(two, "phone")
    away = accounts.user(Role.REVIEWER, two.where.department)
    people.grant_role(away.pk, Role.PUBLISHER, two.asker, by=None, at=NOW)
    acting = lend(away, accounts.user(Role.PUBLISHER, two.where.department), Role.REVIEWER)

    with pytest.raises(NotAllowed, match="whose own matter"):
        lifecycle.resume(grant.pk, reason="x", by=acting, at=NOW)


def test_a_request_is_not_given_to_who_serves_both_sides(two):
    request = two.signed("phone")
    both = accounts.user(Role.REVIEWER, two.where.department)
    people.grant_role(both.pk, Role.PUBLISHER, two.asker, by=None, at=NOW)

    with pytest.raises(NotAllowed, match="whose own matter"):
        deciding.assign(request.pk, to=both, by=two.reviewer, at=NOW)


def test_where_both_sides_have_become_one_its_people_decide(two):
    grant = suspended(two, "phone")
    Grant.objects.filter(pk=grant.pk).update(organization=two.where.department)

    assert lifecycle.resume(grant.pk, reason="x", by=two.reviewer, at=NOW).suspended_at is None


def test_every_verb_of_sharing_is_one_of_the_two_kinds():
    assert _verbs() == DECIDING.keys() | OF_ONE_SIDE


def _verbs() -> set[str]:
    """Return each public function of the room that takes who acts and when."""
    return {
        f"{path.stem}.{node.name}"
        for path in Path(room.__file__).parent.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and {"by", "at"} <= {one.arg for one in node.args.kwonlyargs}
    }


# What the look at both sides costs


def roles_read(asked) -> int:
    """Count how often the roles that a person holds were read."""
    told = [one["sql"].replace('"', "") for one in asked]
    return sum("FROM accounts_membership" in sql and "user_id" in sql for sql in told)


def test_a_decision_between_two_sides_reads_the_roles_once_beside_its_right(
    two, django_assert_max_num_queries
):
    stop = stopping.ask(two.granted("phone").pk, **sharing.STOP, by=two.where.head, at=NOW)
    stopping.refuse(stop.pk, reason="x", by=two.asking_head, at=NOW)
    dispute = escalated(two)

    with django_assert_max_num_queries(60) as stopped:
        stopping.decide(stop.pk, ends=False, reason="x", by=two.where.operator, at=NOW)
    with django_assert_max_num_queries(60) as settled:
        disputes.decide(
            dispute.pk, for_asker=False, text="x", document="", by=two.where.operator, at=NOW
        )

    assert [roles_read(one.captured_queries) for one in (stopped, settled)] == [2, 2]
