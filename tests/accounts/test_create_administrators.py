from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization, User
from accounts.roles import ADMIN_ROLES, Role
from audit.models import Entry
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


def _run(**over):
    out = StringIO()
    names = {"system": "sys", "security": "sec", "audit": "aud"}
    place = {"authority": "data-bureau", "name": "数据局", "uscc": make.uscc(7, "11")}
    call_command("create_administrators", stdout=out, **place | names | over)
    return out.getvalue()


def test_three_people_are_entered_and_can_sign_in_with_what_is_printed():
    printed = _run()

    for line in printed.splitlines():
        role, username, password = line.split()
        user = User.objects.get(username=username)
        assert user.check_password(password)
        assert user.roles() == {Role(role)}
    assert {line.split()[0] for line in printed.splitlines()} == set(ADMIN_ROLES)
    assert [entry.actor for entry in Entry.objects.all()] == ["system"] * 7


def test_it_works_once():
    _run()

    with pytest.raises(CommandError):
        _run(system="sys2", security="sec2", audit="aud2")

    assert User.objects.count() == 3


@pytest.mark.parametrize(
    "over",
    [{"uscc": "91110000600037341M"}, {"name": None}, {"security": "sys"}],
    ids=["wrong code", "no name", "one person twice"],
)
def test_a_mistake_leaves_nothing_behind(over):
    with pytest.raises(CommandError):
        _run(**over)

    assert not User.objects.exists()
    assert not Organization.objects.exists()
