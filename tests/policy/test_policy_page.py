"""docs/policy.md tells of everything that the code decides by."""

import re
from pathlib import Path

import pytest

from policy.decision import RULES
from policy.terms import BasisTier, Because, MaskKind

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def section(title):
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def first_cells(title):
    return re.findall(r"^\| `([a-z_-]+)` \|", section(title), re.MULTILINE)


def test_the_page_lists_each_reason_code_once():
    assert first_cells("Reason codes") == [str(because) for because in Because]


def test_the_page_lists_each_rule():
    assert first_cells("How a decision is made") == [rule.__name__ for rule in RULES]


def test_the_page_lists_each_mask():
    assert first_cells("Masks") == [str(kind) for kind in MaskKind]


@pytest.mark.parametrize("tier", BasisTier)
def test_the_page_says_what_each_tier_can_bar(tier):
    assert f"`{tier}`" in section("The negative list")
