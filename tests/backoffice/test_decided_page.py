"""What was decided on a day is shown to the provider and the authority, with its reasons."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from tests.factories import accounts, sharing

pytestmark = pytest.mark.django_db


@pytest.fixture
def two():
    return sharing.two(rows=False)


def page(person, *, language="en", **asked):
    client = Client(headers={"Accept-Language": language})
    client.force_login(person)
    return client.get(reverse("admin:decided"), asked)


def asked(two, **over):
    day = timezone.localdate(sharing.NOW) + timedelta(days=1)
    reader = {"dataset": two.dataset.slug, "reader": two.asker.pk, "day": day.isoformat()}
    return reader | over


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PUBLISHER, Role.HEAD, Role.REVIEWER])
def test_authority_and_provider_see_the_matrix_of_a_day(two, role):
    place = None if role == Role.OPERATOR else two.dataset.owner
    person = accounts.user(role, place) if place else accounts.user(role)

    text = page(person, **asked(two)).content.decode()

    assert "Decisions on" in text
    assert "ask for a grant, stating purpose and scene" in text
    assert "<code>income</code>" in text


def test_the_grant_that_held_is_named(two):
    grant = two.granted("income", wanted_from=timezone.localdate(sharing.NOW))

    text = page(two.where.head, **asked(two)).content.decode()

    assert f"#{grant.pk}</a>" in text
    assert f"Your grant no. {grant.pk} covers this field." in text


def test_another_departments_dataset_is_not_replayed(two):
    text = page(two.asking_head, **asked(two)).content.decode()

    assert "no published dataset that you may see" in text
    assert "Decisions on" not in text


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2999-01-01", "has not come yet"),
        ("2026-02-31", "Give the day as"),
        ("soon", "Give the day as"),
        ("2001-01-01", "had not been published"),
    ],
)
def test_a_day_that_cannot_be_replayed_is_answered_with_a_sentence(two, day, told):
    answer = page(two.where.head, **asked(two, day=day))

    assert answer.status_code == 200
    assert told in answer.content.decode()


def test_the_page_is_in_chinese_too(two):
    text = page(two.where.head, language="zh-CN", **asked(two)).content.decode()

    assert "某日决定" in text
    assert "请说明用途和使用场景" in text


def test_an_administrator_sees_no_decisions(two):
    assert page(accounts.user(Role.AUDIT_ADMIN), **asked(two)).status_code == 403
