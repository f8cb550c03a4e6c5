"""Which addresses a webhook may have: the guard against being led into our own network.

Two looks. `target` reads the text of an address, with no look at the network; `resolved` asks for
the name once and returns the very numbers to connect to, each of them public. Between the two no
name is asked for again, so a name that answers differently a moment later leads nowhere.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from exchange.models.webhooks import LONGEST_URL
from exchange.problems import Problem

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

PUBLIC_PORTS = frozenset({443, 8443})
INSIDE_PORTS = range(1024, 65_536)
"""At addresses that the setting WEBHOOKS_INSIDE lists; 80 and 443 too."""

SPECIAL_V4 = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # metadata of a cloud, at an address that looks public
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
"""IANA's register of IPv4 addresses for special purposes, and what else is no public host."""

GLOBAL_V6 = IPv6Network("2000::/3")
SPECIAL_V6 = tuple(
    IPv6Network(one)
    for one in (
        "2001::/23",  # Teredo and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in other clothes
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
"""What is special within 2000::/3. All outside it is refused: IPv4-mapped, NAT64, local, links."""

_PLAIN = re.compile(r"[\x21-\x7e]+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_OURS = frozenset({"localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa"})


class AddressUnfit(Problem):
    """A text that cannot be the address of a webhook."""

    code = "webhook-address-unfit"
    status = 400


class NotPublic(Exception):
    """The name leads to an address that is not public, or to none; nothing was connected to."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post: the scheme, the host as it is named, the port, and path with query.

    `inside` are networks in which it may stand, None for those of the setting WEBHOOKS_INSIDE.
    """

    scheme: str
    host: str
    port: int
    path: str
    inside: Sequence[Network] | None = field(default=None, compare=False)

    @property
    def networks(self) -> Sequence[Network]:
        """The networks besides public addresses in which it may stand."""
        return settings.WEBHOOKS_INSIDE if self.inside is None else self.inside

    @property
    def origin(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


def target(url: str, *, inside: Sequence[Network] | None = None) -> Target:
    """Read the address of a webhook. Raises AddressUnfit for what cannot be one.

    https and the ports of PUBLIC_PORTS; a number in place of a name, and http, only within the
    networks of WEBHOOKS_INSIDE (or those of `inside`), which is empty where the platform stands in
    the open.
    """
    if len(url) > LONGEST_URL or not _PLAIN.fullmatch(url) or "\\" in url:
        raise AddressUnfit(
            _(
                "The address is empty, longer than %(most)s characters, or has spaces, signs or"
                " letters beyond ASCII. Write a name with such letters in its form with xn--."
            )
            % {"most": LONGEST_URL}
        )
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as unreadable:
        raise _no_address() from unreadable
    if parts.scheme not in ("http", "https") or not host:
        raise _no_address()
    if "@" in parts.netloc or "#" in url:
        raise AddressUnfit(
            _(
                "An address of a webhook has no user name, password or “#”. Check who calls by the"
                " signature that each delivery has."
            )
        )
    found = Target(
        parts.scheme,
        host,
        port if port is not None else {"https": 443, "http": 80}[parts.scheme],
        (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        inside,
    )
    _fits(found)
    return found


def resolved(found: Target, *, resolve: Resolver | None = None) -> list[Address]:
    """Ask for the name of a target, once, and return the addresses to connect to.

    Raises NotPublic where any of them is not allowed: a name that leads half inside is none of a
    receiver outside. Raises OSError where the name is not known.
    """
    answers = (resolve or _ask)(found.host, found.port)
    addresses = [ipaddress.ip_address(one) for one in dict.fromkeys(answers)]
    if not addresses or not all(_allowed(found, one) for one in addresses):
        raise NotPublic(found.host)
    return addresses


def public(address: Address) -> bool:
    """Whether an address is that of a public host, and not one that the operator refuses."""
    if any(address in network for network in settings.WEBHOOKS_REFUSED):
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_V4)
    return address in GLOBAL_V6 and not any(address in network for network in SPECIAL_V6)


def _inside(found: Target, address: Address) -> bool:
    return any(address in network for network in found.networks)


def _allowed(found: Target, address: Address) -> bool:
    if _inside(found, address):
        return found.port in (80, 443) or found.port in INSIDE_PORTS
    return found.scheme == "https" and found.port in PUBLIC_PORTS and public(address)


def _ask(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_kind, place in found]


def _fits(found: Target) -> None:
    """Raise AddressUnfit for a target that could never be allowed, whatever its name leads to."""
    number = _number(found.host)
    if number is not None:
        if not _allowed_number(found, number):
            raise AddressUnfit(
                _("Name the host of the webhook; a number in its place is not called.")
            )
        return
    if found.inside:  # the operator named it, as `idp` or `id.intranet`: its numbers decide
        return
    labels = found.host.split(".")
    named = len(labels) > 1 and len(found.host) <= 253 and all(map(_LABEL.fullmatch, labels))
    if not named or labels[-1].lower() in _OURS:
        if found.networks and found.host == "localhost":
            return
        raise AddressUnfit(
            _("“%(host)s” is no name of a host that can be called from here. Give its full name.")
            % {"host": found.host[:100]}
        )
    if found.networks:
        return
    if found.scheme != "https" or found.port not in PUBLIC_PORTS:
        raise AddressUnfit(
            _("A webhook is called by https, at one of these ports: %(ports)s.")
            % {"ports": ", ".join(map(str, sorted(PUBLIC_PORTS)))}
        )


def _number(host: str) -> str | None:
    """Return a host that is a number in any notation that some resolver takes for one."""
    last = host.rstrip(".").rpartition(".")[2]
    return host if ":" in host or "%" in host or _NUMBER.fullmatch(last) else None


def _allowed_number(found: Target, number: str) -> bool:
    try:
        address = ipaddress.ip_address(number)  # four decimal parts without leading zeros
    except ValueError:
        return False
    return _inside(found, address) and _allowed(found, address)


def _no_address() -> AddressUnfit:
    return AddressUnfit(
        _("This is no address that can be called. It looks like https://example.org/hooks.")
    )
