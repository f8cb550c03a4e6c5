"""Use records over the department API, and one grant by its number."""

import json

import pytest
from django.test import Client

from exchange.models import Grant, UseRecord
from exchange.sharing import use_records
from tests.api.test_office import key_of
from tests.factories import accounts

pytestmark = pytest.mark.django_db
TOLD = {
    "first_on": "2026-03-02",
    "last_on": "2026-03-31",
    "scene": "窗口受理",
    "result": "核对 120 件",
    "stored": "补贴审核系统",
}


@pytest.fixture
def grant(two) -> Grant:
    return two.granted("phone")


def call(organization, path: str, body: dict | None = None):
    headers = {"Accept-Language": "en", "X-API-Key": key_of(organization).raw}
    address = f"/api/v1/office/grants/{path}"
    if body is None:
        return Client().get(address, headers=headers)
    text = json.dumps(body)
    return Client().post(address, text, content_type="application/json", headers=headers)


def test_an_app_writes_a_record_and_both_departments_read_it(two, grant):
    made = call(two.asker, f"{grant.pk}/uses", TOLD)
    read = [call(place, f"{grant.pk}/uses").json() for place in (two.asker, two.where.department)]

    assert made.status_code == 201
    assert made.json()["scene"] == "窗口受理"
    assert [page["uses"] for page in read] == [[made.json()]] * 2
    assert read[0]["kept_until"] == str(use_records.kept_until(grant))


def test_a_correction_names_the_record_it_stands_for(two, grant):
    first = call(two.asker, f"{grant.pk}/uses", TOLD).json()["record"]
    body = TOLD | {"corrects": first, "result": "121"}

    second = call(two.asker, f"{grant.pk}/uses", body).json()
    again = call(two.asker, f"{grant.pk}/uses", body)
    unknown = call(two.asker, f"{grant.pk}/uses", TOLD | {"corrects": 10**9})

    listed = call(two.asker, f"{grant.pk}/uses").json()["uses"]
    assert [one["corrected_by"] for one in listed] == [None, second["record"]]
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"first_on": "2026-03-02"}, "last_on"),
        (TOLD | {"scene": "x" * 2001}, "scene"),
        (TOLD | {"first_on": "yesterday"}, "first_on"),
        (TOLD | {"last_on": "2026-03-01"}, "ends before it begins"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(two, grant, body, named):
    answer = call(two.asker, f"{grant.pk}/uses", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "use-unfit")
    assert named in answer.json()["detail"]
    assert not UseRecord.objects.exists()


def test_a_grant_of_others_is_not_there_and_the_provider_does_not_write(two, grant):
    stranger = accounts.organization()

    answers = [
        call(stranger, f"{grant.pk}/uses"),
        call(stranger, f"{grant.pk}/uses", TOLD),
        call(two.where.department, f"{grant.pk}/uses", TOLD),
        call(stranger, f"{grant.pk}"),
        call(two.asker, "99999999999999999999"),
    ]

    assert [one.status_code for one in answers] == [404] * 5
    assert not UseRecord.objects.exists()


def test_records_come_in_pages(two, grant, monkeypatch):
    monkeypatch.setattr("api.office.uses.LIMIT", 2)
    for _turn in range(3):
        call(two.asker, f"{grant.pk}/uses", TOLD)

    first = call(two.asker, f"{grant.pk}/uses").json()
    rest = call(two.asker, f"{grant.pk}/uses?{first['next'].partition('?')[2]}").json()

    assert (first["count"], rest["count"], rest["next"]) == (2, 1, None)


def test_one_grant_tells_its_calls_of_today_and_what_is_left(two, grant):
    Grant.objects.filter(pk=grant.pk).update(daily_quota=5)

    told = call(two.asker, f"{grant.pk}").json()

    assert (told["grant"], told["daily_quota"], told["calls_today"], told["calls_left"]) == (
        grant.pk,
        5,
        0,
        5,
    )
