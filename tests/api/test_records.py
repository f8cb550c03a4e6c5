"""Rows through the open API: what comes, what does not, and why."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from exchange import opening
from exchange.sync import engine
from policy.terms import Grade
from tests.api.conftest import built
from tests.factories import exchange


def test_behind_a_proxy_each_address_has_a_quota_of_its_own(way, settings):
    settings.ANONYMOUS_PER_MINUTE = 1
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]

    def asked(address):
        path = f"/api/v1/datasets/{way.dataset.slug}/records"
        return way.client.get(path, headers={"X-Forwarded-For": f"1.1.1.1, {address}"}).status_code

    assert [asked("203.0.113.7"), asked("203.0.113.7"), asked("203.0.113.8")] == [200, 429, 200]


def test_a_page_has_open_fields_clear_masked_ones_masked_and_no_withheld_one(way):
    page = way.get(limit=2).json()

    assert page["rows"][0] == {
        "_id": 1,
        "id": 1,
        "name": "n001",
        "price": 1.5,
        "seen_on": "2026-01-02",
        "phone": "138****01",
    }
    assert (page["count"], page["masked"]) == (2, ["phone"])
    assert page["withheld"] == ["secret", "extra"]


def test_following_next_gives_every_row_once(way):
    seen, page = [], way.get(limit=60).json()
    while True:
        seen += [row["id"] for row in page["rows"]]
        if page["next"] is None:
            break
        page = way.client.get(page["next"], headers={"X-API-Key": way.key.raw}).json()

    assert sorted(seen) == list(range(1, 251))
    assert len(seen) == 250


@pytest.mark.parametrize("sort", ["price", "-price", "price,-seen_on", "-seen_on,name"])
def test_following_next_keeps_the_order_over_pages(way, sort):
    whole = [row["id"] for row in way.get(limit=1000, sort=sort).json()["rows"]]

    paged, page = [], way.get(limit=40, sort=sort).json()
    while True:
        paged += [row["id"] for row in page["rows"]]
        if page["next"] is None:
            break
        page = way.client.get(page["next"], headers={"X-API-Key": way.key.raw}).json()

    assert paged == whole


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"id": "7"}, [7]),
        ({"id.in": "3,5,9999"}, [3, 5]),
        ({"name.prefix": "n00"}, list(range(1, 10))),
        ({"id.lte": "2", "price.gt": "1.5"}, [2]),
        ({"seen_on": "2026-01-28"}, [27, 55, 83, 111, 139, 167, 195, 223]),
        ({"name.null": "true"}, []),
    ],
)
def test_filters_select_rows(way, params, ids):
    page = way.get(sort="id", **params).json()

    assert [row["id"] for row in page["rows"]] == ids


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"phone": "13800000001"}, 403, "field-masked"),
        ({"sort": "phone"}, 403, "field-masked"),
        ({"secret": "s1"}, 403, "field-withheld"),
        ({"fields": "secret"}, 403, "field-withheld"),
        ({"extra": "x"}, 403, "field-withheld"),
        ({"ghost": "g"}, 400, "field-unknown"),
        ({"fields": "ghost"}, 400, "field-unknown"),
        ({"nothing": "g"}, 400, "field-unknown"),
        ({"id": "abc"}, 400, "query-refused"),
        ({"id.like": "1"}, 400, "query-refused"),
        ({"limit": "0"}, 400, "query-refused"),
        ({"limit": "1000000000"}, 400, "query-refused"),
        ({"cursor": "broken"}, 400, "cursor-broken"),
        ({"total": "maybe"}, 400, "query-refused"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_code_and_a_sentence(way, params, status, code):
    answer = way.get(**params)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert len(body["detail"]) > 30
    assert body["request_id"]


def test_a_withheld_field_is_refused_with_its_reason(way):
    body = way.get(secret="s1").json()

    assert body["reasons"][0]["code"] in {"not-open", "grade-closed"}
    assert body["reasons"][0]["text"]


def test_a_cursor_of_another_query_is_refused(way):
    link = way.get(limit=2).json()["next"]
    cursor = link.split("cursor=")[1]

    assert way.get(limit=2, sort="price", cursor=cursor).json()["code"] == "cursor-broken"


def test_totals_are_marked_exact_or_estimated(way):
    assert way.get(total="exact").json()["total"] == {"value": 250, "exact": True}
    counted = way.get(total="exact", **{"id.lte": "10"}).json()["total"]
    assert counted == {"value": 10, "exact": True}
    assert way.get(total="estimate", **{"id.lte": "10"}).json()["total"]["exact"] is False


def test_an_etag_answers_304(way):
    first = way.get(limit=3)

    again = way.client.get(
        f"/api/v1/datasets/{way.dataset.slug}/records",
        {"limit": 3},
        headers={
            "X-API-Key": way.key.raw,
            "If-None-Match": first["ETag"],
            "Accept-Language": "en",
        },
    )
    assert (again.status_code, again.content) == (304, b"")


def test_changes_come_in_order_with_deletions(way):
    first = way.get("changes", since=0).json()
    path = Path(way.binding.object["path"])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], lines[5].replace("n005", "other"), *lines[7:]]))
    engine.sync(way.binding.pk)

    then = way.get("changes", since=first["seq"]).json()

    assert first["count"] == 250
    assert [row["name"] for row in then["rows"]] == ["other"]
    assert len(then["deleted"]) == 1


def test_a_regraded_field_is_masked_for_the_very_next_call(way):
    way.get(limit=1)
    field = way.binding.resource.fields.get(name="name")

    opening.regrade(
        way.dataset.pk,
        {field.pk: {"grade": Grade.L2, "mask_kind": "blank"}},
        by=way.where.publisher,
        at=exchange.NOW,
        reason="stricter",
    )

    assert way.get(limit=1).json()["rows"][0]["name"] == "****"
    assert way.get(name="n001").json()["code"] == "field-masked"


def test_a_withdrawn_dataset_is_answered_410_with_its_reason(way):
    opening.withdraw(
        way.dataset.pk, by=way.where.head, at=exchange.NOW, reason="superseded by another"
    )

    answer = way.get()

    assert answer.status_code == 410
    assert "superseded by another" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["cdx_aaaaaa_" + "x" * 43, "nonsense"])
def test_an_unknown_key_is_refused(way, key):
    answer = way.get(key=key)

    assert (answer.status_code, answer.json()["code"]) == (401, "key-unknown")


def test_a_key_in_the_address_is_refused_with_a_sentence(way):
    answer = way.get(key="", appKey=way.key.raw)

    assert (answer.status_code, answer.json()["code"]) == (400, "key-in-url")


def test_anybody_may_read_what_is_open(way):
    answer = way.get(key="", limit=1)

    assert answer.status_code == 200
    assert answer["RateLimit-Limit"]


def test_errors_speak_chinese_where_it_is_asked_for(way):
    answer = way.client.get(
        f"/api/v1/datasets/{way.dataset.slug}/records",
        {"limit": "0"},
        headers={"Accept-Language": "zh-CN"},
    )

    assert answer["Content-Language"] == "zh-hans"


def test_explain_names_withheld_fields_with_reasons_and_no_concealed_one(way):
    fields = {one["name"]: one for one in way.get("explain").json()["fields"]}

    assert fields["secret"]["treatment"] == "withheld"
    assert fields["phone"]["reasons"][0]["code"] == "masked-grade"
    assert "ghost" not in fields


def test_the_list_and_the_document_of_a_dataset(way):
    listed = way.client.get("/api/v1/datasets", headers={"Accept-Language": "en"}).json()
    document = way.client.get(listed["datasets"][0]["url"], headers={"Accept-Language": "en"})

    assert listed["datasets"][0]["rows"] == 250
    assert document.json()["grade"] == "L4"


def test_own_usage_counts_down(way):
    headers = {"X-API-Key": way.key.raw}
    first = way.client.get("/api/v1/usage", headers=headers).json()
    way.get(limit=1)
    second = way.client.get("/api/v1/usage", headers=headers).json()

    assert second["day_remaining"] == first["day_remaining"] - 1


@pytest.mark.parametrize("what", ["", "explain", "records", "changes"])
def test_no_cache_on_the_way_gives_one_callers_answer_to_another(way, what):
    answer = way.get(what) if what else way.client.get(f"/api/v1/datasets/{way.dataset.slug}")

    assert "private" in answer.headers["Cache-Control"]
    assert {"X-API-Key", "Authorization", "Accept-Language"} <= set(
        answer.headers["Vary"].split(", ")
    )


@pytest.mark.parametrize("address", ["/api/v1/datasets", "/api/v1/usage"])
def test_nor_does_it_where_no_dataset_is_named(way, address):
    answer = way.client.get(address, headers={"X-API-Key": way.key.raw})

    assert "private" in answer.headers["Cache-Control"]


def test_nor_does_it_with_a_download(live_database):
    answer = built().get("records.csv")

    assert len(answer.getvalue().splitlines()) == 251
    assert "private" in answer.headers["Cache-Control"]
    assert "X-API-Key" in answer.headers["Vary"]


def test_a_place_that_the_feed_has_not_reached_is_of_another_feed(way):
    answer = way.get("changes", since="999999")

    assert (answer.status_code, answer.json()["code"]) == (410, "feed-gone")
    assert "full copy" in answer.json()["detail"]


def test_the_list_is_searched_narrowed_and_counted_by_facets(way):
    found = way.client.get(
        "/api/v1/datasets",
        {"q": way.dataset.title_en, "provider": way.dataset.owner.slug, "facets": "true"},
        headers={"Accept-Language": "en"},
    ).json()
    nothing = way.client.get("/api/v1/datasets", {"grade": "L1"}).json()

    assert [one["slug"] for one in found["datasets"]] == [way.dataset.slug]
    assert found["total"] == 1
    assert found["facets"]["grade"] == [
        {"value": "L4", "label": "L4 highly sensitive", "count": 1}
    ]
    assert found["facets"]["owner"][0]["value"] == way.dataset.owner.slug
    assert nothing == {"count": 0, "next": None, "datasets": []}


@pytest.mark.parametrize("params", [{"seen_on": "soon"}, {"price": "much"}, {"id": "one"}])
def test_what_a_filter_takes_is_said_in_chinese_too(way, params):
    answer = way.client.get(f"/api/v1/datasets/{way.dataset.slug}/records", params)

    told = answer.json()["detail"]
    assert not re.search("a (day|number|whole)", told)


@pytest.mark.parametrize("what", ["", "/explain"])
def test_chinese_is_readable_in_a_terminal(way, what):
    answer = way.client.get(f"/api/v1/datasets/{way.dataset.slug}{what}")

    assert "\\u" not in answer.content.decode()


def test_a_key_in_the_address_of_a_call_that_is_none_is_no_fault(way):
    answer = way.client.post(f"/api/v1/datasets/{way.dataset.slug}/records?x={way.key.raw}")

    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
