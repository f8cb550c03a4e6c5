"""The fields of an entry by a workbook: download it, send it back, see what differs, apply it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.roles import require
from backoffice.buttons import REFUSALS, person_of, sentence, status_of
from backoffice.desks.amendments import DONE
from backoffice.desks.workbooks import attached
from backoffice.forms.dressed import places_for
from backoffice.pages.frame import office_page, shown
from catalog import files
from catalog.models import Dataset
from catalog.sheets import fields, published
from catalog.terms import State
from catalog.workbooks import LIMITS, Grid, open_workbook

RIGHT = "catalog.update_dataset"
SALT = "field-sheet"


def entry_of(request: HttpRequest, dataset_id: int) -> Dataset:
    """Return an entry of the person's own department. Raises Http404."""
    places = places_for(person_of(request), RIGHT)
    found = Dataset.objects.filter(pk=dataset_id, owner__in=places).first()
    if found is None:
        raise Http404
    return found


@office_page(RIGHT)
def sheet(request: HttpRequest, dataset_id: int) -> HttpResponse:
    """Offer the workbook; show what one that is sent would change; apply what was shown."""
    dataset = entry_of(request, dataset_id)
    if "download" in request.GET:
        return attached(fields.as_xlsx(dataset), f"fields-{dataset.slug}.xlsx")
    told, status, difference, token = "", 200, None, ""
    if request.method == "POST":
        try:
            if "token" in request.POST:
                return _apply(request, dataset)
            token, grid = _sent(request, dataset)
            difference = (published if _is_published(dataset) else fields).differ(dataset, grid)
        except REFUSALS as refusal:
            told, status = sentence(refusal), status_of(refusal)
    return shown(
        request,
        "backoffice/field_sheet.html",
        title=_("Fields by workbook"),
        status=status,
        dataset=dataset,
        published=_is_published(dataset),
        told=told,
        difference=difference,
        token=token,
    )


def _is_published(dataset: Dataset) -> bool:
    return dataset.state == State.PUBLISHED


def _sent(request: HttpRequest, dataset: Dataset) -> tuple[str, Grid]:
    """Keep the file that was sent; return what names it for this entry, and its cells."""
    file = forms.FileField().clean(request.FILES.get("file"))
    data, name = file.read(LIMITS.sent + 1), files.plain_name(file.name)
    book = open_workbook(data, name)
    token = signing.dumps([dataset.pk, files.keep(data), name], salt=SALT)
    return token, book.grid(book.sheets[0]) if book.sheets else []


def _apply(request: HttpRequest, dataset: Dataset) -> HttpResponse:
    person = person_of(request)
    require(person, RIGHT, dataset.owner)
    try:
        pk, digest, name = signing.loads(request.POST["token"], salt=SALT)
    except signing.BadSignature as altered:
        raise Http404 from altered
    if pk != dataset.pk:
        raise Http404
    book = open_workbook(files.kept(digest), name)
    grid, shown_digest = book.grid(book.sheets[0]), request.POST.get("digest", "")
    asked: dict[str, Any] = {"digest": shown_digest, "by": person, "at": timezone.now()}
    if _is_published(dataset):
        published.propose(dataset.pk, grid, reason=request.POST.get("reason", ""), **asked)
        messages.success(request, str(DONE))
    else:
        difference = fields.apply(dataset.pk, grid, **asked)
        text = _("%(count)s fields are as the workbook says.")
        messages.success(request, text % {"count": len(difference.changes)})
    return redirect("admin:catalog_dataset_change", dataset.pk)


ADDRESSES = [
    path("catalogue/<int:dataset_id>/fields/", sheet, name="catalogue_fields"),
]
