"""An OpenID Connect server for tests: discovery, keys, authorisation with PKCE, tokens, userinfo.

It listens on a port of its own on this machine. It keeps to what it is asked and signs by RS256,
unless a test has it lie: `claims` and `header` stand over what it would say, `forged` has it sign
by another key, `broken` answers an address in its own way.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "city-data", "a:secret/with signs"
KID = "key-1"
PERSON = {
    "sub": "310101-anna",
    "name": "安娜 Anna",
    "email": "anna@example.org",
    "email_verified": True,
}
Answer = tuple[int, Any]


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    """Return a key of the server (1), or one that is not (2)."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


@dataclass
class Server:
    """What the server knows, and how it lies."""

    url: str = ""
    back: str = ""
    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    forged: bool = False
    beside: dict[str, Any] | None = None
    """What it tells by userinfo alone; None: all of it stands in the ID token."""
    broken: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    methods: list[str] = field(default_factory=lambda: ["client_secret_basic"])
    asked: list[str] = field(default_factory=list)
    began: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    # what it answers

    def discovery(self) -> dict[str, Any]:
        """Return its configuration."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": self.methods,
        }

    def keys(self) -> dict[str, Any]:
        """Return its public key."""
        told = json.loads(RSAAlgorithm.to_jwk(key(1).public_key()))
        return {"keys": [told | {"kid": KID, "use": "sig", "alg": "RS256"}]}

    def allowed(self, address: str) -> str:
        """Return where a person who says yes is sent back to; the request has to be sound."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["redirect_uri"] == self.back
        assert asked["response_type"] == "code"
        assert set(asked["scope"].split()) == {"openid", "profile", "email"}
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 16
        assert len(asked["nonce"]) >= 16
        code = secrets.token_urlsafe(16)
        self.began[code] = asked
        return f"{self.back}?{urlencode({'code': code, 'state': asked['state']})}"

    def redeem(self, form: dict[str, str], authorization: str) -> Answer:
        """Return tokens for a code, once, to the client that began with its verifier."""
        pair = f"{form.get('client_id')}:{form.get('client_secret')}"
        if self.methods == ["client_secret_basic"]:
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        wanted = f"{CLIENT}:{SECRET}"
        if self.methods == ["client_secret_basic"]:
            wanted = "city-data:a%3Asecret%2Fwith%20signs"
        if pair != wanted:
            return 401, {"error": "invalid_client"}
        asked = self.began.pop(form["code"], None)
        proof = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        self.tokens[access] = asked["nonce"]
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(asked["nonce"]),
        }

    def id_token(self, nonce: str) -> str:
        """Return an ID token about the person."""
        now = int(time.time())
        about = self.person if self.beside is None else {"sub": self.person["sub"]}
        told = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        told |= about | self.claims
        told = {name: value for name, value in told.items() if value is not None}
        header = {"kid": KID, "alg": "RS256"} | self.header
        signing: Any = SECRET.ljust(64) if header["alg"].startswith("HS") else key(1 + self.forged)
        if header["alg"] == "none":
            signing = None
        return jwt.encode(told, signing, algorithm=header["alg"], headers=header)

    def userinfo(self, authorization: str) -> Answer:
        """Return what it tells beside, to who holds a token."""
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return 401, {"error": "invalid_token"}
        return 200, self.person if self.beside is None else self.beside


class _Handler(BaseHTTPRequestHandler):
    server_of: Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        path, server = urlsplit(self.path).path, self.server_of
        server.asked.append(path)
        authorization = self.headers.get("Authorization", "")
        form = {name: one[0] for name, one in parse_qs(body.decode()).items()}
        if path in server.broken:
            self._send(*server.broken[path]())
        elif path == "/.well-known/openid-configuration":
            self._send(200, server.discovery())
        elif path == "/keys":
            self._send(200, server.keys())
        elif path == "/token":
            self._send(*server.redeem(form, authorization))
        elif path == "/userinfo":
            self._send(*server.userinfo(authorization))
        elif path == "/authorize":
            self._page(server.allowed(self.path))
        else:
            self._send(404, {"error": "not_found"})

    def _page(self, back: str) -> None:
        """Ask the person; a press of the link is yes."""
        link = f'<a id="yes" href="{back.replace("&", "&amp;")}">Yes</a>'
        text = f"<!doctype html><title>ID</title>{link}"
        self._raw(200, "text/html; charset=utf-8", text.encode())

    def _send(self, status: int, told: Any) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self._raw(status, "application/json", body)

    def _raw(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server_of.url}/keys")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: Any) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[Server]:
    """Serve it on a free port of this machine."""
    told = Server()
    handler = type("Handler", (_Handler,), {"server_of": told})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        told.url = f"http://127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, args=[0.05])
        thread.start()
        try:
            yield told
        finally:
            listening.shutdown()
            thread.join()
