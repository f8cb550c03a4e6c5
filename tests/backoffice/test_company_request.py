"""A company's application at the desk: no words of the law between departments stand on it."""

import pytest
from django.urls import reverse

from exchange.sharing import applications, deciding, lifecycle
from exchange.sharing.requests import asked
from exchange.workflow import StepRefused
from tests.factories import market as markets
from tests.factories import sharing
from tests.factories.market import NOW, TRUE, UNTIL

pytestmark = pytest.mark.django_db
BETWEEN_DEPARTMENTS = (
    "Order 809",
    "asking department",
    "the department is told",
    "stating basis",
    "yes or no",
)


@pytest.fixture
def market():
    return markets.market()


def shown(desk, request, name="deciding") -> str:
    answer = desk.client.get(reverse(f"admin:{name}", args=[request.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def foreign(text: str) -> list[str]:
    """Return what stands on a page that is said between departments alone."""
    return [one for one in BETWEEN_DEPARTMENTS if one.lower() in text.lower()]


def test_at_each_step_the_page_and_the_paper_speak_of_the_applicant(market, at_desk):
    reviewer, head = at_desk(market.reviewer), at_desk(market.where.head)
    operator = at_desk(market.where.operator)
    request = market.handed_in("turnover", "phone")
    seen = [shown(reviewer, request), shown(reviewer, request, "deciding_print")]
    assert "Once only, and everything at once." in seen[0]
    assert "A comment, which the applicant reads" in seen[0]
    assert "Application for conditional open data" in seen[1]
    assert "Handed in by" in seen[0]

    deciding.propose(request.pk, asked(request), by=market.reviewer, at=NOW)
    seen += [shown(head, request), shown(operator, request)]
    assert "and the applicant is told" in seen[2]
    grant = deciding.sign_answer(request.pk, by=market.where.head, at=NOW)[1]
    lifecycle.suspend(grant.pk, reason="x", mend_by=UNTIL, by=market.reviewer, at=NOW)
    seen += [shown(reviewer, market.handed_in("turnover")), shown(reviewer, request)]

    assert [foreign(text) for text in seen] == [[]] * len(seen)
    assert "Misused: suspended, or ended for it." in seen[4]
    assert "unconditional" not in seen[4].split("Misused")[1][:200]


def test_what_an_act_says_when_it_is_done_names_the_applicant(market, at_desk):
    request = market.handed_in("turnover")
    reviewer = at_desk(market.reviewer)

    for name, told in (
        ("comment", {"comment-reason": "Which shops?"}),
        ("more", {"more-reason": "Name the product"}),
    ):
        place = reverse("admin:deciding_act", args=[request.pk, name])
        page = reviewer.client.post(place, told, follow=True).content.decode()

        assert "The applicant" in page
        assert foreign(page) == []


def test_asking_for_more_again_is_refused_without_the_order(market):
    request = market.handed_in("turnover")
    deciding.ask_more(request.pk, missing=["product"], by=market.reviewer, at=NOW)
    applications.hand_in(request.pk, by=market.person, at=NOW, **TRUE)

    with pytest.raises(StepRefused, match="told once only") as refused:
        deciding.ask_more(request.pk, missing=["more"], by=market.reviewer, at=NOW)

    assert foreign(str(refused.value)) == []


def test_between_departments_the_order_is_cited_still(at_desk):
    two = sharing.two(rows=False)

    assert "Order 809, article 21" in shown(at_desk(two.reviewer), two.signed("phone"))
