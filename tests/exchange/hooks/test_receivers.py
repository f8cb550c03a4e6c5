"""The receivers in docs/webhooks.md run as they stand, and take what the platform sends."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.utils import timezone

from exchange.hooks import posting, registering, signing
from exchange.models import Webhook, WebhookSecret
from tests.factories import hooks

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = {
    "python": (sys.executable, "py"),
    "javascript": (shutil.which("node") or "", "cjs"),
}
LANGUAGES = [
    "python",
    pytest.param(
        "javascript",
        marks=pytest.mark.skipif(shutil.which("node") is None, reason="needs: node"),
    ),
]


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.WEBHOOKS_INSIDE = [ip_network("127.0.0.0/8")]


def program(language: str) -> str:
    text = (ROOT / "docs" / "webhooks.md").read_text()
    [found] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return found


@contextmanager
def running(language: str, secret: str, port: int, tmp_path: Path):
    """Run a receiver until the block ends, and give its process."""
    command, suffix = PROGRAMS[language]
    place = tmp_path / f"receiver.{suffix}"
    place.write_text(program(language))
    with subprocess.Popen(
        [command, str(place)],
        env=os.environ | {"WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(port)
            yield process
        finally:
            process.kill()


def _wait(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.02)  # the program needs the processor to start
        else:
            return


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receiver_confirms_its_address_and_takes_events(language, tmp_path):
    port = free_port()
    webhook = hooks.registered(hooks.published(), url=f"http://127.0.0.1:{port}/hooks")
    secret = signing.unseal(bytes(WebhookSecret.objects.get().sealed))
    now = timezone.now()
    Webhook.objects.update(created_at=now)
    registering.rotate(webhook.pk, overlap=hooks.MINUTE, by=webhook.created_by, at=now)

    with running(language, secret, port, tmp_path) as process:  # it has the old one still
        hooks.sent(posting.post, at=now)
        webhook.refresh_from_db()
        delivery = hooks.delivered(webhook)
        hooks.sent(posting.post, at=now)
        process.kill()
        said = process.stdout.read().decode()

    delivery.refresh_from_db()
    assert webhook.state == "live"
    assert (delivery.state, delivery.status, delivery.answer) == ("done", 200, "ok")
    assert said.startswith("ping ")
    assert "rows.changed" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receiver_turns_away_what_was_altered_is_old_or_is_signed_by_another(language, tmp_path):
    port, secret, now = free_port(), signing.make_secret(), int(time.time())
    url, body = f"http://127.0.0.1:{port}/hooks", b'{"type":"ping","data":{}}'

    def told(by: str, at: int, signed: bytes = body, **over: str):
        headers = dict(signing.headers([signing.seal(by)], "evt_1", at, signed))
        return posting.post(url, body, headers | over).status

    with running(language, secret, port, tmp_path):
        answers = [
            told(secret, now),
            told(secret, now, b'{"type":"ping","data":{"a":1}}'),
            told(secret, now - 400),
            told(secret, now + 400),
            told(signing.make_secret(), now),
            told(secret, now, **{"webhook-id": "evt_2"}),
            told(secret, now, **{"webhook-signature": "v1,"}),
            told(secret, now, **{"webhook-signature": ""}),
            told(secret, now, **{"webhook-timestamp": "now"}),
        ]

    assert answers == [200, *[400] * 8]
