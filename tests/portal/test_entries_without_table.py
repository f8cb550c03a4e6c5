"""An entry that offers a file or a link and no table is shown like any other."""

import pytest
from django.test import Client

from accounts.roles import Role
from catalog import publishing, resources
from catalog.terms import State, UpdateCycle
from exchange import opening
from tests.factories import accounts
from tests.factories.catalog import NOW, bring, staff

pytestmark = pytest.mark.django_db


def test_an_entry_without_a_table_is_published_and_answered_at_every_door():
    place = accounts.organization()
    by = staff(Role.PUBLISHER, place)
    made = publishing.create_dataset(
        "a-report",
        owner=place,
        title_zh="年报",
        abstract_zh="年度报告。",
        contact="0000-00000000",
        update_cycle=UpdateCycle.YEARLY,
        license="测试许可",
        by=by,
        at=NOW,
    )
    resources.add_link(made.pk, title_zh="年报", url="https://a.example/", by=by, at=NOW)
    bring(made.pk, State.IN_REVIEW, publisher=by)

    projection = opening.publish(made.pk, by=accounts.user(Role.OPERATOR), at=NOW)

    assert projection.rows == 0
    client = Client()
    assert "年报" in client.get("/datasets").content.decode()
    answers = {
        part: client.get(f"/api/v1/datasets/a-report{part}").status_code
        for part in ("", "/records", "/download.csv", "/explain")
    }
    assert answers == {"": 200, "/records": 404, "/download.csv": 404, "/explain": 200}
    told = client.get("/api/v1/datasets/a-report/records", headers={"Accept-Language": "en"})
    assert told.json()["detail"]  # no rows yet, in a sentence
