"""Invitations are mailed, sent anew with the old address void, and seen while they wait."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core.mail.backends.locmem import EmailBackend

from accounts import invitations, people
from accounts.invitations import Sent
from accounts.models import User
from accounts.people import Newcomer
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, Role
from audit.models import Entry
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
NOW = make.NOW
STRONG = "Harbour-2026-light"
ADDRESS = "https://data.example/office/invitation/1/secret-token/"


def invited(email="mei@example.org", at=NOW):
    return people.invite(Newcomer("mei", "梅", email), by=None, at=at)


def accept(invitation, password=STRONG):
    return people.accept(invitation.user.pk, token=invitation.token, password=password, at=NOW)


def test_an_invitation_is_mailed_in_both_languages(mailoutbox):
    user = invited().user

    assert invitations.send(user, ADDRESS) == Sent.MAILED

    [mail] = mailoutbox
    assert mail.to == ["mei@example.org"]
    assert "您已受邀" in mail.body
    assert "you are invited" in mail.body
    assert mail.body.count(ADDRESS) == 1
    assert "3 天" in mail.body


def test_without_an_address_nothing_is_mailed(mailoutbox):
    assert invitations.send(invited(email="").user, ADDRESS) == Sent.NO_ADDRESS
    assert mailoutbox == []


def test_a_mail_server_that_is_down_spoils_no_invitation(monkeypatch, caplog):
    def down(self, messages):
        raise SMTPServerDisconnected

    monkeypatch.setattr(EmailBackend, "send_messages", down)
    invitation = invited()

    assert invitations.send(invitation.user, ADDRESS) == Sent.FAILED

    assert "secret-token" not in caplog.text
    assert accept(invitation).has_usable_password()


def test_a_new_invitation_voids_the_one_before():
    first, admin = invited(), make.user(Role.SECURITY_ADMIN)

    second = invitations.again(first.user.pk, by=admin, at=NOW)

    with pytest.raises(StepRefused) as void:
        accept(first)
    assert void.value.code == "invitation-spent"
    assert accept(second).check_password(STRONG)
    assert Entry.objects.filter(verb="user.invite", details__again=True).count() == 1


def test_a_forgotten_password_is_void_from_the_new_invitation_on():
    user = accept(invited())

    invitation = invitations.again(user.pk, by=make.user(Role.SECURITY_ADMIN), at=NOW)

    user.refresh_from_db()
    assert not user.has_usable_password()
    assert accept(invitation, "Another-light-2027").check_password("Another-light-2027")


def test_who_left_or_asks_for_themselves_is_not_invited():
    admin, gone = make.user(Role.SECURITY_ADMIN), make.user(role=None)
    people.deactivate(gone.pk, by=None, at=NOW)

    with pytest.raises(StepRefused) as left:
        invitations.again(gone.pk, by=admin, at=NOW)
    with pytest.raises(StepRefused) as own:
        invitations.again(admin.pk, by=admin, at=NOW)
    with pytest.raises(NotAllowed):
        invitations.again(admin.pk, by=make.user(Role.OPERATOR), at=NOW)

    assert (left.value.code, own.value.code) == ("person-left", "own-invitation")


def test_open_invitations_are_seen_with_their_age_until_they_are_accepted():
    invitation = invited()
    make.user(role=None)  # without a password, but never invited

    assert list(invitations.not_accepted(User.objects.all())) == [invitation.user]
    later = NOW + timedelta(days=4, hours=5)
    assert invitations.days_open(User.objects.get(username="mei"), at=later) == 4
    accept(invitation)

    assert not invitations.not_accepted(User.objects.all()).exists()
    assert invitations.days_open(User.objects.get(username="mei"), at=later) is None


def test_the_end_of_a_line_in_a_name_stays_out_of_the_subject(mailoutbox):
    def written():
        return "Invitation to “Clouds\nBcc: all@example.org”", "Come."

    assert invitations.letter("mei@example.org", written, ADDRESS) == Sent.MAILED
    assert "\n" not in mailoutbox[0].subject
