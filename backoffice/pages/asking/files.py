"""Files of a request: handed in, removed, opened by people of the two departments."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.pages.asking import sitting
from backoffice.pages.frame import as_file, office_page
from exchange.models import RequestAttachment
from exchange.sharing import attachments, sittings


@office_page(sitting.ASK)
@require_POST
def attach(request: HttpRequest, request_id: int) -> HttpResponse:
    """Hand a file in with a request, or with all of its sitting."""
    found = sitting.mine(person_of(request), request_id)
    sent = request.FILES.get("file")
    if sent is None or sent.name is None:
        messages.warning(request, _("Choose a file first."))
        return redirect("admin:asked", found.pk)
    parts = [one.pk for one in sittings.together(found)]
    try:
        sittings.attach(parts, sent, sent.name, by=person_of(request), at=timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
    else:
        messages.success(request, _("The file is handed in; the two departments can open it."))
    return redirect("admin:asked", found.pk)


@office_page(sitting.ASK)
@require_POST
def detach(request: HttpRequest, request_id: int, attachment_id: int) -> HttpResponse:
    """Remove a file from a request that is not signed."""
    found = sitting.mine(person_of(request), request_id)
    if not found.attachments.filter(pk=attachment_id).exists():
        raise Http404
    try:
        attachments.detach(attachment_id, by=person_of(request), at=timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
    else:
        messages.success(request, _("The file is removed."))
    return redirect("admin:asked", found.pk)


@office_page(attachments.SEE)
@require_safe
def opened(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """Give a file to a person of one of the two departments; the look is written down."""
    try:
        found = attachments.look(attachment_id, by=person_of(request), at=timezone.now())
    except RequestAttachment.DoesNotExist as gone:
        raise Http404 from gone
    return as_file(HttpResponse(found.data, content_type=found.media_type), found.name)


ADDRESSES = [
    path("own-requests/<int:request_id>/files/", attach, name="asked_attach"),
    path(
        "own-requests/<int:request_id>/files/<int:attachment_id>/remove/",
        detach,
        name="asked_detach",
    ),
    path("request-files/<int:attachment_id>/", opened, name="request_file"),
]
