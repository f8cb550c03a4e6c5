"""Asking by API: the caller's department drafts requests, reads and changes them.

An app asks for the person who registered it. Signing stays with people: a head signs at the desk.
"""

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.models import Organization
from api import answers, metering
from api.office import request_documents as shapes
from api.office import request_terms, request_told
from api.office.entry import OfficeView, acting
from api.office.parsing import BoundedJSON, told
from exchange.models import ShareRequest
from exchange.problems import Problem
from exchange.records.query import QueryRefused
from exchange.sharing import asking, referring
from exchange.workflow import State

ASK = "exchange.ask_dataset"
SEE = "exchange.view_sharerequest"
LIMIT = 100


class RequestUnknown(Problem):
    """The caller's department asked no such request; whether another did is not told."""

    code = "request-unknown"
    status = 404


class OfficeRequests(OfficeView):
    """The requests of the caller's department."""

    parser_classes = (BoundedJSON,)

    @extend_schema(
        operation_id="list_office_requests",
        summary="Your department's requests: state, due date, grant",
        tags=[shapes.TAG],
        parameters=shapes.LIST_PARAMETERS,
        responses={200: shapes.RequestList, **shapes.PROBLEMS},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return a page of requests, the newest first."""
        meter = metering.spend(request)
        with acting(request, SEE) as who:
            rows = _narrowed(own(who.organization), request)
            found = list(rows.order_by("-pk")[: LIMIT + 1])
        page = found[:LIMIT]
        params = request.GET.copy()
        params["after"] = str(page[-1].pk) if page else ""
        address = f"{settings.PUBLIC_BASE_URL}{request.path}?{params.urlencode()}"
        content = {
            "count": len(page),
            "next": address if len(found) > LIMIT else None,
            "requests": request_told.summaries(page),
        }
        return answers.document(content, meter)

    @extend_schema(
        operation_id="draft_office_requests",
        summary="Draft a request for one dataset, or for several in one",
        tags=[shapes.TAG],
        request=shapes.DraftAsked,
        responses={
            200: shapes.RequestsKept,
            201: shapes.RequestsKept,
            **shapes.PROBLEMS,
        },
        examples=shapes.EXAMPLES,
    )
    def post(self, request: Request) -> HttpResponse:
        """Draft; 200 with what was drafted before where the reference was used for the same."""
        meter = metering.spend(request)
        with acting(request, ASK) as who:
            said = told(request, shapes.DraftAsked)
            reference = said.pop("reference", "")
            kept, new = referring.keep_once(
                request_terms.parts(said, who.organization),
                reference=reference,
                content=said,
                acting=who,
                at=timezone.now(),
            )
        return document(who.organization, [one.pk for one in kept], meter, 201 if new else 200)


class OfficeRequestOne(OfficeView):
    """One request of the caller's department."""

    parser_classes = (BoundedJSON,)

    @extend_schema(
        operation_id="get_office_request",
        summary="One request: state, terms, due date, events, what is missing, its matrix",
        tags=[shapes.TAG],
        responses={200: shapes.RequestDocument, **shapes.PROBLEMS},
    )
    def get(self, request: Request, request_id: int) -> HttpResponse:
        """Return the request's document."""
        meter = metering.spend(request)
        with acting(request, SEE) as who:
            found = one_of(who.organization, request_id)
        [content] = request_told.documents([found], today=timezone.localdate())
        return answers.document(content, meter)

    @extend_schema(
        operation_id="change_office_request",
        summary="Change a draft, or what is to be completed",
        tags=[shapes.TAG],
        request=shapes.ChangeAsked,
        responses={200: shapes.RequestsKept, **shapes.PROBLEMS},
        examples=shapes.CHANGE_EXAMPLES,
    )
    def patch(self, request: Request, request_id: int) -> HttpResponse:
        """Change the parts that are sent; the others stay."""
        meter = metering.spend(request)
        with acting(request, ASK) as who:
            found = one_of(who.organization, request_id)
            said = told(request, shapes.ChangeAsked)
            seen = said.pop("seen", "")
            parts = request_terms.changed(said, found.dataset)
            asking.amend(found.pk, parts, seen=seen, by=who.by, at=timezone.now())
        return document(who.organization, [found.pk], meter, 200)


def own(organization: Organization) -> QuerySet[ShareRequest]:
    """Return the requests that a department asks, with all that is told of them."""
    return ShareRequest.objects.filter(organization=organization).select_related(
        "dataset__owner",
        "organization",
        "basis",
        "renews",
        "reference",
        "drafted_by",
        "signed_by",
        "answered_by",
    )


def one_of(organization: Organization, request_id: int) -> ShareRequest:
    """Return a request that a department asks. Raises RequestUnknown."""
    found = own(organization).filter(pk=request_id).first()
    if found is None:
        raise RequestUnknown(
            _(
                "Your department asked no request no. %(request)s. Its own are listed at"
                " /api/v1/office/requests."
            )
            % {"request": request_id}
        )
    return found


def document(
    organization: Organization, numbers: list[int], meter: dict[str, str], status: int
) -> HttpResponse:
    """Return requests as they stand now."""
    found = list(own(organization).filter(pk__in=numbers).order_by("pk"))
    content = {"requests": request_told.documents(found, today=timezone.localdate())}
    answer = answers.document(content, meter)
    answer.status_code = status
    return answer


def _narrowed(rows: QuerySet[ShareRequest], request: Request) -> QuerySet[ShareRequest]:
    """Return the requests that the parameters name. Raises QueryRefused."""
    state, reference = request.GET.get("state", ""), request.GET.get("reference", "")
    after = request.GET.get("after", "")
    if state and state not in State.values:
        raise QueryRefused(
            _("“%(name)s” is %(given)s; it is one of: %(known)s.")
            % {"name": "state", "given": state[:40], "known": ", ".join(State.values)}
        )
    if state:
        rows = rows.filter(state=state)
    if reference:
        rows = rows.filter(reference__reference=reference.replace("\0", ""))
    if after.isascii() and after.isdigit() and len(after) < 18:
        rows = rows.filter(pk__lt=int(after))
    return rows
