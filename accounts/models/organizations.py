from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.regions import Region, in_language
from accounts.roles import OrganizationKind
from policy.identifiers import is_uscc

USCC_SHAPE = r"^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$"
"""GB 32100-2015: department, kind, six digits of region, nine of body, one check character."""


class OrganizationKept(Exception):
    """An organisation was to be deleted; it can only be closed, since the past refers to it."""


def check_uscc(value: str) -> None:
    """Raise ValidationError unless `value` is a unified social credit code (GB 32100-2015).

    Codes that begin with a letter (N agriculture, Y other) are codes like any other.
    """
    if not is_uscc(value):
        text = gettext(
            "“%(code)s” is not a unified social credit code: its check character does not fit. "
            "Compare the 18 characters with the certificate."
        )
        raise ValidationError(text % {"code": value}, code="uscc")


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Phrases about organisations."""

    def open(self):
        """Those that have not been closed."""
        return self.filter(closed_at=None)

    def delete(self):
        """Refuse: raises OrganizationKept."""
        raise OrganizationKept(_kept())


class Organization(models.Model):
    """A department, a district, a company, or the city's data authority.

    A “company” without a code is the place of one citizen who builds (`is_personal`).

    Never deleted: what happened names it. It is closed, and may name a successor.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=OrganizationKind.choices)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name_zh = models.CharField(_("name, Chinese"), max_length=200)
    name_en = models.CharField(_("name, English"), max_length=200, blank=True)
    uscc = models.CharField(
        _("unified social credit code"),
        max_length=18,
        unique=True,
        null=True,
        blank=True,
        validators=[check_uscc],
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organizations",
        verbose_name=_("region"),
    )
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("successor"),
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.CheckConstraint(
                name="accounts_organization_uscc_shape",
                condition=Q(uscc__regex=USCC_SHAPE) | Q(uscc=None, kind=OrganizationKind.COMPANY),
                violation_error_message=_(
                    "A unified social credit code has 18 characters: digits and capital letters "
                    "without I, O, S, V and Z."
                ),
            ),
            models.CheckConstraint(
                name="accounts_organization_kind_known",
                condition=Q(kind__in=OrganizationKind.values),
            ),
            models.CheckConstraint(
                name="accounts_organization_successor_when_closed",
                condition=Q(successor=None) | (Q(closed_at__isnull=False) & ~Q(successor=F("id"))),
                violation_error_message=_(
                    "Only a closed organisation has a successor, and it is another one."
                ),
            ),
        ]

    def __str__(self):
        return in_language(self.name_zh, self.name_en)

    @property
    def is_personal(self) -> bool:
        """Whether this is the place of one citizen: it has no credit code, and a small quota."""
        return self.uscc is None

    @property
    def is_open(self) -> bool:
        """Whether the organisation still takes part."""
        return self.closed_at is None

    def heir(self) -> "Organization":
        """Return who answers today: the organisation itself, or the last of its successors."""
        seen = {self.pk}
        current = self
        while current.successor is not None and current.successor.pk not in seen:
            current = current.successor
            seen.add(current.pk)
        return current

    def delete(self, using=None, keep_parents=False):  # noqa: ARG002, FBT002 - Django's signature
        """Refuse: raises OrganizationKept."""
        raise OrganizationKept(_kept())


def _kept() -> str:
    return gettext(
        "An organisation is never deleted, since the past refers to it. Close it instead."
    )
