"""Addresses below /api/."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from api.errors import nothing_here
from api.views.aggregate import Aggregate
from api.views.datasets import DatasetOne, Datasets, Explain
from api.views.errors import refusals
from api.views.files import DatasetFile
from api.views.places import RecordsGeojson, Tile
from api.views.policies import DatasetPolicy, GrantPolicy
from api.views.records import RecordChanges, Records, RecordsCsv
from api.views.schema import Docs, Schema
from api.views.usage import OwnUsage

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/datasets", Datasets.as_view(), name="datasets"),
    path("v1/datasets/<slug:slug>", DatasetOne.as_view(), name="dataset"),
    path("v1/datasets/<slug:slug>/records", Records.as_view(), name="records"),
    path("v1/datasets/<slug:slug>/records.csv", RecordsCsv.as_view(), name="records-csv"),
    path(
        "v1/datasets/<slug:slug>/records.geojson",
        RecordsGeojson.as_view(),
        name="records-geojson",
    ),
    path(
        "v1/datasets/<slug:slug>/tiles/<int:zoom>/<int:x>/<int:y>.mvt",
        Tile.as_view(),
        name="tile",
    ),
    path("v1/datasets/<slug:slug>/aggregate", Aggregate.as_view(), name="aggregate"),
    path("v1/datasets/<slug:slug>/changes", RecordChanges.as_view(), name="changes"),
    path("v1/datasets/<slug:slug>/explain", Explain.as_view(), name="explain"),
    path("v1/datasets/<slug:slug>/policy", DatasetPolicy.as_view(), name="dataset-policy"),
    path("v1/datasets/<slug:slug>/files/<slug:name>", DatasetFile.as_view(), name="dataset-file"),
    path("v1/usage", OwnUsage.as_view(), name="usage"),
    path("schema/", Schema.as_view(), name="schema"),
    path("errors", refusals, name="errors"),
    path("docs/", Docs.as_view(), name="docs"),
]

if "office" in settings.DOORS:
    urlpatterns += [
        path("v1/office/", include("api.office.urls")),
        path("v1/office/grants/<int:grant_id>/policy", GrantPolicy.as_view(), name="grant-policy"),
    ]
urlpatterns += [re_path("", nothing_here, name="nothing")]
