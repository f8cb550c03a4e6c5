"""Everything a person can fill, filled with scripts: none may run, and each shows as text."""

from dataclasses import dataclass
from datetime import timedelta

from accounts import companies, developers, keys
from accounts.models import App, User
from accounts.roles import Role
from catalog import demands
from catalog.models import Dataset, Subject
from catalog.terms import State
from community import comments, contests, showcases, wishes
from community.contests import Award
from community.models import Comment, CommentKind, Contest, Showcase, Wish
from community.states import Outcome
from community.wishes import Reply
from exchange.sync import engine
from policy.terms import DataType
from tests.factories import accounts, catalog, community, dealings, exchange, living
from tests.factories.dealings import Dealings
from tests.factories.exchange import House, column

SCRIPT = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
SHORT = "<svg onload=alert(3)>\"'>"
PATH = "hooks?<img/src=x/onerror=alert(4)>\"'<script>alert(5)</script>"
"""In an address there are no spaces; all else may stand in its query."""
EMAIL = '"<svg/onload=alert(6)>"@example.org'
GUEST = '"<svg/onload=alert(7)>%d"@example.org'
"""What stands in quotes before the @ is free."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """What was filled, and by whom."""

    member: User
    dataset: Dataset
    app: App
    showcase: Showcase
    wish: Wish
    contest: Contest
    comment: Comment
    dealings: Dealings
    guest: User


def things() -> Hostile:
    """Make them by the verbs, which take any text that is no other harm."""
    dataset = _dataset()
    member = living.newcomer(EMAIL, SHORT)
    living.member_speaks(member, SHORT)
    app = _app(member)
    traded = dealings.dealings(app.organization, member, app, words=SCRIPT, path=PATH, guest=GUEST)
    shown = _showcase(dataset, member)
    return Hostile(
        member=member,
        dataset=dataset,
        app=app,
        showcase=shown,
        wish=_wish(dataset, member),
        contest=_contest(dataset, shown),
        comment=_comments(dataset, member),
        dealings=traded,
        guest=living.newcomer(traded.invited.invitation.email, SHORT),
    )


def _dataset() -> Dataset:
    place = accounts.organization(name_zh=f"局{SCRIPT}", name_en=f"Office {SCRIPT}")
    subject = Subject.objects.create(code="109", name_zh=SCRIPT, name_en=SCRIPT)
    told = {"label_zh": SCRIPT, "label_en": SCRIPT, "description_zh": SCRIPT}
    made = catalog.dataset(
        State.DRAFT,
        [
            catalog.new_field("id", data_type=DataType.INTEGER, is_key=True),
            catalog.new_field("name", **told),
            catalog.new_field("kept", **told),
        ],
        owner=place,
        subject=subject,
        title_zh=SCRIPT,
        title_en=SCRIPT,
        abstract_zh=SCRIPT,
        abstract_en=SCRIPT,
        alias=SCRIPT,
        keywords_zh=[SHORT],
        keywords_en=[SHORT],
        contact=SCRIPT,
        license=SCRIPT,
    )
    columns = (column("id", DataType.INTEGER), column("name"), column("kept"))
    quoted = SCRIPT.replace('"', '""')
    rows = f'id,name,kept\n1,"{quoted}",x\n2,"{quoted}",y\n'
    where = House(
        place,
        accounts.user(Role.PUBLISHER, place),
        accounts.user(Role.HEAD, place),
        accounts.user(Role.OPERATOR),
        accounts.user(Role.SYSTEM_ADMIN),
    )
    table = catalog.table(made)
    engine.sync(exchange.csv_binding(where, rows, columns, resource=table).pk)
    published = exchange.publish(where, table)
    _line(published)
    _demand(published, where)
    return published


def _line(dataset: Dataset) -> None:
    today = exchange.now().date()
    law = {"law_zh": SCRIPT, "law_en": SCRIPT, "article": SHORT, "gist_zh": SCRIPT}
    catalog.negative_line(
        dataset,
        ["kept"],
        on=catalog.basis(**law, gist_en=SCRIPT),
        reason_zh=SCRIPT,
        from_on=today - timedelta(days=1),
        review_on=today + timedelta(days=300),
    )


def _demand(dataset: Dataset, where: House) -> None:
    told = dict.fromkeys(("title_zh", "title_en", "description", "scene", "legal_basis"), SCRIPT)
    place, by = where.department, where.publisher
    made = demands.raise_demand(organization=place, by=by, at=exchange.NOW, **told)
    demands.catalogue(made.pk, dataset=dataset, note=SCRIPT, by=where.operator, at=exchange.NOW)


def _app(member: User) -> App:
    now = exchange.now()
    claim = companies.claim(accounts.uscc(90), SCRIPT, SCRIPT, by=member, at=now)
    place = companies.approve(claim.pk, by=community.operator(), at=now)
    waiting = companies.claim(accounts.uscc(91), SCRIPT, SCRIPT, by=member, at=now)
    companies.refuse(waiting.pk, reason=SCRIPT, by=community.operator(), at=now)
    made = developers.create_app(place, SCRIPT, by=member, at=now)
    keys.issue(made, by=member, at=now, expires_at=now + timedelta(days=9), label=SCRIPT)
    return made


def _showcase(dataset: Dataset, member: User) -> Showcase:
    url = f"https://app.example/{PATH}"
    told = {"title_zh": SCRIPT, "title_en": SCRIPT, "text": SCRIPT, "url": url}
    refused = community.showcase(dataset, by=member, **told)
    showcases.refuse(refused.pk, reason=SCRIPT, by=community.operator(), at=exchange.NOW)
    return community.showcase(dataset, by=member, shown=True, **told)


def _wish(dataset: Dataset, member: User) -> Wish:
    told = {"title": SCRIPT, "text": SCRIPT, "purpose": SCRIPT}
    hidden = community.wish(by=member, dataset=dataset, **told)
    wishes.hide(hidden.pk, reason=SCRIPT, by=community.operator(), at=exchange.NOW)
    made = community.wish(by=member, dataset=dataset, shown=True, **told)
    wishes.extend(made.pk, reason=SCRIPT, by=community.operator(), at=exchange.NOW)
    reply = Reply(Outcome.EXISTS, SCRIPT, dataset=dataset)
    return wishes.answer(made.pk, reply, by=community.operator(), at=exchange.NOW)


def _contest(dataset: Dataset, app: Showcase) -> Contest:
    names = ("title", "text", "rules", "prizes")
    told = {f"{name}_{language}": SCRIPT for name in names for language in ("zh", "en")}
    by, at = community.operator(), exchange.now()
    off = community.contest(at=at, **told)
    contests.withdraw(off.pk, reason=SCRIPT, by=by, at=at)
    community.contest(at=at, datasets=[dataset.pk], **told)  # takes entries
    made = community.judged(app, at=at, datasets=[dataset.pk], **told)
    won = {made.entries.get().pk: Award(1, SCRIPT, SCRIPT)}
    return contests.announce(made.pk, won, by=by, at=at)


def _comments(dataset: Dataset, member: User) -> Comment:
    hidden = community.comment(dataset, by=member, text=SCRIPT)
    comments.hide(hidden.pk, reason=SCRIPT, by=community.operator(), at=exchange.NOW)
    remark = comments.Remark(CommentKind.CORRECTION, SCRIPT, row=1, field=SHORT)
    made = comments.say(dataset.pk, remark, by=member, at=exchange.NOW)
    comments.show(made.pk, by=community.operator(), at=exchange.NOW)
    reviewer = accounts.user(Role.REVIEWER, dataset.owner)
    return comments.answer(made.pk, text=SCRIPT, by=reviewer, at=exchange.NOW)
