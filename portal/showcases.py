"""成果展示 for everybody: what people built on the city's data, and on which."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from catalog.bilingual import choose
from catalog.models import Dataset
from community import pictures
from community.models import ContestEntry, Showcase
from portal.frame import choose_language, number_of, shown, words_of

PAGE = 24
THEMES = 12


def awarded_apps() -> Any:
    """Return the apps that everybody sees, the newest first; each has its `awards`, best first."""
    given = ContestEntry.objects.shown().awarded().select_related("contest")
    rows = Showcase.objects.shown().named().without_picture().select_related("organization")
    rows = rows.prefetch_related(Prefetch("entries", given, to_attr="awards"))
    return rows.order_by("-shown_at", "-pk")


def page_of(request: HttpRequest, rows: Any, size: int) -> Any:
    """Return the page of a list that is asked for: the first for none, the last beyond it."""
    number = number_of(request.GET.get("page", "")) or 1
    return Paginator(rows, size).get_page(number)


@require_safe
def showcases(request: HttpRequest) -> HttpResponse:
    """List apps, the newest first; `dataset` (its address), `theme` (its code), `q` narrow."""
    choose_language(request)
    rows, words = awarded_apps(), words_of(request).strip()
    slug, code = request.GET.get("dataset", "")[:60], request.GET.get("theme", "")[:20]
    dataset = _dataset(slug)
    if slug:
        rows = rows.filter(datasets=dataset) if dataset else rows.none()
    if code:
        rows = rows.filter(datasets__subject__code=code).distinct()
    if words:
        rows = rows.filter(
            Q(title_zh__icontains=words) | Q(title_en__icontains=words) | Q(text__icontains=words)
        )
    context = {
        "page": page_of(request, rows, PAGE),
        "words": words,
        "dataset": dataset,
        "slug": slug,
        "code": code,
        "themes": _themes(),
        "query": _query(words, slug, code),
    }
    return shown(request, "portal/showcases.html", context)


def _dataset(slug: str) -> Dataset | None:
    return Dataset.objects.known().filter(slug=slug).first() if slug else None


@dataclass(frozen=True, slots=True)
class Theme:
    """A subject that apps are about, and how many are."""

    code: str
    name: str
    apps: int


def _themes() -> list[Theme]:
    """Return the subjects that most apps are about."""
    subject = "datasets__subject"
    rows = Showcase.objects.shown().filter(**{f"{subject}__isnull": False})
    told = rows.values_list(f"{subject}__code", f"{subject}__name_zh", f"{subject}__name_en")
    counted = told.annotate(apps=Count("pk", distinct=True)).order_by("-apps", f"{subject}__code")
    return [Theme(code, choose(zh, en), apps) for code, zh, en, apps in counted[:THEMES]]


def _query(words: str, slug: str, code: str) -> dict[str, str]:
    told = {"q": words, "dataset": slug, "theme": code}
    return {name: text for name, text in told.items() if text}


@require_safe
def showcase(request: HttpRequest, number: int) -> HttpResponse:
    """Show one app, and what it is built on. 404 unless it is shown."""
    choose_language(request)
    app = awarded_apps().filter(pk=number).first()
    if app is None:
        raise Http404
    used = app.datasets.filter(pk__in=Dataset.objects.known()).select_related("owner")
    context = {"app": app, "datasets": list(used.order_by("title_zh"))}
    return shown(request, "portal/showcase.html", context)


def _tag(_request: HttpRequest, number: int) -> str | None:
    """Return the picture's digest as an ETag, asked anew each time: a hidden app has none."""
    found = Showcase.objects.shown().filter(pk=number).exclude(picture_tag="")
    tag = found.values_list("picture_tag", flat=True).first()
    return f'"{tag}"' if tag else None


@require_safe
@condition(etag_func=_tag)
def picture(_request: HttpRequest, number: int) -> HttpResponse:
    """Give an app's picture. 404 where there is none, or the app is not shown."""
    found = Showcase.objects.shown().filter(pk=number).values_list("picture", flat=True).first()
    if not found:
        raise Http404
    response = HttpResponse(bytes(found), content_type=pictures.TYPE)
    patch_cache_control(response, no_cache=True)
    return response
