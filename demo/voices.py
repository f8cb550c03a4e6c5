"""What citizens of the demo city say: comments, apps and wishes, some answered, some waiting.

They sign up through the verb that the members' door uses; their addresses end in `.invalid`, and
nobody can sign in as one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import members
from accounts.members import Newcomer
from accounts.models import User
from catalog.models import Resource
from community import comments, showcases, speaking, wishes
from community.comments import Remark
from community.models import CommentKind
from community.showcases import Shown
from community.states import Outcome
from community.wishes import Reply, Wished
from demo import shots
from demo.shots import Shot

CITIZENS = (
    ("林小满（虚构）", "lin@example.invalid", "骑车上班的人"),
    ("何以安（虚构）", "he@example.invalid", "社区规划爱好者"),
    ("周知远（虚构）", "zhou@example.invalid", "数据课老师"),
)
"""Name, address and the name they speak under."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Who shows, and who answers: an operator, and a reviewer of the department."""

    operator: User
    reviewer: User


def leave(resources: Mapping[str, Resource], hands: Answering, *, at: datetime) -> None:
    """Let three citizens comment, hand in apps and wish; leave of each kind one that waits."""
    citizens = [citizen(*told, at=at - timedelta(days=30)) for told in CITIZENS]
    _comments(resources["business-registrations"].dataset_id, citizens, hands, at=at)
    _apps(resources, citizens, hands, at=at)
    _wishes(resources["business-registrations"].dataset_id, citizens, hands, at=at)


def citizen(name: str, email: str, called: str, *, at: datetime) -> User:
    """Let somebody sign up, and choose the name they speak under."""
    """Let somebody sign up and choose the name they speak under."""
    user = members.sign_up(Newcomer(name, email), at=at)
    members.confirmed(user, at=at)
    speaking.take_name(called, by=user, at=at)
    return user


def _comments(dataset_id: int, citizens: list[User], hands: Answering, *, at: datetime) -> None:
    cyclist, planner, teacher = citizens
    thanks = comments.say(
        dataset_id,
        Remark(CommentKind.COMMENT, "经营范围能否按行业代码再分一列？便于课堂统计。"),
        by=teacher,
        at=at - timedelta(days=12),
    )
    comments.show(thanks.pk, by=hands.operator, at=at - timedelta(days=11))
    comments.answer(
        thanks.pk,
        text="谢谢建议。下一次修订将增加行业大类代码。",
        by=hands.reviewer,
        at=at - timedelta(days=8),
    )
    wrong = comments.say(
        dataset_id,
        Remark(CommentKind.CORRECTION, "有一家店铺的地址仍是搬迁前的街道。"),
        by=planner,
        at=at - timedelta(days=2),
    )
    comments.show(wrong.pk, by=hands.operator, at=at - timedelta(days=1))
    comments.say(
        dataset_id,
        Remark(CommentKind.COMMENT, "更新很及时，希望保持。"),
        by=cyclist,
        at=at,
    )


def _apps(
    resources: Mapping[str, Resource], citizens: list[User], hands: Answering, *, at: datetime
) -> None:
    cyclist, planner, _teacher = citizens
    shown = showcases.submit(
        Shown(
            title_zh="下一班",
            title_en="Next bus",
            text="输入站名，看附近线路和首末班时间。",
            url="https://next-bus.example.invalid/",
            datasets=[resources["bus-stops"].dataset_id],
            picture=shots.drawn(Shot.DOTS, "Next bus"),
        ),
        by=cyclist,
        at=at - timedelta(days=9),
    )
    showcases.show(shown.pk, by=hands.operator, at=at - timedelta(days=7))
    showcases.submit(
        Shown(
            title_zh="新店地图",
            title_en="New shops",
            text="按街道统计每月新登记的商户。",
            url="https://new-shops.example.invalid/",
            datasets=[resources["business-registrations"].dataset_id],
            picture=shots.drawn(Shot.BARS, "New shops"),
        ),
        by=planner,
        at=at - timedelta(days=1),
    )


def _wishes(dataset_id: int, citizens: list[User], hands: Answering, *, at: datetime) -> None:
    cyclist, planner, teacher = citizens
    asked = wishes.wish(
        Wished("商户注销日期", "希望在登记信息中加上注销日期。", "研究街区商业变化", dataset_id),
        by=planner,
        at=at - timedelta(days=6),
    )
    wishes.show(asked.pk, by=hands.operator, at=at - timedelta(days=5))
    for voter in (cyclist, teacher):
        wishes.vote(asked.pk, by=voter, at=at - timedelta(days=4))
    planned = wishes.wish(
        Wished("公共自行车停放点", "希望开放停放点位置与桩位数。", "做一个骑行应用"),
        by=cyclist,
        at=at - timedelta(days=20),
    )
    wishes.show(planned.pk, by=hands.operator, at=at - timedelta(days=19))
    day = timezone.localdate(at) + timedelta(days=60)
    wishes.answer(
        planned.pk,
        Reply(Outcome.PLANNED, "数据正在整理，完成脱敏评估后开放。", planned_on=day),
        by=hands.operator,
        at=at - timedelta(days=10),
    )
    wishes.wish(
        Wished("路灯报修记录", "希望按街道开放路灯报修与修复时间。", "了解夜间出行安全"),
        by=teacher,
        at=at,
    )
