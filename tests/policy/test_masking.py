"""What each mask shows, and what it never shows."""

import hashlib
import hmac
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.facts import Mask
from policy.masking import STARS, de_identifies, mask_value, pseudonym, pseudonym_key
from policy.terms import MaskKind
from tests.policy.lawful import masks

EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4)
PLACE = Mask(MaskKind.COARSE_PLACE)
YEAR = Mask(MaskKind.YEAR_ONLY)
KEY = pseudonym_key(b"secret", consumer="1", dataset="residents")

values = st.text() | st.integers() | st.floats() | st.decimals() | st.booleans()


@given(masks)
def test_nothing_stays_nothing(mask):
    assert mask_value(mask, None, key=KEY) is None


@given(masks, values)
def test_no_value_makes_a_mask_fail(mask, value):
    assert mask_value(mask, value) is not None


@given(masks, st.text(min_size=1))
def test_an_empty_value_looks_like_one_too_short(mask, value):
    assert mask_value(mask, "") == STARS
    assert mask_value(mask, value)


@given(st.text(min_size=8))
def test_kept_edges_do_not_tell_how_much_they_hide(value):
    shown = mask_value(EDGES, value)

    assert shown == value[:3] + STARS + value[-4:]
    assert len(shown) == 11


@given(st.text(max_size=7))
def test_values_no_longer_than_the_edges_are_starred(value):
    assert mask_value(EDGES, value) == STARS


def test_edges_are_counted_in_characters():
    keep_one = Mask(MaskKind.KEEP_EDGES, keep_left=1)

    assert mask_value(keep_one, "张伟") == "张****"
    assert mask_value(keep_one, "𠮷野家") == "𠮷****"
    assert mask_value(EDGES, "13800138000") == "138****8000"


@given(st.text(min_size=1), st.text(min_size=1))
def test_values_that_differ_in_the_hidden_part_only_look_alike(one, other):
    assert mask_value(EDGES, "138" + one + "8000") == mask_value(EDGES, "138" + other + "8000")


@given(masks, st.text(min_size=13))
def test_masking_twice_is_masking_once(mask, value):
    if mask.kind == MaskKind.PSEUDONYM:
        mask = replace(mask, kind=MaskKind.BLANK)
    once = mask_value(mask, value)
    if once != STARS:  # stars are as short as a value that is hidden whole
        assert mask_value(mask, once) == once


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1990-05-17", "1990"),
        ("1990/5/17", "1990"),
        ("1990年5月", "1990"),
        ("19900517", "1990"),
        ("1990", "1990"),
        (date(1990, 5, 17), "1990"),
        ("13800138000", STARS),
        ("05-17-1990", STARS),
        ("1990\n", STARS),
        ("１９９０", STARS),
        ("90", STARS),
    ],
)
def test_only_the_year_of_what_looks_like_a_day_is_shown(value, shown):
    assert mask_value(YEAR, value) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("广东省深圳市南山区粤海街道科技园1号", "广东省深圳市南山区粤海街道"),
        ("深圳市南山区阳光小区3栋", "深圳市南山区"),
        ("广西壮族自治区南宁市青秀区民族大道", "广西壮族自治区南宁市青秀区"),
        ("江苏省苏州市昆山市玉山镇1号", "江苏省苏州市昆山市玉山镇"),
        ("上海市浦东新区世纪大道1号", "上海市浦东新区"),
        ("河南省新乡市红旗区", "河南省新乡市红旗区"),
        ("江苏省镇江市京口区", "江苏省"),
        ("阳光小区3栋502", STARS),
        ("南山市场路3号", STARS),
        ("12345", STARS),
    ],
)
def test_a_place_is_shown_down_to_its_street_office_and_no_further(address, shown):
    assert mask_value(PLACE, address) == shown


@given(st.text(alphabet="省市区县镇街道自治小园场南山福田0１ ", max_size=30))
def test_a_coarse_place_is_a_beginning_of_the_address_or_stars(address):
    shown = mask_value(PLACE, address)

    assert shown == STARS or address.startswith(shown)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (Decimal("114.05791"), 3, Decimal("114.058")),
        (Decimal("22.5"), 3, Decimal("22.500")),
        (Decimal("0.5"), 0, Decimal(1)),
        (Decimal("-2.5"), 0, Decimal(-3)),
        (Decimal("-0.1"), 0, Decimal(0)),
        (22.54315, 4, Decimal("22.5432")),
        (22, 1, Decimal("22.0")),
        (Decimal(180), 2, Decimal("180.00")),
        (Decimal("181.7"), 5, Decimal(182)),
        (Decimal("-12638527.4"), 3, Decimal(-12638500)),
        (Decimal("1" + "0" * 36 + "2500"), 2, Decimal("1" + "0" * 36 + "3000")),
    ],
)
def test_numbers_are_rounded_half_away_from_zero_as_the_database_does(value, digits, shown):
    rounded = mask_value(Mask(MaskKind.ROUND_COORDINATE, digits=digits), value)

    assert (rounded, str(rounded)) == (shown, str(shown))


@pytest.mark.parametrize(
    "value", ["22.5431", True, float("nan"), float("inf"), Decimal("1e200000")]
)
def test_what_is_no_number_is_starred_and_not_rounded(value):
    assert mask_value(Mask(MaskKind.ROUND_COORDINATE), value) == STARS


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9), st.integers(0, 6))
def test_rounding_twice_is_rounding_once(value, digits):
    mask = Mask(MaskKind.ROUND_COORDINATE, digits=digits)

    once = mask_value(mask, value)

    assert mask_value(mask, once) == once


def test_blank_shows_stars_for_every_value():
    assert mask_value(Mask(MaskKind.BLANK), "anything") == STARS


def test_a_pseudonym_is_the_hmac_of_the_value():
    shown = mask_value(Mask(MaskKind.PSEUDONYM), "440304199001010011", key=KEY)

    assert shown == hmac.new(KEY, b"440304199001010011", hashlib.sha256).hexdigest()


def test_without_a_key_a_pseudonym_is_stars_and_never_the_value():
    assert mask_value(Mask(MaskKind.PSEUDONYM), "440304199001010011") == STARS


def test_sm3_pseudonyms_have_the_length_of_sm3():
    shown = pseudonym("abc", key=KEY, algorithm="sm3")

    assert len(shown) == 64
    assert shown != pseudonym("abc", key=KEY)


@given(st.text(), st.text(), st.text(), st.text())
def test_two_consumers_or_datasets_have_different_keys(consumer, dataset, other, another):
    same = (consumer, dataset) == (other, another)

    one = pseudonym_key(b"secret", consumer=consumer, dataset=dataset)
    two = pseudonym_key(b"secret", consumer=other, dataset=another)

    assert (one == two) == same


@pytest.mark.parametrize(
    ("mask", "enough"),
    [
        (EDGES, True),
        (Mask(MaskKind.KEEP_EDGES, keep_left=6, keep_right=4), False),
        (Mask(MaskKind.KEEP_EDGES, keep_left=0, keep_right=5), False),
        (Mask(MaskKind.ROUND_COORDINATE, digits=3), True),
        (Mask(MaskKind.ROUND_COORDINATE, digits=4), False),
        (Mask(MaskKind.PSEUDONYM), False),
        (Mask(MaskKind.BLANK), True),
        (PLACE, True),
        (YEAR, True),
    ],
)
def test_only_masks_that_hide_enough_de_identify(mask, enough):
    assert de_identifies(mask) is enough
