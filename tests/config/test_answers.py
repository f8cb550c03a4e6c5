"""What every answer carries, and what a load balancer is told."""

import json
import logging
from datetime import timedelta

import pytest
from celery import current_app, shared_task
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from audit import trace
from audit.tasks import link_chain
from config import health, logs, metrics, middleware
from exchange.tasks import send_webhooks

UNSAFE = ("unsafe-inline", "unsafe-eval", "*")


def test_healthz_answers_without_asking_anybody(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_readyz_is_well_where_all_is_there(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "valkey": "ok",
        "migrations": "ok",
        "worker-brief": "ok",
        "worker-hooks": "ok",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("task", "behind", "other"),
    [
        (link_chain, "worker-brief", "worker-hooks"),
        (send_webhooks, "worker-hooks", "worker-brief"),
    ],
)
def test_readyz_names_the_worker_that_takes_nothing_and_serves_on(client, task, behind, other):
    task.apply_async(expires=timezone.now() - timedelta(minutes=2))

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert (answer.json()[behind], answer.json()[other]) == ("behind", "ok")


@pytest.mark.django_db
def test_a_message_that_still_has_time_is_no_sign_of_a_missing_worker(client):
    link_chain.apply_async(expires=timezone.now() - timedelta(seconds=30))

    assert client.get("/readyz").json()["worker-brief"] == "ok"


@pytest.mark.django_db
def test_readyz_names_a_missing_valkey_and_not_where_it_should_be(client):
    with override_settings(REDIS_URL="unix:///nowhere/valkey.sock"):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["valkey"] == "missing"
    assert "nowhere" not in answer.content.decode()


@pytest.mark.django_db
def test_readyz_sees_a_migration_that_is_not_applied(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")

    assert client.get("/readyz").json()["migrations"] == "missing"


def test_the_open_door_counts_as_migrated_by_its_face_of_the_catalogue(live_database):
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE city_open; SET search_path = face, public")

        assert health.migrations_are_applied()


def test_pages_may_load_nothing_unsafe(client):
    policy = client.get("/healthz")["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert not [word for word in UNSAFE if word in policy]


@pytest.mark.parametrize("path", ["/", "/my/", "/office/", "/api/docs/", "/api/v1/datasets"])
def test_every_page_has_the_same_content_policy(rf, path):
    answer = middleware.guarded(lambda _request: HttpResponse())(rf.get(path))

    assert answer["Content-Security-Policy"] == middleware.CONTENT_POLICY


def test_an_answer_has_the_proxys_request_id_where_that_is_sound(client):
    given = client.get("/healthz", headers={"X-Request-ID": "proxy-0001"})
    forged = client.get("/healthz", headers={"X-Request-ID": 'a"\n{b'})

    assert given["X-Request-ID"] == "proxy-0001"
    assert len(forged["X-Request-ID"]) == 32


def test_security_headers_stand_on_every_answer(client):
    answer = client.get("/healthz")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_log_line_is_one_json_object_with_the_request_id():
    token = logs.request_id.set("abc12345")
    record = logging.LogRecord("city", logging.INFO, __file__, 1, "读 %s\nrows", (3,), None)

    line = logs.JsonFormatter().format(record)

    logs.request_id.reset(token)
    assert "\n" not in line
    assert json.loads(line)["message"] == "读 3\nrows"
    assert json.loads(line)["request_id"] == "abc12345"


@shared_task
def which_request() -> str:
    """Return the id under which the task runs."""
    return logs.request_id.get()


def test_a_request_id_travels_with_a_task():
    token = logs.request_id.set("web-request-1")
    with current_app.connection_for_write() as broker:
        sent = which_request.apply_async(connection=broker)
        message = broker.SimpleQueue("city").get(timeout=5)
    logs.request_id.reset(token)

    assert message.headers["id"] == sent.id
    assert message.headers["request_id"] == "web-request-1"


def test_where_a_person_came_from_is_known_in_a_request_and_nowhere_after_it(rf):
    seen = []
    answer = middleware.traced(lambda _request: seen.append(trace.address.get()) or HttpResponse())

    answer(rf.get("/", REMOTE_ADDR="203.0.113.7"))

    assert (seen, trace.address.get()) == (["203.0.113.7"], "")


def test_a_task_without_a_request_runs_under_an_id_of_its_own():
    assert len(which_request()) == 32
    assert logs.request_id.get() == ""


def test_counters_name_routes_and_never_addresses(rf):
    counted = metrics.counted(lambda request: Client().get(request.path))
    request = rf.get("/nobody-knows-13800138000")
    request.resolver_match = None

    counted(request)

    text = metrics.metrics(request).content.decode()
    assert 'city_requests_total{method="GET",route="unknown"' in text
    assert "13800138000" not in text


def test_counters_are_closed_unless_asked_for(client):
    assert client.get("/metrics").status_code == 404
