"""The OpenID Connect server of the settings: what it answers, and whether that can be believed.

OpenID Connect Core 1.0, 3.1.3.7: the ID token's signature, issuer, audience, times and nonce.
Discovery 1.0, 4.3: the server calls itself what we call it. Each request goes by
`exchange.hooks.fetching`. What cannot be believed is refused with a sentence for who signs in, and
a line in the log for who runs the platform, which names nobody and holds no token.
"""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

import jwt
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exchange.hooks import fetching

log = logging.getLogger(__name__)

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""Signatures by a key that the server alone has: none that our own secret would make (HS256)."""
APART_SECONDS = 60
"""How far the server's clock and ours may be apart."""
NAME_CHARACTERS = 100
CLAIMS = ["iss", "sub", "aud", "exp", "iat"]


class Why(StrEnum):
    """Why nobody was signed in."""

    DOWN = "down"
    UNSOUND = "unsound"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NONCE = "nonce"
    STATE = "state"
    PERSON = "person"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NO_ADDRESS = "no-address"
    AT_ONCE = "at-once"


TELL = _("If it happens again, sign in with e-mail address and password, and tell us.")
AGAIN = _("Begin again at sign-in.")
ANSWERS: Mapping[Why, tuple[int, Promise, Promise]] = {
    Why.DOWN: (
        503,
        _("“%(server)s” does not answer at the moment, so you could not be signed in by it."),
        _("Try again in a few minutes, or sign in with e-mail address and password."),
    ),
    Why.UNSOUND: (
        502,
        _("“%(server)s” answered otherwise than agreed, so you were not signed in."),
        TELL,
    ),
    Why.SIGNATURE: (
        502,
        _("What came does not bear the signature of “%(server)s”, so you were not signed in."),
        TELL,
    ),
    Why.ISSUER: (
        502,
        _("What came is from another server than “%(server)s”, so you were not signed in."),
        TELL,
    ),
    Why.AUDIENCE: (
        502,
        _(
            "What “%(server)s” answered is meant for another site than this one, so you were not"
            " signed in."
        ),
        TELL,
    ),
    Why.EXPIRED: (
        502,
        _(
            "What “%(server)s” answered is too old, or its clock and ours differ, so you were not"
            " signed in."
        ),
        _("Begin again at sign-in. If it happens again, tell us."),
    ),
    Why.NONCE: (
        400,
        _(
            "What “%(server)s” answered belongs to another sign-in than the one that began here,"
            " so you were not signed in."
        ),
        AGAIN,
    ),
    Why.STATE: (
        400,
        _(
            "This sign-in did not begin in this browser, or did more than ten minutes ago, or is"
            " over already, so nobody was signed in by it."
        ),
        AGAIN,
    ),
    Why.PERSON: (
        502,
        _("“%(server)s” answered about two different people, so you were not signed in."),
        TELL,
    ),
    Why.DECLINED: (
        502,
        _("“%(server)s” did not confirm the sign-in, so you were not signed in."),
        _("Begin again at sign-in. If it happens again, tell us."),
    ),
    Why.CANCELLED: (
        400,
        _(
            "You turned back at “%(server)s”, so you were not signed in, and nothing was passed"
            " on."
        ),
        AGAIN,
    ),
    Why.NO_ADDRESS: (
        400,
        _(
            "“%(server)s” passed on no e-mail address of yours. An account here needs one, so none"
            " was made."
        ),
        _("Let it pass your address on, or sign up here with an e-mail address."),
    ),
    Why.AT_ONCE: (
        409,
        _("You came from “%(server)s” twice at the same moment, so one of the two was dropped."),
        AGAIN,
    ),
}
"""The status, what happened and why, and what to do."""


class Refused(Exception):
    """Nobody was signed in; `sentences` say why to who wanted to be, and what to do.

    `detail` is for who runs the platform; it names nobody.
    """

    def __init__(self, why: Why, detail: str = ""):
        self.why, self.detail = why, detail
        self.status, *said = ANSWERS[why]
        named = {"server": name()}
        self.sentences = [str(one) % named for one in said]
        super().__init__(" ".join(self.sentences))
        log.warning("Sign-in by OpenID Connect refused: %s. %s", why, detail)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the server vouches for; `vouched` is whether it has checked the e-mail address."""

    issuer: str
    subject: str
    name: str
    email: str
    vouched: bool

    @property
    def uid(self) -> str:
        """What an account keeps of them: a digest, since a subject may be an identity number.

        Of issuer and subject together: another server's people are others, though it counts alike.
        """
        return hashlib.sha256(json.dumps([self.issuer, self.subject]).encode()).hexdigest()


def name() -> str:
    """Return what people call the server."""
    return str(settings.OIDC_NAME or settings.OIDC_SERVER)


def discovered() -> dict[str, Any]:
    """Return what the server says of itself, with the addresses that a sign-in needs.

    Raises Refused.
    """
    found = asked(f"{settings.OIDC_SERVER}/.well-known/openid-configuration")
    issuer = found.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != settings.OIDC_SERVER:
        raise Refused(Why.ISSUER, f"It calls itself {issuer!r}.")
    is_safe = settings.OIDC_SERVER.startswith("https:")
    schemes = ("https://",) if is_safe else ("https://", "http://")
    for one in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        address = found.get(one)
        if not isinstance(address, str) or not address.startswith(schemes):
            raise Refused(Why.UNSOUND, f"Its {one} is {address!r}.")
    return found


def asked(
    address: str, *, form: Mapping[str, str] | None = None, authorization: str = ""
) -> dict[str, Any]:
    """Return the JSON object that the server answers, to a form if there is one.

    Raises Refused.
    """
    headers = {"Accept": "application/json", "User-Agent": "city-data-exchange/1"}
    if authorization:
        headers["Authorization"] = authorization
    try:
        answer = fetching.fetch(
            address,
            inside=settings.OIDC_INSIDE,
            headers=headers,
            form=None if form is None else urlencode(form).encode(),
        )
    except fetching.Unreachable as no:
        raise Refused(Why.DOWN, f"{address}: {no}") from no
    if answer.status != 200:
        busy = answer.status >= 500 or answer.status == 429
        declined = Why.DECLINED if form is not None else Why.UNSOUND
        raise Refused(Why.DOWN if busy else declined, f"{address}: status {answer.status}.")
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as no:
        raise Refused(Why.UNSOUND, f"{address}: no JSON.") from no
    if not isinstance(found, dict):
        raise Refused(Why.UNSOUND, f"{address}: no JSON object.")
    return found


def redeemed(
    configuration: Mapping[str, Any], code: str, *, verifier: str, back: str
) -> tuple[str, str]:
    """Return the ID token and the access token for a code. Raises Refused."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
    }
    client, secret = settings.OIDC_CLIENT, settings.OIDC_SECRET
    ways = configuration.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    authorization = ""
    if "client_secret_basic" in ways:
        pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"  # RFC 6749, 2.3.1
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": client, "client_secret": secret}
    found = asked(configuration["token_endpoint"], form=form, authorization=authorization)
    tokens = found.get("id_token"), found.get("access_token")
    if not isinstance(tokens[0], str) or not isinstance(tokens[1], str):
        raise Refused(Why.UNSOUND, "Its answer holds no ID token, or no access token.")
    return tokens[0], tokens[1]


def nonce(verifier: str) -> str:
    """Return the nonce of a sign-in: made of its PKCE verifier, which stays here until the end."""
    return hashlib.sha256(f"nonce:{verifier}".encode()).hexdigest()


def claims(configuration: Mapping[str, Any], token: str, *, expected: str) -> dict[str, Any]:
    """Return what an ID token says, once all that it stands on was found right. Raises Refused.

    `expected` is the nonce of the sign-in.
    """
    try:
        header = jwt.get_unverified_header(token)
        told = jwt.decode(
            token,
            key=_key(configuration, header),
            algorithms=[header["alg"]],
            audience=settings.OIDC_CLIENT,
            issuer=configuration["issuer"],
            leeway=APART_SECONDS,
            options={"require": CLAIMS, "enforce_minimum_key_length": True},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as no:
        raise Refused(Why.EXPIRED, str(no)) from no
    except jwt.InvalidAudienceError as no:
        raise Refused(Why.AUDIENCE, str(no)) from no
    except jwt.InvalidIssuerError as no:
        raise Refused(Why.ISSUER, str(no)) from no
    except jwt.InvalidSignatureError as no:
        raise Refused(Why.SIGNATURE, str(no)) from no
    except jwt.PyJWTError as no:
        raise Refused(Why.UNSOUND, str(no)) from no
    audience = [told["aud"]] if isinstance(told["aud"], str) else told["aud"]
    party = told.get("azp", settings.OIDC_CLIENT if len(audience) == 1 else None)
    if party != settings.OIDC_CLIENT:
        raise Refused(Why.AUDIENCE, f"It was given to {party!r}.")
    if not hmac.compare_digest(str(told.get("nonce", "")).encode(), expected.encode()):
        raise Refused(Why.NONCE)
    if not told["sub"]:
        raise Refused(Why.UNSOUND, "Its subject is empty.")
    return told


def _key(configuration: Mapping[str, Any], header: Mapping[str, Any]) -> Any:
    """Return the server's key that a token says it is signed by. Raises Refused, PyJWTError."""
    algorithm, number = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Refused(Why.SIGNATURE, f"It is signed by {algorithm!r}.")
    keys = asked(configuration["jwks_uri"]).get("keys")
    fit = [
        one
        for one in (keys if isinstance(keys, list) else [])
        if isinstance(one, dict)
        and one.get("use", "sig") == "sig"
        and one.get("alg", algorithm) == algorithm
        and (number is None or one.get("kid") == number)
    ]
    if len(fit) != 1:
        raise Refused(Why.SIGNATURE, f"{len(fit)} of its keys fit.")
    return jwt.PyJWK(fit[0], algorithm=algorithm).key


def person(configuration: Mapping[str, Any], told: Mapping[str, Any], access: str) -> Person:
    """Return whom the server vouches for, by an ID token's claims and what it says beside.

    Address and whether it was checked come from one place. Raises Refused.
    """
    beside: Mapping[str, Any] = {}
    if not {"email", "name"} <= told.keys() and "userinfo_endpoint" in configuration:
        address = configuration["userinfo_endpoint"]
        beside = asked(str(address), authorization=f"Bearer {access}")
        if beside.get("sub") != told["sub"]:  # Core 5.3.2
            raise Refused(Why.PERSON)
    source = told if "email" in told else beside
    return Person(
        issuer=told["iss"],
        subject=told["sub"],
        name=_text(told.get("name") or beside.get("name"))[:NAME_CHARACTERS].strip(),
        email=_text(source.get("email")),
        vouched=source.get("email_verified") in (True, "true"),
    )


def _text(given: object) -> str:
    """Return what is a text, without signs that no name or address has."""
    return "".join(one for one in given if one.isprintable()) if isinstance(given, str) else ""
