import base64
import json
import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from tests import services


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


def ask_settings(question: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Ask a process of its own, with these settings alone."""
    return subprocess.run(
        [sys.executable, "-c", f"from config import settings; print({question})"],
        capture_output=True,
        text=True,
        check=False,
        cwd=services.ROOT,
        env={"PATH": os.environ["PATH"], **settings},
    )


def test_embedded_keys_are_made_once_and_closed_to_others(tmp_path):
    first = ask_settings("settings.SECRET_KEY, settings.FIELD_KEY", VAR_DIR=str(tmp_path))
    second = ask_settings("settings.SECRET_KEY, settings.FIELD_KEY", VAR_DIR=str(tmp_path))

    assert first.stdout == second.stdout != ""
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert set(json.loads((tmp_path / "secrets.json").read_text())) == {"SECRET_KEY", "FIELD_KEY"}


def test_with_servers_of_ones_own_the_keys_must_be_given(tmp_path):
    ended = ask_settings(
        "1",
        VAR_DIR=str(tmp_path),
        DATABASE_URL="postgresql://a@db/city",
        REDIS_URL="redis://valkey:6379/0",
    )

    assert ended.returncode == 1
    assert "SECRET_KEY is not set" in ended.stderr
    assert not (tmp_path / "secrets.json").exists()


def test_without_services_a_command_that_needs_them_says_how_to_start_them(tmp_path):
    ended = subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        capture_output=True,
        text=True,
        check=False,
        cwd=services.ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)},
    )

    assert ended.returncode == 1
    assert "make demo" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_celery_reaches_a_socket_whose_path_needs_quoting():
    url = "unix:///tmp/a%20b/valkey.sock?db=7"
    question = "settings.CELERY_BROKER_URL"

    ended = ask_settings(
        question,
        DATABASE_URL="postgresql://a@db/city",
        REDIS_URL=url,
        SECRET_KEY="x",
        FIELD_KEY=base64.b64encode(bytes(32)).decode(),
    )

    assert ended.stdout.strip() == "redis+socket:///tmp/a%20b/valkey.sock?virtual_host=7"
