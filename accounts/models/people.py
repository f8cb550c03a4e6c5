from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import connection, models
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
    organization_name: str
    """As the audit trail names it."""
    lent_by: Lender | None = None


# written out, since every verb and page asks it: to put the query together took most of the time
OWN_ROLES = """
SELECT held.role, held.organization_id, place.name_zh,
       EXISTS (
           SELECT FROM accounts_delegation
            WHERE to_id = %(person)s AND ended_at IS NULL
              AND from_on <= %(today)s AND until >= %(today)s
       ) AS named
  FROM accounts_membership AS held
  JOIN accounts_organization AS place ON place.id = held.organization_id
 WHERE held.user_id = %(person)s AND place.closed_at IS NULL
 ORDER BY held.id
"""


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
        return "、".join(dict.fromkeys(held.organization_name for held in self._held))

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
    def _held(self) -> list[Right]:
        """Rights, own and lent, read once for this object's life (one request)."""
        return self.rights()

    def roles(self) -> frozenset[Role]:
        """Return the roles held in any organisation that is not closed."""
        return frozenset(held.role for held in self._held)

    def organizations(self) -> list[Organization]:
        """Return the organisations the person acts for."""
        held = dict.fromkeys(right.organization_id for right in self._held)
        found = Organization.objects.in_bulk(held)
        return [found[pk] for pk in held]

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
        return looking.once(self.pk, self._rights)

    def _rights(self) -> list[Right]:
        """Return the rights as they stand today, by the city's calendar.

        One query by the index of the person; one more for who is named in a delegation, since
        every verb asks this and hardly anybody stands in for somebody.
        """
        today = timezone.localdate()
        with connection.cursor() as cursor:
            cursor.execute(OWN_ROLES, {"person": self.pk, "today": today})
            rows = cursor.fetchall()
        own = [Right(Role(role), place, name) for role, place, name, _named in rows]
        return own + self._lent(today) if any(named for *_own, named in rows) else own

    def _lent(self, today: date) -> list[Right]:
        lent = (
            Membership.objects.lent_to(self, today)
            .select_related("organization", "user")
            .distinct()
        )
        return [
            Right(
                Role(one.role),
                one.organization_id,
                one.organization.name_zh,
                Lender(one.user.pk, one.user.audit_name),
            )
            for one in lent.order_by("pk")
        ]

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
