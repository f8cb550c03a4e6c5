"""Three real calls to the running API: what is open, what is masked, what is refused and why."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from demo.invented import DISTRICTS

SECONDS = 30
SHOWN = ("code", "detail", "count", "masked", "withheld")


@dataclass(frozen=True, slots=True)
class Call:
    """A call: what it shows, and its address below the API's root."""

    shows: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int

    def address(self, base: str) -> str:
        """Return the whole address."""
        return f"{base}/api/v1/{self.path}?{urlencode(self.query)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with how long it took."""

    call: Call
    address: str
    status: int
    body: dict[str, Any]
    seconds: float


CALLS = (
    Call(
        "Open: bus stops of one district, every field in clear",
        "datasets/bus-stops/records",
        (("district", DISTRICTS[0].name_zh), ("sort", "-opened_on"), ("limit", "2")),
        200,
    ),
    Call(
        "Masked: volunteers, with personal fields masked or withheld",
        "datasets/registered-volunteers/records",
        (("limit", "1"),),
        200,
    ),
    Call(
        "Refused: searching by a masked field would reveal it",
        "datasets/registered-volunteers/records",
        (("mobile", "19900000001"),),
        403,
    ),
)


def made(base: str, key: str) -> Iterator[Answer]:
    """Make the three calls with the key, in English, and yield the answers."""
    # a proxy of the environment has no business between this machine and itself
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for call in CALLS:
        address = call.address(base)
        request = urllib.request.Request(  # noqa: S310 - our own address on this machine
            address, headers={"X-API-Key": key, "Accept-Language": "en"}
        )
        started = time.monotonic()
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, body = refused.code, refused.read()
        yield Answer(call, address, status, json.loads(body), time.monotonic() - started)


def printed(answer: Answer, number: int, prefix: str) -> str:
    """Return a call and its answer as a few lines; of the key only its beginning is shown."""
    body = answer.body
    shown = {name: body[name] for name in SHOWN if body.get(name) not in (None, [])}
    lines = [
        f"{number}. {answer.call.shows}",
        f"   curl -H 'X-API-Key: {prefix}…' '{answer.address}'",
        f"   {answer.status}  ({answer.seconds * 1000:.0f} ms)",
        *(f"   {name}: {_short(value)}" for name, value in shown.items()),
        *(f"   row: {_short(row)}" for row in body.get("rows", ())),
        *(f"   reason: {reason['code']}: {reason['text']}" for reason in body.get("reasons", ())),
    ]
    return "\n".join(lines)


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
