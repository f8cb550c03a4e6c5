"""What an entry offers beside its table: files in versions, interfaces, links."""

import io
from datetime import timedelta

import pytest

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog import files, resources
from catalog.defects import publication_defects
from catalog.models import FileVersion, Resource
from catalog.refusals import EntryRefused, FileRefused, StepRefused
from catalog.terms import ResourceKind, State
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, staff
from tests.factories.workbooks import with_part, xlsx

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    return tmp_path / "files"


def stored(store) -> list[str]:
    return sorted(path.name for path in store.rglob("*") if path.is_file())


def publisher_of(made):
    return staff(Role.PUBLISHER, made.owner)


def add(made, data=b"a,b\n1,2\n", name="data.csv", **over):
    return resources.add_file(
        made.pk,
        title_zh="文件",
        name=name,
        stream=io.BytesIO(data),
        **{"by": publisher_of(made), "at": NOW} | over,
    )


def test_a_file_is_kept_under_its_digest_as_version_1(store):
    made = dataset(State.DRAFT)

    file = add(made, note="first")

    version = file.versions.get()
    assert (file.kind, version.number, version.original_name) == ("file", 1, "data.csv")
    assert (version.size, version.note) == (8, "first")
    assert stored(store) == [version.sha256]
    assert files.kept(version.sha256) == b"a,b\n1,2\n"


def test_a_newer_version_stands_beside_the_older_one():
    made = dataset(State.DRAFT)
    file, by = add(made), publisher_of(made)

    newer = resources.add_file_version(
        file.pk, name="data.csv", stream=io.BytesIO(b"a,b\n3,4\n"), by=by, at=LATER
    )

    assert newer.number == 2
    _version, old = resources.fetch(file.versions.get(number=1).pk, by=by, at=LATER)
    assert old == b"a,b\n1,2\n"


def test_a_published_file_takes_new_versions_and_a_withdrawn_one_none():
    made = dataset(State.DRAFT)
    file, by = add(made), publisher_of(made)
    made.refresh_from_db()
    type(made).objects.filter(pk=made.pk).update(code="x")

    def newer(data):
        return resources.add_file_version(
            file.pk, name="data.csv", stream=io.BytesIO(data), by=by, at=LATER
        )

    _bring(made, State.PUBLISHED)
    assert newer(b"a\n1\n").number == 2

    _bring(made, State.WITHDRAWN)
    with pytest.raises(StepRefused, match="only when"):
        newer(b"a\n2\n")


def _bring(made, state):
    """Set the state alone; what leads there is another test's."""
    type(made).objects.filter(pk=made.pk).update(
        state=state,
        signed_at=NOW,
        signed_by=made.created_by,
        submitted_at=NOW,
        submitted_by=made.created_by,
        published_at=NOW,
        published_by=accounts.user(Role.OPERATOR),
        withdrawn_at=NOW,
        withdrawn_by=made.created_by,
        withdrawn_reason="x",
    )


def test_the_same_bytes_are_no_new_version():
    made = dataset(State.DRAFT)
    file = add(made)

    with pytest.raises(EntryRefused, match="same as version 1"):
        resources.add_file_version(
            file.pk,
            name="other.csv",
            stream=io.BytesIO(b"a,b\n1,2\n"),
            by=publisher_of(made),
            at=LATER,
        )


PLAIN = xlsx([["a"], [1]])
REFUSED = {
    "another kind": (b"MZ\x90", "tool.exe", "not offered here"),
    "no kind": (b"abc", "README", "not offered here"),
    "a page called pdf": (b"<html>", "a.pdf", "not what its name says"),
    "bytes called csv": (b"\0\1\2", "a.csv", "not what its name says"),
    "macros": (with_part(PLAIN, "xl/vbaProject.bin", b"x"), "a.xlsx", "macros"),
    "bomb": (with_part(PLAIN, "xl/b.xml", b" " * 30_000_000), "a.xlsx", "200 times"),
    "cut off": (PLAIN[:400], "a.xlsx", "cut off"),
    "empty": (b"", "a.csv", "is empty"),
}


@pytest.mark.parametrize(("data", "name", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_offered_is_refused_and_nothing_is_kept(data, name, sentence, store):
    made = dataset(State.DRAFT)

    with pytest.raises(FileRefused, match=sentence):
        add(made, data, name)

    assert not Resource.objects.filter(kind=ResourceKind.FILE).exists()
    assert stored(store) == []


def test_a_file_that_is_too_large_is_refused(settings, store):
    settings.UPLOAD_MB = 1

    with pytest.raises(FileRefused, match="more than 1 MB"):
        add(dataset(State.DRAFT), b"a" * 1_000_001)

    assert stored(store) == []


def test_a_path_in_a_file_name_leads_nowhere(store, tmp_path):
    made = dataset(State.DRAFT)

    file = add(made, name="../../..\\evil/data.csv")

    assert file.versions.get().original_name == "data.csv"
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_what_is_no_digest_has_no_place():
    with pytest.raises(ValueError, match="passwd"):
        files.place("../../etc/passwd")


def test_only_the_providers_people_fetch_a_file_and_each_time_is_written_down():
    made = dataset(State.DRAFT)
    version = add(made).versions.get()

    with pytest.raises(NotAllowed):
        resources.fetch(version.pk, by=accounts.user(Role.PUBLISHER), at=LATER)
    resources.fetch(version.pk, by=publisher_of(made), at=LATER)

    assert Entry.objects.filter(verb="resource.download").count() == 1


def test_a_file_that_the_store_lost_is_told_of(store):
    made = dataset(State.DRAFT)
    version = add(made).versions.get()
    files.place(version.sha256).write_bytes(b"altered")

    with pytest.raises(FileRefused, match="no longer in the store"):
        resources.fetch(version.pk, by=publisher_of(made), at=LATER)


def test_an_interface_is_registered_with_its_description():
    made = dataset(State.DRAFT)

    api = resources.add_api(
        made.pk,
        title_zh="查询接口",
        url="https://data.example/api",
        method="POST",
        document='{"openapi": "3.1.0"}',
        description_zh="按编号查询。",
        by=publisher_of(made),
        at=NOW,
    )

    assert (api.kind, api.api.method, api.api.auth) == ("api", "POST", "key")
    assert api.api.description == "按编号查询。"


@pytest.mark.parametrize("document", ['{"a": 1}', "just words", '{"openapi": '])
def test_what_is_no_openapi_document_is_refused(document):
    made = dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="OpenAPI"):
        resources.add_api(
            made.pk,
            title_zh="接口",
            url="https://data.example/api",
            document=document,
            by=publisher_of(made),
            at=NOW,
        )

    assert not Resource.objects.filter(kind=ResourceKind.API).exists()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://a.example", "https://", "//a", "https://u:p@a.example"]
)
def test_only_an_address_of_the_web_is_a_link(url):
    made = dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="no address that people can open"):
        resources.add_link(made.pk, title_zh="链接", url=url, by=publisher_of(made), at=NOW)


def test_what_ends_stays_with_its_day_and_cannot_end_twice():
    made = dataset(State.DRAFT)
    by = publisher_of(made)
    link = resources.add_link(made.pk, title_zh="链接", url="https://a.example/", by=by, at=NOW)

    resources.end_resource(link.pk, by=by, at=LATER)

    assert link not in made.resources.live()
    assert Resource.objects.get(pk=link.pk).ended_at == LATER
    with pytest.raises(StepRefused, match="has ended"):
        resources.end_resource(link.pk, by=by, at=LATER)


def test_the_table_of_an_entry_does_not_end():
    made = dataset(State.DRAFT)

    with pytest.raises(EntryRefused, match="stays"):
        resources.end_resource(made.resources.get().pk, by=publisher_of(made), at=NOW)


def test_an_entry_in_review_takes_nothing_new():
    made = dataset(State.IN_REVIEW)

    with pytest.raises(StepRefused, match="only when"):
        add(made)

    assert not FileVersion.objects.exists()


def test_an_entry_without_a_table_is_complete_with_a_link():
    made = dataset(State.DRAFT)
    made.resources.get().fields.all().delete()
    made.resources.all().delete()
    assert [one.code for one in publication_defects(made)] == ["no-resource"]

    by = publisher_of(made)
    link = resources.add_link(made.pk, title_zh="链接", url="https://a.example/", by=by, at=NOW)

    assert publication_defects(made) == []
    resources.end_resource(link.pk, by=by, at=LATER)
    assert [one.code for one in publication_defects(made)] == ["no-resource"]
