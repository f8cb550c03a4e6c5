"""需求清单: what departments need and the catalogue does not have, and what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose
from catalog.models.dataset import Dataset
from catalog.terms import DemandState

USER = settings.AUTH_USER_MODEL


class DemandQuerySet(models.QuerySet["Demand"]):
    """Demands."""

    def told_to_all(self) -> "DemandQuerySet":
        """Those that are not kept from the public."""
        return self.filter(kept_back_because="")


class Demand(models.Model):
    """A department's need for data that the catalogue lacks (Order 809 art 20, 供需对接).

    `provider` is the department whose duty it is, named by the data authority; `dataset` is the
    entry that answers the demand. `answer` is the last thing that was said to it. Everybody reads
    title, need, scene and basis, unless `kept_back_because` says why not.
    """

    State = DemandState

    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="demands",
        verbose_name=_("department in need"),
    )
    title_zh = models.CharField(_("title, Chinese"), max_length=200)
    title_en = models.CharField(_("title, English"), max_length=200, blank=True)
    description = models.TextField(_("what is needed"), max_length=4000)
    scene = models.CharField(_("scene of use"), max_length=400)
    legal_basis = models.TextField(_("legal basis"), max_length=2000)
    state = models.CharField(
        _("state"), max_length=12, choices=DemandState.choices, default=DemandState.OPEN
    )
    provider = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="demands_on",
        verbose_name=_("department with the duty"),
    )
    dataset = models.ForeignKey(
        Dataset,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="demands",
        verbose_name=_("dataset"),
    )
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    kept_back_because = models.TextField(
        _("kept from the public because"), max_length=2000, blank=True
    )
    raised_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("raised by")
    )
    raised_at = models.DateTimeField(_("raised at"))
    moved_at = models.DateTimeField(_("last step at"))

    objects = DemandQuerySet.as_manager()

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demand list")
        indexes = [models.Index(fields=["state", "raised_at"], name="catalog_demand_state")]
        constraints = [
            models.CheckConstraint(
                name="catalog_demand_declined_with_reason",
                condition=~Q(state=DemandState.DECLINED) | ~Q(answer=""),
                violation_error_message=_("A demand is declined with a reason."),
            ),
            models.CheckConstraint(
                name="catalog_demand_accepted_names_duty",
                condition=~Q(state=DemandState.ACCEPTED) | Q(provider__isnull=False),
                violation_error_message=_(
                    "An accepted demand names the department with the duty."
                ),
            ),
            models.CheckConstraint(
                name="catalog_demand_answered_by_dataset",
                condition=~Q(state__in=(DemandState.CATALOGUED, DemandState.SATISFIED))
                | Q(dataset__isnull=False),
                violation_error_message=_("A demand that was catalogued names its dataset."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title_zh}"

    @property
    def title(self) -> str:
        """The title in the language now active."""
        return choose(self.title_zh, self.title_en)

    @property
    def told_to_all(self) -> bool:
        """Whether everybody reads it."""
        return not self.kept_back_because

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"demand:{self.pk}"
