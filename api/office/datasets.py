"""What exists, what of it a department reads now, and how it comes to the rest."""

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api import answers, metering
from api.calls import caller_of
from api.documents import AFTER
from api.office.documents import PROBLEMS, TAG, OfficeDatasetDocument, OfficeDatasetList
from api.office.entry import Departments
from api.office.grants import as_told
from api.views.datasets import FOUND_BY, after, filters, words
from catalog import search
from catalog.bilingual import choose
from catalog.models import Dataset, Field
from exchange import access
from exchange.access import Caller, Head
from exchange.models import Grant, Zone
from exchange.problems import Ground
from exchange.records.compile import VisibleField
from exchange.sharing import serving
from exchange.sharing.offered import Offered, offered
from policy.terms import Channel, Grade, Mode

LIMIT = 50


class OfficeDatasets(APIView):
    """The published datasets, each with what the caller's department may have of it."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="list_office_datasets",
        summary="What exists, and for each how your department comes to its rows",
        tags=[TAG],
        parameters=[*FOUND_BY, AFTER],
        responses={200: OfficeDatasetList, **PROBLEMS},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return a page of datasets: the best first for words, else the newest first."""
        meter = metering.spend(request)
        page = search.find(
            words(request, "q", 200),
            filters=filters(request),
            after=after(request),
            limit=LIMIT,
        )
        found = offered(page.datasets, caller_of(request), today=timezone.localdate())
        params = request.GET.copy()
        params["after"] = str(page.after)
        address = f"{settings.PUBLIC_BASE_URL}{request.path}?{params.urlencode()}"
        told = {
            "count": len(page.datasets),
            "next": address if page.after else None,
            "datasets": [_summary(one, found[one.pk]) for one in page.datasets],
        }
        return answers.document(told, meter)


class OfficeDatasetOne(APIView):
    """One dataset: its fields without a grant and under each, with the reasons."""

    permission_classes = (Departments,)

    @extend_schema(
        operation_id="get_office_dataset",
        summary="One dataset: its fields as you see them without a grant and under each of yours",
        tags=[TAG],
        responses={200: OfficeDatasetDocument, **PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the dataset's document."""
        meter = metering.spend(request)
        caller, today = caller_of(request), timezone.localdate()
        head = access.head(slug, zone=Zone.SHARED)
        dataset = Dataset.objects.select_related("owner").get(pk=head.dataset_id)
        held = serving.own_grants(caller, [dataset.pk])
        for one in held:
            one.dataset = dataset
        way = offered([dataset], caller, today=today)[dataset.pk]
        live = [one for one in held if one.pk in way.grants]
        told = _summary(dataset, way) | {
            "abstract": dataset.abstract,
            "share_condition": choose(dataset.share_condition_zh, dataset.share_condition_en),
            "contact": dataset.contact,
            "refreshed_at": head.refreshed_at,
            "records": f"{_address(dataset)}/records",
            "changes": f"{_address(dataset)}/changes",
            "held": as_told(held, today),
            "fields": _fields(dataset, head, live, caller, today),
        }
        return answers.document(told, meter)


def _address(dataset: Dataset) -> str:
    return f"{settings.PUBLIC_BASE_URL}/api/v1/office/datasets/{dataset.slug}"


def _summary(dataset: Dataset, way: Offered) -> dict[str, Any]:
    return {
        "slug": dataset.slug,
        "code": dataset.code,
        "title": dataset.title,
        "title_zh": dataset.title_zh,
        "title_en": dataset.title_en,
        "provider": str(dataset.owner),
        "update_cycle": dataset.update_cycle,
        "published_at": dataset.published_at,
        "readable": way.readable,
        "grants": list(way.grants),
        "way": str(way.way),
        "how": way.how,
        "reasons": [reason(ground) for ground in way.grounds],
        "url": _address(dataset),
    }


def _fields(
    dataset: Dataset, head: Head, live: list[Grant], caller: Caller, today: date
) -> list[dict[str, Any]]:
    """Return each field that may be named: without a grant, and under each that is in force."""
    bare = access.visible(head, caller, today=today, mode=Mode.QUERY, channel=Channel.SHARE)
    under = {
        one.pk: serving.shown(head, one, caller, mode=Mode(one.modes[0]), today=today).fields
        for one in live
    }
    return [
        {
            "name": one.name,
            "label": one.label,
            "type": one.data_type,
            "grade": Grade(one.grade).name if one.grade else None,
            "share_type": one.share_type,
            "without_grant": _treated(bare[one.name]),
            "under_grants": [
                {"grant": number} | _treated(seen[one.name]) for number, seen in under.items()
            ],
        }
        for one in Field.objects.filter(resource__dataset=dataset).live()
        if one.name in bare and not _unnamed(one.name, [bare, *under.values()])
    ]


def _unnamed(name: str, seen: list[access.Seen]) -> bool:
    """Whether a concealed field is shown in no way, so that it is not even named."""
    return all(one[name].concealed for one in seen)


def _treated(seen: VisibleField) -> dict[str, Any]:
    return {
        "treatment": seen.treatment.name.lower(),
        "reasons": [reason(ground) for ground in seen.grounds],
    }


def reason(ground: Ground) -> dict[str, str]:
    """Return a reason as every answer tells it."""
    return {"code": ground.code, "text": ground.text, "basis": ground.basis}
