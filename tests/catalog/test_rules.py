from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.roles import Role
from catalog import publishing
from catalog.models import CodeList, Field
from catalog.refusals import EntryRefused, GradeRefused
from catalog.rules import APPLIES, check_rules
from catalog.terms import Check, State
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, field, new_field, staff, table

pytestmark = pytest.mark.django_db
VALUES = {
    "length": 3,
    "pattern": "[0-9]+",
    "value_check": Check.USCC,
    "code_list": CodeList(name="x", version="1"),
    "scale": 2,
    "minimum": Decimal(0),
    "maximum": Decimal(1),
    "coordinate": "wgs84.x",
}


@pytest.mark.parametrize("rule", APPLIES)
@pytest.mark.parametrize("kind", DataType)
def test_a_rule_is_asked_only_of_the_types_it_fits(rule, kind):
    one = Field(name="one", data_type=kind, **{rule: VALUES[rule]})
    types, name = APPLIES[rule]

    if kind in types:
        check_rules(one)
    else:
        with pytest.raises(EntryRefused, match=f"cannot have {name}"):
            check_rules(one)


def test_a_geometry_is_declared_of_text_alone():
    check_rules(Field(name="route", data_type=DataType.TEXT, coordinate="epsg4547.geojson"))

    with pytest.raises(EntryRefused, match="cannot have a geometry"):
        check_rules(Field(name="route", data_type=DataType.DECIMAL, coordinate="gcj02.wkt"))
    with pytest.raises(EntryRefused, match="cannot have an axis"):
        check_rules(Field(name="route", data_type=DataType.TEXT, coordinate="gcj02.x"))
    with pytest.raises(EntryRefused, match="such as gcj02"):
        check_rules(Field(name="route", data_type=DataType.TEXT, coordinate="mars.wkt"))


def test_a_geometry_cannot_be_rounded():
    one = field(name="route", coordinate="gcj02.wkt")
    by = staff(Role.PUBLISHER, one.resource.dataset.owner)
    mask = Mask(MaskKind.ROUND_COORDINATE, digits=2)

    with pytest.raises(GradeRefused, match="cannot be rounded"):
        publishing.grade_field(one.pk, grade=Grade.L3, mask=mask, by=by, at=NOW)


@pytest.mark.parametrize("pattern", ["(", "[a", "a{9,1}", r"(.)\1", "*"])
def test_a_pattern_that_postgresql_would_stumble_over_is_refused_when_it_is_written(pattern):
    made = dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="pattern of “code”"):
        publishing.add_field(
            table(made).pk,
            new_field("code", pattern=pattern),
            by=staff(Role.PUBLISHER, made.owner),
            at=NOW,
        )

    assert not Field.objects.filter(name="code").exists()


def test_a_rename_keeps_the_id_and_the_grade():
    one = field(name="xm", grade=Grade.L2)
    by = staff(Role.PUBLISHER, one.resource.dataset.owner)

    publishing.update_field(one.pk, name="person_name", label_en="Name", by=by, at=NOW)

    renamed = Field.objects.get(pk=one.pk)
    assert (renamed.name, renamed.label_en, renamed.grade) == ("person_name", "Name", Grade.L2)


@pytest.mark.parametrize("change", [{"grade": 1}, {"secrecy": "none"}, {"ended_at": NOW}])
def test_grade_secrecy_and_end_are_not_described_but_decided(change):
    one = field()
    by = staff(Role.PUBLISHER, one.resource.dataset.owner)

    with pytest.raises(EntryRefused, match=next(iter(change))):
        publishing.update_field(one.pk, by=by, at=NOW, **change)


def test_a_changed_type_is_a_new_field_once_the_entry_was_submitted():
    made = dataset(State.IN_REVIEW)
    later = NOW + timedelta(days=1)
    by = staff(Role.PUBLISHER, made.owner)
    publishing.send_back(made.pk, by=accounts.user(Role.OPERATOR), at=later, defects=["类型"])
    one = table(made).fields.get()

    with pytest.raises(EntryRefused, match="data_type"):
        publishing.update_field(one.pk, by=by, at=later, data_type=DataType.DATE)


def test_the_type_of_a_first_draft_may_be_corrected():
    one = field()
    by = staff(Role.PUBLISHER, one.resource.dataset.owner)

    corrected = publishing.update_field(one.pk, by=by, at=NOW, data_type=DataType.INTEGER)

    assert corrected.data_type == DataType.INTEGER
