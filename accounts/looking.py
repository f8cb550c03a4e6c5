"""Rights read once for a page that is only looked at.

A page asks many times what a person may do: for each list, link, button and notice. Within
`read_once` the answer to the first time serves the others; config.middleware opens it around each
GET, and nothing else does. So whatever changes something (a POST, a task, a command, a test) reads
afresh each time, a verb that changes rights sees its own change, and no object outlives its page
with the rights of then. A right that was taken away is gone at the next call.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Read = TypeVar("Read")

_page: ContextVar[dict[int, Any] | None] = ContextVar("rights_of_a_page", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Let `once` answer from memory until the end of this block."""
    token = _page.set({})
    try:
        yield
    finally:
        _page.reset(token)


def once(person_id: int, read: Callable[[], Read]) -> Read:
    """Return what `read` reads of a person: anew at each call, but on a page once."""
    known = _page.get()
    if known is None:
        return read()
    if person_id not in known:
        known[person_id] = read()
    return known[person_id]
