"""Files, interfaces, links, duties and code lists by buttons and pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Region
from accounts.roles import Role
from catalog.models import CodeList, Dataset, Duty, FileVersion, Resource, Revision, Subject
from catalog.terms import ResourceKind, State
from tests.factories import accounts, catalog, exchange


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.FILE_STORE = str(tmp_path / "files")


def upload(text="a,b\n1,2\n", name="数据.csv"):
    return SimpleUploadedFile(name, text.encode())


def test_a_publisher_offers_a_file_a_version_an_interface_and_a_link(at_desk):
    draft = catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))

    desk.press(draft, "file", title_zh="文件", file=upload(), note="一")
    file = draft.resources.get(kind=ResourceKind.FILE)
    desk.press(file, "version", file=upload("a,b\n3,4\n"), note="二")
    desk.press(draft, "api", title_zh="接口", url="https://a.example/", method="GET", auth="key")
    desk.press(draft, "link", title_zh="链接", url="https://a.example/")

    kinds = sorted(one.kind for one in draft.resources.live())
    assert kinds == ["api", "file", "link", "table"]
    assert [one.number for one in file.versions.order_by("number")] == [1, 2]
    page = desk.page(file).content.decode()
    assert "数据.csv" in page
    assert reverse("admin:catalogue_file", args=[file.versions.first().pk]) in page


def test_a_head_looks_at_a_newer_version_and_releases_it(at_desk, said):
    where = exchange.house()
    file = exchange.with_file(where).resources.get()
    publisher, head = at_desk(where.publisher), at_desk(where.head)

    kept = said(publisher.press(file, "version", file=upload("a,b\n3,4\n"), note="二"))
    newer = file.versions.get(number=2)
    page = head.page(newer).content.decode()
    head.press(newer, "release")

    assert "until the head has released this one" in kept
    assert newer.sha256 in page
    assert reverse("admin:catalogue_file", args=[newer.pk]) in page
    assert "released to everyone" in publisher.page(file).content.decode()
    newer.refresh_from_db()
    assert newer.released_by == where.head


def test_a_closed_file_is_opened_by_publisher_and_head_and_closed_by_one(at_desk, said):
    where = exchange.house()
    file = exchange.with_file(where, is_public=False).resources.get()
    publisher, head = at_desk(where.publisher), at_desk(where.head)
    version = file.versions.get()

    asked = publisher.ask(file, "open").content.decode()
    proposed = said(publisher.press(file, "open", reason="市民常来索取"))
    entry = publisher.page(file.dataset).content.decode()
    again = publisher.press(file, "open", reason="x")
    head.press(version, "release")
    released = publisher.page(file.dataset).content.decode()
    closed = said(head.press(file, "close", reason="有误"))

    assert version.sha256 in asked
    assert "once the head has released it" in proposed
    assert "waits for the head to release it" in entry
    assert "Open to everyone" not in entry
    assert again.status_code == 409
    assert "Open to everyone" in released
    assert "stays with the entry, closed" in closed
    file.refresh_from_db()
    assert not file.is_public


def test_head_and_reviewer_see_name_size_and_digest_of_each_file_and_can_have_it(at_desk):
    draft = catalog.offers(accounts.organization())
    Resource.objects.filter(dataset=draft, kind=ResourceKind.FILE).update(is_public=True)
    version = FileVersion.objects.get()
    head, operator = (
        at_desk(catalog.staff(Role.HEAD, draft.owner)),
        at_desk(accounts.user(Role.OPERATOR)),
    )

    pages = [
        head.ask(draft, "sign"),
        operator.client.get(reverse("admin:review", args=[draft.pk])),
    ]

    for page in (one.content.decode() for one in pages):
        for told in ("a.csv", "8\xa0bytes", version.sha256, "Open to everyone"):
            assert told in page, told
        assert reverse("admin:catalogue_file", args=[version.pk]) in page
    place = reverse("admin:catalogue_file", args=[version.pk])
    assert {desk.client.get(place).status_code for desk in (head, operator)} == {200}


def test_a_refused_file_is_told_of_in_the_form(at_desk, said):
    draft = catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))

    answer = desk.press(draft, "file", title_zh="文件", file=upload("<html>", "a.pdf"))

    assert "not what its name says" in said(answer)
    assert not FileVersion.objects.exists()


def test_a_file_is_downloaded_by_the_providers_people_only(at_desk):
    draft = catalog.dataset(State.DRAFT)
    mine = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))
    mine.press(draft, "file", title_zh="文件", file=upload())
    place = reverse("admin:catalogue_file", args=[FileVersion.objects.get().pk])

    answer = mine.client.get(place)

    assert answer.content == b"a,b\n1,2\n"
    assert answer["Content-Disposition"].startswith("attachment")
    assert at_desk(accounts.user(Role.PUBLISHER)).client.get(place).status_code == 403
    assert at_desk(accounts.user(Role.AUDIT_ADMIN)).client.get(place).status_code == 403
    assert mine.client.get(reverse("admin:catalogue_file", args=[0])).status_code == 404


@pytest.mark.parametrize("button", ["file", "api", "link"])
def test_an_entry_in_review_takes_nothing_new(button, at_desk, said):
    dataset = catalog.dataset(State.IN_REVIEW)
    desk = at_desk(catalog.staff(Role.PUBLISHER, dataset.owner))
    told = {"title_zh": "x", "url": "https://a.example/", "method": "GET", "auth": "key"}
    told |= {"file": upload()} if button == "file" else {}

    answer = desk.press(dataset, button, **told)

    assert "only when" in said(answer)
    assert dataset.resources.count() == 1


def test_the_chain_from_duty_to_table_is_shown(at_desk):
    dataset = catalog.dataset(State.DRAFT, title_en="Car parks")
    other = catalog.dataset(State.DRAFT, owner=dataset.owner, title_en="Trees")
    foreign = catalog.dataset(State.DRAFT, title_en="Foreign")
    head = at_desk(catalog.staff(Role.HEAD, dataset.owner))

    head.press_above(
        Duty,
        "create",
        organization=dataset.owner.pk,
        code="D1",
        title_zh="停车管理",
        title_en="Parking",
        legal_basis="测试法第一条",
    )
    duty = Duty.objects.get()
    head.press(duty, "link", datasets=[dataset.pk])
    page = head.client.get(reverse("admin:catalogue_duties")).content.decode()

    assert page.index("Parking") < page.index("Car parks") < page.index("serve no duty yet")
    assert page.index("serve no duty yet") < page.index(str(other.title_en))
    assert foreign.title_en not in page
    asked = {"of": foreign.owner.pk}
    assert (
        foreign.title_en
        not in head.client.get(reverse("admin:catalogue_duties"), asked).content.decode()
    )


def test_a_duty_that_ended_refuses_its_buttons(at_desk, said):
    dataset = catalog.dataset(State.DRAFT)
    head = at_desk(catalog.staff(Role.HEAD, dataset.owner))
    told = {"code": "D1", "title_zh": "x", "legal_basis": "y"}
    head.press_above(Duty, "create", organization=dataset.owner.pk, **told)
    duty = Duty.objects.get()
    head.press(duty, "retire")

    assert "has ended" in said(head.press(duty, "retire"))
    assert "has ended" in said(head.press(duty, "link", datasets=[dataset.pk]))


def test_related_datasets_are_chosen(at_desk):
    one, two = catalog.dataset(State.DRAFT), catalog.dataset()
    hidden = catalog.dataset(State.DRAFT)
    desk = at_desk(catalog.staff(Role.PUBLISHER, one.owner))

    desk.press(one, "relate", related=[two.pk])
    refused = desk.press(one, "relate", related=[hidden.pk])

    assert list(one.related.all()) == [two]
    assert refused.status_code == 400  # another department's draft is no choice


def test_codes_subjects_and_regions_come_by_the_file(at_desk, said):
    operator = at_desk(accounts.user(Role.OPERATOR))
    security = at_desk(accounts.user(Role.SECURITY_ADMIN))
    codes = "code,name,parent\nA,红,\nB,绿,A\n"

    told = operator.press_above(
        CodeList, "import", name="色", version="1", file=upload(codes, "a.csv")
    )
    operator.press_above(Subject, "import", file=upload("code,name\n001,交通\n", "a.csv"))
    security.press_above(
        Region,
        "import",
        code_system="GBT2260",
        file=upload("code,name\n99,某省\n9901,某市\n", "a.csv"),
    )

    assert "2 added" in said(told)
    assert Subject.objects.get().code == "001"
    assert Region.objects.get(code="990100").parent.code == "990000"


def test_a_publisher_imports_no_codes(at_desk):
    desk = at_desk(accounts.user(Role.PUBLISHER))

    answer = desk.press_above(
        CodeList, "import", name="色", version="1", file=upload("code,name\nA,红\n", "a.csv")
    )

    assert answer.status_code == 403


def test_region_covered_other_name_and_further_elements_are_metadata(at_desk):
    draft = catalog.dataset(State.DRAFT)
    region = accounts.region()
    desk = at_desk(catalog.staff(Role.PUBLISHER, draft.owner))

    desk.press(
        draft,
        "update",
        title_zh="停车场",
        detail="0",
        alias="泊位",
        region=region.pk,
        source_authority=draft.owner.pk,
        extensions="来源系统：停车系统",
    )

    found = Dataset.objects.get(pk=draft.pk)
    assert (found.alias, found.region, found.source_authority) == ("泊位", region, draft.owner)
    assert found.extensions == {"来源系统": "停车系统"}


def test_what_a_published_entry_offers_is_amended_by_buttons_and_ends_at_once(at_desk, said):
    dataset = catalog.dataset()
    publisher, head, operator = (
        at_desk(catalog.staff(role, dataset.owner))
        for role in (Role.PUBLISHER, Role.HEAD, Role.OPERATOR)
    )
    publisher.press(dataset, "offer-file", title_zh="年报", file=upload(), reason="每年一份")
    [revision] = Revision.objects.all()
    place = reverse("admin:proposed_file", args=[revision.pk, 0])

    assert place in operator.page(revision).content.decode()
    assert operator.client.get(place).content == b"a,b\n1,2\n"
    assert at_desk(accounts.user(Role.HEAD)).client.get(place).status_code == 403
    assert (
        operator.client.get(reverse("admin:proposed_file", args=[revision.pk, 1])).status_code
        == 404
    )
    head.press(revision, "sign")
    operator.press(revision, "accept", reason="同意")
    offer = dataset.resources.get(kind="file")
    publisher.press(offer, "amend", title_zh="年度报告", title_en="Yearly", reason="更准确")
    page = head.page(Revision.objects.latest("pk")).content.decode()
    assert "年度报告" in page
    assert "was left empty" in said(publisher.press(offer, "end"))
    publisher.press(offer, "end", reason="不再编制")
    offer.refresh_from_db()
    assert offer.ended_at is not None
