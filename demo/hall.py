"""Entering the city's departments and the people in them, as its security administrator."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress

from accounts import organizations, people
from accounts.models import Organization, OrganizationKind, Region, User
from accounts.people import Newcomer
from accounts.roles import Role
from demo import invented
from demo.kept import SignIn


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of a department that an entry's way needs."""

    organization: Organization
    publisher: User
    head: User


AT_THEIR_DESKS = {
    "system": "hosts, schedules",
    "security": "people, the table of grades",
    "auditor": "the audit trail",
    "operator1": "entries to review",
    "approval-publisher": "a PostgreSQL source with a table to take up: annual_reports",
    "approval-head": "a change and a request to decide",
    "approval-reviewer": "requests to answer",
    "transport-publisher": "CSV sources, one run held back, one failed",
    "transport-head": "an entry to sign, a held run",
    "education-publisher": "an entry sent back, fields to grade",
    "housing-publisher": "an Excel source",
    "developer": "an app and its key, by the API alone",
    "company-responsible": "at /my/: applications, a grant, an app with its webhook (nobody"
    " answers there, so it is switched off after five days)",
}
"""Who gets a password, and what to try there: for each role somebody on whose desk work waits."""


class Hall:
    """Enters people; a few of them get a password, the others can not sign in."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.sign_ins: list[SignIn] = []
        self.security: User | None = None

    @property
    def chief(self) -> User:
        """The security administrator, once there is one."""
        if self.security is None:
            raise LookupError("The administration is not founded yet.")
        return self.security

    def newcomer(self, role: Role, username: str, name: str, email: str = "") -> Newcomer:
        """Describe a person; who has an address signs in by it."""
        password = None
        if username in AT_THEIR_DESKS:
            password, waits = _password(), AT_THEIR_DESKS[username]
            self.sign_ins.append(SignIn(str(role), email or username, password, waits))
        return Newcomer(username, name, email, password)

    def enter(
        self, role: Role, organization: Organization, username: str, name: str, email: str = ""
    ) -> User:
        """Enter a person and give the role, as the security administrator."""
        newcomer = self.newcomer(role, username, name, email)
        user = people.create(newcomer, by=self.security, at=self.at)
        people.grant_role(user.pk, role, organization, by=self.security, at=self.at)
        return User.objects.get(pk=user.pk)

    def enter_member(
        self, role: Role, organization: Organization, username: str, name: str, email: str
    ) -> User:
        """Enter a person of a company, who signs in at the members' door by a checked address."""
        user = self.enter(role, organization, username, name, email)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        return user


def staffed(
    hall: Hall,
    slug: str,
    names: tuple[str, str],
    number: int,
    *,
    kind: OrganizationKind = OrganizationKind.DEPARTMENT,
    region: Region | None = None,
) -> Staff:
    """Enter a department with its publisher and its head; `number` makes its credit code."""
    name_zh, name_en = names
    organization = organizations.create(
        slug,
        kind=kind,
        name_zh=f"{name_zh}（虚构）",
        name_en=f"{name_en} (invented)",
        uscc=invented.uscc(number, head="11"),
        region=region,
        by=hall.security,
        at=hall.at,
    )
    short = name_zh.removeprefix("海湾市")
    return Staff(
        organization,
        hall.enter(Role.PUBLISHER, organization, f"{slug}-publisher", f"{short}发布员"),
        hall.enter(Role.HEAD, organization, f"{slug}-head", f"{short}负责人"),
    )


def of_bureau(names: tuple[str, str]) -> tuple[str, str]:
    """Return the whole name of a bureau of the city."""
    return f"海湾市{names[0]}", f"{names[1]} of Bay City"


def _password() -> str:
    """Return a random password of every class of characters."""
    alphabet = string.ascii_letters + string.digits
    while True:
        made = "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(3))
        tests: tuple[Callable[[str], bool], ...] = (str.islower, str.isupper, str.isdigit)
        if all(any(map(test, made)) for test in tests):
            return made
