"""The settings as a process of its own reads them: from the environment, with kept keys."""

import base64
import json
import os
import subprocess
import sys

from tests import services


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


def test_a_server_for_sign_in_without_its_secret_is_refused(tmp_path):
    ended = ask_settings(
        "1", VAR_DIR=str(tmp_path), OIDC_SERVER="https://id.example", OIDC_CLIENT="city"
    )

    assert ended.returncode == 1
    assert "OIDC_SECRET" in ended.stderr


def test_the_secret_of_a_server_for_sign_in_is_read_from_the_environment_alone(tmp_path):
    given = {
        "OIDC_SERVER": "https://id.example/",
        "OIDC_CLIENT": "city",
        "OIDC_SECRET": "from the environment",
        "OIDC_INSIDE": "10.1.0.0/16",
    }

    told = ask_settings(
        "settings.OIDC_SERVER, settings.OIDC_SECRET, settings.OIDC_INSIDE",
        VAR_DIR=str(tmp_path),
        **given,
    )

    assert told.stdout.startswith("https://id.example from the environment ")
    assert "10.1.0.0/16" in told.stdout
