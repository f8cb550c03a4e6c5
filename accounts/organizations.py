"""Verbs on regions and organisations. Each is one transaction and one entry of the audit trail.

`by` is the person who acts, or None for the platform itself (a command at the console).
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import CodeSystem, Membership, Organization, OrganizationKind, Region, User
from accounts.refusals import StepRefused
from accounts.roles import ADMIN_ROLES, ROLE_KINDS, Role, require
from audit import chain


@transaction.atomic
def create_region(
    code: str,
    *,
    name_zh: str,
    name_en: str = "",
    parent: Region | None = None,
    code_system: CodeSystem = CodeSystem.GBT2260,
    by: User | None,
    at: datetime,
) -> Region:
    """Add a region below `parent`.

    Raises NotAllowed, and ValidationError where the code is taken or has not the shape that its
    code system asks for.
    """
    if by is not None:
        require(by, "accounts.create_region")
    region = Region(
        code=code, code_system=code_system, name_zh=name_zh, name_en=name_en, parent=parent
    )
    region.full_clean()
    region.save()
    chain.record("region.create", f"region:{region.pk}", by=by, at=at, code=code)
    return region


@transaction.atomic
def create(
    slug: str,
    *,
    kind: OrganizationKind,
    name_zh: str,
    name_en: str = "",
    uscc: str,
    region: Region | None = None,
    by: User | None,
    at: datetime,
) -> Organization:
    """Enter an organisation under its unified social credit code.

    Raises NotAllowed, and ValidationError where the code's check character does not fit or the
    code or address is taken.
    """
    if by is not None:
        require(by, "accounts.create_organization")
    organization = Organization(
        slug=slug,
        kind=kind,
        name_zh=name_zh,
        name_en=name_en,
        uscc=uscc,
        region=region,
        created_at=at,
    )
    organization.full_clean()
    organization.save()
    target = f"organization:{organization.pk}"
    chain.record(
        "organization.create", target, by=by, at=at, name=name_zh, uscc=uscc, kind=str(kind)
    )
    return organization


@transaction.atomic
def close(organization_id: int, *, by: User | None, at: datetime) -> Organization:
    """Close an organisation: its keys stop working and its people's roles in it end at once.

    Nothing is deleted. Raises NotAllowed; StepRefused if it is closed already, or if the
    platform's administrators belong to it.
    """
    if by is not None:
        require(by, "accounts.close_organization")
    organization = _locked_open(organization_id)
    if organization.memberships.filter(role__in=ADMIN_ROLES).exists():
        text = _(
            "The platform's administrators belong to “%(name)s”. Name others in another "
            "organisation first, or transfer this one to its successor."
        )
        raise StepRefused(text % {"name": organization}, "administrators-there")
    organization.closed_at = at
    organization.save(update_fields=["closed_at"])
    chain.record("organization.close", f"organization:{organization.pk}", by=by, at=at)
    return organization


@transaction.atomic
def transfer(
    organization_id: int, *, to: Organization, by: User | None, at: datetime
) -> Organization:
    """Close an organisation and let `to` carry on: its apps and its people's roles move there.

    Keys go on working, since they belong to the apps. What higher rooms hold for the old one they
    find by `Organization.heir`. Raises NotAllowed; StepRefused if either is closed, if they are
    the same, if an app of that name is there already, or if `to` is not of a kind that knows a
    role to be moved.
    """
    if by is not None:
        require(by, "accounts.transfer_organization")
    _refuse_unless_two(organization_id, to.pk)
    # in order of id, so that two transfers cannot wait for each other
    locked = {pk: _locked_open(pk) for pk in sorted((organization_id, to.pk))}
    organization, heir = locked[organization_id], locked[to.pk]
    _refuse_if_names_meet(organization, heir)
    apps = organization.apps.update(organization=heir)
    roles = _move_roles(organization, heir)
    organization.delegations.update(organization=heir)
    organization.closed_at, organization.successor = at, heir
    organization.save(update_fields=["closed_at", "successor"])
    chain.record(
        "organization.transfer",
        f"organization:{organization.pk}",
        by=by,
        at=at,
        to=f"organization:{heir.pk}",
        apps=apps,
        roles=roles,
    )
    return organization


def lock(*organization_ids: int) -> None:
    """Lock organisations until the transaction ends, in order of id: nothing new comes to them.

    For a verb that closes one. Whoever asked `hold_open` first is waited for.
    """
    rows = Organization.objects.filter(pk__in=organization_ids).order_by("pk")
    list(rows.select_for_update().values_list("pk"))


def hold_open(organization_id: int) -> Organization:
    """Return an organisation that nobody closes before the transaction ends.

    Every verb that makes a thing for an organisation asks this after the right to do so, so that
    nothing is left with one that was closed meanwhile. Verbs do not wait for each other here, only
    for one that closes. Raises StepRefused if it is closed.
    """
    # FOR KEY SHARE, which Django has no word for, meets FOR UPDATE alone
    text = 'SELECT * FROM "accounts_organization" WHERE "id" = %s FOR KEY SHARE'
    [organization] = Organization.objects.raw(text, [organization_id])
    return _refuse_closed(organization)


def _locked_open(organization_id: int) -> Organization:
    return _refuse_closed(Organization.objects.select_for_update().get(pk=organization_id))


def _refuse_closed(organization: Organization) -> Organization:
    if organization.closed_at is not None:
        text = _(
            "“%(name)s” was closed on %(day)s. A closed organisation stays as it is; work with "
            "its successor."
        )
        day = timezone.localdate(organization.closed_at).isoformat()
        raise StepRefused(text % {"name": organization, "day": day}, "organization-closed")
    return organization


def _refuse_unless_two(organization_id: int, heir_id: int) -> None:
    if organization_id == heir_id:
        raise StepRefused(
            _("An organisation cannot be its own successor. Name another one."), "own-successor"
        )


def _refuse_if_names_meet(organization: Organization, heir: Organization) -> None:
    open_apps = organization.apps.filter(closed_at=None)
    names = set(open_apps.values_list("name", flat=True))
    both = heir.apps.filter(closed_at=None, name__in=names).values_list("name", flat=True)
    if both:
        text = _(
            "Both organisations have an app called %(names)s. Close or rename one of the two, "
            "then transfer again."
        )
        raise StepRefused(text % {"names": ", ".join(sorted(both))}, "app-names-meet")


def _move_roles(organization: Organization, heir: Organization) -> int:
    """Give the roles to the heir and return how many; one held there already stays single."""
    already = Membership.objects.filter(organization=heir).values_list("user_id", "role")
    held = set(already)
    moved = 0
    # in order of people, as every verb that locks more than one of them
    for membership in organization.memberships.order_by("user_id"):
        if (membership.user_id, membership.role) in held:
            membership.delete()
            continue
        if OrganizationKind(heir.kind) not in ROLE_KINDS[Role(membership.role)]:
            text = _(
                "“%(heir)s” is not an organisation that has the role “%(role)s”. Choose another "
                "successor, or take that role away first."
            )
            terms = {"heir": heir, "role": Role(membership.role).label}
            raise StepRefused(text % terms, "role-of-other-kind")
        membership.organization = heir
        membership.save(update_fields=["organization"])
        moved += 1
    return moved
