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
from api.office.offers import OfficeBases, OfficeDatasetOffer
from api.office.records import OfficeChanges, OfficeRecords
from api.office.request_steps import (
    OfficeRequestAttachments,
    OfficeRequestSubmission,
    OfficeRequestWithdrawal,
)
from api.office.requests import OfficeRequestOne, OfficeRequests
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
    path("datasets/<slug:slug>/offer", OfficeDatasetOffer.as_view(), name="office-offer"),
    path("bases", OfficeBases.as_view(), name="office-bases"),
    path("requests", OfficeRequests.as_view(), name="office-requests"),
    path("requests/<int:request_id>", OfficeRequestOne.as_view(), name="office-request"),
    path(
        "requests/<int:request_id>/submit",
        OfficeRequestSubmission.as_view(),
        name="office-request-submit",
    ),
    path(
        "requests/<int:request_id>/withdraw",
        OfficeRequestWithdrawal.as_view(),
        name="office-request-withdraw",
    ),
    path(
        "requests/<int:request_id>/attachments",
        OfficeRequestAttachments.as_view(),
        name="office-request-attachments",
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
