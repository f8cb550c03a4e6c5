"""One POST to an address outside: by numbers that were allowed, within a time, read shortly.

Made of http.client and ssl alone: no proxy of the environment, no redirect, no cookie, no cache.
"""

import contextlib
import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from exchange.hooks import reachable
from exchange.hooks.reachable import Address, NotPublic, Resolver, Target

CONNECT_SECONDS = 4.0
WHOLE_SECONDS = 10.0
"""For all of it, from the question for the name to the last byte that is read."""
READ_BYTES = 32_768
"""Head and body together; what comes after is not read."""
SHOWN_BYTES = 500
ADDRESSES_TRIED = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the code, how the body began, and how long it all took."""

    status: int
    body: str
    took_ms: int

    @property
    def good(self) -> bool:
        """Whether the receiver took it: any code of the two hundreds."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why nothing came back: a code of PROBLEMS, and how long it took to know."""

    problem: str
    took_ms: int


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    resolve: Resolver | None = None,
    trust: ssl.SSLContext | None = None,
) -> Answer | NoAnswer:
    """Post to the address of a webhook. Raises nothing that the other side could cause.

    `resolve` stands for the name service and `trust` for the certificates that are believed.
    """
    began = time.monotonic()
    until = began + WHOLE_SECONDS
    try:
        answer = _posted(url, body, headers, until, resolve, trust)
    except reachable.AddressUnfit:
        found: str | tuple[int, bytes] = "not-allowed"
    except NotPublic:
        found = "not-public"
    except socket.gaierror:
        found = "name-unknown"
    except TimeoutError:
        found = "too-slow"
    except ssl.SSLError:
        found = "certificate"
    except (OSError, UnicodeError):
        found = "unreachable"
    except http.client.HTTPException:
        found = "no-http"
    else:
        found = answer
    took = int((time.monotonic() - began) * 1000)
    if isinstance(found, str):
        return NoAnswer(found, took)
    status, head = found
    return Answer(status, head.decode(errors="replace").replace("\0", "\ufffd"), took)


def _posted(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    until: float,
    resolve: Resolver | None,
    trust: ssl.SSLContext | None,
) -> tuple[int, bytes]:
    target = reachable.target(url)
    addresses = reachable.resolved(target, resolve=resolve)
    with connected(target, addresses, until, trust) as line:
        line.settimeout(left(until))
        line.sendall(_head(target, headers, len(body)) + body)
        answer = http.client.HTTPResponse(Bounded(line, until), method="POST")  # type: ignore[arg-type]  # it asks for makefile alone
        with answer:
            answer.begin()
            return answer.status, _beginning(answer)


def _beginning(answer: http.client.HTTPResponse) -> bytes:
    """Return how the body begins, or what of it came in time: the code was there already."""
    found = b""
    with contextlib.suppress(OSError, http.client.HTTPException):
        while len(found) < SHOWN_BYTES and (more := answer.read1(SHOWN_BYTES - len(found))):
            found += more
    return found


def connected(
    target: Target, addresses: list[Address], until: float, trust: ssl.SSLContext | None
) -> socket.socket:
    """Connect to one of the addresses that were looked at, and to no other."""
    last: OSError = TimeoutError()
    for address in addresses[:ADDRESSES_TRIED]:
        try:
            line = socket.create_connection(
                (str(address), target.port), min(CONNECT_SECONDS, left(until))
            )
        except OSError as failed:
            last = failed
            continue
        return line if target.scheme == "http" else _secured(line, target, until, trust)
    raise last


def _secured(
    line: socket.socket, target: Target, until: float, trust: ssl.SSLContext | None
) -> ssl.SSLSocket:
    """Speak TLS on a line, with the certificate that the name asks for."""
    try:
        line.settimeout(left(until))
        context = trust or _usual_trust()
        return context.wrap_socket(line, server_hostname=target.host)
    except BaseException:
        line.close()
        raise


@cache
def _usual_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _head(target: Target, headers: Mapping[str, str], length: int) -> bytes:
    told = {
        "Host": target.origin,
        "User-Agent": "city-data-exchange-webhooks/1",
        "Accept": "*/*",
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(length),
        **headers,
    }
    return head("POST", target, told)


def head(method: str, target: Target, told: Mapping[str, str]) -> bytes:
    """Return the head of a request: its line, what is told as headers, and the empty line."""
    lines = [f"{method} {target.path} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def left(until: float) -> float:
    """Return the seconds that are left until a moment. Raises TimeoutError where none are."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class Bounded(io.RawIOBase):
    """A socket to read from: until a moment, however slowly it drips, and `most` bytes."""

    def __init__(self, line: socket.socket, until: float, most: int = READ_BYTES) -> None:
        self._line, self._until, self._more = line, until, most

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return it as http.client reads it."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is for reading alone."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower, as sockets have it
        """Fill the buffer with what comes next; nothing once the limit is reached."""
        room = min(len(buffer), self._more)
        if room == 0:
            return 0
        self._line.settimeout(left(self._until))
        count = self._line.recv_into(buffer[:room])
        self._more -= count
        return count
