"""What a text asks for: any text is a question, and no sign of it is one of the query language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.asking import ASKED_WORDS, Asked, Term, ask, exactly, near
from catalog.tokens import tokens


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("公交站点", ("公交站点",)),
        ("公交站點", ("公交站点",)),
        ("城市的公交", ("城市", "公交")),
        ("的", ("的",)),
        ("the map of bus stops", ("map", "bus", "stops")),
        ("哪里有公园", ("公园",)),
        ("where can I find a park", ("park",)),
        ("where is it", ("where", "it")),
        ("  ", ()),
        ("!?&|:*'", ()),
        ("公交 公交", ("公交",)),
        ("二零一六年火灾", ("2016", "火灾")),
    ],
)
def test_a_question_is_its_words_without_what_says_nothing(asked, words):
    assert ask(asked).words == words


def test_signs_of_the_query_language_are_only_signs():
    assert ask("a' | 'b & !c:* \\ <->").tsquery == "'b' & 'c'"


@given(st.text())
def test_a_question_holds_no_sign_of_the_query_language(text):
    asked = ask(text)

    assert len(asked.terms) <= ASKED_WORDS
    for word in asked.words:
        assert word
        assert not set(word) & set("'\\&|!:*()<> \0")


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2))
def test_a_chinese_title_has_every_pair_of_the_question_that_is_the_title(text):
    entries = {token.text for token in tokens(text)}

    for word in ask(text).words:
        pairs = {word[place : place + 2] for place in range(len(word) - 1)} or {word}
        assert pairs <= entries


def test_a_latin_word_is_looked_up_by_its_beginning_its_one_and_its_sound():
    assert near("stops") == "('stops':* | 'stop' | '~stops':*)"
    assert near("charging") == "('charging':* | '~charging':* | 'charg':*)"
    assert near("107") == "'107'"
    assert near("stops", "AB") == "('stops':*AB | 'stop':AB | '~stops':*AB)"


def test_a_chinese_word_is_looked_up_as_such_or_by_all_its_pairs():
    assert exactly("公交站") == "('公交站' | '公交' & '交站')"
    assert exactly("公交") == "'公交'"
    assert exactly("bus stop", "A") == "('bus':A & 'stop':A)"


def test_where_not_all_words_are_needed_the_heavier_ones_are():
    heavy, light, lighter = (
        Term("公园", weight=0.6),
        Term("路灯", weight=0.3),
        Term("数量", weight=0.2),
    )
    asked = Asked((heavy, light, lighter), every=False)

    assert asked.tsquery == "('公园' | '路灯' & '数量')"
    assert Asked((light, lighter, Term("地点", weight=0.2)), every=False).tsquery == (
        "('路灯' | '数量' & '地点')"
    )
    assert Asked((heavy, light)).tsquery == "'公园' & '路灯'"
