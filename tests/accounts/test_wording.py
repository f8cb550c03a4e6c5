"""A sentence that is kept reads as gettext's would, and again in the other language."""

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from accounts.wording import LANGUAGES, again, in_both
from accounts.wording import said as _

SENTENCE = "There is nothing at this address."
NAMED = "Run %(run)s was undone before."


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_reads_as_gettext_says_it(language):
    with translation.override(language):
        assert _(SENTENCE) == gettext(SENTENCE)
        assert _(NAMED) % {"run": 7} == gettext(NAMED) % {"run": 7}


@pytest.mark.parametrize("made_in", LANGUAGES)
def test_it_is_said_again_in_each_language_whoever_made_it(made_in):
    with translation.override(made_in):
        sentence = _(NAMED) % {"run": 7}

    told = in_both(sentence)

    assert told["en"] == "Run 7 was undone before."
    assert "7" in told["zh-hans"]
    assert told["zh-hans"] != told["en"]


def test_a_sentence_within_a_sentence_is_said_again_too():
    with translation.override("zh-hans"):
        sentence = _(NAMED) % {"run": _(SENTENCE)}

    with translation.override("en"):
        assert again(sentence) == NAMED % {"run": SENTENCE}


def test_a_plain_text_stays_and_places_without_a_name_are_refused():
    assert again("as it is") == "as it is"
    assert in_both(12) == {"zh-hans": "12", "en": "12"}
    with pytest.raises(TypeError):
        _("%s rows") % 3


def test_it_is_kept_in_each_language_that_pages_have():
    assert {code for code, _name in settings.LANGUAGES} == set(LANGUAGES)
