"""An agreement on paper: all of it is there, however long, and always the same bytes."""

import base64
import copy
import re
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.agreements import paper
from exchange.models import Agreement
from tests.factories import sharing

pytestmark = pytest.mark.django_db
ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@pytest.fixture
def kept() -> Agreement:
    return sharing.two(rows=False).granted("name", "phone").agreement


def streams(pdf: bytes) -> bytes:
    """Return the instructions that draw the pages."""
    found = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return b"\n".join(zlib.decompress(base64.a85decode(one.strip()[:-2])) for one in found)


def plain(match: re.Match[bytes]) -> bytes:
    octal, letter = match.groups()
    return bytes([int(octal, 8)]) if octal else NAMED.get(letter, letter)


def text_of(pdf: bytes) -> str:
    """Return the text that a PDF shows: UTF-16 in the Chinese font, one byte a sign in Latin."""
    latin = re.search(rb"/BaseFont /Helvetica .*?/Name /(F\d+)", pdf, re.DOTALL)[1]
    font, text = b"", ""
    for name, string in re.findall(rb"/(F\d+) \S+ Tf|\(((?:[^\\()]|\\.)*)\) Tj", streams(pdf)):
        font = name or font
        if not name:
            coding = "latin-1" if font == latin else "utf-16-be"
            text += ESCAPED.sub(plain, string).decode(coding, "replace")
    return text


def long(kept: Agreement, text: str) -> Agreement:
    """Return an unsaved agreement with another purpose."""
    told = copy.deepcopy(kept.document)
    told["use"]["purpose"] = text
    return Agreement(document=told, digest=kept.digest, algorithm=kept.algorithm)


def test_it_holds_the_parties_the_matrix_the_duties_and_the_digest(kept):
    text = text_of(paper.pdf(kept))

    told = kept.document
    for part in (
        told["number"],
        told["provider"]["uscc"],
        told["consumer"]["name"],
        told["use"]["basis"],
        told["fields"][1]["given"],
        "不提供给第三方",
        kept.digest,
        "第1页，共",
    ):
        assert part in text


def test_the_same_agreement_is_the_same_bytes(kept):
    first = paper.pdf(kept)

    again = paper.pdf(Agreement.objects.get(pk=kept.pk))

    assert first == again
    assert first.startswith(b"%PDF-1.")


def test_a_text_longer_than_a_page_goes_on_on_the_next_and_pages_are_counted(kept):
    text = text_of(paper.pdf(long(kept, "补贴" * 3000 + "完")))

    assert min(text.count("补"), text.count("贴")) >= 3000
    assert "完" in text
    pages = int(re.search(r"共(\d+)页", text)[1])
    assert pages >= 4
    assert {f"第{page}页，共{pages}页" in text for page in range(1, pages + 1)} == {True}


def test_signs_of_markup_are_text(kept):
    text = text_of(paper.pdf(long(kept, "<b>甲</b> & <img src='x'/> \x0b乙")))

    assert "<b>甲</b>" in text.replace("\n", "")
    assert "乙" in text


def test_a_sign_that_the_font_cannot_have_is_marked_as_missing(kept):
    text = text_of(paper.pdf(long(kept, "李𠮷")))

    assert "李〓" in text


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=400))
def test_any_text_comes_on_paper(kept, text):
    assert paper.pdf(long(kept, text)).endswith(b"%%EOF\n")


@pytest.mark.parametrize("sign", "，；：？！》。")
def test_no_line_of_chinese_begins_with_a_sign_that_ends_one(sign):
    paper.pdfmetrics.registerFont(paper.UnicodeCIDFont(paper.FONT))

    for before in range(1, 25):
        text = "甲" * before + sign + "乙" * 12

        lines = paper.Paragraph(text, paper.CELL).breakLinesCJK(90).lines

        assert not [words for _space, words in lines if words[0].startswith(sign)]
