"""Who comes in here: apps of departments with their key, and nobody else."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.keys import KeyRefused
from accounts.models import ApiKey
from api.authentication import HEADER
from api.authentication import caller as caller_by
from api.calls import caller_of, key_of
from exchange.access import Caller
from exchange.problems import Problem
from exchange.records.query import QueryRefused
from policy.terms import ReaderKind

GRANT = "grant"


class NotADepartment(Problem):
    """The key belongs to a company; data is shared between departments here."""

    code = "not-a-department"
    status = 403


class Departments(BasePermission):
    """Lets the apps of departments in. Raises KeyRefused without a key, NotADepartment."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Return True, or raise why not."""
        del view
        if key_of(request) is None:
            raise no_key()
        admitted(caller_of(request))
        return True


def no_key() -> KeyRefused:
    """Return the refusal of a call without a key."""
    return KeyRefused(
        "key-missing",
        _(
            "The department API is called with the key of a department's app, in the header"
            " %(header)s. What is open to everybody needs none: see /api/v1/datasets."
        )
        % {"header": HEADER},
    )


def admitted(caller: Caller) -> Caller:
    """Return a caller who may come in. Raises NotADepartment."""
    if caller.kind == ReaderKind.DEPARTMENT:
        return caller
    raise NotADepartment(
        _(
            "Data is shared between departments here, and this key belongs to “%(name)s”. What"
            " companies may have is at /api/v1/datasets."
        )
        % {"name": caller.organization}
    )


def by_key(key: ApiKey) -> Caller:
    """Return the caller a key stands for. Raises NotADepartment."""
    return admitted(caller_by(key, ""))


def grant_named(params: Mapping[str, str]) -> int | None:
    """Return the number of the grant that a call names, None where it names none.

    Raises QueryRefused.
    """
    text = params.get(GRANT, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise QueryRefused(
            _("“grant” is %(given)s; it is a grant's number, as /api/v1/office/grants tells it.")
            % {"given": text[:20]}
        )
    return int(text)
