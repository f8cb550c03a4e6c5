"""Two departments for tests of sharing: one that holds a dataset, and one that asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Organization, User
from accounts.roles import Role
from catalog.models import Dataset, Field
from exchange.models import Grant, Purpose, ShareRequest
from exchange.sharing import asking, deciding
from exchange.sharing.contents import LONGEST_DAYS, Terms
from exchange.sharing.requests import asked
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, Mode, ShareType
from tests.factories import accounts, exchange
from tests.factories.exchange import Column, House, column

NOW = exchange.NOW
TODAY = date(2026, 3, 2)
UNTIL = TODAY + timedelta(days=LONGEST_DAYS - 63)
"""Two months short of the longest period, so that a test may ask for a little more."""
STOP = {"cause": "系统下线", "from_day": date(2026, 6, 1), "notice": "备案〔2026〕3号"}
"""What a provider says when it asks to stop a service."""
EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2)
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name", grade=Grade.L2),
    column("phone", grade=Grade.L3, mask=EDGES, share_type=ShareType.CONDITIONAL),
    column("income", DataType.DECIMAL, grade=Grade.L3, share_type=ShareType.CONDITIONAL),
    column("illness", grade=Grade.L4, share_type=ShareType.CONDITIONAL),
)
ROWS = [(i, f"n{i:03d}", f"138{i:08d}", f"{i}.50", "none") for i in range(1, 51)]
DATA = "\n".join(
    [",".join(one.name for one in COLUMNS), *(",".join(map(str, row)) for row in ROWS)]
)


@dataclass(frozen=True, slots=True)
class Two:
    """The provider's house with its reviewer, and the people of the department that asks."""

    where: House
    reviewer: User
    dataset: Dataset
    asker: Organization
    clerk: User
    asking_head: User

    def field(self, name: str) -> int:
        """Return a field's permanent id."""
        return Field.objects.get(resource__dataset=self.dataset, name=name).pk

    def fields(self, *names: str) -> list[int]:
        """Return the permanent ids of fields."""
        return [self.field(name) for name in names]

    def terms(self, *names: str, **over: Any) -> Terms:
        """Return a complete request for these fields."""
        return replace(
            Terms(
                purpose_class=Purpose.BASIS,
                purpose="办理租房补贴",
                scene="窗口受理",
                system="补贴审核系统",
                mode=Mode.QUERY,
                fields=self.fields(*names),
                wanted_from=TODAY,
                wanted_until=UNTIL,
                basis_text="《租房补贴办法》第三条",
                clear_up_to=Grade.L3,
                calls_peak=500,
                calls_average=100,
            ),
            **over,
        )

    def draft(self, *names: str, at: datetime = NOW, **over: Any) -> ShareRequest:
        """Draft a request."""
        return asking.draft(
            self.dataset.pk,
            self.terms(*names, **over),
            organization=self.asker,
            by=self.clerk,
            at=at,
        )

    def signed(self, *names: str, at: datetime = NOW, **over: Any) -> ShareRequest:
        """Draft a request, and let the asking department's head sign it."""
        request = self.draft(*names, at=at, **over)
        asking.submit(request.pk, by=self.clerk, at=at)
        return asking.sign(request.pk, vouched=True, by=self.asking_head, at=at)

    def proposed(self, *names: str, at: datetime = NOW, **over: Any) -> ShareRequest:
        """Bring a conditional request before the provider's head, to be agreed to as asked."""
        request = self.signed(*names, at=at, **over)
        return deciding.propose(request.pk, asked(request), by=self.reviewer, at=at)

    def granted(self, *names: str, at: datetime = NOW, **over: Any) -> Grant:
        """Ask for conditional fields and be granted them as asked."""
        request = self.proposed(*names, at=at, **over)
        return deciding.sign_answer(request.pk, by=self.where.head, at=at)[1]


def two(
    *,
    rows: bool = True,
    columns: Sequence[Column] = COLUMNS,
    data: str = DATA,
    asker: Organization | None = None,
) -> Two:
    """Build both departments and the dataset, with rows or as a catalogue entry alone."""
    where = exchange.house()
    resource = exchange.table(where, columns, share_condition_zh="限办理政务服务使用")
    if rows:
        binding = exchange.csv_binding(where, data, columns, resource=resource)
        engine.sync(binding.pk)
    dataset = exchange.publish(where, resource)
    asker = asker or accounts.organization()
    return Two(
        where,
        accounts.user(Role.REVIEWER, where.department),
        dataset,
        asker,
        accounts.user(Role.PUBLISHER, asker),
        accounts.user(Role.HEAD, asker),
    )
