"""Bad input and wrong hands at the request API: a sentence, the part's name, nothing half done."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Role
from audit.models import Entry
from exchange import opening
from exchange.models import ShareRequest
from policy.terms import Mode
from tests.api.asking import Asker, asker, key_for, refused
from tests.api.test_office import key_of
from tests.factories import accounts, catalog, sharing

pytestmark = pytest.mark.django_db


@pytest.fixture(name="office")
def _office(db) -> Asker:
    return asker()


LONG = "长" * 2001
LATER = sharing.TODAY + timedelta(days=2 * 365)


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ({"purpose": LONG}, "purpose"),
        ({"scene": LONG}, "scene"),
        ({"system": LONG}, "system"),
        ({"basis_text": LONG}, "basis_text"),
        ({"scene": "a\0b"}, "scene"),
        ({"scene": "a\ud800b"}, "scene"),
        ({"purpose_class": "curiosity"}, "purpose_class"),
        ({"mode": "push"}, "mode"),
        ({"clear_up_to": "L9"}, "clear_up_to"),
        ({"calls_peak": -1}, "calls_peak"),
        ({"calls_average": 10**12}, "calls_average"),
        ({"wanted_from": "2026-02-30"}, "wanted_from"),
        ({"wanted_until": None}, "wanted_until"),
        ({"basis": "x"}, "basis"),
        ({"datasets": []}, "datasets"),
        ({"datasets": [{"dataset": "a b"}]}, "datasets"),
        ({"reference": "r" * 65}, "reference"),
        ({"whatever": 1}, "whatever"),
    ],
)
def test_a_part_that_does_not_fit_is_named(office, told, part):
    answer = office.send("post", "requests", office.body("name", **told))

    assert refused(answer) == (400, "request-unfit")
    assert [one["code"] for one in answer.json()["reasons"]] == [part]
    assert part in answer.json()["detail"]
    assert not ShareRequest.objects.exists()


@pytest.mark.parametrize(
    ("sign", "english", "chinese"),
    [
        ("\0", "It has a NUL character (U+0000), which no text can hold. Take it out", "空字符"),
        ("\ud800", "It has half of a character (a single surrogate)", "半个字符"),
    ],
)
def test_of_a_sign_that_no_text_can_hold_it_is_said_what_to_do(office, sign, english, chinese):
    body = json.dumps(office.body("name", scene=f"a{sign}b"))
    headers = {"X-API-Key": office.key.raw}

    said = [
        office.client.post(
            "/api/v1/office/requests",
            data=body,
            content_type="application/json",
            headers=headers | {"Accept-Language": language},
        ).json()["detail"]
        for language in ("en", "zh-Hans")
    ]

    assert english in said[0]
    assert chinese in said[1]
    assert "请" in said[1]
    assert not Entry.objects.filter(verb="request.draft").exists()


def test_a_word_that_is_none_of_a_closed_set_is_answered_with_the_set(office):
    answer = office.send("post", "requests", office.body("name", purpose_class="curiosity"))

    assert "“curiosity”" in answer.json()["detail"]
    assert "basis, reference, checking, coordination" in answer.json()["detail"]


def test_a_dataset_is_asked_for_once_in_a_sitting(office):
    part = {"dataset": office.two.dataset.slug, "fields": ["name"]}

    answer = office.send("post", "requests", office.body(datasets=[part, part]))

    assert refused(answer) == (400, "request-unfit")
    assert not ShareRequest.objects.exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"field": "name"}], "values"),
        ([{"values": ["a"]}], "field"),
        ([{"field": "name", "values": []}], "values"),
        ([{"field": "name", "values": ["a\0"]}], "rows"),
        ([{"field": "nobody", "values": ["a"]}], "nobody"),
        ([{"field": "id", "values": ["seven"]}], "whole number"),
        ([{"field": "id", "values": ["7"], "operator": "gt"}], "operator: There is no such part"),
    ],
)
def test_conditions_that_do_not_fit_are_refused_in_a_draft_and_in_a_change(office, rows, said):
    number = office.draft("name")["request"]
    slug = office.two.dataset.slug

    drafted = office.send(
        "post", "requests", office.body(datasets=[{"dataset": slug, "rows": rows}])
    )
    changed = office.send("patch", f"requests/{number}", {"rows": rows})

    assert refused(drafted) == refused(changed) == (400, "request-unfit")
    assert said in drafted.json()["detail"]
    assert said in changed.json()["detail"]
    assert ShareRequest.objects.get().rows == []


@pytest.mark.parametrize(
    "text", ["{", '{"mode": NaN}', "[" * 100_000, '"' + "x" * 1_000_001 + '"']
)
def test_a_body_that_cannot_be_read_is_refused(office, text):
    answer = office.call("post", "requests", data=text, content_type="application/json")

    assert refused(answer) == (400, "body-unreadable")


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ('{"mode":\n ,}', "from line 2, character 2 on it is no JSON", "第 2 行第 2 个字符"),
        (b'{"mode": "\xff"}', "it is not written in UTF-8", "不是 UTF-8 编码"),
    ],
)
def test_where_a_body_stops_being_json_is_told_in_the_callers_language(
    office, text, english, chinese
):
    def told(language: str) -> str:
        answer = office.client.post(
            "/api/v1/office/requests",
            data=text,
            content_type="application/json",
            headers={"Accept-Language": language, "X-API-Key": office.key.raw},
        )
        return answer.json()["detail"]

    assert english in told("en")
    assert chinese in told("zh-CN")
    assert "JSON parse error" not in told("zh-CN")


@pytest.mark.parametrize("path", ["corrections", "grants/1/uses", "datasets/any/batches"])
@pytest.mark.parametrize("text", ["[" * 100_000, '"' + "x" * 1_000_001 + '"'])
def test_no_address_that_takes_json_falls_over_a_deep_or_long_body(office, path, text):
    grant = office.two.granted("phone", mode=Mode.BULK, wanted_until=LATER)
    told = path.replace("/1/", f"/{grant.pk}/").replace("/any/", f"/{office.two.dataset.slug}/")

    answer = office.call("post", told, data=text, content_type="application/json")

    assert refused(answer) == (400, "body-unreadable")


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_a_body_that_is_no_object_is_refused(office, body):
    answer = office.call(
        "post", "requests", data=json.dumps(body), content_type="application/json"
    )

    assert answer.status_code == 400
    assert not ShareRequest.objects.exists()


def test_a_list_that_is_too_short_is_refused_in_words_alone(office):
    answer = office.send("post", "requests", office.body("name", datasets=[]))

    assert refused(answer) == (400, "request-unfit")
    assert "datasets: Ensure this field has at least 1 elements." in answer.json()["detail"]


def test_a_basis_that_does_not_exist_or_ran_out_is_refused(office):
    today = timezone.localdate()
    gone = catalog.basis(in_force_until=today - timedelta(days=1))

    unknown = office.send("post", "requests", office.body("name", basis=999_999))
    over = office.send("post", "requests", office.body("name", basis=gone.pk))

    assert refused(unknown) == (400, "request-unfit")
    assert "999999" in unknown.json()["detail"]
    assert refused(over) == (400, "basis-gone")
    assert str(gone.in_force_until) in over.json()["detail"]
    assert not ShareRequest.objects.exists()


def test_a_basis_that_runs_out_after_the_draft_stops_the_submission(office):
    basis = catalog.basis()
    number = office.draft("name", basis=basis.pk)["request"]
    basis.in_force_until = timezone.localdate() - timedelta(days=1)
    basis.save()

    answer = office.send("post", f"requests/{number}/submit")

    assert refused(answer) == (400, "basis-gone")
    assert ShareRequest.objects.get().state == "draft"


def test_fields_that_the_dataset_does_not_have_are_named(office):
    answer = office.send("post", "requests", office.body("name", "salary", "nobody"))

    assert refused(answer) == (400, "request-unfit")
    assert "nobody, salary" in answer.json()["detail"]


def test_a_period_that_ends_before_it_starts_is_refused(office):
    told = {"wanted_from": "2026-05-02", "wanted_until": "2026-05-01"}
    number = office.draft("name")["request"]

    drafted = office.send("post", "requests", office.body("name", **told))
    changed = office.send("patch", f"requests/{number}", told)

    assert refused(drafted) == refused(changed) == (400, "request-unfit")
    assert "2026-05-01" in drafted.json()["detail"]


def test_a_dataset_that_is_not_published_or_was_withdrawn_cannot_be_asked_for(office):
    draft = catalog.dataset(catalog.State.DRAFT)
    opening.withdraw(
        office.two.dataset.pk, reason="合并。", by=office.two.where.operator, at=timezone.now()
    )

    hidden = office.send(
        "post", "requests", office.body(datasets=[{"dataset": draft.slug, "fields": []}])
    )
    gone = office.send("post", "requests", office.body("name"))

    assert refused(hidden) == (404, "dataset-unknown")
    assert refused(gone) == (410, "dataset-withdrawn")


def test_a_renewal_of_a_grant_that_is_not_ones_own_is_refused(office):
    other = sharing.two(rows=False).granted("phone")

    answer = office.send("post", "requests", office.body("phone", renews=other.pk))

    assert refused(answer) == (404, "grant-unknown")


def test_a_grant_is_renewed_as_it_stands_and_not_widened(office):
    grant = office.two.granted("phone")

    same = office.send("post", "requests", office.body("phone", renews=grant.pk))
    more = office.send("post", "requests", office.body("phone", "income", renews=grant.pk))

    assert same.status_code == 201
    assert same.json()["requests"][0]["terms"]["renews"] == grant.pk
    assert refused(more) == (400, "request-unfit")


# --- who -----------------------------------------------------------------------------------------


def test_a_request_of_another_department_is_not_there(office):
    other = sharing.two(rows=False).draft("name")

    for answer in (
        office.get(f"requests/{other.pk}"),
        office.send("patch", f"requests/{other.pk}", {"scene": "x"}),
        office.send("post", f"requests/{other.pk}/submit"),
        office.send("post", f"requests/{other.pk}/withdraw"),
        office.attach(other.pk),
    ):
        assert refused(answer) == (404, "request-unknown")
    assert refused(office.get("requests/9999999999999999999999")) == (404, "request-unknown")


def test_an_app_whose_person_may_not_ask_is_told_whose_role_is_missing(office):
    developer = accounts.user(None)
    key = key_for(office.two, developer)
    number = office.draft("name")["request"]

    asked = office.send("post", "requests", office.body("name"), key=key.raw)
    read = office.call("get", f"requests/{number}", key=key.raw)
    offer = office.call("get", f"datasets/{office.two.dataset.slug}/offer", key=key.raw)

    assert refused(asked) == refused(read) == (403, "not-allowed")
    assert developer.name in asked.json()["detail"]
    assert "publisher" in asked.json()["detail"]
    assert offer.status_code == 200


def test_a_head_s_app_reads_and_does_not_ask(office):
    key = key_for(office.two, office.two.asking_head)
    number = office.draft("name")["request"]

    read = office.call("get", f"requests/{number}", key=key.raw)
    laid = office.send("post", f"requests/{number}/submit", key=key.raw)

    assert read.status_code == 200
    assert refused(laid) == (403, "not-allowed")


def test_a_right_that_was_taken_away_is_gone_with_the_next_call(office):
    number = office.draft("name")["request"]
    Membership.objects.filter(user=office.two.clerk, role=Role.PUBLISHER).delete()

    answer = office.send("post", f"requests/{number}/submit")

    assert refused(answer) == (403, "not-allowed")
    assert ShareRequest.objects.get().state == "draft"


def test_a_role_in_another_department_is_no_right_here(office):
    elsewhere = accounts.user(Role.PUBLISHER)
    key = key_for(office.two, elsewhere)

    answer = office.send("post", "requests", office.body("name"), key=key.raw)

    assert refused(answer) == (403, "not-allowed")


def test_without_a_key_or_with_a_companys_nobody_asks(office):
    company = key_of(accounts.organization(accounts.OrganizationKind.COMPANY))
    body = office.body("name")

    assert refused(office.send("post", "requests", body, key="cdx_nothing")) == (
        401,
        "key-unknown",
    )
    assert refused(office.send("post", "requests", body, key=company.raw)) == (
        403,
        "not-a-department",
    )


def test_no_address_signs(office):
    number = office.draft("name")["request"]
    office.send("post", f"requests/{number}/submit")

    answer = office.send("post", f"requests/{number}/sign", {"vouched": True})

    assert refused(answer) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("put", "requests", "GET, POST"),
        ("delete", "requests/{}", "GET, PATCH"),
        ("get", "requests/{}/submit", "POST"),
        ("get", "requests/{}/attachments", "POST"),
        ("post", "bases", "GET"),
    ],
)
def test_another_method_is_told_which_the_address_takes(office, method, path, allowed):
    number = office.draft("name")["request"]

    answer = office.call(method, path.format(number))

    assert refused(answer) == (405, "method-not-allowed")
    assert set(allowed.split(", ")) <= set(answer["Allow"].split(", "))
    assert allowed.split(", ")[-1] in answer.json()["detail"]
