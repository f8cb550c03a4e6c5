"""The API's description of itself, the page to try it, and addresses where nothing is."""

import json
import re

import pytest
import yaml
from django.contrib.staticfiles import finders

from exchange.hook_flow import PING, EventKind


def test_the_description_comes_as_yaml_and_as_json(client):
    as_yaml = client.get("/api/schema/")
    as_json = client.get("/api/schema/", {"format": "json"})
    by_header = client.get("/api/schema/", headers={"Accept": "application/json"})

    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content)
    assert json.loads(by_header.content)["openapi"] == "3.1.0"


def test_every_address_is_described_and_takes_a_key_or_none(client):
    described = json.loads(client.get("/api/schema/", {"format": "json"}).content)

    assert all(path.startswith("/api/v1/") for path in described["paths"])
    for_all = {
        path: operations
        for path, operations in described["paths"].items()
        if not path.startswith("/api/v1/office/")
    }
    assert len(for_all) == 12
    for operations in for_all.values():
        assert operations["get"]["security"] == [{"key": []}, {"bearer": []}, {}]


def test_each_event_that_webhooks_are_told_of_is_described(client):
    described = json.loads(client.get("/api/schema/", {"format": "json"}).content)

    assert set(described["webhooks"]) == {*EventKind.values, PING}
    told = described["webhooks"]["rows.changed"]["post"]["requestBody"]["content"]
    name = told["application/json"]["schema"]["$ref"].rpartition("/")[2]
    parts = described["components"]["schemas"]
    data = parts[name]["properties"]["data"]["$ref"].rpartition("/")[2]
    assert set(parts[name]["properties"]) == {"type", "timestamp", "sequence", "data"}
    assert set(parts[data]["properties"]) == {"dataset", "zone", "since", "seq", "changes"}


def test_an_unknown_form_of_the_description_is_nothing(client):
    assert client.get("/api/schema/", {"format": "xml"}).json()["code"] == "not-found"


def test_the_page_loads_only_own_files_and_has_nothing_inline(client):
    answer = client.get("/api/docs/")
    page = answer.content.decode()

    assert "unsafe" not in answer["Content-Security-Policy"]
    assert not re.search(r"<style|style=|<script>|onload=|javascript:", page)
    loaded = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', page)
    assert len(loaded) == 6
    for address in loaded:
        own_script = address == "/api/docs/?script="
        assert own_script or finders.find(address.removeprefix("/static/"))


def test_the_pages_script_asks_nobody_outside(client):
    answer = client.get("/api/docs/", {"script": ""})
    script = answer.content.decode()

    assert answer["Content-Type"].startswith("application/javascript")
    assert '"validatorUrl": null' in script
    assert "http" not in re.sub(r'"https?"|type === "http"', "", script).replace("httpOnly", "")


@pytest.mark.parametrize("address", ["/api/", "/api/nope", "/api/v1", "/api/v2/datasets"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_answers_like_any_other_refusal(client, address, method):
    answer = getattr(client, method)(address, headers={"Accept-Language": "en"})

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Content-Language"] == "en"
    assert answer.json()["code"] == "not-found"
    assert answer.json()["detail"] == "There is nothing at this address."


def test_an_unknown_address_speaks_chinese_by_itself(client):
    told = client.get("/api/nope").json()["detail"]

    assert not told.isascii()


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/csv", "text/html", "application/xml"])
def test_whatever_a_client_accepts_it_gets_the_one_form_of_the_address(client, accept):
    answer = client.get("/api/v1/datasets", headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.django_db
def test_a_call_that_would_write_is_refused_with_what_is_allowed(client):
    answer = client.post("/api/v1/datasets", headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert "GET" in answer["Allow"]


@pytest.mark.django_db
def test_looking_at_ones_usage_costs_nothing(client):
    first, second = (client.get("/api/v1/usage").json() for _ in range(2))

    assert first["day_remaining"] == second["day_remaining"] == first["per_day"]
