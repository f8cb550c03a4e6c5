"""A catalogue from a workbook: send it, name its columns, look at what it would do, apply it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms.dressed import places_for
from backoffice.forms.sheets import ColumnsForm, SendForm
from backoffice.pages.frame import number_of, office_page, shown
from catalog.models import Dataset, SheetImport
from catalog.sheets import importing
from catalog.sheets.items import Layout
from catalog.sheets.proposing import FATES, Fate, Proposal, Row
from catalog.workbooks import Grid, as_text
from catalog.workbooks.writing import csv_bytes
from policy.terms import Channel

RIGHT = "catalog.import_catalogue"
ROWS_A_PAGE = 100
LATEST = 20
SAMPLES = 3
MOST_HEADER_ROWS = 2


@office_page(RIGHT)
def send(request: HttpRequest) -> HttpResponse:
    """Take a workbook in, and list the latest ones."""
    person = person_of(request)
    form = SendForm(request.POST or None, request.FILES or None, by=person)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            sent = importing.send(
                file.name,
                owner=form.cleaned_data["owner"],
                stream=file,
                by=person,
                at=timezone.now(),
            )
        except REFUSALS as refusal:
            form.add_error("file", sentence(refusal))
        else:
            return redirect("admin:catalogue_columns", sent.pk)
    latest = _own(request).order_by("-pk").select_related("owner", "sent_by")[:LATEST]
    return shown(
        request,
        "backoffice/import_send.html",
        title=_("Catalogue from a workbook"),
        form=form,
        latest=latest,
        step=1,
    )


def _own(request: HttpRequest) -> Any:
    return SheetImport.objects.filter(owner__in=places_for(person_of(request), RIGHT))


def _of_import(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view the workbook it is about; 404 for another department's."""

    @wraps(view)
    def found(request: HttpRequest, import_id: int) -> HttpResponse:
        sent = _own(request).select_related("owner").filter(pk=import_id).first()
        if sent is None:
            raise Http404
        return view(request, sent)

    return found


@office_page(RIGHT)
@_of_import
def columns(request: HttpRequest, sent: SheetImport) -> HttpResponse:
    """Say which sheet is read, where its header is, and what each column means."""
    if sent.applied_at is not None:
        return redirect("admin:catalogue_proposal", sent.pk)
    try:
        book = importing.workbook_of(sent)
        sheet = book.sheet(request.GET.get("sheet", sent.sheet))
        grid = book.grid(sheet)
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("admin:catalogue_import")
    layout = _asked(request, sent, sheet.name, grid)
    first, rows = layout.first_row, layout.header_rows
    names = importing.header_names(grid, first, rows)
    posted = request.POST if request.method == "POST" else None
    form = ColumnsForm(posted, width=len(names), layout=layout)
    told = ""
    if posted is not None and form.is_valid():
        told = _map(request, sent, form, (sheet.name, first, rows))
        if not told:
            return redirect("admin:catalogue_proposal", sent.pk)
    body = grid[first + rows : first + rows + 30]
    listed = [
        {
            "name": name or _("column %(number)s") % {"number": place + 1},
            "samples": _samples(body, place),
            "field": form[f"c{place}"],
        }
        for place, name in enumerate(names)
    ]
    return shown(
        request,
        "backoffice/import_columns.html",
        title=_("What the columns mean"),
        sent=sent,
        book=book,
        sheet=sheet,
        first=first + 1,
        rows=rows,
        most_rows=range(MOST_HEADER_ROWS + 1),
        columns=listed,
        refusal=told,
        step=2,
    )


def _asked(request: HttpRequest, sent: SheetImport, sheet: str, grid: Grid) -> Layout:
    """Return how the sheet is read: as asked, as kept, or as suggested."""
    kept = importing.layout(sent) if sheet == sent.sheet else importing.layout_of(grid, sent.owner)
    first, rows = (number_of(request.GET.get(name, "")) for name in ("first", "rows"))
    if first is None or rows is None or not grid:
        return kept
    at = max(0, min(first - 1, len(grid) - 1))
    high = min(rows, MOST_HEADER_ROWS, len(grid) - at)
    if (at, high) == (kept.first_row, kept.header_rows):
        return kept
    return importing.layout_by(importing.header_names(grid, at, high), at, high, sent.owner)


def _map(
    request: HttpRequest, sent: SheetImport, form: ColumnsForm, where: tuple[str, int, int]
) -> str:
    """Keep what was said; return the refusal's sentence, "" if there is none."""
    sheet, first, rows = where
    try:
        importing.map_columns(
            sent.pk,
            sheet=sheet,
            first_row=first,
            header_rows=rows,
            columns=form.said(),
            further=form.further(),
            by=person_of(request),
            at=timezone.now(),
        )
    except (*REFUSALS, ValidationError) as refusal:
        return sentence(refusal)
    return ""


def _samples(body: Grid, place: int) -> list[str]:
    texts = (as_text(row[place]) for row in body if place < len(row))
    return [text[:60] for text in dict.fromkeys(texts) if text][:SAMPLES]


@office_page(RIGHT)
@_of_import
def proposal(request: HttpRequest, sent: SheetImport) -> HttpResponse:
    """Show what each row would do, or did; POST applies it."""
    if not sent.columns:
        return redirect("admin:catalogue_columns", sent.pk)
    if request.method == "POST":
        return _apply(request, sent)
    try:
        made = _made(sent)
        notes = importing.notes_of(sent)
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
        return redirect("admin:catalogue_import")
    if "download" in request.GET:
        return _download(sent, made.rows)
    asked = request.GET.get("fate", "")
    rows = [row for row in made.rows if row.fate == asked] if asked in set(Fate) else made.rows
    counts = [(fate, FATES[fate], number) for fate, number in made.counts.items() if number]
    return shown(
        request,
        "backoffice/import_proposal.html",
        title=_("What became of each row") if sent.applied_at else _("What each row would do"),
        sent=sent,
        notes=notes,
        counts=counts,
        total=len(made.rows),
        asked=asked,
        page=Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page")),
        digest=made.digest,
        does_something=any(entry.does_something for entry in made.entries),
        not_shared=_not_shared(sent),
        step=4 if sent.applied_at else 3,
    )


def _not_shared(sent: SheetImport) -> list[dict[str, Any]]:
    """Return entries that the workbook calls not shared, with where a line is proposed."""
    told = sent.outcome.get("not_shared", ())
    entries = Dataset.objects.in_bulk([one["dataset"] for one in told])
    listed = []
    for one in told:
        if one["dataset"] in entries:
            query = QueryDict(mutable=True)
            query.setlist("fields_barred", [str(pk) for pk in one["fields"]])
            query["bars"] = Channel.SHARE.value
            place = reverse("admin:catalog_dataset_button", args=[one["dataset"], "line"])
            listed.append(
                {
                    "dataset": entries[one["dataset"]],
                    "count": len(one["fields"]),
                    "place": f"{place}?{query.urlencode()}",
                }
            )
    return listed


def _made(sent: SheetImport) -> Proposal:
    if sent.applied_at is not None:
        return Proposal(importing.kept_rows(sent), ())
    return importing.proposal_of(sent)


def _apply(request: HttpRequest, sent: SheetImport) -> HttpResponse:
    try:
        made = importing.apply(
            sent.pk,
            digest=request.POST.get("digest", ""),
            by=person_of(request),
            at=timezone.now(),
        )
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
    else:
        text = _("The workbook is taken in: %(new)s entries drafted, %(refused)s rows refused.")
        counts = made.counts
        messages.success(
            request, text % {"new": counts[Fate.NEW], "refused": counts[Fate.REFUSED]}
        )
    return redirect("admin:catalogue_proposal", sent.pk)


def _download(sent: SheetImport, rows: tuple[Row, ...]) -> HttpResponse:
    head = [_("Row"), _("Outcome"), _("Entry"), _("Information item"), _("Why")]
    told = (
        [row.number, str(FATES[row.fate]), row.title, row.item, " ".join(row.sentences)]
        for row in rows
    )
    answer = HttpResponse(csv_bytes([head, *told]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{sent.pk}.csv"'
    return answer


ADDRESSES = [
    path("catalogue/import/", send, name="catalogue_import"),
    path("catalogue/import/<int:import_id>/columns/", columns, name="catalogue_columns"),
    path("catalogue/import/<int:import_id>/", proposal, name="catalogue_proposal"),
]
