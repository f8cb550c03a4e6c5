"""Which form an answer has: its address says so, and only the description has two."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class OneForm(BaseContentNegotiation):
    """Each address has one form (`records`, `records.csv`), whatever Accept says.

    A browser or a client that asks for CSV by header is answered, and not refused with 406.
    """

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Return the only parser."""
        del request
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer and its media type."""
        del request, format_suffix
        return renderers[0], renderers[0].media_type


class ByFormat(DefaultContentNegotiation):
    """YAML unless `?format=json` or Accept asks for JSON."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer that is asked for. Raises Http404, NotAcceptable."""
        asked = format_suffix or request.query_params.get("format")
        return super().select_renderer(request, renderers, asked)
