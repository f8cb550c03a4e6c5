"""Boundaries of regions by the file: GeoJSON in WGS84, each feature named by its region's code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Region, RegionBoundary, User
from accounts.roles import require
from audit import chain

MOST_CORNERS = 20_000
SHAPES = {"Polygon": lambda found: [found], "MultiPolygon": lambda found: found}


@transaction.atomic
def import_boundaries(
    collection: Mapping[str, Any],
    *,
    source: str,
    source_en: str = "",
    review_number: str = "",
    by: User | None,
    at: datetime,
) -> int:
    """Take the boundaries of a GeoJSON FeatureCollection; a region that has one gets the new one.

    Each feature is a Polygon or MultiPolygon with the region's `code` among its properties.
    `source` says beside the map who made them, `source_en` in English. All or nothing; returns how
    many. Raises ValidationError with every feature that does not fit, NotAllowed.
    """
    if by is not None:
        require(by, "accounts.import_regions")
    known = {region.code: region for region in Region.objects.select_for_update()}
    wanted, wrong = {}, []
    for number, feature in enumerate(collection.get("features") or [], 1):
        try:
            code, rings = _read(feature)
        except (TypeError, ValueError, AttributeError):
            wrong.append(
                _(
                    "Feature %(number)s is no Polygon or MultiPolygon with closed rings of"
                    " longitude and latitude (at most %(most)s corners)."
                )
                % {"number": number, "most": MOST_CORNERS}
            )
            continue
        if code in known:
            wanted[known[code].pk] = rings
        else:
            told = {"number": number, "code": code[:40]}
            wrong.append(_("Feature %(number)s: there is no region %(code)s.") % told)
    if wrong:
        raise ValidationError(wrong[:50])
    for pk, rings in wanted.items():
        told = {
            "rings": rings,
            "source": source,
            "source_en": source_en,
            "review_number": review_number,
            "entered_at": at,
        }
        RegionBoundary.objects.update_or_create(region_id=pk, defaults=told)
    chain.record("region.bound", "regions", by=by, at=at, entered=len(wanted), source=source)
    return len(wanted)


def _read(feature: Mapping[str, Any]) -> tuple[str, list[list[list[list[float]]]]]:
    geometry = feature.get("geometry") or {}
    polygons = SHAPES.get(str(geometry.get("type")), _refuse)(geometry.get("coordinates"))
    rings = [[[_corner(one) for one in ring] for ring in polygon] for polygon in polygons]
    closed = all(len(ring) >= 4 and ring[0] == ring[-1] for polygon in rings for ring in polygon)
    corners = sum(len(ring) for polygon in rings for ring in polygon)
    if not (closed and rings and all(rings) and corners <= MOST_CORNERS):
        raise ValueError
    return str((feature.get("properties") or {}).get("code", "")), rings


def _refuse(_found: Any) -> Any:
    raise ValueError


def _corner(given: Any) -> list[float]:
    """Return a corner to a centimetre. Raises ValueError."""
    longitude, latitude = float(given[0]), float(given[1])
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise ValueError
    return [round(longitude, 7), round(latitude, 7)]
