"""What departments and callers get wrong: a sentence that names it, and nothing lost."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from psycopg import sql

from accounts import keys
from catalog import publishing
from catalog.models import Dataset
from exchange import opening, problems, sources
from exchange.models import Binding, RejectedRow, RunState, SourceKind, SyncRun, Zone
from exchange.records import store
from exchange.records.statements import rows
from exchange.sync import engine, rejects
from policy.terms import DataType
from tests.factories import accounts, exchange
from tests.factories.exchange import NOW, column

pytestmark = pytest.mark.django_db

GOOD = "id,name,price\n" + "".join(f"{n},甲{n},{n}.5\n" for n in range(1, 21))
KEPT = {(n, f"甲{n}") for n in range(1, 21)}


def stored(binding: Binding) -> set[tuple]:
    table = store.live(binding.resource_id, Zone.SHARED)
    if table is None:
        return set()
    names = [sql.Identifier(c["column"]) for c in table.columns[:2]]
    return set(rows(sql.SQL("SELECT {}, {} FROM {}").format(*names, store.of(table))))


def fails(binding: Binding, problem: type[problems.Problem], *words: str) -> None:
    """Sync, read the sentence, and look at what is stored afterwards."""
    before = stored(binding)

    with pytest.raises(problem) as refusal:
        engine.sync(binding.pk)

    sentence = str(refusal.value)
    assert len(sentence) > 25
    assert all(word in sentence for word in words), sentence
    assert stored(binding) == before
    run = SyncRun.objects.filter(binding=binding).latest("pk")
    assert (run.state, run.problem_code, run.problem) == (
        RunState.FAILED,
        problem.code,
        sentence,
    )
    assert not rows(sql.SQL("SELECT 1 FROM pg_tables WHERE schemaname = 'staging'"))


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def synced(suffix: str = ".csv", **given) -> tuple[Binding, Path]:
    """Bind and sync the good file; returns its binding and path, for what comes after."""
    data = zipped(good=GOOD) if suffix == ".zip" else GOOD
    binding = exchange.csv_binding(exchange.house(), data, suffix=suffix, given=given)
    engine.sync(binding.pk)
    assert stored(binding) == KEPT
    return binding, Path(binding.object["path"])


@pytest.mark.parametrize(
    ("content", "problem", "words"),
    [
        (GOOD.encode("gb18030"), problems.FileBroken, ["utf-8", "gb18030"]),
        (GOOD.replace("name", "title").encode(), problems.HeaderMismatch, ["name", "title"]),
        (GOOD.replace("price", "name").encode(), problems.HeaderMismatch, ["price"]),
        (b"", problems.SourceEmpty, [".csv"]),
        (b"id,name,price\n", problems.SourceEmpty, [".csv"]),
        (GOOD.replace("甲7", '"甲7').encode(), problems.FileBroken, [".csv", "8"]),
    ],
    ids=["encoding", "header", "header-twice", "empty", "header-alone", "open-quote"],
)
def test_a_file_that_cannot_be_read_changes_nothing_and_says_why(content, problem, words):
    binding, path = synced()
    path.write_bytes(content)

    fails(binding, problem, *words)


def test_a_utf8_file_under_a_gb18030_binding_is_refused():
    binding = exchange.csv_binding(
        exchange.house(), GOOD.encode("gb18030"), given={"encoding": "gb18030"}
    )
    engine.sync(binding.pk)
    Path(binding.object["path"]).write_bytes(("﻿" + GOOD.replace("甲", "甲乙\u200b")).encode())

    with pytest.raises(problems.Problem):
        engine.sync(binding.pk)

    assert stored(binding) == KEPT


@pytest.mark.parametrize(
    ("suffix", "spoil"),
    [
        (".csv.gz", lambda raw: raw[: len(raw) // 2]),
        (".csv.gz", lambda _raw: b"no archive at all"),
        (".csv.gz", lambda raw: raw[:30] + bytes([raw[30] ^ 0xFF]) + raw[31:]),
        (".zip", lambda raw: raw[: len(raw) // 2]),
        (".zip", lambda raw: raw[:60] + b"\xff" * 20 + raw[80:]),
        (".zip", lambda _raw: b""),
    ],
    ids=["gz-cut", "gz-none", "gz-flipped", "zip-cut", "zip-flipped", "zip-empty"],
)
def test_a_broken_archive_changes_nothing(suffix, spoil: Callable[[bytes], bytes]):
    binding, path = synced(suffix)
    path.write_bytes(spoil(path.read_bytes()))

    fails(binding, problems.FileBroken, path.name)


def locked(raw: bytes) -> bytes:
    """Mark every member of an archive as encrypted, in its own head and in the list."""
    out = bytearray(raw)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(mark)
        out[at + flags] |= 1
    return bytes(out)


def test_an_archive_under_a_password_says_so_and_changes_nothing():
    binding, path = synced(".zip")
    path.write_bytes(locked(path.read_bytes()))

    fails(binding, problems.FileBroken, path.name)


def test_an_archive_without_a_matching_member_names_the_pattern():
    binding, path = synced(".zip", member="goo*")
    path.write_bytes(zipped(other=GOOD))

    fails(binding, problems.FileMissing, "goo*")


def test_a_missing_file_deletes_nothing():
    binding, path = synced()
    path.unlink()

    fails(binding, problems.FileMissing, path.name)


@pytest.mark.parametrize(
    "way",
    ["/etc/passwd", "{root}/../../../../etc/passwd", "{root}/link.csv", "{root}/linked/x.csv"],
)
def test_no_path_leads_out_of_the_folders_that_may_be_read(way, tmp_path):
    binding, _path = synced()
    root = exchange.intake()
    (tmp_path / "x.csv").write_text(GOOD)
    (root / "link.csv").unlink(missing_ok=True)
    (root / "linked").unlink(missing_ok=True)
    (root / "link.csv").symlink_to(tmp_path / "x.csv")
    (root / "linked").symlink_to(tmp_path)
    binding.object["path"] = way.format(root=root)
    binding.save()

    fails(binding, problems.PathNotAllowed, binding.object["path"], str(root))


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("x" * 10_000_000, "cell-too-long"),
        ("a\0b", "nul"),
    ],
    ids=["10-MB", "NUL"],
)
def test_a_cell_that_cannot_be_stored_is_set_aside_and_its_neighbours_come_through(cell, rule):
    binding, path = synced()
    path.write_text(GOOD + f"21,{cell},1\n22,new,1\n")

    run = engine.sync(binding.pk)

    assert (run.state, run.rejected, run.inserted) == (RunState.DONE, 1, 1)
    assert stored(binding) == KEPT | {(22, "new")}
    row = RejectedRow.objects.get()
    assert (row.rule, row.line) == (rule, 22)
    assert cell in rejects.opened(row).values()


def test_one_bad_byte_costs_one_row():
    binding, path = synced()
    path.write_bytes(GOOD.encode() + b"21,\xff\xfe,1\n22,new,1\n")

    run = engine.sync(binding.pk)

    assert (run.state, run.rejected) == (RunState.DONE, 1)
    assert RejectedRow.objects.get().rule == "encoding"
    assert stored(binding) == KEPT | {(22, "new")}


def test_the_line_of_a_rejected_row_counts_line_breaks_in_cells_and_empty_lines():
    binding, path = synced()
    path.write_text('id,name,price\n1,"a\nb\nc",1\n\n2,b,1\nx,c,1\n3,d\n')
    binding.max_rejected_percent = binding.max_shrink_percent = 100
    binding.save()

    run = engine.sync(binding.pk)

    assert (run.read, run.rejected) == (4, 2)
    kept = RejectedRow.objects.order_by("line")
    assert [(row.line, row.rule) for row in kept] == [(7, "type"), (8, "field-count")]


def test_repeated_keys_in_a_file_keep_the_first_and_tell_of_the_others():
    binding, path = synced()
    path.write_text(GOOD + "20,again,1\n")

    run = engine.sync(binding.pk)

    assert (run.duplicates, run.updated, run.deleted) == (1, 0, 0)
    assert stored(binding) == KEPT
    assert RejectedRow.objects.get().rule == "duplicate-key"


def test_too_many_rejected_rows_hold_the_run_back():
    binding, path = synced()
    path.write_text(GOOD + "".join(f"x{n},bad,1\n" for n in range(10)))

    run = engine.sync(binding.pk)

    assert (run.state, run.problem_code) == (RunState.HELD, "many-rejected")
    assert "10" in run.problem
    assert "30" in run.problem
    assert stored(binding) == KEPT


def test_a_source_that_refuses_the_sign_in_says_so(source):
    url = source("CREATE TABLE things (id bigint, name text, price numeric)")
    source("INSERT INTO things VALUES (1, 'a', 1)")
    binding = exchange.database_binding(exchange.house(), url)
    engine.sync(binding.pk)
    binding.source.settings["user"] = "nobody_here"
    binding.source.save()

    fails(binding, problems.PasswordRefused, binding.source.name, "nobody_here")


def test_a_table_the_user_may_not_read_names_the_right_it_wants(source):
    url = source("CREATE TABLE things (id bigint, name text, price numeric)")
    source("INSERT INTO things VALUES (1, 'a', 1)")
    binding = exchange.database_binding(exchange.house(), url)
    engine.sync(binding.pk)
    source("GRANT USAGE ON SCHEMA public TO city_worker")
    binding.source.settings["user"] = "city_worker"
    binding.source.save()

    fails(binding, problems.SourceRefused, binding.source.name, "SELECT")


@pytest.mark.parametrize(
    ("given", "columns", "word"),
    [
        ({"path": ""}, {1: "a"}, ""),
        ({"path": "/x.csv", "encoding": "latin-9"}, {1: "a"}, "latin-9"),
        ({"path": "/x.csv", "separator": "||"}, {1: "a"}, ""),
        ({"path": "/x.csv", "header": False, "width": 2}, {1: 2}, "width"),
        ({"path": "/x.csv", "header": False, "width": 2}, {1: "name"}, "width"),
    ],
)
def test_a_binding_that_cannot_work_is_refused_and_not_made(given, columns, word):
    where = exchange.house()
    resource = exchange.table(where)
    made = sources.create(
        where.department, name="files", kind=SourceKind.CSV, by=where.publisher, at=NOW
    )

    with pytest.raises(sources.SourceUnfit) as refusal:
        sources.bind(
            resource.pk, source=made, object=given, columns=columns, by=where.publisher, at=NOW
        )

    assert len(str(refusal.value)) >= 10
    assert word in str(refusal.value)
    assert not Binding.objects.exists()


def test_an_entry_with_an_ungraded_field_is_not_published_and_names_it():
    where = exchange.house()
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("mobile_number", grade=None),
    )
    resource = exchange.table(where, columns)
    pk = resource.dataset_id

    with pytest.raises(publishing.StepRefused) as refusal:
        publishing.sign(
            pk, by=where.head, at=NOW, checklist=dict.fromkeys(publishing.CHECKLIST, True)
        )
        publishing.submit(pk, by=where.publisher, at=NOW)
        opening.publish(pk, by=where.operator, at=NOW)

    assert "mobile_number" in str(refusal.value)
    assert Dataset.objects.get(pk=pk).state != Dataset.State.PUBLISHED
    assert store.live(resource.pk, Zone.OPEN) is None


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_key_that_has_ended_is_refused_with_its_own_reason(end):
    issued = accounts.api_key(at=exchange.now())
    if end == "revoked":
        keys.revoke(issued.key.pk, by=issued.key.app.created_by, at=exchange.now())
    else:
        issued = accounts.api_key(days=1)  # it ended long ago

    answer = Client().get("/api/v1/datasets", headers={"X-API-Key": issued.raw})

    body = answer.json()
    assert (answer.status_code, body["code"]) == (401, f"key-{end}")
    assert len(body["detail"]) > 10
    assert answer["WWW-Authenticate"]


def test_a_cursor_of_another_dataset_is_refused():
    where = exchange.house()
    links = []
    for _ in range(2):
        binding = exchange.csv_binding(where, GOOD)
        engine.sync(binding.pk)
        dataset = exchange.publish(where, binding.resource)
        path = f"/api/v1/datasets/{dataset.slug}/records"
        link = Client().get(path, {"limit": "3"}).json()["next"]
        links.append((path, link.split("cursor=")[1]))

    answer = Client().get(links[0][0], {"limit": "3", "cursor": links[1][1]})

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor-broken")
