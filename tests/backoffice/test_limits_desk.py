"""The grid of time limits: a body of rules goes by its name, wherever it is shown."""

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.roles import Role
from catalog.models import Clock
from catalog.terms import PROFILES, ClockStep
from tests.factories import accounts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_rows_and_filter_name_the_rules_and_show_no_code(at_desk, language):
    client = at_desk(accounts.user(Role.OPERATOR)).client
    place = reverse("admin:catalog_clock_changelist")

    page = client.get(place, headers={"Accept-Language": language}).content.decode()

    with translation.override(language):
        names = [str(name) for name in PROFILES.values()]
    assert [page.count(name) > 1 for name in names] == [True] * len(names)
    shown = page.replace("profile__exact=order809", "").replace("profile=order809", "")
    assert "order809" not in shown


def test_a_limit_is_named_by_its_rules_and_a_citys_own_by_what_it_was_entered_with():
    shipped = Clock.objects.get(profile="order809", step=ClockStep.CORRECTION)

    with translation.override("en"):
        named = [str(shipped), str(Clock(profile="harbour-1", step=ClockStep.CORRECTION))]

    assert named == [
        "answer to a correction (Order 809 of the State Council)",
        "answer to a correction (harbour-1)",
    ]
