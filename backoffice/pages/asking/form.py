"""The form with which a department asks, with its matrix that follows what is chosen."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from backoffice.buttons import REFUSALS, person_of, sentence
from backoffice.forms.requests import AskForm, Asking
from backoffice.pages.asking import sitting
from backoffice.pages.asking.panels import Panel, panel
from backoffice.pages.frame import number_of, office_page, shown
from backoffice.scopes import conditions
from catalog import bases as legal_bases
from catalog.models import LegalBasis
from exchange.models import ShareRequest
from exchange.sharing import contents, sittings
from exchange.sharing.sittings import Part

BASES = 8
"""Articles shown for a search."""


@office_page(sitting.ASK)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for datasets: `dataset` (repeated), or `copy` of a request, or `renews` of a grant."""
    asking, first = sitting.new(request)
    return _answer(request, asking, first)


@office_page(sitting.ASK)
def change(request: HttpRequest, request_id: int) -> HttpResponse:
    """Change what was drafted, or complete what was sent back; a whole sitting at once."""
    asking, first = sitting.drafted(request, request_id)
    return _answer(request, asking, first)


def _answer(request: HttpRequest, asking: Asking, first: dict[str, Any]) -> HttpResponse:
    if request.method != "POST":
        form = AskForm(initial=first, by=person_of(request), target=asking)
        return _page(request, asking, form)
    form = _sent(request, asking)
    if not form.is_valid():
        return _page(request, asking, form, status=400)
    try:
        kept = _keep(request, asking, form)
    except REFUSALS as refusal:
        form.add_error(None, sentence(refusal))
        return _page(request, asking, form, status=getattr(refusal, "status", 400))
    if "submit" not in request.POST:
        messages.success(request, _("The draft is kept. Nobody else sees it yet."))
        return redirect("admin:asked", kept[0].pk)
    return _submitted(request, kept)


def _sent(request: HttpRequest, asking: Asking) -> AskForm:
    return AskForm(request.POST, by=person_of(request), target=asking)


def _keep(request: HttpRequest, asking: Asking, form: AskForm) -> list[ShareRequest]:
    parts = [
        Part(
            dataset_id=dataset.pk,
            terms=form.terms(dataset),
            request_id=drafted.pk if drafted else None,
            renews=asking.renews,
        )
        for dataset in asking.datasets
        for drafted in [asking.drafted.get(dataset.pk)]
    ]
    place = asking.organization
    return sittings.keep(parts, organization=place, by=person_of(request), at=timezone.now())


def _submitted(request: HttpRequest, kept: list[ShareRequest]) -> HttpResponse:
    """Lay what was kept before the head; what is missing is shown at its place in the form."""
    try:
        sittings.submit([one.pk for one in kept], by=person_of(request), at=timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, sentence(refusal))
        return redirect(f"{reverse('admin:ask_change', args=[kept[0].pk])}?check=1")
    messages.success(request, _("The request lies before the head of your department."))
    return redirect("admin:asked", kept[0].pk)


def _page(
    request: HttpRequest, asking: Asking, form: AskForm, *, status: int = 200
) -> HttpResponse:
    return shown(
        request,
        "backoffice/asking/form.html",
        title=_title(asking),
        status=status,
        asking=asking,
        form=form,
        parts=_parts(form),
        conditions=_conditions(form),
        kept_rows=conditions(asking.renews.rows) if asking.renews is not None else "",
        panels=_panels(asking, form),
        ticked=form.ticked(),
        chosen=_chosen(form),
        lacking=_lacking(request, asking),
        missing=[text for one in asking.drafted.values() for text in one.missing],
        matrix_address=_matrix_address(request, asking),
    )


def _title(asking: Asking) -> str:
    if asking.renews is not None:
        return _("Renew grant %(grant)s") % {"grant": asking.renews.pk}
    if len(asking.datasets) > 1:
        return _("Ask for %(count)s datasets") % {"count": len(asking.datasets)}
    return _("Ask for “%(dataset)s”") % {"dataset": asking.datasets[0]}


def _parts(form: AskForm) -> dict[str, list[Any]]:
    """Return the form's inputs under their headings."""
    return {
        "why": [form[name] for name in ("purpose_class", "purpose", "scene")],
        "how": [form[name] for name in ("clear_up_to", "system", "calls_average", "calls_peak")],
        "when": [form[name] for name in ("wanted_from", "wanted_until")],
    }


def _conditions(form: AskForm) -> list[tuple[Any, Any]]:
    names = [name for name in form.fields if name.startswith("row_field_")]
    return [(form[name], form[name.replace("field", "values")]) for name in names]


def _panels(asking: Asking, form: AskForm) -> list[Panel]:
    today = timezone.localdate()
    return [
        panel(
            dataset,
            asking.organization.pk,
            form.offer(dataset, today=today),
            ticked=form.ticked(),
            today=today,
            besides=None if asking.renews is None else asking.renews.pk,
        )
        for dataset in asking.datasets
    ]


def _lacking(request: HttpRequest, asking: Asking) -> dict[str, list[str]]:
    """Return what is missing by the part of the form, when somebody tried to send it."""
    found: dict[str, list[str]] = {}
    if "check" not in request.GET:
        return found
    for drafted in asking.drafted.values():
        for lack in contents.lacking(drafted, today=timezone.localdate()):
            if lack.sentence not in found.setdefault(lack.part, []):
                found[lack.part].append(lack.sentence)
    return found


def _matrix_address(request: HttpRequest, asking: Asking) -> str:
    if asking.drafted:
        first = next(iter(asking.drafted.values()))
        return reverse("admin:ask_change_matrix", args=[first.pk])
    return f"{reverse('admin:ask_matrix')}?{request.GET.urlencode()}"


def _matrix(request: HttpRequest, asking: Asking) -> HttpResponse:
    form = _sent(request, asking)
    form.is_valid()  # what fits so far is shown; the rest is told when it is sent
    context = {"panels": _panels(asking, form), "form": form, "asking": asking}
    return TemplateResponse(request, "backoffice/asking/matrix.html", context)


@office_page(sitting.ASK)
@require_POST
def matrix_new(request: HttpRequest) -> HttpResponse:
    """Show the matrix for what the form says so far."""
    return _matrix(request, sitting.new(request)[0])


@office_page(sitting.ASK)
@require_POST
def matrix_change(request: HttpRequest, request_id: int) -> HttpResponse:
    """Show the matrix of a draft for what the form says so far."""
    return _matrix(request, sitting.drafted(request, request_id)[0])


def _chosen(form: AskForm) -> LegalBasis | None:
    chosen = number_of(str(form["basis"].value() or ""))
    return None if chosen is None else LegalBasis.objects.filter(pk=chosen).first()


@office_page(sitting.ASK)
@require_safe
def bases(request: HttpRequest) -> HttpResponse:
    """Show articles of the library that have the words, those in force today."""
    words = request.GET.get("basis_words", "")[:100]
    found = legal_bases.in_force(words, today=timezone.localdate())
    context = {"bases": found[:BASES]}
    return TemplateResponse(request, "backoffice/asking/bases.html", context)


ADDRESSES = [
    path("ask/", ask, name="ask"),
    path("ask/matrix/", matrix_new, name="ask_matrix"),
    path("ask/bases/", bases, name="ask_bases"),
    path("ask/<int:request_id>/", change, name="ask_change"),
    path("ask/<int:request_id>/matrix/", matrix_change, name="ask_change_matrix"),
]
