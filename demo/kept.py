"""What the demo must find again at its next start, in `var/demo.json`, closed to others."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from demo.inputs import Registry


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person one can sign in as, and what waits there. Invented, like the password."""

    role: str
    username: str
    password: str
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """How a department calls: its app's key, and the numbers of its grants by way of use."""

    key: str
    grants: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """The city's seed and size, its sign-ins, keys, and the way to the registry.

    `key` is the company's, `office` a department's; None in a city of before it had one.
    """

    seed: int
    total: int
    registry: Registry | None = None
    sign_ins: tuple[SignIn, ...] = field(default=())
    key: str = ""
    office: Office | None = None


def read(path: Path) -> Kept | None:
    """Return what was kept, or None at the first start."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    kept = Kept(found["seed"], found["total"], key=found["key"])
    registry = Registry(**found["registry"]) if found["registry"] else None
    sign_ins = tuple(SignIn(**one) for one in found["sign_ins"])
    office = Office(**found["office"]) if found.get("office") else None
    return replace(kept, registry=registry, sign_ins=sign_ins, office=office)


def write(path: Path, kept: Kept) -> None:
    """Keep it, readable for this user only; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f"{path.name}.part")
    whole.unlink(missing_ok=True)
    opened = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as file:
        json.dump(asdict(kept), file, ensure_ascii=False, indent=1)
    whole.rename(path)
