"""Who comes in here: apps of departments with their key, and nobody else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.keys import KeyRefused
from accounts.models import ApiKey
from api.authentication import HEADER
from api.authentication import caller as caller_by
from api.calls import caller_of, key_of
from audit import trace
from exchange.access import Caller
from exchange.problems import Problem
from exchange.records.query import QueryRefused
from exchange.sharing.acting import Acting, for_app
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


class MethodRefused(Problem):
    """The address does not take this method; it says which it takes."""

    code = "method-not-allowed"
    status = 405

    def __init__(self, sentence: object, *, allowed: str) -> None:
        """Keep the methods that are taken, as the header `Allow` has them."""
        super().__init__(sentence)
        self.headers = {"Allow": allowed}


class OfficeView(APIView):
    """An address for departments' apps that takes more than reading."""

    permission_classes = (Departments,)

    def http_method_not_allowed(
        self, request: HttpRequest, *_args: object, **_named: object
    ) -> NoReturn:
        """Raise MethodRefused."""
        allowed = ", ".join(self.allowed_methods)
        raise MethodRefused(
            _("This address does not take %(method)s. It takes: %(allowed)s.")
            % {"method": request.method, "allowed": allowed},
            allowed=allowed,
        )


@contextmanager
def acting(request: Request, permission: str) -> Iterator[Acting]:
    """Let an app act for its person; all that happens meanwhile is written down as of both.

    Raises NotAllowed where the person does not hold `permission` in the app's department.
    """
    found = for_app(caller_of(request).app_id or 0, permission)
    with trace.through(found.trail):
        yield found


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
