"""The inbox shows each person what their roles were told, and nobody else's."""

import pytest
from django.urls import reverse

from accounts import notices
from accounts.models import Role
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


def tell(person):
    notices.tell(
        "dataset.stale",
        organization=person.organizations()[0],
        target="dataset:7",
        at=make.NOW,
        dataset="Bus stops",
        day="2026-03-01",
    )


def test_a_person_reads_and_marks_what_their_roles_were_told(at_desk):
    clerk = make.user(Role.PUBLISHER)
    tell(clerk)
    desk = at_desk(clerk)

    page = desk.client.get(reverse("admin:inbox"))
    after = desk.client.post(reverse("admin:inbox_seen"), follow=True)

    assert "Bus stops" in page.content.decode()
    assert reverse("admin:catalog_dataset_change", args=[7]) in page.content.decode()
    assert "note fresh" in page.content.decode()
    assert "note fresh" not in after.content.decode()


def test_nobody_reads_what_others_were_told(at_desk):
    tell(make.user(Role.PUBLISHER))

    page = at_desk(make.user(Role.PUBLISHER)).client.get(reverse("admin:inbox"))

    assert "Bus stops" not in page.content.decode()


def test_who_is_not_signed_in_is_sent_to_sign_in(client):
    page = client.get(reverse("admin:inbox"))

    assert page.status_code == 302
    assert page["Location"].startswith(reverse("admin:login"))
