"""What a page weighs on the wire, before a chart or a map is asked for (issue: speed)."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.models import Dataset, Subject
from config import wire
from exchange.sync import engine
from policy.terms import DataType
from portal.about import pages
from tests.factories import catalog, community, exchange
from tests.factories.bulk import copies
from tests.factories.exchange import column

pytestmark = pytest.mark.django_db
MOST_HTML, MOST_SCRIPTS = 30_000, 40_000
ABSTRACT = "本数据集记录每一条线路的站点、方向、首末班时间以及途经道路，由运营单位每日报送。" * 12
PLAIN = (
    *("/", "/datasets", "/datasets?q=线路", "/departments", "/figures", "/site-map"),
    *("/negative-list", "/duty-list", "/demand-list", "/apps", "/wishes", "/contests", "/nowhere"),
)
OF_A_DATASET = ("", "/why", "/history", "/talk", "/map", "/chart", "?id.gt=3&sort=-id")


def packed(path: str) -> tuple[int, str]:
    """Return how many bytes a page has on the wire, and its HTML."""
    plain = Client().get(path)
    answer = Client().get(path, headers={"Accept-Encoding": "gzip"})
    packed_or_small = "Content-Encoding" in answer.headers or len(plain.content) < wire.SMALLEST
    assert packed_or_small, path
    return len(answer.content), plain.content.decode()


def scripts(html: str) -> int:
    """Return how many bytes the scripts have that a page refers to."""
    found = re.findall(
        r'<(?:script[^>]* src|link[^>]*rel="modulepreload"[^>]* href)="([^"]+)"', html
    )
    total = 0
    for address in found:
        answer = Client().get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        total += len(b"".join(answer.streaming_content))
    return total


@pytest.fixture
def full():
    """Return a wide dataset with a full page of rows, in a city with many others like it."""
    where = exchange.house()
    names = [f"field_{number}" for number in range(20)]
    columns = (
        column("id", DataType.INTEGER, is_key=True),
        column("lon", DataType.DOUBLE, coordinate="wgs84.x"),
        column("lat", DataType.DOUBLE, coordinate="wgs84.y"),
        *(column(name) for name in names),
    )
    lines = [
        ",".join(
            [str(row), f"{114 + row / 500}", f"{22 + row / 500}"]
            + [f"第{row}行第{place}列的内容" for place in range(20)]
        )
        for row in range(1, 201)
    ]
    data = "\n".join([",".join(["id", "lon", "lat", *names]), *lines])
    binding = exchange.csv_binding(where, data, columns)
    engine.sync(binding.pk)
    made = exchange.publish(where, binding.resource)
    subject = Subject.objects.create(code="101", name_zh="交通运输", name_en="Transport")
    Dataset.objects.filter(pk=made.pk).update(abstract_zh=ABSTRACT, subject=subject)
    model = catalog.dataset(abstract_zh=ABSTRACT, subject=subject, keywords_zh=["线路", "站点"])
    copies(model, 60, slug="'like-' || i", code="'like/' || i")
    call_command("reindex_catalogue", stdout=StringIO())
    for number in range(6):
        community.showcase(made, title_zh=f"应用{number}", text=ABSTRACT, shown=True)
        wish = community.wish(title=f"{number}{ABSTRACT[:90]}", text=ABSTRACT, shown=True)
        if number % 2:
            community.planned(wish)
        community.contest(at=exchange.now(), text_zh=ABSTRACT)
    return made


def test_pages_of_the_menus_are_light(full):
    heavy = {}
    for path in (*PLAIN, *(one.address for one in pages.PAGES.values())):
        html, page = packed(path)
        code = scripts(page)
        if html > MOST_HTML or code > MOST_SCRIPTS:
            heavy[path] = (html, code)

    assert heavy == {}


def test_pages_of_a_dataset_are_light(full):
    heavy = {}
    for part in OF_A_DATASET:
        path = f"/datasets/{full.slug}{part}"
        html, page = packed(path)
        asked_for = part in ("/map", "/chart")  # what they draw was asked for
        code = 0 if asked_for else scripts(page)
        if html > MOST_HTML or code > MOST_SCRIPTS:
            heavy[path] = (html, code)

    assert heavy == {}


def test_the_one_stylesheet_is_light():
    answer = Client().get("/static/portal/city.css", headers={"Accept-Encoding": "gzip"})

    assert len(b"".join(answer.streaming_content)) < 16_000
