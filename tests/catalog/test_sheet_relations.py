"""What an import makes of related codes, and of what a workbook calls not shared."""

import io

import pytest

from accounts.roles import Role
from catalog import relations
from catalog.models import Dataset, Field
from catalog.sheets import exporting, importing
from catalog.sheets.meanings import Meaning
from catalog.sheets.proposing import Fate
from catalog.terms import State
from tests.factories import accounts
from tests.factories.catalog import NOW, dataset, staff
from tests.factories.workbooks import xlsx

pytestmark = pytest.mark.django_db
HEAD = ["信息资源名称", "信息资源代码", "信息资源摘要", "信息项名称", "共享类型", "关联资源代码"]


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def row(title, code=None, related=None, *, item="名称", share="无条件共享"):
    return [title, code, "摘要", item, share, related]


def send(place, rows):
    return importing.send(
        "目录.xlsx",
        owner=place,
        stream=io.BytesIO(xlsx([HEAD, *rows])),
        by=staff(Role.PUBLISHER, place),
        at=NOW,
    )


def applied(sent):
    digest = importing.proposal_of(sent).digest
    return importing.apply(sent.pk, digest=digest, by=staff(Role.PUBLISHER, sent.owner), at=NOW)


def said(outcome, number) -> str:
    return " ".join(next(one for one in outcome.rows if one.number == number).sentences)


def related(title) -> set[str]:
    return {one.title_zh for one in Dataset.objects.get(title_zh=title).related.all()}


def test_related_codes_link_entries_of_the_catalogue_and_of_the_same_workbook():
    place, there = accounts.organization(), dataset(title_zh="已有目录")
    rows = [row("甲", "X/1", f"{there.code}、X/2"), row("乙", "X/2")]

    proposal = importing.proposal_of(send(place, rows))
    applied(send(place, rows))

    assert "Is related to: " in said(proposal, 2)
    assert "乙" in said(proposal, 2)
    assert related("甲") == {"已有目录", "乙"}
    assert related("乙") == {"甲"}


def test_a_code_that_names_nothing_is_told_of_kept_and_linked_by_the_next_import():
    place = accounts.organization()
    rows = [row("甲", "X/1", "X/9")]

    first = applied(send(place, rows))
    linked = related("甲")
    second = applied(send(place, [*rows, row("丙", "X/9")]))
    third = importing.proposal_of(send(place, [*rows, row("丙", "X/9")]))

    assert "No entry has the related code X/9" in said(first, 2)
    assert linked == set()
    assert Dataset.objects.get(title_zh="甲").extensions["关联资源代码"] == "X/9"
    assert second.rows[1].fate == Fate.CHANGED
    assert related("甲") == {"丙"}
    assert [one.fate for one in third.rows[1:]] == [Fate.SAME, Fate.SAME]


def test_a_draft_of_another_department_is_not_linked_and_not_told_apart():
    hidden = dataset(State.DRAFT, title_zh="别人的草稿", extensions={"信息资源代码": "Y/1"})

    outcome = applied(send(accounts.organization(), [row("甲", "X/1", "Y/1")]))

    assert "No entry has the related code Y/1" in said(outcome, 2)
    assert hidden.title_zh not in said(outcome, 2)
    assert related("甲") == set()


def test_a_code_of_a_row_that_is_kept_out_links_nothing_and_says_so():
    rows = [row("甲", "X/1", "X/2"), row("乙", "X/2", share="部分共享")]

    outcome = applied(send(accounts.organization(), rows))

    assert "No entry has the related code X/2" in said(outcome, 2)
    assert outcome.rows[2].fate == Fate.REFUSED
    assert related("甲") == set()


def test_what_is_related_goes_out_with_its_codes_and_back_in_without_a_change():
    place = accounts.organization()
    applied(send(place, [row("甲", "X/1", "X/2、X/9"), row("乙", "X/2")]))
    there = dataset(title_zh="已有目录")
    one = Dataset.objects.get(title_zh="甲")
    both = [*one.related.all(), there]
    relations.relate(one.pk, related=both, by=staff(Role.PUBLISHER, place), at=NOW)

    told = list(exporting.rows_of(Dataset.objects.filter(owner=place)))
    book = io.BytesIO(exporting.as_xlsx(told))
    by = staff(Role.PUBLISHER, place)
    sent = importing.send("x.xlsx", owner=place, stream=book, by=by, at=NOW)

    proposal = importing.proposal_of(sent)
    assert not any(entry.does_something for entry in proposal.entries)
    assert f"X/2、X/9、{there.code}" in [row[Meaning.RELATED] for row in told]


@pytest.mark.parametrize("item", ["名称", None])
def test_what_is_called_not_shared_is_told_of_and_kept_for_who_proposes_the_line(item):
    sent = send(accounts.organization(), [row("甲", "X/1", item=item, share="不予共享")])

    outcome = applied(sent)

    sent.refresh_from_db()
    made = Dataset.objects.get()
    assert "Once the workbook is applied, propose one from this page" in said(outcome, 2)
    assert sent.outcome["not_shared"] == [
        {"dataset": made.pk, "fields": list(Field.objects.values_list("pk", flat=True))}
    ]
    assert Field.objects.count() == (1 if item else 0)
