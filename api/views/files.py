"""A file that a dataset offers to everybody, as it was handed in."""

import base64

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api import documents, metering
from api.calls import caller_of
from catalog.files import UNNAMED, media_type
from exchange import open_files
from policy.terms import Mode


class DatasetFile(APIView):
    """The newest version of a file, whole, to be kept and never shown in the page's own place."""

    @extend_schema(
        operation_id="download_file",
        summary="A file that the dataset offers, as it was handed in",
        tags=["datasets"],
        responses={
            (200, UNNAMED): OpenApiResponse(bytes, description="The file's bytes"),
            **documents.PROBLEMS,
        },
    )
    def get(self, request: Request, slug: str, name: str) -> FileResponse:
        """Give out the bytes; the read is noted before the first of them."""
        meter = metering.spend(request)
        caller = caller_of(request)
        head, version, path = open_files.fetch(slug, name, caller, today=timezone.localdate())
        metering.note(caller, head, rows=0, size=version.size, fields="", mode=Mode.BULK)
        answer = FileResponse(
            path.open("rb"),
            as_attachment=True,
            filename=version.original_name,
            content_type=media_type(version.original_name),
            headers={**metering.TO_THE_CALLER, **meter},
        )
        digest = base64.b64encode(bytes.fromhex(version.sha256)).decode()
        answer.headers["Repr-Digest"] = f"sha-256=:{digest}:"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer
