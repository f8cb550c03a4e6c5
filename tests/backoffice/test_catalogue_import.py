"""The pages that take a catalogue from a workbook, and the button that writes one."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.roles import Role
from catalog.models import Dataset, Field, SheetImport
from catalog.terms import State
from catalog.workbooks import open_workbook
from tests.factories import accounts, catalog

CSV = "名称,说明,共享类型\n停车场,公共停车场,无条件共享\n树木,行道树,部分共享\n"


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


@pytest.fixture
def publisher(at_desk):
    return at_desk(accounts.user(Role.PUBLISHER))


def owner_of(desk):
    return desk.user.memberships.get().organization


def send(desk, text=CSV, name="目录.csv"):
    file = SimpleUploadedFile(name, text.encode())
    told = {"owner": owner_of(desk).pk, "file": file}
    return desk.client.post(reverse("admin:catalogue_import"), told)


def test_a_workbook_goes_from_the_upload_to_drafts_with_each_row_told_of(publisher):
    answer = send(publisher)
    sent = SheetImport.objects.get()
    assert answer["Location"] == reverse("admin:catalogue_columns", args=[sent.pk])
    asked = publisher.client.get(answer["Location"])
    assert "公共停车场" in asked.content.decode()

    said = {"c0": "title", "c1": "abstract", "c2": "share_type"}
    place = publisher.client.post(answer["Location"], said)["Location"]
    page = publisher.client.get(place)

    assert "“部分共享” is no share type" in page.content.decode()
    assert not Dataset.objects.exists()
    publisher.client.post(place, {"digest": page.context["digest"]})
    assert Dataset.objects.get().abstract_zh == "公共停车场"
    kept = publisher.client.get(place).content.decode()
    assert "What became of each row" in kept
    assert "“部分共享” is no share type" in kept


def test_rows_are_chosen_by_their_fate_and_downloaded(publisher):
    send(publisher)
    place = reverse("admin:catalogue_proposal", args=[SheetImport.objects.get().pk])

    refused = publisher.client.get(place, {"fate": "refused"})
    table = publisher.client.get(place, {"download": "1"})

    assert [row.title for row in refused.context["page"]] == ["树木"]
    lines = table.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 3
    assert lines[3].startswith("3,kept out,树木")


def test_a_refused_file_is_told_of_and_kept_nowhere(publisher):
    answer = send(publisher, "<html></html>", "a.xlsx")

    assert "not what its name says" in answer.content.decode()
    assert not SheetImport.objects.exists()


def test_another_department_and_another_role_do_not_come_in(publisher, at_desk):
    send(publisher)
    pk = SheetImport.objects.get().pk
    stranger = at_desk(accounts.user(Role.PUBLISHER))
    for name in ("columns", "proposal"):
        place = reverse(f"admin:catalogue_{name}", args=[pk])
        assert stranger.client.get(place).status_code == 404
        assert at_desk(accounts.user(Role.HEAD)).client.get(place).status_code == 403


def test_a_workbook_is_applied_once(publisher):
    send(publisher)
    place = reverse("admin:catalogue_proposal", args=[SheetImport.objects.get().pk])
    digest = publisher.client.get(place).context["digest"]
    publisher.client.post(place, {"digest": digest})

    again = publisher.client.post(place, {"digest": digest}, follow=True)

    assert "applied already" in again.content.decode()
    assert Dataset.objects.count() == 1


def test_one_meaning_for_two_columns_is_refused(publisher):
    send(publisher)
    place = reverse("admin:catalogue_columns", args=[SheetImport.objects.get().pk])

    answer = publisher.client.post(place, {"c0": "title", "c1": "title"})

    assert "Two columns mean" in answer.content.decode()


def test_a_column_left_out_is_told_of_and_kept_as_a_further_element_when_asked(publisher):
    send(publisher, "名称,来源系统\n停车场,停车系统\n")
    sent = SheetImport.objects.get()
    columns = reverse("admin:catalogue_columns", args=[sent.pk])
    proposal = reverse("admin:catalogue_proposal", args=[sent.pk])

    left = publisher.client.get(proposal).content.decode()
    publisher.client.post(columns, {"c0": "title", "c1": "further"})
    page = publisher.client.get(proposal)
    publisher.client.post(proposal, {"digest": page.context["digest"]})

    assert "Not taken over are the columns “来源系统”" in left
    assert "Not taken over" not in page.content.decode()
    assert Dataset.objects.get().extensions == {"来源系统": "停车系统"}
    assert publisher.client.get(columns).status_code == 302


def test_columns_left_out_of_what_was_applied_are_kept_by_sending_it_once_more(publisher):
    text = "名称,来源系统\n停车场,停车系统\n"
    send(publisher, text)
    first = SheetImport.objects.get()
    proposal = reverse("admin:catalogue_proposal", args=[first.pk])
    digest = publisher.client.get(proposal).context["digest"]
    publisher.client.post(proposal, {"digest": digest})

    applied = publisher.client.get(proposal).content.decode()
    send(publisher, text)
    again = SheetImport.objects.exclude(pk=first.pk).get()
    columns = reverse("admin:catalogue_columns", args=[again.pk])
    publisher.client.post(columns, {"c0": "title", "c1": "further"})
    place = reverse("admin:catalogue_proposal", args=[again.pk])
    publisher.client.post(place, {"digest": publisher.client.get(place).context["digest"]})

    assert "Name the columns anew" not in applied
    assert "Not taken over were the columns “来源系统”" in applied
    assert Dataset.objects.get().extensions == {"来源系统": "停车系统"}


def test_the_page_says_that_hidden_rows_of_xls_cannot_be_told(publisher):
    page = publisher.client.get(reverse("admin:catalogue_import")).content.decode()

    assert "in an XLS file they cannot be told from others" in page


def test_a_table_without_a_header_is_read_from_its_first_row(publisher):
    send(publisher, "公园名,大公园。很大；很绿。,/a\n湖名,大湖。很大；很蓝。,/b\n")
    place = reverse("admin:catalogue_columns", args=[SheetImport.objects.get().pk])

    asked = publisher.client.get(place, {"sheet": "", "first": "1", "rows": "0"})
    publisher.client.post(f"{place}?sheet=&first=1&rows=0", {"c0": "title"})

    assert "column 1" in asked.content.decode()
    proposal = publisher.client.get(
        reverse("admin:catalogue_proposal", args=[SheetImport.objects.get().pk])
    )
    assert [row.title for row in proposal.context["page"]] == ["公园名", "湖名"]


def test_entries_are_exported_as_a_workbook_and_as_csv(at_desk):
    made = catalog.dataset(State.DRAFT, ["name", "spaces"])
    hidden = catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, made.owner))

    book = desk.press_above(Dataset, "export", owner=made.owner.pk, kind="xlsx")
    text = desk.press_above(Dataset, "export", owner=made.owner.pk, kind="csv")
    foreign = desk.press_above(Dataset, "export", owner=hidden.owner.pk, kind="csv")

    opened = open_workbook(io.BytesIO(book.content).getvalue(), "a.xlsx")
    assert len(opened.grid("目录填报")) == 3 + 2
    assert made.title_zh in text.content.decode()
    assert "Content-Disposition" not in foreign


def test_what_is_called_not_shared_leads_to_a_line_with_its_fields_filled_in(publisher):
    send(publisher, "名称,信息项名称,共享类型\n停车场,车位,不予共享\n")
    place = reverse("admin:catalogue_proposal", args=[SheetImport.objects.get().pk])
    page = publisher.client.get(place)
    publisher.client.post(place, {"digest": page.context["digest"]})

    after = publisher.client.get(place)
    [told] = after.context["not_shared"]
    form = publisher.client.get(told["place"]).context["form"]

    assert "Called “not shared” in the workbook" in after.content.decode()
    assert "Called “not shared”" not in page.content.decode()
    assert form["fields_barred"].value() == [str(Field.objects.get().pk)]
    assert form["bars"].value() == ["share"]
