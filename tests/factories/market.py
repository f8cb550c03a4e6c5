"""A company, and a department that opens some of a dataset on condition, for tests."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from accounts.keys import IssuedKey
from accounts.models import App, Organization, User
from accounts.roles import OrganizationKind, Role
from catalog.models import Dataset, Field
from exchange.models import Grant, ShareRequest
from exchange.sharing import applications, asking, deciding
from exchange.sharing.contents import Terms
from exchange.sharing.matrix import Offer
from exchange.sharing.requests import asked
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, Mode, OpenType
from tests.factories import accounts, exchange, sharing
from tests.factories.exchange import House, column

NOW = exchange.NOW
TODAY = date(2026, 3, 2)
UNTIL = sharing.UNTIL
EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2)
CONDITIONAL = {"open_type": OpenType.CONDITIONAL}
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("turnover", DataType.DECIMAL, grade=Grade.L2, **CONDITIONAL),
    column("district", grade=Grade.L2, **CONDITIONAL),
    column("phone", grade=Grade.L3, mask=EDGES, **CONDITIONAL),
    column("secret", grade=Grade.L2, open_type=OpenType.NOT_OPEN),
)
DATA = "\n".join(
    [
        ",".join(one.name for one in COLUMNS),
        *(f"{i},n{i:02d},{i}.50,{'east' if i % 2 else 'west'},138{i:08d},s{i}" for i in range(6)),
    ]
)
TRUE = {"vouched": True}


@dataclass(frozen=True, slots=True)
class Market:
    """The provider's house with its reviewer, a company with who answers for it, and its app."""

    where: House
    reviewer: User
    dataset: Dataset
    company: Organization
    person: User
    app: App

    def fields(self, *names: str) -> list[int]:
        """Return the permanent ids of fields."""
        own = Field.objects.filter(resource__dataset=self.dataset)
        found = dict(own.values_list("name", "pk"))
        return [found[name] for name in names]

    def terms(self, *names: str, **over: Any) -> Terms:
        """Return a complete application for these fields."""
        return replace(
            Terms(
                purpose_class="",
                system="",
                purpose="选址分析",
                scene="选址助手",
                safeguards="专人保管，加密存储，到期删除",
                mode=Mode.QUERY,
                fields=self.fields(*names),
                wanted_from=TODAY,
                wanted_until=UNTIL,
                clear_up_to=Grade.L2,
                calls_peak=500,
            ),
            **over,
        )

    def draft(self, *names: str, at: datetime = NOW, **over: Any) -> ShareRequest:
        """Draft an application."""
        terms = self.terms(*names, **over)
        return asking.draft(
            self.dataset.pk, terms, organization=self.company, by=self.person, at=at
        )

    def handed_in(self, *names: str, at: datetime = NOW, **over: Any) -> ShareRequest:
        """Draft an application and hand it in."""
        drafted = self.draft(*names, at=at, **over)
        return applications.hand_in(drafted.pk, by=self.person, at=at, **TRUE)

    def granted(
        self, *names: str, at: datetime = NOW, part: dict[str, Any] | None = None, **over: Any
    ) -> Grant:
        """Apply and be granted as asked for, or a `part` of it, which says why."""
        request = self.handed_in(*names, at=at, **over)
        offer: Offer = replace(asked(request), **(part or {}))
        deciding.propose(
            request.pk, offer, reason="够用即可" if part else "", by=self.reviewer, at=at
        )
        return deciding.sign_answer(request.pk, by=self.where.head, at=at)[1]

    def key(self, *, at: datetime = NOW) -> IssuedKey:
        """Make a key of the company's app."""
        return accounts.api_key(self.app, at=at)


def company() -> tuple[Organization, User]:
    """Make a company with the person who answers for it and builds for it."""
    place = accounts.organization(OrganizationKind.COMPANY)
    person = accounts.user(Role.RESPONSIBLE, place)
    person.memberships.create(organization=place, role=Role.DEVELOPER)
    return place, person


def market() -> Market:
    """Build the department with its rows, and the company."""
    where = exchange.house()
    resource = exchange.table(where, COLUMNS)
    binding = exchange.csv_binding(where, DATA, COLUMNS, resource=resource)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, resource)
    place, person = company()
    reviewer = accounts.user(Role.REVIEWER, where.department)
    return Market(where, reviewer, dataset, place, person, accounts.app(place, person))
