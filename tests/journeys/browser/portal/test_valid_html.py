"""Every page is valid HTML: judged by html-validate, whose rules are those of the standard."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from config import assets
from tests.journeys.browser.conftest import LANGUAGES
from tests.journeys.browser.portal.conftest import City

pytestmark = pytest.mark.slow
JUDGE = assets.ROOT / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
RULES = Path(__file__).with_name("html-validate.json")
RELAXED = {
    "aria-label-misuse": "the standard lets any element that has a role be named",
    "no-redundant-for": "Django's own lists of choices name the field within the label too",
    "require-sri": "what our own server sends is as true as the page; all else must be sealed",
}
"""Why rules of the judge are not what its makers advise."""
SOUND = (
    '<!doctype html><html lang="en"><head><title>A page</title></head>'
    "<body><main><h1>Head</h1>{}</main></body></html>"
)
UNSOUND = {
    "close-order": "<p><div>a</div></p>",
    "element-permitted-content": '<button type="button"><a href="/x">a</a></button>',
    "no-dup-id": '<i id="a"></i><b id="a"></b>',
    "element-name": "<tabel>a</tabel>",
    "wcag/h37": '<img src="/a.png">',
    "attribute-allowed-values": '<input type="many">',
    "no-missing-references": '<label for="nowhere">a</label>',
    "no-implicit-button-type": "<form><button>a</button></form>",
    "prefer-native-element": '<div role="article">a</div>',
    "require-sri": '<script src="https://elsewhere.example/a.js"></script>',
    "unique-landmark": "<nav>a</nav><nav>b</nav>",
}


def judged(folder: Path, pages: dict[str, str]) -> list[str]:
    """Return what the judge says of pages by name: name, rule and sentence."""
    if not JUDGE.exists():
        pytest.skip("needs: html-validate (make assets)")
    names = {}
    for number, (name, text) in enumerate(pages.items()):
        path = folder / f"{number}.html"
        path.write_text(text)
        names[str(path)] = name
    command = [_node(), str(JUDGE), "--config", str(RULES), "--formatter", "json", *names]
    told = folder / "told.json"  # a pipe would be cut when node ends
    with told.open("w") as out:
        ended = subprocess.run(command, stdout=out, check=False)
    assert ended.returncode in {0, 1}
    return [
        f"{names[page['filePath']]}: {one['ruleId']}: {one['message']} {one['selector'] or ''}"
        for page in json.loads(told.read_text())
        for one in page["messages"]
    ]


def _node() -> str:
    found = shutil.which("node")
    if found:
        return found
    try:
        return assets.npm()[0]
    except assets.NoNode:
        pytest.skip("needs: node")


@pytest.mark.parametrize("start", ["/", "/my/"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_valid(city: City, tmp_path: Path, language: str, start: str):
    walk = city.walked(language, start)

    told = judged(tmp_path, {address: page.source for address, page in walk.pages.items()})

    assert not told, "\n".join(told)


def test_the_judge_judges(tmp_path: Path):
    pages = {"whole": SOUND.format("")} | {rule: SOUND.format(UNSOUND[rule]) for rule in UNSOUND}

    told = judged(tmp_path, pages)

    assert [rule for rule in UNSOUND if not any(f"{rule}: {rule}: " in one for one in told)] == []
    assert not [one for one in told if one.startswith("whole")]


def test_every_rule_that_is_relaxed_has_its_reason():
    assert json.loads(RULES.read_text())["rules"].keys() == RELAXED.keys()
