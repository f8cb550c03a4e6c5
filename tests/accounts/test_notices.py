"""What people are told: by role, once while it is open, and by mail where it matters."""

from datetime import date, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.utils import translation

from accounts import mailing, notices
from accounts.models import Membership, Notice, OrganizationKind, Role
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


def stale(organization, at=make.NOW, **words):
    told = {"dataset": "公交站点", "day": "2026-03-01"} | words
    notices.tell("dataset.stale", organization=organization, target="dataset:1", at=at, **told)


def test_a_notice_is_for_who_holds_the_role_there():
    publisher, other = make.user(Role.PUBLISHER), make.user(Role.PUBLISHER)
    place = publisher.organizations()[0]
    head = make.user(Role.HEAD, place)

    stale(place)

    assert [len(notices.inbox(person)) for person in (publisher, head, other)] == [1, 0, 0]


def test_a_notice_without_an_organisation_is_for_the_role_everywhere():
    one, other = make.user(Role.REVIEWER), make.user(Role.PUBLISHER)

    notices.tell(
        "dataset.published",
        organization=None,
        target="dataset:1",
        at=make.NOW,
        dataset="公交站点",
        owner="交通局",
    )

    assert [line.kind for line in notices.inbox(one) + notices.inbox(other)] == [
        "dataset.published",
        "dataset.published",
    ]


def test_a_notice_waits_for_who_takes_the_role_over():
    leaver = make.user(Role.PUBLISHER)
    place = leaver.organizations()[0]
    stale(place)

    heir = make.user(Role.PUBLISHER, place)

    assert len(notices.inbox(heir)) == 1


def test_what_is_open_is_told_anew_in_place_and_unseen_again():
    publisher = make.user(Role.PUBLISHER)
    place = publisher.organizations()[0]
    stale(place)
    notices.see(publisher, at=make.NOW)
    assert notices.unseen(publisher) == 0

    stale(place, at=make.NOW + timedelta(days=1), day="2026-03-02")

    assert "2026-03-02" in notices.inbox(publisher)[0].sentence
    assert notices.unseen(publisher) == 1


def test_what_is_settled_is_told_again_as_another():
    publisher = make.user(Role.PUBLISHER)
    place = publisher.organizations()[0]
    stale(place)

    closed = notices.settle("dataset:1", "dataset.stale", at=make.NOW)
    stale(place)

    assert closed == 1
    assert len(notices.inbox(publisher)) == 2


def test_seeing_one_leaves_the_others_and_those_of_others():
    publisher = make.user(Role.PUBLISHER)
    place = publisher.organizations()[0]
    stale(place)
    stranger = make.user(Role.PUBLISHER)

    notices.see(stranger, at=make.NOW, only=Notice.objects.get().pk)

    assert notices.unseen(publisher) == 1


def test_a_sentence_comes_in_the_reader_s_language():
    publisher = make.user(Role.PUBLISHER)
    stale(publisher.organizations()[0])

    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(notices.inbox(publisher)[0].sentence)

    assert said == [
        "“公交站点”应在 2026-03-01 前更新，至今未更新。",
        "“公交站点” should have been refreshed by 2026-03-01 and was not.",
    ]


def test_a_name_is_told_in_the_reader_s_language_too():
    place = make.organization(name_zh="交通局", name_en="Transport Bureau")
    operator = make.user(Role.OPERATOR)
    notices.tell(
        "dataset.submitted",
        organization=None,
        target="dataset:1",
        at=make.NOW,
        dataset="Bus stops",
        owner=place,
    )

    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said.append(notices.inbox(operator)[0].sentence)

    assert said == [
        "交通局的“Bus stops”待审核。",
        "“Bus stops” of Transport Bureau waits for review.",
    ]


def test_a_mail_goes_once_to_each_holder_in_both_languages():
    place = make.organization(OrganizationKind.DEPARTMENT)
    for number in (1, 2):
        make.user(Role.PUBLISHER, place, email=f"clerk{number}@example.test")
    make.user(Role.PUBLISHER, place)
    notices.tell(
        "dataset.stale",
        organization=place,
        target="dataset:1",
        at=make.NOW,
        due_on=date(2026, 3, 9),
        dataset="公交站点",
        day="2026-03-01",
    )

    done = [notices.mail_due(at=make.NOW) for _turn in range(2)]

    assert done == [1, 0]
    assert [one.to for one in mail.outbox] == [["clerk1@example.test"], ["clerk2@example.test"]]
    assert "应在" in mail.outbox[0].body
    assert "should have been refreshed" in mail.outbox[0].body
    assert "2026-03-09" in mail.outbox[0].body


def test_a_mail_server_that_is_down_loses_no_mail(monkeypatch):
    place = make.organization(OrganizationKind.DEPARTMENT)
    make.user(Role.PUBLISHER, place, email="clerk@example.test")
    stale(place)
    with monkeypatch.context() as broken:
        broken.setattr(
            "django.core.mail.EmailMessage.send",
            lambda _self: (_ for _ in ()).throw(ConnectionRefusedError()),
        )
        assert notices.mail_due(at=make.NOW) == 0

    assert notices.mail_due(at=make.NOW + mailing.REST) == 1
    assert len(mail.outbox) == 1


@pytest.fixture
def failing(monkeypatch):
    """What the mail server says of an address: filled by a test, by the name before the @."""
    says: dict[str, Exception] = {}
    send = mail.EmailMessage.send

    def sent(one):
        if failure := says.get(one.to[0].partition("@")[0]):
            raise failure
        return send(one)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", sent)
    return says


def clerks(*names):
    place = make.organization(OrganizationKind.DEPARTMENT)
    for name in names:
        make.user(Role.PUBLISHER, place, email=f"{name}@example.test")
    return place


def written_to():
    return [one.to[0].partition("@")[0] for one in mail.outbox]


NEVER = [
    SMTPRecipientsRefused({"gone@example.test": (550, b"no such user")}),
    SMTPDataError(554, b"refused"),
]
NOT_NOW = [
    SMTPRecipientsRefused({"late@example.test": (450, b"later")}),
    SMTPDataError(451, b"later"),
]
NOT_THERE = [
    ConnectionRefusedError(),
    SMTPServerDisconnected(),
    SMTPDataError(421, b"closing"),
    SMTPRecipientsRefused({"late@example.test": (421, b"closing")}),
]


@pytest.mark.parametrize("refusal", NEVER)
def test_an_address_that_is_refused_for_good_keeps_nobody_from_theirs(failing, refusal):
    stale(clerks("first", "gone", "other"))
    failing["gone"] = refusal

    done = [notices.mail_due(at=make.NOW) for _turn in range(2)]

    assert done == [1, 0]
    assert written_to() == ["first", "other"]


@pytest.mark.parametrize("refusal", NOT_NOW)
def test_an_address_that_is_not_taken_for_now_delays_its_own_mail_alone(failing, refusal):
    stale(clerks("first", "late", "other"))
    stale(clerks("stranger"), dataset="客运站")
    failing["late"] = refusal

    first = notices.mail_due(at=make.NOW)
    early = notices.mail_due(at=make.NOW + mailing.WAITS[0] - timedelta(seconds=1))
    failing.clear()
    later = notices.mail_due(at=make.NOW + mailing.WAITS[0])

    assert (first, early, later) == (1, 0, 1)
    assert written_to() == ["first", "other", "stranger", "late"]
    assert not Notice.objects.unmailed().exists()


@pytest.mark.parametrize("failure", NOT_THERE)
def test_a_server_that_goes_away_ends_the_turn_and_the_next_begins_with_another_mail(
    failing, failure
):
    for name in ("poison", "other", "third"):
        stale(clerks(name), dataset=name)
    failing["poison"] = failure

    turns = [notices.mail_due(at=make.NOW + timedelta(minutes=n)) for n in range(2)]

    assert turns == [0, 2]
    assert written_to() == ["other", "third"]
    assert Notice.objects.unmailed().get().mail_tries == 0


def test_a_server_that_is_down_for_a_month_loses_no_mail_and_marks_one_in_a_turn(failing):
    for name in ("first", "other", "third"):
        stale(clerks(name), dataset=name)
    failing.update(dict.fromkeys(("first", "other", "third"), ConnectionRefusedError()))

    notices.mail_due(at=make.NOW)
    marked = Notice.objects.exclude(mail_due_at=None).count()
    for day in range(31):
        notices.mail_due(at=make.NOW + timedelta(days=day))
    failing.clear()
    done = notices.mail_due(at=make.NOW + timedelta(days=32))

    assert (marked, done) == (1, 3)
    assert sorted(written_to()) == ["first", "other", "third"]


def test_what_is_never_taken_is_given_up_after_five_days_and_the_operators_are_told(failing):
    place = clerks("first", "late")
    stale(place)
    failing["late"] = NOT_NOW[0]
    operator = make.user(Role.OPERATOR)

    moment, tries = make.NOW, 0
    while notices.mail_due(at=moment) == 0:
        assert not notices.inbox(operator)
        moment, tries = Notice.objects.get().mail_due_at, tries + 1

    assert tries == len(mailing.WAITS)
    assert timedelta(days=4) < moment - make.NOW < timedelta(days=5)
    [line] = notices.inbox(operator)
    assert line.kind == "mail.given_up"
    assert str(place) in line.sentence
    assert "example.test" not in line.sentence
    assert written_to() == ["first"]
    assert Notice.objects.get(kind="dataset.stale").mail_reached == []


def test_of_a_member_whose_mail_is_given_up_nothing_is_told(failing):
    member = make.user(None, name="Ada", username="ada", email="late@example.test")
    failing["late"] = NOT_NOW[0]
    notices.tell("wish.answered", organization=None, member=member, target="wish:1", at=make.NOW)
    Notice.objects.update(mail_tries=len(mailing.WAITS))

    notices.mail_due(at=make.NOW)

    words = [one.words for one in Notice.objects.filter(kind="mail.given_up")]
    said = {"zh-hans": "一位公众用户", "en": "a member of the public"}
    assert words == [{"receiver": said}] * 2  # an operator's and a system administrator's


def test_a_notice_of_a_kind_without_mail_sends_none():
    place = make.organization(OrganizationKind.AUTHORITY)
    make.user(Role.OPERATOR, place, email="operator@example.test")

    notices.tell("dataset.submitted", organization=place, target="dataset:1", at=make.NOW)

    assert notices.mail_due(at=make.NOW) == 0


def test_an_unknown_kind_is_refused():
    with pytest.raises(notices.NoticeUnknown):
        notices.tell("weather", organization=None, target="dataset:1", at=make.NOW)


def test_a_closed_organisation_gets_no_mail():
    place = make.organization(OrganizationKind.DEPARTMENT)
    make.user(Role.PUBLISHER, place, email="clerk@example.test")
    stale(place)
    place.closed_at = make.NOW
    place.save()

    assert notices.mail_due(at=make.NOW) == 1
    assert mail.outbox == []
    assert Membership.objects.exists()


def two_roles(**over):
    """A person who holds two of the roles that are told of an ended grant."""
    person = make.user(Role.HEAD, **over)
    place = person.organizations()[0]
    Membership.objects.create(user=person, organization=place, role=Role.REVIEWER)
    return person, place


def told_to_both(place, at=make.NOW, **words):
    told = {"grant": 1, "dataset": "公交站点", "asker": "x", "reason": "y"} | words
    notices.tell("grant.use_due", organization=place, target="grant:1", at=at, **told)


def test_who_holds_two_roles_reads_and_gets_it_once():
    person, place = two_roles(email="both@example.test")
    make.user(Role.REVIEWER, place, email="reviewer@example.test")
    told_to_both(place)

    lines, unseen = notices.inbox(person), notices.unseen(person)
    done = notices.mail_due(at=make.NOW)
    notices.see(person, at=make.NOW, only=lines[0].id)

    assert Notice.objects.filter(kind="grant.use_due").count() == 3  # a role each
    assert (len(lines), unseen) == (1, 1)
    assert (done, notices.unseen(person)) == (3, 0)
    assert notices.inbox(person)[0].seen
    assert [one.to for one in mail.outbox] == [
        ["both@example.test"],
        ["reviewer@example.test"],
    ]


def test_what_says_something_else_is_told_beside_it():
    person, place = two_roles(email="both@example.test")
    told_to_both(place)
    notices.tell(
        "grant.use_due", organization=place, target="grant:2", at=make.NOW, grant=2, dataset="x"
    )
    notices.settle("grant:1", "grant.use_due", at=make.NOW)
    told_to_both(place, at=make.NOW + timedelta(days=90))

    assert len(notices.inbox(person)) == 3
    assert notices.unseen(person) == 2
    assert notices.mail_due(at=make.NOW) == 9
    assert len(mail.outbox) == 3


def test_many_notices_of_two_roles_leave_as_many_lines_as_are_asked_for():
    person, place = two_roles()
    for number in range(5):
        notices.tell(
            "grant.use_due",
            organization=place,
            target=f"grant:{number}",
            at=make.NOW + timedelta(minutes=number),
        )

    lines = notices.inbox(person, latest=3)

    assert [line.target for line in lines] == ["grant:4", "grant:3", "grant:2"]
