"""A renewal that is drafted several times at the same moment is drafted once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from exchange.models import ShareRequest
from exchange.sharing import asking
from exchange.workflow import State, StepRefused
from tests.factories import sharing
from tests.factories.sharing import NOW


def test_of_renewals_at_once_one_is_drafted(live_database):
    two = sharing.two(rows=False)
    grant, ready = two.granted("phone"), Barrier(4)

    def drafted(_number: int) -> str:
        ready.wait(60)
        try:
            return asking.draft(
                two.dataset.pk,
                two.terms("phone"),
                organization=two.asker,
                renews=grant,
                by=two.clerk,
                at=NOW,
            ).state
        except StepRefused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(drafted, range(4)))

    assert sorted(told) == sorted([State.DRAFT, *[StepRefused.code] * 3])
    assert ShareRequest.objects.filter(renews=grant).count() == 1
