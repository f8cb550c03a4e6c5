"""Pages for everybody, and the language switch that Django brings."""

from django.urls import include, path

from portal.views import home

urlpatterns = [
    path("", home, name="portal-home"),
    path("i18n/", include("django.conf.urls.i18n")),
]
