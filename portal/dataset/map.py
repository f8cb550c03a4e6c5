"""A dataset's rows on a map: a sketch made here, a map with tiles where the assets are there.

The districts are those whose boundary was entered; nothing is asked of any other host. What the
picture shows stands in a list beside it too.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import redis
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import addresses
from accounts.models import RegionBoundary
from catalog.bilingual import choose
from exchange import access
from exchange.access import DatasetUnknown, DatasetWithdrawn, Head, Seen
from exchange.places import features, outlines, tiles
from exchange.places.outlines import Outline, Plane
from exchange.places.tiles import Cell
from exchange.problems import Problem
from exchange.records import reading
from exchange.records.areas import Box
from exchange.records.compile import Place, place_of
from exchange.records.query import RecordQuery
from policy.terms import Mode
from portal.dataset import asked, facts, noted, preview
from portal.dataset.facts import ANYBODY, About
from portal.dataset.page import withdrawn
from portal.dataset.preview import Refusal
from portal.frame import choose_language, shown

WIDTH, MOST_HEIGHT, LEAST_HEIGHT = 800, 900, 320
ACROSS = 48
MARGIN = 0.05
LISTED = 50
COLUMNS = 3
SMALLEST = 0.002
"""Degrees: a map of one point is not a map of nothing."""
STEP, EDGE, DRAWN = 2, 20, 300
"""Units of the sketch: on which grid lines run, how far beyond its edge; how many are drawn."""
MAP = "vendor/maplibre-gl.mjs"


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of the sketch, in its units, with how many rows it stands for."""

    x: float
    y: float
    radius: float
    count: int
    spot: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A line or an outline of the sketch, as the path of an SVG."""

    path: str
    is_area: bool


@dataclass(frozen=True, slots=True)
class District:
    """A region's outline in the sketch, as the path of an SVG."""

    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """The rows of a query as a picture."""

    height: int
    dots: tuple[Dot, ...]
    shapes: tuple[Shape, ...]
    districts: tuple[District, ...]
    box: Box
    rows: int
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the list beside the map."""

    cells: tuple[str, ...]
    longitude: str
    latitude: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a query shows: the place, the picture if there is a point, the first rows."""

    place: Place
    sketch: Sketch | None
    columns: tuple[str, ...]
    rows: tuple[Listed, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Frame:
    """How degrees become the sketch's units: as on a plane that touches the middle of the box."""

    box: Box

    @property
    def scale(self) -> float:
        """Units a degree of latitude."""
        return min(WIDTH / self.narrow / self._wide, MOST_HEIGHT / self._high)

    @property
    def narrow(self) -> float:
        """How much shorter a degree of longitude is."""
        return max(0.05, math.cos(math.radians((self.box.south + self.box.north) / 2)))

    @property
    def _wide(self) -> float:
        return self.box.east - self.box.west

    @property
    def _high(self) -> float:
        return self.box.north - self.box.south

    @property
    def height(self) -> int:
        """Units from north to south."""
        return max(LEAST_HEIGHT, math.ceil(self._high * self.scale))

    @property
    def _aside(self) -> float:
        return (WIDTH - self._wide * self.narrow * self.scale) / 2

    @property
    def _down(self) -> float:
        return (self.height - self._high * self.scale) / 2

    def spot(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return a place in units, from the north-west."""
        return (
            round(self._aside + (longitude - self.box.west) * self.narrow * self.scale, 1),
            round(self._down + (self.box.north - latitude) * self.scale, 1),
        )

    def plane(self) -> Plane:
        """Return the same for the database."""
        across = self.narrow * self.scale
        return Plane(
            corner=(
                self.box.west - self._aside / across,
                self.box.north + self._down / self.scale,
            ),
            scale=(across, self.scale),
            width=WIDTH,
            height=self.height,
            step=STEP,
            edge=EDGE,
            is_mercator=False,
        )


@require_safe
def dataset_map(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where the rows of the address's query lie; each read is noted before the first byte."""
    choose_language(request)
    params = preview.params_of(dict(request.GET.lists()))
    barred = preview.charge(addresses.of(request.META)) if params else None
    try:
        return reading.with_more_looks(lambda _turn: _page(request, slug, params, barred))
    except DatasetUnknown:
        raise Http404 from None
    except DatasetWithdrawn:
        return withdrawn(request, slug)
    except redis.RedisError:
        told = _("Reads cannot be counted just now, so no rows are shown. Try again soon.")
        return _page(request, slug, params, Refusal("quota-unavailable", told))


def _page(
    request: HttpRequest,
    slug: str,
    params: Mapping[str, Sequence[str]],
    barred: Refusal | None,
) -> HttpResponse:
    about = facts.about(slug, now=timezone.now(), today=timezone.localdate())
    refusal, drawn, query, seen = barred, None, RecordQuery(), None
    try:
        query = replace(RecordQuery.parse(params), cursor="", sort=(), fields=())
        if refusal is None:
            seen = access.visible(about.head, ANYBODY, today=timezone.localdate(), mode=Mode.QUERY)
            drawn = _drawn(about, seen, query)
    except Problem as problem:
        refusal = Refusal(problem.code, str(problem), problem.grounds)
    address = asked.address(query)
    tile = reverse("api:tile", args=[slug, 0, 0, 0]).replace("0/0/0.mvt", "{z}/{x}/{y}.mvt")
    context: dict[str, Any] = {
        "about": about,
        "dataset": about.dataset,
        "drawn": drawn,
        "refusal": refusal,
        "query": address,
        "tiles": f"{tile}?{address}" if address else tile,
        "sources": _sources(),
        "has_map": finders.find(MAP) is not None,
        "here": "map",
    }
    status = HTTPStatus.OK if drawn or refusal is None else _status(refusal)
    response = shown(request, "portal/dataset/map.html", context, status=status)
    if drawn is not None and seen is not None:
        _note(about.head, seen, drawn)
    return response


def _status(refusal: Refusal) -> HTTPStatus:
    is_busy = refusal.code in {"quota-exceeded", "quota-unavailable"}
    return HTTPStatus.TOO_MANY_REQUESTS if is_busy else HTTPStatus.OK


def _drawn(about: About, seen: Seen, query: RecordQuery) -> Drawn:
    """Read what the page shows. Raises Problem."""
    place = place_of(seen)
    found = features.page(about.head, seen, replace(query, limit=LISTED))
    listed = json.loads(b"[%b]" % found.features, parse_float=str, parse_int=str)
    labels = {
        one.field.name: one.field.label
        for one in preview.visible(about)
        if one.field.name not in place.names
    }
    names = tuple(labels)[:COLUMNS]
    box = tiles.extent(about.head, seen, query)
    return Drawn(
        place=place,
        sketch=None if box is None else _sketch(about.head, seen, query, _wider(box)),
        columns=tuple(labels[name] for name in names),
        rows=tuple(_row(one, names) for one in listed),
        size=len(found.features),
    )


def _row(feature: Mapping[str, Any], names: Sequence[str]) -> Listed:
    own = feature["properties"]
    cells = tuple("–" if own[n] is None else str(own[n]) for n in names)
    return Listed(cells, *_spot(feature["geometry"]))


def _spot(geometry: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return where a feature lies: its point, or the middle of its box."""
    if geometry is None:
        return "–", "–"
    if "bbox" not in geometry:
        longitude, latitude = geometry["coordinates"]
        return str(longitude), str(latitude)
    west, south, east, north = map(float, geometry["bbox"])
    return f"{(west + east) / 2:.6f}", f"{(south + north) / 2:.6f}"


def _wider(box: Box) -> Box:
    """Return the box with room around it."""
    aside = max(SMALLEST, (box.east - box.west) * MARGIN)
    up = max(SMALLEST, (box.north - box.south) * MARGIN)
    return Box(box.west - aside, box.south - up, box.east + aside, box.north + up)


def _sketch(head: Head, seen: Seen, query: RecordQuery, box: Box) -> Sketch:
    frame = Frame(box)
    drawn = outlines.largest(head, seen, query, box, frame.plane(), across=ACROSS, most=DRAWN)
    cells = tiles.cells(head, seen, query, box, across=ACROSS, drawn=drawn)
    most = max((one.count for one in cells), default=1)
    return Sketch(
        height=frame.height,
        dots=tuple(_dot(one, frame, most) for one in cells),
        shapes=tuple(Shape(_path(one), one.is_area) for one in drawn),
        districts=tuple(
            _district(one, frame)
            for one in RegionBoundary.objects.select_related("region").order_by("region__code")
            if _touches(one, box)
        ),
        box=box,
        rows=sum(one.count for one in cells) + len(drawn),
    )


def _dot(cell: Cell, frame: Frame, most: int) -> Dot:
    """Return a cell as a dot whose area grows with its rows."""
    x, y = frame.spot(cell.longitude, cell.latitude)
    radius = 3 + 6 * math.sqrt(cell.count / most) if most > 1 else 4
    return Dot(x, y, round(radius, 1), cell.count, f"{cell.longitude:.5f}, {cell.latitude:.5f}")


def _path(outline: Outline) -> str:
    end = "Z" if outline.is_area else ""
    rings = (ring for part in outline.parts for ring in part)
    return "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + end for ring in rings)


def _touches(boundary: RegionBoundary, box: Box) -> bool:
    corners = [corner for polygon in boundary.rings for corner in polygon[0]]
    east, north = (max(corner[axis] for corner in corners) for axis in (0, 1))
    west, south = (min(corner[axis] for corner in corners) for axis in (0, 1))
    return west <= box.east and east >= box.west and south <= box.north and north >= box.south


def _district(boundary: RegionBoundary, frame: Frame) -> District:
    rings = [[frame.spot(*corner) for corner in ring] for one in boundary.rings for ring in one]
    path = " ".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)
    outer = rings[0]
    middle = (sum(spot[axis] for spot in outer) / len(outer) for axis in (0, 1))
    return District(str(boundary.region), path, *(round(part, 1) for part in middle))


def _sources() -> list[dict[str, str]]:
    """Return who made the boundaries, and under which review number they may be shown."""
    found = RegionBoundary.objects.values_list("source", "source_en", "review_number").distinct()
    return [
        {"source": choose(who, who_en), "review_number": number}
        for who, who_en, number in sorted(found)
    ]


def _note(head: Head, seen: Seen, drawn: Drawn) -> None:
    sketch = drawn.sketch
    shown_rows = len(sketch.dots) + len(sketch.shapes) if sketch else 0
    noted.note(head, seen, rows=len(drawn.rows) + shown_rows, size=drawn.size)


@require_safe
def boundaries(request: HttpRequest) -> HttpResponse:
    """Return the boundaries of regions as GeoJSON, with who made them."""
    del request
    found = RegionBoundary.objects.select_related("region").order_by("region__code")
    return JsonResponse(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": one.region_id,
                    "properties": {
                        "code": one.region.code,
                        "name_zh": one.region.name_zh,
                        "name_en": one.region.name_en,
                        "source": one.source,
                        "source_en": one.source_en,
                        "review_number": one.review_number,
                    },
                    "geometry": {"type": "MultiPolygon", "coordinates": one.rings},
                }
                for one in found
            ],
        },
        content_type=features.MEDIA_TYPE,
    )
