"""Suggested grades follow the default table and say what speaks for them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.decision import decide_field, open_zone_case
from policy.detect import DETECTORS, Kind, detect
from policy.facts import FieldFacts, Mask
from policy.grading import DEFAULTS, TABLE, TABLE_VERSION, dataset_grade, suggest
from policy.terms import Grade, MaskKind, OpenType, ShareType, Treatment
from tests.policy.lawful import TODAY


def suggested(name, label="", values=()):
    return suggest(detect(name, label, values), name, label)


def test_a_column_of_resident_ids_is_suggested_as_l3_with_a_mask_and_its_evidence():
    suggestion = suggested("sfzh", "身份证号", ["440304199001010011", "unknown"])

    assert suggestion.grade == Grade.L3
    assert suggestion.mask == Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4)
    assert (suggestion.share_type, suggestion.open_type) == (
        ShareType.CONDITIONAL,
        OpenType.NOT_OPEN,
    )
    assert len(suggestion.evidence) == 1
    assert "“sfzh” or label “身份证号” says resident id" in suggestion.evidence[0]
    assert "1 of 2 values look like resident id" in suggestion.evidence[0]
    assert suggestion.table_version == TABLE_VERSION


def test_evidence_holds_no_value():
    suggestion = suggested("c1", "", ["440304199001010011"])

    assert suggestion.evidence == ("1 of 1 values look like resident id",)


def test_a_name_alone_is_evidence_enough_to_ask():
    assert suggested("yhkh").evidence == ("the name “yhkh” or label “” says bank card",)
    assert suggested("yhkh").grade == Grade.L4


def test_a_column_without_a_finding_is_suggested_as_open():
    suggestion = suggested("temperature", "气温", ["21.5"])

    assert (suggestion.grade, suggestion.mask, suggestion.evidence) == (Grade.L1, None, ())
    assert suggestion.open_type == OpenType.UNCONDITIONAL


def test_the_highest_of_several_findings_wins():
    findings = (*detect("xm", "", []), *detect("sfzh", "", []))

    assert suggest(findings, "xm", "").grade == Grade.L3


def test_findings_that_are_not_sure_suggest_nothing():
    weak = [replace(one, confidence=0.4) for one in detect("sfzh", "", [])]

    assert suggest(weak, "sfzh", "").grade == Grade.L1


def test_the_table_grades_every_kind_that_can_be_detected():
    assert {detector.kind for detector in DETECTORS} == set(Kind) == set(TABLE)


def test_no_grade_stands_for_not_shared():
    assert set(DEFAULTS) == set(Grade)
    assert all(share_type != ShareType.NOT_SHARED for share_type, _ in DEFAULTS.values())


@pytest.mark.parametrize("kind", [kind for kind in Kind if TABLE[kind].grade <= Grade.L3])
def test_a_suggested_mask_would_do_for_everyone(kind):
    row = TABLE[kind]
    field = FieldFacts("c1", row.grade, mask=row.mask)

    assert decide_field(open_zone_case(TODAY, ()), field).treatment <= Treatment.MASKED


@given(st.lists(st.sampled_from(Grade), min_size=1))
def test_a_dataset_has_the_highest_grade_of_its_fields(grades):
    assert dataset_grade(grades).grade == max(grades)


def test_a_dataset_without_grades_has_none():
    assert dataset_grade([]) is None


@pytest.mark.parametrize(
    ("grades", "facts", "grade", "bumps"),
    [
        ([Grade.L2], {"kinds": [Kind.PERSON_NAME, Kind.EMAIL]}, Grade.L2, ()),
        (
            [Grade.L2],
            {"kinds": [Kind.PERSON_NAME, Kind.BIRTH_DATE, Kind.PLATE]},
            Grade.L3,
            ("quasi-identifiers",),
        ),
        ([Grade.L4], {"kinds": [Kind.PERSON_NAME, Kind.BIRTH_DATE, Kind.PLATE]}, Grade.L4, ()),
        ([Grade.L3], {"persons": 99_999}, Grade.L3, ()),
        ([Grade.L3], {"persons": 100_000}, Grade.L3, ("review",)),
        ([Grade.L2], {"persons": 100_000}, Grade.L2, ()),
        ([Grade.L3], {"persons": 10_000_000}, Grade.IMPORTANT, ("important-data",)),
        ([Grade.L1], {"persons": 10_000_000}, Grade.L1, ()),
    ],
)
def test_a_dataset_is_raised_where_fields_or_people_add_up(grades, facts, grade, bumps):
    found = dataset_grade(grades, **facts)

    assert (found.grade, found.bumps) == (grade, bumps)
