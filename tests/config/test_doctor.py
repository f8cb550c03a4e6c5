import io
import time
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from audit import chain
from audit.tasks import link_chain
from config import doctor
from exchange import public_folder
from exchange.tasks import send_webhooks
from tests.factories import exchange
from tests.portal.members import identity

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public(settings, tmp_path):
    settings.PUBLIC_FILE_STORE = str(tmp_path / "public")
    return tmp_path / "public"


def told(findings) -> str:
    return " ".join(f"{found.what} {found.why} {found.do}" for found in findings)


def test_a_healthy_installation_has_no_findings(settings, tmp_path):
    settings.FILE_ROOTS = [str(tmp_path)]
    out = io.StringIO()

    call_command("doctor", "--port", "9", stdout=out)

    assert out.getvalue().strip() == "All is well."


def test_findings_end_the_command_with_one_and_say_what_why_and_what_to_do(settings):
    settings.FILE_ROOTS = ["/nowhere/intake"]
    out = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--port", "9", stdout=out)

    assert ended.value.code == 1
    assert "The folder /nowhere/intake of FILE_ROOTS is not there." in out.getvalue()
    assert "→ Make the folder" in out.getvalue()


def test_a_site_that_does_not_know_its_proxy_is_found(settings):
    settings.SECURE = True
    assert "TRUSTED_PROXIES=" in told(doctor.proxies())

    settings.TRUSTED_PROXIES = [ip_network("10.0.0.5")]
    assert told(doctor.proxies()) == ""


def test_a_file_that_is_public_no_longer_or_is_missing_is_found(public, settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")
    exchange.with_file(exchange.house())
    assert told(doctor.public_files_there()) == ""

    [lying] = public.rglob("*/*")
    stranger = public_folder.place("0" * 64)
    stranger.parent.mkdir()
    lying.rename(stranger)

    found = told(doctor.public_files_there())
    assert "1 files in" in found
    assert "are not public any longer" in found
    assert "1 public files are missing" in found


def test_a_process_that_does_not_keep_the_public_files_says_nothing_of_them(settings):
    settings.PUBLIC_FILE_STORE = "/nowhere/public"

    assert told(doctor.public_files_there()) == ""


def test_a_valkey_that_is_gone_is_found(settings):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    assert "Valkey does not answer" in told(doctor.services())


@pytest.mark.parametrize(("task", "queue"), [(link_chain, "brief"), (send_webhooks, "hooks")])
def test_a_worker_that_takes_nothing_is_found_with_how_to_start_it(task, queue):
    task.apply_async(expires=timezone.now() - timedelta(minutes=2))

    found = told(doctor.workers())

    assert found.count("No worker takes") == 1
    assert f"No worker takes the queue “{queue}”" in found
    assert f"Start worker-{queue}: " in found
    assert f"--queues={queue}" in found


def test_an_entry_that_nobody_links_is_found():
    entry = chain.record("sign_out", "user:1", by=None, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE audit_entry SET recorded_at = recorded_at - interval '2 minutes'"
            " WHERE id = %s",
            [entry.pk],
        )

    assert f"Entry {entry.pk} of the audit trail waits" in told(doctor.workers())


def test_fresh_entries_and_linked_ones_are_no_finding():
    chain.record("sign_out", "user:1", by=None, at=timezone.now())
    chain.link()

    assert told(doctor.workers()) == ""


def test_a_database_behind_this_release_is_found():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'catalog'")

    assert "manage.py migrate" in told(doctor.migrations())


def test_a_clock_that_differs_from_the_databases_is_found(monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 90)

    assert "90 seconds apart" in told(doctor.clock())


def test_packages_other_than_locked_are_found(settings, tmp_path):
    lock = tmp_path / "requirements" / "base.txt"
    lock.parent.mkdir()
    lock.write_text(
        "django==1.0 \\\n    --hash=sha256:00\n"
        "not-here==2.0 \\\n    --hash=sha256:00\n"
        "old==1 ; python_full_version < '3' \\\n    --hash=sha256:00\n"
    )
    settings.BASE_DIR = tmp_path

    found = told(doctor.packages())

    assert "django 1.0 (here: 5." in found
    assert "not-here 2.0 (here: none)" in found
    assert "old" not in found


def test_keys_that_others_can_read_are_found(settings, tmp_path):
    settings.VAR = tmp_path
    (tmp_path / "secrets.json").write_text("{}")
    (tmp_path / "secrets.json").chmod(0o644)

    assert "chmod 600" in told(doctor.kept_secrets())


def test_a_server_for_members_sign_in_that_does_not_answer_is_found(settings):
    settings.OIDC_SERVER, settings.OIDC_INSIDE = "http://127.0.0.1:9", []

    found = told(doctor.foreign_sign_in())

    assert "http://127.0.0.1:9 does not answer as agreed" in found
    assert "OIDC_INSIDE" in found


def test_a_server_for_members_sign_in_that_answers_is_none_to_tell_of(settings):
    with identity.served() as server:
        settings.OIDC_SERVER, settings.OIDC_INSIDE = server.url, [ip_network("127.0.0.1/32")]

        assert told(doctor.foreign_sign_in()) == ""
