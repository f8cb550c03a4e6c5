"""Signatures of deliveries, as standardwebhooks.com describes them, and the secrets behind them.

Signed is `id.timestamp.body` by HMAC-SHA256; while one secret replaces another, both sign.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from accounts import sealing

PREFIX = "whsec_"
PURPOSE = "webhook.secret"
BYTES = 32


def make_secret() -> str:
    """Return a new secret in the form that receivers' libraries take: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def seal(secret: str) -> bytes:
    """Return a secret as it is stored."""
    return sealing.seal(secret.encode(), purpose=PURPOSE)


def unseal(sealed: bytes) -> str:
    """Return a stored secret. Raises SealBroken."""
    return sealing.unseal(sealed, purpose=PURPOSE).decode()


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """Return one signature of a delivery, `v1,` and base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(
    sealed: Iterable[bytes], message: str, timestamp: int, body: bytes
) -> Mapping[str, str]:
    """Return the three headers of a delivery; `timestamp` is in seconds since 1970."""
    signatures = [signature(unseal(one), message, timestamp, body) for one in sealed]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
