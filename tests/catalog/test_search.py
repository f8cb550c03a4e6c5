import pytest

from catalog.search import list_datasets
from catalog.terms import State
from tests.factories import accounts
from tests.factories.catalog import dataset, subject

pytestmark = pytest.mark.django_db


def slugs(page) -> list[str]:
    return [one.slug for one in page.datasets]


def test_only_what_is_published_is_listed_newest_first():
    for state in State:
        dataset(state, slug=f"one-{state}".replace("_", "-"))
    dataset(slug="newer")

    assert slugs(list_datasets()) == ["newer", "one-published"]


@pytest.mark.parametrize("q", ["树", "STREET", "street 树木", "遮荫"])
def test_words_are_found_in_titles_and_abstract_of_either_language(q):
    dataset(slug="trees", title_zh="行道树木", title_en="Street trees", abstract_zh="遮荫")
    dataset(slug="parks", title_zh="公园", title_en="Parks")

    assert slugs(list_datasets(q)) == ["trees"]


@pytest.mark.parametrize("q", ["%", "_", "'; DROP TABLE catalog_dataset --", "\0x", "树 公园"])
def test_signs_of_sql_are_only_signs(q):
    dataset(title_zh="行道树木")

    assert list_datasets(q).datasets == ()


def test_owner_and_subject_narrow_the_list():
    place, theme = accounts.organization(), subject()
    dataset(slug="both", owner=place, subject=theme)
    dataset(slug="owner-only", owner=place)
    dataset(slug="subject-only", subject=theme)

    assert slugs(list_datasets(owner=place.slug, subject=theme.code)) == ["both"]
    assert slugs(list_datasets(owner="nobody")) == []


def test_pages_follow_one_another_and_what_is_new_shifts_nothing():
    for number in range(5):
        dataset(slug=f"d{number}")

    first = list_datasets(limit=2)
    dataset(slug="new")
    second = list_datasets(limit=2, after=first.after)
    third = list_datasets(limit=2, after=second.after)

    assert slugs(first) + slugs(second) + slugs(third) == ["d4", "d3", "d2", "d1", "d0"]
    assert third.after is None


@pytest.mark.parametrize("limit", [0, -1, 10**9])
def test_a_page_has_one_to_a_hundred_datasets(limit):
    dataset()

    assert len(list_datasets(limit=limit).datasets) == 1


def test_a_page_costs_one_query(django_assert_num_queries):
    for _ in range(3):
        dataset(subject=subject())

    with django_assert_num_queries(1):
        assert [(one.owner.slug, one.subject.code) for one in list_datasets().datasets]
