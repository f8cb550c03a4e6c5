"""职责目录: what a department has to do by law, from which its datasets follow."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose
from catalog.models.dataset import Dataset

USER = settings.AUTH_USER_MODEL


class Duty(models.Model):
    """A statutory duty of a department: the first link of duty, dataset, table.

    `code` is the department's own and is never used for another duty; a duty that ended stays.
    """

    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="duties",
        verbose_name=_("department"),
    )
    code = models.CharField(_("code"), max_length=40)
    title_zh = models.CharField(_("title, Chinese"), max_length=200)
    title_en = models.CharField(_("title, English"), max_length=200, blank=True)
    legal_basis = models.TextField(_("legal basis"), max_length=2000)
    datasets = models.ManyToManyField(
        Dataset, blank=True, related_name="duties", verbose_name=_("datasets")
    )
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "code"], name="catalog_duty_code_once_a_department"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        """The title in the language now active."""
        return choose(self.title_zh, self.title_en)
