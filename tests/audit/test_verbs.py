"""The table of verbs: each that is recorded is in it, with its sentences, and documented."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from audit.verbs import VERBS

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = (
    "audit",
    "accounts",
    "catalog",
    "exchange",
    "community",
    "oversight",
    "api",
    "portal",
    "backoffice",
    "demo",
)
RECORDING = {"chain.record", "Happened"}
VERB = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z_]+)?")


def recorded() -> Iterator[str]:
    """Yield the verbs that the code names where it records them."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and ast.unparse(call.func) in RECORDING:
                    first = call.args[0]
                    if isinstance(first, ast.Constant):
                        yield first.value


def test_every_verb_that_is_recorded_is_in_the_table():
    found = set(recorded())

    assert len(found) > 30
    assert found <= VERBS.keys()


def test_every_verb_has_its_words_in_both_languages():
    for verb, (chinese, english) in VERBS.items():
        assert VERB.fullmatch(verb)
        assert re.search(r"[一-鿿]", chinese), verb
        assert re.fullmatch(r"[A-Z][\x20-\x7e]+", english), verb


def test_every_verb_is_documented_and_no_other():
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z_.]+)` \| (.+) \| (.+) \|$", text, re.MULTILINE)

    assert {verb: (chinese, english) for verb, chinese, english in documented} == VERBS
