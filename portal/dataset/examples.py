"""The query on screen as code that runs: curl, Python, JavaScript, R.

Each language's strings are written by its own rules, whatever a value holds.
"""

import json
import re
import shlex
from dataclasses import dataclass

from portal.dataset.asked import Pairs

KEY = "CITY_KEY"
"""The variable of the environment in which curl and Python find a key, if there is one."""

PYTHON = """\
import os

import requests

key = os.getenv("CITY_KEY")
answer = requests.get(
    {address},
{params}    headers={{"X-API-Key": key}} if key else {{}},
    timeout=30,
)
answer.raise_for_status()
for row in answer.json()["rows"]:
    print(row)
"""
CURL = f'curl --fail-with-body ${{{KEY}:+-H "X-API-Key: ${KEY}"}}'
JAVASCRIPT = """\
const address = new URL({address});
{params}const answer = await fetch(address);
if (!answer.ok) throw new Error(await answer.text());
const {{ rows }} = await answer.json();
for (const row of rows) console.log(row);
"""
R = """\
library(httr2)

answer <- request({address}) |>
{params}  req_perform() |>
  resp_body_json(simplifyVector = TRUE)

answer$rows
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A program: the language's name, and its text."""

    language: str
    text: str


def examples(address: str, params: Pairs) -> tuple[Example, ...]:
    """Return the programs that read the rows at an address under these parameters."""
    return (
        Example("curl", curl(address, params)),
        Example("Python", python(address, params)),
        Example("JavaScript", javascript(address, params)),
        Example("R", r(address, params)),
    )


def curl(address: str, params: Pairs) -> str:
    """Return a command for a POSIX shell."""
    if not params:
        return f"{CURL} {shlex.quote(address)}\n"
    given = [f"  --data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in params]
    return " \\\n".join([f"{CURL} --get {shlex.quote(address)}", *given]) + "\n"


def python(address: str, params: Pairs) -> str:
    """Return a program for Python 3 with requests."""
    lines = "".join(f"        ({name!r}, {value!r}),\n" for name, value in params)
    given = f"    params=[\n{lines}    ],\n" if params else ""
    return PYTHON.format(address=repr(address), params=given)


def javascript(address: str, params: Pairs) -> str:
    """Return a module for browsers and Node.js."""
    lines = "".join(
        f"address.searchParams.append({_js(name)}, {_js(value)});\n" for name, value in params
    )
    return JAVASCRIPT.format(address=_js(address), params=lines)


def r(address: str, params: Pairs) -> str:
    """Return a program for R with httr2."""
    named = ",\n".join(f"    `{_r_escaped(name, '`')}` = {_r(value)}" for name, value in params)
    given = f"  req_url_query(\n{named}\n  ) |>\n" if params else ""
    return R.format(address=_r(address), params=given)


def _js(text: str) -> str:
    """Return a string of JavaScript; the two line ends that JSON does not escape are escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _r(text: str) -> str:
    return f'"{_r_escaped(text, chr(34))}"'


def _r_escaped(text: str, quote: str) -> str:
    """Return text between quotes as R reads it: control characters by their code point."""
    safe = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda m: f"\\u{ord(m[0]):04x}", safe)
