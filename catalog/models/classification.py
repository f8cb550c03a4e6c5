"""How entries are classed, and the code sets that values are checked against."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose


class Subject(models.Model):
    """目: the third level of the classification, a theme that people browse by.

    The official tables of 项 and 目 are not publicly at hand (law.md §3), so a deployment brings
    its own rows. `code` is three digits and stands in the resource code.
    """

    code = models.CharField(_("code"), max_length=3, unique=True)
    name_zh = models.CharField(_("name, Chinese"), max_length=100)
    name_en = models.CharField(_("name, English"), max_length=100, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        constraints = [
            models.CheckConstraint(
                name="catalog_subject_code_is_three_digits",
                condition=Q(code__regex=r"^[0-9]{3}$"),
                violation_error_message=_("A subject code is three digits, such as 004."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """The name in the language now active."""
        return choose(self.name_zh, self.name_en)


class CodeList(models.Model):
    """A code set in one version, such as GB/T 2260; a field that names it takes only its codes."""

    name = models.CharField(_("name"), max_length=100)
    version = models.CharField(_("version"), max_length=40)
    title_zh = models.CharField(_("title, Chinese"), max_length=200)
    title_en = models.CharField(_("title, English"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("code list")
        verbose_name_plural = _("code lists")
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="catalog_codelist_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"


class Code(models.Model):
    """One value of a code set."""

    list = models.ForeignKey(
        CodeList, models.CASCADE, related_name="codes", verbose_name=_("code list")
    )
    code = models.CharField(_("code"), max_length=100)
    label_zh = models.CharField(_("label, Chinese"), max_length=200)
    label_en = models.CharField(_("label, English"), max_length=200, blank=True)
    above = models.CharField(
        _("code above"), max_length=100, blank=True, help_text=_("Where the list is a tree.")
    )

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        constraints = [
            models.UniqueConstraint(fields=["list", "code"], name="catalog_code_once_a_list"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def label(self) -> str:
        """The label in the language now active."""
        return choose(self.label_zh, self.label_en)
