"""The pages of grades: who may open them, trying a table out, saving it, and the regrade queue."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts import notices
from accounts.roles import OFFICE_ROLES, Role
from backoffice.pages.frame import place_of
from catalog import grading_change, regrading
from catalog.models import Field, GradingTable
from catalog.terms import State
from exchange import regrading as desk
from policy.detect import Kind
from policy.terms import Grade
from tests.factories import accounts, catalog
from tests.factories.catalog import NOW

pytestmark = pytest.mark.django_db


def signed_in(role, place=None, language="en"):
    client = Client(headers={"Accept-Language": language})
    client.force_login(accounts.user(role, place))
    return client


def mailed(state=State.PUBLISHED, *, fields=("mail",), grade=Grade.L2):
    """Return fields in each of which an e-mail address was found."""
    made = catalog.dataset(state, fields=fields, grade=grade)
    found = list(Field.objects.filter(resource__dataset=made).order_by("pk"))
    return [catalog.found(one, Kind.EMAIL, at=NOW - timedelta(days=1)) for one in found]


def stricter():
    rows = grading_change.in_force().rows
    rows["rows"]["email"]["grade"] = "L3"
    return rows


def form(**over):
    """Return the form of the table in force, as a browser sends it."""
    rows = grading_change.in_force().rows
    told = {}
    for kind, row in rows["rows"].items():
        mask = row["mask"] or {}
        told |= {f"grade-{kind}": row["grade"], f"mask-{kind}": mask.get("kind", "")}
        told |= {f"{name}-{kind}": value for name, value in mask.items() if name != "kind"}
    for grade, (share, opened) in rows["defaults"].items():
        told |= {f"share-{grade}": share, f"open-{grade}": opened}
    return told | over


def tried(client, **told):
    return client.post(reverse("admin:grading_try"), told)


def saved(client, rows=None, **over):
    rows = rows or stricter()
    shown = tried(client, table=json.dumps(rows))
    digest = shown.context["run"].digest
    return tried(
        client, **{"table": json.dumps(rows), "digest": digest, "note": "why", "do": "save"} | over
    )


VIEWERS = {Role.PUBLISHER, Role.HEAD, Role.REVIEWER, Role.OPERATOR, Role.SECURITY_ADMIN}


@pytest.mark.parametrize("role", sorted(OFFICE_ROLES))
def test_the_table_is_seen_by_those_who_grade_and_changed_by_one_role_only(role):
    client = signed_in(role)

    page = client.get(reverse("admin:grading"))
    run = tried(client, **form())

    assert page.status_code == (200 if role in VIEWERS else 403)
    assert run.status_code == (200 if role == Role.SECURITY_ADMIN else 403)
    assert (b'value="try"' in page.content) == (role == Role.SECURITY_ADMIN)


def test_the_page_is_in_chinese_too():
    text = signed_in(Role.OPERATOR, language="zh-CN").get(reverse("admin:grading")).content

    assert "居民身份证号" in text.decode()
    assert "resident ID" not in text.decode()


def test_the_form_of_the_table_is_the_table():
    run = tried(signed_in(Role.SECURITY_ADMIN), **form())

    assert json.loads(run.context["table"]) == grading_change.in_force().rows
    assert run.context["run"].fields == 0


def test_a_dry_run_shows_departments_fields_and_decisions_and_saves_nothing():
    (field,) = mailed()

    answer = tried(signed_in(Role.SECURITY_ADMIN), **form(**{"grade-email": "L3"}))

    text = answer.content.decode()
    for told in (
        "1 fields would be suggested otherwise",
        str(field.resource.dataset.owner),
        "e-mail address",
        "another department",
        "L3 sensitive",
    ):
        assert told in text
    assert GradingTable.objects.count() == 1


def test_a_table_is_saved_after_its_dry_run_with_a_reason():
    mailed()
    client = signed_in(Role.SECURITY_ADMIN)

    unreasoned = saved(client, note="")
    answer = saved(client)

    assert (unreasoned.status_code, answer.status_code) == (422, 302)
    assert "Say why" in unreasoned.content.decode()
    assert grading_change.in_force().version == 2
    old = client.get(reverse("admin:grading"), {"version": 1}).content.decode()
    assert "an earlier version" in old
    assert client.get(reverse("admin:grading"), {"version": 9}).status_code == 404


def test_a_catalogue_that_moved_since_is_answered_409_with_the_new_dry_run():
    (field,) = mailed()
    client = signed_in(Role.SECURITY_ADMIN)
    Field.objects.filter(pk=field.pk).update(grade=Grade.L4)

    answer = saved(client, digest="0" * 64)

    assert answer.status_code == 409
    assert "Try it out again" in answer.content.decode()
    assert answer.context["run"].digest != "0" * 64
    assert GradingTable.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"grade-email": "L9"}, {"keep_left-email": "x"}, {"share-L1": "not_shared"}]
)
def test_what_is_no_table_comes_back_as_the_form_with_what_to_do(wrong):
    answer = tried(signed_in(Role.SECURITY_ADMIN), **form(**wrong))

    assert answer.status_code == 422
    assert "no whole table" in answer.content.decode()


def test_a_table_can_be_changed_again_before_it_is_saved():
    answer = tried(signed_in(Role.SECURITY_ADMIN), table=json.dumps(stricter()), do="edit")

    assert answer.status_code == 200
    assert '<option value="L3" selected>' in answer.content.decode()
    assert tried(signed_in(Role.SECURITY_ADMIN), table="{").status_code == 404


def test_a_dry_run_is_paged_and_taken_away_as_a_file(monkeypatch):
    monkeypatch.setattr("backoffice.pages.grading.SHOWN", 2)
    mailed(fields=("a", "b", "c"))
    client = signed_in(Role.SECURITY_ADMIN)
    table = json.dumps(stricter())

    second = tried(client, table=table, page=2)
    text = tried(client, table=table, do="csv").content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(tried(client, table=table, do="xlsx").content))

    assert [one["field"].name for one in second.context["fields"]] == ["c"]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Field"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["Suggested then"] == "L3"
    assert "another department: in clear → withheld" in rows[0]["Who would see it otherwise"]
    assert book.active.max_row == 4


def waiting(state=State.PUBLISHED, **over):
    fields = mailed(state, **over)
    saved(signed_in(Role.SECURITY_ADMIN))
    return fields


def at_queue(field, role=Role.PUBLISHER):
    return signed_in(role, field.resource.dataset.owner)


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.HEAD, Role.REVIEWER])
def test_the_queue_shows_a_department_its_fields_with_evidence(role):
    (field,) = waiting()

    text = at_queue(field, role).get(reverse("admin:regrading")).content.decode()
    other = signed_in(Role.PUBLISHER).get(reverse("admin:regrading")).content.decode()

    assert "9 of 10 values look like e-mail address" in text
    assert ("Take the suggestion over" in text) == (role != Role.REVIEWER)
    assert "No field waits" in other


def test_a_suggestion_is_taken_over_by_a_button():
    (field,) = waiting()
    client = at_queue(field)

    answer = client.post(
        reverse("admin:regrading_accept", args=[field.resource.dataset_id]), {"field": field.pk}
    )
    again = client.post(
        reverse("admin:regrading_accept", args=[field.resource.dataset_id]),
        {"field": field.pk},
        follow=True,
    )

    field.refresh_from_db()
    assert answer.status_code == 302
    assert field.grade == Grade.L3
    assert "does not wait any more" in again.content.decode()


def test_a_grade_is_kept_by_a_button_with_a_reason_only():
    (field,) = waiting()
    client = at_queue(field)
    place = reverse("admin:regrading_keep", args=[field.pk])

    without = client.post(place, {"reason": ""}, follow=True)
    assert "Say why" in without.content.decode()
    client.post(place, {"reason": "masked at the source"})

    field.refresh_from_db()
    assert (field.grade, field.grade_reason) == (Grade.L2, "masked at the source")
    assert not regrading.waiting().exists()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OPERATOR])
def test_the_buttons_of_the_queue_are_refused_to_the_wrong_role(role):
    (field,) = waiting()
    place = field.resource.dataset.owner if role == Role.REVIEWER else None
    client = signed_in(role, place)

    accepted = client.post(
        reverse("admin:regrading_accept", args=[field.resource.dataset_id]), {"field": field.pk}
    )
    kept = client.post(reverse("admin:regrading_keep", args=[field.pk]), {"reason": "a"})

    assert (accepted.status_code, kept.status_code) == (403, 403)
    assert list(regrading.waiting()) == [field]


def test_another_departments_publisher_is_refused():
    (field,) = waiting()

    answer = signed_in(Role.PUBLISHER).post(
        reverse("admin:regrading_keep", args=[field.pk]), {"reason": "a"}
    )

    assert answer.status_code == 403


def test_what_is_not_there_is_404():
    client = signed_in(Role.PUBLISHER)

    assert client.post(reverse("admin:regrading_keep", args=[0]), {}).status_code == 404
    assert client.post(reverse("admin:regrading_accept", args=[0]), {}).status_code == 404
    assert client.get(reverse("admin:field_grade", args=[0])).status_code == 404


def test_what_waits_stands_on_the_desks_of_publisher_and_head():
    (field,) = waiting()

    for role in (Role.PUBLISHER, Role.HEAD):
        text = at_queue(field, role).get(reverse("admin:index")).content.decode()
        assert "Fields to be graded anew" in text
        assert reverse("admin:field_grade", args=[field.pk]) in text
    assert "Fields to be graded by a person" not in text


def test_the_notice_of_a_changed_table_leads_to_the_queue():
    (field,) = waiting()
    publisher = accounts.user(Role.PUBLISHER, field.resource.dataset.owner)

    line = next(one for one in notices.inbox(publisher) if one.kind == "grading.changed")

    assert place_of(line.target) == reverse("admin:regrading")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["9 of 10 values look like e-mail address", "by version 2", "another department"]),
        ("zh-CN", ["抽样的 10 个值中有 9 个像电子邮箱", "依据定级表第 2 版", "其他部门"]),
    ],
)
def test_a_field_says_why_it_has_its_grade(language, told):
    (field,) = waiting()
    desk.keep(
        field.pk,
        reason="masked at the source",
        by=accounts.user(Role.HEAD, field.resource.dataset.owner),
        at=NOW + timedelta(days=400),
    )
    client = signed_in(Role.PUBLISHER, field.resource.dataset.owner, language)

    text = client.get(reverse("admin:field_grade", args=[field.pk])).content.decode()

    for words in [*told, "masked at the source", "测试"]:
        assert words in text


def test_evidence_of_an_older_release_is_shown_as_it_was_kept():
    (field,) = mailed()
    Field.objects.filter(pk=field.pk).update(suggestion={"evidence": ["the name says email"]})

    text = at_queue(field).get(reverse("admin:field_grade", args=[field.pk])).content.decode()

    assert "the name says email" in text


def test_another_departments_field_does_not_say_why():
    (field,) = mailed()

    answer = signed_in(Role.PUBLISHER).get(reverse("admin:field_grade", args=[field.pk]))

    assert answer.status_code == 404


def test_the_grades_of_a_department_are_taken_away_and_no_cell_is_run():
    (field,) = mailed()
    Field.objects.filter(pk=field.pk).update(grade_reason="=cmd|' /C calc'!A0")
    client = at_queue(field)

    text = client.get(reverse("admin:grades", args=["csv"])).content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(client.get(reverse("admin:grades", args=["xlsx"])).content))

    (row,) = csv.DictReader(io.StringIO(text))
    assert row["Reason"] == "'=cmd|' /C calc'!A0"
    assert row["Grade"] == "L2"
    assert "e-mail address" in row["Evidence"]
    assert all(cell.data_type != "f" for line in book.active.iter_rows() for cell in line)
    assert client.get(reverse("admin:grades", args=["exe"])).status_code == 404


def test_the_grades_of_another_department_are_not_given():
    (field,) = mailed()

    answer = signed_in(Role.PUBLISHER).get(
        reverse("admin:grades", args=["csv"]), {"of": field.resource.dataset.owner_id}
    )

    assert answer.status_code == 404
