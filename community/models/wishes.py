"""未开放数据请求: data that people wish to see open, their votes, and the public answers."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Dataset, Demand, LegalBasis
from community.models.speakers import Said, SaidQuerySet
from community.states import Outcome, WishState

USER = settings.AUTH_USER_MODEL
SEEN = (WishState.OPEN, WishState.ANSWERED)
WISH_LENGTH = 2000


class WishQuerySet(SaidQuerySet):
    """Phrases about wishes."""

    def shown(self) -> Self:
        """Those on the list that everybody sees; a joined one leads on to the other."""
        return self.filter(state__in=SEEN)


class Wish(Said):
    """A wish for data that is not open yet.

    `provider` is the department asked, known where a dataset is named and else named by the data
    authority. `due_from` is set while an answer is owed. `votes` is kept by the verb that counts a
    vote, together with the vote.
    """

    State = WishState
    Outcome = Outcome

    title = models.CharField(_("what is wished for"), max_length=100)
    text = models.TextField(_("text"), max_length=WISH_LENGTH, blank=True)
    purpose = models.CharField(_("what for"), max_length=400, blank=True)
    dataset = models.ForeignKey(
        Dataset,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="wishes",
        verbose_name=_("dataset"),
    )
    provider = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="wishes",
        verbose_name=_("department asked"),
    )
    state = models.CharField(
        _("state"), max_length=9, choices=WishState.choices, default=WishState.WAITING
    )
    due_from = models.DateTimeField(_("limit runs from"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    extended_at = models.DateTimeField(_("given more time"), null=True, blank=True)
    extended_because = models.CharField(
        _("why more time is needed"),
        max_length=500,
        blank=True,
        default="",
        db_default="",  # the release that still runs while this column comes writes without it
    )
    votes = models.PositiveIntegerField(_("votes"), default=0)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joined",
        verbose_name=_("joined with"),
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True)
    answer = models.TextField(_("answer"), max_length=WISH_LENGTH, blank=True)
    answer_dataset = models.ForeignKey(
        Dataset,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dataset that answers"),
    )
    planned_on = models.DateField(_("will be opened on"), null=True, blank=True)
    basis = models.ForeignKey(
        LegalBasis,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("legal basis"),
    )
    demand = models.ForeignKey(
        Demand,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="wishes",
        verbose_name=_("demand of a department"),
    )
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

    objects = WishQuerySet.as_manager()

    class Meta:
        verbose_name = _("wish for data")
        verbose_name_plural = _("wishes for data")
        indexes = [
            models.Index(fields=["state", "-votes", "-id"], name="community_wish_votes"),
            models.Index(fields=["state", "due_on"], name="community_wish_due"),
        ]
        constraints = [
            models.CheckConstraint(
                name="community_wish_answered_whole",
                condition=~Q(state=WishState.ANSWERED)
                | (
                    ~Q(answer="")
                    & ~Q(outcome="")
                    & Q(answered_at__isnull=False, answered_for__isnull=False)
                ),
                violation_error_message=_("An answer says what, by whom and when."),
            ),
            models.CheckConstraint(
                name="community_wish_refused_by_law",
                condition=~Q(outcome=Outcome.REFUSED) | Q(basis__isnull=False),
                violation_error_message=_("A wish is refused by an article of law only."),
            ),
            models.CheckConstraint(
                name="community_wish_opened_dataset",
                condition=~Q(outcome__in=[Outcome.OPENED, Outcome.EXISTS])
                | Q(answer_dataset__isnull=False),
                violation_error_message=_("Name the dataset that is open."),
            ),
            models.CheckConstraint(
                name="community_wish_planned_day",
                condition=~Q(outcome=Outcome.PLANNED) | Q(planned_on__isnull=False),
                violation_error_message=_("Name the day by which it will be opened."),
            ),
            models.CheckConstraint(
                name="community_wish_merged_into_another",
                condition=Q(state=WishState.MERGED, merged_into__isnull=False)
                | (~Q(state=WishState.MERGED) & Q(merged_into=None)),
            ),
            models.CheckConstraint(
                name="community_wish_not_into_itself", condition=~Q(merged_into=F("id"))
            ),
            models.CheckConstraint(
                name="community_wish_hidden_with_reason",
                condition=~Q(state=WishState.HIDDEN) | ~Q(reason=""),
                violation_error_message=_("What is not shown is told a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"wish:{self.pk}"


class Vote(models.Model):
    """That a member wishes for the same. One a member, which the database keeps."""

    wish = models.ForeignKey(
        Wish, models.PROTECT, related_name="cast", verbose_name=_("wish for data")
    )
    user = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("person"))
    voted_at = models.DateTimeField(_("voted at"))

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            models.UniqueConstraint(fields=["wish", "user"], name="community_vote_once_a_member"),
        ]

    def __str__(self) -> str:
        return f"{self.wish}"
