"""Each rule on plain examples: who sees what, and what they are told."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from policy.decision import conditional_zone_case, decide, decide_field, open_zone_case
from policy.facts import FieldFacts, Mask, RowScope
from policy.terms import (
    NATIONAL_LETTERS,
    BasisTier,
    Because,
    Certainty,
    Channel,
    DataType,
    Grade,
    MaskKind,
    Mode,
    OpenType,
    ReaderKind,
    ScopeOperator,
    Secrecy,
    ShareType,
    Treatment,
)
from tests.policy.lawful import TODAY, grant, line, opened, shared

CLEAR, MASKED, WITHHELD = Treatment
STARRED = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4)
DAY = timedelta(days=1)


def phone(grade=Grade.L1, **facts):
    return FieldFacts(**{"name": "phone", "grade": grade} | facts)


def outcome(case, field):
    decided = decide_field(case, field)
    return decided.treatment, {reason.because for reason in decided.reasons}


# Opening by sensitivity


@pytest.mark.parametrize(
    ("grade", "treatment", "because"),
    [
        (Grade.L1, CLEAR, Because.DEFAULT_OPEN),
        (Grade.L2, MASKED, Because.MASKED_GRADE),
        (Grade.L3, MASKED, Because.MASKED_GRADE),
        (Grade.L4, WITHHELD, Because.GRADE_CLOSED),
        (Grade.IMPORTANT, WITHHELD, Because.GRADE_CLOSED),
        (None, WITHHELD, Because.UNGRADED),
    ],
)
def test_anybody_sees_a_field_by_its_grade(grade, treatment, because):
    decided, codes = outcome(opened(), phone(grade, mask=STARRED))

    assert (decided, because in codes) == (treatment, True)


@pytest.mark.parametrize("grade", [Grade.L2, Grade.L3])
def test_what_should_be_masked_but_has_no_mask_is_withheld(grade):
    assert outcome(opened(), phone(grade)) == (WITHHELD, {Because.MASK_MISSING})


def test_what_is_open_to_all_is_never_pseudonymised():
    pseudonym = phone(Grade.L2, mask=Mask(MaskKind.PSEUDONYM))

    assert outcome(opened(), pseudonym) == (WITHHELD, {Because.PSEUDONYM_SHARED})
    with_grant = opened(grant(clear_up_to=Grade.L1))
    assert outcome(with_grant, pseudonym) == (MASKED, {Because.MASKED_GRADE})


def test_a_mask_that_hides_too_little_does_not_open_an_l3_field_to_all():
    weak = phone(Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=6, keep_right=4))

    assert outcome(opened(), weak) == (WITHHELD, {Because.MASK_TOO_WEAK})
    assert outcome(opened(), replace(weak, grade=Grade.L2))[0] == MASKED


@pytest.mark.parametrize(
    ("clear_up_to", "grade", "treatment"),
    [
        (Grade.L1, Grade.L1, CLEAR),
        (Grade.L1, Grade.L2, MASKED),
        (Grade.L2, Grade.L2, CLEAR),
        (Grade.L2, Grade.L3, MASKED),
        (Grade.L3, Grade.L3, CLEAR),
        (Grade.L4, Grade.L4, WITHHELD),
        (Grade.IMPORTANT, Grade.IMPORTANT, WITHHELD),
    ],
)
def test_a_company_sees_up_to_what_its_grant_allows_and_never_l4(clear_up_to, grade, treatment):
    field = phone(grade, open_type=OpenType.CONDITIONAL, mask=STARRED)

    assert outcome(opened(grant(clear_up_to=clear_up_to)), field)[0] == treatment


def test_a_grant_shows_what_an_unconditional_field_hides_from_anybody():
    decided = decide_field(opened(grant()), phone(Grade.L2, mask=STARRED))

    assert (decided.treatment, decided.grant.id) == (CLEAR, 1)
    assert decided.reasons[0].text("en") == "Your grant no. 1 covers this field."


def test_a_field_that_is_open_anyway_leans_on_no_grant():
    assert decide_field(opened(grant()), phone()).grant is None


def test_what_the_provider_does_not_open_stays_closed_under_any_grant():
    closed = phone(open_type=OpenType.NOT_OPEN)

    assert outcome(opened(grant()), closed) == (WITHHELD, {Because.NOT_OPEN})


def test_a_concealed_field_is_withheld_in_the_open_and_marked_as_unknown():
    decided = decide_field(opened(), phone(concealed=True))

    assert decided.concealed
    assert [reason.because for reason in decided.reasons] == [Because.CONCEALED]


def test_a_concealed_field_is_named_to_the_department_that_may_see_it():
    assert not decide_field(shared(), phone(concealed=True)).concealed


# Sharing by default


@pytest.mark.parametrize(
    ("grade", "treatment", "because"),
    [
        (Grade.L1, CLEAR, Because.DEFAULT_SHARE),
        (Grade.L2, CLEAR, Because.DEFAULT_SHARE),
        (Grade.L3, MASKED, Because.MASKED_GRADE),
        (None, MASKED, Because.MASKED_GRADE),
        (Grade.L4, WITHHELD, Because.VERIFY_ONLY),
        (Grade.IMPORTANT, WITHHELD, Because.VERIFY_ONLY),
    ],
)
def test_a_department_without_a_grant_sees_l2_in_clear_and_l3_masked(grade, treatment, because):
    assert outcome(shared(), phone(grade, mask=STARRED)) == (treatment, {because})


@pytest.mark.parametrize("grade", [Grade.L3, None])
def test_a_department_with_a_grant_sees_l3_in_clear(grade):
    granted = shared(grant(channel=Channel.SHARE))

    assert outcome(granted, phone(grade)) == (CLEAR, {Because.GRANTED})


@pytest.mark.parametrize("mode", Mode)
def test_l4_is_given_as_yes_or_no_only(mode):
    asked = shared(grant(channel=Channel.SHARE, clear_up_to=Grade.L4), mode=mode)

    expected = CLEAR if mode == Mode.VERIFY else WITHHELD
    assert outcome(asked, phone(Grade.L4, mask=STARRED))[0] == expected


def test_verification_of_l4_needs_a_grant_that_goes_so_far():
    asked = shared(grant(channel=Channel.SHARE, clear_up_to=Grade.L3), mode=Mode.VERIFY)

    assert outcome(asked, phone(Grade.L4)) == (WITHHELD, {Because.VERIFY_ONLY})


@pytest.mark.parametrize("kind", [ReaderKind.PUBLIC, ReaderKind.COMPANY])
def test_only_departments_share(kind):
    assert outcome(shared(kind=kind), phone()) == (WITHHELD, {Because.NOT_A_DEPARTMENT})


def test_the_provider_sees_its_own_data_but_not_past_the_negative_list():
    own = phone(Grade.L4, share_type=ShareType.CONDITIONAL, ended=True)

    assert outcome(shared(kind=ReaderKind.OWNER), own) == (CLEAR, {Because.OWN_DATA})
    barred = shared(kind=ReaderKind.OWNER, lines=[line()])
    assert outcome(barred, own) == (WITHHELD, {Because.NEGATIVE_LIST})


# Grants


@pytest.mark.parametrize("make", [opened, shared])
@pytest.mark.parametrize(
    ("facts", "because"),
    [
        ({"valid_until": TODAY - DAY}, Because.GRANT_NOT_LIVE),
        ({"valid_from": TODAY + DAY, "valid_until": TODAY + DAY}, Because.GRANT_NOT_LIVE),
        ({"revoked": True}, Because.GRANT_NOT_LIVE),
        ({"suspended": True}, Because.GRANT_NOT_LIVE),
        ({"modes": frozenset({Mode.BULK})}, Because.MODE),
        ({"fields": frozenset({"name"})}, Because.NEEDS_GRANT),
        ({"consumer": "2"}, Because.NEEDS_GRANT),
    ],
)
def test_a_grant_counts_only_for_its_consumer_fields_modes_and_days(make, facts, because):
    channel = Channel.OPEN if make is opened else Channel.SHARE
    field = phone(open_type=OpenType.CONDITIONAL, share_type=ShareType.CONDITIONAL)

    assert outcome(make(grant(channel=channel)), field)[0] == CLEAR
    assert outcome(make(grant(channel=channel, **facts)), field) == (WITHHELD, {because})


def test_a_grant_for_one_channel_is_none_for_the_other():
    field = phone(open_type=OpenType.CONDITIONAL)

    assert outcome(opened(grant(channel=Channel.SHARE)), field)[1] == {Because.NEEDS_GRANT}


def test_anybody_holds_no_grant_whatever_the_grant_says():
    asked = replace(opened(grant(consumer=None)), reader=opened().reader)

    assert outcome(asked, phone(open_type=OpenType.CONDITIONAL))[0] == WITHHELD


def test_an_ended_field_is_read_by_the_grants_that_name_it_only():
    gone = phone(ended=True)

    assert outcome(opened(), gone) == (WITHHELD, {Because.ENDED})
    assert outcome(opened(grant()), gone) == (CLEAR, {Because.GRANTED})


def test_row_scopes_of_two_grants_intersect():
    south = RowScope("district", ScopeOperator.IN, frozenset({"440305", "440304"}))
    one = RowScope("district", ScopeOperator.EQ, frozenset({"440305"}))
    fields = [
        FieldFacts("phone", Grade.L1, open_type=OpenType.CONDITIONAL),
        FieldFacts("name", Grade.L1, open_type=OpenType.CONDITIONAL),
        FieldFacts("district", Grade.L1),
    ]
    asked = opened(grant(1, rows=(south,)), grant(2, fields=["name"], rows=(one,)))

    decision = decide(asked, fields)

    assert decision.rows == (one,)
    assert decision.grants == (1, 2)
    assert decide(asked, fields[2:]).rows == ()


def test_scopes_without_a_common_value_let_no_row_through():
    rows = tuple(RowScope("district", ScopeOperator.EQ, frozenset({one})) for one in ("a", "b"))
    field = phone(open_type=OpenType.CONDITIONAL)

    decision = decide(opened(grant(rows=rows)), [field])

    assert decision.rows == (RowScope("district", ScopeOperator.IN, frozenset()),)


def test_a_grant_for_all_rows_goes_before_one_for_some():
    some = RowScope("district", ScopeOperator.EQ, frozenset({"a"}))
    field = phone(open_type=OpenType.CONDITIONAL)

    assert decide(opened(grant(1, rows=(some,)), grant(2)), [field]).grants == (2,)


# The negative list


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(
    "facts",
    [
        {"published": False},
        {"certainty": Certainty.SECONDARY},
        {"certainty": Certainty.UNVERIFIED},
        {"tier": BasisTier.DEPARTMENT_RULE},
        {"basis": ""},
        {"in_force_from": TODAY + DAY},
        {"fields": frozenset({"name"})},
    ],
)
def test_a_line_that_does_not_count_bars_nothing(channel, facts):
    make = opened if channel == Channel.OPEN else shared

    assert outcome(make(lines=[line()]), phone())[1] == {Because.NEGATIVE_LIST}
    assert outcome(make(lines=[line(**facts)]), phone())[0] == CLEAR


def test_a_local_regulation_bars_opening_but_not_sharing():
    local = line(tier=BasisTier.LOCAL_REGULATION)

    assert outcome(opened(lines=[local]), phone())[0] == WITHHELD
    assert outcome(shared(lines=[local]), phone())[0] == CLEAR


def test_a_line_that_names_no_field_bars_them_all():
    assert outcome(shared(lines=[line(fields=[])]), phone())[0] == WITHHELD


def test_the_lowest_numbered_of_several_lines_is_cited_with_its_basis():
    lines = [line(7), line(3, fields=[], basis="保守国家秘密法第三十六条"), line(5)]

    reasons = decide_field(shared(lines=lines), phone()).reasons

    assert [reason.basis for reason in reasons] == ["保守国家秘密法第三十六条"]
    assert reasons[0].text("zh-hans") == (
        "该信息项列入负面清单第 3 项，依据：保守国家秘密法第三十六条。"
    )
    lines = [line(2), line(4), line(3, fields=[])]
    lower = decide_field(shared(lines=lines), phone()).reasons
    assert lower[0].details == (("number", "2"),)


@pytest.mark.parametrize("make", [opened, shared])
def test_on_its_last_day_a_line_bars_and_on_the_next_the_field_is_conditional(make):
    last = line(in_force_until=TODAY)
    over = line(in_force_until=TODAY - DAY)

    assert outcome(make(lines=[last]), phone()) == (WITHHELD, {Because.NEGATIVE_LIST})
    assert outcome(make(lines=[over]), phone()) == (WITHHELD, {Because.LINE_LAPSED})


def test_a_grant_reads_what_a_lapsed_line_left_conditional():
    over = line(in_force_until=TODAY - DAY)

    asked = shared(grant(channel=Channel.SHARE), lines=[over])

    assert outcome(asked, phone()) == (CLEAR, {Because.GRANTED})


def test_a_lapsed_line_has_no_effect_once_its_field_is_settled():
    over = line(in_force_until=TODAY - DAY, settled_on=TODAY)

    assert outcome(shared(lines=[over]), phone()) == (CLEAR, {Because.DEFAULT_SHARE})
    yesterday = replace(shared(lines=[replace(over, settled_on=TODAY + DAY)]))
    assert outcome(yesterday, phone()) == (WITHHELD, {Because.LINE_LAPSED})


def test_a_line_that_was_ended_before_it_began_leaves_its_field_conditional_too():
    never = line(in_force_from=TODAY - DAY, in_force_until=TODAY - 2 * DAY)

    assert outcome(shared(lines=[never]), phone()) == (WITHHELD, {Because.LINE_LAPSED})
    assert outcome(shared(lines=[replace(never, settled_on=TODAY)]), phone()) == (
        CLEAR,
        {Because.DEFAULT_SHARE},
    )


def test_a_past_verdict_is_replayed_as_of_its_day():
    over = line(in_force_until=date(2025, 12, 31))
    then = replace(shared(lines=[over]), today=date(2025, 6, 1))

    assert outcome(then, phone()) == (WITHHELD, {Because.NEGATIVE_LIST})


def test_not_shared_without_a_line_says_that_no_line_bars_it():
    field = phone(share_type=ShareType.NOT_SHARED)

    assert outcome(shared(), field) == (WITHHELD, {Because.LINE_LAPSED})


# The rest


@pytest.mark.parametrize("secrecy", [one for one in Secrecy if one != Secrecy.NONE])
def test_secrets_are_withheld_on_every_channel(secrecy):
    for make in (opened, shared):
        assert Because.NOT_STORABLE in outcome(make(), phone(secrecy=secrecy))[1]


def test_two_fields_of_one_name_are_a_fault():
    with pytest.raises(ValueError, match="phone"):
        decide(opened(), [phone(), phone()])


def test_the_digest_changes_with_what_is_shown():
    fields = [phone(Grade.L2, mask=STARRED)]

    digests = {
        decide(opened(), fields).digest,
        decide(opened(grant()), fields).digest,
        decide(opened(), [phone(Grade.L2, mask=Mask(MaskKind.BLANK))]).digest,
        decide(opened(), [phone(Grade.L2)]).digest,
    }

    assert len(digests) == 4


def test_the_zones_hold_what_anybody_and_what_any_grant_could_see():
    conditional = phone(Grade.L3, open_type=OpenType.CONDITIONAL)

    assert outcome(open_zone_case(TODAY, ()), conditional)[0] == WITHHELD
    assert outcome(conditional_zone_case(TODAY, ()), conditional)[0] == CLEAR
    assert outcome(conditional_zone_case(TODAY, (line(),)), conditional)[0] == WITHHELD


@pytest.mark.parametrize(("left", "right"), [(-1, 0), (0, -1)])
def test_a_mask_cannot_keep_fewer_than_no_characters(left, right):
    with pytest.raises(ValueError, match="zero characters"):
        Mask(MaskKind.KEEP_EDGES, left, right)


@pytest.mark.parametrize("digits", [-1, 7])
def test_a_coordinate_is_rounded_within_reason(digits):
    with pytest.raises(ValueError, match="decimals"):
        Mask(MaskKind.ROUND_COORDINATE, digits=digits)


@pytest.mark.parametrize("values", [frozenset(), frozenset("ab")])
def test_equal_compares_with_one_value(values):
    with pytest.raises(ValueError, match="exactly one"):
        RowScope("district", ScopeOperator.EQ, values)


def test_each_type_has_a_national_letter_that_leads_back_to_it():
    assert {kind: NATIONAL_LETTERS[kind.letter] for kind in DataType} == {
        kind: kind for kind in DataType
    }
    assert set(NATIONAL_LETTERS) == set("CNYDTLMGBIF")


def test_five_hundred_lines_and_fifty_fields_are_decided_alike_from_an_index():
    lines = [line(number, fields=[f"field_{number}"]) for number in range(1, 501)]
    fields = [FieldFacts(f"field_{number}", Grade.L1) for number in range(480, 530)]

    decision = decide(opened(lines=lines), fields)

    assert decision.withheld() == {f"field_{number}" for number in range(480, 501)}


def test_every_reader_channel_and_mode_gets_an_answer():
    for kind, mode in product(ReaderKind, Mode):
        assert outcome(shared(kind=kind, mode=mode), phone(None))[0] in Treatment
