"""List pages of the back office with many entries and many reviews that wait."""

import statistics
import time
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.urls import reverse

from bench import catalogue
from bench.city import NOW, City, the_city
from bench.stage import Line
from catalog import indexing, revisions
from catalog.models import Dataset, Field
from config import embedded
from exchange.models import Binding, Purpose, ShareRequest
from exchange.sharing import asking
from exchange.sharing.contents import Terms
from exchange.sync import engine
from policy.terms import Grade, Mode

ENTRIES, REQUESTS, REVIEWS, CALLS = 10_000, 10_000, 1_000, 40
CEILING_MS = 300
LISTS = {
    "entries": "admin:catalog_dataset_changelist",
    "revisions": "admin:catalog_revision_changelist",
    "runs": "admin:exchange_syncrun_changelist",
    "requests": "admin:deciding_desk",
    "inbox": "admin:inbox",
    "search": "admin:search",
    "desk": "admin:index",
}
WAITING = """
UPDATE catalog_dataset SET state = 'in_review' WHERE id BETWEEN 1000001 AND 1000000 + %(reviews)s;
INSERT INTO catalog_revision SELECT made.* FROM catalog_revision r,
    generate_series(1, %(reviews)s) i, jsonb_populate_record(r, jsonb_build_object(
        'id', 1000000 + i, 'dataset_id', 1000000 + %(reviews)s + i)) made
WHERE r.id = %(revision)s;
INSERT INTO exchange_syncrun SELECT made.* FROM exchange_syncrun r,
    generate_series(1, %(reviews)s) i, jsonb_populate_record(r, jsonb_build_object(
        'id', 1000000 + i)) made
WHERE r.id = %(run)s;
INSERT INTO exchange_sharerequest SELECT made.* FROM exchange_sharerequest r,
    generate_series(1, %(requests)s) i, jsonb_populate_record(r, jsonb_build_object(
        'id', 1000000 + i, 'state', 'in_review', 'due_step', 'answer_conditional',
        'due_from', now(), 'due_on', current_date + i %% 40)) made
WHERE r.id = %(request)s;
ANALYZE;
"""


def measure(found: embedded.Services) -> list[Line]:
    """Measure each list as the operator sees it, whole pages without the network."""
    city = the_city(found)
    _fill(city)
    client = Client(headers={"host": "localhost"})
    client.force_login(city.operator)
    return [_line(name, client, reverse(address)) for name, address in LISTS.items()]


def _fill(city: City) -> None:
    binding = city.dataset(masked=("phone",))
    run = engine.sync(binding.pk)
    revision = _revision(city, binding)
    catalogue.build(city, ENTRIES)
    values = {"reviews": REVIEWS, "run": run.pk, "revision": revision.pk}
    values |= {"request": _request(city, binding).pk, "requests": REQUESTS}
    with connection.cursor() as cursor:
        cursor.execute(WAITING, values)
    waiting = Dataset.objects.filter(state=Dataset.State.IN_REVIEW)
    indexing.index_all(waiting.values_list("pk", flat=True), at=NOW)


def _revision(city: City, binding: Binding) -> revisions.Revision:
    field = Field.objects.get(resource=binding.resource, name="phone")
    return revisions.propose_revision(
        binding.resource.dataset,
        {field.pk: {"grade": Grade.L1}},
        by=city.publisher,
        at=NOW,
        reason="measured",
    )


def _request(city: City, binding: Binding) -> ShareRequest:
    """Let another department ask for a field, so that copies of it can wait."""
    clerk, head = city.asking()
    terms = Terms(
        purpose_class=Purpose.BASIS,
        purpose="measured",
        scene="measured",
        system="measured",
        mode=Mode.BULK,
        fields=[Field.objects.get(resource=binding.resource, name="phone").pk],
        wanted_from=NOW.date(),
        wanted_until=NOW.date() + timedelta(days=365),
        basis_text="measured",
    )
    place = clerk.memberships.get().organization
    draft = asking.draft(binding.resource.dataset_id, terms, organization=place, by=clerk, at=NOW)
    asking.submit(draft.pk, by=clerk, at=NOW)
    return asking.sign(draft.pk, vouched=True, by=head, at=NOW)


def _line(name: str, client: Client, address: str) -> Line:
    times = []
    for call in range(CALLS + 5):
        start = time.perf_counter()
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        if call >= 5:
            times.append((time.perf_counter() - start) * 1000)
    print(f"{name}: median {statistics.median(times):.0f} ms of {CALLS} calls")
    p95 = sorted(times)[int(len(times) * 0.95)]
    what = f"list of {name}, {ENTRIES:,} entries, p95"
    return Line(what, p95, "ms", "", CEILING_MS, lower_is_better=True)
