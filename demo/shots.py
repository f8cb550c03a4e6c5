"""Pictures of invented apps: a window with something like a map or a chart in it, drawn here."""

from enum import StrEnum
from io import BytesIO
from math import sin
from random import Random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 640, 400
TOP = 44
PAPER, INK, LINE = (247, 250, 251), (11, 85, 99), (207, 218, 222)
ACCENTS = ((11, 85, 99), (180, 71, 15), (27, 94, 52), (87, 52, 143), (127, 209, 224))


class Shot(StrEnum):
    """What a picture shows."""

    LINES = "lines"
    DOTS = "dots"
    WAVES = "waves"
    TILES = "tiles"
    BARS = "bars"
    RINGS = "rings"


def drawn(shot: Shot, name: str) -> BytesIO:
    """Return a picture as PNG; the same name gives the same picture."""
    chance = Random(name)  # noqa: S311 - a picture, no secret
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    accent = chance.choice(ACCENTS[:4])
    PENS[shot](pen, chance, accent)
    _window(pen, accent)
    out = BytesIO()
    image.save(out, "PNG")
    out.seek(0)
    return out


Colour = tuple[int, int, int]


def _window(pen: ImageDraw.ImageDraw, accent: Colour) -> None:
    pen.rectangle((0, 0, WIDTH, TOP), fill=accent)
    for place in range(3):
        pen.ellipse((18 + place * 24, 15, 32 + place * 24, 29), fill=PAPER)
    pen.rounded_rectangle((120, 12, WIDTH - 24, 32), 10, fill=_paler(accent, 0.7))


def _paler(colour: Colour, share: float) -> Colour:
    red, green, blue = (round(part + (255 - part) * share) for part in colour)
    return red, green, blue


def _lines(pen: ImageDraw.ImageDraw, chance: Random, accent: Colour) -> None:
    for row in range(1, 6):
        pen.line((40, TOP + row * 56, WIDTH - 30, TOP + row * 56), fill=LINE, width=2)
    for place, colour in enumerate((accent, ACCENTS[1], ACCENTS[4])):
        height = 150 + place * 70
        points = []
        for step in range(29):
            height += chance.randint(-16, 16)
            points.append((40 + step * 20, min(HEIGHT - 30, max(TOP + 30, height))))
        pen.line(points, fill=colour, width=6, joint="curve")


def _streets(pen: ImageDraw.ImageDraw, chance: Random) -> None:
    for _ in range(9):
        left, right = chance.randint(TOP, HEIGHT), chance.randint(TOP, HEIGHT)
        pen.line((0, left, WIDTH, right), fill=LINE, width=chance.choice((4, 8, 14)))
    for _ in range(7):
        above, below = chance.randint(0, WIDTH), chance.randint(0, WIDTH)
        pen.line((above, 0, below, HEIGHT), fill=LINE, width=chance.choice((4, 8)))


def _dots(pen: ImageDraw.ImageDraw, chance: Random, accent: Colour) -> None:
    _streets(pen, chance)
    for number in range(46):
        x, y, size = chance.randint(20, WIDTH), chance.randint(TOP + 20, HEIGHT), 9
        colour = accent if number % 4 else ACCENTS[1]
        pen.ellipse((x - size, y - size, x + size, y + size), fill=colour, outline=PAPER, width=3)


def _waves(pen: ImageDraw.ImageDraw, chance: Random, accent: Colour) -> None:
    for place in range(5):
        level, shift = 150 + place * 52, chance.random() * 6
        points = [(x, level + 16 * sin(x / 46 + shift)) for x in range(0, WIDTH + 10, 10)]
        colour = _paler(accent, 0.75 - place * 0.16)
        pen.polygon([*points, (WIDTH, HEIGHT), (0, HEIGHT)], fill=colour)
    pen.polygon([(270, 140), (390, 140), (360, 182), (296, 182)], fill=ACCENTS[1])
    pen.polygon([(326, 70), (326, 132), (378, 132)], fill=accent)


def _tiles(pen: ImageDraw.ImageDraw, chance: Random, accent: Colour) -> None:
    for row in range(2):
        for column in range(3):
            x, y = 34 + column * 196, TOP + 26 + row * 160
            pen.rounded_rectangle((x, y, x + 176, y + 138), 14, fill=(255, 255, 255), outline=LINE)
            colour = _paler(chance.choice(ACCENTS), 0.35)
            pen.rounded_rectangle((x + 16, y + 16, x + 66, y + 66), 12, fill=colour)
            pen.rounded_rectangle((x + 82, y + 22, x + 156, y + 36), 6, fill=accent)
            for line in range(3):
                end = x + chance.randint(80, 158)
                top = y + 82 + line * 16
                pen.rounded_rectangle((x + 16, top, end, top + 8), 4, fill=LINE)


def _bars(pen: ImageDraw.ImageDraw, chance: Random, accent: Colour) -> None:
    for row in range(1, 6):
        pen.line((40, TOP + row * 56, WIDTH - 30, TOP + row * 56), fill=LINE, width=2)
    for place in range(12):
        x, height = 52 + place * 46, chance.randint(60, 270)
        pen.rounded_rectangle(
            (x, HEIGHT - 26 - height, x + 28, HEIGHT - 26),
            6,
            fill=ACCENTS[1] if place == 8 else _paler(accent, 0.25),
        )


def _rings(pen: ImageDraw.ImageDraw, chance: Random, accent: Colour) -> None:
    _streets(pen, chance)
    for _ in range(9):
        x, y = chance.randint(60, WIDTH - 60), chance.randint(TOP + 60, HEIGHT - 50)
        for size, share in ((46, 0.8), (32, 0.55), (18, 0.0)):
            pen.ellipse((x - size, y - size, x + size, y + size), fill=_paler(accent, share))


PENS = {
    Shot.LINES: _lines,
    Shot.DOTS: _dots,
    Shot.WAVES: _waves,
    Shot.TILES: _tiles,
    Shot.BARS: _bars,
    Shot.RINGS: _rings,
}
