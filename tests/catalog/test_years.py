"""Years in numerals, and as both calendars count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.years import in_digits, otherwise


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("二零一六年火灾", "2016年火灾"),
        ("二〇一六年", "2016年"),
        ("民国一百零五年度", "民国105年度"),
        ("九十八学年", "98学年"),
        ("一百零五个", "一百零五个"),
        ("近二十年", "近二十年"),
        ("三百年", "三百年"),
    ],
)
def test_a_year_in_numerals_is_read(written, read):
    assert in_digits(written) == read


@pytest.mark.parametrize(
    ("units", "same"),
    [
        (["2016", "年", "火灾"], [("2016", "105 年")]),
        (["2016", "census"], [("2016", "105 年")]),
        (["105", "年", "火灾"], [("105", "2016")]),
        (["105", "学年度"], [("105", "2016")]),
        (["民国", "105"], [("105", "2016")]),
        (["105", "路", "公交"], []),
        (["1999", "派工"], [("1999", "88 年")]),
        (["1911", "年"], []),
        (["12", "年"], []),
    ],
)
def test_a_year_is_the_same_year_in_the_other_calendar(units, same):
    assert list(otherwise(units)) == same


@given(st.text(alphabet="零〇一二三四五六七八九十百两年学", max_size=12))
def test_any_numerals_are_read_without_a_fault(text):
    assert in_digits(in_digits(text)) == in_digits(text)
