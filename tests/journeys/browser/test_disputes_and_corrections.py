"""A refusal is disputed and goes back; a wrong record is reported, mended and told of."""

from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext

from accounts.models import Notice
from accounts.roles import Role
from audit import deliveries
from exchange.models import Binding, Correction, Dispute, Ground
from exchange.records.compile import VisibleField
from exchange.sharing import deciding, doubts
from exchange.sync import engine
from exchange.workflow import DISPUTE_STEPS, DisputeStep, State
from policy.terms import Treatment
from tests.factories import accounts, sharing

pytestmark = pytest.mark.slow
CASES = [("zh-hans", False), ("en", True)]


@pytest.mark.parametrize(("language", "narrow"), CASES)
def test_a_refusal_is_disputed_settled_and_goes_back_to_the_provider(site, language, narrow):
    two = sharing.two(rows=False)
    operator = accounts.user(Role.OPERATOR)
    now = timezone.now()
    request = two.signed("phone", at=now)
    deciding.propose_refusal(
        request.pk, ground=Ground.NOT_NECESSARY, reason="用途不需要", by=two.reviewer, at=now
    )
    deciding.sign_answer(request.pk, by=two.where.head, at=now)

    with translation.override(language):
        clerk = site.seat(two.clerk, language, narrow=narrow)
        clerk.open(reverse("admin:request_dispute", args=[request.pk]))
        clerk.fill(capfirst(gettext("what is claimed")), "办理补贴必须核对手机号")
        clerk.picture(f"dispute-open-{language}")
        assert clerk.fits()
        clerk.press(gettext("Open the dispute"))
        clerk.sees(gettext("The dispute is open, and the provider is told."))
        dispute = Dispute.objects.get()
        place = reverse("admin:dispute", args=[dispute.pk])

        provider = site.seat(two.reviewer, language, narrow=narrow)
        provider.open(place)
        provider.fill(capfirst(gettext("what is said")), "请说明必要性")
        provider.press(gettext("Say something"))
        provider.sees("请说明必要性")

        clerk.open(place)
        clerk.page.get_by_text(gettext("Take it one step up")).first.click()
        clerk.fill(capfirst(gettext("why no agreement was reached")), "协商未果")
        clerk.picture(f"dispute-{language}")
        assert clerk.fits()
        clerk.press(gettext("Take it one step up"))
        clerk.sees("协商未果")

        desk = site.seat(operator, language, narrow=narrow)
        desk.open(place)
        title = gettext("Settle it, or record how it was settled")
        desk.page.get_by_text(title).first.click()
        desk.page.get_by_label(str(DISPUTE_STEPS[DisputeStep.FOR_ASKER])).check()
        desk.fill(capfirst(gettext("how it was settled")), "应予共享")
        desk.press(title)
        desk.sees("应予共享")
        desk.picture(f"dispute-settled-{language}")

    request.refresh_from_db()
    assert request.state == State.IN_REVIEW
    assert clerk.troubles == provider.troubles == desk.troubles == []


@pytest.mark.parametrize(("language", "narrow"), CASES)
def test_a_wrong_record_is_reported_mended_and_told_of(site, language, narrow):
    two = sharing.two()
    grant = two.granted("phone")
    deliveries.deliver(
        at=timezone.now(),
        channel="share",
        mode="query",
        reader="department",
        dataset=two.dataset.slug,
        grant_id=grant.pk,
        rows=50,
    )
    office = accounts.organization(name_zh="街道办事处", name_en="Sub-district office")
    window = accounts.user(Role.PUBLISHER, office)

    with translation.override(language):
        clerk = site.seat(window, language, narrow=narrow)
        clerk.open(reverse("admin:exchange_correction_list_button", args=["report"]))
        clerk.page.locator("[name=dataset]").select_option(index=1)
        clerk.page.locator("[name=subject]").fill("id=7")
        clerk.page.locator("[name=fields_wrong]").fill("phone")
        clerk.page.locator("[name=text]").fill("手机号有误，当事人已出示证明")
        clerk.picture(f"correction-report-{language}")
        clerk.press(gettext("Report something wrong"))
        clerk.sees(
            gettext("The provider is told. A doubted row is marked, and nothing is held up.")
        )
        correction = Correction.objects.get()
        resource = Binding.objects.get().resource_id
        shown = {
            name: VisibleField(name, name, "text", Treatment.CLEAR) for name in ("id", "phone")
        }
        assert doubts.marks(resource, shown)

        provider = site.seat(two.reviewer, language, narrow=narrow)
        provider.open(reverse("admin:exchange_correction_change", args=[correction.pk]))
        provider.sees("手机号有误，当事人已出示证明")
        provider.picture(f"correction-{language}")
        assert provider.fits()
        provider.open(reverse("admin:exchange_correction_button", args=[correction.pk, "answer"]))
        provider.page.locator("[name=found][value=wrong]").check()
        provider.page.locator("[name=text]").fill("已在源头更正")
        provider.press(gettext("Answer"))
        provider.sees(gettext("The reporter is told."))

    path = Path(Binding.objects.get().object["path"])
    path.write_text(path.read_text().replace("13800000007", "13900000007"))
    engine.sync(Binding.objects.get().pk)
    assert doubts.spread_due(at=timezone.now()) == 1
    assert doubts.marks(resource, shown) == []
    assert Notice.objects.filter(kind="correction.spread", organization=two.asker).exists()
    assert clerk.troubles == provider.troubles == []
