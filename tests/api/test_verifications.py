"""Verification by the department API: what goes over the wire, what it costs, what attacks get."""

import json
import re
from dataclasses import dataclass
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import stream
from audit.models import Delivery
from exchange.models import Grant, Zone
from exchange.records import store
from policy.terms import Grade, Mode
from tests.factories import accounts, exchange
from tests.factories.sharing import Two

pytestmark = pytest.mark.django_db
PLENTY = 10**9


@dataclass
class Asking:
    """A department with a grant to verify id, income and illness, its key, and a client."""

    two: Two
    grant: Grant
    key: str
    client: Client

    def post(self, body: object, *, key: str | None = None, **params):
        """Call the address, in English."""
        return self.client.post(
            f"/api/v1/office/datasets/{self.two.dataset.slug}/verifications",
            body if isinstance(body, str | bytes) else json.dumps(body),
            content_type="application/json",
            headers={"Accept-Language": "en", "X-API-Key": key or self.key},
            query_params=params,
        )

    def claim(self, *claims: dict, **params):
        """Make claims."""
        return self.post({"claims": list(claims)}, **params)

    def result(self, claim: dict) -> str:
        """Return what is told of one claim."""
        return self.claim(claim).json()["results"][0]["result"]

    def code(self, *claims: dict, **params) -> tuple[int, str]:
        """Return status and code of a refusal."""
        answer = self.claim(*claims, **params)
        return answer.status_code, answer.json()["code"]


def key_of(organization) -> str:
    now = exchange.now()
    app = accounts.app(organization)
    return accounts.api_key(app, at=now, rate_per_minute=PLENTY, daily_quota=PLENTY).raw


def granted(two: Two, **over) -> Grant:
    """Grant verification for as long as the clock runs."""
    terms = {"mode": Mode.VERIFY, "clear_up_to": Grade.L4} | over
    grant = two.granted("id", "income", "illness", **terms)
    Grant.objects.filter(pk=grant.pk).update(
        valid_from=date(2026, 1, 1), valid_until=date(2099, 1, 1)
    )
    return grant


@pytest.fixture
def asking(two_with_rows) -> Asking:
    two = two_with_rows
    return Asking(two, granted(two), key_of(two.asker), Client())


def test_claims_are_answered_in_their_order_and_written_down_before(asking):
    answer = asking.claim(
        {"id": 7, "income": 7.50, "illness": "none"},
        {"id": "7", "income": "7.51"},
        {"id": 99},
    )

    assert answer.json() == {
        "dataset": asking.two.dataset.slug,
        "grant": asking.grant.pk,
        "count": 3,
        "results": [
            {
                "result": "match",
                "fields": {"income": "match", "illness": "match"},
                "because": None,
            },
            {"result": "mismatch", "fields": {"income": "mismatch"}, "because": None},
            {"result": "no-such-subject", "fields": {}, "because": None},
        ],
    }
    noted = Delivery.objects.get()
    assert (noted.channel, noted.mode, noted.rows) == ("share", "verify", 3)
    assert (noted.grant_id, noted.bytes) == (asking.grant.pk, len(answer.content))
    assert Grant.objects.get(pk=asking.grant.pk).first_used_at is not None


def test_no_value_goes_out_whatever_is_claimed(asking):
    answers = [
        asking.claim({"id": 7, "illness": "flu", "income": "1"}),
        asking.claim({"id": 7, "illness": "none", "income": "7.50"}),
        asking.claim({"id": 7, "illness": None}),
        asking.claim({"id": 7, "phone": "13800000007"}),
    ]

    text = b"".join(answer.content for answer in answers)
    assert not re.search(rb"none|flu|7\.50|138000", text)


def test_what_is_claimed_stands_in_no_statement(asking):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        asking.claim({"id": 7, "illness": "a rare illness"})

    assert not any("rare" in one["sql"] for one in queries)


def test_each_claim_is_a_call_of_the_grant_also_after_a_restart(asking):
    Grant.objects.filter(pk=asking.grant.pk).update(daily_quota=10)

    first = asking.claim(*({"id": one} for one in range(1, 7)))
    stream.client().flushdb()
    second = asking.claim(*({"id": one} for one in range(1, 4)))

    assert (first["Grant-Limit"], first["Grant-Remaining"]) == ("10", "4")
    assert second["Grant-Remaining"] == "1"
    assert asking.code({"id": 1}, {"id": 2}) == (429, "grant-quota-exceeded")
    assert asking.claim({"id": 1}).status_code == 200


def test_after_the_tries_on_a_subject_right_and_wrong_get_the_same_answer(asking):
    for guess in range(5):
        assert (
            asking.claim({"id": 7, "income": guess}).json()["results"][0]["result"] == "mismatch"
        )

    answers = [asking.claim({"id": 7, "income": guess}) for guess in ("7.50", "9", None)]
    answers.append(asking.claim({"id": " ７", "illness": "none"}))

    told = {
        (answer.status_code, re.sub(r"\d+ seconds|[0-9a-f-]{32,36}", "", answer.content.decode()))
        for answer in answers
    }
    assert len(told) == 1
    assert answers[0].status_code == 429
    assert answers[0].json()["code"] == "tries-used-up"
    assert 0 < int(answers[0]["Retry-After"]) <= 86400
    assert asking.result({"id": 8, "income": "8.50"}) == "match"


def test_three_hundred_guesses_on_one_subject_tell_five_times_no(asking):
    told = [asking.claim({"id": 7, "income": f"{guess}.50"}) for guess in range(50, 350)]
    told.append(asking.claim({"id": 7, "income": "7.50"}))

    assert [answer.status_code for answer in told] == [200] * 5 + [429] * 296
    assert b'"match"' not in b"".join(answer.content for answer in told)


def test_guesses_in_one_batch_are_counted_one_after_the_other(asking):
    told = asking.claim(*({"id": 7, "income": f"{guess}.50"} for guess in range(20))).json()

    results = [(one["result"], one["because"]) for one in told["results"]]
    assert results == [("mismatch", None)] * 5 + [("not-answered", "subject-used-up")] * 15


def test_guesses_spread_over_many_subjects_come_to_an_end_also_for_subjects_that_exist(
    asking, settings
):
    settings.VERIFY_SUBJECTS = 30

    told = asking.claim(*({"id": one} for one in range(51, 100)), {"id": 7}).json()["results"]

    assert [one["result"] for one in told] == ["no-such-subject"] * 30 + ["not-answered"] * 20
    assert {one["because"] for one in told[30:]} == {"subjects-used-up"}
    assert asking.code({"id": 7}) == asking.code({"id": 1234}) == (429, "tries-used-up")


def test_another_grant_and_another_key_of_the_department_bring_no_new_tries(asking):
    other = granted(asking.two, purpose="另一用途")
    key = key_of(asking.two.asker)
    for guess in range(5):
        asking.claim({"id": 7, "income": guess}, grant=asking.grant.pk)

    assert asking.code({"id": 7, "income": "7.50"}) == (409, "grant-ambiguous")
    assert asking.code({"id": 7, "income": "7.50"}, grant=other.pk, key=key) == (
        429,
        "tries-used-up",
    )


def test_a_grant_for_rows_is_none_for_claims_and_the_other_way_round(asking):
    slug = asking.two.dataset.slug
    headers = {"X-API-Key": asking.key}

    page = asking.client.get(f"/api/v1/office/datasets/{slug}/records", headers=headers)
    Grant.objects.filter(pk=asking.grant.pk).update(modes=[Mode.QUERY])

    assert (page.status_code, page.json()["code"]) == (403, "mode-not-granted")
    assert asking.code({"id": 7}) == (403, "mode-not-granted")


def test_another_departments_grant_and_a_companys_key_verify_nothing(asking):
    stranger = key_of(accounts.organization())
    company = accounts.api_key(at=exchange.now()).raw

    assert asking.code({"id": 7}, key=stranger, grant=asking.grant.pk) == (403, "grant-missing")
    assert asking.code({"id": 7}, key=company)[0] == 403


@pytest.mark.parametrize(
    "body",
    [
        "",
        "claims",
        "[]",
        "{}",
        '{"claims": 7}',
        '{"claims": []}',
        '{"claims": [7]}',
        '{"claims": [{"id": NaN}]}',
        '{"claims": [{"id": 1e999999999}]}',
        '{"claims": [{"id": [7]}]}',
        '{"claims": [{"id": 7, "income": {"gt": 1}}]}',
        '{"claims": [{"id": "7\\u0000"}]}',
        '{"claims": [{"illness": "\\ud800", "id": 7}]}',
        '{"claims": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"claims": [{"id": ' + "7" * 5000 + "}]}",
        b"\xff\xfe\xfa",
        "[" * 2_000_001,
        '{"claims": [' + '{"id": 7},' * 1000 + '{"id": 7}]}',
    ],
    ids=range(18),
)
def test_a_body_that_is_no_claim_is_refused_with_a_sentence(asking, body):
    answer = asking.post(body)

    assert (answer.status_code, answer.json()["code"]) == (400, "claims-unfit")
    assert not Delivery.objects.exists()


def test_fields_that_are_withheld_or_unknown_are_refused_as_everywhere(asking):
    assert asking.code({"id": 7, "phone": "13800000007"}) == (403, "field-withheld")
    assert asking.code({"id": 7, "nothing": "x"}) == (400, "field-unknown")


def test_the_address_says_that_it_takes_claims(asking):
    answer = asking.client.get(
        f"/api/v1/office/datasets/{asking.two.dataset.slug}/verifications",
        headers={"X-API-Key": asking.key, "Accept-Language": "en"},
    )

    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert "use POST" in answer.json()["detail"]


def test_two_cities_that_differ_in_what_is_not_claimed_answer_the_same(asking):
    claims = [
        {"id": one, "income": f"{one + one % 3}.50"} | ({"illness": "none"} if one % 2 else {})
        for one in range(1, 60)
    ]
    before = asking.claim(*claims)
    stream.client().flushdb()
    table = store.live(asking.two.dataset.resources.get().pk, Zone.SHARED)
    other = ", ".join(f"f{pk} = _id::text || 'x'" for pk in asking.two.fields("name", "phone"))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE shared.{table.table_name} SET {other}, _hash = 0")

    after = asking.claim(*claims)

    assert before.content == after.content
    assert seen(before) == seen(after)


def seen(answer) -> dict[str, str]:
    """Return the headers, but for the request's own id and what is left of the quota."""
    own = ("X-Request-ID", "RateLimit-Remaining", "Grant-Remaining")
    return {name: value for name, value in answer.items() if name not in own}
