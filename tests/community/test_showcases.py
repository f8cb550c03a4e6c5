"""Apps built on the data: reviewed before they appear, and pictures that are pictures."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts.models import Organization
from accounts.roles import NotAllowed, OrganizationKind, Role
from catalog.terms import State
from community import pictures, showcases, speaking
from community.models import Showcase
from community.refusals import PictureRefused, TextRefused
from exchange.workflow import StepRefused
from tests.factories import accounts, catalog, community

db = pytest.mark.django_db
NOW = community.NOW


@db
def test_an_app_appears_after_its_review():
    made = community.showcase()
    assert not Showcase.objects.shown().exists()
    with pytest.raises(NotAllowed):
        showcases.show(made.pk, by=accounts.user(Role.PUBLISHER), at=NOW)

    showcases.show(made.pk, by=community.operator(), at=NOW)

    assert Showcase.objects.shown().get() == made


@db
def test_a_refused_app_is_told_why_and_one_taken_down_is_gone():
    operator = community.operator()
    refused, ended = community.showcase(), community.showcase(shown=True)
    with pytest.raises(TextRefused):
        showcases.refuse(refused.pk, reason="", by=operator, at=NOW)

    showcases.refuse(refused.pk, reason="does not open", by=operator, at=NOW)
    showcases.end(ended.pk, reason="does not answer any more", by=operator, at=NOW)

    assert not Showcase.objects.shown().exists()
    with pytest.raises(StepRefused):
        showcases.refuse(refused.pk, reason="again", by=operator, at=NOW)


@db
@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/",
        "javascript:alert(1)",
        "https://",
        "data:text/html,x",
        "//app.example",
        "https://a.example/\n<script>",
    ],
)
def test_an_address_is_https_and_an_address(url):
    with pytest.raises(ValidationError):
        community.showcase(url=url)


@db
def test_an_app_names_published_datasets():
    for wanted in ([], [catalog.dataset(State.DRAFT).pk], [0]):
        with pytest.raises(TextRefused):
            community.showcase(datasets=wanted)


@db
def test_a_company_is_named_by_its_own_people_alone():
    company = accounts.organization(OrganizationKind.COMPANY)
    developer = accounts.user(Role.DEVELOPER, company)
    speaking.take_name("Dev", by=developer, at=NOW)

    made = community.showcase(by=developer, organization=company)
    with pytest.raises(NotAllowed):
        community.showcase(organization=Organization.objects.get(pk=company.pk))

    assert made.organization == company


@db
def test_withdrawn_means_gone():
    author = community.member()
    made = community.showcase(by=author, shown=True, picture=community.picture())

    showcases.withdraw(made.pk, by=author, at=NOW)

    kept = Showcase.objects.get()
    assert (kept.state, kept.text, kept.picture) == (Showcase.State.WITHDRAWN, "", None)


# pictures


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_made_anew_and_no_larger_than_a_page_needs(kind):
    made = pictures.taken(community.picture(kind, (4000, 3000)))

    with Image.open(BytesIO(made.content)) as kept:
        assert (kept.format, kept.size) == ("WEBP", (1067, 800))


def test_where_a_photograph_was_taken_is_not_kept():
    sent = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home, <script>alert(1)</script>"
    Image.new("RGB", (20, 20)).save(sent, "JPEG", exif=exif, comment=b"at home")
    sent.seek(0)
    assert b"at home" in sent.getvalue()

    made = pictures.taken(sent)

    assert b"at home" not in made.content
    with Image.open(BytesIO(made.content)) as kept:
        assert not kept.getexif()


def drawn(kind: str) -> bytes:
    return community.picture(kind).getvalue()


NOT_PICTURES = {
    "empty": b"",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a gif": drawn("GIF"),
    "a bitmap": drawn("BMP"),
    "an icon": drawn("ICO"),
    "pdf": b"%PDF-1.7\n",
    "a program": b"MZ" + bytes(200),
    "png in name": b"\x89PNG\r\n\x1a\n" + b"<script>alert(1)</script>" * 20,
    "cut short": drawn("PNG")[:60],
    "jpeg cut short": drawn("JPEG")[:100],
    "an archive": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_is_refused(name):
    with pytest.raises(PictureRefused):
        pictures.taken(BytesIO(NOT_PICTURES[name]))


def test_a_second_format_behind_a_picture_is_gone():
    sent = drawn("PNG") + b"<?php system($_GET[0]); ?><script>alert(1)</script>"

    made = pictures.taken(BytesIO(sent))

    assert b"script" not in made.content
    assert b"php" not in made.content


def test_too_large_a_file_and_too_many_points_are_refused():
    wide = BytesIO()
    Image.new("1", (8000, 6000)).save(wide, "PNG")
    wide.seek(0)

    for sent in (wide, BytesIO(b"\x89PNG" + bytes(pictures.MOST_BYTES))):
        with pytest.raises(PictureRefused):
            pictures.taken(sent)


def test_a_bomb_is_refused():
    bomb = BytesIO()
    Image.new("1", (20000, 10000)).save(bomb, "PNG")
    bomb.seek(0)

    with pytest.raises(PictureRefused):
        pictures.taken(bomb)


@given(st.data())
def test_no_damage_to_a_picture_is_anything_but_a_refusal(data):
    sent = bytearray(drawn(data.draw(st.sampled_from(["PNG", "JPEG", "WEBP"]))))
    for place in data.draw(st.lists(st.integers(0, len(sent) - 1), max_size=8)):
        sent[place] = data.draw(st.integers(0, 255))

    try:
        made = pictures.taken(BytesIO(bytes(sent)))
    except PictureRefused:
        return

    assert made.content[8:12] == b"WEBP"
