"""What is found, by whom, in which order, and how many of each sort."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import Role
from catalog import search
from catalog.models import SearchEntry
from catalog.search import Filters, Reader, find
from catalog.terms import State
from policy.terms import Grade
from tests.factories import accounts, catalog
from tests.factories.catalog import dataset, new_field, subject

pytestmark = pytest.mark.django_db


def slugs(found) -> list[str]:
    return [one.slug for one in found.datasets]


def counts(found, name) -> dict[str, int]:
    facet = next(one for one in found.facets if one.name == name)
    return {option.value: option.count for option in facet.options}


@pytest.fixture
def stops():
    """One published dataset whose words are known."""
    return dataset(
        slug="bus-stops",
        title_zh="城市公交站点",
        title_en="Bus stops of the city",
        abstract_zh="每日更新的候车亭位置。",
        keywords_zh=["出行"],
        keywords_en=["transit"],
        fields=[new_field("stop_name", label_zh="站名", label_en="Name of the stop")],
    )


def test_only_what_is_published_is_found_newest_first():
    for state in State:
        dataset(state, slug=f"one-{state}".replace("_", "-"))
    dataset(slug="newer")

    assert slugs(find()) == ["newer", "one-published"]


QUESTIONS = (
    *("公交", "站点", "交站", "公交站", "公交站点", "城市的公交", "站点 公交", "站"),
    *("候车", "候车亭", "出行", "站名", "stop_name"),
    *("BUS", "stop", "Stops city", "ｂｕｓ", "transit", "bus-stops"),
    *("gongjiao", "gjzd", "zhandian", "gong jiao zhan dian", "csgj"),
    *("公交站點", "站點"),
)


def test_an_entry_is_found_by_any_of_its_words(stops):
    dataset(slug="parks", title_zh="公园绿地", title_en="Parks")

    assert {q: slugs(find(q))[:1] for q in QUESTIONS} == {q: ["bus-stops"] for q in QUESTIONS}


def test_an_entry_is_found_by_department_subject_and_code(stops):
    stops.refresh_from_db()

    for q in (stops.owner.name_zh, stops.owner.name_en, stops.code):
        assert "bus-stops" in slugs(find(q)), q


def test_signs_are_only_signs(stops):
    for q in ("公园", "%", "_", "'; DROP TABLE catalog_dataset --", "\0x"):
        assert slugs(find(q)) == [], q


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(q=st.text() | st.text(alphabet="'\"\\&|!:*()<>-%_ \0站公a1", max_size=40))
def test_any_text_is_answered(stops, q):
    assert find(q, facets=True).total in (0, 1)


def test_a_very_long_text_is_answered(stops):
    assert slugs(find("公交" * 5_000)) == ["bus-stops"]
    assert slugs(find("x" * 10_000)) == []


def test_any_filter_is_answered(stops):
    for name in Filters.__dataclass_fields__:
        assert slugs(find(filters=Filters(**{name: "no\0body'"}))) == []


def test_a_title_that_is_the_question_comes_first_then_titles_then_the_rest():
    dataset(slug="same", title_zh="停车场")
    dataset(slug="begins", title_zh="停车场收费标准")
    dataset(slug="holds", title_zh="公共停车场")
    dataset(slug="field", title_zh="设施", fields=[new_field("lot", label_zh="停车场")])
    dataset(slug="about", title_zh="道路", abstract_zh="沿路的停车场。")

    assert slugs(find("停车场")) == ["same", "begins", "holds", "field", "about"]


def test_a_concealed_field_leaves_no_trace():
    place = dataset(
        slug="clinic",
        fields=[
            new_field("open_field", label_zh="门诊", is_key=True),
            new_field("ghost", label_zh="幽灵", concealed=True),
        ],
        grade=Grade.L1,
    )

    assert slugs(find("门诊")) == ["clinic"]
    assert slugs(find("ghost")) == slugs(find("幽灵")) == []
    assert "ghost" not in SearchEntry.objects.get(dataset=place).words


def test_a_department_finds_its_own_drafts_and_nobody_elses():
    own, other = dataset(State.DRAFT, slug="own"), dataset(State.DRAFT, slug="other")
    public = dataset(slug="public")
    clerk = catalog.staff(Role.PUBLISHER, own.owner)
    operator = accounts.user(Role.OPERATOR)

    assert slugs(find(reader=search.reader_of(clerk))) == [public.slug, own.slug]
    assert slugs(find(reader=search.reader_of(operator))) == [public.slug, other.slug, own.slug]
    assert slugs(find(reader=search.reader_of(accounts.user(Role.DEVELOPER)))) == [public.slug]


def test_facets_narrow_and_say_how_many():
    place, theme = accounts.organization(), subject()
    dataset(slug="both", owner=place, subject=theme, grade=Grade.L2)
    dataset(slug="owner-only", owner=place, grade=Grade.L1)
    dataset(slug="subject-only", subject=theme, grade=Grade.L1)

    everything = find(facets=True)
    narrowed = find(filters=Filters(owner=place.slug, subject=theme.code), facets=True)

    assert everything.total == 3
    assert counts(everything, "owner")[place.slug] == 2
    assert counts(everything, "subject") == {theme.code: 2}
    assert counts(everything, "grade") == {"L1": 2, "L2": 1}
    assert counts(everything, "state") == {"published": 3}
    assert slugs(narrowed) == ["both"]
    assert narrowed.total == 1
    assert slugs(find(filters=Filters(grade="L2"))) == ["both"]
    assert slugs(find(filters=Filters(share="unconditional", open="unconditional"))) == [
        "subject-only",
        "owner-only",
        "both",
    ]


@pytest.mark.parametrize("start", [0, 1, 2, 9])
def test_a_page_is_the_same_with_counts_and_without_and_counts_are_of_all(stops, start):
    for number, grade in enumerate((Grade.L1, Grade.L1, Grade.L2)):
        dataset(title_zh=f"公交线路{number}", keywords_zh=["公交"] * number, grade=grade)
    dataset(State.DRAFT, title_zh="公交草稿")
    dataset(title_zh="水质")

    page = find("公交", start=start, limit=2)
    counted = find("公交", start=start, limit=2, facets=True)

    assert slugs(counted) == slugs(page)
    assert counted.after == page.after
    assert counted.total == sum(counts(counted, "owner").values()) == 4


def test_an_entry_is_counted_in_the_region_it_covers_and_else_in_its_departments():
    district, city = accounts.region(), accounts.region()
    place = accounts.organization(region=city)
    dataset(slug="of-the-city", owner=place)
    dataset(slug="of-a-district", owner=place, region=district)

    found = find(facets=True)

    assert counts(found, "region") == {city.code: 1, district.code: 1}
    assert slugs(find(filters=Filters(region=district.code))) == ["of-a-district"]


def test_a_region_finds_and_counts_what_lies_in_it():
    province = accounts.region()
    city = accounts.region(parent=province)
    district, beside = accounts.region(parent=city), accounts.region(parent=province)
    place = accounts.organization(region=city)
    dataset(slug="of-the-city", owner=place)
    dataset(slug="of-a-district", owner=place, region=district)
    dataset(slug="of-another-city", owner=place, region=beside)

    found = find(facets=True)

    assert counts(found, "region") == {
        province.code: 3,
        city.code: 2,
        district.code: 1,
        beside.code: 1,
    }
    for region, slugs_in_it in (
        (province, {"of-the-city", "of-a-district", "of-another-city"}),
        (city, {"of-the-city", "of-a-district"}),
        (district, {"of-a-district"}),
    ):
        assert set(slugs(find(filters=Filters(region=region.code)))) == slugs_in_it


def test_a_circle_of_regions_ends():
    one = accounts.region()
    other = accounts.region(parent=one)
    type(one).objects.filter(pk=one.pk).update(parent=other)
    dataset(slug="there", owner=accounts.organization(region=one))

    found = find(facets=True, filters=Filters(region=other.code))

    assert slugs(found) == ["there"]
    assert counts(found, "region") == {one.code: 1, other.code: 1}


def test_the_chosen_option_says_so_and_labels_follow_the_language(stops):
    with translation.override("en"):
        facet = find(filters=Filters(grade="L1"), facets=True).facets[2]
        assert facet.title == "Highest grade"
        assert [(one.label, one.chosen) for one in facet.options] == [("L1 public", True)]
    with translation.override("zh-hans"):
        assert find(facets=True).facets[2].options[0].label != "L1 public"


def test_facets_of_all_follow_each_change(stops):
    assert find(facets=True).total == 1

    dataset()

    assert find(facets=True).total == 2


def test_pages_follow_one_another_and_what_is_new_shifts_nothing():
    for number in range(5):
        dataset(slug=f"d{number}")

    first = find(limit=2)
    dataset(slug="new")
    second = find(limit=2, after=first.after)
    third = find(limit=2, after=second.after)

    assert slugs(first) + slugs(second) + slugs(third) == ["d4", "d3", "d2", "d1", "d0"]
    assert third.after is None


def test_pages_of_words_follow_one_another_and_end():
    for number in range(5):
        dataset(slug=f"d{number}", title_zh="停车场", title_en="")

    pages = [find("停车场", limit=2, after=after) for after in (None, 2, 4)]

    assert [slug for page in pages for slug in slugs(page)] == ["d4", "d3", "d2", "d1", "d0"]
    assert [page.after for page in pages] == [2, 4, None]
    assert slugs(find("停车场", after=10**17)) == []


def test_a_page_has_one_to_a_hundred_datasets():
    dataset()

    assert [len(find(limit=limit).datasets) for limit in (0, -1, 10**9)] == [1, 1, 1]


def test_an_overview_counts_what_a_search_for_everything_finds():
    dataset(subject=subject())
    dataset(State.DRAFT)

    seen, found = search.overview(), find(facets=True)

    assert (seen.total, seen.facets, seen.datasets) == (1, found.facets, ())


@pytest.mark.parametrize(("q", "facets", "most"), [("", False, 6), ("测试", True, 10)])
def test_a_page_costs_a_constant_number_of_queries(q, facets, most):
    dataset(subject=subject())
    with CaptureQueriesContext(connection) as one:
        find(q, facets=facets)
    for _ in range(3):
        dataset(subject=subject())

    with CaptureQueriesContext(connection) as many:
        for hit in find(q, facets=facets).datasets:
            assert hit.owner.slug and hit.subject.code and hit.search_entry.grade

    assert len(one) == len(many) <= most


def test_the_open_door_finds_what_is_published_and_nothing_else():
    dataset(slug="public", title_zh="公园")
    dataset(State.DRAFT, slug="draft", title_zh="公园")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE city_open")
        cursor.execute("SET LOCAL search_path = face, public")

        found = find("公园", facets=True, reader=Reader(everywhere=True))

        cursor.execute("RESET ROLE")
        cursor.execute("SET LOCAL search_path = DEFAULT")

    assert slugs(found) == ["public"]
    assert counts(found, "state") == {"published": 1}
