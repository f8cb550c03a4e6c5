"""A person's phone: an authenticator app that makes codes from a secret (RFC 6238)."""

from base64 import b32decode
from dataclasses import dataclass
from datetime import datetime

from django_otp.oath import TOTP

from accounts import second_factor
from accounts.models import User


@dataclass(frozen=True)
class Authenticator:
    """An app that was given a secret, in base32."""

    secret: str

    @property
    def key(self) -> bytes:
        """The secret as bytes."""
        return b32decode(self.secret)

    def code(self, at: datetime) -> str:
        """Return the six digits the app shows at `at`."""
        app = TOTP(self.key)
        app.time = at.timestamp()
        return f"{app.token():06d}"


def enrolled(user: User, *, at: datetime) -> tuple[Authenticator, list[str]]:
    """Set up a person's second factor; returns the app and the recovery codes."""
    app = Authenticator(second_factor.offer(by=user).secret)
    return app, second_factor.confirm(app.code(at), by=user, at=at)
