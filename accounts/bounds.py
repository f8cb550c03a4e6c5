"""What a key is bound to: some datasets, some network addresses. Read together with the key.

Each is text in the key's own row, so a call that meets no bound costs nothing more.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from django.core.exceptions import ValidationError

from accounts.models import ApiKey
from accounts.wording import said as _

MOST_ADDRESSES = 20
MOST_DATASETS = 100
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class KeyBound(Exception):
    """The key opens this door, but not for this call."""

    status = 403
    code: str

    def __init__(self, sentence: str, key_id: int):
        super().__init__(sentence)
        self.key_id = key_id


class KeyElsewhere(KeyBound):
    """The key was used from an address that it is not bound to."""

    code = "key-elsewhere"


class KeyNotForDataset(KeyBound):
    """The key is bound to other datasets."""

    code = "key-not-for-dataset"


def check_address(key: ApiKey, address: str) -> None:
    """Raise KeyElsewhere where a key is bound to other addresses than this one."""
    if not admits(key, address):
        text = _(
            "The API key %(prefix)s… is bound to other network addresses than %(address)s, from "
            "which this call came. Call from one of them, or make a key without this bound."
        )
        terms = {"prefix": key.prefix, "address": address or "?"}
        raise KeyElsewhere(text % terms, key.pk)


def admits(key: ApiKey, address: str) -> bool:
    """Whether a key may be used from this address."""
    return not key.addresses or _is_in(address, networks(key.addresses))


def check_dataset(only: frozenset[int], dataset_id: int, key_id: int | None) -> None:
    """Raise KeyNotForDataset where a key is bound to `only` some datasets, and this is none."""
    if only and dataset_id not in only:
        text = _(
            "This API key is bound to other datasets. Use one that is bound to this dataset too, "
            "or to none."
        )
        raise KeyNotForDataset(text, key_id or 0)


@lru_cache(maxsize=4096)
def networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a key's text."""
    return tuple(ipaddress.ip_network(part) for part in text.split(",") if part)


@lru_cache(maxsize=4096)
def numbers(text: str) -> frozenset[int]:
    """Return the numbers of datasets of a key's text; none where it is bound to none."""
    return frozenset(int(part) for part in text.split(",") if part)


def as_networks(typed: str) -> str:
    """Return addresses and networks as people type them, as a key keeps them.

    Raises ValidationError for what is none, and for more than MOST_ADDRESSES.
    """
    parts = typed.replace(",", " ").replace("，", " ").split()
    try:
        found = {str(ipaddress.ip_network(part, strict=False)) for part in parts}
    except ValueError as no:
        text = _("“%(typed)s” is no network address. Write such as 203.0.113.7 or 203.0.113.0/24.")
        bad = next(part for part in parts if not _is_network(part))
        raise ValidationError(text % {"typed": bad}, code="address") from no
    if len(found) > MOST_ADDRESSES:
        text = _("A key can be bound to %(most)s addresses or networks at most.")
        raise ValidationError(text % {"most": MOST_ADDRESSES}, code="address")
    return ",".join(sorted(found))


def as_numbers(ids: Iterable[int]) -> str:
    """Return numbers of datasets as a key keeps them. Raises ValidationError for too many."""
    found = sorted(set(ids))
    if len(found) > MOST_DATASETS:
        text = _("A key can be bound to %(most)s datasets at most.")
        raise ValidationError(text % {"most": MOST_DATASETS}, code="datasets")
    return ",".join(map(str, found))


def _is_network(part: str) -> bool:
    try:
        ipaddress.ip_network(part, strict=False)
    except ValueError:
        return False
    return True


def _is_in(address: str, allowed: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in allowed if network.version == found.version)
