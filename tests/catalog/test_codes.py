from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import codes
from catalog.codes import ResourceCode
from catalog.models import Dataset
from catalog.refusals import EntryRefused
from catalog.terms import Category, State, UpdateCycle
from tests.factories.catalog import bring, dataset, subject

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def digits(length: int, at_least: int | None = None):
    return st.text(
        "0123456789", min_size=length if at_least is None else at_least, max_size=length
    )


parts = st.builds(
    ResourceCode,
    region=digits(6),
    category=st.sampled_from(Category),
    item=digits(2),
    subject=digits(3),
    detail=digits(12, at_least=0),
    serial=st.integers(1, 10**9),
)


@given(parts)
def test_a_code_is_read_back_as_it_was_made(code):
    assert codes.parse(str(code)) == code


def test_the_published_example_of_a_provincial_platform_is_read():
    code = codes.parse("370000308004000000/000001")

    assert code == ResourceCode("370000", Category.DEPARTMENT, "08", "004", "000000", 1)


@pytest.mark.parametrize(
    "text", ["", "308004000000/000001", "370000408004/000001", "370000308004000000-1", "29200/01"]
)
def test_what_is_no_code_of_this_profile_is_refused_with_an_example(text):
    with pytest.raises(EntryRefused, match="440300308004000000/000001"):
        codes.parse(text)


@pytest.mark.django_db
def test_codes_stand_in_the_region_class_and_subject_and_count_on(settings):
    settings.REGION_CODE = "440300"
    theme = subject(code="004")
    classed = {"category": Category.THEME, "item": "08", "subject": theme, "detail": "000000"}

    first, second = (dataset(State.IN_REVIEW, **classed) for _ in range(2))
    other = dataset(State.IN_REVIEW, category=Category.BASE, item="08")

    assert first.code == "440300208004000000/000001"
    assert second.code == "440300208004000000/000002"
    assert other.code == "440300108000000000/000001"


@pytest.mark.django_db
def test_the_code_of_a_withdrawn_entry_is_not_given_again():
    withdrawn = dataset(State.WITHDRAWN, item="77")

    after = dataset(State.DRAFT, item="77")
    bring(after.pk, State.IN_REVIEW)

    issued = Dataset.objects.filter(item="77").values_list("code", flat=True)
    assert len(set(issued)) == 2
    assert withdrawn.code in issued


@pytest.mark.parametrize("cycle", UpdateCycle)
def test_every_cycle_has_a_threshold_and_a_dcat_frequency(cycle):
    limit = codes.LATE_AFTER[cycle]

    assert codes.FREQUENCIES[cycle]
    if limit is None:
        assert not codes.late(cycle, refreshed_at=NOW - timedelta(days=9999), now=NOW)
    else:
        assert not codes.late(cycle, refreshed_at=NOW - limit, now=NOW)
        assert codes.late(cycle, refreshed_at=NOW - limit - timedelta(seconds=1), now=NOW)


def test_a_longer_cycle_is_late_later():
    limits = [limit for limit in codes.LATE_AFTER.values() if limit is not None]

    assert limits == sorted(limits)
