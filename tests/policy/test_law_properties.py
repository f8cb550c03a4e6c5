"""The laws that hold for every case and field: design of the policy, as properties."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from policy.decision import (
    RULES,
    by_default,
    conditional_zone_case,
    decide,
    decide_field,
    open_zone_case,
)
from policy.facts import ANYBODY, Case
from policy.sentences import SENTENCES
from policy.terms import (
    TIERS,
    Because,
    Certainty,
    Channel,
    Grade,
    Mode,
    Secrecy,
    ShareType,
    Treatment,
)
from tests.policy.lawful import TODAY, cases, fields, grant, grants, line, prohibitions, shared

field_sets = st.lists(fields, max_size=3, unique_by=lambda field: field.name)


@given(cases, fields, st.permutations(RULES))
def test_the_order_of_the_rules_does_not_matter(case, field, rules):
    assert decide_field(case, field, rules) == decide_field(case, field)


@given(cases, fields, prohibitions)
def test_one_more_prohibition_never_shows_more(case, field, another):
    stricter = replace(case, prohibitions=(*case.prohibitions, another))

    assert decide_field(stricter, field).treatment >= decide_field(case, field).treatment


@given(cases, fields, st.permutations(range(3)))
def test_the_order_of_lines_and_grants_does_not_matter(case, field, order):
    def shuffled(some):
        return tuple(some[place] for place in order if place < len(some))

    other = replace(case, prohibitions=shuffled(case.prohibitions), grants=shuffled(case.grants))

    assert decide_field(other, field).treatment == decide_field(case, field).treatment
    assert decide_field(other, field).reasons == decide_field(case, field).reasons


@given(cases, fields, grants)
def test_one_more_grant_never_shows_less(case, field, another):
    kinder = replace(case, grants=(*case.grants, replace(another, id=100)))

    assert decide_field(kinder, field).treatment <= decide_field(case, field).treatment


@given(cases, fields, st.sampled_from(Channel))
def test_nothing_beats_the_negative_list(case, field, channel):
    barred = replace(case, prohibitions=(line(fields=[field.name], channels={channel}),))
    barred = replace(barred, channel=channel)

    decided = decide_field(barred, field)

    assert decided.treatment == Treatment.WITHHELD
    assert Because.NEGATIVE_LIST in {reason.because for reason in decided.reasons}


@given(cases, fields)
def test_every_decision_has_a_reason_that_can_be_said_in_both_languages(case, field):
    for reason in decide_field(case, field).reasons:
        assert "%(" not in reason.text("zh-hans")
        assert reason.text("en").isascii() or reason.basis
    assert decide_field(case, field).reasons


@given(cases, fields)
def test_the_default_rule_always_votes(case, field):
    assert by_default(case, field).treatment == Treatment.CLEAR


@given(cases, fields)
def test_what_the_negative_list_withholds_cites_a_live_basis_of_a_rank_that_counts(case, field):
    for reason in decide_field(case, field).reasons:
        if reason.because != Because.NEGATIVE_LIST:
            continue
        cited = dict(reason.details)["number"]
        assert any(
            str(one.number) == cited
            and one.basis == reason.basis != ""
            and one.published
            and one.certainty == Certainty.VERIFIED
            and one.tier in TIERS[case.channel]
            and one.in_force(TODAY)
            and (not one.fields or field.name in one.fields)
            for one in case.prohibitions
        )


@given(fields)
def test_grade_alone_never_refuses_sharing(field):
    field = replace(field, secrecy=Secrecy.NONE)
    asked = shared(
        grant(fields=[field.name], channel=Channel.SHARE, clear_up_to=Grade.IMPORTANT),
        mode=Mode.VERIFY,
    )

    assert decide_field(asked, field).treatment == Treatment.CLEAR


@given(cases, fields)
def test_sharing_is_never_refused_with_the_grade_as_the_reason(case, field):
    on_share = replace(case, channel=Channel.SHARE)

    codes = {reason.because for reason in decide_field(on_share, field).reasons}

    assert Because.GRADE_CLOSED not in codes


@given(cases, fields)
def test_not_shared_without_a_live_line_is_only_conditional(case, field):
    bare = replace(case, channel=Channel.SHARE, prohibitions=())
    unlisted = replace(field, share_type=ShareType.NOT_SHARED)
    conditional = replace(field, share_type=ShareType.CONDITIONAL)

    decided, expected = decide_field(bare, unlisted), decide_field(bare, conditional)

    assert decided.treatment == expected.treatment


@given(cases, fields)
def test_no_reader_sees_more_than_the_zone_holds(case, field):
    asked = replace(case, channel=Channel.OPEN)
    anybody = replace(asked, reader=ANYBODY)
    open_zone = open_zone_case(TODAY, case.prohibitions)
    conditional_zone = conditional_zone_case(TODAY, case.prohibitions)

    held_open = decide_field(open_zone, field).treatment
    held_conditionally = decide_field(conditional_zone, field).treatment

    assert decide_field(anybody, field).treatment >= held_open
    assert decide_field(asked, field).treatment >= held_conditionally
    assert held_open >= held_conditionally


@given(cases, fields)
def test_a_mask_stands_exactly_where_a_field_is_masked(case, field):
    decided = decide_field(case, field)

    assert (decided.mask is not None) == (decided.treatment == Treatment.MASKED)


@given(cases, fields)
def test_without_the_grant_it_leans_on_a_field_is_treated_more_strictly(case, field):
    decided = decide_field(case, field)

    without = decide_field(replace(case, grants=()), field)

    assert (decided.grant is not None) == (without.treatment > decided.treatment)


@given(cases, field_sets)
def test_fields_fall_into_clear_masked_and_withheld(case, some):
    decision = decide(case, some)

    parts = [decision.clear(), decision.masked(), decision.withheld()]
    assert sorted(name for part in parts for name in part) == sorted(one.name for one in some)


@given(cases, field_sets)
def test_the_digest_does_not_depend_on_the_order_of_fields(case, some):
    assert decide(case, some).digest == decide(case, some[::-1]).digest


@given(cases, field_sets)
def test_rows_are_those_that_all_leaned_on_grants_allow(case, some):
    decision = decide(case, some)
    held = {grant.id: grant for grant in case.grants}

    for number in decision.grants:
        for scope in held[number].rows:
            assert any(
                one.field == scope.field and one.values <= scope.values for one in decision.rows
            )
    if not decision.grants:
        assert decision.rows == ()


def test_each_reason_code_has_a_sentence_in_both_languages():
    assert set(SENTENCES) == set(Because)
    assert all(chinese and english.isascii() for chinese, english in SENTENCES.values())


@given(cases)
def test_equal_cases_are_equal_and_can_be_keys(case):
    assert {case: 1}[replace(case)] == 1
    assert isinstance(case, Case)
