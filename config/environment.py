"""Readers of the environment that refuse a bad value with its name and what it may be."""

import base64
import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return the variable as it stands."""
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no."""
    value = os.environ.get(name, "true" if default else "false").strip().lower()
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} is “{value}”; it can be true or false.")


def whole(name: str, default: int) -> int:
    """Return a whole number of at least 0."""
    value = os.environ.get(name, str(default)).strip()
    if value.isascii() and value.isdigit():
        return int(value)
    raise ImproperlyConfigured(f"{name} is “{value}”; it must be a whole number.")


def several(name: str, default: str = "", *, separator: str = ",") -> list[str]:
    """Return a list; empty parts are left out."""
    return [part.strip() for part in text(name, default).split(separator) if part.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return a list of network addresses, single ones or ranges such as 10.0.0.0/8."""
    try:
        return [ip_network(part) for part in several(name)]
    except ValueError as no:
        raise ImproperlyConfigured(
            f"{name} is “{text(name)}”; it can list addresses and networks such as 10.0.0.5 and"
            f" 10.0.0.0/8, by comma. {no}."
        ) from no


def address(name: str) -> str:
    """Return the address of a server without a slash at its end, "" where none is given."""
    value = text(name).rstrip("/")
    parts = urlsplit(value)
    whole = (
        parts.scheme in {"http", "https"} and parts.netloc and not (parts.query or parts.fragment)
    )
    if not value or (whole and "@" not in parts.netloc):
        return value
    raise ImproperlyConfigured(
        f"{name} is “{text(name)}”; it must look like https://id.example/realms/city."
    )


def together(name: str, *needed: str) -> None:
    """Refuse a setting that is given without others that it needs."""
    missing = [one for one in needed if not text(one)]
    if text(name) and missing:
        raise ImproperlyConfigured(
            f"{name} is set and {', '.join(missing)} is not; see docs/operations.md."
        )


def contacts(name: str) -> list[str]:
    """Return a list of ways to reach somebody, each as mailto:, https:// or tel:."""
    found = several(name)
    if all(one.startswith(("mailto:", "https://", "tel:")) for one in found):
        return found
    raise ImproperlyConfigured(
        f"{name} is “{text(name)}”; it can list addresses such as mailto:data@example.org and"
        " https://data.example.org/report, by comma."
    )


def choice(name: str, default: str, allowed: set[str]) -> str:
    """Return one of the allowed words."""
    value = text(name, default)
    if value in allowed:
        return value
    raise ImproperlyConfigured(
        f"{name} is “{value}”; it can be one of: {', '.join(sorted(allowed))}."
    )


def some(name: str, default: str, allowed: set[str]) -> list[str]:
    """Return a list of allowed words, at least one."""
    values = several(name, default)
    if values and set(values) <= allowed:
        return values
    raise ImproperlyConfigured(
        f"{name} is “{text(name)}”; it can list: {', '.join(sorted(allowed))}."
    )


def key(name: str, value: str) -> bytes:
    """Return the 32 bytes that `value` (base64) stands for."""
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:  # of base64, and of letters outside it
        raw = b""
    if len(raw) != 32:
        raise ImproperlyConfigured(
            f"{name} must be 32 random bytes in base64. Make one with: openssl rand -base64 32"
        )
    return raw


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for `postgresql://user:password@host:port/name?host=/socket`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgresql://user:password@host:5432/name"
        )
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [unquote(parts.hostname or "")])[0],
        "PORT": str(parts.port or ""),
    }
