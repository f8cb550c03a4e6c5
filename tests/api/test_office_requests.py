"""Asking by API: drafts, changes, the head's desk, files, and once however often it is called."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Role
from audit.models import Entry
from catalog.models import Field
from exchange.models import Grant, RequestAttachment, RequestReference, ShareRequest
from exchange.sharing import asking as verbs
from exchange.sharing import deciding
from exchange.workflow import State
from policy.terms import Grade, MaskKind, ShareType
from tests.api.asking import PDF, Asker, asker, key_for, refused
from tests.factories import accounts, catalog, sharing

db = pytest.mark.django_db


@pytest.fixture(name="office")
def _office(db) -> Asker:
    return asker()


def sign(office: Asker, number: int) -> ShareRequest:
    return verbs.sign(number, vouched=True, by=office.two.asking_head, at=timezone.now())


def test_a_draft_says_what_was_sent_and_what_would_be_served_of_it(office):
    scope = {"field": "name", "values": ["n007", "n008"]}
    slug = office.two.dataset.slug
    body = office.body(
        datasets=[{"dataset": slug, "fields": ["name", "phone"], "rows": [scope]}],
        clear_up_to="L2",
    )

    told = office.send("post", "requests", body).json()["requests"][0]

    request = ShareRequest.objects.get()
    assert (request.drafted_by, request.organization) == (office.two.clerk, office.two.asker)
    assert request.clear_up_to == Grade.L2
    assert request.rows[0]["operator"] == "in"
    assert (told["state"], told["terms"]["fields"]) == ("draft", ["name", "phone"])
    assert told["terms"]["rows"] == [scope]
    assert told["lacks"] == []
    seen = {one["name"]: one for one in told["matrix"]}
    assert seen["phone"]["now"]["treatment"] == "withheld"
    assert seen["phone"]["then"]["treatment"] == "masked"
    assert seen["phone"]["now"]["reasons"][0]["code"] == "needs-grant"
    assert (seen["name"]["asked"], seen["income"]["asked"]) == (True, False)
    assert told["then"] == "asked"


def test_the_trail_names_the_person_and_the_app(office):
    office.draft("name")

    entry = Entry.objects.get(verb="request.draft")
    assert entry.actor == office.two.clerk.audit_name
    assert entry.details["app"] == f"{office.key.key.app.name} (app:{office.key.key.app_id})"


def test_at_the_desk_no_app_stands_in_the_trail(office):
    office.draft("name")
    office.two.draft("name")

    assert [("app" in one.details) for one in Entry.objects.filter(verb="request.draft")] == [
        True,
        False,
    ]


def test_only_the_parts_that_are_sent_change(office):
    draft = office.draft("name", "phone")

    told = office.send(
        "patch", f"requests/{draft['request']}", {"fields": ["name"], "scene": "现场核查"}
    )

    after = told.json()["requests"][0]
    assert after["terms"] == draft["terms"] | {"fields": ["name"], "scene": "现场核查"}
    assert after["digest"] != draft["digest"]
    assert Entry.objects.get(verb="request.change").details["app"]


def test_what_changed_since_it_was_read_is_not_overwritten(office):
    draft = office.draft("name", "phone")
    number = draft["request"]
    office.send("patch", f"requests/{number}", {"scene": "现场核查"})

    late = office.send(
        "patch", f"requests/{number}", {"scene": "电话核查", "seen": draft["digest"]}
    )
    laid = office.send("post", f"requests/{number}/submit", {"seen": draft["digest"]})

    assert refused(late) == refused(laid) == (409, "wrong-state")
    assert office.two.clerk.name in late.json()["detail"]
    request = ShareRequest.objects.get()
    assert (request.scene, request.state) == ("现场核查", State.DRAFT)


def test_all_that_is_missing_is_told_before_and_at_the_submission(office):
    draft = office.draft(purpose="", scene="", system="", basis_text="", purpose_class="")

    answer = office.send("post", f"requests/{draft['request']}/submit")

    assert {one["part"] for one in draft["lacks"]} == {
        "purpose",
        "scene",
        "system",
        "basis_text",
        "fields",
        "purpose_class",
    }
    assert refused(answer) == (409, "request-incomplete")
    assert all(one["text"] in answer.json()["detail"] for one in draft["lacks"])
    assert ShareRequest.objects.get().state == State.DRAFT


def test_a_head_signs_what_an_app_laid_before_them_and_it_is_granted_at_once(office):
    draft = office.draft("id", "name", clear_up_to="L2")
    laid = office.send("post", f"requests/{draft['request']}/submit").json()["requests"][0]

    sign(office, draft["request"])

    told = office.get(f"requests/{draft['request']}").json()
    assert (laid["state"], laid["at_once"]) == ("to_sign", True)
    assert told["state"] == "granted"
    assert told["grant"] == Grant.objects.get().pk
    assert told["then"] == "granted"
    assert told["answer"]["by"] is None
    assert told["signed_by"] == office.two.asking_head.name
    assert [one["what"] for one in told["events"]] == ["edit", "submit", "sign", "grant_at_once"]
    assert "app" not in Entry.objects.get(verb="request.sign").details


def test_a_limit_that_runs_is_told_with_its_law(office):
    draft = office.draft("phone")
    office.send("post", f"requests/{draft['request']}/submit")
    sign(office, draft["request"])

    told = office.get(f"requests/{draft['request']}").json()

    assert told["state"] == "in_review"
    assert told["due"]["due_on"] == told["due_on"] == str(ShareRequest.objects.get().due_on)
    assert told["due"]["days_left"] == 10
    assert "第二十一条" in told["due"]["citation"]


def test_a_last_day_that_was_named_in_a_dispute_is_told_in_place_of_the_limit(office):
    draft = office.draft("phone")
    office.send("post", f"requests/{draft['request']}/submit")
    sign(office, draft["request"])
    day = timezone.localdate() + timedelta(days=60)
    ShareRequest.objects.update(ordered_on=day, due_on=day)

    told = office.get(f"requests/{draft['request']}").json()

    assert told["due"]["due_on"] == told["due_on"] == str(day)
    assert told["due"]["days_left"] > 10


def test_in_a_year_whose_holidays_nobody_entered_the_day_is_told_as_one_that_may_move(office):
    draft = office.draft("phone")
    office.send("post", f"requests/{draft['request']}/submit")
    sign(office, draft["request"])
    later = timezone.now().replace(year=2077)
    ShareRequest.objects.update(due_from=later, received_at=later)

    told = office.get(f"requests/{draft['request']}").json()

    assert "not entered yet" in told["due"]["note"]


def test_what_was_found_missing_is_told_completed_and_laid_before_the_head_again(office):
    draft = office.draft("phone")
    number = draft["request"]
    office.send("post", f"requests/{number}/submit")
    sign(office, number)
    deciding.ask_more(number, missing=["备案证明"], by=office.two.reviewer, at=timezone.now())

    asked = office.get(f"requests/{number}").json()
    attached = office.attach(number)
    again = office.send("post", f"requests/{number}/submit")

    assert (asked["state"], asked["missing"]) == ("supplement", ["备案证明"])
    assert attached.status_code == 201
    assert again.json()["requests"][0]["state"] == "to_sign"


def test_a_proposed_answer_is_not_told_before_it_is_signed(office):
    request = office.two.proposed("phone", at=timezone.now())

    told = office.get(f"requests/{request.pk}").json()

    assert (told["state"], told["answer"], told["then"]) == ("to_answer", None, "asked")


def test_a_request_that_is_withdrawn_says_why_and_moves_no_more(office):
    number = office.draft("phone")["request"]
    office.send("post", f"requests/{number}/submit")

    gone = office.send("post", f"requests/{number}/withdraw", {"reason": "已由公开数据满足。"})
    again = office.send("patch", f"requests/{number}", {"scene": "现场核查"})

    assert gone.json()["requests"][0]["state"] == "withdrawn"
    assert gone.json()["requests"][0]["events"][-1]["text"] == "已由公开数据满足。"
    assert refused(again) == (409, "wrong-state")
    assert office.two.clerk.name in again.json()["detail"]


def test_a_decision_on_a_request_that_moved_names_who_moved_it(office):
    number = office.draft("phone")["request"]
    office.send("post", f"requests/{number}/submit")
    sign(office, number)

    answer = office.send("post", f"requests/{number}/submit")

    assert refused(answer) == (409, "wrong-state")
    assert "the platform" in answer.json()["detail"]


# --- several in one ----------------------------------------------------------------------------


def test_several_datasets_are_drafted_laid_and_handed_files_together(office):
    other = sharing.two(rows=False, asker=office.two.asker)
    body = office.body(
        datasets=[
            {"dataset": office.two.dataset.slug, "fields": ["name"]},
            {"dataset": other.dataset.slug, "fields": ["phone"]},
        ]
    )

    first, second = office.send("post", "requests", body).json()["requests"]
    office.attach(first["request"])
    laid = office.send("post", f"requests/{second['request']}/submit").json()["requests"]

    assert first["together_with"] == [second["request"]]
    assert RequestAttachment.objects.count() == 2
    assert [one["state"] for one in laid] == ["to_sign", "to_sign"]


def test_where_one_dataset_does_not_fit_none_is_asked_for(office):
    other = sharing.two(rows=False, asker=office.two.asker)
    body = office.body(
        datasets=[
            {"dataset": office.two.dataset.slug, "fields": ["name"]},
            {"dataset": other.dataset.slug, "fields": ["nobody"]},
        ],
        reference="a-1",
    )

    answer = office.send("post", "requests", body)

    assert refused(answer) == (400, "request-unfit")
    assert not ShareRequest.objects.exists()
    assert not RequestReference.objects.exists()


# --- asking once -------------------------------------------------------------------------------


def test_the_same_call_again_drafts_nothing_twice(office):
    body = office.body("name", reference="a-1")

    first = office.send("post", "requests", body)
    again = office.send("post", "requests", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert ShareRequest.objects.count() == 1
    assert office.get("requests", reference="a-1").json()["count"] == 1
    assert office.get("requests", reference="a-2").json()["count"] == 0


def test_a_reference_with_other_content_is_refused_and_kept_nowhere(office):
    office.draft("name", reference="a-1")

    answer = office.send("post", "requests", office.body("phone", reference="a-1"))

    assert refused(answer) == (409, "reference-used")
    assert ShareRequest.objects.count() == 1


def test_another_app_has_references_of_its_own(office):
    office.draft("name", reference="a-1")
    colleague = accounts.user(Role.PUBLISHER, office.two.asker)
    other = key_for(office.two, colleague)

    body = office.body("phone", reference="a-1")
    answer = office.send("post", "requests", body, key=other.raw)

    assert answer.status_code == 201
    assert answer.json()["requests"][0]["drafted_by"] == colleague.name


def test_the_same_call_made_by_many_at_one_moment_drafts_once(live_database):
    office = asker()
    body = office.body("name", reference="a-1")
    ready, statuses = threading.Barrier(4), []

    def call():
        ready.wait()
        try:
            statuses.append(office.send("post", "requests", body).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(statuses) == [200, 200, 200, 201]
    assert ShareRequest.objects.count() == 1


# --- the list ----------------------------------------------------------------------------------


def test_the_list_is_of_the_own_department_by_state_page_by_page(office, monkeypatch):
    monkeypatch.setattr("api.office.requests.LIMIT", 2)
    numbers = [office.draft("name")["request"] for _ in range(3)]
    office.send("post", f"requests/{numbers[0]}/submit")
    sharing.two(rows=False).draft("name")

    page = office.get("requests").json()
    rest = office.client.get(page["next"], headers={"X-API-Key": office.key.raw}).json()
    waiting = office.get("requests", state="to_sign").json()

    listed = [one["request"] for one in [*page["requests"], *rest["requests"]]]
    assert listed == sorted(numbers, reverse=True)
    assert rest["next"] is None
    assert [one["request"] for one in waiting["requests"]] == numbers[:1]
    assert refused(office.get("requests", state="lost")) == (400, "query-refused")


def test_a_page_of_the_list_takes_the_same_queries_for_one_request_or_ten(
    office, django_assert_num_queries
):
    office.draft("name")
    with CaptureQueriesContext(connection) as one:
        office.get("requests")
    before = len(one)
    for _ in range(9):
        office.draft("name")

    with django_assert_num_queries(before):
        office.get("requests")


# --- before one asks ---------------------------------------------------------------------------


def test_an_offer_shows_what_the_form_shows(office):
    slug = office.two.dataset.slug

    masked = office.get(f"datasets/{slug}/offer", fields="name,phone,illness").json()
    clear = office.get(f"datasets/{slug}/offer", fields="name,phone", clear_up_to="L3").json()
    free = office.get(f"datasets/{slug}/offer", fields="id,name").json()

    assert (masked["clear"], masked["masked"]) == (["name"], ["phone"])
    assert masked["withheld"] == ["illness"]
    assert (clear["clear"], clear["at_once"]) == (["name", "phone"], False)
    assert free["at_once"]
    told = {one["name"]: one for one in clear["fields"]}
    assert told["phone"]["then"]["reasons"][0]["text"] == (
        "The request covers it, once it is granted."
    )
    assert not told["income"]["asked"]


def test_an_offer_for_a_yes_or_no_says_which_key_it_lacks(office):
    slug = office.two.dataset.slug

    told = office.get(f"datasets/{slug}/offer", fields="phone", mode="verify").json()

    assert "id" in told["lacks"][0]


@pytest.fixture
def masked_key(office):
    """Grade the key of the asked dataset so high that it is masked below L3."""
    Field.objects.filter(pk=office.two.field("id")).update(
        grade=Grade.L3,
        mask_kind=MaskKind.KEEP_EDGES,
        mask_params={"keep_left": 1, "keep_right": 1},
    )
    type(office.two.dataset).objects.filter(pk=office.two.dataset.pk).policy_changed()


@pytest.mark.usefixtures("masked_key")
def test_a_yes_or_no_by_a_masked_key_is_told_to_be_pointless_from_the_offer_on(office):
    slug = office.two.dataset.slug
    asked = {"fields": "id,phone", "mode": "verify"}

    [offered] = office.get(f"datasets/{slug}/offer", **asked, clear_up_to="L2").json()["lacks"]
    helped = office.get(f"datasets/{slug}/offer", **asked, clear_up_to="L3").json()["lacks"]
    draft = office.draft("id", "phone", mode="verify", clear_up_to="L2")
    answer = office.send("post", f"requests/{draft['request']}/submit")

    assert "in clear up to L3" in offered
    assert helped == []
    assert draft["lacks"] == [{"part": "clear_up_to", "text": offered}]
    assert refused(answer) == (409, "request-incomplete")
    assert offered in answer.json()["detail"]
    assert ShareRequest.objects.get().state == State.DRAFT


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"fields": "nobody"}, "request-unfit"),
        ({"mode": "push"}, "query-refused"),
        ({"clear_up_to": "L9"}, "query-refused"),
        ({"wanted_from": "2026-02-30"}, "query-refused"),
        ({"wanted_from": "2026-05-01", "wanted_until": "2026-04-01"}, "query-refused"),
    ],
)
def test_an_offer_for_what_is_not_there_is_refused(office, params, code):
    answer = office.get(f"datasets/{office.two.dataset.slug}/offer", **params)

    assert refused(answer) == (400, code)


def test_a_concealed_field_is_told_nowhere(office):
    office.two.dataset.resources.get().fields.filter(name="illness").update(concealed=True)
    slug = office.two.dataset.slug

    named = office.get(f"datasets/{slug}/offer", fields="illness")
    asked = office.send("post", "requests", office.body("illness"))
    plain = office.get(f"datasets/{slug}/offer")
    draft = office.draft("name")

    assert refused(named) == refused(asked) == (400, "request-unfit")
    assert "illness" not in plain.content.decode()
    assert "illness" not in [one["name"] for one in draft["matrix"]]


def test_articles_in_force_are_found_by_their_words(office):
    living = catalog.basis(article="第九十九条")
    catalog.basis(article="第九十九条之一", in_force_until=living.in_force_from)

    found = office.get("bases", q="第九十九条").json()["bases"]

    assert [one["basis"] for one in found] == [living.pk]
    assert office.draft("name", basis=living.pk, basis_text="")["terms"]["basis"] == living.pk


# --- files -------------------------------------------------------------------------------------


def test_a_file_is_taken_and_listed_without_what_is_in_it(office):
    number = office.draft("phone")["request"]

    answer = office.attach(number)

    [listed] = answer.json()["attachments"]
    assert (answer.status_code, listed["name"], listed["size"]) == (201, "basis.pdf", len(PDF))
    assert office.get(f"requests/{number}").json()["attachments"] == [listed]
    assert Entry.objects.get(verb="request.attach").details["app"]


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"%PDF-" + b"0" * 50_000_000, "big.pdf", "more than 10 MB"),
        (b"%PDF-" + b"0" * 10_000_001, "big.pdf", "more than 10 MB"),
        (b"MZ not a pdf", "basis.pdf", "not what its name says"),
        (b"MZ", "basis.exe", "Send one of"),
    ],
)
def test_a_file_that_is_too_large_or_lies_is_refused_with_a_sentence(office, data, name, said):
    number = office.draft("phone")["request"]

    answer = office.attach(number, data, name)

    assert refused(answer) == (422, "file-refused")
    assert said in answer.json()["detail"]
    assert not RequestAttachment.objects.exists()


def test_without_a_file_or_twice_with_the_same_nothing_is_added(office):
    number = office.draft("phone")["request"]
    office.attach(number)

    nothing = office.call("post", f"requests/{number}/attachments")
    as_json = office.send("post", f"requests/{number}/attachments", {"file": "x"})
    twice = office.attach(number)

    assert refused(nothing) == (400, "request-unfit")
    assert refused(as_json) == (400, "body-unreadable")
    assert refused(twice) == (409, "wrong-state")
    assert RequestAttachment.objects.count() == 1


# --- what is unconditional is told by the matrix -----------------------------------------------


def test_a_field_that_became_unconditional_is_granted_at_once(office):
    fields = office.two.dataset.resources.get().fields
    fields.filter(name="phone").update(share_type=ShareType.UNCONDITIONAL)

    told = office.get(f"datasets/{office.two.dataset.slug}/offer", fields="phone").json()

    assert told["at_once"]


def test_a_head_who_left_is_told_of_at_the_submission(office):
    number = office.draft("name")["request"]
    Membership.objects.filter(user=office.two.asking_head).delete()

    answer = office.send("post", f"requests/{number}/submit")

    assert refused(answer) == (409, "wrong-state")
    assert "role of head" in answer.json()["detail"]
    assert ShareRequest.objects.get().state == State.DRAFT
