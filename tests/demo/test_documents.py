"""The documents say what the code does: every error code, every operator, every rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from audit.tasks import SCHEDULE as OF_THE_AUDIT
from exchange.models import RunState
from exchange.records.query import DEFAULT_LIMIT, MAX_FILTERS, MAX_LIMIT, MAX_VALUES, Operator
from exchange.tasks import SCHEDULE as OF_THE_EXCHANGE

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWERED = (
    *sorted((ROOT / "api").rglob("*.py")),
    *sorted((ROOT / "exchange" / "records").rglob("*.py")),
    ROOT / "accounts" / "bounds.py",
    ROOT / "exchange" / "agreements" / "keeping.py",
    *(
        ROOT / "exchange" / "sharing" / f"{name}.py"
        for name in (
            "serving",
            "claiming",
            "verification",
            "requests",
            "referring",
            "batch_fetching",
        )
    ),
    ROOT / "exchange" / "workflow.py",
    ROOT / "exchange" / "access.py",
    ROOT / "exchange" / "open_files.py",
    ROOT / "exchange" / "rowless.py",
    ROOT / "accounts" / "keys.py",
    ROOT / "accounts" / "quotas.py",
    ROOT / "config" / "refusals.py",
)
REFUSALS = {
    "KeyRefused": 0,
    "QuotaExceeded": 0,
    "problem": 1,
    "Bare": 1,
}  # where each takes its code
ANYWHERE = {
    "not-allowed",  # Django's PermissionDenied, whoever raised it
    "file-refused",  # of the catalogue's refusals the one that a call can meet
}


def read(name: str) -> str:
    return (ROOT / name).read_text()


def codes(tree: ast.Module) -> Iterator[str]:
    """Yield the codes of problems that a module can answer with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            if any(isinstance(one, ast.Name) and one.id == "code" for one in node.targets):
                yield node.value.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = REFUSALS.get(node.func.id)
            if place is not None and len(node.args) > place:
                given = node.args[place]
                if isinstance(given, ast.Constant):
                    yield given.value


def test_every_error_code_of_the_api_is_documented_and_no_other():
    known = {code for path in ANSWERED for code in codes(ast.parse(path.read_text()))}
    table = read("docs/api.md").split("## Errors", 1)[1]
    documented = re.findall(r"^\| `([a-z-]+)` \| \d{3} \|", table, re.MULTILINE)

    assert set(documented) == known | ANYWHERE
    assert len(documented) == len(set(documented))


def test_every_operator_and_limit_of_a_query_is_documented():
    text = read("docs/api.md")
    table = text.split("| operator |", 1)[1].split("\n\n", 1)[0]

    assert set(re.findall(r"`([a-z]+)`", table)) - {"true", "false"} == set(Operator)
    assert f"1 to {MAX_LIMIT}, default {DEFAULT_LIMIT}" in text
    assert f"at most {MAX_FILTERS}" in text
    assert f"at most {MAX_VALUES}" in text


def test_every_state_a_run_can_stop_in_and_every_scheduled_task_is_documented():
    text = read("docs/data-way.md")

    for state in (RunState.HELD, RunState.FAILED, RunState.INTERRUPTED, RunState.DISCARDED):
        assert f"| {state} |" in text
    for task in [*OF_THE_AUDIT.values(), *OF_THE_EXCHANGE.values()]:
        assert f"`{task['task']}`" in text


def test_the_pages_that_the_documents_lead_to_are_there():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
    for page in (*pages, *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} leads to {link}"


def test_the_first_call_of_the_readme_fits_on_a_screen():
    before = read("README.md").split("curl", 1)[0]

    assert before.count("\n") < 40
