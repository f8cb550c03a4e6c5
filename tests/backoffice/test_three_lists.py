"""The three lists at the back office: departments raise and read demands; files of all."""

import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.roles import Role
from catalog import demands
from catalog.models import Demand
from catalog.terms import DemandState
from tests.factories import accounts, catalog
from tests.factories.catalog import NOW

pytestmark = pytest.mark.django_db
TOLD = {
    "title_zh": "=电梯检验结果",
    "description": "结论和日期",
    "scene": "安全检查",
    "legal_basis": "《特种设备安全法》第五十七条",
}


@pytest.fixture
def asker():
    return accounts.organization()


@pytest.fixture
def clerk(asker):
    return accounts.user(Role.PUBLISHER, asker)


@pytest.fixture
def demand(asker, clerk):
    return demands.raise_demand(organization=asker, by=clerk, at=NOW, **TOLD)


def steps(answer):
    return set(re.findall(r"/do/([a-z-]+)/", answer.content.decode()))


def got(person, name, *args, language="en"):
    client = Client(headers={"Accept-Language": language})
    client.force_login(person)
    return client.get(reverse(f"admin:{name}", args=args))


def test_a_demand_goes_its_way_by_buttons(at_desk, asker, clerk, said):
    entry = catalog.dataset()
    at_desk(clerk).press_above(Demand, "raise", organization=asker.pk, **TOLD)
    demand = Demand.objects.get()
    operator = at_desk(accounts.user(Role.OPERATOR))

    operator.press(demand, "accept", provider=entry.owner.pk)
    provider = at_desk(accounts.user(Role.PUBLISHER, entry.owner))
    answered = provider.press(demand, "catalogue", dataset=entry.pk, note="")
    at_desk(clerk).press(demand, "satisfy")

    assert "can ask for the dataset" in said(answered)
    demand.refresh_from_db()
    assert (demand.state, demand.dataset) == (DemandState.SATISFIED, entry)


def test_each_sees_the_buttons_of_its_own_steps(at_desk, demand, clerk):
    stranger = accounts.user(Role.PUBLISHER, accounts.organization())
    operator = accounts.user(Role.OPERATOR)
    entry = catalog.dataset()

    assert "/do/accept/" in at_desk(operator).page(demand).content.decode()
    assert steps(at_desk(clerk).page(demand)) == {"keep-back"}
    demands.catalogue(demand.pk, dataset=entry, by=operator, at=NOW)
    assert "/do/satisfy/" in at_desk(clerk).page(demand).content.decode()
    shown = at_desk(stranger).page(demand).content.decode()
    assert "电梯检验结果" in shown
    assert "/do/" not in shown


def test_a_demand_is_public_unless_its_form_says_why_not(at_desk, asker, clerk):
    at_desk(clerk).press_above(Demand, "raise", organization=asker.pk, **TOLD)
    at_desk(clerk).press_above(
        Demand, "raise", organization=asker.pk, kept_back_because="侦查工作", **TOLD
    )

    assert [one.told_to_all for one in Demand.objects.order_by("pk")] == [True, False]
    assert "侦查工作" in got(clerk, "list_file", "demand", "csv").content.decode("utf-8-sig")


def test_both_sides_keep_a_demand_back_and_only_its_department_shows_it(at_desk, demand, clerk):
    operator = at_desk(accounts.user(Role.OPERATOR))
    stranger = at_desk(accounts.user(Role.PUBLISHER, accounts.organization()))

    assert "/do/keep-back/" in at_desk(clerk).page(demand).content.decode()
    assert "/do/keep-back/" not in stranger.page(demand).content.decode()
    operator.press(demand, "keep-back", reason="点名了个人")
    seen = [one.page(demand).content.decode() for one in (operator, stranger)]
    at_desk(clerk).press(demand, "show")

    assert all("点名了个人" in page and "/do/show/" not in page for page in seen)
    demand.refresh_from_db()
    assert demand.told_to_all


def test_what_may_answer_is_shown_while_the_duty_is_named(at_desk, asker, clerk):
    entry = catalog.dataset(title_zh="电梯检验结果", title_en="Lift inspections")
    demand = demands.raise_demand(
        organization=asker, by=clerk, at=NOW, **TOLD | {"title_zh": "电梯检验"}
    )

    text = at_desk(accounts.user(Role.OPERATOR)).ask(demand, "accept").content.decode()

    assert "The catalogue may have it already" in text
    assert entry.title_en in text


def test_the_page_of_three_counts_each(demand, clerk):
    text = got(clerk, "lists").content.decode()

    assert "waiting: 1" in text
    assert "in all: 0" in text
    assert "需求清单" in got(clerk, "lists", language="zh-CN").content.decode()


@pytest.mark.parametrize("name", ["demand", "duty", "negative"])
def test_each_list_comes_as_both_kinds_of_file(name, demand, clerk):
    catalog.negative_line()

    as_csv = got(clerk, "list_file", name, "csv")
    as_xlsx = got(clerk, "list_file", name, "xlsx")

    assert as_csv["Content-Disposition"] == f'attachment; filename="{name}-list.csv"'
    rows = list(load_workbook(io.BytesIO(as_xlsx.content)).active.values)
    assert len(rows) == len(as_csv.content.decode("utf-8-sig").strip().splitlines())


def test_no_cell_of_a_file_is_a_formula(demand, clerk):
    text = got(clerk, "list_file", "demand", "csv").content.decode("utf-8-sig")

    assert "'=电梯检验结果" in text


def test_another_list_or_kind_is_not_there_and_administrators_see_none(clerk):
    assert got(clerk, "list_file", "other", "csv").status_code == 404
    assert got(clerk, "list_file", "duty", "pdf").status_code == 404
    assert got(accounts.user(Role.AUDIT_ADMIN), "lists").status_code == 403
