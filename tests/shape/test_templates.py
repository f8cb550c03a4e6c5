"""What no template may hold: styles belong to the stylesheets."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STYLED = re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE)


def test_no_template_has_a_style_of_its_own():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for room in ROOT.glob("*/templates")
        for path in sorted(room.rglob("*.html"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if STYLED.search(line)
    ]

    assert found == []
