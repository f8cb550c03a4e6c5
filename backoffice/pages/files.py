"""Files that departments handed in, given out to their own people."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.http import content_disposition_header

from backoffice.buttons import person_of
from backoffice.pages.frame import office_page
from catalog import resources
from catalog.models import FileVersion
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
    answer = HttpResponse(data, content_type="application/octet-stream")
    named = content_disposition_header(as_attachment=True, filename=version.original_name)
    answer["Content-Disposition"] = named or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


ADDRESSES = [
    path("catalogue/files/<int:version_id>/", download, name="catalogue_file"),
]
