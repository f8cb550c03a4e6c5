"""A person leaves: access ends at once, and what only they could do goes to a named heir."""

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.models import Membership, Role
from backoffice.waiting import desks
from catalog.terms import State
from tests.factories import accounts, catalog


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_head_leaves_and_nothing_is_orphaned(site, language):
    department = accounts.organization()
    leaver = accounts.user(Role.HEAD, department, name="王甲子")
    heir = accounts.user(Role.REVIEWER, department, name="李乙丑")
    security = accounts.user(Role.SECURITY_ADMIN)
    entry = catalog.dataset(State.IN_REVIEW, owner=department)
    others = Membership.objects.filter(organization=department, role=Role.HEAD)
    others.exclude(user=leaver).delete()  # the leaver is the only one who can sign
    leavers_own = site.seat(leaver, language)
    leavers_own.open(reverse("admin:index"))

    with translation.override(language):
        seat = site.seat(security, language)
        seat.open(reverse("admin:accounts_user_change", args=[leaver.pk]))
        seat.press(gettext("Deactivate"), "link")
        seat.press(gettext("Deactivate"))
        seat.sees("王甲子")  # refused: the sentence names the role that would be without a holder
        leaver.refresh_from_db()
        assert leaver.is_active
        seat.press(gettext("Deactivate"), "link")
        seat.page.locator("[name=to]").select_option(str(heir.pk))
        seat.picture(f"leaving-{language}")
        seat.press(gettext("Deactivate"))
        seat.sees(gettext("The person is deactivated."))

    leaver.refresh_from_db()
    assert not leaver.is_active
    assert Membership.objects.filter(user=heir, role=Role.HEAD, organization=department).exists()
    assert Role.HEAD in {desk.role for desk in desks.of(heir, now=timezone.now())}
    assert entry.signed_by_id is not None
    answer = leavers_own.page.goto(f"{site.url}{reverse('admin:index')}")
    assert reverse("admin:login") in answer.url
    assert seat.troubles == []
