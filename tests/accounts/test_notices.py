"""What people are told: by role, once while it is open, and by mail where it matters."""

from datetime import date, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused

import pytest
from django.core import mail
from django.utils import translation

from accounts import notices
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

    assert notices.mail_due(at=make.NOW) == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("refusal", "is_lasting"),
    [
        (SMTPRecipientsRefused({"gone@example.test": (550, b"no such user")}), True),
        (SMTPDataError(554, b"refused"), True),
        (SMTPRecipientsRefused({"gone@example.test": (450, b"later")}), False),
        (SMTPDataError(451, b"later"), False),
    ],
)
def test_an_address_that_is_refused_for_good_keeps_nobody_from_theirs(
    monkeypatch, refusal, is_lasting
):
    place = make.organization(OrganizationKind.DEPARTMENT)
    for name in ("first", "gone", "other"):
        make.user(Role.PUBLISHER, place, email=f"{name}@example.test")
    stale(place)
    send = mail.EmailMessage.send

    def sent(one):
        if one.to == ["gone@example.test"]:
            raise refusal
        return send(one)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", sent)
    done = [notices.mail_due(at=make.NOW) for _turn in range(2)]

    assert done == ([1, 0] if is_lasting else [0, 0])
    if is_lasting:
        assert [one.to for one in mail.outbox] == [["first@example.test"], ["other@example.test"]]


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
