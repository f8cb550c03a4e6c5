"""docs/portal.md: each page that it names beside an item of 中国开放数林's list is there."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings as configured

from catalog import resources
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import community, exchange
from tests.factories.exchange import column
from tests.portal.members import people

TEXT = (Path(configured.BASE_DIR) / "docs" / "portal.md").read_text(encoding="utf-8")
LAYERS = ("准备度", "平台层", "数据层", "利用层")
ITEMS = (
    *("法规政策效力与内容", "组织与实施", "标准规范制定"),
    *("数据发现", "数据获取", "成果提交展示", "互动反馈", "用户体验"),
    *("数据数量", "数据质量", "数据规范", "开放范围"),
    *("利用促进", "有效成果数量", "成果质量", "利用多样性"),
)


def rows() -> list[list[str]]:
    """Return the lines of the document's tables: item, pages, what is there."""
    lines = [line for line in TEXT.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "item"]


def named(row: list[str]) -> list[str]:
    return re.findall(r"`(/[^`]*)`", row[1])


@pytest.fixture
def where(live_database, settings, tmp_path):
    """Return what stands for the places in an address, in a city with one of each."""
    settings.FILE_STORE = str(tmp_path)
    house = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
    binding = exchange.csv_binding(house, "id,name\n1,a\n2,b\n", columns)
    engine.sync(binding.pk)
    file = resources.add_file(
        binding.resource.dataset_id,
        title_zh="摘要",
        name="a.csv",
        stream=BytesIO(b"a,b\n1,2\n"),
        is_public=True,
        by=house.publisher,
        at=exchange.NOW,
    )
    dataset = exchange.publish(house, binding.resource)
    return {
        "/datasets/<slug>": f"/datasets/{dataset.slug}",
        "/files/<name>": f"/files/{file.name}",
        "/departments/<slug>": f"/departments/{dataset.owner.slug}",
        "/contests/<slug>": f"/contests/{community.contest(at=exchange.now()).slug}",
        "/apps/<n>": f"/apps/{community.showcase(shown=True).pk}",
        "/wishes/<n>": f"/wishes/{community.wish(shown=True).pk}",
    }


def test_every_item_of_the_list_has_a_line_in_its_layer():
    headings = re.findall(r"^## (\S+)", TEXT, re.MULTILINE)
    items = " ".join(row[0] for row in rows())

    assert [one for one in headings if one in LAYERS] == list(LAYERS)
    assert [item for item in ITEMS if item not in items] == []


def test_every_page_that_is_named_opens(where):
    member = people.member_client("lan@example.org")
    answers = {}
    for path in {path for row in rows() for path in named(row)}:
        address = path
        for form, real in where.items():
            address = address.replace(form, real)
        assert "<" not in address, path
        answer = member.get(address)
        answers[path] = answer.status_code
        assert answer.getvalue(), path

    assert len(answers) > 30
    assert answers == dict.fromkeys(answers, 200)


def test_where_nothing_answers_an_item_the_table_says_that_it_is_missing():
    for row in rows():
        assert len(row) == 3
        assert named(row) or row[2].startswith("missing"), row[0]
