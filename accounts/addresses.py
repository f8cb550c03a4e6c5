"""The network address that a request comes from: one answer for quotas, locks and the trail.

Anybody can write `X-Forwarded-For`. So it is read only where the peer is a proxy that is named in
the setting TRUSTED_PROXIES, and from its end, where the proxies nearest to us wrote.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from django.conf import settings

Address = IPv4Address | IPv6Address


def of(environ: Mapping[str, str]) -> str:
    """Return the address of a WSGI environment's sender, "" where there is none (a socket).

    Hops that are trusted proxies themselves are passed over; a hop that is no address ends the
    search at the proxy that wrote it.
    """
    found = _parsed(environ.get("REMOTE_ADDR", ""))
    if found is None:
        return ""
    if _is_trusted(found):
        for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            before = _parsed(hop)
            if before is None:
                break
            found = before
            if not _is_trusted(found):
                break
    return str(found)


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    """Return an address, an IPv4 one that is written as IPv6 as what it is."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
