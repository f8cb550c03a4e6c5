"""Sealing of what may not lie about in clear: source passwords, rejected rows, second factors.

AES-256-GCM with a key from the environment (`FIELD_KEY`). A sealed value is one version byte, a
12-byte nonce and the ciphertext with its tag; `purpose` is authenticated, so that a value sealed
for one use does not open for another.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"\x01"
NONCE_BYTES = 12


class SealBroken(Exception):
    """The sealed value was altered, cut, made for another purpose or under another key."""


def seal(plain: bytes, *, purpose: str) -> bytes:
    """Return `plain` encrypted and bound to `purpose`."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(settings.FIELD_KEY).encrypt(nonce, plain, purpose.encode())


def unseal(sealed: bytes, *, purpose: str) -> bytes:
    """Return what was sealed for `purpose`. Raises SealBroken where it does not open."""
    sealed = bytes(sealed)
    if sealed[:1] != VERSION or len(sealed) < 1 + NONCE_BYTES + 16:
        raise SealBroken(purpose)
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(settings.FIELD_KEY).decrypt(nonce, body, purpose.encode())
    except InvalidTag as broken:
        raise SealBroken(purpose) from broken
