"""Every message that people can meet has its Chinese, and the compiled file is the written one."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
ROOMS = [
    "config",
    "portal",
    "api",
    "backoffice",
    "demo",
    "community",
    "oversight",
    "exchange",
    "catalog",
    "accounts",
    "audit",
    "policy",
]
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
CONTEXT_ENDS = "\x04"
LITERAL = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
IN_TEMPLATE = re.compile(rf"(?:\bgettext|\b_)\(\s*u?({LITERAL})\s*\)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%[sd]")


def files(suffix: str) -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob(f"*{suffix}"))


def in_code(path: Path) -> Iterator[str]:
    """Yield the constant messages of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            told = node.args[0]
            if name in CALLS and isinstance(told, ast.Constant) and isinstance(told.value, str):
                yield told.value
            if name in WITH_CONTEXT:
                yield CONTEXT_ENDS.join(ast.literal_eval(part) for part in node.args[:2])


def in_template(path: Path) -> Iterator[str]:
    """Yield the messages of a template, as Django collects them."""
    for literal in IN_TEMPLATE.findall(templatize(path.read_text())):
        yield ast.literal_eval(literal)


def written() -> dict[str, str]:
    """Return the written file's messages."""
    entries: dict[str, str] = {}
    which, told, context = "", {"msgid": "", "msgstr": ""}, ""
    for line in [*(FOLDER / "django.po").read_text().splitlines(), 'msgid ""']:
        start = re.match(r"(msgctxt|msgid|msgstr) (\".*\")$", line)
        if start and start[1] == "msgctxt":
            context = ast.literal_eval(start[2]) + CONTEXT_ENDS
        elif start:
            if start[1] == "msgid":
                entries[told["msgid"]] = told["msgstr"]
                told = {"msgid": "", "msgstr": ""}
            which = start[1]
            told[which] = ast.literal_eval(start[2])
            if which == "msgid":
                told[which], context = context + told[which], ""
        elif line.startswith('"'):
            told[which] += ast.literal_eval(line)
    return {msgid: msgstr for msgid, msgstr in entries.items() if msgid}


def compiled() -> dict[str, str]:
    """Return the compiled file's messages."""
    with (FOLDER / "django.mo").open("rb") as file:
        catalog = gettext.GNUTranslations(file)._catalog
    return {msgid: msgstr for msgid, msgstr in catalog.items() if msgid}


def test_the_compiled_file_is_the_written_one():
    assert compiled() == written(), "run “django-admin compilemessages” and commit both files"


@pytest.mark.parametrize("path", files(".py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_message_of_the_code_has_its_chinese(path):
    known = compiled()

    assert [message for message in in_code(path) if not known.get(message)] == []


@pytest.mark.parametrize("path", files(".html"), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_message_of_a_page_has_its_chinese(path):
    known = compiled()

    assert [message for message in in_template(path) if not known.get(message)] == []


def test_a_translation_has_the_placeholders_of_its_message():
    differing = {
        msgid
        for msgid, msgstr in compiled().items()
        if sorted(PLACEHOLDER.findall(msgid)) != sorted(PLACEHOLDER.findall(msgstr))
    }

    assert differing == set()


def test_no_translation_stands_for_a_message_that_nobody_says():
    said = {message for path in files(".py") for message in in_code(path)}
    said |= {message for path in files(".html") for message in in_template(path)}

    assert sorted(set(compiled()) - said) == []


@pytest.mark.parametrize(("word", "other"), [("信息项", "数据项"), ("定级表", "分级表")])
def test_one_thing_has_one_chinese_word(word, other):
    said = compiled().values()

    assert any(word in text for text in said)
    assert [text for text in said if other in text] == []
