"""Which addresses this process answers; the setting DOORS says which doors stand open."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health, metrics

handler400 = "config.refusals.bad_request"
handler404 = "config.refusals.nothing"
handler500 = "config.refusals.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/", include("api.urls")),
]

if settings.METRICS:
    urlpatterns += [path("metrics", metrics.metrics)]
if "office" in settings.DOORS:
    urlpatterns += [path("office/", admin.site.urls)]
if "members" in settings.DOORS:
    urlpatterns += [path("my/", include("portal.members.urls"))]
if not {"open", "members"}.isdisjoint(settings.DOORS):
    # where the open door is shut, the middleware answers none of these: they are linked alone
    urlpatterns += [path("", include("portal.urls"))]
