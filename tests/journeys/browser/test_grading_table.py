"""The security administrator changes the table of grades, and sees the difference first."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import Role
from catalog.models import Field, GradingTable
from catalog.terms import State
from policy.detect import Kind
from policy.terms import Grade
from tests.factories import accounts, catalog


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_change_of_the_table_shows_what_it_would_change_before_it_is_in_force(site, language):
    department = accounts.organization(name_zh="教育局", name_en="Education Bureau")
    entry = catalog.dataset(
        State.PUBLISHED, fields=("mail",), grade=Grade.L2, owner=department, title_zh="联系人"
    )
    field = Field.objects.get(resource__dataset=entry)
    catalog.found(field, Kind.EMAIL, at=catalog.NOW - timedelta(days=1))
    security = accounts.user(Role.SECURITY_ADMIN)

    with translation.override(language):
        seat = site.seat(security, language)
        seat.open(reverse("admin:grading"))
        seat.page.locator("[name=grade-email]").select_option("L3")
        seat.press(gettext("Try it out"))
        seat.sees(gettext("Rows that change"))
        seat.sees(str(department))
        seat.picture(f"grading-difference-{language}")
        assert GradingTable.objects.count() == 1
        seat.page.locator("[name=note]").fill("邮箱按较敏感处理。")
        seat.press(gettext("Put it in force"))
        seat.sees("邮箱按较敏感处理。")

    assert GradingTable.objects.count() == 2
    field.refresh_from_db()
    assert (field.grade, field.awaits_person) == (Grade.L2, True)
    assert seat.troubles == []
