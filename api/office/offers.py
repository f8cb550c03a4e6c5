"""Before one asks: what would be clear, masked or withheld and why, and articles to lean on."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from api import answers, metering
from api.calls import caller_of
from api.office import request_documents as shapes
from api.office import request_told
from api.office.entry import OfficeView
from api.office.request_terms import published
from api.views.datasets import words
from catalog import bases
from catalog.bilingual import choose
from catalog.models import Dataset, Field, LegalBasis
from exchange.records.query import QueryRefused
from exchange.sharing import contents, foreseen, keys, naming
from exchange.sharing.foreseen import Foreseen
from exchange.sharing.matrix import Offer
from policy.terms import Grade, Mode, Treatment

MOST_BASES = 50


class OfficeDatasetOffer(OfficeView):
    """What the caller's department would be served of a dataset under what it would ask for."""

    @extend_schema(
        operation_id="get_office_dataset_offer",
        summary="What would be clear, masked or withheld of what you would ask for, and why",
        tags=[shapes.TAG],
        parameters=shapes.OFFER_PARAMETERS,
        responses={200: shapes.OfferForeseen, **shapes.PROBLEMS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return the matrix that the form at the desk shows."""
        meter = metering.spend(request)
        today = timezone.localdate()
        dataset = published(slug)
        wanted = _wanted(dataset, request.GET.get("fields", ""))
        offer = _offer(dataset, request.GET, today)
        organization_id = caller_of(request).organization_id or 0
        found = foreseen.foreseen(dataset, organization_id, offer, wanted=wanted, today=today)
        content = {
            "dataset": dataset.slug,
            "mode": str(offer.mode),
            "at_once": found.at_once,
            "clear": _names(found, Treatment.CLEAR),
            "masked": _names(found, Treatment.MASKED),
            "withheld": _names(found, Treatment.WITHHELD),
            "lacks": _lacks(dataset, offer, found, wanted),
            "fields": request_told.lines(found),
        }
        return answers.document(content, meter)


class OfficeBases(OfficeView):
    """Articles of law that a request can lean on."""

    @extend_schema(
        operation_id="list_office_bases",
        summary="Articles of the library that are in force, by words of law, article or gist",
        tags=[shapes.TAG],
        parameters=[OpenApiParameter("q", str, description="Words, all of which it has.")],
        responses={200: shapes.BasisList, **shapes.PROBLEMS},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the first 50 that fit."""
        meter = metering.spend(request)
        found = bases.in_force(words(request, "q", 100), today=timezone.localdate())
        listed = [_told(one) for one in found[:MOST_BASES]]
        return answers.document({"count": len(listed), "bases": listed}, meter)


def _told(one: LegalBasis) -> dict[str, Any]:
    return {
        "basis": one.pk,
        "law": choose(one.law_zh, one.law_en),
        "document_number": one.document_number,
        "article": one.article,
        "gist": choose(one.gist_zh, one.gist_en),
        "certainty": one.certainty,
        "in_force_from": one.in_force_from,
        "in_force_until": one.in_force_until,
    }


def _lacks(dataset: Dataset, offer: Offer, found: Foreseen, wanted: Collection[int]) -> list[str]:
    """Return what a yes or no would lack to find its subjects."""
    return [
        *keys.keyless(dataset, mode=offer.mode, fields=wanted),
        *keys.unclaimable(found.wanted, mode=offer.mode, clear_up_to=offer.clear_up_to),
    ]


def _names(found: Foreseen, treatment: Treatment) -> list[str]:
    return [line.field.name for line in found.asked(treatment)]


def _wanted(dataset: Dataset, text: str) -> list[int]:
    """Return the fields that are named, or all that may be. Raises RequestUnfit."""
    named = [name.strip() for name in text.split(",") if name.strip()]
    if named:
        return list(naming.numbers(dataset, named).values())
    own = Field.objects.filter(resource__dataset=dataset, concealed=False).live()
    return list(own.values_list("pk", flat=True))


def _offer(dataset: Dataset, params: Mapping[str, str], today: date) -> Offer:
    """Return what would be asked, as if all fields were named: so the form shows each of them.

    Raises QueryRefused.
    """
    start = _day(params, "wanted_from", today)
    until = _day(params, "wanted_until", start)
    if until < start:
        raise QueryRefused(
            _("The period ends on %(until)s, before it begins on %(start)s. Exchange the days.")
            % {"until": until, "start": start}
        )
    every = Field.objects.filter(resource__dataset=dataset).live()
    return Offer(
        fields=tuple(every.values_list("pk", flat=True)),
        mode=Mode(_choice(params, "mode", contents.ASKED_WAYS)),
        clear_up_to=Grade[_choice(params, "clear_up_to", shapes.CEILINGS)],
        valid_from=start,
        valid_until=until,
    )


def _choice(params: Mapping[str, str], name: str, known: list[str]) -> str:
    given = params.get(name) or known[0]
    if given not in known:
        raise QueryRefused(
            _("“%(name)s” is %(given)s; it is one of: %(known)s.")
            % {"name": name, "given": given[:40], "known": ", ".join(known)}
        )
    return given


def _day(params: Mapping[str, str], name: str, otherwise: date) -> date:
    given = params.get(name, "")
    if not given:
        return otherwise
    try:
        found = parse_date(given)
    except ValueError:
        found = None
    if found is None:
        raise QueryRefused(
            _("“%(name)s” is %(given)s; a day is written YYYY-MM-DD.")
            % {"name": name, "given": given[:40]}
        )
    return found
