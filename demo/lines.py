"""Lines of the negative list in the demo city: at each step of their way somebody has to act."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from catalog import negative_list
from catalog.models import LegalBasis, Resource
from policy.terms import Channel

REVIEW_DAYS = 365


def for_the_authority(volunteers: Resource, *, publisher: User, head: User, at: datetime) -> None:
    """Propose a line that the department's legal review has passed on."""
    line = negative_list.propose(
        volunteers.dataset_id,
        field_ids=[volunteers.fields.get(name="health_note").pk],
        reason_zh="健康信息属于敏感个人信息，不向社会公开。",
        reason_en="Health is sensitive personal information and is not opened.",
        by=publisher,
        **_told(at),
    )
    negative_list.legal_review(line.pk, passed=True, opinion="同意上报。", by=head, at=at)


def for_legal_review(registrations: Resource, *, publisher: User, at: datetime) -> None:
    """Propose a line that nobody has looked at yet."""
    negative_list.propose(
        registrations.dataset_id,
        field_ids=[registrations.fields.get(name="contact_phone").pk],
        reason_zh="联系电话多为个人手机号码。",
        reason_en="The phone is mostly a person's own mobile.",
        by=publisher,
        **_told(at),
    )


def returned(registrations: Resource, *, publisher: User, head: User, at: datetime) -> None:
    """Propose a line that the department's own legal review returns; it can be proposed anew."""
    line = negative_list.propose(
        registrations.dataset_id,
        field_ids=[registrations.fields.get(name="address").pk],
        reason_zh="住所地址可能与经营者家庭住址重合。",
        reason_en="The registered address may be where the owner lives.",
        by=publisher,
        **_told(at),
    )
    opinion = "住所依法公示，本条依据不足；如仅限个体工商户，请缩小范围后重新提出。"
    negative_list.legal_review(line.pk, passed=False, opinion=opinion, by=head, at=at)


def _told(at: datetime) -> dict[str, Any]:
    basis = LegalBasis.objects.filter(law_zh__contains="个人信息保护法").order_by("pk").first()
    if basis is None:
        raise LookupError("The library of legal bases has no 个人信息保护法.")
    today = timezone.localdate(at)
    return {
        "basis_id": basis.pk,
        "bars": [Channel.OPEN],
        "from_on": today,
        "review_on": today + timedelta(days=REVIEW_DAYS),
        "at": at,
    }
