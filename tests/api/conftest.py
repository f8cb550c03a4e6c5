"""A published dataset with open, masked, withheld, conditional and concealed fields, and a key."""

import copy
from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.keys import IssuedKey
from catalog.models import Dataset
from exchange.models import Binding
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests.factories import accounts, exchange
from tests.factories.exchange import House, column

EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=2)
COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name"),
    column("price", DataType.DECIMAL),
    column("seen_on", DataType.DATE),
    column("phone", grade=Grade.L3, mask=EDGES),
    column("secret", grade=Grade.L4, open_type=OpenType.NOT_OPEN),
    column("extra", grade=Grade.L2, open_type=OpenType.CONDITIONAL),
    column("ghost", grade=Grade.L4, open_type=OpenType.NOT_OPEN, concealed=True),
)
ROWS = [
    (i, f"n{i:03d}", f"{i % 7}.50", f"2026-01-{i % 28 + 1:02d}", f"138{i:08d}", f"s{i}", "x", "g")
    for i in range(1, 251)
]
DATA = "\n".join(
    [",".join(one.name for one in COLUMNS), *(",".join(map(str, row)) for row in ROWS)]
)


@dataclass
class Way:
    """All that a test of the API needs at hand."""

    where: House
    binding: Binding
    dataset: Dataset
    key: IssuedKey
    client: Client

    def get(self, what: str = "records", *, key: str | None = None, **params):
        """Call the API with the key, in English."""
        headers = {"Accept-Language": "en", "X-API-Key": self.key.raw if key is None else key}
        if key == "":
            del headers["X-API-Key"]
        return self.client.get(
            f"/api/v1/datasets/{self.dataset.slug}/{what}", params, headers=headers
        )


@pytest.fixture(scope="module")
def _way(module_database) -> Way:
    with module_database.unblock():
        return built()


@pytest.fixture
def way(db, _way: Way) -> Way:
    """The dataset, built once for a module, with a client of the test's own."""
    return copy.deepcopy(_way, {id(_way.client): Client()})


def built() -> Way:
    """Build and publish the dataset in the database that is on."""
    where = exchange.house()
    binding = exchange.csv_binding(where, DATA, COLUMNS)
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    return Way(where, binding, dataset, accounts.api_key(at=exchange.now()), Client())
