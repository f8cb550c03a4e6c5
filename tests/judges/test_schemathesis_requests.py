"""The same judge on the request API: behind the door, with a key, on requests that are there.

What is sent is made from the description alone; a second test begins with a request that fits and
spoils parts of it, so that the calls get behind the first refusal.
"""

import json
from dataclasses import dataclass

import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from hypothesis import given
from hypothesis import strategies as st

from tests.api.asking import Asker, asker
from tests.judges.test_schemathesis import BOUNDED, validated

pytestmark = pytest.mark.slow
ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.just([]) | st.just({})


@dataclass(frozen=True, slots=True)
class Judged:
    """The description, the department that asks, and the number of a draft of its."""

    schema: schemathesis.BaseSchema
    office: Asker
    number: int


@pytest.fixture
def judged(live_database, monkeypatch) -> Judged:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["*"])
    office = asker()
    number = office.draft("name", "phone")["request"]
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
    return Judged(schema, office, number)


def below(path: str) -> bool:
    return "/office/requests" in path or path.endswith(("/offer", "/office/bases"))


def test_every_answer_of_the_request_api_is_as_described(judged):
    answered = set()

    def check(case):
        case.headers = {**(case.headers or {}), "X-API-Key": judged.office.key.raw}
        case.path_parameters = {
            name: judged.number if name == "request_id" else judged.office.two.dataset.slug
            for name in case.path_parameters or {}
        }
        answered.add(validated(case).status_code)

    for found in judged.schema.get_all_operations():
        operation = found.ok()
        if below(operation.path):
            BOUNDED(given(case=operation.as_strategy())(check))()

    assert answered >= {200, 400}
    assert 401 not in answered


def test_a_request_with_spoilt_parts_is_answered_as_described(judged):
    operation = judged.schema["/api/v1/office/requests"]["POST"]
    whole = judged.office.body("name", "phone")
    answered = set()

    def check(spoilt):
        case = operation.Case(
            body=json.loads(json.dumps(whole | spoilt)),
            headers={"X-API-Key": judged.office.key.raw},
            media_type="application/json",
        )
        answered.add(validated(case).status_code)

    names = st.sampled_from([*whole, "reference", "renews", "basis"])
    BOUNDED(given(spoilt=st.dictionaries(names, ODD, max_size=3))(check))()
    check({})
    check({"renews": 999_999})
    check({"reference": "one"})
    check({"reference": "one", "scene": "another"})

    assert answered >= {201, 400, 404, 409}
