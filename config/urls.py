"""Which addresses this process answers; the setting DOORS says which doors stand open."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

if settings.METRICS:
    urlpatterns += [path("metrics", metrics.metrics)]
if "office" in settings.DOORS:
    urlpatterns += [path("office/", admin.site.urls)]
if find_spec("api.urls"):
    urlpatterns += [path("api/v1/", include("api.urls"))]
if "open" in settings.DOORS and find_spec("portal.urls"):
    urlpatterns += [path("", include("portal.urls"))]
