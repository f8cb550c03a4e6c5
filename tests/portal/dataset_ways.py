"""What the tests of a dataset's pages stand on: a dataset of every treatment, and its pages."""

from django.http import HttpResponse
from django.test import Client

from catalog.models import Dataset
from exchange.sync import engine
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType
from tests.factories import exchange
from tests.factories.exchange import column

COLUMNS = (
    column("id", DataType.INTEGER, is_key=True),
    column("name", length=40),
    column("price", DataType.DECIMAL),
    column("phone", grade=Grade.L3, mask=Mask(MaskKind.KEEP_EDGES, keep_left=3)),
    column("extra", grade=Grade.L2, open_type=OpenType.CONDITIONAL),
    column("secret", grade=Grade.L4, open_type=OpenType.NOT_OPEN),
    column("ghost", grade=Grade.L4, open_type=OpenType.NOT_OPEN, concealed=True),
)
DATA = (
    "id,name,price,phone,extra,secret,ghost\n"
    "1,alpha,10.50,13800000001,x,s1,g\n"
    "2,beta,20,13800000002,y,s2,g\n"
    "3,<script>alert(1)</script>,,13800000003,z,s3,g\n"
)


def served(data: str = DATA, columns=COLUMNS, **metadata) -> Dataset:
    """Return a published dataset with rows."""
    where = exchange.house()
    resource = exchange.table(where, columns, **metadata)
    binding = exchange.csv_binding(where, data, columns, resource=resource)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


def get(path: str, language: str = "en", headers=None, **params) -> HttpResponse:
    """Return a page."""
    return Client(headers={"Accept-Language": language, **(headers or {})}).get(path, params)


def page(dataset: Dataset, part: str = "", language: str = "en", **params) -> HttpResponse:
    """Return the page of a dataset, or a part of it."""
    return get(f"/datasets/{dataset.slug}{part}", language, **params)


def text(answer: HttpResponse) -> str:
    """Return what a page says, as HTML."""
    return answer.content.decode()
