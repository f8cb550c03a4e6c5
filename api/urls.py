"""Addresses below /api/v1/."""

from django.urls import path

from api.views.datasets import DatasetOne, Datasets, Explain
from api.views.records import RecordChanges, Records, RecordsCsv
from api.views.usage import OwnUsage

app_name = "api"
urlpatterns = [
    path("datasets", Datasets.as_view(), name="datasets"),
    path("datasets/<slug:slug>", DatasetOne.as_view(), name="dataset"),
    path("datasets/<slug:slug>/records", Records.as_view(), name="records"),
    path("datasets/<slug:slug>/records.csv", RecordsCsv.as_view(), name="records-csv"),
    path("datasets/<slug:slug>/changes", RecordChanges.as_view(), name="changes"),
    path("datasets/<slug:slug>/explain", Explain.as_view(), name="explain"),
    path("usage", OwnUsage.as_view(), name="usage"),
]
