"""One request to a server that the settings name, whose answer is read whole.

By the guard of webhooks: to numbers that were allowed and to no other, within a time, up to a
size; no proxy of the environment, no redirect, no cookie.
"""

import http.client
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exchange.hooks import posting, reachable
from exchange.hooks.reachable import Network

WHOLE_SECONDS = 6.0
"""For one request, from the question for the name to the last byte."""
MOST_BYTES = 262_144
"""Head and body together."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back."""

    status: int
    body: bytes


class Unreachable(Exception):
    """No answer came that could be read, or the address may not be called."""


def fetch(
    url: str,
    *,
    inside: Sequence[Network],
    headers: Mapping[str, str],
    form: bytes | None = None,
) -> Fetched:
    """Get an address, or post a form to it. Raises Unreachable, whose cause says why.

    By https to public addresses; within the networks `inside` also by http, and to a host that is
    named by its number.
    """
    until = time.monotonic() + WHOLE_SECONDS
    try:
        return _fetched(url, inside, headers, form, until)
    except (
        reachable.AddressUnfit,
        reachable.NotPublic,
        OSError,  # names, time, certificates and connections
        UnicodeError,
        http.client.HTTPException,
    ) as no:
        # the sentence of an unfit address is for who registers a webhook
        said = "" if isinstance(no, reachable.AddressUnfit) else f": {no}"
        raise Unreachable(f"{type(no).__name__}{said}") from no


def _fetched(
    url: str,
    inside: Sequence[Network],
    headers: Mapping[str, str],
    form: bytes | None,
    until: float,
) -> Fetched:
    target = reachable.target(url, inside=inside)
    addresses = reachable.resolved(target)
    method = "GET" if form is None else "POST"
    told = {"Host": target.origin, "Connection": "close", **headers}
    if form is not None:
        told |= {"Content-Type": "application/x-www-form-urlencoded"}
        told |= {"Content-Length": str(len(form))}
    with posting.connected(target, addresses, until, None) as line:
        line.settimeout(posting.left(until))
        line.sendall(posting.head(method, target, told) + (form or b""))
        bounded = posting.Bounded(line, until, MOST_BYTES)
        answer = http.client.HTTPResponse(bounded, method=method)  # type: ignore[arg-type]  # it asks for makefile alone
        with answer:
            answer.begin()
            return Fetched(answer.status, answer.read())
