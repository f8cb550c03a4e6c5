"""What goes over the wire packed is what goes over it unpacked, and caches are told so."""

import gzip
import io
import zlib

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from config import wire
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import exchange
from tests.factories.exchange import column

FORMS = RequestFactory()
LONG = b"words that repeat, words that repeat. " * 100


def asked(answer, path="/datasets", accepted="gzip", **headers):
    """Return an answer as it leaves the middleware."""
    request = FORMS.get(path, headers={"Accept-Encoding": accepted, **headers})
    return wire.packed(lambda _request: answer)(request)


def page(body=LONG, **more):
    return HttpResponse(body, **more)


def whole(answer) -> bytes:
    body = b"".join(answer) if answer.streaming else answer.content
    packed = answer.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(body) if packed else body


@pytest.fixture
def served(db):
    """Return a published dataset with enough rows that a page is worth packing."""
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
    rows = "\n".join(f"{number},name of {number}" for number in range(1, 251))
    binding = exchange.csv_binding(where, f"id,name\n{rows}\n", columns)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


# --- what is packed, and what is not --------------------------------------------------------


def test_a_page_is_packed_for_who_accepts_it_and_its_length_is_that_of_what_is_sent():
    answer = asked(page())

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert len(answer.content) < len(LONG) / 10
    assert whole(answer) == LONG


@pytest.mark.parametrize(
    "accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0", "deflate, gzip;q=0, br", "*"]
)
def test_nobody_gets_what_they_did_not_ask_for(accepted):
    answer = asked(page(), accepted=accepted)

    assert "Content-Encoding" not in answer.headers
    assert answer.content == LONG
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "br, gzip", "gzip;q=0.5", "x-gzip"])
def test_gzip_is_known_however_it_is_asked_for(accepted):
    assert asked(page(), accepted=accepted).headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/my/apps/", "/office/", "/office/catalog/dataset/"])
def test_pages_with_form_tokens_are_never_packed(path):
    answer = asked(page(), path)

    assert "Content-Encoding" not in answer.headers
    assert answer.content == LONG


def test_an_answer_that_sets_a_cookie_is_left_alone_unless_it_is_the_languages(settings):
    secret, language = page(), page()
    secret.set_cookie("csrftoken", "secret")
    language.set_cookie(settings.LANGUAGE_COOKIE_NAME, "en")

    assert "Content-Encoding" not in asked(secret).headers
    assert asked(language).headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "answer",
    [
        page(LONG[:900]),
        page(content_type="image/png"),
        page(headers={"Content-Encoding": "br"}),
        page(headers={"Cache-Control": "no-transform"}),
        page(status=206),
        StreamingHttpResponse([LONG], content_type="text/csv", headers={"Content-Length": "3800"}),
    ],
    ids=["small", "picture", "packed already", "no-transform", "a part", "a file of known length"],
)
def test_what_is_not_worth_it_or_may_not_be_changed_stays_as_it_is(answer):
    before = dict(answer.headers)

    assert dict(asked(answer).headers) == before


def test_a_refusal_is_packed_like_any_page():
    assert whole(asked(page(status=404))) == LONG


# --- the property ---------------------------------------------------------------------------


@given(st.binary(max_size=6000), st.sampled_from([wire.PAGES, wire.ROWS, wire.FILES]))
def test_unpacked_is_what_was_packed(body, level):
    assert gzip.decompress(wire.squeezed(body, level)) == body
    assert wire.squeezed(body, level) == wire.squeezed(body, level)


@given(st.lists(st.binary(max_size=3000), max_size=20))
def test_so_is_a_stream_however_it_is_cut(chunks):
    assert gzip.decompress(b"".join(wire.squeezed_stream(chunks))) == b"".join(chunks)


def test_a_stream_that_breaks_off_is_no_whole_one():
    def breaking():
        yield LONG
        raise ConnectionError

    sent = []
    with pytest.raises(ConnectionError):
        sent.extend(wire.squeezed_stream(breaking()))

    with pytest.raises(EOFError):
        gzip.decompress(b"".join(sent))
    assert LONG.startswith(zlib.decompressobj(wire.GZIP).decompress(b"".join(sent)))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/datasets",
        "/datasets.atom",
        "/datasets/{slug}",
        "/datasets/{slug}.jsonld",
        "/sitemap.xml",
        "/nowhere",
        "/api/docs/",
        "/api/errors",
        "/api/schema/?format=json",
        "/api/v1/datasets/{slug}",
        "/api/v1/datasets/{slug}/records",
        "/api/v1/datasets/{slug}/records?limit=7&sort=-id",
        "/api/v1/datasets/{slug}/records?colour=red",
        "/api/v1/datasets/{slug}/changes",
        "/api/v1/datasets/{slug}/aggregate?group=name",
        "/static/portal/city.css",
        "/static/portal/icons.svg",
    ],
)
def test_pages_rows_and_files_are_the_same_packed_and_unpacked(served, path):
    client, where = Client(), path.format(slug=served.slug)

    plain = client.get(where)
    packed = client.get(where, headers={"Accept-Encoding": "gzip, deflate, br"})
    again = client.get(where, headers={"Accept-Encoding": "gzip, deflate, br"})

    body = whole(plain)
    request_ids = {plain.headers["X-Request-ID"], packed.headers["X-Request-ID"]}
    told = whole(packed)
    for one in request_ids:  # a problem names the number of its request
        body, told = body.replace(one.encode(), b"-"), told.replace(one.encode(), b"-")
    assert told == body
    assert (packed.headers.get("Content-Encoding") == "gzip") == (len(whole(again)) >= 1000)
    if "Content-Encoding" in packed.headers:
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert "Accept-Encoding" in packed.headers["Vary"]


def test_a_download_is_packed_on_its_way(live_database):
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
    rows = "\n".join(f"{number},name of {number}" for number in range(1, 2001))
    binding = exchange.csv_binding(where, f"id,name\n{rows}\n", columns)
    engine.sync(binding.pk)
    slug = exchange.publish(where, binding.resource).slug
    client = Client()

    plain = client.get(f"/api/v1/datasets/{slug}/records.csv").getvalue()
    packed = client.get(
        f"/api/v1/datasets/{slug}/records.csv", headers={"Accept-Encoding": "gzip"}
    )

    assert packed.headers["Content-Encoding"] == "gzip"
    sent = packed.getvalue()
    assert len(sent) < len(plain) / 2
    assert gzip.decompress(sent) == plain


# --- tags -----------------------------------------------------------------------------------


def test_the_tag_of_a_packed_answer_is_weak_and_the_plain_one_keeps_its_own():
    tagged = {"headers": {"ETag": '"a1"'}}

    assert asked(page(**tagged)).headers["ETag"] == 'W/"a1"'
    assert asked(page(**tagged), accepted="").headers["ETag"] == '"a1"'
    assert asked(page(headers={"ETag": 'W/"a1"'})).headers["ETag"] == 'W/"a1"'


@pytest.mark.parametrize("path", ["/api/v1/datasets/{slug}/records", "/static/portal/city.css"])
def test_who_has_the_packed_form_gets_304_by_its_tag_and_with_it(served, path):
    client, where = Client(), path.format(slug=served.slug)
    packed = client.get(where, headers={"Accept-Encoding": "gzip"})
    whole(packed)
    tag = packed.headers["ETag"]

    answer = client.get(where, headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
    plainly = client.get(where, headers={"If-None-Match": tag.removeprefix("W/")})

    assert tag.startswith('W/"')
    assert (answer.status_code, answer.headers["ETag"]) == (304, tag)
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert (plainly.status_code, plainly.headers["ETag"]) == (304, tag.removeprefix("W/"))


def test_another_version_is_not_taken_for_the_one_that_was_packed(served):
    client = Client()
    where = f"/api/v1/datasets/{served.slug}/records"

    answer = client.get(where, headers={"If-None-Match": 'W/"0123456789abcdef"'})

    assert answer.status_code == 200


def test_a_file_is_packed_once_for_each_of_its_versions(monkeypatch, db):
    made = []
    squeezed = wire.squeezed
    monkeypatch.setattr(wire, "_files", {})
    monkeypatch.setattr(
        wire, "squeezed", lambda body, level: made.append(level) or squeezed(body, level)
    )

    for _time in range(3):
        whole(Client().get("/static/portal/city.css", headers={"Accept-Encoding": "gzip"}))

    assert made == [wire.FILES]


def test_the_head_of_a_file_tells_what_getting_it_unpacked_would(db):
    answer = Client().head("/static/portal/city.css", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
    assert int(answer.headers["Content-Length"]) > 1000


# --- no page of the open door holds what must not be packed -----------------------------------


def test_no_open_page_holds_a_form_token(served):
    for path in ("/", "/datasets", f"/datasets/{served.slug}", "/wishes", "/apps"):
        assert "csrfmiddlewaretoken" not in Client().get(path).content.decode()


def test_rows_are_packed_alone_where_it_is_worth_it():
    small, large = b"1" * 900, b"1" * 1100

    assert wire.rows(small, {"ETag": '"a"'}, "gzip") == (small, {})
    assert wire.rows(large, {"ETag": '"a"'}, "") == (large, {})
    body, changed = wire.rows(large, {"ETag": '"a"'}, "gzip")
    assert gzip.GzipFile(fileobj=io.BytesIO(body)).read() == large
    assert changed == {"Content-Encoding": "gzip", "ETag": 'W/"a"'}
