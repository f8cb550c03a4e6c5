"""An agreement as a PDF, by reportlab. The same agreement with the same annex is the same bytes.

The Chinese font is named and not embedded (STSong-Light, which readers have or replace by one of
theirs), so no font file is kept. Codes, days and numbers are set in Helvetica, which every reader
has with the same widths.
"""

import re
from functools import partial
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors, textsplit
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Table,
    paragraph,
)

from exchange.agreements.layout import Section, sections
from exchange.models import Agreement

FONT, LATIN = "STSong-Light", "Helvetica"
RUN = re.compile(r"[!-~]+(?: +[!-~]+)*")
LAST, MISSING = 0xFFFF, "〓"  # the font's encoding ends with the Basic Multilingual Plane
LEAST = 35 * mm  # a heading stands on a page with some of what it is about
MARGIN = 18 * mm
# full-width signs begin no line in Chinese (GB/T 15834); reportlab lacks these
for module in (textsplit, paragraph):
    module.ALL_CANNOT_START += "，；：？！》〉’”％"
WIDTH = A4[0] - 2 * MARGIN
GRID = [
    ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#777777")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
]
HEAD = ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eeeeee"))


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        name, fontName=FONT, fontSize=size, leading=size * 1.5, wordWrap="CJK", **more
    )


TITLE = _style("title", 18, alignment=1, spaceAfter=2 * mm)
UNDER = _style("under", 9.5, alignment=1, spaceAfter=4 * mm)
HEADING = _style("heading", 12, spaceBefore=4 * mm, spaceAfter=1.5 * mm)
CELL = _style("cell", 9)
NOTE = _style("note", 8.5, spaceBefore=1 * mm)
FOOT = _style("foot", 7.5)


def pdf(kept: Agreement, annex: Section | None = None) -> bytes:
    """Return an agreement on paper: A4, each page with number, digest and its place of how many.

    `annex` is what came after it, on a page of its own behind it. Pages are counted by laying the
    whole out twice.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    pages = _laid_out(kept, annex, 0)[1]
    return _laid_out(kept, annex, pages)[0]


def _laid_out(kept: Agreement, annex: Section | None, pages: int) -> tuple[bytes, int]:
    """Return the file and how many pages it has; `pages` is what each says there are."""
    told, file = kept.document, BytesIO()
    paper = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=f"{told['title']} {told['number']}",
        author=told["provider"]["name"],
        invariant=1,  # no time of making and no number of its own in the file
    )
    foot = partial(_foot, kept=kept, pages=pages)
    behind = [] if annex is None else [PageBreak(), *_part(annex)]
    paper.build([*_flow(told), *behind], onFirstPage=foot, onLaterPages=foot)
    return file.getvalue(), paper.page


def _foot(canvas: Canvas, paper: SimpleDocTemplate, *, kept: Agreement, pages: int) -> None:
    canvas.saveState()
    lines = (
        f"{kept.document['number']}，第{paper.page}页，共{pages}页",
        f"摘要（{kept.algorithm}）：{kept.digest}",
    )
    for place, line in enumerate(lines):
        foot = Paragraph(_plain(line), FOOT)
        foot.wrapOn(canvas, WIDTH, MARGIN)
        foot.drawOn(canvas, MARGIN, (14 - 4 * place) * mm)
    canvas.restoreState()


def _flow(told: dict[str, Any]) -> list[Flowable]:
    made = told["made_at"][:10]
    flow: list[Flowable] = [
        Paragraph(_plain(told["title"]), TITLE),
        Paragraph(_plain(f"{told['number']}，{made}签订"), UNDER),
    ]
    for section in sections(told):
        flow += _part(section)
    return flow


def _part(section: Section) -> list[Flowable]:
    flow = [CondPageBreak(LEAST), Paragraph(_plain(section.heading), HEADING), _table(section)]
    return [*flow, Paragraph(_plain(section.note), NOTE)] if section.note else flow


def _table(section: Section) -> Table:
    rows = [section.head, *section.rows] if section.head else section.rows
    return Table(
        [[Paragraph(_plain(text), CELL) for text in row] for row in rows],
        colWidths=[WIDTH * share / 100 for share in section.wide],
        repeatRows=1 if section.head else 0,
        splitInRow=1,  # a long purpose goes on on the next page
        style=[*GRID, HEAD] if section.head else GRID,
    )


def _plain(text: str) -> str:
    """Return text as reportlab's markup shows it unchanged, without signs that do not show."""
    return "<br/>".join(map(_line, text.splitlines()))


def _sign(sign: str) -> str:
    if sign.isspace():
        return " "
    if ord(sign) > LAST:
        return MISSING
    return sign if sign.isprintable() else ""


def _line(text: str) -> str:
    shown = escape("".join(map(_sign, text)))
    return RUN.sub(lambda run: f'<font name="{LATIN}">{run[0]}</font>', shown)
