from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import looking
from accounts.models.organizations import Organization
from accounts.roles import ADMIN_ROLES, OFFICE_ROLES, Role


@dataclass(frozen=True, slots=True)
class Lender:
    """Somebody in whose stead a person acts."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Right:
    """A role in an organisation as a person has it now: their own, or lent by a colleague."""

    role: Role
    organization_id: int
    lent_by: Lender | None = None


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

    acts_for: Lender | None = None
    """In whose stead, by the right asked for last: set by `accounts.roles.require`."""

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
        """The person as the audit trail names them, and for whom they act."""
        named = f"{self.name} ({self.username})"
        return named if self.acts_for is None else f"{named} 代/for {self.acts_for.name}"

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
        """Live memberships, own and lent, read once for this object's life (one request)."""
        return self._now()

    def _now(self) -> list["Membership"]:
        """Return live memberships, own and lent, as they stand; on a page read once."""
        return looking.once(
            self.pk,
            lambda: list(
                self._memberships().select_related("organization", "user").order_by("pk")
            ),
        )

    def _memberships(self) -> "MembershipQuerySet":
        """Return the memberships that give this person rights today: own, and lent by others.

        One query by the indexes on both ways; the day is the city's, as rights are asked for now.
        """
        lent = Membership.objects.lent_to(self, timezone.localdate())
        usable = self.memberships.live().values("pk").union(lent.values("pk"))
        return Membership.objects.filter(pk__in=usable)

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
        """Return (role, organisation id) pairs as they stand now, lent ones too."""
        return [(right.role, right.organization_id) for right in self.rights()]

    def rights(self) -> list[Right]:
        """Return the roles held or lent as they stand now, the own ones first.

        Read afresh, but once for a page that is only looked at (`accounts.looking`).
        """
        found = [
            Right(Role(held.role), held.organization_id, self._lender(held.user))
            for held in self._now()
        ]
        return sorted(found, key=lambda right: right.lent_by is not None)

    def _lender(self, holder: "User") -> Lender | None:
        return None if holder.pk == self.pk else Lender(holder.pk, holder.audit_name)

    def stands_for(self, person_id: int | None) -> bool:
        """Whether a person is this one, or the one in whose stead this one acts: the two-person
        rule holds for both."""
        lender = None if self.acts_for is None else self.acts_for.id
        return person_id is not None and person_id in (self.pk, lender)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Phrases about memberships."""

    def live(self):
        """Those in organisations that are not closed."""
        return self.filter(organization__closed_at=None)

    def lent_to(self, user: User, today: date):
        """Those of colleagues who are away on a day and have named `user` to act for them.

        Both still belong to the organisation, and the colleague still holds the role.
        """
        given = "user__delegations_given"
        there = Membership.objects.filter(user=user, organization=OuterRef("organization"))
        return self.live().filter(
            Exists(there),
            **{
                "user__is_active": True,
                f"{given}__to": user,
                f"{given}__ended_at": None,
                f"{given}__from_on__lte": today,
                f"{given}__until__gte": today,
                f"{given}__role": F("role"),
                f"{given}__organization": F("organization"),
            },
        )


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
