"""The grown city's entries: whole in both languages, sound, the same for the same seed."""

import csv
import io
from collections import Counter
from datetime import date

import pytest

from catalog.models import Dataset
from demo import departments, growing, said
from demo.catalogue import SMALL
from demo.city import DEPARTMENTS
from demo.entries import ENTRIES
from demo.small import LAST, Every, Series, Small
from demo.themes import EARLIER, NAMES, Library, Theme
from demo.unfinished import UNFINISHED
from policy.identifiers import is_resident_id, is_uscc
from portal import icons
from portal.dataset.words import LICENCES

OWNERS = {*DEPARTMENTS, *departments.DEPARTMENTS, *departments.DISTRICTS}
WITH_ROWS = [small for small in SMALL if small.has_rows]
EARLY = {one.slug for one in (*ENTRIES, *UNFINISHED)}
COLUMNS = {"title_zh": 100, "title_en": 200, "abstract_zh": 1000, "abstract_en": 2000}


def rows_of(small: Small) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(small.content(seed=1).decode())))


def test_the_city_is_large_enough_to_look_around_in():
    live = [small for small in SMALL if not small.withdrawn]

    assert len(live) + len(ENTRIES) >= 40
    assert len({small.owner for small in live}) >= 12
    assert {small.owner for small in SMALL} <= OWNERS
    assert set(departments.DISTRICTS) <= {small.owner for small in SMALL}
    assert {small.theme for small in live} | {
        theme for theme, _library in EARLIER.values()
    } == set(Theme)
    assert len(WITH_ROWS) >= 12
    assert len(SMALL) - len(live) >= 2
    assert sum(bool(small.synced_ago) for small in SMALL) >= 3
    assert sum(bool(small.counted_by) for small in SMALL) == 1


def test_each_library_holds_two_entries_or_more():
    held = Counter(small.library for small in SMALL if not small.withdrawn)
    held.update(library for _theme, library in EARLIER.values())

    assert {library: held[library] for library in Library if held[library] < 2} == {}


@pytest.mark.parametrize("small", SMALL, ids=[small.slug for small in SMALL])
def test_each_entry_is_whole_in_both_languages(small):
    told = small.metadata() | {"title_zh": small.title[0]}

    assert all(told[name] and len(told[name]) <= most for name, most in COLUMNS.items())
    assert len(told["keywords_zh"]) > 0
    assert len(told["keywords_en"]) > 0
    assert "虚构" in told["abstract_zh"]
    assert "invented" in told["abstract_en"]
    assert small.license.lower() in LICENCES
    assert all(one.new.label_zh and one.new.label_en for one in small.fields)
    assert small.columns or small.offers
    assert not small.columns or small.fields[0].new.is_key


def test_addresses_are_used_once_and_lead_to_what_is_there():
    slugs = [small.slug for small in SMALL]

    assert len(set(slugs)) == len(slugs)
    assert not set(slugs) & EARLY
    assert {other for small in SMALL for other in small.related} <= {*slugs, *EARLY}
    assert not any(small.slug in small.related for small in SMALL)
    assert set(EARLIER) <= EARLY
    assert all(len(slug) <= Dataset._meta.get_field("slug").max_length for slug in slugs)


@pytest.mark.parametrize("small", WITH_ROWS, ids=[small.slug for small in WITH_ROWS])
def test_its_rows_have_their_key_once_and_are_the_same_for_a_seed(small):
    rows = rows_of(small)

    keys = [one.new.name for one in small.fields if one.new.is_key]
    assert len({tuple(row[name] for name in keys) for row in rows}) == len(rows)
    assert small.content(seed=1) == small.content(seed=1)
    assert small.content(seed=1) != small.content(seed=2)


def test_identifiers_pass_their_checks_and_are_of_a_region_that_does_not_exist():
    codes = [row["uscc"] for small in WITH_ROWS for row in rows_of(small) if "uscc" in row]
    closed = [small for small in SMALL if any(one.new.name == "id_number" for one in small.fields)]
    numbers = [row["id_number"] for small in closed for row in rows_of(small)]

    assert all(is_uscc(code) and code[2:6] == "9901" for code in codes)
    assert all(is_resident_id(number) for number in numbers)
    assert not any(small.has_rows for small in closed)  # nobody's number lies on the platform


@pytest.mark.parametrize(
    ("every", "last", "before"),
    [
        (Every.DAY, date(2026, 2, 28), date(2026, 2, 27)),
        (Every.WEEK, date(2026, 2, 23), date(2026, 2, 16)),
        (Every.MONTH, date(2026, 2, 1), date(2026, 1, 1)),
        (Every.QUARTER, date(2026, 1, 1), date(2025, 10, 1)),
    ],
)
def test_a_series_ends_with_the_last_day_that_is_measured(every, last, before):
    periods = Series(every, 3).periods()

    assert periods[-2:] == [before, last]
    assert periods[-1] <= LAST


def test_every_theme_has_a_symbol_of_its_own():
    symbols = [icons.of(zh) for zh, _en in NAMES.values()]

    assert icons.OTHERWISE not in symbols
    assert [icons.of(en) for _zh, en in NAMES.values()] == symbols


def test_what_citizens_say_is_about_what_is_published():
    published = {small.slug for small in SMALL if not small.withdrawn}
    named = {one.dataset for one in said.SAID} | {
        slug for app in said.APPS for slug in app.datasets
    }
    named |= {wish.found for wish in said.WISHES if wish.found}

    assert named <= published
    assert all(1 + len(wish.votes) <= len(said.CITIZENS) for wish in said.WISHES)
    assert all(wish.citizen not in wish.votes for wish in said.WISHES)


def test_files_that_are_there_are_left_alone(tmp_path):
    growing.write_files(tmp_path, seed=1)
    (tmp_path / "management" / "parks.csv").write_text("kept")

    growing.write_files(tmp_path, seed=1)

    assert (tmp_path / "management" / "parks.csv").read_text() == "kept"
    assert len(list(tmp_path.glob("*/*.csv"))) == len(WITH_ROWS)
