"""Three weeks of page views, each counted by the verb that counts a real one, on its own day.

The visitors are invented, as the demo says where it ends; the calls that are counted beside them
are those that it makes.
"""

from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from catalog.models import Dataset
from oversight import looks
from oversight.models import Daily

DAYS = 21
BROWSER = {"User-Agent": "Mozilla/5.0 (invented visitor of the demo city)"}
MOST = 14
"""Views of one dataset on one day."""
LEAST_LIKED = 0.2
"""Of MOST: so much is looked at on an average day what is liked least."""


def were_made() -> bool:
    """Whether views were counted in this city before."""
    return Daily.objects.exclude(views=0).exists()


def make(*, at: datetime) -> int:
    """Look at what was published on each of the last DAYS days; returns how many views."""
    chance = Random("visits")  # noqa: S311 - invented visits
    published = list(Dataset.objects.published().order_by("slug"))
    liked = {one.pk: max(chance.random() ** 2, LEAST_LIKED) for one in published}
    made = 0
    for back in range(DAYS, -1, -1):
        then = at - timedelta(days=back)
        share = 0.6 if timezone.localtime(then).weekday() > 4 else 1.0
        for one in published:
            if one.published_at is None or one.published_at > then:
                continue
            times = round(chance.uniform(0.4, 1.6) * liked[one.pk] * share * MOST)
            for _ in range(times):
                looks.seen(one.pk, BROWSER, at=then)
            made += times
        looks.drain(at=then)
    return made
