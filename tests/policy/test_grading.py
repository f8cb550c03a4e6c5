"""Suggested grades follow the default table and say what speaks for them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.comparison import Viewpoint, cases, treatments
from policy.decision import decide_field, open_zone_case
from policy.detect import DETECTORS, Kind, detect
from policy.evidence import KINDS, Evidence
from policy.facts import FieldFacts, Mask
from policy.grading import (
    BUILT_IN,
    DEFAULTS,
    TABLE,
    TABLE_VERSION,
    Outcome,
    Row,
    Table,
    adopted,
    dataset_grade,
    suggest,
    table_from,
)
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
    assert "“sfzh” or label “身份证号” says resident ID" in suggestion.evidence[0].text("en")
    assert "1 of 2 values look like resident ID" in suggestion.evidence[0].text("en")
    assert suggestion.evidence[0].text("zh-hans") == (
        "名称“sfzh”或标签“身份证号”表明是居民身份证号；抽样的 2 个值中有 1 个像居民身份证号"
    )
    assert suggestion.table_version == TABLE_VERSION


def test_evidence_holds_no_value():
    suggestion = suggested("c1", "", ["440304199001010011"])

    assert "440304199001010011" not in str(suggestion.as_data())
    assert [one.text("en") for one in suggestion.evidence] == [
        "1 of 1 values look like resident ID number"
    ]


def test_a_name_alone_is_evidence_enough_to_ask():
    (evidence,) = suggested("yhkh").evidence

    assert evidence.text("en") == "the name “yhkh” or label “” says bank card number"
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


def test_another_table_suggests_otherwise_and_says_which_it_was():
    stricter = Table(7, TABLE | {Kind.EMAIL: Row(Grade.L3)}, DEFAULTS)

    suggestion = suggest(detect("email", "", []), "email", "", stricter)

    assert (suggestion.grade, suggestion.table_version) == (Grade.L3, 7)
    assert suggested("email").grade == Grade.L2


MASKS = st.one_of(
    st.none(),
    st.builds(
        Mask,
        st.just(MaskKind.KEEP_EDGES),
        keep_left=st.integers(0, 9),
        keep_right=st.integers(0, 9),
    ),
    st.builds(Mask, st.just(MaskKind.ROUND_COORDINATE), digits=st.integers(0, 6)),
    st.builds(Mask, st.sampled_from([MaskKind.BLANK, MaskKind.YEAR_ONLY])),
)
TYPES = st.tuples(
    st.sampled_from([ShareType.UNCONDITIONAL, ShareType.CONDITIONAL]), st.sampled_from(OpenType)
)
TABLES = st.builds(
    Table,
    st.integers(1, 99),
    st.fixed_dictionaries({kind: st.builds(Row, st.sampled_from(Grade), MASKS) for kind in Kind}),
    st.fixed_dictionaries(dict.fromkeys(Grade, TYPES)),
)


@given(TABLES)
def test_a_table_is_kept_as_data_and_read_back_as_it_was(table):
    assert table_from(table.version, table.as_data()) == table


@given(TABLES, st.sets(st.sampled_from(Kind), min_size=1))
def test_a_field_gets_the_highest_grade_of_what_was_found_in_it(table, kinds):
    outcome = table.outcome(kinds)

    assert outcome.grade == max(table.rows[kind].grade for kind in kinds)
    assert (outcome.share_type, outcome.open_type) == table.defaults[outcome.grade]


@pytest.mark.parametrize(
    "broken",
    [
        {"rows": {}},
        {"defaults": {}},
        {"defaults": DEFAULTS | {Grade.L4: (ShareType.NOT_SHARED, OpenType.NOT_OPEN)}},
    ],
)
def test_a_table_with_a_gap_or_with_a_refusal_is_none(broken):
    with pytest.raises(ValueError, match=r"each kind|refuses sharing"):
        Table(**{"version": 1, "rows": TABLE, "defaults": DEFAULTS} | broken)


@given(
    st.builds(
        FieldFacts,
        st.just("c1"),
        grade=st.sampled_from(Grade),
        share_type=st.sampled_from([ShareType.UNCONDITIONAL, ShareType.CONDITIONAL]),
        open_type=st.sampled_from(OpenType),
        mask=MASKS,
    ),
    st.builds(
        Outcome,
        st.sampled_from(Grade),
        st.just(ShareType.CONDITIONAL),
        st.sampled_from(OpenType),
        MASKS,
    ),
)
def test_taking_a_suggestion_over_never_lowers_a_grade_nor_loosens_a_type(field, outcome):
    after = adopted(field, outcome)

    assert after.grade == max(field.grade, outcome.grade)
    assert after.mask == field.mask or field.mask is None
    if outcome.grade > field.grade and field.mask is not None:
        views = cases(TODAY)
        before, later = treatments(field, views), treatments(after, views)
        looser = {view for view in Viewpoint if later[view] < before[view]}
        assert not looser


def test_every_kind_has_its_words_and_evidence_is_read_back_as_it_was_kept():
    assert set(KINDS) == set(Kind)
    for evidence in suggested("sfzh", "身份证号", ["440304199001010011"]).evidence:
        assert Evidence.from_data(evidence.as_data()) == evidence
    assert suggested("sfzh").kinds == (Kind.RESIDENT_ID,)
    assert BUILT_IN.outcome(()).grade == Grade.L1
