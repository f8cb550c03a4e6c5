"""The catalogue's public face, and why a field looks as it does."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.wording import said as _
from api import answers, documents, metering
from api.calls import caller_of
from catalog import search
from catalog.models import Dataset, Field, FieldTerms, FileVersion, Resource
from catalog.search import Filters, Found
from exchange import access, open_files
from exchange.access import Caller
from exchange.models import RecordTable, Zone
from exchange.places import features
from exchange.records.compile import (
    FieldMasked,
    FieldWithheld,
    NoPlace,
    VisibleField,
    place_of,
)
from exchange.records.query import QueryRefused
from policy.terms import Grade, Mode

LIST_LIMIT = 100
WORDS = (
    "Words of title, keywords, subject, department, fields or abstract, in Chinese or English, or "
    "a title's sound in Latin letters."
)
NARROWED = {
    "provider": "A department's short name.",
    "owner": "The same as “provider”.",
    "subject": "A subject's code.",
    "grade": "The highest grade of the fields: L1, L2, L3, L4 or IMPORTANT.",
    "share": "A share type that a field has: unconditional, conditional or not_shared.",
    "open": "An open type that a field has: unconditional, conditional or not_open.",
    "cycle": "The promised update cycle, such as daily.",
    "region": "The code of the department's region.",
    "category": "base, theme or department.",
    "format": "What the data is given as: table, geojson, sheet, structured, document, picture, "
    "archive, api or link.",
}
FOUND_BY = [
    OpenApiParameter("q", str, description=WORDS),
    *(OpenApiParameter(name, str, description=text) for name, text in NARROWED.items()),
]
"""What finds datasets, in the open API and in the departments'."""


class Datasets(APIView):
    """The published datasets."""

    @extend_schema(
        operation_id="list_datasets",
        summary="The published datasets",
        tags=["datasets"],
        parameters=[
            *FOUND_BY,
            OpenApiParameter("facets", bool, description="Count datasets by each of these, too."),
            documents.AFTER,
        ],
        responses={200: documents.DatasetList, **documents.problems(400, 401, 429, 503)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return a page of datasets: the best first for words, else the newest first."""
        meter = metering.spend(request)
        page = search.find(
            words(request, "q", 200),
            filters=filters(request),
            after=after(request),
            limit=LIST_LIMIT,
            facets=request.GET.get("facets", "").lower() in ("true", "1"),
        )
        tables = _tables(page.datasets)
        params = request.GET.copy()
        params["after"] = str(page.after)
        return answers.document(
            {
                "count": len(page.datasets),
                "next": f"{settings.PUBLIC_BASE_URL}{request.path}?{params.urlencode()}"
                if page.after
                else None,
                "datasets": [_summary(one, tables.get(one.pk)) for one in page.datasets],
                **_counts(page),
            },
            meter,
        )


class DatasetOne(APIView):
    """One dataset: its core metadata, and each field as the caller sees it."""

    @extend_schema(
        operation_id="get_dataset",
        summary="One dataset: metadata, and each field as you see it",
        tags=["datasets"],
        responses={200: documents.DatasetDocument, **documents.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the dataset's document."""
        meter = metering.spend(request)
        today = timezone.localdate()
        caller = caller_of(request)
        head = access.served(slug, caller, today, Mode.QUERY)
        dataset = Dataset.objects.select_related("owner", "subject").get(pk=head.dataset_id)
        fields = _fields(dataset, head, caller, today)
        grades = [Grade[one["grade"]] for one in fields if one["grade"]]
        document = _summary(dataset, _tables([dataset]).get(dataset.pk)) | {
            "abstract": dataset.abstract,
            "keywords": dataset.keywords_zh,
            "license": dataset.license,
            "contact": dataset.contact,
            "grade": max(grades).name if grades else None,
            "records": f"{_address(dataset)}/records",
            "download": f"{_address(dataset)}/records.csv",
            "changes": f"{_address(dataset)}/changes",
            "explain": f"{_address(dataset)}/explain",
            "places": _place(dataset, head, caller, today),
            "files": _files(dataset, today),
            "fields": fields,
        }
        return answers.document(document, meter)


class Explain(APIView):
    """The decision on each field with its reasons, today or as of another day."""

    @extend_schema(
        operation_id="explain_dataset",
        summary="The decision on each field, with its reasons",
        tags=["datasets"],
        parameters=[OpenApiParameter("as_of", date, description="A day; default today.")],
        responses={200: documents.Explanation, **documents.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return why the caller sees what it sees."""
        meter = metering.spend(request)
        caller = caller_of(request)
        day = _day(request.GET.get("as_of", ""))
        head = access.served(slug, caller, day, Mode.QUERY)
        dataset = Dataset.objects.get(pk=head.dataset_id)
        return answers.document(
            {
                "dataset": slug,
                "as_of": day.isoformat(),
                "reader": str(caller.kind),
                "policy_version": head.policy_version,
                "fields": _fields(dataset, head, caller, day),
            },
            meter,
        )


def after(request: Request) -> int | None:
    """Return the place behind which a list goes on; None, the beginning, for anything else."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def words(request: Request, name: str, most: int) -> str:
    """Return a parameter's text, without the NUL that no text of the database can hold."""
    return request.GET.get(name, "")[:most].replace("\0", "")


def filters(request: Request) -> Filters:
    """Return what the parameters of NARROWED ask for."""
    asked = {name: request.GET.get(name, "") for name in NARROWED}
    return Filters.parse(asked | {"owner": asked["provider"] or asked["owner"]})


def _counts(page: Found) -> dict[str, Any]:
    """Return total and facets where they were counted."""
    if page.total is None:
        return {}
    facets = {
        facet.name: [
            {"value": one.value, "label": one.label, "count": one.count} for one in facet.options
        ]
        for facet in page.facets
        if facet.name in NARROWED
    }
    return {"total": page.total, "facets": facets}


def _day(text: str) -> date:
    if not text:
        return timezone.localdate()
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise QueryRefused(
            _("“as_of” is %(given)s; it is a day as YYYY-MM-DD.") % {"given": text[:20]}
        )
    return day


def _tables(datasets: Sequence[Dataset]) -> dict[int, RecordTable]:
    """Return the live open table of each dataset, by dataset."""
    found = RecordTable.objects.filter(
        resource__dataset__in=datasets, zone=Zone.OPEN, live=True
    ).select_related("resource")
    return {table.resource.dataset_id: table for table in found}


def _address(dataset: Dataset) -> str:
    return f"{settings.PUBLIC_BASE_URL}/api/v1/datasets/{dataset.slug}"


def _summary(dataset: Dataset, table: RecordTable | None) -> dict[str, Any]:
    return {
        "slug": dataset.slug,
        "code": dataset.code,
        "title": dataset.title,
        "title_zh": dataset.title_zh,
        "title_en": dataset.title_en,
        "provider": str(dataset.owner),
        "update_cycle": dataset.update_cycle,
        "published_at": dataset.published_at,
        "refreshed_at": table.refreshed_at if table else None,
        "rows": table.rows if table else 0,
        "url": _address(dataset),
    }


def _files(dataset: Dataset, today: date) -> list[dict[str, Any]]:
    """Return each file that the dataset offers: where it is given, or why it is not."""
    return [
        _file(dataset, one.resource, one.version)
        | {"withheld": None if one.version else one.withheld}
        for one in open_files.offered(dataset, today=today)
    ]


def _file(dataset: Dataset, one: Resource, version: FileVersion | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "url": f"{_address(dataset)}/files/{one.name}" if version else None,
        "file_name": version.original_name if version else None,
        "version": version.number if version else None,
        "bytes": version.size if version else None,
        "sha256": version.sha256 if version else None,
        "added_at": version.added_at if version else None,
    }


def _listed(dataset: Dataset) -> list[Field]:
    return list(Field.objects.filter(resource__dataset=dataset).live())


def _fields(
    dataset: Dataset, head: access.Head, caller: Caller, day: date
) -> list[dict[str, Any]]:
    """Return each field that may be named, as the caller sees it on that day."""
    if day < timezone.localdate():
        replayed = access.visible_then(head, caller, day=day, mode=Mode.QUERY)
        return [_field(terms, seen) for terms, seen in replayed if not seen.concealed]
    seen = access.visible(head, caller, today=day, mode=Mode.QUERY)
    return [
        _field(one, seen[one.name])
        for one in _listed(dataset)
        if one.name in seen and not seen[one.name].concealed
    ]


def _place(
    dataset: Dataset, head: access.Head, caller: Caller, day: date
) -> dict[str, Any] | None:
    """Return what the rows' place is and how it can be asked for; None where there is none.

    With how many rows have numbers that are no place, by reason; not where that leans on more
    than the caller sees. None where rows are open by counts alone, too: their places are not
    given, and so few of one reason are a small group.
    """
    if head.smallest_group > 1:
        return None
    try:
        place = place_of(access.visible(head, caller, today=day, mode=Mode.QUERY))
    except (NoPlace, FieldMasked, FieldWithheld):
        return None
    table = _tables([dataset]).get(dataset.pk)
    address = _address(dataset)
    return features.told(place) | {
        "unplaced": table.unplaced if table and head.table_id == table.pk else None,
        "geojson": f"{address}/records.geojson",
        "tiles": f"{address}/tiles/{{z}}/{{x}}/{{y}}.mvt",
    }


def _field(one: Field | FieldTerms, seen: VisibleField) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.label,
        "type": one.data_type,
        "coordinate": getattr(one, "coordinate", ""),
        "grade": Grade(one.grade).name if one.grade else None,
        "share_type": one.share_type,
        "open_type": one.open_type,
        "treatment": seen.treatment.name.lower(),
        "reasons": [
            {"code": ground.code, "text": ground.text, "basis": ground.basis}
            for ground in seen.grounds
        ],
    }
