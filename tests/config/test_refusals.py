"""No answer is a bare line: what cannot be read, is too large or stale is told on a page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import reverse

from accounts.roles import Role
from config import refusals
from tests.factories import accounts

pytestmark = pytest.mark.django_db
SAID = {
    "en": ("<h1>{}</h1>", "Nothing was done"),
    "zh-hans": ("<h1>{}</h1>", "未作任何处理"),
}
NUL_PLACES = (
    "/?q=%00",
    "/?subject=a%00b",
    "/negative-list?q=%00",
    "/duty-list?q=%00",
    "/demand-list?q=%00",
    "/office/?x=%00",
    "/office/search/?q=%00",
    "/office/catalogue/decided/?dataset=%00",
    "/office/catalog/dataset/?q=%00",
    "/office/catalog/dataset/?state=%00",
    "/office/exchange/grant/%00/change/",
    "/office/login/?next=%00",
)


def client(language: str, **more) -> Client:
    return Client(headers={"Accept-Language": language}, **more)


def page(answer) -> str:
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/html")
    assert "</html>" in text
    assert '<main class="wide lone">' in text
    return text


def framed(answer) -> str:
    """Return a page that has the portal's menus and its search."""
    text = answer.content.decode()
    assert '<nav class="main-nav"' in text
    assert 'role="search"' in text
    assert text.count("<h1>") == 1
    return text


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("address", NUL_PLACES)
def test_nul_in_an_address_is_told_on_a_page(language, address):
    asking = client(language)
    asking.force_login(accounts.user(Role.OPERATOR))

    answer = asking.get(address)

    shown = page if address.startswith("/office/") else framed
    assert answer.status_code == 400
    assert SAID[language][1] in shown(answer)
    assert "%00" in shown(answer)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/datasets?q=%00",
        "/api/v1/datasets?subject=%00",
        "/api/v1/datasets/a%00b",
        "/api/v1/datasets/a/records?name=%00",
        "/api/v1/office/grants?after=%00",
        "/api/errors?lang=%00",
    ],
)
def test_nul_in_an_address_of_the_api_is_a_problem(address):
    answer = client("en").get(address)

    told = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, told["code"]) == (400, "address-unreadable")
    assert "Take it out" in told["detail"]


def test_nul_in_a_form_is_told_and_nothing_is_done():
    asking = client("en")
    asking.force_login(accounts.user(Role.HEAD))

    answers = [
        asking.post(reverse(name), {"reason": "a\0b", "q": "x"})
        for name in ("admin:away", "admin:login", "admin:inbox_seen")
    ]

    assert [one.status_code for one in answers] == [400] * 3
    assert all("Nothing was done" in page(one) for one in answers)


def test_a_file_with_nul_is_no_form_with_nul():
    asking = client("en")
    asking.force_login(accounts.user(Role.HEAD))
    file = SimpleUploadedFile("a.bin", b"\0\1\2")

    answer = asking.post(reverse("admin:inbox_seen"), {"file": file})

    assert answer.status_code == 302


@pytest.mark.parametrize("language", SAID)
def test_a_form_without_its_token_is_told_on_a_page(language):
    asking = client(language, enforce_csrf_checks=True)
    asking.force_login(accounts.user(Role.HEAD))

    answer = asking.post(reverse("admin:away"), {"reason": "x"})

    assert answer.status_code == 403
    assert SAID[language][1] in page(answer)
    assert 'href="/office/"' in page(answer)


@pytest.mark.parametrize("language", SAID)
def test_a_form_of_the_portal_without_its_token_is_told_within_its_menus(language):
    asking = client(language, enforce_csrf_checks=True)

    answer = asking.post(reverse("account_login"), {"login": "x"})

    assert answer.status_code == 403
    assert SAID[language][1] in framed(answer)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("language", SAID)
def test_a_form_of_the_portal_that_is_too_large_is_told_within_its_menus(language):
    many = {f"a{number}": "" for number in range(10_001)}

    answer = client(language).post(reverse("account_login"), many)

    assert answer.status_code == 413
    assert SAID[language][1] in framed(answer)


def test_an_address_with_more_inputs_than_are_read_has_a_page_that_stands_alone():
    answer = client("en").get("/datasets?" + "&".join(f"a{number}" for number in range(10_001)))

    assert answer.status_code == 413
    assert "10000" in page(answer)


@pytest.mark.parametrize("language", SAID)
def test_a_form_that_is_too_large_is_told_on_a_page(language):
    asking = client(language)
    asking.force_login(accounts.user(Role.HEAD))

    large = asking.post(reverse("admin:away"), {"reason": "x" * 3_000_000})
    many = asking.post(reverse("admin:away"), {f"a{number}": "" for number in range(10_001)})

    for answer in (large, many):
        assert answer.status_code == 413
        assert "2.5 MB" in page(answer)
        assert "10000" in page(answer)
        assert SAID[language][1] in page(answer)


@pytest.mark.parametrize("address", ["/", "/office/login/", "/no-such-place"])
@pytest.mark.parametrize("language", SAID)
def test_an_unknown_host_is_told_on_a_page(language, address):
    with override_settings(ALLOWED_HOSTS=["city.test"]):
        answer = client(language).get(address, headers={"host": "evil.test"})

    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in page(answer)
    assert "evil.test" not in page(answer)


def test_an_unknown_host_of_the_api_is_a_problem():
    with override_settings(ALLOWED_HOSTS=["city.test"]):
        answer = client("en").get("/api/v1/datasets", headers={"host": "evil.test"})

    assert (answer.status_code, answer.json()["code"]) == (400, "host-not-served")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Check the address"), ("zh-hans", "核对地址")]
)
def test_an_unknown_address_is_told_on_a_page(language, words):
    asking = client(language)
    asking.force_login(accounts.user(Role.HEAD))

    office, portal = asking.get("/office/no-such-place/"), asking.get("/no-such-place")

    assert office.status_code == portal.status_code == 404
    assert words in page(office)
    assert words in portal.content.decode()


def test_an_unknown_address_where_no_portal_is_stands_alone(monkeypatch):
    monkeypatch.setattr(refusals, "address_of", lambda _name: None)

    assert "Check the address" in page(client("en").get("/no-such-place"))


def test_an_unknown_address_of_the_api_is_a_problem():
    answer = client("en").get("/api/v2/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("language", SAID)
def test_a_fault_of_ours_names_its_request_id(language, monkeypatch):
    def broken(*_args, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr("backoffice.site.SignIn.as_view", broken)
    asking = client(language, raise_request_exception=False)

    answer = asking.get(reverse("admin:login"))

    assert answer.status_code == 500
    assert answer["X-Request-ID"] in page(answer)


def _broken(*_args, **_named):
    raise ZeroDivisionError


@pytest.mark.parametrize("language", SAID)
def test_a_fault_in_the_portal_is_told_within_its_menus(language, monkeypatch):
    monkeypatch.setattr("portal.home.front", _broken)

    answer = client(language, raise_request_exception=False).get("/")

    assert answer.status_code == 500
    assert answer["X-Request-ID"] in framed(answer)


def test_where_the_frame_is_what_fails_the_page_stands_alone(monkeypatch):
    monkeypatch.setattr("portal.frame.frame_of", _broken)

    answer = client("en", raise_request_exception=False).get("/about")

    assert answer.status_code == 500
    assert answer["X-Request-ID"] in page(answer)


def test_what_broke_off_is_told_on_a_page():
    asking = client("en")
    asking.force_login(accounts.user(Role.HEAD))

    answer = asking.post(
        reverse("admin:away"), b"--x\r\nbroken", content_type="multipart/form-data; boundary="
    )

    assert answer.status_code == 400
    assert "broke off" in page(answer)


def test_a_fault_below_the_api_is_a_problem():
    request = HttpRequest()
    request.path_info = "/api/errors"

    answer = refusals.failed(request)

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
