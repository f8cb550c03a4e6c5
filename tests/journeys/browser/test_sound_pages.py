"""Pages of the back office as somebody needs them who hears them, or goes by keyboard."""

from dataclasses import dataclass

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import Role, User
from accounts.roles import CITY_WIDE
from catalog.models import Dataset
from tests.backoffice.test_desks import a_whole_city
from tests.factories import accounts
from tests.journeys.browser.conftest import Site

pytestmark = pytest.mark.slow

FAULTS = """() => {
  const shown = (element) => element.type !== "hidden" && element.type !== "submit";
  const named = (element) => (element.labels && element.labels.length)
    || element.getAttribute("aria-label") || element.getAttribute("aria-labelledby")
    || element.title || element.textContent.trim();
  const all = (query) => [...document.querySelectorAll(query)];
  const unread = ({name, value}) => {
    const spoken = /^x-(data|init|show|text|model|on|bind|resize|anchor)/.test(name);
    try { if (spoken) officeExpressions.program(value); } catch (fault) { return true; }
  };
  const told = (what, elements) =>
    elements.map((one) => what + ": " + one.outerHTML.slice(0, 120));
  return [
    ...told("no label", all("input, select, textarea").filter(shown).filter((one) => !named(one))),
    ...told("no name", all("main a[href], .office a[href], .office button")
      .filter((one) => one.offsetParent && !named(one))),
    ...told("no alt", all("img:not([alt])")),
    ...(all("h1").length === 1 ? [] : ["headings of the page: " + all("h1").length]),
    ...told("not read", all("*").filter((one) => [...one.attributes].some(unread))),
    ...(document.title.replace(/[|\\s]/g, "") ? [] : ["no title"]),
    ...(document.documentElement.scrollWidth > document.documentElement.clientWidth
      ? ["wider than its window by "
         + (document.documentElement.scrollWidth - document.documentElement.clientWidth)] : []),
  ];
}"""
PAGES = (
    "index",
    "inbox",
    "me",
    "second_factor",
    "password_change",
    "search",
    "sitting",
    "grading",
    "regrading",
    "runs",
    "catalogue_import",
    "catalogue_duties",
    "catalog_dataset_changelist",
    "catalog_field_changelist",
    "catalog_negativeline_changelist",
    "catalog_subject_add",
    "catalog_legalbasis_changelist",
    "exchange_source_changelist",
    "exchange_syncrun_changelist",
    "exchange_rejectedrow_changelist",
    "accounts_user_changelist",
    "accounts_organization_changelist",
    "audit_entry_changelist",
)


@dataclass(frozen=True)
class Look:
    """How pages are looked at: in which language and window, and by whom."""

    language: str
    narrow: bool
    roles: tuple[Role, ...]


LOOKS = (
    Look("zh-hans", narrow=True, roles=(Role.PUBLISHER, Role.SECURITY_ADMIN)),
    Look("en", narrow=False, roles=(Role.OPERATOR, Role.AUDIT_ADMIN)),
)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.language)
def test_pages_have_one_heading_labels_and_their_language_and_fit_their_window(
    site: Site, look: Look
):
    with translation.override(look.language):
        where = a_whole_city()
    found: list[str] = []

    for role in look.roles:
        user = accounts.user(role, None if role in CITY_WIDE else where.department)
        seat = site.seat(user, look.language, narrow=look.narrow)
        for path in _paths(user):
            answer = seat.page.goto(f"{site.url}{path}", wait_until="domcontentloaded")
            assert answer is not None
            if answer.status == 403:
                continue
            assert answer.status == 200, path
            spoken = seat.page.evaluate("document.documentElement.lang").lower()
            faults = seat.page.evaluate(FAULTS) + seat.troubles
            faults += [] if spoken == look.language else [f"speaks {spoken}"]
            found += [f"{role} {path}: {fault}" for fault in faults]
            seat.troubles.clear()

    assert not found, "\n".join(found)


def _paths(user: User) -> list[str]:
    paths = [reverse(f"admin:{name}") for name in PAGES]
    if user.has_perm("catalog.view_dataset"):
        numbers = Dataset.objects.order_by("pk").values_list("pk", flat=True)[:2]
        paths += [reverse("admin:catalog_dataset_change", args=[pk]) for pk in numbers]
    return paths
