"""Pages of the back office before axe: what is ours has no fault; what is the theme's is known."""

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts.models import User
from accounts.roles import Role
from catalog.terms import State
from tests.factories import accounts, catalog
from tests.journeys.browser.conftest import NARROW, WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import Looker, need_axe
from tests.journeys.browser.portal.walking import HTML

pytestmark = pytest.mark.slow
WHOLE = "<html"
"""What a part of a page has not."""
KNOWN = {
    ("target-size", "#searchbar-submit"): "the glass in the theme's box for searching is small",
    ("target-size", "o="): "the theme's arrows for sorting are small; its headings sort as well",
    ("target-size", "sort"): "the same arrows, by other names",
    ("target-size", "hover\\:text-base-500"): "the same arrows, where one list is sorted by them",
    ("color-contrast", ".showall"): "the theme's link to whole lists is faint in the dark",
    ("landmark-unique", "simplebar"): "the theme's bars for scrolling all have one name",
}
"""Faults in the markup of django-unfold: the rule, a part of the selector, and what it is."""


def offices(city: City) -> dict[User, list[str]]:
    """Return the pages that are looked at, by who looks: desk, request, entry, review, people."""
    made = city.dealings
    market, (_draft, waits, _more, proposed, *_ended) = made.market, made.requests
    place = market.where.department
    in_review = catalog.dataset(State.IN_REVIEW, owner=place)
    entry = reverse("admin:catalog_dataset_change", args=[market.dataset.pk])
    return {
        market.reviewer: [
            reverse("admin:index"),
            reverse("admin:deciding_desk"),
            reverse("admin:deciding", args=[waits.pk]),
            reverse("admin:inbox"),
        ],
        market.where.head: [
            reverse("admin:deciding", args=[proposed.pk]),
            reverse("admin:agreement", args=[made.grants[-1].pk]),
            entry,
        ],
        accounts.user(Role.OPERATOR): [
            entry,
            reverse("admin:review", args=[in_review.pk]),
            reverse("admin:grading"),
            reverse("admin:catalog_dataset_changelist"),
        ],
        accounts.user(Role.SECURITY_ADMIN): [reverse("admin:accounts_user_changelist")],
    }


@pytest.mark.parametrize(
    ("language", "scheme", "size"), [("zh-hans", "light", WIDE), ("en", "dark", NARROW)]
)
def test_pages_of_the_office_have_no_fault_but_the_themes(
    city: City, language: str, scheme: str, size: dict[str, int]
):
    need_axe()
    found, kinds = [], {"color_scheme": scheme, "viewport": size, "reduced_motion": "reduce"}

    for user, pages in offices(city).items():
        looker = Looker.at(city, language, user, **kinds)
        for address in pages:
            looker.open(address)
            found += [f"{address}: {one}" for one in looker.judged() if not is_known(one)]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("who", "language", "scheme", "size"),
    [("operator", "zh-hans", "light", WIDE), ("publisher", "en", "dark", NARROW)],
)
def test_every_page_of_the_office_that_names_no_row_has_no_fault_but_the_themes(
    city: City, who: str, language: str, scheme: str, size: dict[str, int]
):
    need_axe()
    publisher = city.dealings.market.where.publisher
    user = publisher if who == "publisher" else accounts.user(Role.OPERATOR)
    pages = whole_office(city, language, user)
    kinds = {"color_scheme": scheme, "viewport": size, "reduced_motion": "reduce"}
    looker = Looker.at(city, language, user, **kinds)
    found = []

    for address in pages:
        looker.open(address)
        found += [f"{address}: {one}" for one in looker.judged() if not is_known(one)]

    assert len(pages) > 20
    assert not found, "\n".join(found)


def whole_office(city: City, language: str, user: User) -> list[str]:
    """Return every page of the office that somebody may open and whose address holds no number."""
    _prefix, office = get_resolver().namespace_dict["admin"]
    reader = city.reader(language, user)
    found = []
    for name in sorted(one for one in office.reverse_dict if isinstance(one, str)):
        try:
            address = reverse(f"admin:{name}")
        except NoReverseMatch:
            continue
        answer = reader.get(address)
        if (answer.status, answer.kind) == (
            200,
            HTML,
        ) and "<html" in answer.body:  # no part of one
            found.append(address)
    reader.close()
    return found


def is_known(fault: str) -> bool:
    """Tell a fault of the theme's own."""
    rule, where = fault.split(": ")[:2]
    return any(rule == known and part in where for known, part in KNOWN)


def test_a_fault_of_ours_is_not_taken_for_the_themes():
    assert is_known("target-size: #searchbar-submit: too small")
    assert not is_known("target-size: .office details > p > a: too small")
    assert not is_known("color-contrast: #searchbar-submit: too faint")
