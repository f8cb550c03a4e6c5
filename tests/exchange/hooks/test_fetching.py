"""One request whose answer is read whole: to what is allowed, within a time, up to a size."""

from ipaddress import ip_network

import pytest

from exchange.hooks import fetching
from exchange.hooks.fetching import Fetched, Unreachable
from tests.exchange.hooks.test_posting import served

INSIDE = [ip_network("127.0.0.1/32")]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}{}"


def fetch(url: str, inside=INSIDE, **over) -> Fetched:
    return fetching.fetch(url, inside=inside, headers={"Accept": "application/json"}, **over)


def test_a_form_is_posted_and_the_answer_read(settings):
    settings.WEBHOOKS_INSIDE = []
    with served(lambda line, _: line.sendall(OK)) as (port, came):
        answer = fetch(f"http://127.0.0.1:{port}/token?a=1", form=b"code={}")

    assert answer == Fetched(200, b"{}{}")
    assert came[0].startswith(b"POST /token?a=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)
    assert came[0].endswith(b"\r\n\r\ncode={}")
    assert b"\r\nContent-Type: application/x-www-form-urlencoded\r\n" in came[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b" " * 9999,
        b"HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n" + b" " * 600_000,
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_cut_off_too_long_or_none_is_no_answer(answer):
    with served(lambda line, _: line.sendall(answer)) as (port, _came), pytest.raises(Unreachable):
        fetch(f"http://127.0.0.1:{port}/", form=b"{}")


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://127.0.0.1:9000/", []),
        ("https://localhost/", []),
        ("https://idp/", []),
        ("http://127.0.0.2:9000/", INSIDE),
        ("http://example.org\n/", INSIDE),
        ("file:///etc/passwd", INSIDE),
        ("http://127.0.0.1:22/", INSIDE),
    ],
)
def test_what_may_not_be_called_is_not(url, inside):
    with pytest.raises(Unreachable, match=r"AddressUnfit|NotPublic|gaierror"):
        fetch(url, inside)


@pytest.mark.parametrize("name", ["idp", "id.intranet", "id.example.org"])
def test_a_name_that_the_operator_gave_is_called_where_it_leads_inside(monkeypatch, name):
    monkeypatch.setattr(fetching.reachable, "_ask", lambda *_: ["127.0.0.1"])

    with served(lambda line, _: line.sendall(OK)) as (port, came):
        answer = fetch(f"http://{name}:{port}/", form=b"{}")

    assert answer.status == 200
    assert f"Host: {name}:{port}".encode() in came[0]


def test_a_name_that_leads_elsewhere_inside_is_not_called(monkeypatch):
    monkeypatch.setattr(fetching.reachable, "_ask", lambda *_: ["10.0.0.1"])

    with pytest.raises(Unreachable, match="NotPublic"):
        fetch("http://idp:9000/")
