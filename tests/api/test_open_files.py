"""Files of entries: everybody is given what was opened, and told why of the rest."""

import base64
import hashlib
import io

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from audit import deliveries
from audit.models import Entry
from catalog import as_seen, files, resources
from catalog.models import Field, FileVersion
from exchange import counted, file_verbs, opening
from policy.terms import DataType, Grade, OpenType
from tests.databases import as_open_door
from tests.factories import accounts, catalog, exchange
from tests.factories.exchange import column
from tests.factories.market import EDGES

pytestmark = pytest.mark.django_db
TEXT, entry = exchange.FILE, exchange.with_file
OPEN = (column("id", DataType.INTEGER, is_key=True), column("name"))


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    settings.PUBLIC_FILE_STORE = str(tmp_path / "public")
    return tmp_path / "public"


def get(dataset, name="file_1", **headers):
    return Client(headers={"Accept-Language": "en"} | headers).get(
        f"/api/v1/datasets/{dataset.slug}/files/{name}"
    )


def refused(dataset, name="file_1"):
    answer = get(dataset, name)
    return answer.status_code, answer.json()["code"], answer.json()["detail"]


def test_an_opened_file_comes_whole_to_be_kept_and_never_to_be_shown():
    answer = get(entry(exchange.house()))

    assert answer.getvalue() == TEXT
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Length"] == str(len(TEXT))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["X-Content-Type-Options"] == "nosniff"
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()
    assert answer["Repr-Digest"] == f"sha-256=:{digest}:"


def test_every_kind_that_is_taken_has_a_type_and_none_that_a_page_would_run():
    unnamed = set(files.KINDS) - set(files.MEDIA_TYPES)

    assert unnamed == {".wps", ".et"}
    assert not {"text/html", "image/svg+xml", "application/xhtml+xml"} & set(
        files.MEDIA_TYPES.values()
    )


def test_a_file_that_nobody_opened_is_withheld_with_the_reason():
    status, code, detail = refused(entry(exchange.house(), is_public=False))

    assert (status, code) == (403, "file-withheld")
    assert "has not opened this file" in detail


@pytest.mark.parametrize(
    "terms",
    [
        {"grade": Grade.L2, "open_type": OpenType.CONDITIONAL},
        {"grade": Grade.L3, "mask": EDGES},
        {"grade": Grade.L4, "open_type": OpenType.NOT_OPEN},
    ],
)
def test_where_a_field_is_kept_back_so_is_every_file(terms):
    status, code, detail = refused(entry(exchange.house(), columns=(*OPEN, column("x", **terms))))

    assert (status, code) == (403, "file-withheld")
    assert "masked, withheld or given under a grant" in detail


def test_beside_a_table_that_is_open_as_a_whole_a_file_is_given():
    answer = get(entry(exchange.house(), columns=OPEN))

    assert answer.getvalue() == TEXT


def test_a_line_on_the_whole_entry_bars_its_files():
    dataset = entry(exchange.house())
    line = catalog.negative_line(dataset, [], from_on=catalog.TODAY)

    status, code, detail = refused(dataset)

    assert (status, code) == (403, "file-withheld")
    assert f"Line {line.number}" in detail


def test_the_newest_version_is_given_and_no_older_one():
    where = exchange.house()
    dataset = entry(where)
    newer = resources.add_file_version(
        dataset.resources.get().pk,
        name="年鉴.csv",
        stream=io.BytesIO(b"a\n2\n"),
        by=where.publisher,
        at=timezone.now(),
    )
    file_verbs.release_version(newer.pk, by=where.head, at=timezone.now())

    assert get(dataset).getvalue() == b"a\n2\n"


def test_what_is_withdrawn_or_not_there_is_not_given():
    where = exchange.house()
    dataset = entry(where)
    assert refused(dataset, "file_2")[:2] == (404, "file-unknown")

    opening.withdraw(dataset.pk, by=where.operator, at=timezone.now(), reason="x")

    assert refused(dataset)[:2] == (410, "dataset-withdrawn")


def test_bytes_that_are_lost_are_no_fault_and_said(store):
    dataset = entry(exchange.house())
    for path in store.rglob("*"):
        if path.is_file():
            path.unlink()

    assert refused(dataset)[:2] == (503, "file-unreadable")


def test_the_role_of_the_open_door_sees_the_files_that_were_opened_alone():
    where = exchange.house()
    opened, closed = entry(where), entry(where, columns=OPEN, is_public=False)

    with as_open_door():
        seen = FileVersion.objects.values_list("resource__dataset_id", "added_by_id", "note")
        told = list(seen)
        whole = get(opened).getvalue()

    assert told == [(opened.pk, None, None)]
    assert whole == TEXT
    assert refused(closed)[:2] == (403, "file-withheld")


def test_a_file_counts_as_a_whole_download(monkeypatch):
    noted = []
    monkeypatch.setattr(deliveries, "note", lambda **told: noted.append(told))
    dataset = entry(exchange.house())

    get(dataset).close()

    [told] = noted
    assert (told["mode"], told["dataset"]) == ("bulk", f"dataset:{dataset.pk}")
    assert (told["rows"], told["bytes"]) == (0, len(TEXT))


def test_the_description_lists_files_with_digest_or_reason():
    where = exchange.house()
    dataset, closed = entry(where), entry(where, columns=OPEN, is_public=False)
    client = Client(headers={"Accept-Language": "en"})

    [told] = client.get(f"/api/v1/datasets/{dataset.slug}").json()["files"]
    [other] = client.get(f"/api/v1/datasets/{closed.slug}").json()["files"]

    assert told["sha256"] == hashlib.sha256(TEXT).hexdigest()
    assert (told["bytes"], told["file_name"], told["withheld"]) == (len(TEXT), "年鉴.csv", None)
    assert told["url"].endswith(f"/api/v1/datasets/{dataset.slug}/files/file_1")
    assert other["url"] is None
    assert "has not opened" in other["withheld"]


def test_that_a_file_is_open_is_in_what_a_reviewer_decides_on_and_in_the_record():
    where = exchange.house()
    dataset = entry(where)
    before = as_seen.digest(dataset)

    dataset.resources.update(is_public=False)

    assert as_seen.digest(dataset) != before
    target = f"resource:{dataset.resources.get().pk}"
    made = Entry.objects.get(verb="resource.create", target=target)
    assert made.details["is_public"] is True


def test_a_concealed_field_keeps_a_file_back_at_every_door_and_is_not_told_of():
    ghost = column("ghost", grade=Grade.L4, open_type=OpenType.NOT_OPEN, concealed=True)
    dataset = entry(exchange.house(), columns=(*OPEN, ghost))
    not_opened = entry(exchange.house(), columns=OPEN, is_public=False)

    everywhere = refused(dataset)
    with as_open_door():
        at_the_open_door = refused(dataset)
        versions = FileVersion.objects.filter(resource__dataset=dataset.pk).count()

    assert everywhere == at_the_open_door == refused(not_opened)
    assert everywhere[:2] == (403, "file-withheld")
    assert versions == 0


def test_a_dataset_that_is_open_by_counts_alone_gives_no_file():
    dataset = entry(exchange.house(), columns=OPEN)
    assert get(dataset).getvalue() == TEXT
    name = Field.objects.get(resource__dataset=dataset, name="name")
    head = accounts.user(Role.HEAD, dataset.owner)

    counted.count_only(dataset.pk, [(name.pk, "")], reason="few", by=head, at=exchange.NOW)

    assert refused(dataset)[:2] == (403, "file-withheld")


def test_a_key_for_other_datasets_gets_no_file():
    dataset, other = entry(exchange.house()), entry(exchange.house(), columns=OPEN)
    key = accounts.api_key(at=exchange.now(), datasets=str(other.pk))

    answer = get(dataset, **{"X-API-Key": key.raw})

    assert (answer.status_code, answer.json()["code"]) == (403, "key-not-for-dataset")
