"""A dataset as machines read it: schema.org's Dataset as JSON-LD, by itself and in its page.

Search engines for data read it in the page alone, and follow no link to it. It is data in a
`script` that is never run, so the content policy, which asks for scripts of our own files, neither
needs a word for it nor stands in its way (HTML, "prepare the script element": a type that is no
script's ends there, before the policy is asked).
"""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from catalog.files import media_type
from exchange.access import DatasetUnknown, DatasetWithdrawn
from portal.dataset import facts
from portal.dataset.facts import About, Opening
from portal.dataset.offers import Offer, offers

MEDIA_TYPE = "application/ld+json"
ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


@require_safe
def jsonld(_request: HttpRequest, slug: str) -> HttpResponse:
    """Describe a published dataset for catalogues and search engines."""
    try:
        found = facts.about(slug, now=timezone.now(), today=timezone.localdate())
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn as gone:
        return HttpResponse(str(gone), "text/plain; charset=utf-8", HTTPStatus.GONE)
    text = json.dumps(described(found, offers(found)), ensure_ascii=False, indent=1)
    answer = HttpResponse(text, content_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def embedded(found: About, offered: Sequence[Offer]) -> SafeString:
    """Return the description as it stands in a page: no text of it can end the element."""
    text = json.dumps(described(found, offered), ensure_ascii=False).translate(ESCAPED)
    script = f'<script type="{MEDIA_TYPE}">{text}</script>'
    return mark_safe(script)  # noqa: S308 - what could be markup is escaped


def described(found: About, offered: Sequence[Offer]) -> dict[str, Any]:
    """Return a dataset as schema.org's Dataset; both languages side by side."""
    dataset = found.dataset
    place = _whole("portal-dataset", dataset.slug)
    node = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": place,
        "url": place,
        "identifier": dataset.code,
        "name": _both(dataset.title_zh, dataset.title_en),
        "description": _both(dataset.abstract_zh, dataset.abstract_en),
        "keywords": [*dataset.keywords_zh, *dataset.keywords_en],
        "license": found.licence.text or dataset.license,
        "isAccessibleForFree": None if found.is_closed else True,
        "conditionsOfAccess": _conditions(found),
        "creator": {
            "@type": "GovernmentOrganization",
            "name": _both(dataset.owner.name_zh, dataset.owner.name_en),
            "identifier": dataset.owner.uscc,
        },
        "datePublished": _moment(dataset.published_at),
        "dateModified": _moment(found.head.refreshed_at or dataset.published_at),
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": one.field.name,
                "description": one.field.label_zh,
            }
            for one in found.fields
        ],
        "distribution": [*_distributions(found), *_files(offered)],
    }
    if dataset.region:
        node["spatialCoverage"] = dataset.region.name_zh
    return {name: value for name, value in node.items() if value not in ("", None, [], {})}


def _conditions(found: About) -> Any:
    """Return who may have the rows, "" where everybody sees some of them."""
    if found.opening == Opening.CONDITIONAL:
        return _both(
            "有条件开放：企业申请并获得授权后使用", "under a grant for which a company applies"
        )
    if found.opening == Opening.NONE:
        return _both("不予开放", "not open")
    return ""


def _distributions(found: About) -> list[dict[str, str]]:
    if not found.has_rows:
        return []
    slug = found.dataset.slug
    files = [("text/csv", "api:records-csv"), ("application/json", "api:records")]
    if found.counted_by:
        files = [("application/json", "api:aggregate")]
    return [
        {
            "@type": "DataDownload",
            "encodingFormat": kind,
            "contentUrl": _whole(name, slug),
        }
        for kind, name in files
    ]


def _files(offered: Sequence[Offer]) -> list[dict[str, Any]]:
    """Return the files that everybody is given."""
    return [
        {
            "@type": "DataDownload",
            "name": _both(one.resource.title_zh, one.resource.title_en),
            "encodingFormat": media_type(one.version.original_name),
            "contentSize": f"{one.version.size} B",
            "sha256": one.version.sha256,
            "contentUrl": f"{settings.PUBLIC_BASE_URL}{one.address}",
        }
        for one in offered
        if one.version is not None
    ]


def _both(zh: str, en: str) -> Any:
    told = [("zh-Hans", zh), ("en", en)]
    found = [{"@language": tag, "@value": text} for tag, text in told if text]
    return found[0] if len(found) == 1 else found


def _whole(name: str, slug: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse(name, args=[slug])}"


def _moment(at: Any) -> str | None:
    return timezone.localtime(at).isoformat() if at else None
