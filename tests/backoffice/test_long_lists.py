"""Lists of thousands of rows ask the database no more often than lists of ten."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import notices
from accounts.models import Notice
from accounts.roles import Role
from catalog import indexing, revisions
from catalog.models import Dataset
from exchange import freshness
from exchange.models import RecordTable, ShareRequest, SyncRun, Zone
from exchange.sync import engine
from policy.terms import Grade
from tests.factories import accounts, catalog, exchange
from tests.factories.asked import asked_for
from tests.factories.bulk import FIRST, copies

pytestmark = pytest.mark.django_db
FEW, MANY = 10, 1000
DATA = "id,name\n1,a\n2,b\n"
LISTS = (
    ("admin:catalog_dataset_changelist", Role.OPERATOR),
    ("admin:catalog_dataset_changelist", Role.PUBLISHER),
    ("admin:catalog_revision_changelist", Role.OPERATOR),
    ("admin:exchange_syncrun_changelist", Role.OPERATOR),
    ("admin:accounts_notice_changelist", Role.SECURITY_ADMIN),
    ("admin:inbox", Role.PUBLISHER),
    ("admin:search", Role.OPERATOR),
    ("admin:search", Role.PUBLISHER),
    ("admin:deciding_desk", Role.OPERATOR),
    ("admin:deciding_desk", Role.REVIEWER),
    ("admin:index", Role.OPERATOR),
    ("admin:index", Role.PUBLISHER),
)


class House:
    """A department with one of each thing that lists show, and its copies."""

    def __init__(self) -> None:
        where = exchange.house()
        columns = (exchange.column("id", exchange.DataType.INTEGER, is_key=True),)
        columns += (exchange.column("name", grade=Grade.L2),)
        binding = exchange.csv_binding(where, DATA, columns)
        self.run = engine.sync(binding.pk)
        self.resource = binding.resource
        self.dataset = exchange.publish(where, binding.resource)
        self.table = RecordTable.objects.get(zone=Zone.SHARED)
        self.table.refreshed_at = exchange.NOW  # and so later than a daily one should be
        self.table.save()
        self.owner = self.dataset.owner
        field = binding.resource.fields.get(name="name")
        self.revision = revisions.propose_revision(
            self.dataset,
            {field.pk: {"grade": Grade.L1}},
            by=catalog.staff(Role.PUBLISHER, self.owner),
            at=catalog.NOW,
            reason="测试",
        )
        self.request = asked_for(self.dataset, field)
        notices.tell(
            "dataset.stale",
            organization=self.owner,
            target=self.dataset.address,
            at=catalog.NOW,
            dataset=self.dataset,
            day="2026-01-01",
        )
        self.notice = Notice.objects.filter(kind="dataset.stale").latest("pk")

    def grow(self, many: int, begin: int) -> None:
        """Add copies of everything, each entry with a revision that waits and a run."""
        place = {"begin": begin, "many": many}
        number = f"{begin} + i"
        name = {"slug": f"'copy-' || ({number})", "code": f"'X' || ({number})"}
        copies(self.dataset, **place, **name)
        copies(self.revision, **place, dataset_id=number)
        copies(self.resource, **place, dataset_id=number)
        copies(self.table, **place, resource_id=number, table_name=f"'copy_' || ({number})")
        copies(self.run, **place)
        copies(
            self.request,
            **place,
            state="'in_review'",
            due_step="'answer_conditional'",
            due_from="'2026-03-02T01:00:00Z'",
            due_on="'2026-03-16'",
        )
        copies(self.notice, **place, target=f"'dataset:' || ({number})")
        indexing.fill(at=catalog.NOW)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def asked(client, person, address: str) -> int:
    """Return how many queries a page takes, nothing kept from before."""
    cache.clear()
    client.force_login(person)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(reverse(address)).status_code == 200
    return len(seen)


def test_no_list_asks_more_often_for_a_thousand_rows_than_for_ten(client):
    house = House()
    people = {
        Role.OPERATOR: accounts.user(Role.OPERATOR),
        Role.SECURITY_ADMIN: accounts.user(Role.SECURITY_ADMIN),
        Role.PUBLISHER: catalog.staff(Role.PUBLISHER, house.owner),
        Role.REVIEWER: catalog.staff(Role.REVIEWER, house.owner),
    }
    house.grow(FEW, FIRST)
    few = {(address, role): asked(client, people[role], address) for address, role in LISTS}
    house.grow(MANY, FIRST + FEW)

    many = {(address, role): asked(client, people[role], address) for address, role in LISTS}

    assert Dataset.objects.count() > MANY
    assert freshness.late(timezone.now()).count() > MANY
    assert SyncRun.objects.count() > MANY
    assert ShareRequest.objects.with_provider().count() > MANY
    assert many == few
    assert max(many.values()) <= 60
