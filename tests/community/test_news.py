"""What is told of followed datasets: what everybody could find out, and nothing besides."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from catalog import amending, resources, revisions
from catalog.models import Field, Resource
from catalog.terms import State
from community import news
from community.news import Change
from exchange import counted, file_verbs, opening
from exchange.models import RecordTable, Zone
from exchange.sync import engine
from policy.terms import DataType, Grade, OpenType
from tests.factories import accounts, catalog, community, exchange
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db
NOW = community.NOW
DAY = timedelta(days=1)
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("secret", grade=Grade.L4, open_type=OpenType.NOT_OPEN),
    column("ghost", grade=Grade.L4, open_type=OpenType.NOT_OPEN, concealed=True),
)
HEAD = "id,name,secret,ghost\n"


@pytest.fixture
def way():
    """A department, its binding, and what it published, with rows."""
    where = exchange.house()
    binding = exchange.csv_binding(where, f"{HEAD}1,a,s,g\n", COLUMNS)
    engine.sync(binding.pk, clock=lambda: NOW)
    return where, binding, exchange.publish(where, binding.resource)


def refresh(binding, rows: str, *, at) -> None:
    Path(binding.object["path"]).write_text(HEAD + rows, encoding="utf-8")
    engine.sync(binding.pk, clock=lambda: at)


def told(dataset, *, after=NOW, until=NOW + 30 * DAY) -> dict[Change, object]:
    found = news.latest([dataset.pk], after=after, until=until)
    return {one.change: one.at for one in found.get(dataset.pk, ())}


def field(dataset, name: str) -> Field:
    return Field.objects.get(resource__dataset=dataset, name=name)


def test_changed_rows_are_told_with_their_moment(way):
    _where, binding, dataset = way

    refresh(binding, "1,b,s,g\n", at=NOW + DAY)

    assert told(dataset) == {Change.ROWS: NOW + DAY}


def test_a_refresh_that_changed_nothing_for_the_public_is_not_told(way):
    _where, binding, dataset = way

    refresh(binding, "1,a,s,g\n", at=NOW + DAY)
    refresh(binding, "1,a,other,other\n", at=NOW + 2 * DAY)

    assert told(dataset) == {}


def test_a_field_that_went_is_told_and_a_concealed_one_is_not(way):
    where, _binding, dataset = way

    ghost, name = field(dataset, "ghost"), field(dataset, "name")
    opening.withdraw_field(ghost.pk, by=where.head, at=NOW + DAY, reason="不再采集")
    concealed = told(dataset)
    opening.withdraw_field(name.pk, by=where.head, at=NOW + 2 * DAY, reason="不再采集")

    assert concealed.get(Change.FIELDS) is None
    assert told(dataset)[Change.FIELDS] == NOW + 2 * DAY


def test_an_amended_description_is_told_and_one_that_waits_is_not(way):
    where, _binding, dataset = way
    proposed = amending.propose(
        dataset.pk, metadata={"abstract_en": "New."}, reason="更准确", by=where.publisher, at=NOW
    )
    amending.sign(proposed.pk, by=where.head, at=NOW)
    before = told(dataset)

    revisions.decide_revision(
        proposed.pk, by=where.operator, at=NOW + DAY, accept=True, reason="同意"
    )

    assert before == {}
    assert told(dataset) == {Change.ENTRY: NOW + DAY}


def test_an_amendment_of_a_concealed_field_alone_is_not_told(way):
    where, _binding, dataset = way
    ghost = field(dataset, "ghost")

    proposed = amending.propose(
        dataset.pk,
        fields={ghost.pk: {"label_zh": "别名"}},
        reason="更准确",
        by=where.publisher,
        at=NOW,
    )
    amending.sign(proposed.pk, by=where.head, at=NOW)
    revisions.decide_revision(
        proposed.pk, by=where.operator, at=NOW + DAY, accept=True, reason="同意"
    )

    assert told(dataset) == {}


def test_an_answer_is_told_and_a_comment_that_nobody_sees_is_not():
    dataset = catalog.dataset()

    community.comment(dataset, at=NOW + DAY)
    waiting = told(dataset)
    community.comment(dataset, answer="已更正。", at=NOW + 2 * DAY)

    assert waiting == {}
    assert told(dataset) == {Change.ANSWERED: NOW + 2 * DAY}


def test_of_a_withdrawn_dataset_only_that_is_told_with_its_day(way):
    where, binding, dataset = way
    refresh(binding, "1,b,s,g\n", at=NOW + DAY)

    opening.withdraw(dataset.pk, by=where.head, at=NOW + 2 * DAY, reason="停止更新")

    [one] = news.latest([dataset.pk], after=NOW, until=NOW + 30 * DAY)[dataset.pk]
    assert (one.change, one.at) == (Change.WITHDRAWN, NOW + 2 * DAY)
    with translation.override("en"):
        assert "2026-03-04" in one.sentence


def test_of_rows_that_are_open_by_counts_alone_nothing_is_told():
    where = exchange.house()
    binding = exchange.csv_binding(where, f"{HEAD}1,a,s,g\n", COLUMNS)
    dataset = binding.resource.dataset
    by_name = [(field(dataset, "name").pk, "")]
    counted.count_only(dataset.pk, by_name, reason="小数保护", by=where.operator, at=NOW)
    engine.sync(binding.pk, clock=lambda: NOW)
    exchange.publish(where, binding.resource)

    refresh(binding, "1,b,s,g\n2,c,s,g\n", at=NOW + DAY)

    assert RecordTable.objects.get(zone=Zone.OPEN, live=True).changed_at == NOW + DAY
    assert Change.ROWS not in told(dataset)


def handed_in(dataset) -> Resource:
    """Return a file that the entry was published with, closed to everyone."""
    return dataset.resources.get(kind=Resource.Kind.FILE)


def opened(file, where, *, at):
    file_verbs.open_file(file.pk, by=where.publisher, at=at, reason="公众需要")
    return file_verbs.release_version(file.versions.latest("number").pk, by=where.head, at=at)


@pytest.fixture
def with_file(settings, tmp_path):
    """Return how an entry with a closed file is made, by columns of its table."""
    settings.FILE_STORE, settings.PUBLIC_FILE_STORE = tmp_path / "files", tmp_path / "public"

    def made(columns=COLUMNS[:2]):
        where = exchange.house()
        return where, exchange.with_file(where, columns=columns, is_public=False)

    return made


def test_a_file_that_is_opened_and_one_in_a_newer_version_are_told(with_file):
    where, dataset = with_file()
    file = handed_in(dataset)

    opened(file, where, at=NOW + DAY)
    first = told(dataset)
    told_of = {"name": "b.csv", "by": where.publisher, "at": NOW + 2 * DAY}
    newer = resources.add_file_version(file.pk, stream=BytesIO(b"a\n2\n"), **told_of)
    waiting = told(dataset)
    file_verbs.release_version(newer.pk, by=where.head, at=NOW + 3 * DAY)

    assert first == waiting == {Change.FILES: NOW + DAY}
    assert told(dataset) == {Change.FILES: NOW + 3 * DAY}


def test_a_file_that_is_closed_is_told_and_one_that_was_never_given_is_not(with_file):
    where, dataset = with_file()
    file = handed_in(dataset)

    file_verbs.open_file(file.pk, by=where.publisher, at=NOW, reason="公众需要")
    file_verbs.close_file(file.pk, by=where.head, at=NOW + DAY, reason="收回")
    taken_back = told(dataset)
    opened(file, where, at=NOW + 2 * DAY)
    file_verbs.close_file(file.pk, by=where.head, at=NOW + 3 * DAY, reason="有误")
    closed = told(dataset)
    opened(file, where, at=NOW + 4 * DAY)

    assert taken_back == {}
    assert closed == {Change.CLOSED: NOW + 3 * DAY}
    assert told(dataset) == {Change.FILES: NOW + 4 * DAY}


@pytest.mark.parametrize(
    ("columns", "is_spoken_of"), [(COLUMNS[:3], True), ((*COLUMNS[:2], COLUMNS[3]), False)]
)
def test_of_a_file_that_nobody_is_given_no_version_is_told(with_file, columns, is_spoken_of):
    """Where a field is withheld; and where one is concealed the page says nothing of closing."""
    where, dataset = with_file(columns)
    file = handed_in(dataset)

    opened(file, where, at=NOW + DAY)
    let_out = told(dataset)
    file_verbs.close_file(file.pk, by=where.head, at=NOW + 2 * DAY, reason="有误")

    assert let_out == {}
    assert (Change.CLOSED in told(dataset)) == is_spoken_of


def test_a_time_has_its_end_and_its_beginning(way):
    _where, binding, dataset = way
    refresh(binding, "1,b,s,g\n", at=NOW + DAY)

    assert told(dataset, until=NOW + DAY) == {Change.ROWS: NOW + DAY}
    assert told(dataset, after=NOW + DAY) == {}
    assert told(dataset, until=NOW + DAY - timedelta(seconds=1)) == {}


def test_an_entry_that_was_never_published_tells_nothing():
    draft = catalog.dataset(State.IN_REVIEW)

    assert told(draft, after=NOW - 30 * DAY) == {}


def test_many_datasets_ask_as_many_queries_as_one():
    many = [catalog.dataset(owner=accounts.organization()) for _each in range(8)]
    for one in many:
        community.comment(one, answer="好", at=NOW + DAY)

    counts = []
    for some in (many[:1], many):
        with CaptureQueriesContext(connection) as asked:
            found = news.latest([one.pk for one in some], after=NOW, until=NOW + 2 * DAY)
        assert len(found) == len(some)
        counts.append(len(asked))

    assert counts == [7, 7]
