"""Pages for everybody, and the language switch that Django brings."""

from django.urls import include, path

from portal.negative_list import negative_list, negative_list_csv
from portal.views import home

urlpatterns = [
    path("", home, name="portal-home"),
    path("negative-list", negative_list, name="portal-negative-list"),
    path("negative-list.csv", negative_list_csv, name="portal-negative-list-csv"),
    path("i18n/", include("django.conf.urls.i18n")),
]
