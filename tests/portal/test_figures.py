"""The pages of figures and of departments, and the script that recomputes what they show."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exchange.models import RecordTable
from exchange.sync import engine
from oversight import standings
from oversight.models import Daily, Door
from tests.databases import as_open_door
from tests.factories import accounts, catalog, exchange

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("/figures", "/departments", "/departments/{}")


@pytest.fixture
def served(db):
    """Return a late dataset with rows, with use of several days, standings computed."""
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,1\n2,b,2\n")
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    RecordTable.objects.update(refreshed_at=timezone.now() - timedelta(days=9))
    today = timezone.localdate()
    for back in range(3):
        day = today - timedelta(days=back)
        Daily.objects.create(day=day, dataset=dataset, door=Door.PORTAL, views=1000 + back)
        Daily.objects.create(
            day=day, dataset=dataset, door=Door.OPEN, calls=7, downloads=2, rows=700, apps=2
        )
    catalog.dataset()
    standings.compute(at=timezone.now())
    return dataset


def page(path, language="en"):
    return Client(headers={"Accept-Language": language}).get(path)


def test_each_figure_is_shown_with_numerator_denominator_and_definition(served):
    text = page("/figures").content.decode()

    assert "Open share" in text
    assert "1 ÷ 2" in text
    assert re.search(r"50\.0%", text)
    assert "Published datasets with rows that everybody may have" in text
    assert 'aria-label="Open share"' in text
    assert "3,003" in text


def test_capacity_is_shown_as_one_number_with_its_definition(served):
    for path in ("/figures", f"/departments/{served.owner.slug}"):
        text = page(path).content.decode()
        assert "Data capacity (rows × columns)" in text
        assert re.search(r'id="capacity".*<b class="number">6</b>', text)
        assert "open by counts alone is left out" in text

    told = page("/figures.json").json()["capacity"]
    assert (told["city"], told["departments"][served.owner.slug]) == (6, 6)
    assert told["zh"]["title"] == "数据容量（行×列）"


def test_departments_are_listed_with_their_figures_and_lead_to_their_pages(served):
    text = page("/departments").content.decode()

    assert f'href="/departments/{served.owner.slug}"' in text
    assert served.owner.name_en in text
    assert "Refreshed in time" in text


def test_a_department_names_what_is_late_and_what_is_asked_for(served):
    text = page(f"/departments/{served.owner.slug}").content.decode()

    assert "late since" in text
    assert served.title_en in text
    assert f'href="/datasets?owner={served.owner.slug}"' in text


def test_who_publishes_nothing_has_no_page(served):
    idle = accounts.organization()

    assert page(f"/departments/{idle.slug}").status_code == 404
    assert page("/departments/nobody").status_code == 404


def test_before_the_first_computation_the_pages_say_so(db):
    for path in PAGES[:2]:
        assert "have not been computed yet" in page(path).content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_speak_chinese(served, path):
    text = page(path.format(served.owner.slug), "zh-CN").content.decode()

    assert '<html lang="zh-Hans">' in text
    assert "部门" in text


@pytest.mark.parametrize("path", [*PAGES, "/figures.json", "/figures/daily.csv"])
def test_the_pages_work_as_the_open_doors_role(served, path):
    with as_open_door():
        answer = page(path.format(served.owner.slug))
        told = answer.getvalue()

    assert answer.status_code == 200
    assert told


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_ask_a_constant_number_of_queries(served, path):
    where = path.format(served.owner.slug)
    page(where)
    with CaptureQueriesContext(connection) as one:
        page(where)
    for _more in range(3):
        catalog.dataset()
    standings.compute(at=timezone.now())
    with CaptureQueriesContext(connection) as many:
        page(where)

    assert len(many) == len(one) <= 12


def test_the_raw_counts_reach_back_as_far_as_is_asked(served):
    Daily.objects.create(
        day=timezone.localdate() - timedelta(days=60), dataset=served, door=Door.OPEN, calls=1
    )

    default = page("/figures/daily.csv").getvalue().decode().splitlines()
    more = page("/figures/daily.csv?days=90").getvalue().decode().splitlines()

    assert default[0] == "day,dataset,department,door,views,downloads,calls,rows,apps"
    assert (len(default), len(more)) == (7, 8)
    assert page("/figures/other.csv").status_code == 404


def test_the_script_of_the_docs_recomputes_each_published_figure(served, tmp_path):
    script = tmp_path / "recompute.py"
    text = (ROOT / "docs" / "figures.md").read_text()
    script.write_text(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1])
    (tmp_path / "figures").mkdir()
    for path in ("figures.json", "figures/daily.csv", "figures/standings.csv"):
        (tmp_path / path).write_bytes(page(f"/{path}").getvalue())

    assert run(script, tmp_path) == (0, "all figures agree")

    told = json.loads((tmp_path / "figures.json").read_text())
    told["city"]["open-share"]["value"] = 0.75
    (tmp_path / "figures.json").write_text(json.dumps(told))
    assert run(script, tmp_path)[0] == 1

    told = page("/figures.json").json()
    told["capacity"]["city"] += 1
    (tmp_path / "figures.json").write_text(json.dumps(told))
    assert run(script, tmp_path)[0] == 1


def run(script: Path, folder: Path) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, str(script), folder.as_uri()], capture_output=True, text=True, check=False
    )
    assert not ended.stderr
    return ended.returncode, ended.stdout.splitlines()[-1]


def test_the_definitions_of_the_docs_are_those_of_the_figures(served):
    told = json.loads(page("/figures.json").content)
    text = (ROOT / "docs" / "figures.md").read_text()

    for one in told["definitions"]:
        line = re.search(rf"^\| `{one['name']}` \| `(\w+)`.*\| `(\w+)`", text, re.MULTILINE)
        assert (line[1], line[2]) == (one["numerator"], one["denominator"])
        assert one["zh"]["means"] != one["en"]["means"]
