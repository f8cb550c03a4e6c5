"""Code lists and subjects by the file, such as GB/T 4754 and GB/T 2260: CSV or workbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog.models import Code, CodeList, Subject
from catalog.refusals import EntryRefused, WorkbookRefused
from catalog.workbooks import Workbook, as_text, find_header

WORDS = {
    "code": ("code", "代码", "编码", "代碼", "編碼", "码"),
    "label_zh": ("label_zh", "name_zh", "name", "label", "名称", "名稱", "中文名称"),
    "label_en": ("label_en", "name_en", "英文名称", "english"),
    "above": ("above", "parent", "上级", "上级代码", "上級代碼", "父级", "父代码"),
}
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a code file: its row as the program shows it, its code, labels, code above."""

    row: int
    code: str
    label_zh: str
    label_en: str = ""
    above: str = ""


def read_codes(book: Workbook, sheet: str | None = None) -> tuple[Listed, ...]:
    """Read the codes of a file by the words of its header; the first sheet unless one is named.

    Raises WorkbookRefused where no column is a code or a name, or no row is there.
    """
    grid = book.grid(book.sheets[0] if sheet is None else sheet) if book.sheets else []
    header = find_header(grid)
    places = _places(header.names) if header else {}
    if header is None or not {"code", "label_zh"} <= set(places):
        raise WorkbookRefused(
            _(
                "“%(file)s” has no columns for code and name. Head them “code” and “name” (or 代码"
                " and 名称), for the code above “parent” (上级), for English “name_en”."
            )
            % {"file": book.name}
        )
    return tuple(
        Listed(number, **{name: as_text(row[place]) for name, place in places.items()})
        for number, row in enumerate(grid[header.body :], header.body + 1)
        if any(cell is not None for cell in row)
    )


def _places(names: Sequence[str]) -> dict[str, int]:
    lowered = [name.lower() for name in names]
    found = {}
    for meaning, words in WORDS.items():
        place = next((lowered.index(word) for word in words if word in lowered), None)
        if place is not None:
            found[meaning] = place
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did. Nothing is ever removed by one."""

    added: int
    changed: int
    unchanged: int


@transaction.atomic
def import_code_list(
    name: str,
    version: str,
    *,
    listed: Sequence[Listed],
    by: User | None,
    at: datetime,
    title_zh: str = "",
    title_en: str = "",
) -> Outcome:
    """Bring a code list in one version to what a file lists; codes that it lacks stay.

    Fields keep the list they name: a changed standard is another version. All or nothing: raises
    EntryRefused with every line that does not fit, NotAllowed, ValidationError.
    """
    if by is not None:
        require(by, "catalog.import_codes")
    _check(listed, most=Code._meta.get_field("code").max_length or 0)  # noqa: SLF001 - Django's
    codes = CodeList.objects.select_for_update().filter(name=name, version=version).first()
    if codes is None:
        codes = CodeList(name=name, version=version, title_zh=title_zh or name, title_en=title_en)
        codes.full_clean()
        codes.save()
    known = {one.code: one for one in codes.codes.all()}
    added, changed = [], []
    for line in listed:
        wanted = (line.label_zh, line.label_en, line.above)
        found = known.get(line.code)
        if found is None:
            found = Code(list=codes, code=line.code)
            added.append(found)
        elif (found.label_zh, found.label_en, found.above) != wanted:
            changed.append(found)
        found.label_zh, found.label_en, found.above = wanted
    Code.objects.bulk_create(added)
    Code.objects.bulk_update(changed, ["label_zh", "label_en", "above"], batch_size=1000)
    outcome = Outcome(len(added), len(changed), len(listed) - len(added) - len(changed))
    _record(f"codelist:{codes.pk}", outcome, by, at, name=name, version=version)
    return outcome


@transaction.atomic
def import_subjects(*, listed: Sequence[Listed], by: User | None, at: datetime) -> Outcome:
    """Add subjects and rename those there; a subject hangs below the one of its code above.

    All or nothing: raises EntryRefused with every line that does not fit, NotAllowed.
    """
    if by is not None:
        require(by, "catalog.import_codes")
    _check(listed, most=3, digits=True)
    known = {one.code: one for one in Subject.objects.select_for_update()}
    added = changed = 0
    for line in listed:
        found = known.get(line.code) or Subject(code=line.code)
        before = (found.name_zh, found.name_en)
        found.name_zh, found.name_en = line.label_zh, line.label_en or found.name_en
        if line.code not in known:
            added += 1
        elif before != (found.name_zh, found.name_en):
            changed += 1
        found.save()
        known[line.code] = found
    for line in listed:
        if line.above in known and line.above != line.code:
            Subject.objects.filter(code=line.code).update(parent=known[line.above])
    outcome = Outcome(added, changed, len(listed) - added - changed)
    _record("subjects", outcome, by, at)
    return outcome


def _record(target: str, outcome: Outcome, by: User | None, at: datetime, **details: str) -> None:
    chain.record(
        "codes.import",
        target,
        by=by,
        at=at,
        added=outcome.added,
        changed=outcome.changed,
        **details,
    )


def _check(listed: Sequence[Listed], *, most: int, digits: bool = False) -> None:
    """Raise EntryRefused with every line that does not fit, the first MOST_TOLD in words."""
    if not listed:
        raise EntryRefused(_("The file lists no code. Nothing was changed."))
    wrong, seen = [], dict[str, int]()
    for line in listed:
        place = {"row": line.row, "code": line.code, "most": most}
        if not line.code or not line.label_zh:
            wrong.append(_("Row %(row)s lacks its code or its name.") % place)
        elif line.code in seen:
            place["first"] = seen[line.code]
            wrong.append(_("Row %(row)s: the code %(code)s stands in row %(first)s too.") % place)
        elif len(line.code) > most or len(line.label_zh) > 200 or len(line.above) > 100:
            wrong.append(_("Row %(row)s: code or name is too long.") % place)
        elif digits and not (line.code.isdigit() and len(line.code) == most):
            wrong.append(_("Row %(row)s: the code %(code)s is not of %(most)s digits.") % place)
        seen.setdefault(line.code, line.row)
    if wrong:
        raise EntryRefused(
            _("Nothing was taken in. Correct the file and send it again. %(lines)s")
            % {"lines": " ".join(wrong[:MOST_TOLD])}
        )
