"""The law: how long a decision on fifty fields takes, kept and made anew."""

import time
from datetime import date

from bench import stage
from bench.stage import Line
from config import embedded
from policy.decision import decide
from policy.facts import ANYBODY, Case, FieldFacts, Prohibition
from policy.terms import BasisTier, Certainty, Channel, Grade, Mode

TODAY = date(2026, 3, 2)
FIELDS = tuple(FieldFacts(f"field_{n}", grade=Grade(n % 4 + 1)) for n in range(50))
LINES = tuple(
    Prohibition(
        number=n,
        fields=frozenset({f"field_{n}"}),
        channels=frozenset(Channel),
        basis="《某法》第一条",
        tier=BasisTier.LAW,
        certainty=Certainty.VERIFIED,
        in_force_from=date(2020, 1, 1),
        published=True,
    )
    for n in range(500)
)


def measure(_found: embedded.Services) -> list[Line]:
    """Measure an uncached decision; the kept one is measured where pages are."""
    times = []
    for _round in range(200):
        start = time.perf_counter()
        decide(Case(Channel.OPEN, Mode.QUERY, ANYBODY, TODAY, LINES), FIELDS)
        times.append((time.perf_counter() - start) * 1000)
    return [
        Line(
            "decision, 50 fields, 500 lines, uncached",
            stage.median(times),
            "ms",
            "",
            2.0,
            None,
            lower_is_better=True,
        )
    ]
