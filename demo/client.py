"""Calls over HTTP as a caller's program makes them, with the key in a header."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

SECONDS = 30


@dataclass(frozen=True, slots=True)
class Call:
    """A call: what it shows, its address below the API's root, and the status it should have.

    With a `body` it is a POST of JSON.
    """

    shows: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    status: int = 200
    body: Mapping[str, Any] | None = field(default=None)

    def address(self, base: str) -> str:
        """Return the whole address."""
        asked = f"?{urlencode(self.query)}" if self.query else ""
        return f"{base}/api/v1/{self.path}{asked}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with how long it took."""

    call: Call
    address: str
    status: int
    content: bytes
    seconds: float

    @property
    def fits(self) -> bool:
        """Whether it has the status that it should have."""
        return self.status == self.call.status

    @property
    def body(self) -> dict[str, Any]:
        """Return a document's content. Raises ValueError where it is none."""
        found: dict[str, Any] = json.loads(self.content)
        return found


@dataclass(frozen=True, slots=True)
class Client:
    """A program that calls with a key, in English. `base` is the site's address."""

    base: str
    key: str

    def answer(self, call: Call) -> Answer:
        """Make a call and return what came back, refused or not. Raises OSError."""
        address = call.address(self.base)
        request = urllib.request.Request(  # noqa: S310 - our own address on this machine
            address,
            data=None if call.body is None else json.dumps(call.body).encode(),
            headers={
                "X-API-Key": self.key,
                "Accept-Language": "en",
                "Content-Type": "application/json",
            },
        )
        # a proxy of the environment has no business between this machine and itself
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        started = time.monotonic()
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, content = refused.code, refused.read()
        return Answer(call, address, status, content, time.monotonic() - started)


def heading(answer: Answer, number: int, prefix: str) -> list[str]:
    """Return the first lines of an answer; of the key only its beginning is shown."""
    sent = answer.call.body
    given = "" if sent is None else f" --json '{short(sent)}'"
    return [
        f"{number}. {answer.call.shows}",
        f"   curl -H 'X-API-Key: {prefix}…'{given} '{answer.address}'",
        f"   {answer.status}  ({answer.seconds * 1000:.0f} ms)",
    ]


def short(value: object) -> str:
    """Return a value on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
