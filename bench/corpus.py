"""The entries that the judgements are about: three real catalogues, read where they lie.

Nothing of them is in this repository; an entry is known by a digest of where it stands.
"""

import csv
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineWorkbook

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
CATALOGUES = Path(os.environ.get("SHARED_DATA") or SHARED) / "catalogues"
TAOYUAN = "tw_taoyuan_catalogue.xls"
KAOHSIUNG = "tw_kaohsiung_catalogue_noheader.csv"
HONG_KONG = "hk_datagovhk_catalogue_2018_en.csv"
FILES = (TAOYUAN, KAOHSIUNG, HONG_KONG)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a catalogue, as its publisher describes it."""

    key: str
    owner: str
    title: str
    abstract: str
    keywords: tuple[str, ...] = ()
    english: bool = False


def missing() -> list[str]:
    """Return the catalogues that are not here."""
    return [name for name in FILES if not (CATALOGUES / name).is_file()]


def key(file: str, row: int, title: str) -> str:
    """Return the name of an entry in the judgements; the first row with data is row 1."""
    return hashlib.sha256(f"{file}|{row}|{title}".encode()).hexdigest()[:12]


def read() -> list[Listed]:
    """Return the entries of all three catalogues."""
    return [*_taoyuan(), *_kaohsiung(), *_hong_kong()]


def _taoyuan() -> Iterator[Listed]:
    sheet = CalamineWorkbook.from_path(str(CATALOGUES / TAOYUAN)).get_sheet_by_index(0)
    head, *rows = sheet.to_python()
    columns = [head.index(name) for name in ("資料名稱", "資料來源", "資料集描述", "標籤/關鍵字")]
    for number, row in enumerate(rows, 1):
        title, owner, abstract, words = (str(row[column]).strip() for column in columns)
        yield Listed(
            key=key(TAOYUAN, number, title),
            owner=re.sub(r".*【(.*)】", r"\1", owner),
            title=title,
            abstract=abstract,
            keywords=tuple(word for word in re.split(r"[,，、\s]+", words) if word),
        )


def _kaohsiung() -> Iterator[Listed]:
    with (CATALOGUES / KAOHSIUNG).open(encoding="utf-8-sig", newline="") as file:
        for number, (title, abstract, _address) in enumerate(csv.reader(file), 1):
            name = title.strip()
            yield Listed(key(KAOHSIUNG, number, name), "高雄市政府", name, abstract.strip())


def _hong_kong() -> Iterator[Listed]:
    with (CATALOGUES / HONG_KONG).open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 1):
            title = row["Name"].strip()
            yield Listed(
                key=key(HONG_KONG, number, title),
                owner=row["Organization"].strip(),
                title=title,
                abstract=row["Description"].strip(),
                keywords=(row["Category"].strip(),),
                english=True,
            )
