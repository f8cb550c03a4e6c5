"""评论、纠错、权益申诉: what people say about a dataset, and the department's answer."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Dataset
from community.models.speakers import Said, SaidQuerySet
from community.states import CommentState
from exchange.models import Correction

USER = settings.AUTH_USER_MODEL
TEXT_LENGTH = 2000


class CommentKind(models.TextChoices):
    """What somebody wants to say."""

    COMMENT = "comment", _("comment")
    CORRECTION = "correction", _("something is wrong")
    COMPLAINT = "complaint", _("complaint about my rights")


class CommentQuerySet(SaidQuerySet):
    """Phrases about comments."""

    def shown(self) -> Self:
        """Those that everybody sees: on datasets that are in the catalogue, or once were."""
        return self.filter(state=CommentState.SHOWN, dataset__in=Dataset.objects.known())


class Comment(Said):
    """What a member says about a dataset. It appears once somebody has looked at it.

    `row` is the row's number in the open data and `field` a field's name, as the author gave
    them: nobody looks whether there is such a row, so that the answer tells nothing.
    """

    State = CommentState
    Kind = CommentKind

    dataset = models.ForeignKey(
        Dataset, models.PROTECT, related_name="comments", verbose_name=_("dataset")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=CommentKind.choices)
    text = models.TextField(_("text"), max_length=TEXT_LENGTH, blank=True)
    row = models.BigIntegerField(_("row"), null=True, blank=True)
    field = models.CharField(_("field"), max_length=63, blank=True)
    state = models.CharField(
        _("state"), max_length=9, choices=CommentState.choices, default=CommentState.WAITING
    )
    due_from = models.DateTimeField(_("limit runs from"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=TEXT_LENGTH, blank=True)
    answered_for = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person who answered"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    correction = models.OneToOneField(
        Correction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="comment",
        verbose_name=_("report"),
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [
            models.Index(fields=["dataset", "-id"], name="community_comment_dataset"),
            models.Index(fields=["state", "due_on"], name="community_comment_due"),
        ]
        constraints = [
            models.CheckConstraint(
                name="community_comment_answered_whole",
                condition=Q(answer="", answered_at=None, answered_for=None)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_for__isnull=False)),
                violation_error_message=_("An answer says what, by whom and when."),
            ),
            models.CheckConstraint(
                name="community_comment_hidden_with_reason",
                condition=~Q(state=CommentState.HIDDEN) | ~Q(reason=""),
                violation_error_message=_("What is not shown is told a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.dataset}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"comment:{self.pk}"
