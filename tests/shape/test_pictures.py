"""The pictures in the documentation: each is there, and made by a journey in the browser."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"


def named() -> set[str]:
    """Return the names of the pictures that a page of the documentation shows."""
    pages = [page.read_text(encoding="utf-8") for page in DOCS.glob("*.md")]
    return {name for page in pages for name in re.findall(r"\(pictures/([\w-]+)\.png\)", page)}


def test_each_picture_that_is_shown_is_there_and_no_other():
    there = {path.stem for path in (DOCS / "pictures").glob("*.png")}

    assert named() == there
    assert there


def test_each_picture_is_made_by_a_journey():
    journeys = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "tests" / "journeys" / "browser").glob("*.py")
    )
    made = re.findall(r"\.picture\(\s*f?\"([^\"]+)\"", journeys)
    patterns = [re.compile(re.sub(r"\{\w+\}", r"[\\w-]+", name)) for name in made]

    unmade = {name for name in named() if not any(one.fullmatch(name) for one in patterns)}
    assert unmade == set()
