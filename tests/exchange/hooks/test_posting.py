"""One POST, against servers of the test's own: kind ones, slow ones, endless ones, liars."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exchange.hooks import posting
from exchange.hooks.posting import Answer, NoAnswer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"


@pytest.fixture(autouse=True)
def _inside(settings):
    settings.WEBHOOKS_INSIDE = [ip_network("127.0.0.0/8")]
    settings.WEBHOOKS_REFUSED = []


@contextmanager
def served(speak: Callable[[socket.socket, bytes], None]) -> Iterator[tuple[int, list[bytes]]]:
    """Serve one connection: read a request, then speak. Gives the port and what came."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            try:
                line, _peer = server.accept()
            except OSError:
                return
            with line:
                line.settimeout(5)
                head = b""
                while b"\r\n\r\n" not in head or not head.endswith(b"}"):
                    more = line.recv(65536)
                    if not more:
                        break
                    head += more
                came.append(head)
                try:
                    speak(line, head)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            server.close()
            thread.join(10)


def post(port: int, path: str = "/hooks", **over) -> Answer | NoAnswer:
    return posting.post(
        f"http://127.0.0.1:{port}{path}", b'{"a":1}', {"webhook-id": "evt_1"}, **over
    )


def test_it_posts_the_bytes_with_their_headers_and_reads_the_answer():
    with served(lambda line, _: line.sendall(OK)) as (port, came):
        answer = post(port, "/hooks?x=1")

    head, _gap, body = came[0].partition(b"\r\n\r\n")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, answer.good) == (200, "done", True)
    assert head.startswith(b"POST /hooks?x=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)
    assert b"\r\nwebhook-id: evt_1" in head
    assert b"\r\nContent-Length: 7\r\n" in head + b"\r\n"
    assert body == b'{"a":1}'


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    with served(lambda line, _: line.sendall(OK)) as (port, came):
        answer = post(port)

    assert isinstance(answer, Answer)
    assert len(came) == 1


def test_a_redirect_is_an_answer_and_is_not_followed():
    with served(lambda *_: None) as (inner, never):
        there = f"Location: http://127.0.0.1:{inner}/"
        moved = f"HTTP/1.1 307 Moved\r\n{there}\r\nContent-Length: 0\r\n\r\n"
        with served(lambda line, _: line.sendall(moved.encode())) as (port, _came):
            answer = post(port)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.good) == (307, False)
    assert never == []


def test_an_endless_answer_is_read_to_the_limit_and_no_further():
    def flood(line: socket.socket, _head: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            line.sendall(b"x" * 65536)

    with served(flood) as (port, _came):
        answer = post(port)

    assert isinstance(answer, Answer)
    assert answer.body == "x" * posting.SHOWN_BYTES


def test_endless_headers_are_no_answer():
    def flood(line: socket.socket, _head: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            line.sendall(b"a: b\r\n" * 1000)

    with served(flood) as (port, _came):
        answer = post(port)

    assert isinstance(answer, NoAnswer)
    assert answer.problem in ("no-http", "unreachable")


def test_an_answer_that_drips_ends_with_the_time_that_was_set(monkeypatch):
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 0.6)
    over = threading.Event()

    def drip(line: socket.socket, _head: bytes) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 500:
            line.sendall(bytes([byte]))
            if over.wait(0.05):
                return

    began = time.monotonic()
    with served(drip) as (port, _came):
        answer = post(port)
        over.set()

    assert answer == NoAnswer("too-slow", answer.took_ms)
    assert time.monotonic() - began < 5


def test_a_code_counts_though_the_body_does_not_come(monkeypatch):
    monkeypatch.setattr(posting, "WHOLE_SECONDS", 0.5)
    over = threading.Event()

    def stall(line: socket.socket, _head: bytes) -> None:
        line.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nhalf")
        over.wait(5)

    with served(stall) as (port, _came):
        answer = post(port)
        over.set()

    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (202, "half")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "no-http"),
        (b"", "unreachable"),
        (b"HTTP/1.1 abc\r\n\r\n", "no-http"),
    ],
)
def test_what_is_not_http_is_no_answer(said, problem):
    with served(lambda line, _: line.sendall(said)) as (port, _came):
        answer = post(port)

    assert isinstance(answer, NoAnswer)
    assert answer.problem == problem


def test_where_nobody_listens_nothing_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    answer = post(port)

    assert isinstance(answer, NoAnswer)
    assert answer.problem == "unreachable"


def test_a_name_is_asked_for_once_and_the_line_goes_to_what_was_looked_at(settings):
    asked = []

    def changing(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    with served(lambda line, _: line.sendall(OK)) as (port, came):
        answer = posting.post(f"http://hooks.example.org:{port}/", b"{}", {}, resolve=changing)

    assert isinstance(answer, Answer)
    assert asked == [("hooks.example.org", port)]
    assert b"\r\nHost: hooks.example.org:%d\r\n" % port in came[0]


def test_a_name_that_leads_inside_is_not_connected_to(settings):
    settings.WEBHOOKS_INSIDE = []

    with served(lambda *_: None) as (_port, came):
        answer = posting.post(
            "https://hooks.example.org:8443/", b"{}", {}, resolve=lambda *_: ["127.0.0.1"]
        )

    assert answer == NoAnswer("not-public", answer.took_ms)
    assert came == []


def test_an_address_that_is_no_longer_allowed_is_not_called(settings):
    settings.WEBHOOKS_INSIDE = []

    answer = posting.post("http://127.0.0.1:9000/", b"{}", {})

    assert answer == NoAnswer("not-allowed", answer.took_ms)


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """Return a certificate for hooks.example.org, as a file, and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.org")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    place = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    place.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return place


@contextmanager
def secure(certified) -> Iterator[int]:
    """Serve one TLS connection that answers well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            try:
                plain, _peer = server.accept()
                with plain, context.wrap_socket(plain, server_side=True) as line:
                    line.recv(65536)
                    line.sendall(OK)
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("host", "trusted", "found"),
    [
        ("hooks.example.org", True, 200),
        ("other.example.org", True, "certificate"),
        ("hooks.example.org", False, "certificate"),
    ],
)
def test_the_certificate_is_that_of_the_name_and_vouched_for(certified, host, trusted, found):
    trust = ssl.create_default_context(cafile=certified) if trusted else None

    with secure(certified) as port:
        answer = posting.post(
            f"https://{host}:{port}/", b"{}", {}, resolve=lambda *_: ["127.0.0.1"], trust=trust
        )

    assert getattr(answer, "status", None) == found or getattr(answer, "problem", "") == found
