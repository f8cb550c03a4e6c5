import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Organization
from accounts.models.organizations import check_uscc
from tests.factories import accounts as make

# From domain facts: real, public codes of well-known enterprises serve as the standard's vectors.
VECTORS = ("91110000600037341L", "91440300708461136T", "91440300192189783K")
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", VECTORS)
def test_codes_with_their_right_check_character_pass(code):
    check_uscc(code)


@pytest.mark.parametrize("head", ["N1", "Y1", "11", "52", "93"])
def test_codes_may_begin_with_a_letter(head):
    check_uscc(make.uscc(7, head))


@pytest.mark.parametrize(
    "code",
    ["", "9111000060003734", "91110000600037341M", "91110000600037314L", "9111000060003734IL"],
)
def test_a_wrong_code_is_refused_with_a_sentence(code):
    with pytest.raises(ValidationError, match=r"校验|check character"):
        check_uscc(code)


@pytest.mark.django_db
def test_the_database_refuses_a_wrong_check_character():
    right = make.uscc(1)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")

    with pytest.raises(IntegrityError, match="uscc_check_character"), transaction.atomic():
        make.organization(uscc=wrong)

    assert not Organization.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["91110000600037341", "9111000060003734il", "I1110000600037341L"])
def test_the_database_refuses_what_has_not_the_shape(code):
    with pytest.raises(IntegrityError, match="uscc_"), transaction.atomic():
        make.organization(uscc=code)


class DatabaseAgrees(TestCase):
    @given(
        st.from_regex(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", fullmatch=True),
        st.booleans(),
    )
    def test_python_and_the_database_agree_on_every_code(self, text, mend):
        code = self._mended(text) if mend else text
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_uscc_checks(%s)", [code])
            in_database = cursor.fetchone()[0]

        assert in_database == self._passes(code)

    def _mended(self, text):
        return next(text[:17] + last for last in ALPHABET if self._passes(text[:17] + last))

    @staticmethod
    def _passes(code):
        try:
            check_uscc(code)
        except ValidationError:
            return False
        return True
