"""From source to dataset in one sitting, at the pages that people click through."""

import io
import re

import psycopg
import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Notice
from accounts.roles import Role
from catalog import publishing
from catalog.models import Dataset, Field
from exchange import sources, tasks, workers
from exchange.connectors import files
from exchange.models import Binding, RecordTable, Source, SourceKind, SyncRun
from policy.terms import Grade, OpenType
from tests.exchange.test_proposals import people
from tests.factories import accounts, exchange, sheets

pytestmark = pytest.mark.django_db
NOW = exchange.NOW


@pytest.fixture(autouse=True)
def _own_intake(settings, tmp_path):
    """Give each test folders of its own."""
    settings.FILE_ROOTS = [str(tmp_path / "intake")]


WORDS = {
    "title_zh": "人员登记",
    "abstract_zh": "测试用的合成数据。",
    "update_cycle": "daily",
    "license": "CC-BY-4.0",
    "contact": "0000-00000000",
    "share_condition_zh": "仅限核验",
    "extensions": "",
}


class Clerk:
    """A publisher at the browser, who counts every step."""

    def __init__(self, desk) -> None:
        self.client, self.steps, self.place, self.page = desk.client, 0, "", ""

    def go(self, name: str, *args, query: str = "") -> str:
        """Follow a link."""
        return self._took(self.client.get(reverse(f"admin:{name}", args=args) + query))

    def follow(self, text: str) -> str:
        """Follow a link of the page by a part of its address."""
        found = re.search(rf'href="([^"]*{text}[^"]*)"', self.page)
        assert found, text
        return self._took(self.client.get(found[1].replace("&amp;", "&")))

    def send(self, place: str = "", **told) -> str:
        """Send a form of the page."""
        return self._took(self.client.post(place or self.place, told, follow=True))

    def _took(self, answer) -> str:
        self.steps += 1
        assert answer.status_code == 200, answer.status_code
        self.place = answer.redirect_chain[-1][0] if getattr(answer, "redirect_chain", ()) else ""
        self.place = self.place or answer.request["PATH_INFO"] + (
            f"?{answer.request['QUERY_STRING']}" if answer.request["QUERY_STRING"] else ""
        )
        self.page = answer.content.decode()
        return self.page

    def proposed(self) -> dict[str, str]:
        """Return the form of fields as the page proposes it."""
        response = self.client.get(self.place)
        told = {}
        for row in response.context["rows"]:
            for name, value in row.initial.items():
                if value not in (None, False, ""):
                    told[row.add_prefix(name)] = "on" if value is True else str(value)
        about = response.context["about"]
        told |= {name: about[name].value() or "" for name in about.fields}
        return told


@pytest.fixture
def trial_at_once(monkeypatch):
    """Let the worker be here."""
    monkeypatch.setattr(tasks.trial, "delay", tasks.trial)


@pytest.fixture
def where():
    return exchange.house()


@pytest.fixture
def clerk(where, at_desk):
    return Clerk(at_desk(where.publisher))


def said(page: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2] or page).split())


def finish(clerk: Clerk, dataset: Dataset) -> None:
    """Take a draft from its words to the head's desk."""
    clerk.send(**WORDS)
    assert "errorlist" not in clerk.page, said(clerk.page.partition("errorlist")[2][:300])
    clerk.follow("/trial/")
    clerk.send(reverse("admin:sitting_run_trial", args=[dataset.pk]))
    clerk.follow("/ready/")
    clerk.send()


def test_a_workbook_becomes_an_entry_that_waits_for_signature_in_under_fifteen_steps(
    clerk, where, trial_at_once
):
    clerk.go("sitting")
    clerk.follow("/add/excel/")
    clerk.send(name="表格", organization=where.department.pk, time_zone="Asia/Shanghai")
    source = Source.objects.get()
    upload = reverse("admin:sitting_upload", args=[source.pk])
    sample = clerk.send(upload, file=SimpleUploadedFile("人员 登记.xlsx", people()))
    fields = clerk.follow("/fields/")
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()
    finish(clerk, dataset)

    assert "身份证号" in sample
    assert "59 of 60 values pass the resident-ID checksum." in fields
    assert "waits for the signature" in said(clerk.page)
    assert "Waiting for the signature of the head" in said(clerk.page)
    assert "Send to the head" not in clerk.page + clerk.go("sitting_trial", dataset.pk)
    assert Notice.objects.filter(kind="dataset.signable", target=dataset.address).exists()
    assert SyncRun.objects.get().accepted == 59
    assert "59 of 60 rows" in clerk.go("sitting_ready", dataset.pk)
    assert not RecordTable.objects.exists()
    person = Field.objects.get(name="shenfenzhenghao")
    assert (person.grade, person.open_type) == (Grade.L3, OpenType.NOT_OPEN)
    assert person.grade_reason
    assert clerk.steps < 15


def test_a_database_table_becomes_an_entry_that_waits_for_signature_in_under_fifteen_steps(
    clerk, where, source, trial_at_once
):
    url = source(
        "CREATE TABLE things (id bigint PRIMARY KEY, name text, updated_at timestamptz)",
        "INSERT INTO things SELECT n, 'thing', now() FROM generate_series(1, 40) n",
    )
    parts = psycopg.conninfo.conninfo_to_dict(url)
    sources.allow_host(parts["host"], 5432, by=where.system, at=NOW)

    clerk.go("sitting")
    clerk.follow("/add/postgresql/")
    clerk.send(
        name="registry",
        organization=where.department.pk,
        host=parts["host"],
        port=5432,
        database=parts["dbname"],
        user=parts["user"],
        password="not asked for",
        time_zone="Asia/Shanghai",
    )
    clerk.follow("table=things")
    clerk.follow("/fields/")
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()
    finish(clerk, dataset)

    assert "waits for the signature" in said(clerk.page)
    assert SyncRun.objects.get().accepted == 40
    assert list(Field.objects.filter(is_key=True).values_list("name", flat=True)) == ["id"]
    assert clerk.steps < 15


def connected(where, kind=SourceKind.EXCEL) -> Source:
    return sources.create(where.department, name="files", kind=kind, by=where.publisher, at=NOW)


def laid(where, data: bytes, name: str = "t.xlsx") -> str:
    """Lay a file into the department's folder and return the query that names it."""
    folder = files.roots()[0] / where.department.slug
    return f"?path={sheets.put(data, folder=folder, name=name)}"


def test_a_choice_that_shows_more_needs_its_reason_and_makes_nothing_without(clerk, where):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    told = clerk.proposed() | {"1-grade": "1", "1-open_type": "unconditional"}

    refused = clerk.send(**told)
    made_nothing = not Dataset.objects.exists() and not Binding.objects.exists()
    clerk.send(
        f"{reverse('admin:sitting_fields', args=[source.pk])}{laid(where, people())}",
        **told,
        **{"1-reason": "只是样例编号"},
    )

    assert "shenfenzhenghao" in refused
    assert "Say why" in refused
    assert made_nothing
    assert Field.objects.get(name="shenfenzhenghao").grade_reason == "只是样例编号"


def test_one_value_is_set_for_all_chosen_fields_at_once_without_javascript(clerk, where):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    told = clerk.proposed()
    del told["0-take"]

    page = clerk.client.post(clerk.place, {**told, "bulk": "1", "bulk_open_type": "not_open"})

    values = [row["open_type"].value() for row in page.context["rows"]]
    assert values == ["unconditional", *["not_open"] * 7]
    assert not Dataset.objects.exists()


def test_a_preview_shows_what_is_withheld_as_withheld_with_its_reason(clerk, where):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()

    public = clerk.go("sitting_preview", dataset.pk, query="?as=public")
    granted = clerk.go("sitting_preview", dataset.pk, query="?as=granted")
    department = clerk.go("sitting_preview", dataset.pk, query="?as=department")

    assert "13800000001" not in public + granted + department
    assert "138****0001" not in public
    assert "withheld" in public
    assert "00001" in public
    assert "ask for a grant" in department


def test_a_preview_leaves_out_what_the_trial_turns_away_and_says_how_many(clerk, where):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    clerk.send(**clerk.proposed())

    page = said(clerk.go("sitting_preview", Dataset.objects.get().pk, query="?as=department"))

    assert "Of the first 20 rows, 1 would be turned away" in page
    assert "no resident ID number · 身份证号 · 1" in page
    assert "00001" in page


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (lambda: sheets.workbook((("a", "b", "b"), (1, 2, 3))), "a name of its own"),
        (lambda: sheets.workbook(((1, 2), (3, 4))), "No header"),
        (lambda: b"PK\x03\x04 cut off", "damaged"),
    ],
    ids=["twice", "no-header", "damaged"],
)
def test_a_sheet_that_cannot_be_read_says_why_and_makes_nothing(clerk, where, data, word):
    source = connected(where)

    page = clerk.go("sitting_look", source.pk, query=laid(where, data()))

    assert word in page
    assert "/fields/?" not in page
    assert not Dataset.objects.exists()


BARE = "".join(f"{n:05},张{n},138000{n:05}\n" for n in range(1, 41))


def test_a_file_whose_first_row_is_data_becomes_a_draft_that_is_read_by_positions(
    clerk, where, trial_at_once
):
    source = connected(where, SourceKind.CSV)
    query = laid(where, BARE.encode(), "bare.csv")

    clerk.go("sitting_look", source.pk, query=query)
    numbered = clerk.go("sitting_look", source.pk, query=f"{query}&header=no")
    named = clerk.go("sitting_look", source.pk, query=f"{query}&header=no&titles=编号，姓名")
    clerk.follow("/fields/")
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()
    clerk.send(reverse("admin:sitting_run_trial", args=[dataset.pk]))

    assert "field_1" in numbered
    assert "00001" in numbered
    assert all(f">{title}<" in named for title in ("编号", "姓名", "field_3"))
    binding = Binding.objects.get()
    assert (binding.object["header"], binding.object["width"]) == (False, 3)
    assert sorted(binding.columns.values()) == [0, 1, 2]
    fields = Field.objects.order_by("position").values_list("name", "label_zh")
    assert list(fields) == [("bianhao", "编号"), ("xingming", "姓名"), ("field_3", "field 3")]
    assert SyncRun.objects.get().accepted == 40


def test_chosen_columns_of_a_file_without_a_header_keep_their_places(clerk, where):
    source = connected(where, SourceKind.CSV)
    query = laid(where, BARE.encode(), "bare.csv")
    clerk.go("sitting_fields", source.pk, query=f"{query}&header=no")
    told = clerk.proposed()
    del told["1-take"]

    clerk.send(**told)
    preview = clerk.go("sitting_preview", Dataset.objects.get().pk, query="?as=public")

    assert sorted(Binding.objects.get().columns.values()) == [0, 2]
    assert "00001" in preview
    assert "张1" not in preview


def test_more_names_than_columns_are_told_of_where_the_rows_would_stand(clerk, where):
    source = connected(where, SourceKind.CSV)
    query = laid(where, b"1,2\n3,4\n", "bare.csv")

    page = clerk.go("sitting_look", source.pk, query=f"{query}&header=no&titles=a,b,c")

    assert "You gave 3 names" in page
    assert "/fields/?" not in page


def test_formulas_without_a_value_and_hidden_rows_are_told_of_where_the_rows_stand(clerk, where):
    def odd(page) -> None:
        page["C3"] = "=1+1"
        page.row_dimensions[2].hidden = True

    query = laid(where, sheets.workbook(then=odd))

    page = clerk.go("sitting_look", connected(where).pk, query=query)

    assert "formulas without a stored value and count as empty: C3" in page
    assert "Hidden rows are read like all others: 2" in page


@pytest.mark.parametrize("step", ["look", "fields"])
@pytest.mark.parametrize("asked", ["", "?path=&sheet=a", "?header_row=" + "9" * 5000])
def test_an_address_cut_short_leads_back_to_the_list(clerk, where, step, asked):
    source = connected(where, SourceKind.CSV)

    answer = clerk.client.get(reverse(f"admin:sitting_{step}", args=[source.pk]) + asked)

    page = clerk.client.get(answer.url) if answer.status_code == 302 else answer
    assert "Choose one from the list" in page.content.decode()


def test_an_empty_file_is_called_empty(clerk, where):
    source = connected(where, SourceKind.CSV)

    page = clerk.send(
        reverse("admin:sitting_upload", args=[source.pk]),
        file=SimpleUploadedFile("empty.csv", b""),
    )

    assert "“empty.csv” is empty" in page


PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))


@pytest.mark.parametrize(
    ("kind", "name", "advice", "other"),
    [(SourceKind.CSV, "a.csv", "as CSV", "XLSX"), (SourceKind.EXCEL, "a.xlsx", "as XLSX", "CSV")],
)
def test_a_file_that_is_not_what_its_name_says_is_told_what_this_source_takes(
    clerk, where, kind, name, advice, other
):
    source = connected(where, kind)

    answer = clerk.client.post(
        reverse("admin:sitting_upload", args=[source.pk]),
        {"file": SimpleUploadedFile(name, PICTURE)},
    )

    [told] = map(str, get_messages(answer.wsgi_request))
    assert "not what its name says" in told
    assert advice in told
    assert other not in told


def test_a_picture_that_lies_in_the_folder_as_a_csv_is_looked_at_without_a_fault(clerk, where):
    source = connected(where, SourceKind.CSV)

    page = clerk.go("sitting_look", source.pk, query=laid(where, PICTURE, "fake.csv"))

    assert 'class="refusal"' in page


def test_a_sheet_that_vanished_says_which_there_are(clerk, where):
    query = laid(where, sheets.workbook(sheet="甲"))

    page = clerk.go("sitting_look", connected(where).pk, query=f"{query}&sheet=乙")

    assert "甲" in page
    assert "乙" in page


@pytest.mark.parametrize("replace", [False, True])
def test_an_upload_of_the_same_name_replaces_only_where_one_says_so(clerk, where, replace):
    source = connected(where)
    laid(where, b"old")
    place = reverse("admin:sitting_upload", args=[source.pk])
    told = {"file": SimpleUploadedFile("t.xlsx", sheets.workbook())}

    page = clerk.send(place, **told, **({"replace": "on"} if replace else {}))

    kept = (files.roots()[0] / where.department.slug / "t.xlsx").read_bytes()
    assert (kept != b"old") is replace
    assert ("already" in page) is not replace


def test_the_form_of_a_source_asks_only_what_its_kind_has(clerk):
    excel = clerk.go("sitting_add", "excel")
    database = clerk.go("sitting_add", "postgresql")

    assert 'name="host"' not in excel
    assert 'name="password"' not in excel
    assert 'name="host"' in database


def test_a_source_for_another_department_is_not_made(clerk, where):
    other = accounts.organization()
    clerk.go("sitting_add", "excel")

    page = clerk.send(name="x", organization=other.pk, time_zone="Asia/Shanghai")

    assert "errorlist" in page
    assert not Source.objects.exists()


def test_a_host_that_is_not_allowed_is_said_where_the_tables_would_stand(clerk, where):
    clerk.go("sitting_add", "postgresql")

    page = clerk.send(
        name="x",
        organization=where.department.pk,
        host="db.other.example",
        port=5432,
        database="d",
        user="u",
        time_zone="Asia/Shanghai",
    )

    assert "db.other.example:5432" in page
    assert "system administrator" in page


def test_another_departments_source_and_draft_are_closed(clerk, where, at_desk):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()
    stranger = at_desk(accounts.user(Role.PUBLISHER)).client
    head = at_desk(where.head).client

    for client in (stranger, head):
        for name, number in (
            ("sitting_objects", source.pk),
            ("sitting_look", source.pk),
            ("sitting_fields", source.pk),
            ("sitting_about", dataset.pk),
            ("sitting_preview", dataset.pk),
            ("sitting_trial", dataset.pk),
            ("sitting_ready", dataset.pk),
        ):
            assert client.get(reverse(f"admin:{name}", args=[number])).status_code == 403, name
        upload = reverse("admin:sitting_upload", args=[source.pk])
        assert client.post(upload, {"file": io.BytesIO(b"x")}).status_code == 403


def test_a_draft_is_left_and_taken_up_again(clerk, where):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()

    clerk.go("sitting")
    about = clerk.follow(f"/{dataset.pk}/about/")
    ready = clerk.go("sitting_ready", dataset.pk)

    assert 'aria-current="step"' in about
    assert "The contact is missing." in ready
    assert "Send to the head" not in ready


def test_the_draft_made_again_after_going_back_leads_to_the_one_that_is_there(clerk, where):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    fields, told = clerk.place, clerk.proposed()
    clerk.send(**told)
    dataset = Dataset.objects.get()

    clerk.send(fields, **told)

    assert Dataset.objects.count() == 1
    assert reverse("admin:catalog_dataset_change", args=[dataset.pk]) in clerk.page
    assert "A draft of this address was made before" in clerk.page


def test_an_incomplete_draft_is_not_laid_before_the_head(clerk, where):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()

    page = clerk.send(reverse("admin:sitting_ready", args=[dataset.pk]))

    assert "not complete" in page
    assert not Notice.objects.filter(kind="dataset.signable").exists()


def test_a_signed_draft_is_submitted_from_the_last_step(clerk, where, trial_at_once):
    source = connected(where)
    clerk.go("sitting_fields", source.pk, query=laid(where, people()))
    clerk.send(**clerk.proposed())
    dataset = Dataset.objects.get()
    finish(clerk, dataset)
    vouched = dict.fromkeys(publishing.CHECKLIST, True)
    publishing.sign(dataset.pk, by=where.head, at=NOW, checklist=vouched)

    clerk.go("sitting_ready", dataset.pk)
    page = clerk.send(submit="1")
    again = clerk.send(submit="1")

    dataset.refresh_from_db()
    assert dataset.state == Dataset.State.IN_REVIEW
    assert dataset.code
    assert "is submitted" in said(page)
    assert "is submitted" not in said(again)


def test_three_hundred_columns_pass_through_one_form(clerk, where):
    source = connected(where)
    header = [f"列{n}" for n in range(300)]
    data = sheets.workbook((header, *[[f"{n}-{r}" for n in range(300)] for r in range(3)]))
    clerk.go("sitting_fields", source.pk, query=laid(where, data))

    told = clerk.proposed()

    clerk.send(
        **{name: value for name, value in told.items() if not name.endswith("-take")},
        **{f"{n}-take": "on" for n in range(0, 300, 15)},
    )

    assert len(told) > 2000
    assert Field.objects.count() == 20


def test_a_source_is_changed_and_removed_at_its_desk(clerk, where, at_desk):
    desk = at_desk(where.publisher)
    source = connected(where)
    told = {"name": "renamed", "folder": str(files.roots()[0]), "time_zone": "Asia/Shanghai"}

    desk.press(source, "change", **told)
    changed = Source.objects.get()
    desk.press(source, "remove")

    assert (changed.name, changed.settings) == ("renamed", {"folder": told["folder"]})
    assert not Source.objects.exists()


@pytest.mark.parametrize("there", [True, False])
def test_the_page_of_a_trial_says_plainly_where_no_worker_is_there_to_begin_it(
    at_desk, where, monkeypatch, there
):
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1\n")
    dataset, desk = binding.resource.dataset, at_desk(where.publisher)
    monkeypatch.setattr(tasks.trial, "delay", lambda *_told: None)
    monkeypatch.setattr(workers, "listening", lambda: there)

    asked = desk.client.post(reverse("admin:sitting_run_trial", args=[dataset.pk]), follow=True)

    page = said(asked.content.decode())
    assert ("No worker takes syncs just now" in page) is not there
    assert ("A worker has been asked" in page) is there
    assert 'hx-trigger="every 2s"' in asked.content.decode()
