import os
import subprocess
import sys

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests import services


@pytest.mark.django_db
def test_tests_run_on_a_database_of_their_own_as_its_owner():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        user, name = cursor.fetchone()

    assert user == "city_owner"
    assert name == services.database()


def test_a_live_database_keeps_commits_and_is_found_by_children(live_database):
    ContentType.objects.create(app_label="x", model="y")

    with psycopg.connect(live_database) as other:
        seen = other.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'x'")
        assert seen.fetchone() == (1,)
    child = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.DATABASE_URL)"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
        cwd=services.ROOT,
    )
    assert child.stdout.strip() == live_database


@pytest.mark.django_db
def test_after_a_live_database_the_ordinary_one_is_back():
    assert not ContentType.objects.filter(app_label="x").exists()
    assert connection.settings_dict["NAME"] == services.database()
