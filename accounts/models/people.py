from collections.abc import Iterable

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization
from accounts.roles import ADMIN_ROLES, OFFICE_ROLES, Role


class UserManager(BaseUserManager["User"]):
    """Finds people by their user name. People are made by the verbs of `accounts.people`."""


class User(AbstractBaseUser):
    """A person. Rights come from memberships alone; there is no super-user.

    Never deleted while anything refers to them: deactivated, with what waits on them handed over.
    """

    username = models.CharField(
        _("user name"),
        max_length=60,
        unique=True,
        error_messages={"unique": _("This user name is taken. Choose another.")},
    )
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"))
    deactivated_at = models.DateTimeField(_("deactivated at"), null=True, blank=True)
    invited_at = models.DateTimeField(_("invited at"), null=True, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                name="accounts_user_inactive_since",
                condition=Q(is_active=True, deactivated_at=None)
                | Q(is_active=False, deactivated_at__isnull=False),
                violation_error_message=_("A deactivated person has a day of deactivation."),
            ),
        ]

    def __str__(self):
        return self.name or self.username

    # What the audit trail writes down, as text of the day.

    @property
    def audit_name(self) -> str:
        """The person as the audit trail names them."""
        return f"{self.name} ({self.username})"

    @property
    def audit_organization(self) -> str:
        """The organisations they act for, as the audit trail names them."""
        names = {held.organization.name_zh: None for held in self._held}
        return "、".join(names)

    # What Django and its admin ask.

    @property
    def is_staff(self) -> bool:
        """Whether the person works in the back office."""
        return self.is_active and any(role in OFFICE_ROLES for role in self.roles())

    def get_full_name(self) -> str:
        """Return the name as it is shown."""
        return self.name

    def get_short_name(self) -> str:
        """Return the name as it is shown."""
        return self.name

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Whether one of the auth backends grants `perm` (for `obj`, an organisation)."""
        return self.is_active and any(
            backend.has_perm(self, perm, obj)
            for backend in get_backends()
            if hasattr(backend, "has_perm")
        )

    def has_perms(self, perm_list: Iterable[str], obj: models.Model | None = None) -> bool:
        """Whether every one of `perm_list` is granted."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether anything in the app is granted: decides what the back office lists."""
        return self.is_active and any(
            backend.has_module_perms(self, app_label)
            for backend in get_backends()
            if hasattr(backend, "has_module_perms")
        )

    # What they do, and for whom.

    @cached_property
    def _held(self) -> list["Membership"]:
        """Live memberships, read once for this object's life (one request)."""
        return list(self.memberships.live().select_related("organization"))

    def roles(self) -> frozenset[Role]:
        """Return the roles held in any organisation that is not closed."""
        return frozenset(Role(held.role) for held in self._held)

    def organizations(self) -> list[Organization]:
        """Return the organisations the person acts for."""
        return list({held.organization_id: held.organization for held in self._held}.values())

    def has_role(self, role: Role, organization: Organization | None = None) -> bool:
        """Whether the person holds `role` (in `organization`, if one is given)."""
        return any(
            held.role == role and (organization is None or held.organization_id == organization.pk)
            for held in self._held
        )

    def live_roles(self) -> list[tuple[Role, int]]:
        """Return (role, organisation id) pairs as they stand now, read afresh."""
        pairs = self.memberships.live().values_list("role", "organization_id")
        return [(Role(role), organization_id) for role, organization_id in pairs]


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Phrases about memberships."""

    def live(self):
        """Those in organisations that are not closed."""
        return self.filter(organization__closed_at=None)


class Membership(models.Model):
    """One role of one person in one organisation. Taking the role away deletes the row."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="memberships", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                name="accounts_membership_once",
                fields=["user", "organization", "role"],
                violation_error_message=_("This person already holds this role there."),
            ),
            models.UniqueConstraint(
                name="accounts_membership_one_admin_role",
                fields=["user"],
                condition=Q(role__in=sorted(ADMIN_ROLES)),
                violation_error_message=_(
                    "System, security and audit administration are never in one hand. "
                    "Choose another person."
                ),
            ),
            models.CheckConstraint(
                name="accounts_membership_role_known", condition=Q(role__in=Role.values)
            ),
        ]

    def __str__(self):
        return f"{self.user}: {Role(self.role).label}, {self.organization}"
