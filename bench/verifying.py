"""Verification: one claim a call against a page under a grant, and a thousand claims in one call.

Called as the server calls the application, in this process and one call after the other: what is
compared is the work of a call, without the network.
"""

import hashlib
import io
import json
import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from bench import stage
from bench.city import City, the_city
from bench.stage import Line
from config import embedded
from config.lane import lane
from exchange.models import Purpose
from exchange.sharing import asking
from exchange.sharing.contents import Terms
from exchange.sync import engine
from policy.terms import Grade, Mode

CALLS, BATCHES, CLAIMS = 1000, 40, 1000
DAYS = timedelta(days=7)
PLENTY = 1_000_000_000


class Asker:
    """A department with a grant for rows and one for claims on a dataset of a million rows."""

    def __init__(self, city: City) -> None:
        """Sync the dataset, and ask for it through the verbs: all of it is unconditional."""
        binding = city.dataset(masked=("phone",))
        engine.sync(binding.pk)
        self.dataset = binding.resource.dataset
        self.fields = {one.name: one.pk for one in binding.resource.fields.all()}
        self.city = city
        for mode in (Mode.QUERY, Mode.VERIFY):
            self._granted(mode)
        self.key = city.asking_key()
        self.application = lane(get_wsgi_application())

    def _granted(self, mode: Mode) -> None:
        clerk, head = self.city.asking()
        at = timezone.now()
        terms = Terms(
            purpose_class=Purpose.CHECKING,
            purpose="测量",
            scene="测量",
            system="测量",
            mode=mode,
            fields=tuple(self.fields.values()),
            wanted_from=timezone.localdate(at),
            wanted_until=timezone.localdate(at) + DAYS,
            basis_text="测量用",
            clear_up_to=Grade.L2,
            calls_peak=PLENTY,
        )
        place = clerk.memberships.get().organization
        draft = asking.draft(self.dataset.pk, terms, organization=place, by=clerk, at=at)
        asking.submit(draft.pk, by=clerk, at=at)
        asking.sign(draft.pk, vouched=True, by=head, at=at)

    def call(self, method: str, what: str, body: bytes = b"", query: str = "") -> None:
        """Call an address of the dataset as a server does. Raises RuntimeError at a refusal."""
        path = f"/api/v1/office/datasets/{self.dataset.slug}/{what}"
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_X_API_KEY": self.key,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        told: list[str] = []
        answer = self.application(environ, lambda status, *_more: told.append(status))
        text = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        if not told[0].startswith("200"):
            raise RuntimeError(f"{told[0]}: {text[:300]!r}")

    def page(self) -> None:
        """Read a page of 100 rows."""
        self.call("GET", "records", query="limit=100")

    def claims(self, number: int) -> bytes:
        """Return the body of a call with claims that match, about subjects at random."""
        chosen = random.sample(range(1, stage.ROWS + 1), number)
        told = [
            {
                "id": one,
                "name": "Name " + hashlib.md5(b"%d" % one, usedforsecurity=False).hexdigest(),
                "district": f"District {one % 12}",
            }
            for one in chosen
        ]
        return json.dumps({"claims": told}).encode()

    def verify(self, body: bytes) -> None:
        """Verify the claims of a body."""
        self.call("POST", "verifications", body)


def measure(found: embedded.Services) -> list[Line]:
    """Measure calls a second, in turn.

    A round before them is not counted: its batches ask for rows and pages of the index that
    nobody read since the sync, which took them half as long again.
    """
    asker = Asker(the_city(found))
    _rate(_calls(asker, BATCHES, claims=CLAIMS))
    pages, single, many = [], [], []
    for _round in range(stage.ROUNDS):
        pages.append(_rate([asker.page] * CALLS))
        single.append(_rate(_calls(asker, CALLS, claims=1)))
        many.append(CLAIMS * _rate(_calls(asker, BATCHES, claims=CLAIMS)))
    print(f"a second: pages {pages}, single claims {single}, claims in batches {many}")
    one = stage.median(single)
    return [
        Line("one claim a call", one / stage.median(pages), "x rate", "a page of 100 rows", 0.7),
        Line("1,000 claims in one call", stage.median(many) / one, "x rate", "one a call", 100.0),
        Line("one claim a call", one, "calls/s", ""),
    ]


def _calls(asker: Asker, number: int, *, claims: int) -> list[Callable[[], None]]:
    """Return calls whose bodies are made: what it takes to make them is the caller's."""
    return [partial(asker.verify, asker.claims(claims)) for _call in range(number)]


def _rate(calls: list[Callable[[], None]]) -> float:
    """Return the calls a second; the first of them warm up what is kept."""
    warm = max(3, len(calls) // 20)
    for call in calls[:warm]:
        call()
    start = time.perf_counter()
    for call in calls[warm:]:
        call()
    return (len(calls) - warm) / (time.perf_counter() - start)
