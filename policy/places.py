"""Reference systems of coordinates, and the way from each to WGS84: the reference that the
database's function (exchange.records.place_function) is held to.

A field is one axis of a place, `<system>.<axis>`: `gcj02.x` is a longitude in GCJ-02, `epsg4547.y`
a northing; or it holds whole geometries as text, `<system>.<form>`: `gcj02.wkt`, `wgs84.geojson`.
Always x to the east, y to the north, whatever order an authority writes them in.
CGCS2000 and WGS84 differ by centimetres and count as the same (the label stays).
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from policy.facts import Mask
from policy.terms import DataType, MaskKind, Treatment

WGS84, CGCS2000, GCJ02, BD09, MERCATOR = "wgs84", "cgcs2000", "gcj02", "bd09", "epsg3857"
FINEST = 7
"""Decimals of a degree that are kept: one centimetre."""
METRES_IN_DECIMALS = 5
"""A metre is the fifth decimal of a degree."""
MOST_DEGREES = 180
"""What is further from 0 is no degree, whatever its field declares: it may be metres."""

Point = tuple[float, float]


class Method(StrEnum):
    """How coordinates of a system become degrees in WGS84."""

    SAME = "same"
    SHIFTED = "gcj02"
    SHIFTED_TWICE = "bd09"
    MERCATOR = "mercator"
    GAUSS = "gauss"


class Unplaced(StrEnum):
    """Why a pair of numbers is no place, or the text of a geometry; the last three are of text."""

    ZERO = "zero"
    SWAPPED = "swapped"
    OUTSIDE = "outside"
    UNREADABLE = "unreadable"
    UNCLOSED = "unclosed"
    TOO_LARGE = "too-large"


@dataclass(frozen=True, slots=True)
class System:
    """A reference system. `meridian` and `easting` are those of a Gauss-Krüger strip."""

    code: str
    name: str
    method: Method
    meridian: float = 0.0
    easting: float = 0.0

    @property
    def projected(self) -> bool:
        """Whether its coordinates are metres."""
        return self.method in (Method.MERCATOR, Method.GAUSS)

    @property
    def chinese(self) -> bool:
        """Whether it is used for places in China alone, so that others are mistakes."""
        return self.code not in (WGS84, MERCATOR, "epsg4326")


def _strips() -> list[System]:
    """Return the Gauss-Krüger strips of CGCS2000: EPSG 4491-4512 (6°), 4513-4554 (3°)."""
    found = []
    for first, zone, width in ((4491, 13, 6), (4513, 25, 3)):
        count = 60 // width + 1
        for place in range(count):
            meridian = 75 + width * place
            named = f"CGCS2000 / {width}° Gauss-Krüger"
            number = zone + place
            found.append(
                System(
                    f"epsg{first + place}",
                    f"{named} zone {number} (EPSG:{first + place})",
                    Method.GAUSS,
                    meridian,
                    number * 1e6 + 5e5,
                )
            )
            code = first + count + place
            found.append(
                System(
                    f"epsg{code}",
                    f"{named} CM {meridian}E (EPSG:{code})",
                    Method.GAUSS,
                    meridian,
                    5e5,
                )
            )
    return sorted(found, key=lambda one: one.code)


SYSTEMS = {
    one.code: one
    for one in (
        System(WGS84, "WGS84 (EPSG:4326)", Method.SAME),
        System(CGCS2000, "CGCS2000 (EPSG:4490)", Method.SAME),
        System(GCJ02, "GCJ-02", Method.SHIFTED),
        System(BD09, "BD-09", Method.SHIFTED_TWICE),
        System(MERCATOR, "WGS84 / Pseudo-Mercator (EPSG:3857)", Method.MERCATOR),
        *_strips(),
    )
}
"""What can be declared. Local systems of a city have controlled parameters and are not here."""

AXES = ("x", "y")
WKT, GEOJSON = "wkt", "geojson"
FORMS = (WKT, GEOJSON)
"""How the text of a geometry is written. GeoJSON may be in any system here, not in WGS84 alone."""
KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
"""What a geometry can be. A collection of them is none."""
MOST_VERTICES = 20_000
MOST_CHARACTERS = 1_000_000
"""Bounds of one geometry; what is larger is not read."""
NUMBERS = frozenset({DataType.INTEGER, DataType.DECIMAL, DataType.DOUBLE})


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a place in a system, or the form in which a geometry is written in it."""

    system: System
    axis: str

    @property
    def code(self) -> str:
        """How a field declares it."""
        return f"{self.system.code}.{self.axis}"

    @property
    def is_geometry(self) -> bool:
        """Whether the field is a whole geometry and not one number of a place."""
        return self.axis in FORMS


def axis(code: str) -> Axis:
    """Return what a field declares. Raises ValueError for what is no axis and no geometry."""
    system, _dot, name = code.partition(".")
    if system not in SYSTEMS or name not in (*AXES, *FORMS):
        raise ValueError(code)
    return Axis(SYSTEMS[system], name)


def is_geometry(code: str) -> bool:
    """Whether a field that declares this holds geometries."""
    return code.rpartition(".")[2] in FORMS


def fits(code: str, data_type: str) -> bool:
    """Whether a field of a type can be what it declares: an axis is a number, a geometry text."""
    return data_type == DataType.TEXT if is_geometry(code) else data_type in NUMBERS


def is_place(declared: Collection[Axis]) -> bool:
    """Whether fields make one place: one x and one y of the same system, or one geometry."""
    names = sorted(one.axis for one in declared)
    if names == list(AXES):
        return len({one.system for one in declared}) == 1
    return len(names) == 1 and names[0] in FORMS


def decimals(system: System, digits: int | None) -> int:
    """Return to how many decimals of a degree a place is known whose numbers have `digits`.

    `digits` is what a mask leaves, None where nothing is rounded.
    """
    if digits is None:
        return FINEST
    return min(FINEST, digits + METRES_IN_DECIMALS if system.projected else digits)


def in_numbers(code: str, digits: int) -> int:
    """Return to how many decimals a number is rounded of which `digits` of a degree are shown.

    `code` is what its field declares. Below 0 for metres: -2 is whole hundreds. Where it declares
    nothing its numbers may be metres, so they are rounded as those.
    """
    is_degrees = code != "" and not axis(code).system.projected
    return digits if is_degrees else in_metres(digits)


def decimals_left(code: str, digits: int, number: Decimal) -> int:
    """Return to how many decimals one number is rounded: what is no degree, as metres are."""
    return in_numbers(code, digits) if abs(number) <= MOST_DEGREES else in_metres(digits)


def in_metres(digits: int) -> int:
    """Return to how many decimals metres are rounded where `digits` of a degree are shown."""
    return digits - METRES_IN_DECIMALS


def remains(code: str, data_type: str, treatment: Treatment, mask: Mask | None) -> bool:
    """Whether what is shown of a field is still of its place: in clear, or a number rounded."""
    if not (code and fits(code, data_type)) or treatment == Treatment.WITHHELD:
        return False
    if treatment == Treatment.CLEAR:
        return True
    rounds = mask is not None and mask.kind == MaskKind.ROUND_COORDINATE
    return rounds and not is_geometry(code)


def to_wgs84(system: System, x: float, y: float) -> Point | None:
    """Return longitude and latitude in WGS84; None for what is no place (see `unplaced`)."""
    if unplaced(system, x, y) is not None:
        return None
    return _degrees(system, x, y)


def rounded(point: Point, digits: int) -> Point:
    """Return a point to so many decimals, half away from zero, as PostgreSQL rounds `numeric`."""
    step = Decimal(1).scaleb(-digits)
    longitude, latitude = (
        float(Decimal(f"{part:.15g}").quantize(step, ROUND_HALF_UP)) for part in point
    )
    return longitude, latitude


def unplaced(system: System, x: float, y: float) -> Unplaced | None:
    """Return why two numbers are no place; None where they are one.

    Systems of China are held to China, so that swapped or foreign numbers come to light.
    """
    if x == 0 and y == 0:
        return Unplaced.ZERO
    if not (math.isfinite(x) and math.isfinite(y)):
        return Unplaced.OUTSIDE
    if not system.projected:
        if _fits(system, x, y):
            return None
        return Unplaced.SWAPPED if _fits(system, y, x) else Unplaced.OUTSIDE
    if _within_plane(system, x, y):
        return None
    return Unplaced.SWAPPED if _within_plane(system, y, x) else Unplaced.OUTSIDE


WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""Where GCJ-02 shifts; elsewhere it is WGS84."""
BESIDE = 4e5  # metres from the middle meridian: strips overlap their neighbours
PLANE = 20_037_508.3428
FURTHEST = 6.2e6  # metres north that a place in China has at most


def _fits(system: System, x: float, y: float) -> bool:
    if system.chinese:
        return WEST <= x <= EAST and SOUTH <= y <= NORTH
    return abs(x) <= 180 and abs(y) <= 90


def _within_plane(system: System, x: float, y: float) -> bool:
    if system.method == Method.MERCATOR:
        return abs(x) <= PLANE and abs(y) <= PLANE
    return abs(x - system.easting) <= BESIDE and 0 <= y <= FURTHEST


def _degrees(system: System, x: float, y: float) -> Point:
    if system.method == Method.SAME:
        return x, y
    if system.method == Method.MERCATOR:
        return math.degrees(x / AXIS), math.degrees(math.atan(math.sinh(y / AXIS)))
    if system.method == Method.GAUSS:
        return _from_gauss(system, x, y)
    return _unshifted(x, y, twice=system.method == Method.SHIFTED_TWICE)


# --- GCJ-02 and BD-09 -------------------------------------------------------------------------

KRASOVSKY, SQUARED = 6378245.0, 0.00669342162296594323
TURN = math.pi * 3000 / 180
ROUNDS = 10


def shifted(longitude: float, latitude: float) -> Point:
    """Return WGS84 as GCJ-02."""
    if not (WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH):
        return longitude, latitude
    x, y, pi = longitude - 105, latitude - 35, math.pi
    waves = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    angle = math.radians(latitude)
    flat = 1 - SQUARED * math.sin(angle) ** 2
    return (
        longitude + east * 180 / (KRASOVSKY / math.sqrt(flat) * math.cos(angle) * pi),
        latitude + north * 180 / (KRASOVSKY * (1 - SQUARED) / (flat * math.sqrt(flat)) * pi),
    )


def shifted_again(longitude: float, latitude: float) -> Point:
    """Return GCJ-02 as BD-09."""
    far = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * TURN)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * TURN)
    return far * math.cos(angle) + 0.0065, far * math.sin(angle) + 0.006


def _unshifted(x: float, y: float, *, twice: bool) -> Point:
    """Return the point that is shifted to x, y: the shift changes so slowly that taking off what
    is too much, again and again, settles to 1e-10 degrees within ROUNDS."""
    longitude, latitude = x, y
    for _round in range(ROUNDS):
        there = shifted(longitude, latitude)
        if twice:
            there = shifted_again(*there)
        longitude, latitude = longitude - (there[0] - x), latitude - (there[1] - y)
    return longitude, latitude


# --- Gauss-Krüger -----------------------------------------------------------------------------

AXIS = 6378137.0
_F = 1 / 298.257222101  # CGCS2000
N = _F / (2 - _F)
RADIUS = AXIS / (1 + N) * (1 + N**2 / 4 + N**4 / 64)
BETA = (
    N / 2 - 2 * N**2 / 3 + 37 * N**3 / 96 - N**4 / 360,
    N**2 / 48 + N**3 / 15 - 437 * N**4 / 1440,
    17 * N**3 / 480 - 37 * N**4 / 840,
    4397 * N**4 / 161280,
)
DELTA = (
    2 * N - 2 * N**2 / 3 - 2 * N**3 + 116 * N**4 / 45,
    7 * N**2 / 3 - 8 * N**3 / 5 - 227 * N**4 / 45,
    56 * N**3 / 15 - 136 * N**4 / 35,
    4279 * N**4 / 630,
)
"""Krüger's series in the third flattening, to its fourth power: far below a millimetre."""


def _from_gauss(system: System, x: float, y: float) -> Point:
    xi, eta = y / RADIUS, (x - system.easting) / RADIUS
    up, side = xi, eta
    for place, beta in enumerate(BETA, start=1):
        up -= beta * math.sin(2 * place * xi) * math.cosh(2 * place * eta)
        side -= beta * math.cos(2 * place * xi) * math.sinh(2 * place * eta)
    chi = math.asin(math.sin(up) / math.cosh(side))
    latitude = chi + sum(
        delta * math.sin(2 * place * chi) for place, delta in enumerate(DELTA, start=1)
    )
    longitude = math.atan2(math.sinh(side), math.cos(up))
    return system.meridian + math.degrees(longitude), math.degrees(latitude)
