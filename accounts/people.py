"""Verbs on people and their roles. Each is one transaction and one entry of the audit trail.

`by` is the person who acts, or None for the platform itself (a command at the console). Rows are
locked in one order everywhere: organisations before people, each in order of id.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts import notices, passwords
from accounts.models import ApiKey, Delegation, Membership, Organization, User
from accounts.refusals import StepRefused
from accounts.roles import ADMIN_ROLES, ROLE_KINDS, OrganizationKind, Role, require
from audit import chain


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of a person before they are entered."""

    username: str
    name: str
    email: str = ""
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person who has yet to choose a password, and the token that lets them, shown once."""

    user: User
    token: str


class HeirNeeded(StepRefused):
    """A person cannot leave like this; naming another one to take over helps."""

    status = 400


@transaction.atomic
def create(newcomer: Newcomer, *, by: User | None, at: datetime) -> User:
    """Enter a person. Without a password they cannot sign in until they accept an invitation.

    Raises NotAllowed; ValidationError where the user name is taken or the password too weak.
    """
    if by is not None:
        require(by, "accounts.create_user")
    return _enter(newcomer, verb="user.create", by=by, at=at)


@transaction.atomic
def invite(newcomer: Newcomer, *, by: User | None, at: datetime) -> Invitation:
    """Enter a person who chooses the password themselves, by the returned token.

    The token works once, for as long as PASSWORD_RESET_TIMEOUT says (seconds).
    Raises NotAllowed; ValidationError where the user name is taken.
    """
    if by is not None:
        require(by, "accounts.invite_user")
    unsigned = Newcomer(newcomer.username, newcomer.name, newcomer.email)
    user = _enter(unsigned, verb="user.invite", by=by, at=at)
    user.invited_at = at
    user.save(update_fields=["invited_at"])
    return Invitation(user, default_token_generator.make_token(user))


@transaction.atomic
def accept(user_id: int, *, token: str, password: str, at: datetime) -> User:
    """Let an invited person choose their password.

    Raises StepRefused if the invitation is spent or too old; ValidationError for a weak password.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    if not user.is_active or not default_token_generator.check_token(user, token):
        text = _(
            "This invitation has been used already, or is too old. "
            "Ask the security administrator for a new one."
        )
        raise StepRefused(text, "invitation-spent")
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    chain.record("user.accept", f"user:{user.pk}", by=user, at=at)
    return user


@transaction.atomic
def grant_role(
    user_id: int, role: Role, organization: Organization, *, by: User | None, at: datetime
) -> Membership:
    """Give a person a role in an organisation.

    Raises NotAllowed (also to those who would give a role to themselves); StepRefused if the
    person has left, the organisation is closed or not of a kind that knows the role, the role is
    held already, or the three administrators' powers would meet in one hand.
    """
    if by is not None:
        require(by, "accounts.grant_role")
    [organization] = lock_organizations(organization.pk)
    [user] = lock_people(user_id)
    _refuse_own_gift(user, by)
    membership = _give(user, Role(role), organization)
    _record("role.grant", membership, by=by, at=at)
    return membership


@transaction.atomic
def revoke_role(
    user_id: int, role: Role, organization: Organization, *, by: User | None, at: datetime
) -> None:
    """Take a role away; the next question asked of the person's rights knows.

    Raises NotAllowed; StepRefused if the role is not held there, or if an administrator's role
    would be left without a holder.
    """
    if by is not None:
        require(by, "accounts.revoke_role")
    [organization] = lock_organizations(organization.pk)
    [user] = lock_people(user_id)
    membership = user.memberships.filter(role=role, organization=organization).first()
    if membership is None:
        text = _("%(person)s does not hold the role “%(role)s” in “%(organization)s”.")
        terms = {"person": user, "role": Role(role).label, "organization": organization}
        raise StepRefused(text % terms, "role-not-held")
    if role in ADMIN_ROLES and _is_last_holder(membership):
        text = _(
            "%(person)s is the only %(role)s. Name another one first, or deactivate the person "
            "and hand over."
        )
        terms = {"person": user, "role": Role(role).label}
        raise StepRefused(text % terms, "last-administrator")
    _record("role.revoke", membership, by=by, at=at)
    membership.delete()
    _end_delegations(user, organization.pk, Role(role), by=by, at=at)


@transaction.atomic
def deactivate(
    user_id: int, *, hand_over_to: User | None = None, by: User | None, at: datetime
) -> User:
    """End a person's access. Roles that nobody else holds in their organisation are handed over.

    Their session ends with the next click, and keys of apps they registered, whose text they may
    know, are revoked. Raises NotAllowed; StepRefused if the person has left already or
    `hand_over_to` may not take a role; HeirNeeded if a role would be left without a holder.
    """
    if by is not None:
        require(by, "accounts.deactivate_user")
    lock_organizations(*_organizations_of(user_id))
    user, heir = _lock_leaver_and_heir(user_id, hand_over_to)
    held = list(user.memberships.select_related("organization"))
    orphaned = [membership for membership in held if _is_last_holder(membership)]
    if orphaned and heir is None:
        raise HeirNeeded(_orphans(user, orphaned), "roles-without-holder")
    user.memberships.all().delete()
    for place in {membership.organization_id for membership in held}:
        _end_delegations(user, place, None, by=by, at=at)
    if heir is not None:
        for membership in orphaned:
            _give(heir, Role(membership.role), membership.organization)
    user.is_active, user.deactivated_at = False, at
    user.save(update_fields=["is_active", "deactivated_at"])
    keys = ApiKey.objects.filter(app__created_by=user, revoked_at=None)
    prefixes = sorted(keys.values_list("prefix", flat=True))
    keys.update(revoked_at=at)
    chain.record(
        "user.deactivate",
        f"user:{user.pk}",
        by=by,
        at=at,
        roles=_as_text(held),
        handed_over=_as_text(orphaned),
        to=f"user:{heir.pk}" if heir else None,
        keys_revoked=prefixes,
    )
    if heir is not None:
        _tell_of(orphaned, user, heir, at)
    return user


def _tell_of(handed_over: list[Membership], user: User, heir: User, at: datetime) -> None:
    for place in {held.organization_id: held.organization for held in handed_over}.values():
        notices.tell(
            "role.handed_over",
            organization=place,
            target=f"user:{user.pk}",
            at=at,
            person=user.name,
            heir=heir.name,
            roles=in_both_languages(
                Role(held.role) for held in handed_over if held.organization_id == place.pk
            ),
        )


def in_both_languages(roles: Iterable[Role]) -> str:
    """Return roles as a notice says them, which each reader reads in a language of their own."""
    named = []
    for role in roles:
        with override("zh-hans"):
            chinese = str(role.label)
        with override("en"):
            named.append(f"{chinese}/{role.label}")
    return ", ".join(named)


@transaction.atomic
def found_administration(
    authority: Organization, newcomers: dict[Role, Newcomer], *, at: datetime
) -> dict[Role, User]:
    """Enter the first system, security and audit administrator: three people, once.

    Afterwards rights are given by the security administrator alone. Raises StepRefused if there
    is an administrator already, or if the three are not named each.
    """
    # locked, so that two consoles cannot both be first
    [authority] = lock_organizations(authority.pk)
    if set(newcomers) != ADMIN_ROLES:
        text = _(
            "Name three people: one system, one security and one audit administrator, and "
            "nobody else."
        )
        raise StepRefused(text, "three-administrators")
    if Membership.objects.filter(role__in=ADMIN_ROLES).exists():
        text = _(
            "The platform has administrators already. New ones are named by the security "
            "administrator in the back office."
        )
        raise StepRefused(text, "administration-founded")
    founded = {}
    for role, newcomer in newcomers.items():
        user = _enter(newcomer, verb="user.create", by=None, at=at)
        _record("role.grant", _give(user, role, authority), by=None, at=at)
        founded[role] = user
    return founded


def _enter(newcomer: Newcomer, *, verb: str, by: User | None, at: datetime) -> User:
    user = User(
        username=newcomer.username, name=newcomer.name, email=newcomer.email, created_at=at
    )
    passwords.begin(user, newcomer.password)
    user.full_clean()
    user.save()
    chain.record(verb, f"user:{user.pk}", by=by, at=at)
    return user


def _organizations_of(user_id: int) -> list[int]:
    return list(Membership.objects.filter(user=user_id).values_list("organization_id", flat=True))


def lock_organizations(*organization_ids: int) -> list[Organization]:
    """Return organisations in order of id, locked against changes of them and their roles."""
    rows = Organization.objects.filter(pk__in=organization_ids).order_by("pk")
    return list(rows.select_for_update(no_key=True))


def lock_people(*user_ids: int) -> list[User]:
    """Return the people in order of id, locked. Raises StepRefused if one of them has left."""
    users = list(User.objects.filter(pk__in=user_ids).order_by("pk").select_for_update())
    if len(users) < len(set(user_ids)):
        raise User.DoesNotExist
    for user in users:
        if not user.is_active:
            text = _("%(person)s has left and takes no further part. Choose another person.")
            raise StepRefused(text % {"person": user}, "person-left")
    return users


def _lock_leaver_and_heir(user_id: int, heir: User | None) -> tuple[User, User | None]:
    if heir is None:
        [user] = lock_people(user_id)
        return user, None
    people = {user.pk: user for user in lock_people(user_id, heir.pk)}
    if len(people) == 1:
        text = _("%(person)s cannot take over from themselves. Name another person.")
        raise StepRefused(text % {"person": heir}, "own-heir")
    return people[user_id], people[heir.pk]


def _refuse_own_gift(user: User, by: User | None) -> None:
    if by is not None and by.pk == user.pk:
        text = _("Nobody gives a role to themselves. Ask another security administrator.")
        raise StepRefused(text, "own-gift")


def _give(user: User, role: Role, organization: Organization) -> Membership:
    """Add the membership under the user's lock, after every reason against it was asked."""
    terms = {"person": user, "role": role.label, "organization": organization}
    if not organization.is_open:
        text = _("“%(organization)s” is closed; nobody is given a role there any more.")
        raise StepRefused(text % terms, "organization-closed")
    if OrganizationKind(organization.kind) not in ROLE_KINDS[role]:
        text = _("“%(organization)s” is not an organisation that has the role “%(role)s”.")
        raise StepRefused(text % terms, "role-of-other-kind")
    held = {Role(name) for name in user.memberships.values_list("role", flat=True)}
    if held and (role in ADMIN_ROLES or held & ADMIN_ROLES):
        text = _(
            "%(person)s already holds another role. System, security and audit administration "
            "each need a person who holds nothing else. Choose another person."
        )
        raise StepRefused(text % terms, "powers-not-separate")
    try:
        with transaction.atomic():
            return Membership.objects.create(user=user, organization=organization, role=role)
    except IntegrityError as clash:
        text = _("%(person)s already holds the role “%(role)s” in “%(organization)s”.")
        raise StepRefused(text % terms, "role-held") from clash


def _is_last_holder(membership: Membership) -> bool:
    others = Membership.objects.filter(
        organization=membership.organization, role=membership.role, user__is_active=True
    ).exclude(user=membership.user_id)
    return membership.organization.is_open and not others.exists()


def _orphans(user: User, orphaned: list[Membership]) -> str:
    text = _(
        "%(person)s is the only one to hold: %(roles)s. Name the person who takes over, then "
        "deactivate again. Somebody new to the platform is entered first."
    )
    return text % {"person": user, "roles": "; ".join(_as_text(orphaned))}


def _end_delegations(
    user: User, organization_id: int, role: Role | None, *, by: User | None, at: datetime
) -> None:
    """End what a person lent of a role (None: of every one), and what was lent to who has left.

    Such a delegation gives no rights any more; ended, it does not come back with the role.
    """
    there = Delegation.objects.running().filter(organization=organization_id)
    given = there.filter(holder=user)
    ended = [given if role is None else given.filter(role=role)]
    if not user.memberships.filter(organization=organization_id).exists():
        ended.append(there.filter(to=user))
    for rows in ended:
        for made in rows:
            notices.settle(made.address, "role.lent", "role.lent_operator", at=at)
        rows.update(ended_at=at, ended_by=by)


def _as_text(memberships: Iterable[Membership]) -> list[str]:
    return [f"{held.organization}: {Role(held.role).label}" for held in memberships]


def _record(verb: str, membership: Membership, *, by: User | None, at: datetime) -> None:
    chain.record(
        verb,
        f"user:{membership.user_id}",
        by=by,
        at=at,
        role=str(membership.role),
        organization=f"organization:{membership.organization_id}",
    )
