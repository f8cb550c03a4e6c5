"""Apps, keys, usage, leaks and closing: the developers' console."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import keys, members, refused
from accounts.models import ApiKey, App, Notice, User
from accounts.refused import RefusedCall
from accounts.roles import Role
from audit import deliveries
from audit.models import Entry
from exchange.sync import engine
from oversight import key_counts
from policy.terms import DataType
from tests.factories import accounts, exchange
from tests.factories.exchange import column
from tests.portal.members import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset():
    where = exchange.house()
    columns = (column("id", DataType.INTEGER, is_key=True), column("name"))
    binding = exchange.csv_binding(where, "id,name\n1,a\n2,b\n", columns)
    engine.sync(binding.pk)
    return exchange.publish(where, binding.resource)


@pytest.fixture
def builder():
    """Return the browser of a citizen with an app."""
    client = people.member_client("lan@example.org")
    client.post("/my/apps/", {"name": "Bus times", "place": "own"})
    return client


def make_key(client, **form) -> str:
    app = App.objects.get(name="Bus times")
    page = client.post(f"/my/apps/{app.pk}/", {"label": "web", "days": 30} | form)
    return re.search(r"cdx_[a-z2-7]{6}_[\w-]{43}", page.content.decode())[0]


def call(raw, dataset, **extra):
    headers = {"X-API-Key": raw, "Accept-Language": "en"}
    return Client().get(f"/api/v1/datasets/{dataset.slug}/records", headers=headers, **extra)


def code(answer) -> str:
    return json.loads(answer.content)["code"]


def test_a_citizen_registers_an_app_makes_a_key_and_calls_with_it(builder, dataset):
    raw = make_key(builder)

    answer = call(raw, dataset)
    page = builder.get(f"/my/apps/{App.objects.get().pk}/").content.decode()

    assert answer.status_code == 200
    assert answer["RateLimit-Policy"] == "120;w=60, 20000;w=86400"
    assert raw not in page  # shown once
    assert raw[:10] in page


def test_a_citizens_place_names_nobody(builder):
    place = App.objects.get().organization

    assert place.is_personal
    assert "Lan" not in f"{place.name_zh}{place.name_en}{place.slug}"


def test_a_citizen_has_three_apps_at_most(builder):
    for number in range(2):
        builder.post("/my/apps/", {"name": f"More {number}", "place": "own"})

    answer = builder.post("/my/apps/", {"name": "Fourth", "place": "own"})

    assert answer.status_code == 409
    assert App.objects.count() == 3


def test_a_key_opens_the_datasets_it_is_bound_to_and_no_other(builder, dataset):
    bound, other = make_key(builder, datasets=dataset.slug), make_key(builder)
    ApiKey.objects.filter(digest=keys.digest(other)).update(datasets=str(dataset.pk + 1))

    answers = call(bound, dataset), call(other, dataset)

    assert answers[0].status_code == 200
    assert (answers[1].status_code, code(answers[1])) == (403, "key-not-for-dataset")


def test_a_key_works_from_the_addresses_it_is_bound_to_and_no_other(builder, dataset):
    raw = make_key(builder, addresses="203.0.113.0/24, 2001:db8::/32")

    here = call(raw, dataset, REMOTE_ADDR="203.0.113.9")
    there = call(raw, dataset, REMOTE_ADDR="198.51.100.1")

    assert here.status_code == 200
    assert (there.status_code, code(there)) == (403, "key-elsewhere")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"datasets": "nowhere"}, "There is no dataset"),
        ({"addresses": "localhost"}, "no network address"),
        ({"days": 0}, "1"),
        ({"days": 366}, "365"),
    ],
)
def test_what_cannot_be_a_bound_is_said_at_its_field(builder, form, said):
    app = App.objects.get()

    answer = builder.post(f"/my/apps/{app.pk}/", {"label": "", "days": 30} | form)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_replaced_key_works_on_for_the_overlap_and_no_longer(builder, dataset):
    old = make_key(builder, addresses="203.0.113.0/24")
    number = ApiKey.objects.get().pk

    page = builder.post(f"/my/keys/{number}/rotate", {"days": "7"}).content.decode()
    new = keys.find(re.search(r"cdx_[a-z2-7]{6}_[\w-]{43}", page)[0])
    now = timezone.now()

    assert keys.check(old, at=now + timedelta(days=6)).pk == number
    with pytest.raises(keys.KeyRefused):
        keys.check(old, at=now + timedelta(days=7, minutes=1))
    assert (new.label, new.addresses) == ("web", "203.0.113.0/24")
    assert Entry.objects.get(verb="key.rotate").target == f"key:{new.pk}"


def test_apps_and_keys_of_others_are_not_there(builder):
    theirs = accounts.api_key()

    paths = [
        ("get", f"/my/apps/{theirs.key.app_id}/"),
        ("post", f"/my/apps/{theirs.key.app_id}/"),
        ("post", f"/my/apps/{theirs.key.app_id}/close"),
        ("post", f"/my/keys/{theirs.key.pk}/rotate"),
        ("post", f"/my/keys/{theirs.key.pk}/revoke"),
    ]
    answers = [getattr(builder, way)(path, {"days": 7}).status_code for way, path in paths]

    assert answers == [404] * 5
    theirs.key.refresh_from_db()
    assert theirs.key.revoked_at is None


def test_keys_of_a_department_are_not_seen_here_though_its_developer_signs_in():
    app = accounts.app(accounts.organization(), accounts.user(Role.DEVELOPER))
    person = people.enter("dev@example.org")
    accounts.Membership.objects.create(
        user=person, organization=app.organization, role=Role.DEVELOPER
    )
    client = Client()
    people.sign_in(client, "dev@example.org")

    assert client.get(f"/my/apps/{app.pk}/").status_code == 404


def test_a_whole_key_that_is_reported_ends_at_once(builder, dataset):
    raw = make_key(builder)

    page = Client(headers={"Accept-Language": "en"}).post("/my/leaked/", {"key": f"see {raw} !"})
    answer = call(raw, dataset)

    assert "Thank you" in page.content.decode()
    assert code(answer) == "key-revoked"
    assert Notice.objects.filter(kind="key.leaked", role=Role.DEVELOPER).count() == 1


def test_of_the_beginning_of_a_key_the_owner_is_told_and_nothing_ends(builder, dataset):
    raw = make_key(builder)

    Client().post("/my/leaked/", {"key": raw[:10]})

    assert call(raw, dataset).status_code == 200
    assert "was seen in public" in builder.get("/my/").content.decode()


def test_who_reports_learns_nothing_of_a_key(builder):
    raw = make_key(builder)
    client = Client()

    known = client.post("/my/leaked/", {"key": raw}).content
    unknown = client.post("/my/leaked/", {"key": "cdx_aaaaaa"}).content

    def plain(page):
        return re.sub(rb'value="\w{64}"', b"", page)

    assert plain(known) == plain(unknown)


def test_usage_counts_what_was_delivered_and_calls_say_why_one_was_refused(builder, dataset):
    raw = make_key(builder)
    key = ApiKey.objects.get()
    deliveries.deliver(
        at=timezone.now(),
        channel="open",
        mode="query",
        reader="company",
        app="Bus times",
        key_id=key.pk,
        dataset=f"dataset:{dataset.pk}",
        rows=1234,
        bytes=5000,
    )
    keys_answer = Client().get(
        f"/api/v1/datasets/{dataset.slug}/records",
        {"nope": "1"},
        headers={"X-API-Key": raw, "Accept-Language": "en"},
    )

    usage = builder.get("/my/usage/").content.decode()
    calls = builder.get("/my/calls/").content.decode()
    refused_only = builder.get("/my/calls.csv", {"status": "refused"}).content.decode()

    assert keys_answer.status_code == 400
    assert "1,234" in usage
    assert '<rect x="290"' in usage
    assert dataset.slug in calls
    assert "nope" in calls
    assert len(refused_only.splitlines()) == 2


def test_usage_says_how_fast_answers_began_and_why_calls_were_refused(builder, dataset):
    raw = make_key(builder)
    stranger = accounts.api_key(at=timezone.now())
    answers = [
        Client().get(f"/api/v1/datasets/{dataset.slug}/records{query}", headers={"X-API-Key": raw})
        for query in ("", "?nope=1", "?nope=2")
    ]
    key_counts.refused(stranger.key.pk, "not-mine", at=timezone.now())
    key_counts.answered(stranger.key.pk, 9.9, at=timezone.now())
    key_counts.drain(at=timezone.now())

    page = builder.get("/my/usage/").content.decode()

    assert "half of the answers began within" in page
    assert "10,000 ms" not in page
    assert f'<code>{code(answers[1])}</code></a></th><td class="number">2</td>' in page
    assert "not-mine" not in page
    assert page.count('<svg class="bars"') == 2  # refusals and times; the call is not drained yet


def test_why_a_call_was_refused_and_how_data_went_is_said_in_the_readers_language(
    builder, dataset
):
    raw, key = make_key(builder), ApiKey.objects.get()
    told = {"channel": "open", "reader": "company", "app": "Bus times", "rows": 1, "bytes": 5}
    for mode in ("query", "bulk"):
        deliveries.deliver(
            at=timezone.now(), mode=mode, key_id=key.pk, dataset=f"dataset:{dataset.pk}", **told
        )
    place = f"/api/v1/datasets/{dataset.slug}/records"
    for asked in ("nope", "limit"):
        headers = {"X-API-Key": raw, "Accept-Language": "zh-Hans"}
        Client().get(place, {asked: "x"}, headers=headers)
    Client().get("/api/v1/datasets/nothing/records", headers={"X-API-Key": raw})

    english, chinese = (
        builder.get("/my/calls/", headers={"Accept-Language": language}).content.decode()
        for language in ("en", "zh-Hans")
    )
    file = builder.get("/my/calls.csv", headers={"Accept-Language": "en"}).content.decode()

    reasons = re.findall(r'badge bad">\d+</span> ([^<]+)<', english)
    assert len(reasons) == 3
    assert not any(re.search("[\u4e00-\u9fff]", one) for one in reasons)
    assert all(
        re.search("[\u4e00-\u9fff]", one)
        for one in re.findall(r'bad">\d+</span> ([^<]+)<', chinese)
    )
    assert all(word in english for word in (">query<", ">whole copy<"))
    assert all(word in chinese for word in (">查询<", ">全量副本<"))
    assert not re.search("[\u4e00-\u9fff]", file)


def test_a_reason_that_an_older_release_kept_is_shown_as_it_was_told(builder):
    make_key(builder)
    key = ApiKey.objects.get()
    refused.note(
        RefusedCall(timezone.now(), key.pk, "/api/v1/x", 400, "query-refused", "旧的理由")
    )

    page = builder.get("/my/calls/", headers={"Accept-Language": "en"}).content.decode()

    assert "旧的理由" in page


def test_refused_calls_are_kept_without_what_was_asked(builder, dataset):
    raw = make_key(builder)
    Client().get(
        f"/api/v1/datasets/{dataset.slug}/records",
        {"id": "x y z"},
        headers={"X-API-Key": raw},
    )

    [call_] = refused.latest([ApiKey.objects.get().pk])

    assert call_.path == f"/api/v1/datasets/{dataset.slug}/records"


def test_closing_ends_keys_and_apps_and_erases_name_and_address(builder, dataset):
    raw = make_key(builder)
    number = people.of("lan@example.org").pk

    before = builder.get("/my/close/").content.decode()
    wrong = builder.post("/my/close/", {"password": "Not-This-1"})
    builder.post("/my/close/", {"password": people.PASSWORD})

    person = User.objects.get(pk=number)
    assert "Keys that end at once: 1" in before
    assert wrong.status_code == 400
    assert (person.name, person.email, person.is_active) == (members.ERASED, "", False)
    assert not person.emailaddress_set.exists()
    assert code(call(raw, dataset)) == "key-revoked"
    assert App.objects.get().closed_at is not None
    assert builder.get("/my/").status_code == 302
    assert "_auth_user_id" not in builder.session


def test_after_closing_one_may_sign_up_again_with_the_same_address(builder):
    builder.post("/my/close/", {"password": people.PASSWORD})

    again = people.member_client("lan@example.org")

    assert again.get("/my/").status_code == 200
    assert again.get("/my/apps/").content.decode().count("Bus times") == 0


def test_an_app_of_a_company_with_colleagues_goes_on_when_one_leaves():
    person = people.enter("wu@example.org")
    app = accounts.app()
    accounts.Membership.objects.create(
        user=person, organization=app.organization, role=Role.DEVELOPER
    )

    members.close(person.pk, by=person, at=timezone.now())

    app.refresh_from_db()
    assert app.closed_at is None


def test_a_company_is_claimed_by_its_code_and_the_answer_stands_on_the_page(builder):
    code_ = accounts.uscc(801)

    wrong = builder.post("/my/companies/", {"uscc": code_[:-1] + "0", "name": "海湾公司"})
    builder.post("/my/companies/", {"uscc": code_, "name": "海湾公司"})
    page = builder.get("/my/companies/").content.decode()

    assert wrong.status_code == 400 or code_.endswith("0")
    assert "海湾公司" in page
    assert "waits for the data authority" in page
