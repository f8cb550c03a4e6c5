"""The settings that the code reads, that are documented, and that containers pass."""

import ast
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
# read by `provision` for each login role: {ROLE}_PASSWORD
PASSWORDS = {
    "CITY_WORKER_PASSWORD",
    "CITY_OFFICE_PASSWORD",
    "CITY_OPEN_PASSWORD",
    "CITY_CONDITIONAL_PASSWORD",
    "CITY_MEMBERS_PASSWORD",
    "CITY_SENDER_PASSWORD",
}
# what only the containers' own start reads
OUTSIDE = {"POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "CITY_OWNER_PASSWORD"}
PORTS = {"OPEN_PORT", "CONDITIONAL_PORT", "MEMBERS_PORT", "OFFICE_PORT"}


def known() -> set[str]:
    """Return the names that config/settings.py reads from the environment."""
    tree = ast.parse((ROOT / "config" / "settings.py").read_text())
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant)
        if (isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "environment")
        or (isinstance(call.func, ast.Name) and call.func.id == "_secret")
    }


def compose_text() -> str:
    return (ROOT / "docker-compose.yml").read_text()


def compose() -> dict:
    return yaml.safe_load(compose_text())


def passed() -> set[str]:
    return {
        name
        for service in compose()["services"].values()
        for name in service.get("environment", {})
    }


def test_every_setting_is_documented_and_nothing_else_is():
    text = (ROOT / "docs" / "operations.md").read_text()
    section = text.split("## Settings", 1)[1].split("\n## ", 1)[0]
    documented = re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)

    assert set(documented) == known() | PASSWORDS
    assert len(documented) == len(set(documented))


def test_containers_pass_every_setting_and_no_unknown_one():
    assert passed() == known() | PASSWORDS | (OUTSIDE - {"CITY_OWNER_PASSWORD"})


def test_what_containers_ask_of_the_environment_is_a_setting_or_a_secret():
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", compose_text()))

    assert asked <= known() | PASSWORDS | OUTSIDE | PORTS


def test_defaults_of_containers_are_those_of_the_settings():
    text = (ROOT / "config" / "settings.py").read_text()
    defaults = dict(
        re.findall(
            r"^  ([A-Z_]+): \$\{\1:-(.*?)\}$",
            (ROOT / "docker-compose.yml").read_text(),
            re.MULTILINE,
        )
    )

    for name, default in defaults.items():
        stated = re.search(
            rf'\("{name}"(?:, (?:default=)?(?P<it>"[^"]*"|[\d_]+|True|False))?', text
        )
        here = (stated["it"] or "").strip('"').lower().replace("_", "")
        assert default.lower().removesuffix(",[::1]") in {here, here.removesuffix(",[::1]")}, name
