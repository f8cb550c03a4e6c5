"""Every button at a row, pressed when the row is not in a state for it: 409, and a sentence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.contrib import admin

from accounts import companies
from accounts.models import ApiKey, App, CompanyClaim, Delegation, Membership, Organization, User
from accounts.roles import CITY_WIDE, OFFICE_ROLES, OrganizationKind, Role, holders
from audit.models import Entry
from backoffice.desk import Desk
from backoffice.forms.contests import ContestForm
from catalog import bases, demands, duties
from catalog.models import (
    Dataset,
    Demand,
    Duty,
    FileVersion,
    LegalBasis,
    NegativeLine,
    Resource,
    Revision,
)
from catalog.models import Field as DatasetField
from catalog.publishing import publication_defects
from catalog.terms import LineState, State
from community import comments, contests, showcases, wishes
from community.models import Comment, Contest, Showcase, Wish
from exchange import opening
from exchange.models import (
    AllowedHost,
    Binding,
    Correction,
    CountingRule,
    Grant,
    RejectedRow,
    Source,
    Stop,
    SyncRun,
)
from exchange.models import Wrong as WrongIn
from exchange.sharing import corrections, grants, lifecycle, stopping
from exchange.sharing.corrections import Report
from exchange.sync import engine
from tests.backoffice.test_dataset_buttons import GRADED
from tests.backoffice.test_negative_list_buttons import line_told
from tests.backoffice.test_offer_buttons import upload
from tests.factories import accounts, catalog, community, exchange, sharing

pytestmark = pytest.mark.django_db

AT_ROWS = [
    (desk.model, button)
    for desk in admin.site._registry.values()
    if isinstance(desk, Desk)
    for button in desk.buttons
]


def label(value):
    return value._meta.label if hasattr(value, "_meta") else getattr(value, "name", str(value))


@dataclass
class Wrong:
    """A row that is not in a state for a button, and what the form says."""

    row: Callable[[], Any]
    told: Callable[[Any], dict] = field(default=lambda _row: {})


def wrong(row: Callable[[], Any], **told: Any) -> Wrong:
    return Wrong(row, lambda _row: dict(told))


def published() -> Dataset:
    return catalog.dataset()


def counted() -> Dataset:
    made = catalog.dataset(fields=["name"])
    CountingRule.objects.create(
        dataset=made,
        counted_by=[[DatasetField.objects.get(resource__dataset=made).pk, ""]],
        smallest_group=20,
        reason="x",
        set_by=accounts.user(Role.HEAD, made.owner),
        set_at=exchange.NOW,
    )
    return made


def a_decided_claim() -> CompanyClaim:
    claim = companies.claim(
        accounts.uscc(4712),
        "测试公司",
        "",
        by=accounts.user(Role.DEVELOPER),
        at=exchange.NOW,
    )
    by = accounts.user(Role.OPERATOR)
    return companies.refuse(claim.pk, reason="x", by=by, at=exchange.NOW)


def draft() -> Dataset:
    return catalog.dataset(State.DRAFT)


def withdrawn() -> Dataset:
    return catalog.dataset(State.WITHDRAWN)


def its_field(make: Callable[[], Dataset]) -> Callable[[], DatasetField]:
    def made() -> DatasetField:
        return catalog.table(make()).fields.get()

    return made


def an_ended_offer() -> Resource:
    dataset = catalog.offers(accounts.organization())
    offer = dataset.resources.get(kind="file")
    Resource.objects.filter(pk=offer.pk).update(ended_at=exchange.NOW)
    return offer


def a_released_version() -> FileVersion:
    made = exchange.with_file(exchange.house())
    return FileVersion.objects.get(resource__dataset=made)


def a_closed_app() -> App:
    company = accounts.organization(OrganizationKind.AUTHORITY)
    developer = accounts.user(Role.DEVELOPER, company)
    Membership.objects.create(user=developer, organization=company, role=Role.PUBLISHER)
    return accounts.app(company, developer, closed_at=exchange.NOW)


def a_revoked_key() -> ApiKey:
    app = a_closed_app()
    App.objects.filter(pk=app.pk).update(closed_at=None)
    app.refresh_from_db()
    return accounts.api_key(app, revoked_at=exchange.NOW).key


def a_duty_that_ended() -> Duty:
    place = accounts.organization()
    told = {"title_zh": "职责", "legal_basis": "法", "by": accounts.user(Role.HEAD, place)}
    made = duties.create("D1", organization=place, at=exchange.NOW, **told)
    duties.retire(made.pk, by=told["by"], at=exchange.NOW)
    return made


def a_finished_run() -> SyncRun:
    binding = exchange.csv_binding(exchange.house(), "id,name,price\n1,a,2\n")
    return engine.sync(binding.pk)


def a_held_run() -> SyncRun:
    rows = "".join(f"x{n},a,b\n" for n in range(9))
    binding = exchange.csv_binding(exchange.house(), f"id,name,price\n{rows}10,a,1\n")
    return engine.sync(binding.pk)


def a_withdrawn_table() -> Binding:
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,2\n")
    engine.sync(binding.pk)
    dataset = exchange.publish(where, binding.resource)
    opening.withdraw(dataset.pk, by=where.head, at=exchange.NOW, reason="by test")
    return Binding.objects.get(pk=binding.pk)


def a_past_delegation() -> Delegation:
    place = accounts.organization()
    return Delegation.objects.create(
        holder=accounts.user(Role.HEAD, place),
        to=accounts.user(Role.REVIEWER, place),
        organization=place,
        role=Role.HEAD,
        from_on=date(2026, 3, 2),
        until=date(2026, 3, 3),
        reason="leave",
        made_at=exchange.NOW,
    )


def a_bound_source() -> Source:
    return exchange.csv_binding(exchange.house(), "id,name,price\n1,a,2\n").source


def a_revoked_grant() -> Grant:
    dataset, operator = published(), accounts.user(Role.OPERATOR)
    made = grants.grant(
        dataset.pk,
        to=accounts.organization(),
        fields=[catalog.table(dataset).fields.get().pk],
        purpose="a test",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        by=operator,
        at=exchange.NOW,
    )
    grants.revoke(made.pk, reason="a test", by=operator, at=exchange.NOW)
    return made


def a_decided_revision() -> Revision:
    dataset = published()
    one = catalog.table(dataset).fields.get()
    head = catalog.staff(Role.HEAD, dataset.owner)
    for values, why in (
        ({"grade": 4, "open_type": "not_open"}, "stricter"),
        ({"grade": 1, "open_type": "unconditional"}, "looser"),
    ):
        opening.regrade(dataset.pk, {one.pk: values}, by=head, at=exchange.NOW, reason=why)
    revision = Revision.objects.latest("pk")
    opening.decide_revision(
        revision.pk,
        accept=False,
        reason="a test",
        by=accounts.user(Role.OPERATOR),
        at=exchange.NOW,
    )
    return revision


def a_basis_with_a_later_version() -> LegalBasis:
    basis = catalog.basis()
    later = catalog.article(law_zh=basis.law_zh, in_force_from=date(2026, 1, 1))
    bases.supersede(basis.pk, later, by=accounts.user(Role.OPERATOR), at=exchange.NOW)
    return basis


def the_only_audit_administrator() -> Membership:
    return accounts.user(Role.AUDIT_ADMIN).memberships.get()


def somebody_who_left() -> User:
    return accounts.user(None, is_active=False, deactivated_at=exchange.NOW)


def a_closed_place() -> Organization:
    return accounts.organization(closed_at=exchange.NOW)


def an_open_demand() -> Demand:
    place = accounts.organization()
    told = {"title_zh": "需求", "description": "内容", "scene": "场景", "legal_basis": "法"}
    by = accounts.user(Role.PUBLISHER, place)
    return demands.raise_demand(organization=place, by=by, at=exchange.NOW, **told)


def a_demand_kept_back() -> Demand:
    demand = an_open_demand()
    return demands.keep_back(demand.pk, reason="x", by=demand.raised_by, at=exchange.NOW)


def a_satisfied_demand() -> Demand:
    demand, operator = an_open_demand(), accounts.user(Role.OPERATOR)
    demands.catalogue(demand.pk, dataset=published(), by=operator, at=exchange.NOW)
    return demands.satisfy(demand.pk, by=demand.raised_by, at=exchange.NOW)


def an_ended_grant() -> Grant:
    two = sharing.two(rows=False)
    grant = two.granted("phone")
    return lifecycle.purpose_over(grant.pk, reason="x", by=two.clerk, at=exchange.NOW)


def a_stop_taken_back() -> Stop:
    two = sharing.two(rows=False)
    by = {"by": two.where.head, "at": exchange.NOW}
    stop = stopping.ask(two.granted("phone").pk, **sharing.STOP, **by)
    return stopping.take_back(stop.pk, reason="x", **by)


def a_report(*, answered: bool) -> Callable[[], Correction]:
    def made() -> Correction:
        two = sharing.two(rows=False)
        report = Report(wrong=WrongIn.ENTRY, text="名称有误")
        one = corrections.report(
            two.dataset.pk, report, organization=two.asker, by=two.clerk, at=exchange.NOW
        )
        if answered:
            corrections.answer(one.pk, wrong=False, text="x", by=two.reviewer, at=exchange.NOW)
        return Correction.objects.get(pk=one.pk)

    return made


def a_withdrawn_comment() -> Comment:
    author = community.member()
    made = community.comment(by=author)
    return comments.withdraw(made.pk, by=author, at=exchange.NOW)


def a_contest_called_off() -> Contest:
    made = community.contest()
    return contests.withdraw(made.pk, reason="x", by=community.operator(), at=exchange.NOW)


def contest_fields(row: Contest) -> dict[str, Any]:
    """Return what the form of a contest sends."""
    told = {name: getattr(row, name) for name in ContestForm.Meta.fields}
    return told | {"organizer": row.organizer_id, "datasets": []}


def a_withdrawn_app() -> Showcase:
    author = community.member()
    made = community.showcase(by=author)
    return showcases.withdraw(made.pk, by=author, at=exchange.NOW)


def a_withdrawn_wish() -> Wish:
    author = community.member()
    made = community.wish(by=author, dataset=published())
    return wishes.withdraw(made.pk, by=author, at=exchange.NOW)


def line_in(state: LineState) -> Callable[[], NegativeLine]:
    return lambda: catalog.negative_line(state=state)


FIELD = {"name": "b", "label_zh": "乙", "data_type": "text"}
METADATA = {"title_zh": "改", "update_cycle": "daily", "detail": "0"}
LINK = {"title_zh": "链接", "url": "https://a.example/"}
API = LINK | {"method": "GET", "auth": "key"}
NEXT = {"article": "第一条", "gist_zh": "测试", "tier": "law", "in_force_from": "2026-01-01"}

WRONG = {
    (Organization, "close"): wrong(a_closed_place),
    (Organization, "transfer"): Wrong(
        a_closed_place, lambda _row: {"to": accounts.organization().pk}
    ),
    (CompanyClaim, "approve"): wrong(a_decided_claim),
    (CompanyClaim, "refuse"): wrong(a_decided_claim, reason="x"),
    (Dataset, "count-only"): wrong(counted, counted_by="name", smallest=10, reason="x"),
    (Dataset, "count-rows"): wrong(counted, reason="x"),
    (Dataset, "update"): wrong(published, **METADATA),
    (Dataset, "field"): wrong(published, **FIELD),
    (Dataset, "file"): Wrong(published, lambda _row: {"title_zh": "文件", "file": upload()}),
    (Dataset, "api"): wrong(published, **API),
    (Dataset, "link"): wrong(published, **LINK),
    (Dataset, "relate"): wrong(published, related=[]),
    (Dataset, "ask-signature"): wrong(published),
    (Dataset, "sign"): wrong(published, secrecy_risk="on", personal_information="on"),
    (Dataset, "recall"): wrong(draft),
    (Dataset, "submit"): wrong(draft),
    (Dataset, "send-back"): wrong(draft, defects="no abstract"),
    (Dataset, "publish"): wrong(draft),
    (Dataset, "amend"): wrong(draft, **METADATA, reason="x"),
    (Dataset, "offer-file"): Wrong(
        draft, lambda _row: {"title_zh": "文件", "file": upload(), "reason": "x"}
    ),
    (Dataset, "offer-api"): wrong(draft, **API, reason="x"),
    (Dataset, "offer-link"): wrong(draft, **LINK, reason="x"),
    (Dataset, "line"): Wrong(withdrawn, lambda row: line_told(row, basis=catalog.basis().pk)),
    (Dataset, "grant"): Wrong(
        draft,
        lambda row: {
            "to": accounts.organization(OrganizationKind.COMPANY).pk,
            "fields_granted": [catalog.table(row).fields.get().pk],
            "channel": "open",
            "modes": ["query"],
            "clear_up_to": 2,
            "purpose": "a map of car parks",
            "valid_from": "2026-03-02",
            "valid_until": "2027-03-02",
        },
    ),
    (Dataset, "note-change"): wrong(draft, since="2026-03-02", because="x"),
    (Dataset, "extend-term"): wrong(published, reason="x"),
    (Dataset, "close-change"): wrong(published, reason="x"),
    (Dataset, "withdraw"): wrong(draft, reason="old"),
    (App, "key"): wrong(a_closed_app, expires_on="2999-12-31"),
    (App, "close"): wrong(a_closed_app),
    (ApiKey, "quota"): wrong(a_revoked_key, rate_per_minute=5, daily_quota=50),
    (ApiKey, "revoke"): wrong(a_revoked_key),
    (Duty, "link"): wrong(a_duty_that_ended, datasets=[]),
    (Duty, "retire"): wrong(a_duty_that_ended),
    (Demand, "accept"): Wrong(
        a_satisfied_demand, lambda _row: {"provider": accounts.organization().pk}
    ),
    (Demand, "catalogue"): Wrong(a_satisfied_demand, lambda row: {"dataset": row.dataset_id}),
    (Demand, "decline"): wrong(a_satisfied_demand, reason="x"),
    (Demand, "satisfy"): wrong(an_open_demand),
    (Demand, "reopen"): wrong(an_open_demand, reason="x"),
    (Demand, "keep-back"): wrong(a_demand_kept_back, reason="x"),
    (Demand, "show"): wrong(an_open_demand),
    (Resource, "amend"): wrong(an_ended_offer, title_zh="报告", reason="x"),
    (Resource, "end"): wrong(an_ended_offer, reason="x"),
    (Resource, "open"): wrong(an_ended_offer, reason="x"),
    (Resource, "close"): wrong(an_ended_offer, reason="x"),
    (FileVersion, "release"): wrong(a_released_version),
    (Resource, "version"): Wrong(an_ended_offer, lambda _row: {"file": upload(), "note": "2"}),
    (DatasetField, "grade"): wrong(its_field(published), **GRADED),
    (DatasetField, "regrade"): wrong(its_field(draft), **GRADED),
    (DatasetField, "relabel"): wrong(its_field(draft), name="other", label_zh="改", reason="x"),
    (DatasetField, "withdraw"): wrong(its_field(draft), reason="x"),
    (DatasetField, "change"): wrong(its_field(published), **FIELD),
    (DatasetField, "end"): wrong(its_field(published)),
    (Source, "remove"): wrong(a_bound_source),
    (Delegation, "end"): wrong(a_past_delegation),
    (Binding, "sync"): wrong(a_withdrawn_table),
    (Binding, "reschedule"): wrong(
        a_withdrawn_table,
        schedule_minutes=60,
        full_every_days=7,
        max_rejected_percent=5,
        max_shrink_percent=5,
    ),
    (SyncRun, "release"): wrong(a_finished_run),
    (SyncRun, "discard"): wrong(a_finished_run),
    (SyncRun, "undo"): wrong(a_held_run, reason="x"),
    (Grant, "revoke"): wrong(a_revoked_grant, reason="x"),
    (Grant, "mark"): wrong(an_ended_grant),
    (Grant, "unmark"): wrong(an_ended_grant),
    (Grant, "suspend"): wrong(an_ended_grant, reason="x", mend_by="2990-01-01"),
    (Grant, "resume"): wrong(an_ended_grant, reason="x"),
    (Grant, "end"): wrong(an_ended_grant, reason="x"),
    (Grant, "stop"): wrong(an_ended_grant, cause="x", from_day="2990-01-01", notice="x"),
    (Stop, "agree"): wrong(a_stop_taken_back),
    (Stop, "object"): wrong(a_stop_taken_back, reason="x"),
    (Stop, "decide"): wrong(a_stop_taken_back, ends="yes", reason="x"),
    (Stop, "take_back"): wrong(a_stop_taken_back, reason="x"),
    (Correction, "answer"): wrong(a_report(answered=True), found="right", text="x"),
    (Correction, "more"): wrong(a_report(answered=True), text="x"),
    (Correction, "supply"): wrong(a_report(answered=True), evidence="x"),
    (Correction, "evaluate"): wrong(a_report(answered=False), score=3, text="x"),
    (Comment, "show"): wrong(a_withdrawn_comment),
    (Comment, "hide"): wrong(a_withdrawn_comment, reason="x"),
    (Comment, "answer"): wrong(a_withdrawn_comment, text="x"),
    (Comment, "take-up"): wrong(a_withdrawn_comment),
    (Showcase, "show"): wrong(a_withdrawn_app),
    (Showcase, "refuse"): wrong(a_withdrawn_app, reason="x"),
    (Showcase, "end"): wrong(a_withdrawn_app, reason="x"),
    (Contest, "publish"): wrong(a_contest_called_off),
    (Contest, "change"): Wrong(a_contest_called_off, contest_fields),
    (Contest, "announce"): wrong(a_contest_called_off),
    (Contest, "withdraw"): wrong(a_contest_called_off, reason="x"),
    (Wish, "show"): wrong(a_withdrawn_wish),
    (Wish, "hide"): wrong(a_withdrawn_wish, reason="x"),
    (Wish, "give"): Wrong(a_withdrawn_wish, lambda _row: {"provider": accounts.organization().pk}),
    (Wish, "extend"): wrong(a_withdrawn_wish, reason="x"),
    (Wish, "answer"): wrong(
        a_withdrawn_wish, outcome="planned", text="x", planned_on="2999-01-01"
    ),
    (Wish, "merge"): Wrong(a_withdrawn_wish, lambda _row: {"into": community.wish(shown=True).pk}),
    (NegativeLine, "forward"): wrong(line_in(LineState.ENDED), opinion="a"),
    (NegativeLine, "return"): wrong(line_in(LineState.ENDED), opinion="a"),
    (NegativeLine, "publish"): wrong(line_in(LineState.ENDED)),
    (NegativeLine, "send-back"): wrong(line_in(LineState.ENDED), opinion="a"),
    (NegativeLine, "renew"): wrong(line_in(LineState.ENDED), review_on="2990-01-01"),
    (NegativeLine, "end"): wrong(line_in(LineState.ENDED), reason="x"),
    (LegalBasis, "verify"): wrong(catalog.basis, text_zh=catalog.TEXT, source="官网"),
    (LegalBasis, "next"): Wrong(
        a_basis_with_a_later_version, lambda row: NEXT | {"law_zh": row.law_zh}
    ),
    (Membership, "revoke"): wrong(the_only_audit_administrator),
    (User, "grant"): Wrong(
        somebody_who_left,
        lambda _row: {"role": "publisher", "organization": accounts.organization().pk},
    ),
    (User, "invite_again"): wrong(somebody_who_left),
    (User, "unlock"): wrong(accounts.user),
    (User, "reset_factor"): wrong(accounts.user),
    (User, "deactivate"): wrong(somebody_who_left),
    (Revision, "sign"): wrong(a_decided_revision),
    (Revision, "accept"): wrong(a_decided_revision, reason="x"),
    (Revision, "refuse"): wrong(a_decided_revision, reason="x"),
}
"""For each button that a state can bar, a row in another state. A new button is entered here."""

NO_STATE_BARS = {
    (Dataset, "fields"): "leads to a page, whose verb refuses",
    (Dataset, "field_table"): "leads to a page, whose verb refuses",
    (Dataset, "new-fields"): "leads to a page, whose verb refuses",
    (Dataset, "copy"): "an entry in any state may be a model",
    (Resource, "bind"): "tables are bound before and after publication",
    (Resource, "suggest"): "suggestions decide nothing",
    (AllowedHost, "refuse"): "a host on the list can leave it",
    (Source, "test"): "trying a source changes nothing",
    (Source, "change"): "a source has no states",
    (Binding, "bind"): "tables are bound before and after publication",
    (Binding, "suggest"): "suggestions decide nothing",
    (RejectedRow, "look"): "a row that is kept can be looked at",
    (LegalBasis, "end"): "the last day may be said anew",
}
"""The buttons that stand open in every state of their row, and why."""
BARRED = [
    (model, button) for model, button in AT_ROWS if (model, button.name) not in NO_STATE_BARS
]


def able(permission: str, desk: Desk, row: Any) -> User:
    """Return somebody who may press the button at this row."""
    if isinstance(row, App | ApiKey) and holders(permission)[0] == Role.DEVELOPER:
        return App.objects.get().created_by
    role = next(one for one in holders(permission) if one in OFFICE_ROLES)
    if isinstance(row, Correction):
        answers = permission == "exchange.answer_correction"
        return accounts.user(role, row.dataset.owner if answers else row.organization)
    button = next(one for one in desk.buttons if one.permission == permission)
    return accounts.user(role, None if role in CITY_WIDE else desk.side_of(button, row))


def test_each_button_at_a_row_is_tried_or_stands_open_in_every_state():
    known = {(model, button.name) for model, button in AT_ROWS}

    assert {*WRONG, *NO_STATE_BARS} == known
    assert not WRONG.keys() & NO_STATE_BARS.keys()


@pytest.mark.parametrize(("model", "button"), BARRED, ids=label)
def test_a_button_pressed_in_a_wrong_state_answers_409_with_a_sentence_and_the_way_back(
    model, button, at_desk, said
):
    case = WRONG[model, button.name]
    row = case.row()
    told = case.told(row)
    desk = at_desk(able(button.permission, admin.site._registry[model], row))
    entries = Entry.objects.count()

    answer = desk.press(row, button.name, **told)

    assert answer.status_code == 409, said(answer)
    assert said(answer)
    assert answer.context["back"] in answer.content.decode()
    assert Entry.objects.count() == entries


# what a refusal looks like


def test_a_refused_dialogue_keeps_what_was_typed_and_one_without_inputs_lists_what_is_missing(
    at_desk,
):
    entry = published()
    desk = at_desk(accounts.user(Role.PUBLISHER, entry.owner))
    bare = catalog.dataset(State.DRAFT, ["street", "house"], grade=None)
    clerk = at_desk(accounts.user(Role.PUBLISHER, bare.owner))

    typed = desk.press(entry, "update", **METADATA | {"title_zh": "改过的名称"})
    asked = clerk.press(bare, "ask-signature")

    assert 'value="改过的名称"' in typed.content.decode()
    assert (typed.status_code, asked.status_code) == (409, 409)
    missing = [f"<li>{one.sentence}" for one in publication_defects(bare)]
    page = asked.content.decode()
    assert len(missing) >= 2
    assert [one for one in missing if one[:20] not in page] == []
    assert asked.context["refused"].endswith("Missing:")


def test_a_right_that_the_verb_misses_is_a_page_of_the_office_with_the_way_back(at_desk):
    dataset = published()
    one = catalog.table(dataset).fields.get()
    operator = accounts.user(Role.OPERATOR)
    Membership.objects.create(user=operator, organization=dataset.owner, role=Role.HEAD)
    for values, why in (
        ({"grade": 4, "open_type": "not_open"}, "stricter"),
        ({"grade": 1, "open_type": "unconditional"}, "looser"),
    ):
        opening.regrade(dataset.pk, {one.pk: values}, by=operator, at=exchange.NOW, reason=why)
    revision = Revision.objects.latest("pk")

    answer = at_desk(operator).press(revision, "accept", reason="mine")

    assert answer.status_code == 403
    assert answer.context["refused"]
    assert f"/revision/{revision.pk}/change/" in answer.content.decode()


def test_a_form_that_does_not_fit_is_400_and_stays_open(at_desk):
    entry = draft()
    desk = at_desk(accounts.user(Role.PUBLISHER, entry.owner))

    answer = desk.press(entry, "field", name="b", data_type="text", label_zh="")

    assert answer.status_code == 400
    assert answer.context["form"].errors["label_zh"]
