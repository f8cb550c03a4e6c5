"""What texts are cut into, and that any text is a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.pinyin import sounds
from catalog.tokens import ASKED_WORDS, HAN, SOUNDS, ask, flat, fold, spoken, tokens


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


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("公交站点", ("公交站点",)),
        ("城市的公交", ("城市", "公交")),
        ("的", ("的",)),
        ("the map of bus stops", ("map", "bus", "stops")),
        ("  ", ()),
        ("!?&|:*'", ()),
        ("公交 公交", ("公交",)),
    ],
)
def test_a_question_is_its_words_without_what_says_nothing(asked, words):
    assert ask(asked).words == words


def test_signs_of_the_query_language_are_only_signs():
    assert ask("a' | 'b & !c:* \\ <->").tsquery == "'b' & 'c'"


@given(st.text())
def test_a_question_holds_no_sign_of_the_query_language(text):
    asked = ask(text)

    assert len(asked.words) <= ASKED_WORDS
    for word in asked.words:
        assert word
        assert not set(word) & set("'\\&|!:*()<> \0")


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2))
def test_a_chinese_title_has_every_pair_of_the_question_that_is_the_title(text):
    entries = texts(text)

    for word in ask(text).words:
        pairs = {word[place : place + 2] for place in range(len(word) - 1)} or {word}
        assert pairs <= entries


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
    ("word", "sound"),
    [("停車場", "tingchechang"), ("重慶", "chongqing"), ("銀行", "yinhang")],
)
def test_a_word_in_traditional_characters_has_every_sound_it_may_have(word, sound):
    assert sound in spoken(word)
    assert f"'{sound}':*" in ask(word).tsquery


def test_a_word_in_simplified_characters_is_looked_up_as_written_alone():
    assert spoken("停车场") == ()
    assert ask("停车").tsquery == "'停车'"


def test_a_single_traditional_character_is_one_syllable_and_no_beginning():
    assert ask("車").tsquery == "('車' | 'che' | 'ju')"


@given(st.text(alphabet=st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), max_size=80))
def test_sounds_of_any_word_are_few_and_plain(word):
    assert len(spoken(word)) <= SOUNDS
    assert all(sound.isascii() and sound.isalpha() for sound in spoken(word))
