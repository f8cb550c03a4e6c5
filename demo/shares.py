"""Share requests of the demo city in every state, and grants that came of them.

The transport bureau asks the approval bureau for its registrations. All of it goes through the
verbs, dated back so that every light shows on the desks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Organization, User
from catalog import deadlines
from catalog.models import Field, Resource
from catalog.terms import ClockStep
from exchange.models import Grant, Ground, Purpose, ShareRequest, Stop
from exchange.models.corrections import Wrong
from exchange.models.disputes import About
from exchange.sharing import asking, clocks, corrections, deciding, disputes, lifecycle, stopping
from exchange.sharing.contents import Terms
from exchange.sharing.requests import asked
from exchange.workflow import DisputeStep, State
from policy.terms import Grade, Mode

HALF_A_YEAR = 180


@dataclass(frozen=True, slots=True)
class Asker:
    """The department that asks, and its people."""

    organization: Organization
    clerk: User
    head: User


@dataclass(frozen=True, slots=True)
class Provider:
    """The table that is asked for, who answers for it, and who checks requests for form.

    The national body of rules has no formal check; the older municipal one does.
    """

    resource: Resource
    reviewer: User
    head: User
    operator: User


def leave(asker: Asker, provider: Provider, *, at: datetime) -> Mapping[str, int]:
    """Leave a request in every state of the body of rules in force; returns how many in each.

    One stands in the formal check where the rules have one (CLOCK_PROFILE).
    """
    way = Way(asker, provider, at)
    way.drafted("客运车辆年审前核对企业登记信息", days_ago=0)
    way.submitted("核对道路运输企业的登记状态", days_ago=0)
    if ClockStep.FORMAL_CHECK in deadlines.clocks().limits:
        way.received("农村客运线路经营者核对", days_ago=1)
    way.signed("道路运输许可办理", days_ago=1)
    way.signed("货运企业信用评价", days_ago=25)
    _more_time(way)
    to_complete(asker, provider, at=at)
    way.proposed("公交场站租赁核验", days_ago=3)
    _disputed(way, _refused(way, "停车收费营销分析"), About.REFUSAL)
    _disputed(way, _refused(way, "加油站客流分析"), About.REFUSAL, above=True)
    _withdrawn(way)
    way.at_once("企业名录比对", days_ago=2)
    _in_part(way)
    way.granted("机动车维修备案", days_ago=170, days=185)  # its end is near
    _suspended(way)
    _disposed(way)
    _to_be_stopped(way, "联合执法名单核对")
    _stop_objected(way)
    _reported(way)
    states = ShareRequest.objects.values_list("state", flat=True)
    return {state: list(states).count(state) for state in set(states)}


class Way:
    """Takes requests of one department to where each is to stand."""

    def __init__(self, asker: Asker, provider: Provider, at: datetime) -> None:
        self.asker, self.provider, self.at = asker, provider, at
        fields = list(Field.objects.filter(resource=provider.resource).live())
        self.plain = [one.pk for one in fields if one.grade is not None and one.grade < Grade.L3]
        self.personal = [one.pk for one in fields if one.grade == Grade.L3]

    def ago(self, days: int) -> datetime:
        """Return a moment before the city was built."""
        return self.at - timedelta(days=days)

    def terms(self, purpose: str, start: date, **over: Any) -> Terms:
        """Return what a request says."""
        told = Terms(
            purpose_class=Purpose.BASIS,
            purpose=purpose,
            scene="窗口受理",
            system="运政管理系统",
            mode=Mode.QUERY,
            fields=[*self.plain, *self.personal],
            wanted_from=start,
            wanted_until=start + timedelta(days=HALF_A_YEAR),
            basis_text="《海湾市道路运输管理办法》（虚构）第六条",
            clear_up_to=Grade.L3,
            calls_average=80,
            calls_peak=300,
        )
        return replace(told, **over)

    def drafted(self, purpose: str, *, days_ago: int, **over: Any) -> ShareRequest:
        """Draft a request."""
        at = self.ago(days_ago)
        return asking.draft(
            self.provider.resource.dataset_id,
            self.terms(purpose, timezone.localdate(at), **over),
            organization=self.asker.organization,
            by=self.asker.clerk,
            at=at,
        )

    def submitted(self, purpose: str, *, days_ago: int, **over: Any) -> ShareRequest:
        """Lay a request before the asking department's head."""
        request = self.drafted(purpose, days_ago=days_ago, **over)
        return asking.submit(request.pk, by=self.asker.clerk, at=self.ago(days_ago))

    def signed(self, purpose: str, *, days_ago: int, **over: Any) -> ShareRequest:
        """Let the head sign it, and the data authority pass it on where it checks the form."""
        request = self.received(purpose, days_ago=days_ago, **over)
        if request.state != State.IN_CHECK:
            return request
        return deciding.pass_check(request.pk, by=self.provider.operator, at=self.ago(days_ago))

    def received(self, purpose: str, *, days_ago: int, **over: Any) -> ShareRequest:
        """Let the head sign it, with which it is received."""
        request = self.submitted(purpose, days_ago=days_ago, **over)
        return asking.sign(request.pk, vouched=True, by=self.asker.head, at=self.ago(days_ago))

    def at_once(self, purpose: str, *, days_ago: int) -> ShareRequest:
        """Ask for what every department may have: granted with the signature."""
        return self.signed(purpose, days_ago=days_ago, fields=self.plain, clear_up_to=Grade.L2)

    def proposed(self, purpose: str, *, days_ago: int, **over: Any) -> ShareRequest:
        """Let the provider's reviewer propose to agree."""
        request = self.signed(purpose, days_ago=days_ago, **over)
        return deciding.propose(
            request.pk, asked(request), by=self.provider.reviewer, at=self.ago(days_ago)
        )

    def granted(
        self, purpose: str, *, days_ago: int, days: int = HALF_A_YEAR, **over: Any
    ) -> Grant:
        """Let the provider's head sign the answer."""
        start = timezone.localdate(self.ago(days_ago))
        request = self.proposed(
            purpose, days_ago=days_ago, wanted_until=start + timedelta(days=days), **over
        )
        deciding.sign_answer(request.pk, by=self.provider.head, at=self.ago(days_ago))
        return Grant.objects.get(request=request)


def _more_time(way: Way) -> None:
    request = way.signed("驾驶员从业资格关联核查", days_ago=12)
    clocks.ask_extension(
        request.pk,
        reason="须征求登记机关意见。",
        by=way.provider.reviewer,
        at=way.ago(1),
    )


def to_complete(asker: Asker, provider: Provider, *, at: datetime) -> None:
    """Let a provider tell once what is missing."""
    way = Way(asker, provider, at)
    request = way.signed("网约车平台资质审查", days_ago=4)
    deciding.ask_more(
        request.pk,
        missing=["请补充系统的等级保护备案证明。", "请说明每日调用的时段。"],
        by=way.provider.reviewer,
        at=way.ago(2),
    )


def _refused(way: Way, purpose: str) -> ShareRequest:
    request = way.signed(purpose, days_ago=8)
    deciding.propose_refusal(
        request.pk,
        ground=Ground.BEYOND_DUTY,
        reason="营销分析不属于申请部门的法定职责。",
        by=way.provider.reviewer,
        at=way.ago(5),
    )
    return deciding.sign_answer(request.pk, by=way.provider.head, at=way.ago(4))[0]


def _disputed(way: Way, request: ShareRequest, about: About, *, above: bool = False) -> None:
    """Let the asking department dispute an answer, and take it up to the data authority."""
    dispute = disputes.open_dispute(
        request.pk,
        about=about,
        claim="该用途列于本部门的行业管理职责，请复核。",
        by=way.asker.clerk,
        at=way.ago(3),
    )
    if above:
        disputes.escalate(
            dispute.pk,
            to=DisputeStep.TO_AUTHORITY,
            text="双方协商未成，请数据主管部门协调。",
            by=way.asker.clerk,
            at=way.ago(2),
        )


def _reported(way: Way) -> None:
    """Let the asking department report what is wrong: lately, and so long ago that it is late."""
    for text, days in (
        ("“登记机关”一项的说明与实际取值不符。", 2),
        ("目录写明每日更新，近期两次更新相隔三日。", 30),
    ):
        corrections.report(
            way.provider.resource.dataset_id,
            corrections.Report(Wrong.ENTRY, text),
            organization=way.asker.organization,
            by=way.asker.clerk,
            at=way.ago(days),
        )


def _withdrawn(way: Way) -> None:
    request = way.signed("道路养护企业名单", days_ago=6)
    asking.withdraw(request.pk, reason="已由公开数据满足。", by=way.asker.clerk, at=way.ago(5))


def _in_part(way: Way) -> None:
    request = way.signed("出租汽车经营许可审查", days_ago=9)
    part = replace(asked(request), clear_up_to=Grade.L2)
    deciding.propose(
        request.pk,
        part,
        reason="联系方式按最小必要以脱敏值提供。",
        by=way.provider.reviewer,
        at=way.ago(6),
    )
    deciding.sign_answer(request.pk, by=way.provider.head, at=way.ago(5))


def _suspended(way: Way) -> None:
    """Suspend two grants: one to be mended still, one whose term is over."""
    for purpose, began, term in (("港口作业单位核验", 10, 7), ("渡口经营者核验", 30, -3)):
        grant = way.granted(purpose, days_ago=began + 5)
        lifecycle.suspend(
            grant.pk,
            reason="调用量与申报用途不符。",
            mend_by=timezone.localdate(way.at) + timedelta(days=term),
            by=way.provider.reviewer,
            at=way.ago(began),
        )


def _disposed(way: Way) -> None:
    """End two grants with their purpose; the receipt of disposal is there for one of them."""
    ended = way.granted("春运包车备案", days_ago=40)
    lifecycle.purpose_over(ended.pk, reason="春运已结束。", by=way.asker.clerk, at=way.ago(2))
    grant = way.granted("营运证集中换发", days_ago=60)
    lifecycle.purpose_over(grant.pk, reason="集中换发已完成。", by=way.asker.clerk, at=way.ago(7))
    lifecycle.dispose(
        grant.pk,
        receipt="已删除全部副本，销毁记录第 12 号。",
        by=way.asker.head,
        at=way.ago(6),
    )


def _stop_objected(way: Way) -> None:
    """Let the consumer's head object to a stop; the data authority decides."""
    stop = _to_be_stopped(way, "校车服务单位核验")
    stopping.refuse(stop.pk, reason="新接口尚未联调，请延后。", by=way.asker.head, at=way.ago(0))


def _to_be_stopped(way: Way, purpose: str) -> Stop:
    """Let the provider ask to stop a service; the consumer's head has not answered yet."""
    grant = way.granted(purpose, days_ago=20)
    return stopping.ask(
        grant.pk,
        cause="登记系统整合，原接口下线。",
        from_day=timezone.localdate(way.at) + timedelta(days=45),
        notice="海数备〔2026〕7号",
        by=way.provider.head,
        at=way.ago(1),
    )
