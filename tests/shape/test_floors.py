"""What import-linter cannot see of the house's floors."""

import ast
import graphlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent.parent
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = [layer.split(" | ") for layer in CONTRACT["contracts"][0]["layers"]]
FLOOR = {room: -number for number, layer in enumerate(LAYERS) for room in layer}
NOT_ROOMS = {"tests", "bench", "docs", "requirements", "locale", "var"}
BANNED_NAMES = {"utils", "helpers", "common", "services", "managers", "misc"}
# Makes processes and takes the setting from outside, as manage.py does: a start, not a room.
STARTS = {"demo/__main__.py"}


def modules() -> list[Path]:
    """Return the paths of all modules of the rooms."""
    return sorted(
        path.relative_to(ROOT)
        for room in FLOOR
        for path in (ROOT / room).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def imports(node: ast.AST) -> Iterator[str]:
    """Yield what the statements below a node import: modules, and names that may be modules."""
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{alias.name}" for alias in child.names)


MODULES = [path for path in modules() if "migrations" not in path.parts]
by_module = pytest.mark.parametrize("path", MODULES, ids=str)


def test_every_top_level_package_stands_in_the_contract():
    packages = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and any(path.glob("*.py"))
    }

    assert packages - NOT_ROOMS == set(FLOOR) == set(CONTRACT["root_packages"])


def test_no_foreign_key_leads_to_a_higher_floor_or_to_a_room_beside():
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model
        for here, there in [(model._meta.app_label, field.related_model._meta.app_label)]
        if here in FLOOR and there in FLOOR and here != there and FLOOR[there] >= FLOOR[here]
    ]

    assert upward == []


def test_nobody_imports_the_settings_room():
    guests = [
        str(path)
        for path in MODULES
        if path.parts[0] != "config" and str(path) not in STARTS
        if any(name.split(".")[0] == "config" for name in imports(tree(path)))
    ]

    assert guests == []


def test_no_file_is_named_for_what_has_no_topic():
    assert [str(path) for path in MODULES if path.stem in BANNED_NAMES] == []


def loaded(path: Path) -> ast.Module:
    """Return a module without what only type checkers read."""
    module = tree(path)
    module.body = [
        statement
        for statement in module.body
        if not (isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING")
    ]
    return module


def test_modules_import_each_other_in_no_circle():
    names = {
        ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES
    }
    graph = {
        name: {other for other in imports(loaded(path)) if other in names and other != name}
        for name, path in names.items()
    }
    for name, others in graph.items():  # a package is loaded before its modules; that is no edge
        others -= {package for package in names if name.startswith(f"{package}.")}

    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as circle:
        pytest.fail(" -> ".join(reversed(circle.args[1])))


@by_module
def test_nothing_is_imported_late(path):
    late = [
        f"{path}:{statement.lineno}"
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]

    assert late == []


@by_module
def test_nothing_listens_to_signals(path):
    banned = ("django.dispatch", "django.db.models.signals", "django.core.signals")

    assert [name for name in imports(tree(path)) if name.startswith(banned)] == []


@by_module
def test_public_functions_say_what_they_do(path):
    if "commands" in path.parts:
        return  # a command speaks by its help

    silent = [
        f"{path}:{node.lineno} {node.name}"
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]

    assert silent == []
