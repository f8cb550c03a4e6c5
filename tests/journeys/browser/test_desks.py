"""Each role's desk in both languages, wide and narrow: whole, within the window, from here."""

import pytest
from django.urls import reverse

from accounts import notices
from accounts.models import Role
from catalog import publishing
from catalog.terms import State
from tests.factories import accounts, catalog

ROLES = (
    Role.PUBLISHER,
    Role.HEAD,
    Role.OPERATOR,
    Role.SYSTEM_ADMIN,
    Role.SECURITY_ADMIN,
    Role.AUDIT_ADMIN,
)


def some_work():
    """Let something wait on the desks of a department and of the authority."""
    department = accounts.organization(name_zh="交通运输局", name_en="Transport Bureau")
    operator = accounts.user(Role.OPERATOR)
    for number, state in enumerate((State.DRAFT, State.SIGNED, State.IN_REVIEW, State.IN_REVIEW)):
        title = {"title_zh": f"公交站点{number}", "title_en": f"Bus stops {number}"}
        entry = catalog.dataset(state, owner=department, **title)
    publishing.send_back(
        entry.pk, by=operator, at=catalog.NOW, defects=["缺少联系方式。", "更新周期与摘要不符。"]
    )
    notices.tell(
        "dataset.sent_back",
        organization=department,
        target=entry.address,
        at=catalog.NOW,
        dataset=entry,
        defects="缺少联系方式。",
    )
    return department


@pytest.mark.slow
def test_each_desk_shows_its_work_and_stays_within_the_window(site):
    department = some_work()
    city_wide = (Role.OPERATOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)

    for role in ROLES:
        person = accounts.user(role, None if role in city_wide else department)
        for language in ("zh-hans", "en"):
            for narrow in (False, True):
                seat = site.seat(person, language, narrow=narrow)
                seat.open(reverse("admin:index"))
                size = "390" if narrow else "1440"
                seat.picture(f"desk-{role}-{language}-{size}")

                assert seat.fits(), (role, language, size)
                assert seat.troubles == [], (role, language, size)
                heading = seat.page.locator("#content-main h2").first.inner_text()
                assert ("待办" in heading) == (language == "zh-hans")
                seat.page.context.close()
