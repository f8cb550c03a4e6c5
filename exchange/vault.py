"""The exchange's side of sealing: tokens that come out alike, and the secret of pseudonyms."""

from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.sealing import SealBroken, seal, unseal

__all__ = [
    "SealBroken",
    "mark_secret",
    "pseudonym_secret",
    "seal",
    "seal_alike",
    "unseal",
    "unseal_alike",
]


def seal_alike(plain: bytes, *, purpose: str) -> bytes:
    """Return `plain` encrypted so that the same content gives the same bytes.

    For tokens handed out, where a random nonce would make equal answers differ.
    """
    return _siv(settings.FIELD_KEY).encrypt(plain, [purpose.encode()])


def unseal_alike(sealed: bytes, *, purpose: str) -> bytes:
    """Return what `seal_alike` sealed for `purpose`. Raises SealBroken where it does not open."""
    try:
        return _siv(settings.FIELD_KEY).decrypt(sealed, [purpose.encode()])
    except (InvalidTag, ValueError) as broken:
        raise SealBroken(purpose) from broken


def pseudonym_secret() -> bytes:
    """Return the secret that every consumer's pseudonym keys are derived from.

    It follows from FIELD_KEY: a new one makes new pseudonyms.
    """
    return _derived(settings.FIELD_KEY, b"pseudonyms")


def mark_secret() -> bytes:
    """Return the secret that the marks in batch files are derived from.

    It follows from FIELD_KEY: under a new one, older files cannot be traced any more.
    """
    return _derived(settings.FIELD_KEY, b"marks")


@cache
def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(SHA512(), 32, salt=None, info=use).derive(key)


@cache
def _siv(key: bytes) -> AESSIV:
    return AESSIV(HKDF(SHA512(), 64, salt=None, info=b"tokens").derive(key))
