"""The worker of the queue `hooks`, as its own role, from an event to a receiver that answers."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network

import pytest

from config import supervise
from exchange.models import Webhook, WebhookDelivery
from exchange.tasks import send_webhooks
from tests import services
from tests.factories import exchange, hooks


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.loads(body)["data"].get("challenge", "ok").encode())

    def log_message(self, *_told):
        """Say nothing."""


@pytest.fixture
def receiver():
    """A receiver that answers challenges; gives its address."""
    with HTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hooks"
        server.shutdown()
        thread.join()


def test_the_worker_confirms_an_address_as_the_senders_role(
    live_database, receiver, settings, tmp_path
):
    settings.WEBHOOKS_INSIDE = [ip_network("127.0.0.0/8")]
    webhook = hooks.registered(hooks.published(), url=receiver)
    WebhookDelivery.objects.update(made_at=exchange.now(), due_at=exchange.now())
    send_webhooks.apply_async()
    name = live_database.rpartition("?")[0].rpartition("/")[2]
    as_sender = {
        "DATABASE_URL": services.found().database_url("city_sender", name),
        "WEBHOOKS_INSIDE": "127.0.0.0/8",
    }

    with supervise.crew(tmp_path) as crew:
        crew.start(supervise.Child("hooks", supervise.worker("hooks", concurrency=1), as_sender))
        until = time.monotonic() + 60
        while not Webhook.objects.filter(pk=webhook.pk, state="live").exists():
            crew.check()
            assert time.monotonic() < until, crew.log("hooks").read_text()
            time.sleep(0.1)

    assert WebhookDelivery.objects.get().answer != ""
