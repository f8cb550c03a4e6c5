"""The description of the API: for machines as OpenAPI, for people as a page to try it."""

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api.negotiation import ByFormat


@method_decorator(cache_control(max_age=300), name="dispatch")
class Schema(SpectacularAPIView):
    """The description as OpenAPI 3.1."""

    content_negotiation_class = ByFormat


class Docs(SpectacularSwaggerSplitView):
    """The page: Swagger UI from our own static files, with no script and no style inline."""

    url_name = "api:schema"
    template_name = "api/docs.html"
