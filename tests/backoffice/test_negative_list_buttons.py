"""Lines and legal bases by buttons, and what is refused."""

from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.utils import timezone

from accounts.roles import Role
from catalog.models import LegalBasis, NegativeLine
from catalog.terms import LineState
from tests.factories import accounts, catalog


def permission_of(model, button):
    """Return the permission that a button at a row asks for."""
    desk = admin.site._registry[model]
    return next(one.permission for one in desk.buttons if one.name == button)


def line_told(dataset, **over):
    told = {
        "fields_barred": [catalog.table(dataset).fields.get().pk],
        "bars": ["share", "open"],
        "reason_zh": "测试",
        "substitute": "none",
        "from_on": "2026-03-02",
        "review_on": f"{timezone.localdate() + timedelta(days=90)}",
    }
    return told | over


def test_a_line_goes_through_three_people_by_buttons(at_desk, said):
    dataset = catalog.dataset()
    basis = catalog.basis()
    proposer = at_desk(catalog.able("catalog.propose_negativeline", dataset.owner))
    legal = at_desk(catalog.able("catalog.legal_review_negativeline", dataset.owner))
    operator = at_desk(accounts.user(Role.OPERATOR))

    proposer.press(dataset, "line", **line_told(dataset, basis=basis.pk))
    line = NegativeLine.objects.get()
    legal.press(line, "forward", opinion="carried by the article")
    published = operator.press(line, "publish")

    line.refresh_from_db()
    assert line.state == LineState.PUBLISHED, said(published)
    assert list(line.fields.all()) == list(catalog.table(dataset).fields.all())

    operator.press(line, "renew", review_on="2990-01-01", opinion="still so")
    line.refresh_from_db()
    assert line.review_on == date(2990, 1, 1)

    operator.press(line, "end", reason="the law changed")
    line.refresh_from_db()
    assert line.state == LineState.ENDED


def test_a_line_without_a_basis_is_refused(at_desk, said):
    dataset = catalog.dataset()
    desk = at_desk(catalog.able("catalog.propose_negativeline", dataset.owner))

    answer = desk.press(dataset, "line", **line_told(dataset))

    assert "needs its legal basis" in said(answer)
    assert not NegativeLine.objects.exists()


def test_a_line_on_an_unverified_basis_is_not_published(at_desk, said):
    line = catalog.negative_line(
        state=LineState.AUTHORITY_REVIEW, on=catalog.basis(verified=False)
    )

    answer = at_desk(accounts.user(Role.OPERATOR)).press(line, "publish")

    assert "has not been verified" in said(answer)


@pytest.mark.parametrize(
    ("button", "told"),
    [
        ("forward", {"opinion": "a"}),
        ("return", {"opinion": "a"}),
        ("publish", {}),
        ("renew", {"review_on": "2990-01-01"}),
    ],
    ids=str,
)
def test_a_line_that_ended_takes_no_step(button, told, at_desk, said):
    line = catalog.negative_line(state=LineState.ENDED)
    permission = permission_of(NegativeLine, button)
    desk = at_desk(catalog.able(permission, line.dataset.owner))

    answer = desk.press(line, button, **told)

    assert answer.status_code == 409
    assert "only when" in said(answer)


def test_an_article_is_entered_and_verified_word_for_word(at_desk, said):
    desk = at_desk(accounts.user(Role.OPERATOR))
    told = {
        "law_zh": "测试法",
        "article": "第一条",
        "gist_zh": "测试",
        "tier": "law",
        "in_force_from": "2020-01-01",
    }
    desk.press_above(LegalBasis, "create", **told)
    basis = LegalBasis.objects.get(law_zh="测试法")

    short = desk.press(basis, "verify", text_zh="短", source="官网")
    assert "word for word" in said(short)

    desk.press(basis, "verify", text_zh=catalog.TEXT, source="官网")
    basis.refresh_from_db()
    assert basis.certainty == "verified"

    again = desk.press(basis, "verify", text_zh=catalog.TEXT, source="官网")
    assert "verified already" in said(again)

    desk.press(basis, "next", **told | {"in_force_from": "2026-01-01"})
    basis.refresh_from_db()
    assert basis.in_force_until == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("state", "button", "role"),
    [
        (LineState.PROPOSED, "forward", Role.OPERATOR),
        (LineState.PROPOSED, "return", Role.PUBLISHER),
        (LineState.AUTHORITY_REVIEW, "publish", Role.HEAD),
        (LineState.AUTHORITY_REVIEW, "send-back", Role.REVIEWER),
        (LineState.PUBLISHED, "renew", Role.HEAD),
        (LineState.PUBLISHED, "end", Role.PUBLISHER),
    ],
    ids=str,
)
def test_a_button_of_a_line_is_refused_to_the_wrong_role(state, button, role, at_desk):
    line = catalog.negative_line(state=state)
    before = NegativeLine.objects.get(pk=line.pk)

    answer = at_desk(catalog.staff(role, line.dataset.owner)).press(
        line, button, opinion="a", reason="a", review_on="2990-01-01"
    )

    line.refresh_from_db()
    assert answer.status_code == 403
    assert (line.state, line.review_on) == (before.state, before.review_on)
