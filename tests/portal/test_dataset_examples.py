"""The programs on a dataset's page run as they stand, whatever a value holds."""

import ast
import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from policy.terms import DataType
from portal.dataset import examples
from tests.factories.exchange import column
from tests.portal.dataset_ways import page, served, text

ADDRESS = "http://127.0.0.1:1/api/v1/datasets/a/records"
ODD = st.text(
    st.one_of(
        st.sampled_from("'\"\\`$!#%&|;<>(){}[]~*?\n\r\t @=,深圳𠮷\u2028\u2029\x7f\x1b"),
        st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"),
    ),
    max_size=30,
)
PARAMS = st.lists(st.tuples(st.sampled_from(["name.eq", "sort", "limit.in"]), ODD), max_size=4)


@given(PARAMS)
def test_python_reads_its_strings_as_they_were(params):
    tree = ast.parse(examples.python(ADDRESS, params))

    call = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get"
    )
    told = {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg != "headers"}
    assert ast.literal_eval(call.args[0]) == ADDRESS
    assert told.get("params", []) == params


@given(PARAMS)
def test_r_reads_its_strings_as_they_were(params):
    told = re.findall(r'`(?:[^`\\]|\\.)*` = ("(?:[^"\\]|\\.)*")', examples.r(ADDRESS, params))

    # what is escaped is escaped as JSON does: R reads it alike
    assert [json.loads(one, strict=False) for one in told] == [value for _name, value in params]
    assert all(ord(char) >= 32 for one in told for char in one)


def _shell(programs: list[str]) -> list[list[str]]:
    """Return what each command would have given to curl."""
    script = "curl() { printf '%s\\0' \"$@\"; printf '\\0'; }\n" + "\n".join(programs)
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    return [part.split("\0") for part in done.stdout.decode().split("\0\0")[:-1]]


@given(st.lists(PARAMS, min_size=1, max_size=20))
def test_a_shell_reads_its_words_as_they_were(several):
    told = _shell([examples.curl(ADDRESS, params) for params in several])

    for params, words in zip(several, told, strict=True):
        given_to_curl = [word for word in words if word != "--data-urlencode"]
        expected = [f"{name}={value}" for name, value in params]
        flags = ["--fail-with-body", *(["--get"] if params else []), ADDRESS]
        assert given_to_curl == [*flags, *expected]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs: node")
def test_javascript_reads_its_strings_as_they_were():
    odd = ["it's", '"', "\\", "`${1}`", "a\nb\r\t", "深圳𠮷", "\u2028\u2029", "</script>", "\x1b"]
    params = [("name.eq", value) for value in odd]
    program = (
        "globalThis.fetch = async (address) => ({ok: true, json: async () =>"
        " ({rows: [JSON.stringify([...address.searchParams])]})});\n"
    ) + examples.javascript(ADDRESS, params)

    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, check=True
    )

    assert [tuple(one) for one in json.loads(done.stdout)] == params


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(live_database, monkeypatch) -> Iterator[str]:
    """Serve the platform, and give its address."""
    del live_database
    serving: WSGIServer = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    monkeypatch.setattr(settings, "PUBLIC_BASE_URL", f"http://127.0.0.1:{serving.server_port}")

    def serve() -> None:
        try:
            serving.serve_forever()
        finally:
            connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    yield settings.PUBLIC_BASE_URL
    serving.shutdown()
    thread.join()
    serving.server_close()


COLUMNS = (column("id", DataType.INTEGER, is_key=True), column("name"))
NAMES = ("plain", "it's", 'say \\"\\" $HOME `id`', "深圳 & <b>", "two\nlines")
PROGRAMS = {
    "curl": ["sh", "-c"],
    "Python": [sys.executable, "-c"],
    "JavaScript": ["node", "--input-type=module", "-e"],
    "R": ["Rscript", "-e"],
}
NEEDED = {"curl": "curl", "Python": sys.executable, "JavaScript": "node", "R": "Rscript"}
TOLD = {"R": "cat('id:', answer$rows$id)"}
"""What has a program say the numbers of its rows as the others do: R prints a table."""


def has_httr2() -> bool:
    """Return whether R has the package that its program takes up."""
    asked = subprocess.run(["Rscript", "-e", "library(httr2)"], check=False, capture_output=True)
    return asked.returncode == 0


@pytest.mark.parametrize("languages", [("curl", "Python", "JavaScript"), ("R",)], ids=", ".join)
def test_the_programs_on_the_page_bring_the_rows_on_the_page(server, languages):
    del server
    data = "id,name\n" + "".join(
        f'{number},"{name.replace(chr(34), chr(34) * 2)}"\n' for number, name in enumerate(NAMES)
    )
    dataset = served(data, COLUMNS)
    missing = [NEEDED[name] for name in languages if shutil.which(NEEDED[name]) is None]
    if not missing and "R" in languages and not has_httr2():
        missing = ["httr2 (of R)"]
    if missing:
        pytest.skip(f"needs: {', '.join(missing)}")

    for number, name in enumerate(NAMES):
        told = text(page(dataset, **{"name.eq": name, "limit": "5"}))
        programs = dict(
            re.findall(
                r"<summary>(curl|Python|JavaScript|R)</summary>.*?<code>(.*?)</code></pre>",
                told,
                re.DOTALL,
            )
        )
        assert set(programs) == set(PROGRAMS)
        for language in languages:
            program = html.unescape(programs[language]) + TOLD.get(language, "")
            done = subprocess.run(
                [*PROGRAMS[language], program],
                check=False,
                capture_output=True,
                timeout=60,
                env={**os.environ, "NO_PROXY": "*", "no_proxy": "*"},
            )
            assert done.returncode == 0, (language, done.stderr.decode())
            ids = re.findall(r"\bid['\"]?: ?(\d+)", done.stdout.decode())
            assert ids == [str(number)], (language, done.stdout.decode())
