"""While somebody is away a colleague acts for them, in one role, on named days.

A delegation lends what its holder has and nothing more: no rule that asks for two people is met by
one who acts for the other. It ends by its last day, by a word of either, by the security
administrator, and by itself when the role is taken away or one of the two leaves.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Delegation, Membership, Organization, User
from accounts.people import lock_organizations, lock_people
from accounts.refusals import StepRefused
from accounts.roles import ADMIN_ROLES, LENDABLE, OFFICE_ROLES, NotAllowed, Role, require
from audit import chain

LONGEST_DAYS = 183
"""Half a year: who is away for longer hands the role over."""
TOLD = ("role.lent", "role.lent_operator")


class AwayUnfit(StepRefused):
    """What was told of an absence does not fit; `field` names which part of Away, or `to`."""

    status = 400

    def __init__(self, sentence: str, field: str) -> None:
        """Keep which part does not fit beside the sentence."""
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Away:
    """For which role somebody is away, on which days (both included), and why."""

    role: Role
    organization: Organization
    from_on: date
    until: date
    reason: str


@transaction.atomic
def delegate(away: Away, *, to: int, by: User, at: datetime) -> Delegation:
    """Let the colleague with the id `to` act in a role of one's own while one is away.

    Raises NotAllowed where the role is not one's own or cannot be lent; AwayUnfit for oneself, for
    who is no colleague or has the role anyway, for days that are over or too many, and without a
    reason; StepRefused for days met by another delegation of the same role.
    """
    require(by, "accounts.lend_role", organization=away.organization)
    [organization] = lock_organizations(away.organization.pk)
    _not_to_oneself(by, to)
    people = {person.pk: person for person in lock_people(by.pk, to)}
    _own(by, away)
    _colleague(people[to], away)
    _days(away, today=timezone.localdate(at))
    _free(by, away)
    made = Delegation.objects.create(
        holder=by,
        to=people[to],
        organization=organization,
        role=away.role,
        from_on=away.from_on,
        until=away.until,
        reason=_said(away.reason),
        made_at=at,
    )
    notices.tell(
        "role.lent_operator" if away.role == Role.OPERATOR else "role.lent",
        organization=organization,
        target=made.address,
        at=at,
        person=by.name,
        colleague=made.to.name,
        role=Role(away.role).label,
        first=away.from_on,
        last=away.until,
    )
    _record("role.lend", made, by=by, at=at)
    return made


@transaction.atomic
def end(delegation_id: int, *, by: User, at: datetime) -> Delegation:
    """End a delegation at once, as either of the two or as the security administrator.

    Raises NotAllowed, StepRefused where it has ended.
    """
    made = (
        Delegation.objects.select_for_update(of=("self",))
        .select_related("holder", "to", "organization")
        .get(pk=delegation_id)
    )
    if by.pk not in (made.holder_id, made.to_id) or not by.is_active:
        require(by, "accounts.revoke_role")
    if made.ended_at is not None or made.until < timezone.localdate(at):
        raise StepRefused(_("This delegation has ended already."))
    made.ended_at, made.ended_by = at, by
    made.save(update_fields=["ended_at", "ended_by"])
    notices.settle(made.address, *TOLD, at=at)
    _record("role.lend_end", made, by=by, at=at)
    return made


def of(person: User) -> QuerySet[Delegation]:
    """Return the delegations that a person gave or took, the latest days first."""
    rows = Delegation.objects.filter(Q(holder=person) | Q(to=person))
    return rows.select_related("holder", "to", "organization").order_by("-from_on", "-pk")


def acting(organization: Organization, *roles: Role) -> QuerySet[User]:
    """Return who holds one of these roles in an organisation, or acts for a holder today."""
    held = Membership.objects.live().filter(organization=organization, role__in=roles)
    lent = Delegation.objects.on(timezone.localdate()).filter(
        organization=organization, role__in=roles, holder__in=held.values("user")
    )
    there = Membership.objects.filter(organization=organization).values("user")
    either = Q(pk__in=held.values("user")) | Q(pk__in=lent.filter(to__in=there).values("to"))
    return User.objects.filter(either, is_active=True)


def colleagues(person: User, organization: Organization, role: Role) -> QuerySet[User]:
    """Return who can act for a person in a role: who works there and does not hold it."""
    there = User.objects.filter(
        is_active=True,
        memberships__organization=organization,
        memberships__role__in=OFFICE_ROLES - ADMIN_ROLES,
    )
    holding = User.objects.filter(memberships__organization=organization, memberships__role=role)
    return there.exclude(pk=person.pk).exclude(pk__in=holding.values("pk")).distinct()


def _not_to_oneself(by: User, to: int) -> None:
    if by.pk == to:
        raise AwayUnfit(_("Nobody acts for themselves. Choose a colleague."), "to")


def _own(by: User, away: Away) -> None:
    """Return if the role can be lent and is one's own: a lent one is not lent on."""
    held = by.memberships.live().filter(role=away.role, organization=away.organization)
    if away.role not in LENDABLE or not held.exists():
        raise NotAllowed(
            _(
                "You do not hold the role “%(role)s” of “%(organization)s” yourself, so you cannot"
                " name anybody to act in it."
            )
            % {"role": Role(away.role).label, "organization": away.organization}
        )


def _colleague(to: User, away: Away) -> None:
    roles = dict(to.memberships.filter(organization=away.organization).values_list("role", "pk"))
    if not set(roles) & OFFICE_ROLES - ADMIN_ROLES:
        raise AwayUnfit(
            _(
                "%(person)s does not work at “%(organization)s”. A colleague of the same"
                " department acts for you."
            )
            % {"person": to, "organization": away.organization},
            "to",
        )
    if away.role in roles:
        raise AwayUnfit(
            _("%(person)s holds the role “%(role)s” anyway, and can act without a delegation.")
            % {"person": to, "role": Role(away.role).label},
            "to",
        )


def _days(away: Away, *, today: date) -> None:
    if away.until < away.from_on or away.until < today:
        raise AwayUnfit(
            _("These days are over, or end before they begin. Choose others."), "until"
        )
    if (away.until - away.from_on).days >= LONGEST_DAYS:
        raise AwayUnfit(
            _("A delegation lasts %(days)s days at most. For longer, hand the role over.")
            % {"days": LONGEST_DAYS},
            "until",
        )


def _free(by: User, away: Away) -> None:
    mine = Delegation.objects.filter(
        holder=by, organization=away.organization, role=away.role
    ).meeting(away.from_on, away.until)
    other = mine.select_related("to").first()
    if other is not None:
        raise StepRefused(
            _(
                "From %(first)s until %(last)s %(person)s acts for you already. End that"
                " delegation, or choose other days."
            )
            % {"first": other.from_on, "last": other.until, "person": other.to}
        )


def _said(reason: str) -> str:
    if not reason.strip():
        raise AwayUnfit(_("Say why you are away, such as leave or an assignment."), "reason")
    return reason.strip()


def _record(verb: str, made: Delegation, *, by: User, at: datetime) -> None:
    chain.record(
        verb,
        made.address,
        by=by,
        at=at,
        role=str(made.role),
        organization=f"organization:{made.organization_id}",
        holder=f"user:{made.holder_id}",
        to=f"user:{made.to_id}",
        first=str(made.from_on),
        last=str(made.until),
    )
