"""From source to dataset in one sitting: one address a step, nothing kept but the draft.

Until a draft is made, addresses name the source and the object; from then on the draft with its
binding is all there is to know, so that the sitting can be left and taken up again.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import require
from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms import exchange as source_forms
from backoffice.forms import sitting as forms
from backoffice.pages.frame import office_page, shown
from backoffice.pages.sitting_steps import steps
from catalog.models import Dataset
from exchange import adoption, browsing, intake, proposals, sources
from exchange.models import Binding, Source, SourceKind
from exchange.problems import SourceProblem

BROWSE = "exchange.browse_source"
LONGEST_ROW = 7  # digits of a header row that somebody typed
GIVEN = ("schema", "table", "path", "sheet", "header_row", "encoding", "separator")
BETWEEN_TITLES = re.compile(r"[,，、;；\t\n]")


@office_page(BROWSE)
def start(request: HttpRequest) -> HttpResponse:
    """Show the sources of the person's departments, and the drafts that wait to be finished."""
    person = person_of(request)
    places = [place for _role, place in person.live_roles()]
    drafts = (
        Binding.objects.filter(
            resource__dataset__owner__in=places, resource__dataset__state=Dataset.State.DRAFT
        )
        .select_related("resource__dataset", "source")
        .order_by("-resource__dataset__created_at")[:20]
    )
    own = Source.objects.filter(organization__in=places).select_related("organization")
    return shown(
        request,
        "backoffice/sitting/start.html",
        title=_("Take up a table"),
        steps=steps("source"),
        sources=own.order_by("name"),
        drafts=drafts,
        kinds=SourceKind.choices,
    )


@office_page("exchange.create_source")
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Connect a source of one kind, and test it at once."""
    if kind not in SourceKind.values:
        raise Http404
    person = person_of(request)
    form = source_forms.NewSourceForm(request.POST or None, by=person, target=kind)
    if request.method == "POST" and form.is_valid():
        told, now = form.cleaned_data, timezone.now()
        try:
            made = sources.create(
                told["organization"],
                name=told["name"],
                kind=kind,
                settings=source_forms.settings_of(told, kind),
                password=told.get("password", ""),
                time_zone=told["time_zone"],
                by=person,
                at=now,
            )
        except REFUSALS as refusal:
            form.add_error(None, sentence(refusal))
        else:
            return redirect("admin:sitting_objects", made.pk)
    return shown(
        request,
        "backoffice/sitting/add.html",
        title=_("Connect a source"),
        steps=steps("source"),
        form=form,
        kind=SourceKind(kind),
    )


@office_page(BROWSE)
def objects(request: HttpRequest, source_id: int) -> HttpResponse:
    """Show the tables or files of a source, or what is in the way of them."""
    source, person = _source(request, source_id), person_of(request)
    offers: list[dict[str, Any]] = []
    problem = ""
    try:
        offers = [
            {"offer": one, "query": _query(one.object)}
            for one in browsing.objects(source.pk, by=person)
        ]
    except SourceProblem as found:
        problem = str(found)
    return shown(
        request,
        "backoffice/sitting/objects.html",
        title=source.name,
        steps=steps("object"),
        source=source,
        offers=offers,
        problem=problem,
        upload=_upload_form(source, request),
    )


@office_page("exchange.test_source")
@require_POST
def test(request: HttpRequest, source_id: int) -> HttpResponse:
    """Test the connection and say which link is broken."""
    source = _source(request, source_id)
    problem = sources.test(source.pk, by=person_of(request), at=timezone.now())
    if problem is None:
        messages.success(request, _("The source answers."))
    else:
        messages.warning(request, str(problem))
    return redirect("admin:sitting_objects", source.pk)


@office_page("exchange.upload_file")
@require_POST
def upload(request: HttpRequest, source_id: int) -> HttpResponse:
    """Take a file into the source's folder and go on to its first rows."""
    source, person = _source(request, source_id), person_of(request)
    form = forms.UploadForm(request.POST, request.FILES, by=person)
    if form.is_valid():
        given = form.cleaned_data["file"]
        try:
            kept = intake.upload(
                source.pk,
                given.name,
                given,
                by=person,
                at=timezone.now(),
                replace=form.cleaned_data["replace"],
            )
        except REFUSALS as refusal:
            messages.warning(request, sentence(refusal))
        else:
            address = reverse("admin:sitting_look", args=[source.pk])
            return redirect(f"{address}?{_query({'path': str(kept)})}")
    else:
        messages.warning(request, _not_sent(request))
    return redirect("admin:sitting_objects", source.pk)


@office_page(BROWSE)
def look(request: HttpRequest, source_id: int) -> HttpResponse:
    """Show the first rows of a table or sheet, and let another sheet or header row be chosen."""
    source, given = _source(request, source_id), _given(request.GET)
    context: dict[str, Any] = {
        "source": source,
        "given": given,
        "query": _query(given),
        "headless": not given.get("header", True),
        "titles": ", ".join(given.get("titles", ())),
    }
    try:
        seen = browsing.look(source.pk, given, by=person_of(request), at=timezone.now())
        context |= {"seen": seen, "sheet": given.get("sheet") or next(iter(seen.sheets), "")}
    except SourceProblem as found:
        context["problem"] = str(found)
    return shown(
        request,
        "backoffice/sitting/look.html",
        title=_title(given),
        steps=steps("object"),
        **context,
    )


@office_page(BROWSE)
def fields(request: HttpRequest, source_id: int) -> HttpResponse:
    """Show the proposed fields in one table; sent, they become a draft."""
    source, given, person = _source(request, source_id), _given(request.GET), person_of(request)
    try:
        proposal = proposals.propose(source.pk, given, by=person)
    except SourceProblem as found:
        messages.warning(request, str(found))
        return redirect("admin:sitting_objects", source.pk)
    posted: QueryDict | None = request.POST if request.method == "POST" else None
    bulk = posted is not None and "bulk" in posted
    if posted is not None and bulk:
        posted = forms.set_all(posted, len(proposal.fields))
    about = forms.TableForm(posted, by=person, target=(_title(given), proposal))
    rows = forms.rows_of(proposal, posted)
    if posted is not None and not bulk:
        chosen = [row for row in rows if posted.get(row.add_prefix("take"))]
        if all([about.is_valid(), *(row.is_valid() for row in chosen)]):
            try:
                made = adoption.adopt(
                    source.pk,
                    given,
                    [row.chosen() for row in chosen],
                    **about.cleaned_data,
                    by=person,
                    at=timezone.now(),
                )
            except REFUSALS as refusal:
                about.add_error(None, _there_already(source, about) or sentence(refusal))
            else:
                return redirect("admin:sitting_about", made.dataset_id)
    return shown(
        request,
        "backoffice/sitting/fields.html",
        title=_title(given),
        steps=steps("fields"),
        source=source,
        proposal=proposal,
        about=about,
        rows=rows,
        groups=[title for title, _inputs in forms.GROUPS],
        bulk=forms.BulkForm(by=person),
    )


def _there_already(source: Source, about: forms.TableForm) -> str:
    """Return the way to the department's own entry of this address, "" where there is none."""
    slug = about.cleaned_data["slug"]
    found = Dataset.objects.filter(slug=slug, owner=source.organization).first()
    if found is None:
        return ""
    return format_html(
        '{} <a href="{}">{}</a>',
        _("A draft of this address was made before. Choose another address, or continue with:"),
        reverse("admin:catalog_dataset_change", args=[found.pk]),
        found,
    )


def _not_sent(request: HttpRequest) -> str:
    """Return why there is nothing to take in: no file, or one without a byte."""
    sent = request.FILES.get("file")
    if sent is None or sent.size:
        return _("Choose a file first.")
    return _("“%(name)s” is empty. Send the file with its rows.") % {"name": sent.name}


def _source(request: HttpRequest, source_id: int) -> Source:
    """Return a source of the person's own department. Raises Http404, NotAllowed."""
    source = get_object_or_404(Source.objects.select_related("organization"), pk=source_id)
    require(person_of(request), BROWSE, source.organization)
    return source


def _given(query: QueryDict) -> dict[str, Any]:
    """Return the object that an address names."""
    given: dict[str, Any] = {name: query[name] for name in GIVEN if query.get(name)}
    if "header_row" in given:
        row = given.pop("header_row")
        counted = row.isascii() and row.isdigit() and len(row) < LONGEST_ROW and int(row)
        given |= {"header_row": int(row)} if counted else {}
    if query.get("header") == "no":
        titles = [title.strip() for title in BETWEEN_TITLES.split(query.get("titles", ""))]
        given |= {"header": False} | ({"titles": titles} if any(titles) else {})
    return given


def _query(given: Mapping[str, Any]) -> str:
    query = QueryDict(mutable=True)
    words = dict(given)
    if not words.pop("header", True):
        words |= {"header": "no", "titles": ",".join(words.get("titles", ()))}
    query.update({name: str(value) for name, value in words.items()})
    return query.urlencode()


def _title(given: Mapping[str, Any]) -> str:
    """Return what an object is called: its table, or its file without ending and its sheet."""
    if given.get("table"):
        return str(given["table"])
    stem = str(given.get("path", "")).rpartition("/")[2].rpartition(".")[0]
    return " ".join(filter(None, [stem, str(given.get("sheet", ""))]))


def _upload_form(source: Source, request: HttpRequest) -> forms.UploadForm | None:
    may = request.user.has_perm("exchange.upload_file", source.organization)
    takes = source.kind in intake.UPLOADED and may
    return forms.UploadForm(by=person_of(request)) if takes else None


ADDRESSES = [
    path("sitting/", start, name="sitting"),
    path("sitting/add/<slug:kind>/", add, name="sitting_add"),
    path("sitting/source/<int:source_id>/", objects, name="sitting_objects"),
    path("sitting/source/<int:source_id>/test/", test, name="sitting_test"),
    path("sitting/source/<int:source_id>/upload/", upload, name="sitting_upload"),
    path("sitting/source/<int:source_id>/look/", look, name="sitting_look"),
    path("sitting/source/<int:source_id>/fields/", fields, name="sitting_fields"),
]
