"""The pictures in the documentation: each is there, and made by a journey in the browser."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
MOST_BYTES = 150_000


def named() -> set[str]:
    """Return the names of the pictures that a page of the documentation shows."""
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *DOCS.glob("*.md"))]
    shown = r"\((?:docs/)?pictures/([\w-]+)\.png\)"
    return {name for page in pages for name in re.findall(shown, page)}


def test_each_picture_that_is_shown_is_there_and_no_other():
    there = {path.stem for path in (DOCS / "pictures").glob("*.png")}

    assert named() == there
    assert there


def test_each_picture_is_made_by_a_journey():
    journeys = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "tests" / "journeys" / "browser").glob("*.py")
    )
    made = re.findall(r"picture\(\s*f?\"([^\"]+)\"", journeys)
    patterns = [re.compile(re.sub(r"\{\w+\}", r"[\\w-]+", name)) for name in made]

    unmade = {name for name in named() if not any(one.fullmatch(name) for one in patterns)}
    assert unmade == set()


def test_no_picture_weighs_more_than_a_page_should():
    sizes = {path.name: path.stat().st_size for path in (DOCS / "pictures").glob("*.png")}

    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
