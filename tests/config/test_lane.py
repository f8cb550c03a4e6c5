"""The lane answers pages of rows as Django does, byte for byte, and leaves it all the rest."""

import gzip
import io
import json
from datetime import date
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings

from accounts import keys
from accounts.models import ApiKey
from audit import deliveries
from config import urls, wire
from config.lane import lane
from exchange import opening
from exchange.models import Grant, Zone
from exchange.records import store
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, Mode
from tests.factories import accounts, exchange, sharing
from tests.factories.exchange import column

NAMED = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("phone", grade=Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2)),
    column("secret", grade=Grade.L4),
)
ROWS = [f"{i},n{i:03d},138{i:08d},s{i}" for i in range(1, 251)]
DATA = "\n".join(["id,name,phone,secret", *ROWS])
ADDRESSES = urls.urlpatterns  # read here, while both doors stand open
OF_THE_CALL = {"X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset", "Content-Length"}


class Door:
    """The open door alone: the lane before a Django that counts what reaches it."""

    def __init__(self) -> None:
        self.where = exchange.house()
        self.binding = exchange.csv_binding(self.where, DATA, NAMED)
        engine.sync(self.binding.pk)
        self.dataset = exchange.publish(self.where, self.binding.resource)
        self.key = accounts.api_key(at=exchange.now())
        self.django = WSGIHandler()
        self.lane = lane(self._counted)
        self.handed_on = 0

    def _counted(self, environ, start_response):
        self.handed_on += 1
        return self.django(environ, start_response)

    def ask(self, app, what: str = "records", query: str = "", **over):
        told = []
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": f"/api/v1/datasets/{self.dataset.slug}/{what}",
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "HTTP_HOST": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_ACCEPT_LANGUAGE": "en",
            "HTTP_X_API_KEY": self.key.raw,
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
        } | over
        answer = app(environ, lambda status, headers: told.append((status, dict(headers))))
        body = b"".join(answer)
        (status, headers) = told[0]
        kept = {name: value for name, value in headers.items() if name not in OF_THE_CALL}
        return int(status[:3]), kept, body

    def page(self, query: str = "", **over):
        """Ask through the lane twice, the second time as foreseen, and as Django alone does."""
        first = self.ask(self.lane, query=query, **over)
        again = self.ask(self.lane, query=query, **over)
        assert first == again == self.ask(self.django, query=query, **over)
        return first

    def regrade(self, name: str, **change) -> None:
        field = self.binding.resource.fields.get(name=name)
        opening.regrade(
            self.dataset.pk,
            {field.pk: change},
            by=self.where.publisher,
            at=exchange.NOW,
            reason="it turned out to name people",
        )


@pytest.fixture
def given_back(monkeypatch) -> list[bool]:
    """Count when the lane gives its connection back, in place of closing that of the test."""
    times: list[bool] = []
    monkeypatch.setattr("config.lane.close_old_connections", lambda: times.append(True))
    return times


@pytest.fixture
def alone(given_back):
    # as Django's own test client: a request must not close the connection of the test
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with override_settings(DOORS=frozenset({"open"}), READS_ONLY=True):
        yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def door(db, alone):
    return Door()


@pytest.fixture
def live_door(live_database, alone):
    """A door where commits are real: a table that is dropped is gone for the reader."""
    return Door()


def test_pages_are_the_same_with_and_without_the_lane(door):
    query, seen = "limit=60", []
    while query:
        status, _headers, body = door.page(query)
        page = json.loads(body)
        assert status == 200
        seen += [row["id"] for row in page["rows"]]
        query = (page["next"] or "").partition("?")[2]

    assert sorted(seen) == list(range(1, 251))
    assert len(seen) == 250
    assert door.handed_on == 0


@pytest.mark.parametrize(
    "query",
    [
        "limit=250",
        "limit=251",
        "fields=name",
        "fields=phone,id&limit=3",
        "id.gt=240",
        "sort=-id&limit=2",
        "total=exact&limit=1",
        "id=7&id=8",
    ],
)
def test_each_kind_of_query_is_answered_alike(door, query):
    status, _headers, body = door.page(query)

    assert status == 200
    assert json.loads(body)["count"] >= 0
    assert door.handed_on == 0


@pytest.mark.parametrize("query", ["limit=100", "limit=1", "fields=name&limit=250"])
def test_pages_are_packed_alike_and_are_the_same_unpacked(door, query):
    plain = door.page(query)

    status, headers, body = door.page(query, HTTP_ACCEPT_ENCODING="gzip, deflate")

    assert status == 200
    assert (headers.get("Content-Encoding") == "gzip") == (len(plain[2]) >= wire.SMALLEST)
    told = gzip.decompress(body) if "Content-Encoding" in headers else body
    assert told == plain[2]
    assert headers["ETag"].removeprefix("W/") == plain[1]["ETag"]
    assert "Accept-Encoding" in headers["Vary"]


@pytest.mark.parametrize("weak", ["", "W/"])
def test_who_has_a_page_in_either_form_is_told_so_by_the_tag_they_sent(door, weak):
    tag = door.page("limit=100")[1]["ETag"]

    status, headers, body = door.page(
        "limit=100", HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH=f"{weak}{tag}"
    )

    assert (status, body) == (304, b"")
    assert headers["ETag"] == f"{weak}{tag}"
    assert "Content-Encoding" not in headers


@pytest.mark.parametrize(
    ("query", "over", "status", "code"),
    [
        ("limit=0", {}, 400, "query-refused"),
        ("cursor=broken", {}, 400, "cursor-broken"),
        ("secret=s1", {}, 403, "field-withheld"),
        ("phone=1", {}, 403, "field-masked"),
        ("nothing=1", {}, 400, "field-unknown"),
        ("key=abc", {}, 400, "key-in-url"),
        ("", {"HTTP_X_API_KEY": "cdx_aaaaaa_" + "A" * 43}, 401, "key-unknown"),
        ("&".join(f"a{n}=1" for n in range(150)), {}, 400, "query-refused"),
    ],
)
def test_refusals_are_django_s_own(door, query, over, status, code):
    got, headers, body = door.ask(door.lane, query=query, **over)

    assert (got, json.loads(body)["code"]) == (status, code)
    assert headers["Content-Type"] == "application/problem+json"
    assert door.handed_on == 1


def test_a_refused_call_is_charged_once(door):
    door.page()
    before = _calls_left(door)
    door.ask(door.lane, query="secret=s1")

    assert before - _calls_left(door) == 1


def _calls_left(door) -> int:
    """Return what is left of the day: a minute's calls come back while the test runs."""
    answer = door.django(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/api/v1/usage",
            "SERVER_NAME": "x",
            "SERVER_PORT": "80",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_X_API_KEY": door.key.raw,
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
        },
        lambda _status, _headers: None,
    )
    return json.loads(b"".join(answer))["day_remaining"]


def test_every_page_is_noted(door):
    before = len(list(deliveries.waiting()))
    door.page("limit=5")

    told = [note.told for note in deliveries.waiting()][before:]
    assert [(each["rows"], each["app"]) for each in told] == [(5, door.key.key.app.name)] * 3


def test_an_answer_that_is_known_already_has_no_body(door):
    _status, headers, _body = door.page("limit=5")

    status, again, body = door.page("limit=5", HTTP_IF_NONE_MATCH=headers["ETag"])
    assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])


def test_a_call_with_a_cookie_or_another_address_is_django_s(door):
    door.ask(door.lane, HTTP_COOKIE="django_language=en")
    door.ask(door.lane, "changes")
    door.ask(door.lane, REQUEST_METHOD="HEAD")

    assert door.handed_on == 3


def test_letters_that_are_not_escaped_are_read_as_django_reads_them(door):
    raw = "name=海".encode().decode("latin-1")

    assert door.ask(door.lane, query=raw)[0] == 200
    assert door.handed_on == 1
    assert door.ask(door.lane, query="name=%E6%B5%B7")[2] != b""
    assert door.handed_on == 1


def test_the_connection_is_given_back_after_each_page(door, given_back):
    door.ask(door.lane)
    door.ask(door.lane)

    assert given_back == [True, True]


def test_a_key_revoked_after_the_last_page_gets_no_other(door):
    door.page()
    keys.revoke(door.key.key.pk, by=door.key.key.app.created_by, at=exchange.now())

    status, _headers, body = door.ask(door.lane)
    assert (status, json.loads(body)["code"]) == (401, "key-revoked")


def test_a_field_masked_after_the_last_page_is_masked_in_the_next(live_door):
    assert b"n001" in live_door.page()[2]
    live_door.regrade("name", grade=Grade.L3, mask_kind="blank")

    _status, _headers, body = live_door.page()
    assert b"n001" not in body
    assert json.loads(body)["masked"] == ["name", "phone"]


def test_a_dataset_withdrawn_after_the_last_page_is_gone(live_door):
    live_door.page()
    opening.withdraw(
        live_door.dataset.pk, by=live_door.where.head, at=exchange.NOW, reason="moved away"
    )

    status, _headers, body = live_door.ask(live_door.lane)
    assert (status, json.loads(body)["code"]) == (410, "dataset-withdrawn")


def test_a_zone_that_moved_on_is_read_though_its_former_state_was_foreseen(door):
    door.page()
    seq = json.loads(door.page()[2])["seq"]
    table = store.live(door.binding.resource_id, Zone.OPEN)
    table.seq += 1
    table.save(update_fields=["seq"])

    assert json.loads(door.page()[2])["seq"] == seq + 1


def test_a_quota_that_is_set_lower_holds_for_the_next_call_of_what_was_foreseen(door):
    for _time in range(4):
        door.ask(door.lane, query="limit=5")
    ApiKey.objects.filter(pk=door.key.key.pk).update(daily_quota=4)

    status, _headers, body = door.ask(door.lane, query="limit=5")

    assert (status, json.loads(body)["code"]) == (429, "quota-exceeded")


def test_the_address_of_the_next_page_keeps_the_query(door):
    query = urlencode({"fields": "name,id", "limit": 3})
    _status, _headers, body = door.page(query)

    assert "fields=name%2Cid" in json.loads(body)["next"]


# --- the department API's page -----------------------------------------------------------------


@pytest.fixture
def office(db, given_back):
    """The office door: the lane before a Django that counts what reaches it."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with override_settings(DOORS=frozenset({"office"})):
        two = sharing.two()
        grant = two.granted("name", "phone", clear_up_to=Grade.L2)
        Grant.objects.filter(pk=grant.pk).update(
            valid_until=date(2099, 1, 1), daily_quota=None, first_used_at=exchange.NOW
        )
        door = Door.__new__(Door)
        door.two, door.dataset, door.django, door.handed_on = two, two.dataset, WSGIHandler(), 0
        door.key = accounts.api_key(accounts.app(two.asker), at=exchange.now())
        door.lane = lane(door._counted)
        yield door
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def under_grant(door, app, query: str = "", **over):
    path = f"/api/v1/office/datasets/{door.dataset.slug}/records"
    return door.ask(app, query=query, PATH_INFO=path, **over)


@pytest.mark.parametrize("query", ["", "limit=7", "name.gt=n040&sort=-name", "fields=phone"])
def test_pages_under_a_grant_are_the_same_with_and_without_the_lane(office, query):
    first = under_grant(office, office.lane, query)
    again = under_grant(office, office.lane, query)

    assert first == again == under_grant(office, office.django, query)
    assert first[0] == 200
    assert office.handed_on == 0


@pytest.mark.parametrize(
    ("query", "over", "status", "code"),
    [
        ("grant=987654321", {}, 403, "grant-missing"),
        ("phone=1", {}, 403, "field-masked"),
        ("", {"HTTP_X_API_KEY": ""}, 401, "key-missing"),
    ],
)
def test_refusals_under_a_grant_are_django_s_own(office, query, over, status, code):
    got, _headers, body = under_grant(office, office.lane, query, **over)

    assert (got, json.loads(body)["code"]) == (status, code)
    assert office.handed_on == 1


@pytest.fixture
def claims(office):
    """The office door, with a grant by which claims about id and illness are answered."""
    grant = office.two.granted("id", "illness", mode=Mode.VERIFY, clear_up_to=Grade.L4)
    Grant.objects.filter(pk=grant.pk).update(valid_until=date(2099, 1, 1), daily_quota=100)
    return office


def claim(door, app, *told: dict, body: bytes | None = None, **over):
    sent = json.dumps({"claims": told}).encode() if body is None else body
    return door.ask(
        app,
        PATH_INFO=f"/api/v1/office/datasets/{door.dataset.slug}/verifications",
        **{
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(sent)),
            "wsgi.input": io.BytesIO(sent),
        }
        | over,
    )


def told_alike(answer) -> tuple:
    """Return an answer without what counts down with each call."""
    status, headers, body = answer
    return status, {k: v for k, v in headers.items() if k != "Grant-Remaining"}, body


def test_claims_are_answered_the_same_with_and_without_the_lane(claims):
    wanted = [{"id": 7, "illness": "none"}, {"id": 7, "illness": "flu"}, {"id": 999}]

    first = claim(claims, claims.lane, *wanted)

    assert told_alike(first) == told_alike(claim(claims, claims.django, *wanted))
    assert first[0] == 200
    assert [one["result"] for one in json.loads(first[2])["results"]] == [
        "match",
        "mismatch",
        "no-such-subject",
    ]
    assert claims.handed_on == 0


@pytest.mark.parametrize(
    ("body", "over", "status", "code"),
    [
        (b'{"claims": [{"id": "seven"}]}', {}, 400, "claims-unfit"),
        (b'{"claims": [{"id": 7, "phone": "1"}]}', {}, 403, "field-withheld"),
        (b'{"claims": []}', {}, 400, "claims-unfit"),
        (b"no JSON", {}, 400, "claims-unfit"),
        (b"", {"CONTENT_LENGTH": ""}, 400, "claims-unfit"),
        (b"{}", {"CONTENT_LENGTH": "2000001"}, 400, "claims-unfit"),
        (b"no JSON", {"HTTP_X_API_KEY": ""}, 401, "key-missing"),
        (b"", {"REQUEST_METHOD": "GET"}, 405, "method-not-allowed"),
    ],
)
def test_refusals_of_claims_are_django_s_own(claims, body, over, status, code):
    got, _headers, told = claim(claims, claims.lane, body=body, **over)

    assert (got, json.loads(told)["code"]) == (status, code)
    assert claims.handed_on == 1


def test_claims_that_are_refused_after_the_charge_are_charged_once(claims):
    before = claim(claims, claims.lane, {"id": 7})
    claim(claims, claims.lane, {"id": 7, "phone": "1"})
    after = claim(claims, claims.lane, {"id": 7})

    left = [int(headers["Grant-Remaining"]) for _status, headers, _body in (before, after)]
    assert left[0] - left[1] == 2


def test_a_door_has_only_its_own_lane(office):
    office.ask(office.lane)

    assert office.handed_on == 1
