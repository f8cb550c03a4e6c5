"""Files that departments handed in, given out to their own people."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from backoffice.buttons import person_of
from backoffice.pages.frame import as_file, office_page
from catalog import additions, resources
from catalog.models import FileVersion, Revision
from catalog.refusals import FileRefused


@office_page("catalog.read_file")
def download(request: HttpRequest, version_id: int) -> HttpResponse:
    """Give out a version as it was handed in, never to be shown in the page's own place."""
    try:
        version, data = resources.fetch(version_id, by=person_of(request), at=timezone.now())
    except FileVersion.DoesNotExist as gone:
        raise Http404 from gone
    except FileRefused as refusal:
        return HttpResponse(str(refusal), status=410, content_type="text/plain; charset=utf-8")
    return _given(version.original_name, data)


@office_page("catalog.read_file")
def proposed(request: HttpRequest, revision_id: int, place: int) -> HttpResponse:
    """Give out a file that a change of an entry would offer."""
    person, now = person_of(request), timezone.now()
    try:
        name, data = additions.fetch(revision_id, place, by=person, at=now)
    except Revision.DoesNotExist as gone:
        raise Http404 from gone
    except FileRefused as refusal:
        return HttpResponse(str(refusal), status=410, content_type="text/plain; charset=utf-8")
    return _given(name, data)


def _given(name: str, data: bytes) -> HttpResponse:
    return as_file(HttpResponse(data, content_type="application/octet-stream"), name)


ADDRESSES = [
    path("catalogue/files/<int:version_id>/", download, name="catalogue_file"),
    path("revision/<int:revision_id>/file/<int:place>/", proposed, name="proposed_file"),
]
