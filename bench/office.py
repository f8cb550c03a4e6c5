"""The department API: pages under a grant, against open pages of the same rows."""

import random
from datetime import timedelta

from django.utils import timezone

from accounts import keys
from accounts.models import App, Membership, Organization, User
from accounts.roles import OrganizationKind, Role
from audit import draining
from bench import pages, stage
from bench.city import NOW
from bench.stage import Line
from config import embedded
from exchange.models import Purpose
from exchange.records import cursors, store
from exchange.records.cursors import Position
from exchange.records.query import RecordQuery
from exchange.sharing import asking
from exchange.sharing.contents import Terms
from policy.terms import Grade, Mode

PORT = 18433
KEYS = 50
ROUNDS = 5


class Asker:
    """Another department with a grant on the measured dataset, for all fields and rows."""

    def __init__(self, here: pages.Open) -> None:
        """Ask through the verbs; what is unconditional is granted with the head's signature."""
        self.here = here
        self.where = Organization.objects.create(
            kind=OrganizationKind.DEPARTMENT,
            slug="bench-asker",
            name_zh="测试申请部门",
            uscc="114403000075421015",
            created_at=NOW,
        )
        clerk, head, developer = (
            self._person(role) for role in (Role.PUBLISHER, Role.HEAD, Role.DEVELOPER)
        )
        today = timezone.localdate()
        terms = Terms(
            purpose_class=Purpose.BASIS,
            purpose="测量",
            scene="测量",
            system="测量",
            mode=Mode.QUERY,
            fields=tuple(here.fields),
            wanted_from=today,
            wanted_until=today + timedelta(days=7),
            basis_text="测量用",
            clear_up_to=Grade.L2,
            calls_average=1,
            calls_peak=1_000_000_000,
        )
        request = asking.draft(
            here.dataset.pk, terms, organization=self.where, by=clerk, at=timezone.now()
        )
        asking.submit(request.pk, by=clerk, at=timezone.now())
        asking.sign(request.pk, vouched=True, by=head, at=timezone.now())
        self.keys = self._keys(developer)

    def _person(self, role: Role) -> User:
        person = User(username=f"bench-asker-{role}", name=str(role), created_at=NOW)
        person.set_unusable_password()
        person.save()
        Membership.objects.create(user=person, organization=self.where, role=role)
        return person

    def _keys(self, developer: User) -> list[str]:
        app = App.objects.create(
            organization=self.where, name="bench", created_by=developer, created_at=NOW
        )
        ends = NOW + timedelta(days=1)
        issued = [keys.issue(app, by=developer, at=NOW, expires_at=ends) for _one in range(KEYS)]
        for one in issued:
            one.key.rate_per_minute = one.key.daily_quota = 1_000_000_000
            one.key.save()
        return [one.raw for one in issued]

    def at(self, row: int) -> str:
        """Return the address of the page after a row, with its sealed cursor."""
        dataset = self.here.dataset
        table = store.live(dataset.resources.get().pk, "shared")
        bound = f"{dataset.pk}:{RecordQuery().digest()}"
        token = cursors.sealed(Position((row,), table.seq), bound_to=bound)
        return f"/api/v1/office/datasets/{dataset.slug}/records?cursor={token}"


def measure(found: embedded.Services) -> list[Line]:
    """Measure pages a second under a grant at random places, in turn with open pages."""
    here = pages.open_stage(found)
    asker = Asker(here)
    places = [random.randrange(stage.ROWS - 200) for _place in range(pages.PLACES)]
    own, opened = [asker.at(place) for place in places], [here.at(place) for place in places]
    settings = {
        "DATABASE_POOL": "0",
        "DATABASE_URL": found.database_url("city_office", stage.CITY),
        "DOORS": "office",
    }
    # a key's first call of the day counts what was noted of it: the worker would have moved the
    # notes of the cases before into the table long ago
    draining.drain()
    ours, peers = [], []
    with here.served(), pages.granian("config.wsgi:application", PORT, settings):
        pages.wait(PORT, "/healthz")
        for _round in range(ROUNDS):
            ours.append(pages.rate(PORT, own, asker.keys))
            peers.append(pages.rate(pages.PORT, opened, here.keys))
    print(f"pages a second: under a grant {ours}, open {peers}")
    # of each round, then the median: what slows the machine for a while slows both of a round
    ratio = stage.median([own / other for own, other in zip(ours, peers, strict=True)])
    return [
        Line("page under a grant", ratio, "x rate", "the open page of the same rows", 0.8),
        Line("page under a grant", stage.median(ours), "pages/s", ""),
    ]
