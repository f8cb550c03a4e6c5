"""Duties, the datasets that serve them, and entries that belong together."""

import pytest
from django.core.exceptions import ValidationError

from accounts.roles import NotAllowed, Role
from catalog import duties, relations
from catalog.refusals import EntryRefused, StepRefused
from catalog.terms import State
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, staff

pytestmark = pytest.mark.django_db


def duty(place, code="D1", **over):
    values = {"title_zh": "停车管理", "legal_basis": "测试法第一条"}
    by = over.pop("by", None) or staff(Role.PUBLISHER, place)
    return duties.create(code, organization=place, by=by, at=NOW, **values | over)


def test_a_duty_is_served_by_the_datasets_that_were_chosen():
    one = dataset(State.DRAFT)
    two = dataset(State.DRAFT, owner=one.owner)
    made, by = duty(one.owner), staff(Role.HEAD, one.owner)

    duties.link(made.pk, datasets=[one], by=by, at=NOW)
    duties.link(made.pk, datasets=[two], by=by, at=NOW)

    assert list(made.datasets.all()) == [two]


def test_a_duty_is_not_served_by_another_departments_dataset():
    made, other = duty(accounts.organization()), dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="another department"):
        duties.link(made.pk, datasets=[other], by=staff(Role.HEAD, made.organization), at=NOW)

    assert not made.datasets.exists()


def test_a_duty_that_ended_keeps_its_datasets_and_takes_no_others():
    one = dataset(State.DRAFT)
    made, by = duty(one.owner), staff(Role.HEAD, one.owner)
    duties.link(made.pk, datasets=[one], by=by, at=NOW)

    duties.retire(made.pk, by=by, at=NOW)

    assert list(made.datasets.all()) == [one]
    for step in (
        lambda: duties.retire(made.pk, by=by, at=NOW),
        lambda: duties.link(made.pk, datasets=[], by=by, at=NOW),
    ):
        with pytest.raises(StepRefused, match="has ended"):
            step()


def test_a_code_stands_for_one_duty_of_a_department():
    place = accounts.organization()
    duty(place)

    with pytest.raises(ValidationError):
        duty(place)
    assert duty(accounts.organization()).code == "D1"


def test_another_department_enters_no_duty_here():
    with pytest.raises(NotAllowed):
        duty(accounts.organization(), by=accounts.user(Role.PUBLISHER))


def test_related_entries_know_each_other():
    one, two = dataset(State.DRAFT), dataset()

    relations.relate(one.pk, related=[two], by=staff(Role.PUBLISHER, one.owner), at=NOW)

    assert list(two.related.all()) == [one]


def test_an_entry_is_not_related_to_itself():
    one = dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="itself"):
        relations.relate(one.pk, related=[one], by=staff(Role.PUBLISHER, one.owner), at=NOW)


def test_an_entry_in_review_keeps_its_relations():
    one = dataset(State.IN_REVIEW)

    with pytest.raises(StepRefused, match="only when"):
        relations.relate(one.pk, related=[], by=staff(Role.PUBLISHER, one.owner), at=NOW)
