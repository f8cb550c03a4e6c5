import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("10.0.0.5/8", lambda: environment.networks("X_SETTING")),
        ("proxy", lambda: environment.networks("X_SETTING")),
        ("perhaps", lambda: environment.flag("X_SETTING", default=True)),
        ("-3", lambda: environment.whole("X_SETTING", 1)),
        ("1e3", lambda: environment.whole("X_SETTING", 1)),
        ("loud", lambda: environment.choice("X_SETTING", "INFO", {"INFO"})),
        ("open,side", lambda: environment.some("X_SETTING", "open", {"open"})),
        (",", lambda: environment.some("X_SETTING", "open", {"open"})),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_with_name_and_value(monkeypatch, value, read):
    monkeypatch.setenv("X_SETTING", value)

    with pytest.raises(ImproperlyConfigured) as refused:
        read()

    assert "X_SETTING" in str(refused.value)
    assert value in str(refused.value)


@pytest.mark.parametrize("value", ["", "short", base64.b64encode(bytes(31)).decode(), "ü" * 32])
def test_a_key_that_is_not_32_bytes_is_refused_without_being_shown(value):
    with pytest.raises(ImproperlyConfigured, match="openssl rand") as refused:
        environment.key("FIELD_KEY", value)

    assert not value or value not in str(refused.value)


def test_urls_of_databases_are_read_with_their_quoted_parts():
    found = environment.database("postgresql://city%5Fopen:p%40ss@db:5433/city")
    socket = environment.database("postgresql://city_owner@/city?host=/a%20b/run")

    assert (found["USER"], found["PASSWORD"]) == ("city_open", "p@ss")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db", "5433", "city")
    assert socket["HOST"] == "/a b/run"
    assert socket["PORT"] == ""


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://a@b", "", "postgresql://a@b/"])
def test_other_urls_are_refused_with_what_they_must_look_like(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must look like postgresql://"):
        environment.database(url)


@pytest.mark.parametrize(
    "url",
    [
        "id.example",
        "ftp://id.example",
        "https://",
        "https://name:word@id.example",
        "https://id.example/?a=1",
        "https://id.example/#a",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(monkeypatch, url):
    monkeypatch.setenv("X_SETTING", url)

    with pytest.raises(ImproperlyConfigured, match="X_SETTING is"):
        environment.address("X_SETTING")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", ""),
        ("https://id.example/", "https://id.example"),
        ("http://idp:8080/a", "http://idp:8080/a"),
    ],
)
def test_an_address_of_a_server_is_read_without_a_slash_at_its_end(monkeypatch, given, read):
    monkeypatch.setenv("X_SETTING", given)

    assert environment.address("X_SETTING") == read
