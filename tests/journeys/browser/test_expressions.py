"""What stands in the attributes of the theme is read without `eval`, and means the same."""

from collections.abc import Iterator

import pytest
from django.contrib.staticfiles import finders
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Error, Page

from tests.journeys.browser.conftest import PATIENCE

pytestmark = pytest.mark.slow
ADDRESS = "http://office.invalid/office/"
NAMES = {
    "open": True,
    "shut": False,
    "tab": "general",
    "place": 3,
    "none": None,
    "one": {"name": "甲"},
}
BOTH = """([texts, names]) => texts.map((text) => {
  const told = (value) => typeof value + " " + (JSON.stringify(value) || String(value));
  const said = (find) => { try { return told(find()); } catch (fault) { return fault.name; } };
  return [
    said(() => officeExpressions.program(text)({...names})),
    said(() => new Function("names", `with (names) { return (${text}); }`)({...names})),
  ];
})"""
RUN = "([text, names]) => { officeExpressions.program(text)(names); return names; }"

leaves = st.one_of(
    st.sampled_from([*NAMES, "true", "false", "null", "undefined", "one.name", "one.more"]),
    st.integers(0, 99).map(str),
    st.text("ab 甲:{}?", max_size=4).map(lambda text: f"'{text}'"),
)
pairs = st.sampled_from(
    ["||", "&&", "===", "!==", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%"]
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, pairs, inner),
        st.builds("({})".format, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("[{}, {}].includes({})".format, inner, inner, inner),
        st.builds("({{name: {}, 'a b': {}}}).name".format, inner, inner),
        st.builds("({{name: {}, 'a b': {}}})['a b']".format, inner, inner),
    ),
    max_leaves=8,
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with the reader of expressions, whose policy allows `eval` as well."""
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.route(
        "**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html")
    )
    opened.goto(ADDRESS)
    opened.add_script_tag(path=finders.find("backoffice/expressions.js"))
    yield opened
    opened.close()


@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(texts=st.lists(expressions, min_size=1, max_size=20))
def test_an_expression_means_what_the_browser_makes_of_it(page: Page, texts: list[str]):
    both = page.evaluate(BOTH, [texts, NAMES])

    assert [ours for ours, _theirs in both] == [theirs for _ours, theirs in both]


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("open = !open", {"open": False}),
        ("tab = 'more'; place = place + 1;", {"tab": "more", "place": 4}),
        ("if (open && !shut) tab = 'open'", {"tab": "open"}),
        ("if (shut) tab = 'shut'", {}),
        ("['a', 'h3'].includes('h3') && (open = false)", {"open": False}),
        ("['a'].includes('h3') && (open = false)", {}),
    ],
)
def test_a_press_changes_the_names_of_its_page(page: Page, text: str, changed: dict):
    assert page.evaluate(RUN, [text, NAMES]) == NAMES | changed


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("width: 320px", {"width": "320px"}),
        (" width:0px ; color : red;", {"width": "0px", "color": "red"}),
        ("", {}),
    ],
)
def test_a_style_that_is_a_text_is_told_by_its_properties(page: Page, text: str, properties: dict):
    assert page.evaluate("(text) => officeExpressions.properties(text)", text) == properties


def test_a_page_leads_on_within_the_site_alone(page: Page):
    with page.expect_navigation(url="**/office/next/"):
        page.evaluate(
            RUN, ["window.location.href = one.href + 'next/'", {"one": {"href": ADDRESS}}]
        )

    for away in ("https://elsewhere.invalid/", "//elsewhere.invalid/", "javascript:alert(1)"):
        page.add_script_tag(path=finders.find("backoffice/expressions.js"))
        with pytest.raises(Error, match="ReferenceError"):
            page.evaluate(RUN, ["window.location.href = away", {"away": away}])


@pytest.mark.parametrize(
    "text",
    [
        "fetch('/office/')",
        "window.fetch('/office/')",
        "eval('1')",
        "document.cookie",
        "window.document.cookie",
        "localStorage.clear()",
        "window.location = '/'",
        "one.name = 'b'",
        "one[tab]",
        "one['constructor']",
        "one.constructor",
        "constructor('1')",
        "''.constructor.constructor('return 1')()",
        "[].map(fetch)",
        "(tab => tab)('x')",
        "new Date()",
        "`${tab}`",
        "open ?",
        "tab more",
        "{",
    ],
)
def test_what_pages_do_not_need_is_not_read(page: Page, text: str):
    with pytest.raises(Error, match=r"SyntaxError|ReferenceError|TypeError"):
        page.evaluate(RUN, [text, NAMES])

    assert page.url == ADDRESS
