"""Regions by the file: GB/T 2260 and the city's own codes, as one tree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import CodeSystem, Region, User
from accounts.roles import require
from audit import chain


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region as a file lists it; `above` is the code of the region that holds it, or ""."""

    code: str
    name_zh: str
    name_en: str = ""
    above: str = ""


def whole_code(code: str) -> str:
    """Return a national code at its full length: 44 is 440000, 4403 is 440300."""
    return code.ljust(6, "0") if code.isdigit() and len(code) in {2, 4} else code


def code_above(code: str) -> str:
    """Return the national code of what holds a region: 440303001, 440303, 440300, 440000, ""."""
    if len(code) > 6:
        return code[:-3]
    if not code.endswith("00"):
        return code[:4] + "00"
    return code[:2] + "0000" if not code.endswith("0000") else ""


@transaction.atomic
def import_regions(
    listed: Iterable[RegionRow],
    *,
    code_system: CodeSystem = CodeSystem.GBT2260,
    by: User | None,
    at: datetime,
) -> tuple[int, int]:
    """Add regions and rename those there; return how many were added, and how many renamed.

    National codes say themselves what holds them; a local code says it by `above`, which may be a
    national one. Nothing is removed. All or nothing: raises ValidationError with every line that
    does not fit, NotAllowed.
    """
    if by is not None:
        require(by, "accounts.import_regions")
    wanted = _wanted(list(listed), code_system)
    known = {region.code: region for region in Region.objects.select_for_update()}
    added, renamed = [], []
    for row in wanted:
        found = known.get(row.code)
        if found is None:
            added.append(
                Region(
                    code=row.code,
                    code_system=code_system,
                    name_zh=row.name_zh,
                    name_en=row.name_en,
                )
            )
        elif (found.name_zh, found.name_en) != (row.name_zh, row.name_en or found.name_en):
            found.name_zh, found.name_en = row.name_zh, row.name_en or found.name_en
            renamed.append(found)
    Region.objects.bulk_create(added)
    Region.objects.bulk_update(renamed, ["name_zh", "name_en"], batch_size=1000)
    known |= {region.code: region for region in added}
    _hang(wanted, known, code_system)
    chain.record("region.import", "regions", by=by, at=at, added=len(added), renamed=len(renamed))
    return len(added), len(renamed)


def _wanted(listed: Sequence[RegionRow], code_system: CodeSystem) -> list[RegionRow]:
    """Return rows with whole codes. Raises ValidationError, which names every line at once."""
    wanted, seen, wrong = [], set(), []
    for number, row in enumerate(listed, 1):
        code = whole_code(row.code) if code_system == CodeSystem.GBT2260 else row.code
        place = {"number": number, "code": code}
        if code in seen:
            wrong.append(_("Region %(number)s: the code %(code)s stands there twice.") % place)
        one = Region(code=code, code_system=code_system, name_zh=row.name_zh, name_en=row.name_en)
        try:
            one.full_clean(validate_unique=False)
        except ValidationError as unfit:
            told = place | {"why": " ".join(unfit.messages)}
            wrong.append(_("Region %(number)s (%(code)s): %(why)s") % told)
        seen.add(code)
        wanted.append(RegionRow(code, row.name_zh, row.name_en, row.above))
    if wrong:
        raise ValidationError(wrong[:50])
    return wanted


def _hang(wanted: Sequence[RegionRow], known: dict[str, Region], code_system: CodeSystem) -> None:
    """Hang each region below the one that holds it, where that one is there."""
    moved = []
    for row in wanted:
        national = code_system == CodeSystem.GBT2260
        above = known.get(code_above(row.code) if national else whole_code(row.above))
        region = known[row.code]
        if above is not None and above.pk not in {region.pk, region.parent_id}:
            region.parent = above
            moved.append(region)
    Region.objects.bulk_update(moved, ["parent"], batch_size=1000)
