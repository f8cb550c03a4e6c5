"""A department with its people and the datasets that are measured, made through the verbs."""

import django

django.setup()

from datetime import UTC, datetime, timedelta  # noqa: E402 - after Django is set up
from functools import cache  # noqa: E402
from itertools import count  # noqa: E402

from accounts import keys  # noqa: E402
from accounts.models import App, Membership, Organization, User  # noqa: E402
from accounts.roles import OrganizationKind, Role  # noqa: E402
from bench import stage  # noqa: E402
from catalog import publishing  # noqa: E402
from catalog.drafting import NewField  # noqa: E402
from catalog.models import Dataset  # noqa: E402
from config import embedded  # noqa: E402
from exchange import opening, sources  # noqa: E402
from exchange.models import Binding, Source, SourceKind, SyncMode  # noqa: E402
from policy.facts import Mask  # noqa: E402
from policy.terms import DataType, Grade, MaskKind  # noqa: E402

NOW = datetime.now(tz=UTC)
COLUMNS = {
    "id": DataType.INTEGER,
    "code": DataType.TEXT,
    "name": DataType.TEXT,
    "district": DataType.TEXT,
    "kind": DataType.TEXT,
    "amount": DataType.DECIMAL,
    "score": DataType.DOUBLE,
    "day": DataType.DATE,
    "at": DataType.DATETIME,
    "active": DataType.BOOLEAN,
    "phone": DataType.TEXT,
    "address": DataType.TEXT,
}
EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2)
RULES = {
    "code": {"length": 11, "pattern": "C[0-9]{10}"},
    "phone": {"length": 11, "value_check": "mobile"},
    "name": {"required": True, "length": 40},
}
_numbers = count(1)


def _user(role: Role, where: Organization, name: str = "bench") -> User:
    person = User(username=f"{name}-{role}", name=str(role), created_at=NOW)
    person.set_unusable_password()
    person.save()
    Membership.objects.create(user=person, organization=where, role=role)
    return person


def _organization(kind: OrganizationKind, uscc: str, name: str = "bench") -> Organization:
    return Organization.objects.create(
        kind=kind, slug=f"{name}-{kind}", name_zh=f"测试{kind}", uscc=uscc, created_at=NOW
    )


class City:
    """The people, made once; `dataset` makes one bound and published dataset after another."""

    def __init__(self, found: embedded.Services) -> None:
        """Make the department, the authority and a company."""
        self.found = found
        self._files: Source | None = None
        self._asking: Organization | None = None
        self.department = _organization(OrganizationKind.DEPARTMENT, "91110000600037341L")
        authority = _organization(OrganizationKind.AUTHORITY, "91440300708461136T")
        company = _organization(OrganizationKind.COMPANY, "91440300192189783K")
        self.publisher = _user(Role.PUBLISHER, self.department)
        self.head = _user(Role.HEAD, self.department)
        self.operator = _user(Role.OPERATOR, authority)
        self.system = _user(Role.SYSTEM_ADMIN, authority)
        self.developer = _user(Role.DEVELOPER, company)
        sources.allow_host(found.postgres, 5432, by=self.system, at=NOW)
        self.source = sources.create(
            self.department,
            name="things",
            kind=SourceKind.POSTGRESQL,
            settings={
                "host": found.postgres,
                "port": 5432,
                "database": stage.SOURCE,
                "user": embedded.OWNER,
            },
            by=self.publisher,
            at=NOW,
        )

    def asking(self) -> tuple[User, User]:
        """Make another department once, and return its clerk and its head."""
        if self._asking is None:
            place = _organization(OrganizationKind.DEPARTMENT, "91110108551385082Q", "asking")
            self._asking = place
            _user(Role.PUBLISHER, place, "asking")
            _user(Role.HEAD, place, "asking")
        held = self._asking.memberships.select_related("user")
        return held.get(role=Role.PUBLISHER).user, held.get(role=Role.HEAD).user

    def asking_key(self) -> str:
        """Issue a key of the other department's app, whose quotas are no hindrance."""
        place = self.asking()[0].memberships.get().organization
        developer = _user(Role.DEVELOPER, place, "asking")
        app = App.objects.create(
            organization=place, name="asking", created_by=developer, created_at=NOW
        )
        return self.keys(1, app=app, by=developer)[0]

    def files(self) -> Source:
        """Return the source of files, made once."""
        if self._files is None:
            self._files = sources.create(
                self.department,
                name="files",
                kind=SourceKind.CSV,
                settings={},
                by=self.publisher,
                at=NOW,
            )
        return self._files

    def dataset(
        self, *, masked: tuple[str, ...], mode: str = SyncMode.FULL, path: str = ""
    ) -> Binding:
        """Publish a dataset over the source's table, or over a file below the intake's root;
        `masked` fields are L2 with a mask."""
        dataset = publishing.create_dataset(
            f"bench-{next(_numbers)}",
            owner=self.department,
            title_zh="测量",
            abstract_zh="测量用的合成数据。",
            update_cycle=Dataset.UpdateCycle.DAILY,
            contact="0000-00000000",
            license="CC-BY-4.0",
            format_type="csv" if path else "postgresql",
            by=self.publisher,
            at=NOW,
        )
        fields = [
            NewField(
                name=name,
                label_zh=name,
                data_type=kind,
                is_key=name == "id",
                **RULES.get(name, {}),
            )
            for name, kind in COLUMNS.items()
        ]
        table = publishing.add_table(dataset.pk, fields=fields, by=self.publisher, at=NOW)
        for field in table.fields.all():
            hidden = field.name in masked
            publishing.grade_field(
                field.pk,
                grade=Grade.L2 if hidden else Grade.L1,
                mask=EDGES if hidden else None,
                reason="measured",
                by=self.publisher,
                at=NOW,
            )
        binding = sources.bind(
            table.pk,
            source=self.files() if path else self.source,
            object={"path": path} if path else {"schema": "public", "table": "things"},
            columns={field.pk: field.name for field in table.fields.all()},
            mode=mode,
            cursor_column="at" if mode == SyncMode.CURSOR else "",
            by=self.publisher,
            at=NOW,
        )
        checklist = dict.fromkeys(publishing.CHECKLIST, True)
        publishing.sign(dataset.pk, by=self.head, at=NOW, checklist=checklist)
        publishing.submit(dataset.pk, by=self.publisher, at=NOW)
        opening.publish(dataset.pk, by=self.operator, at=NOW)
        return binding

    def keys(self, number: int, *, app: App | None = None, by: User | None = None) -> list[str]:
        """Issue keys whose quotas are no hindrance, of the company's apps or another's."""
        by = by or self.developer
        held = app.keys.count() if app else keys.USABLE_KEYS
        issued = []
        for _number in range(number):
            if app is None or held == keys.USABLE_KEYS:
                app, held = self._app(by.memberships.get().organization, by), 0
            issued.append(keys.issue(app, by=by, at=NOW, expires_at=NOW + timedelta(days=1)))
            held += 1
        for one in issued:
            one.key.rate_per_minute = one.key.daily_quota = 1_000_000_000
            one.key.save()
        return [one.raw for one in issued]

    def _app(self, place: Organization, by: User) -> App:
        name = f"bench {App.objects.count() + 1}"
        return App.objects.create(organization=place, name=name, created_by=by, created_at=NOW)


@cache
def the_city(found: embedded.Services) -> City:
    """Return the one city of a run; its people cannot be made twice."""
    return City(found)
