"""Addresses below /api/v1/office/, mounted where the office door stands open."""

from django.urls import path

from api.office.agreements import OfficeAgreementOne, OfficeAgreementPdf
from api.office.batches import (
    OfficeBatch,
    OfficeBatches,
    OfficeBatchFile,
    OfficeBatchManifest,
)
from api.office.corrections import OfficeCorrections
from api.office.datasets import OfficeDatasetOne, OfficeDatasets
from api.office.grants import OfficeGrantOne, OfficeGrants
from api.office.records import OfficeChanges, OfficeRecords
from api.office.uses import OfficeUses
from api.office.verifications import OfficeVerifications

urlpatterns = [
    path("datasets", OfficeDatasets.as_view(), name="office-datasets"),
    path("datasets/<slug:slug>", OfficeDatasetOne.as_view(), name="office-dataset"),
    path("datasets/<slug:slug>/records", OfficeRecords.as_view(), name="office-records"),
    path("datasets/<slug:slug>/changes", OfficeChanges.as_view(), name="office-changes"),
    path(
        "datasets/<slug:slug>/verifications",
        OfficeVerifications.as_view(),
        name="office-verifications",
    ),
    path("datasets/<slug:slug>/batches", OfficeBatches.as_view(), name="office-batches"),
    path("batches/<int:batch_id>", OfficeBatch.as_view(), name="office-batch"),
    path("batches/<int:batch_id>/file", OfficeBatchFile.as_view(), name="office-batch-file"),
    path(
        "batches/<int:batch_id>/manifest",
        OfficeBatchManifest.as_view(),
        name="office-batch-manifest",
    ),
    path("corrections", OfficeCorrections.as_view(), name="office-corrections"),
    path("grants", OfficeGrants.as_view(), name="office-grants"),
    path("grants/<int:grant_id>/agreement", OfficeAgreementOne.as_view(), name="office-agreement"),
    path(
        "grants/<int:grant_id>/agreement.pdf",
        OfficeAgreementPdf.as_view(),
        name="office-agreement-pdf",
    ),
    path("grants/<int:grant_id>", OfficeGrantOne.as_view(), name="office-grant"),
    path("grants/<int:grant_id>/uses", OfficeUses.as_view(), name="office-uses"),
]
