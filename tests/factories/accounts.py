"""Accounts for tests: made-up organisations, people, apps and keys. No real ones."""

from datetime import UTC, datetime, timedelta
from itertools import count

from accounts import keys
from accounts.keys import IssuedKey
from accounts.models import App, CodeSystem, Membership, Organization, Region, User
from accounts.roles import ADMIN_ROLES, COMPANY_ROLES, ROLE_KINDS, OrganizationKind, Role

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday morning, ten o'clock in Shanghai."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_HEADS = {
    OrganizationKind.DEPARTMENT: "11",
    OrganizationKind.DISTRICT: "11",
    OrganizationKind.AUTHORITY: "11",
    OrganizationKind.COMPANY: "91",
}
_numbers = count(1)


def uscc(number: int, head: str = "91") -> str:
    """Return a made-up credit code that checks: region 990100 does not exist."""
    body = f"{number:08d}"
    org_sum = sum(int(digit) * weight for digit, weight in zip(body, _ORG_WEIGHTS, strict=True))
    code = f"{head}990100{body}{'0123456789X0'[11 - org_sum % 11]}"
    total = sum(_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(code))
    return code + _ALPHABET[(31 - total % 31) % 31]


_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def region(**over) -> Region:
    """Make a local region."""
    number = next(_numbers)
    values = {
        "code": f"T{number}",
        "code_system": CodeSystem.LOCAL,
        "name_zh": f"第{number}区",
        "name_en": f"District {number}",
    }
    return Region.objects.create(**values | over)


def organization(kind: OrganizationKind = OrganizationKind.DEPARTMENT, **over) -> Organization:
    """Make an open organisation."""
    number = next(_numbers)
    values = {
        "kind": kind,
        "slug": f"{kind}-{number}",
        "name_zh": f"测试单位{number}",
        "name_en": f"Organisation {number}",
        "uscc": uscc(number, _HEADS[OrganizationKind(kind)]),
        "created_at": NOW,
    }
    return Organization.objects.create(**values | over)


def user(
    role: Role | None = Role.PUBLISHER, organization: Organization | None = None, **over
) -> User:
    """Make a person who holds `role`, in an organisation of a kind that has it."""
    number = next(_numbers)
    values = {"username": f"person{number}", "name": f"Person {number}", "created_at": NOW}
    made = User(**values | over)
    made.set_unusable_password()
    made.save()
    if role is not None:
        place = organization or _place_for(role)
        Membership.objects.create(user=made, organization=place, role=role)
    return made


def _place_for(role: Role) -> Organization:
    if role in ADMIN_ROLES or role == Role.OPERATOR:
        return organization(OrganizationKind.AUTHORITY)
    if role in COMPANY_ROLES:
        return organization(OrganizationKind.COMPANY)
    assert OrganizationKind.DEPARTMENT in ROLE_KINDS[role]
    return organization()


def app(organization: Organization | None = None, created_by: User | None = None, **over) -> App:
    """Make an app of a company, registered by a developer of that company."""
    owner = organization or _place_for(Role.DEVELOPER)
    by = created_by or user(Role.DEVELOPER, owner)
    values = {
        "organization": owner,
        "name": f"App {next(_numbers)}",
        "created_by": by,
        "created_at": NOW,
    }
    return App.objects.create(**values | over)


def api_key(
    for_app: App | None = None, *, days: int = 90, at: datetime = NOW, **over
) -> IssuedKey:
    """Make a key by the verb, and then set on it whatever the test is about."""
    owner = for_app or app()
    issued = keys.issue(owner, by=owner.created_by, at=at, expires_at=at + timedelta(days=days))
    if over:
        for name, value in over.items():
            setattr(issued.key, name, value)
        issued.key.save(update_fields=list(over))
    return issued
