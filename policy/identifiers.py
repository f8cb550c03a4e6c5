"""Checksums of the identifiers that government data is full of.

python-stdnum where it is right; our own where it refuses codes that exist: it wants eight leading
digits in a unified social credit code (N and Y organisations have a letter), and the region of a
resident ID in its list, which is the region at assignment and may be long gone.
"""

import re
from datetime import date

from stdnum import luhn
from stdnum.iso7064 import mod_11_2

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: no I, O, S, V, Z."""

_USCC = re.compile(rf"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_RESIDENT_ID = re.compile(r"[1-9][0-9]{16}[0-9Xx]")
_OLD_RESIDENT_ID = re.compile(r"[1-9][0-9]{14}")
_ORGANIZATION_CODE = re.compile(r"[0-9A-Z]{8}-?[0-9X]")
_BANK_CARD = re.compile(r"[1-9][0-9]{12,18}")
_ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def is_uscc(text: str) -> bool:
    """Whether `text` is a unified social credit code with its right check character.

    Source: GB 32100-2015 (weights are the powers of 3 modulo 31). Letter-first codes count.
    """
    if not _USCC.fullmatch(text):
        return False
    weighted = sum(
        USCC_ALPHABET.index(character) * pow(3, place, 31)
        for place, character in enumerate(text[:17])
    )
    return USCC_ALPHABET[(31 - weighted % 31) % 31] == text[17]


def is_organization_code(text: str) -> bool:
    """Whether `text` is an organisation code (GB 11714) with its check, with or without hyphen."""
    if not _ORGANIZATION_CODE.fullmatch(text):
        return False
    weighted = sum(
        int(character, 36) * weight
        for character, weight in zip(text[:8], _ORGANIZATION_WEIGHTS, strict=True)
    )
    return "0123456789X0"[11 - weighted % 11] == text[-1]


def is_resident_id(text: str) -> bool:
    """Whether `text` is a resident ID of 18 characters: a day that exists, and its check.

    Source: GB 11643-1999, ISO 7064 MOD 11-2. Regions are not looked up.
    """
    if not _RESIDENT_ID.fullmatch(text) or not _is_day(text[6:14]):
        return False
    return mod_11_2.is_valid(text.upper())


def is_old_resident_id(text: str) -> bool:
    """Whether `text` could be a resident ID of 15 digits; it has a day and no check."""
    return bool(_OLD_RESIDENT_ID.fullmatch(text)) and _is_day("19" + text[6:12])


def modern_resident_id(text: str) -> str:
    """Return the 18 characters of an old ID: the century goes in, the check on.

    Raises ValueError if `text` is no old ID.
    """
    if not is_old_resident_id(text):
        raise ValueError("This is no resident ID of 15 digits.")
    longer = text[:6] + "19" + text[6:]
    return longer + mod_11_2.calc_check_digit(longer)


def is_bank_card(text: str) -> bool:
    """Whether `text` is a card number of 13 to 19 digits that passes Luhn's check."""
    return bool(_BANK_CARD.fullmatch(text)) and luhn.is_valid(text)


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1800 <= int(digits[:4]) <= 2199
