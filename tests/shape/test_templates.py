"""What no template may hold: styles belong to the stylesheets, scripts into files."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("*/templates", "backoffice/theme")
TAG = re.compile(r"\{[%{#].*?[#%}]\}")
STYLED = re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE)
SCRIPTED = re.compile(
    r"<script\b(?![^>]*\ssrc=)|\s(?:hx-)?on[\w:.-]*\s*=|[\"']\s*(?:javascript|js):", re.IGNORECASE
)


def lines() -> Iterator[tuple[str, str]]:
    """Yield every line of every template without Django's tags, with where it stands."""
    for folder in FOLDERS:
        for room in ROOT.glob(folder):
            for path in sorted(room.rglob("*.html")):
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                    yield f"{path.relative_to(ROOT)}:{number}", TAG.sub("", line)


def test_no_template_has_a_style_of_its_own():
    assert [where for where, line in lines() if STYLED.search(line)] == []


def test_no_template_has_a_script_of_its_own():
    assert [where for where, line in lines() if SCRIPTED.search(line)] == []


@pytest.mark.parametrize(
    "line",
    [
        "<script>",
        '<script type="module">',
        '<select onchange="this.form.submit()">',
        '<button hx-on:click="this.remove()">',
        '<button hx-on::after-request="this.remove()">',
        '<a href="javascript:alert(1)">',
        """<div hx-vals='js:{place: here()}'>""",
    ],
)
def test_a_script_in_a_template_is_seen(line: str):
    assert SCRIPTED.search(line)
