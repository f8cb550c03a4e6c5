"""Checksums of identifiers, on numbers whose check is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.identifiers import (
    USCC_ALPHABET,
    is_bank_card,
    is_old_resident_id,
    is_organization_code,
    is_resident_id,
    is_uscc,
    modern_resident_id,
)

CREDIT_CODES = ("91110000600037341L", "91440300708461136T", "91440300192189783K")


def uscc(first_seventeen):
    return next(
        first_seventeen + last for last in USCC_ALPHABET if is_uscc(first_seventeen + last)
    )


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_credit_codes_hold_an_organisation_code(code):
    assert is_uscc(code)
    assert is_organization_code(code[8:17])


@pytest.mark.parametrize("first", ["N1", "Y1", "11"])
def test_credit_codes_may_begin_with_a_letter(first):
    assert is_uscc(uscc(first + "440300" + "600037341"))


@given(st.sampled_from(CREDIT_CODES), st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_wrong_character_breaks_a_credit_code(code, place, character):
    changed = code[:place] + character + code[place + 1 :]

    assert is_uscc(changed) == (changed == code)


@pytest.mark.parametrize(
    "text", ["", "9111000060003734", "91110000600037341I", "９1110000600037341L"]
)
def test_what_has_no_shape_of_a_credit_code_is_none(text):
    assert not is_uscc(text)


@pytest.mark.parametrize("text", ["60003734-1", "600037341"])
def test_an_organisation_code_may_have_a_hyphen(text):
    assert is_organization_code(text)


@pytest.mark.parametrize("text", ["600037342", "60003734", "60003734１"])
def test_an_organisation_code_with_a_wrong_check_is_none(text):
    assert not is_organization_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "360426199101010071",
        "11010519491231002X",
        "11010519491231002x",
        "440304199001010011",
    ],
)
def test_resident_ids_pass_whatever_their_region(text):
    assert is_resident_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "440304199001010012",  # the check
        "440304199002300011",  # no such day
        "44030419900101001",
        "44030417900101001X",
        "４40304199001010011",
        "",
    ],
)
def test_what_fails_day_or_check_is_no_resident_id(text):
    assert not is_resident_id(text)


def test_an_old_resident_id_becomes_a_modern_one_that_passes():
    assert is_old_resident_id("110105491231002")
    assert modern_resident_id("110105491231002") == "11010519491231002X"


@pytest.mark.parametrize("text", ["110105491331002", "11010549123100", "x"])
def test_what_is_no_old_resident_id_cannot_be_made_modern(text):
    with pytest.raises(ValueError, match="15 digits"):
        modern_resident_id(text)


@pytest.mark.parametrize(
    ("text", "passes"),
    [("4111111111111111", True), ("4111111111111112", False), ("411111111111", False)],
)
def test_bank_cards_pass_the_check_of_luhn(text, passes):
    assert is_bank_card(text) is passes
