import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_tests_run_on_a_database_of_their_own_as_its_owner():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        user, name = cursor.fetchone()

    assert user == "city_owner"
    assert name.startswith("test_city_")
