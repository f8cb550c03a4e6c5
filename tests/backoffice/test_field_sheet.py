"""Fields by workbook and similar entries, by page and button."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from accounts.roles import Role
from catalog.models import Dataset, Field, Revision
from catalog.terms import State
from tests.factories import accounts, catalog
from tests.factories.workbooks import saved


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def test_fields_go_out_as_a_workbook_and_come_back_changed(at_desk):
    draft = catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))
    place = desk.press(draft, "fields")["Location"]
    book = load_workbook(io.BytesIO(desk.client.get(place, {"download": "1"}).content))
    book.active["C2"] = "停车场名称"

    shown = desk.client.post(place, {"file": SimpleUploadedFile("f.xlsx", saved(book))})

    assert "<ins>停车场名称</ins>" in shown.content.decode()
    assert Field.objects.get().label_zh == "name"
    told = {"token": shown.context["token"], "digest": shown.context["difference"].digest}
    answer = desk.client.post(place, told)
    assert answer["Location"] == reverse("admin:catalog_dataset_change", args=[draft.pk])
    assert Field.objects.get().label_zh == "停车场名称"


def test_the_workbook_of_a_published_entry_becomes_one_change_for_the_head(at_desk, said):
    entry = catalog.dataset()
    desk = at_desk(catalog.staff(Role.PUBLISHER, entry.owner))
    place = desk.press(entry, "fields")["Location"]
    book = load_workbook(io.BytesIO(desk.client.get(place, {"download": "1"}).content))
    columns = {cell.value.rpartition("(")[2][:-1]: cell.column for cell in book.active[1]}
    book.active["C2"] = "停车场名称"
    for name, value in {"name": "fee", "label_zh": "收费", "grade": "L1"}.items():
        book.active.cell(3, columns[name], value)
    book.active.cell(3, columns["data_type"], book.active.cell(2, columns["data_type"]).value)

    shown = desk.client.post(place, {"file": SimpleUploadedFile("f.xlsx", saved(book))})
    told = {"token": shown.context["token"], "digest": shown.context["difference"].digest}
    without = desk.client.post(place, told)
    answer = desk.client.post(place, told | {"reason": "更准确"})

    assert "Say why" in without.content.decode()
    assert "waits for the signature" in said(answer)
    revision = Revision.objects.get()
    assert [one["new"]["name"] for one in revision.changes["added"]] == ["fee"]
    assert list(revision.changes["fields"].values()) == [{"label_zh": ["name", "停车场名称"]}]
    assert Field.objects.get().label_zh == "name"


def test_what_an_amendment_cannot_change_is_refused_row_by_row(at_desk):
    entry = catalog.dataset()
    desk = at_desk(catalog.staff(Role.PUBLISHER, entry.owner))
    place = reverse("admin:catalogue_fields", args=[entry.pk])
    book = load_workbook(io.BytesIO(desk.client.get(place, {"download": "1"}).content))
    columns = {cell.value.rpartition("(")[2][:-1]: cell.column for cell in book.active[1]}
    book.active.cell(2, columns["is_key"], "是")
    book.active.cell(2, columns["grade"], "L2")
    book.active.cell(3, columns["name"], "fee")
    book.active.cell(3, columns["data_type"], book.active.cell(2, columns["data_type"]).value)

    shown = desk.client.post(place, {"file": SimpleUploadedFile("f.xlsx", saved(book))})

    page = shown.content.decode()
    assert "of a published field stay" in page
    assert "is regraded at the field" in page
    assert "comes with its grade" in page
    assert "Propose it as a change" not in page


def test_a_file_that_is_no_workbook_is_told_of(at_desk):
    draft = catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))
    place = reverse("admin:catalogue_fields", args=[draft.pk])

    answer = desk.client.post(place, {"file": SimpleUploadedFile("f.xlsx", b"<html>")})

    assert "not what its name says" in answer.content.decode()
    assert "required" in desk.client.post(place, {}).content.decode()


def test_another_department_another_role_and_an_altered_token_are_turned_away(at_desk):
    draft = catalog.dataset(State.DRAFT)
    place = reverse("admin:catalogue_fields", args=[draft.pk])
    desk = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))

    assert at_desk(accounts.user(Role.PUBLISHER)).client.get(place).status_code == 404
    assert at_desk(accounts.user(Role.OPERATOR)).client.get(place).status_code == 403
    assert desk.client.post(place, {"token": "x", "digest": "y"}).status_code == 404


def test_a_similar_entry_is_drafted_by_a_button(at_desk):
    model = catalog.dataset()
    desk = at_desk(catalog.staff(Role.PUBLISHER, model.owner))

    desk.press(model, "copy", owner=model.owner.pk, slug="like-it", title_zh="相似")

    made = Dataset.objects.get(slug="like-it")
    assert (made.state, made.title_zh) == (State.DRAFT, "相似")
