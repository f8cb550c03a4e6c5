"""A person leaves, at the security administrator's desk: what waits is said, then handed over."""

import pytest
from django.urls import reverse

from accounts.models import Membership
from accounts.roles import Role
from catalog.terms import State
from exchange import leaving
from tests.factories import accounts, catalog

WORDS = {
    "zh-hans": ("其编制的草稿: 1", "停用", "其编制的待审目录: 2"),
    "en": ("drafts they made: 1", "Deactivate", "entries they made that are under review: 2"),
}


@pytest.mark.slow
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_person_leaves_and_nothing_is_orphaned(site, language, narrow):
    drafts, button, review = WORDS[language]
    department = accounts.organization(name_zh="公园管理局", name_en="Parks Bureau")
    leaver = accounts.user(Role.PUBLISHER, department, name="李航")
    for state in (State.DRAFT, State.SIGNED, State.IN_REVIEW):
        entry = catalog.dataset(state, owner=department)
        type(entry).objects.filter(pk=entry.pk).update(created_by=leaver)
    Membership.objects.filter(organization=department).exclude(user=leaver).delete()
    accounts.user(Role.HEAD, department)
    heir = accounts.user(None, name="周宁")
    seat = site.seat(accounts.user(Role.SECURITY_ADMIN), language, narrow=narrow)
    mark = f"{language}-{'narrow' if narrow else 'wide'}"

    seat.open(reverse("admin:accounts_user_change", args=[leaver.pk]))
    seat.picture(f"person-{mark}")
    seat.open(reverse("admin:accounts_user_button", args=[leaver.pk, "deactivate"]))
    seat.sees(drafts)
    seat.sees(review)
    seat.picture(f"leaving-{mark}")
    assert seat.fits()
    seat.press(button)
    seat.page.locator("#id_to").wait_for()
    seat.picture(f"leaving-refused-{mark}")
    seat.page.locator("#id_to").select_option(str(heir.pk))
    seat.press(button)
    seat.page.wait_for_url("**/change/")
    seat.picture(f"left-{mark}")

    leaver.refresh_from_db()
    assert not leaver.is_active
    assert leaving.stuck() == set()
    assert (Role.PUBLISHER, department.pk) in heir.live_roles()
    assert seat.troubles == []
