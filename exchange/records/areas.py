"""Areas that rows are asked for by, as readers write them: a box, around a point, in a region.

All in WGS84, longitude before latitude, in degrees, as in GeoJSON (RFC 7946). A box may be written
in another order, where `bbox-crs` names a system that has it (OGC API Features, Part 2).
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.wording import said as _
from exchange.problems import Problem

BBOX, NEAR, WITHIN = NAMES = "bbox", "near", "within"
BOX_SYSTEM = "bbox-crs"
OGC = "http://www.opengis.net/def/crs/"
CRS84 = f"{OGC}OGC/1.3/CRS84"
LATITUDE_FIRST = {
    CRS84: False,
    f"{OGC}EPSG/0/4326": True,
    f"{OGC}EPSG/0/4490": True,  # CGCS2000, which differs from WGS84 by centimetres
}
"""The systems that a box may be written in, and whether their first axis is the latitude."""
FURTHEST = 100_000
NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,15})?", re.ASCII)
CODE = re.compile(r"[0-9A-Za-z_-]{1,20}", re.ASCII)
DEGREE = 111_195.0  # metres on a sphere of EARTH_RADIUS
EARTH_RADIUS = 6_371_008.8


class AreaRefused(Problem):
    """An area cannot be understood; the sentence says how one is written."""

    code = "area-refused"
    status = 400


@dataclass(frozen=True, slots=True)
class Box:
    """From the south-west corner to the north-east one."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Near:
    """Not further than so many metres from a point, on the sphere."""

    longitude: float
    latitude: float
    metres: float

    def box(self) -> Box:
        """Return a box that holds the circle, for the index."""
        up = self.metres / DEGREE * 1.001
        narrow = max(0.01, math.cos(math.radians(min(89.9, abs(self.latitude) + up))))
        side = up / narrow
        return Box(
            self.longitude - side, self.latitude - up, self.longitude + side, self.latitude + up
        )


@dataclass(frozen=True, slots=True)
class Within:
    """Inside a region's boundary, by the region's code."""

    code: str


Area = Box | Near | Within


def parsed(params: Mapping[str, Sequence[str]]) -> tuple[Area, ...]:
    """Return the areas that parameters ask for; all must hold. Raises AreaRefused."""
    found: list[Area] = []
    is_turned = _latitude_first((params.get(BOX_SYSTEM) or [CRS84])[-1])
    found += [_box(text, is_turned=is_turned) for text in params.get(BBOX, ())]
    found += [_near(text) for text in params.get(NEAR, ())]
    found += [_within(text) for text in params.get(WITHIN, ())]
    return tuple(found)


def written(area: Area) -> tuple[str, str]:
    """Return an area as the parameter that `parsed` reads it from: name and value."""
    if isinstance(area, Within):
        return WITHIN, area.code
    if isinstance(area, Near):
        return NEAR, ",".join(map(_plain, (area.longitude, area.latitude, area.metres)))
    return BBOX, ",".join(map(_plain, (area.west, area.south, area.east, area.north)))


def _plain(number: float) -> str:
    """Return a number without an exponent, in as few digits as it takes to read it back."""
    return f"{Decimal(repr(number)):f}"


def _numbers(text: str, count: int) -> list[float] | None:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != count or not all(NUMBER.fullmatch(part) for part in parts):
        return None
    return [float(part) for part in parts]


def _on_earth(longitude: float, latitude: float) -> bool:
    return abs(longitude) <= 180 and abs(latitude) <= 90


def _latitude_first(system: str) -> bool:
    found = LATITUDE_FIRST.get(system.strip())
    if found is None:
        raise _refused(
            BOX_SYSTEM, system, _("one of: %(systems)s") % {"systems": ", ".join(LATITUDE_FIRST)}
        )
    return found


def _box(text: str, *, is_turned: bool) -> Box:
    """Read a box; `is_turned` where its latitudes stand before its longitudes."""
    found = _numbers(text, 4)
    if found is None:
        raise _refused(BBOX, text, _("bbox=west,south,east,north in degrees of WGS84"))
    if is_turned:
        south, west, north, east = found
        found = [west, south, east, north]
    box = Box(*found)
    if not (_on_earth(box.west, box.south) and _on_earth(box.east, box.north)):
        raise _refused(BBOX, text, _("longitudes to ±180 and latitudes to ±90, in this order"))
    if box.west > box.east or box.south > box.north:
        raise _refused(BBOX, text, _("west before east and south before north"))
    return box


def _near(text: str) -> Near:
    found = _numbers(text, 3)
    if found is None:
        raise _refused(NEAR, text, _("near=longitude,latitude,metres, in degrees of WGS84"))
    near = Near(*found)
    if not _on_earth(near.longitude, near.latitude):
        raise _refused(NEAR, text, _("longitudes to ±180 and latitudes to ±90, in this order"))
    if not 0 < near.metres <= FURTHEST:
        most = _("a distance above 0 and of at most %(most)s metres") % {"most": FURTHEST}
        raise _refused(NEAR, text, most)
    return near


def _within(text: str) -> Within:
    if not CODE.fullmatch(text.strip()):
        raise _refused(WITHIN, text, _("within=the code of a region, such as 440305"))
    return Within(text.strip())


def _refused(name: str, given: str, wanted: str) -> AreaRefused:
    return AreaRefused(
        _("“%(name)s” is “%(given)s”; it takes %(wanted)s.")
        % {"name": name, "given": given[:80].replace("\0", ""), "wanted": wanted}
    )
