"""The pages of a member, in one table: a new page is entered here once."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.frame import address_of

PAGES: tuple[tuple[Promise, str], ...] = (
    (_("Overview"), "members-home"),
    (_("Apps and keys"), "members-apps"),
    (_("Webhooks"), "members-webhooks"),
    (_("Companies"), "members-companies"),
    (_("Conditional data"), "members-applications"),
    (_("Usage"), "members-usage"),
    (_("Calls"), "members-calls"),
    (_("Followed datasets"), "members-followed"),
    (_("What I said"), "members-talk"),
    (_("Contests"), "members-contests"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu; `here` is the page itself or one above it."""

    name: str
    address: str
    here: bool


def of(path: str) -> tuple[Entry, ...]:
    """Return the menu as it stands on a page."""
    found = [(str(name), address_of(to)) for name, to in PAGES]
    known = [(name, address) for name, address in found if address]
    longest = max((a for _n, a in known if path.startswith(a)), key=len, default="")
    return tuple(Entry(name, address, address == longest) for name, address in known)
