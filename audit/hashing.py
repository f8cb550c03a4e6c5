"""What is hashed of an entry, and how. docs/audit.md has it for those who check from outside.

None of this may ever change for entries that exist.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes

from audit.models import Entry

GENESIS = "0" * 64


def chained(previous: str, entry: Entry, algorithm: str) -> str:
    """Return the hash of an entry's link: over the hash before it, then the entry's bytes."""
    return digest(algorithm, (previous.encode(), canonical(entry)))


def canonical(entry: Entry) -> bytes:
    """Return the bytes of an entry that are hashed; entries of old have no address."""
    return line(
        entry.pk,
        instant(entry.recorded_at),
        instant(entry.at),
        entry.verb,
        entry.target,
        entry.actor,
        entry.organization,
        entry.details,
        entry.request_id,
        *((entry.address,) if entry.address else ()),
    )


def line(*values: Any) -> bytes:
    """Return values as a JSON array in UTF-8, without spaces, keys sorted."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def instant(moment: datetime) -> str:
    """Return a moment as hashes have it: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def digest(algorithm: str, parts: Iterable[bytes]) -> str:
    """Return the digest of parts joined, in hex: "sha256", or "sm3" (GB/T 32905-2016)."""
    made = hashes.Hash(hashes.SM3() if algorithm == "sm3" else hashes.SHA256())
    for part in parts:
        made.update(part)
    return made.finalize().hex()
