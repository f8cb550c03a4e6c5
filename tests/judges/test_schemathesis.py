"""An outside judge: schemathesis holds the API to its own description.

It makes calls from the OpenAPI document alone; a second test asks for rows in the query grammar
that the document tells in words, so that the calls get behind the first refusal.
"""

from dataclasses import dataclass

import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from exchange.records.query import Operator, Total
from exchange.sync import engine
from tests.api.conftest import COLUMNS, DATA
from tests.factories import accounts, exchange

pytestmark = pytest.mark.slow
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
PLENTY = 10_000_000
BOUNDED = examples(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),  # what is slow here is the API
)


@dataclass(frozen=True, slots=True)
class Judged:
    """The description, a published dataset and a key."""

    schema: schemathesis.BaseSchema
    slug: str
    key: str


@pytest.fixture
def judged(live_database, monkeypatch) -> Judged:
    monkeypatch.setattr(settings, "ANONYMOUS_PER_MINUTE", PLENTY)
    monkeypatch.setattr(settings, "ANONYMOUS_PER_DAY", PLENTY)
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["*"])
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    key = accounts.api_key(at=exchange.now(), rate_per_minute=PLENTY, daily_quota=PLENTY)
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
    return Judged(schema, dataset.slug, key.raw)


def values() -> st.SearchStrategy[str]:
    """Return what one may write for a value: fitting, odd, or nothing of the kind."""
    fitting = st.sampled_from(
        ["1", "n007", "3.50", "2026-01-05", "true", "", "13800000001", "1,2"]
    )
    return fitting | st.text(max_size=12) | st.integers().map(str) | st.floats().map(str)


def queries() -> st.SearchStrategy[dict[str, str]]:
    """Return queries in the grammar that the description tells in words."""
    names = st.sampled_from([one.name for one in COLUMNS]) | st.sampled_from(["_id", "nobody"])
    lists = st.lists(names, max_size=3).map(",".join)
    filters = st.dictionaries(
        st.tuples(names, st.sampled_from(Operator)).map(".".join) | names, values(), max_size=2
    )
    paging = st.fixed_dictionaries(
        {},
        optional={
            "fields": lists,
            "sort": st.tuples(st.sampled_from(["", "-", "+"]), lists).map("".join),
            "limit": st.integers(-1, 1001).map(str),
            "total": st.sampled_from(Total).map(str),
            "cursor": st.text(max_size=20),
        },
    )
    return st.tuples(filters, paging).map(lambda both: both[0] | both[1])


def validated(case):
    """Call and judge. Asked for as it is: over WSGI nobody unpacks what came packed."""
    case.headers = {**(case.headers or {}), "Accept-Encoding": "identity"}
    return case.call_and_validate(checks=CHECKS)


def test_every_answer_is_as_described(judged):
    def check(case):
        if len((case.path_parameters or {}).get("slug", "")) % 4:  # mostly what is there
            case.path_parameters["slug"] = judged.slug
        validated(case)

    for found in judged.schema.get_all_operations():
        BOUNDED(given(case=found.ok().as_strategy())(check))()


@pytest.mark.parametrize("what", ["records", "records.csv"])
def test_every_query_of_the_grammar_is_answered_as_described(judged, what):
    operation = judged.schema[f"/api/v1/datasets/{{slug}}/{what}"]["GET"]
    answered = set()

    def check(query, keyed):
        case = operation.Case(
            path_parameters={"slug": judged.slug},
            query=query,
            headers={"X-API-Key": judged.key} if keyed else {},
        )
        answered.add(validated(case).status_code)

    BOUNDED(given(query=queries(), keyed=st.booleans())(check))()
    for plain in ({}, {"nobody": "1"}, *({one.name: "1"} for one in COLUMNS)):
        check(plain, keyed=False)  # what chance may have left out

    assert answered >= {200, 400, 403}
