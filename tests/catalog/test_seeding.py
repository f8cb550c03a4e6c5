from io import StringIO

import pytest
from django.core.management import call_command

from catalog.library import LIBRARY
from catalog.models import LegalBasis
from policy.terms import Certainty


@pytest.mark.django_db
def test_the_command_fills_the_library_and_says_that_nothing_is_verified():
    said = StringIO()

    call_command("seed_bases", stdout=said)

    assert LegalBasis.objects.count() == len(LIBRARY)
    assert "none of them verified" in said.getvalue()


def test_nothing_in_the_library_claims_to_be_verified():
    assert {one.certainty for one in LIBRARY} == {Certainty.SECONDARY, Certainty.UNVERIFIED}


def test_an_article_stands_once_in_the_library():
    assert len({(one.law_zh, one.article) for one in LIBRARY}) == len(LIBRARY)
