"""The demo city under rules with a formal check.

A module of its own, for it is another city than the one that `test_work` looks at.
"""

from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.models import User
from backoffice.waiting import desks
from demo import city
from exchange.models import ShareRequest
from exchange.workflow import State
from tests.demo.test_work import inputs_for
from tests.exchange.conftest import _source_url, source  # noqa: F401 - a department's database

pytestmark = pytest.mark.django_db


def test_where_the_rules_have_a_formal_check_a_request_stands_in_it(
    source,  # noqa: F811
    tmp_path: Path,
    settings,
):
    settings.FILE_ROOTS = [str(tmp_path)]
    settings.CLOCK_PROFILE = "municipal-2024"

    city.build(inputs_for(tmp_path, source()), tmp_path, at=timezone.now())

    states = set(ShareRequest.objects.values_list("state", flat=True))
    operator = User.objects.get(username="operator1")
    with override("zh-hans"):
        piles = [pile for desk in desks.of(operator, now=timezone.now()) for pile in desk.piles]
        titles = {str(pile.title) for pile in piles}
    assert states == set(State) - {State.RECEIVED}
    assert "待形式审查的共享申请" in titles
