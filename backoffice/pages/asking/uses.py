"""The use records of a grant: written by who holds it, read by the provider and the authority."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.buttons import REFUSALS, person_of, sentence, status_of
from backoffice.forms.uses import UseForm
from backoffice.pages.frame import office_page, shown
from backoffice.pages.sheets_out import sheet
from exchange.models import Grant, UseRecord
from exchange.sharing import use_records
from exchange.sharing.use_records import Told
from policy.terms import Channel

PAGE = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it is shown, with the number of the one that stands for it now, if any."""

    record: UseRecord
    corrected_by: int | None


@office_page(use_records.READ)
def uses(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Show a grant's use records; who holds the grant writes one here."""
    grant = _found(request, grant_id)
    person = person_of(request)
    writes = person.has_perm(use_records.WRITE, grant.organization)
    if request.method == "POST":
        return _write(request, grant)
    return _page(request, grant, UseForm(by=person, target=grant) if writes else None)


def _found(request: HttpRequest, grant_id: int) -> Grant:
    rows = Grant.objects.filter(channel=Channel.SHARE, pk=grant_id)
    grant = rows.select_related("dataset__owner", "organization").first()
    if grant is None or not use_records.may_read(person_of(request), grant):
        raise Http404
    return grant


def _write(request: HttpRequest, grant: Grant) -> HttpResponse:
    form = UseForm(request.POST, by=person_of(request), target=grant)
    if not form.is_valid():
        return _page(request, grant, form, status=400)
    told: dict[str, Any] = dict(form.cleaned_data)
    corrects = told.pop("corrects")
    try:
        use_records.write(
            grant.pk,
            Told(**told),
            by=person_of(request),
            at=timezone.now(),
            corrects=None if corrects is None else corrects.pk,
        )
    except REFUSALS as refusal:
        form.add_error(None, sentence(refusal))
        return _page(request, grant, form, status=status_of(refusal))
    messages.success(request, _("The use is written down, for the provider to read as well."))
    return redirect("admin:grant_uses", grant.pk)


def _page(
    request: HttpRequest, grant: Grant, form: UseForm | None, status: int = 200
) -> HttpResponse:
    page = Paginator(use_records.of(grant), PAGE).get_page(request.GET.get("page"))
    return shown(
        request,
        "backoffice/asking/uses.html",
        title=_("Use of grant no. %(grant)s") % {"grant": grant.pk},
        status=status,
        grant=grant,
        form=form,
        page=page,
        kept=[_kept(one) for one in page.object_list],
        until=use_records.kept_until(grant),
    )


def _kept(record: UseRecord) -> Kept:
    later = getattr(record, "corrected_by", None)
    return Kept(record, None if later is None else later.pk)


@office_page(use_records.READ)
def sheet_of(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Give a grant's use records out as a CSV."""
    grant = _found(request, grant_id)
    called = use_records.labels()
    rows = use_records.as_rows(use_records.of(grant).iterator(chunk_size=500))
    return sheet(
        "csv",
        f"grant-{grant.pk}-uses",
        _("use records"),
        [called[one] for one in use_records.HEAD],
        rows,
    )


ADDRESSES = [
    path("grants/<int:grant_id>/uses/", uses, name="grant_uses"),
    path("grants/<int:grant_id>/uses.csv", sheet_of, name="grant_uses_csv"),
]
