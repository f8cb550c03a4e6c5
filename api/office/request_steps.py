"""What an app does with its department's request: lay it before the head, withdraw, add files."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.models import Organization
from api import answers, metering
from api.office import request_documents as shapes
from api.office import request_told
from api.office.entry import OfficeView, acting
from api.office.parsing import BoundedJSON, told
from api.office.requests import ASK, document, one_of
from catalog.refusals import FileRefused
from exchange.models import RequestAttachment, ShareRequest
from exchange.models.attachments import MOST_BYTES
from exchange.sharing import asking, sittings
from exchange.sharing.requests import RequestUnfit

AROUND_A_FILE = 100_000
"""Bytes of a form beside the file in it."""

READ_AWAY = 64_000_000
"""Bytes of a body that is too long and is read all the same, so that its sender hears why."""

BLOCK = 1 << 16


class OfficeRequestSubmission(OfficeView):
    """A request on its way to the head of the caller's department."""

    parser_classes = (BoundedJSON,)

    @extend_schema(
        operation_id="submit_office_request",
        summary="Lay a request before the head of your department, who signs at the desk",
        description="With all that was drafted in one with it, or none of it.",
        tags=[shapes.TAG],
        request=shapes.Seen,
        responses={200: shapes.RequestsKept, **shapes.PROBLEMS},
    )
    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Lay it before the head; all that is missing is told at once."""
        meter = metering.spend(request)
        with acting(request, ASK) as who:
            found = one_of(who.organization, request_id)
            seen = told(request, shapes.Seen).get("seen", "")
            moved = sittings.submit(
                _together(found), seen={found.pk: seen}, by=who.by, at=timezone.now()
            )
        return document(who.organization, [one.pk for one in moved], meter, 200)


class OfficeRequestWithdrawal(OfficeView):
    """The end of a request by who asked it."""

    parser_classes = (BoundedJSON,)

    @extend_schema(
        operation_id="withdraw_office_request",
        summary="Stop asking; possible until there is an answer",
        tags=[shapes.TAG],
        request=shapes.WithdrawalAsked,
        responses={200: shapes.RequestsKept, **shapes.PROBLEMS},
    )
    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Withdraw this request alone."""
        meter = metering.spend(request)
        with acting(request, ASK) as who:
            found = one_of(who.organization, request_id)
            reason = told(request, shapes.WithdrawalAsked)["reason"]
            asking.withdraw(found.pk, reason=reason, by=who.by, at=timezone.now())
        return document(who.organization, [found.pk], meter, 200)


class OfficeRequestAttachments(OfficeView):
    """Files handed in with a request, which people of the two departments open."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="attach_to_office_request",
        summary="Hand in a file with a draft, or with what is to be completed",
        description="With all that was drafted in one with it; sealed, and kept with the request.",
        tags=[shapes.TAG],
        request={"multipart/form-data": shapes.FileAsked},
        responses={201: shapes.RequestFiles, **shapes.PROBLEMS},
    )
    def post(self, request: Request, request_id: int) -> HttpResponse:
        """Take a file, looked at by its bytes."""
        meter = metering.spend(request)
        with acting(request, ASK) as who:
            found = one_of(who.organization, request_id)
            _short_enough(request)
            sent = request.FILES.get("file")
            if sent is None or not sent.name:
                raise RequestUnfit(
                    _("There is no file. Send it as multipart/form-data, in the part “file”.")
                )
            sittings.attach(_together(found), sent, sent.name, by=who.by, at=timezone.now())
        return _files(who.organization, found, meter)


def _files(organization: Organization, found: ShareRequest, meter: dict[str, str]) -> HttpResponse:
    rows = RequestAttachment.objects.filter(request=found, request__organization=organization)
    listed = request_told.files(rows.defer("content").order_by("pk"))
    answer = answers.document({"request": found.pk, "attachments": listed}, meter)
    answer.status_code = 201
    return answer


def _together(found: ShareRequest) -> list[int]:
    """Return the numbers of what was drafted in one with a request and stands where it does."""
    return [one.pk for one in sittings.together(found)]


def _short_enough(request: Request) -> None:
    """Return if the body can hold no more than one file. Raises FileRefused, before it is kept."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) <= MOST_BYTES + AROUND_A_FILE:
        return
    for _block in _away(request):
        pass
    raise FileRefused(
        _("What was sent has more than %(most)s MB, which is all that a file may have. Send less.")
        % {"most": MOST_BYTES // 1_000_000}
    )


def _away(request: Request) -> Iterator[bytes]:
    """Yield a body in blocks, up to READ_AWAY bytes of it."""
    left = READ_AWAY
    while left > 0 and (block := request._request.read(BLOCK)):  # noqa: SLF001 - DRF would parse it
        left -= len(block)
        yield block
