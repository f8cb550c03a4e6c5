"""A change of a published dataset, with its own review."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.dataset import Dataset
from catalog.terms import RevisionKind, RevisionState

USER = settings.AUTH_USER_MODEL


class Revision(models.Model):
    """Old and new side by side: {field id: {attribute: [old, new]}}.

    One that only makes things stricter acts at once; one that loosens needs a second person. An
    amendment has {"dataset": {attribute: [old, new]}, "fields": {field id: …}, "added": [field]},
    is signed by the head and decided by the authority.
    """

    State = RevisionState

    dataset = models.ForeignKey(
        Dataset, models.PROTECT, related_name="revisions", verbose_name=_("dataset")
    )
    kind = models.CharField(
        _("kind"), max_length=12, choices=RevisionKind.choices, default=RevisionKind.REGRADE
    )
    changes = models.JSONField(_("changes"))
    loosens = models.BooleanField(_("shows more than before"))
    state = models.CharField(
        _("state"), max_length=12, choices=RevisionState.choices, default=RevisionState.PROPOSED
    )
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    signed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signed by")
    )
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_reason = models.TextField(_("reason of the decision"), blank=True)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [
            models.CheckConstraint(
                name="catalog_revision_decided_by_somebody",
                condition=Q(state__in=(RevisionState.PROPOSED, RevisionState.SIGNED))
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="catalog_revision_amendment_signed_first",
                condition=~Q(kind=RevisionKind.AMEND)
                | ~Q(state__in=(RevisionState.SIGNED, RevisionState.APPLIED))
                | Q(signed_by__isnull=False, signed_at__isnull=False),
                violation_error_message=_("The head of the department signs first."),
            ),
            models.CheckConstraint(
                name="catalog_revision_amendment_needs_four_eyes",
                condition=~Q(kind=RevisionKind.AMEND)
                | ~Q(state=RevisionState.APPLIED)
                | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("Who proposed an amendment can not decide on it."),
            ),
            models.CheckConstraint(
                name="catalog_revision_looser_needs_four_eyes",
                condition=Q(loosens=False)
                | ~Q(state=RevisionState.APPLIED)
                | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_(
                    "What shows more than before is decided by another person than who asked."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.dataset}"

    @property
    def address(self) -> str:
        """How notices name this change."""
        return f"revision:{self.pk}"
