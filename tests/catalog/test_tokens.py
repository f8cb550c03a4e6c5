"""What texts are cut into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.pinyin import sounds
from catalog.tokens import HAN, flat, fold, singular, stem, tokens


def texts(text, **how):
    return {token.text for token in tokens(text, **how)}


def test_every_pair_of_neighbours_is_an_entry():
    assert {"公交", "交站", "站点", "公交站点"} <= texts("公交站点")


def test_single_characters_are_left_out_where_they_are_not_wanted():
    assert "站" in texts("公交站点")
    assert "站" not in texts("公交站点", single=False)


@pytest.mark.parametrize(
    ("written", "same"),
    [("ＢＵＳ　１２", "bus 12"), ("Café", "cafe"), ("STRASSE", "straße"), ("①", "1")],
)
def test_case_width_and_accents_do_not_tell_words_apart(written, same):
    assert flat(written) == flat(same)


def test_a_name_is_found_by_its_parts():
    assert texts("station_name") == {"station", "name"}


def test_places_count_characters():
    places = {token.text: token.at for token in tokens("停车 lot 泊位")}

    assert (places["停车"], places["lot"], places["泊位"]) == (0, 3, 7)


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert flat(flat(text)) == flat(text)
    assert fold("") == ""


def test_a_title_sounds_from_each_word_on():
    heard = set(sounds("城市公交站点"))

    assert {"gong", "gongjiaozhandian", "gjzd"} <= heard


def test_only_chinese_sounds():
    assert set(sounds("bus 12")) == set()


def test_the_ranges_of_chinese_hold_what_is_rare_too():
    assert HAN
    assert texts("〇𠀀") >= {"〇", "𠀀", "〇𠀀"}


@pytest.mark.parametrize(
    ("written", "simple"),
    [("停車場", "停车场"), ("空氣品質監測", "空气品质监测"), ("里長", "里长"), ("臺灣", "台湾")],
)
def test_traditional_characters_do_not_tell_words_apart(written, simple):
    assert flat(written) == simple


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("stations", "station"),
        ("companies", "company"),
        ("boxes", "box"),
        ("buses", "buse"),
        ("gas", "gas"),
        ("class", "class"),
        ("status", "status"),
        ("bus", "bus"),
        ("公交", "公交"),
    ],
)
def test_an_english_word_of_many_is_found_by_one(written, one):
    assert singular(written) == one


@pytest.mark.parametrize(
    ("written", "begins"),
    [
        ("liquidated", "liquidat"),
        ("liquidations", "liquidat"),
        ("importing", "import"),
        ("registered", "register"),
        ("parking", ""),
        ("station", ""),
        ("公交站点", ""),
    ],
)
def test_the_forms_of_a_long_english_word_begin_alike(written, begins):
    assert stem(written) == begins
