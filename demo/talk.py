"""Citizens take part in the grown city: what `demo.said` lists, said and answered by the verbs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from catalog.models import Dataset, LegalBasis
from community import comments, showcases, wishes
from community.comments import Remark
from community.showcases import Shown
from community.states import Outcome
from community.wishes import Reply, Wished
from demo import contests, shots
from demo.said import APPS, CITIZENS, SAID, WISHES, App, Said, Wish
from demo.voices import citizen
from policy.terms import Certainty

JOINED_DAYS = 200


def leave(publishers: Mapping[str, User], *, at: datetime) -> None:
    """Let the citizens sign up and speak; departments answer by their publishers, by address."""
    operator = User.objects.get(username="operator1")
    citizens = [citizen(*told, at=at - timedelta(days=JOINED_DAYS)) for told in CITIZENS]
    datasets = {one.slug: one for one in Dataset.objects.published().select_related("owner")}
    for said in SAID:
        _say(said, citizens, datasets[said.dataset], publishers, at=at)
    for app in APPS:
        _show(app, citizens, datasets, operator, at=at)
    for wish in WISHES:
        _wish(wish, citizens, datasets, publishers, operator, at=at)
    contests.hold(operator, at=at)


def _say(
    said: Said,
    citizens: Sequence[User],
    dataset: Dataset,
    publishers: Mapping[str, User],
    *,
    at: datetime,
) -> None:
    then = at - timedelta(days=said.days_ago)
    remark = Remark(said.kind, said.text, field=said.field)
    comment = comments.say(dataset.pk, remark, by=citizens[said.citizen], at=then)
    clerk = publishers[dataset.owner.slug]
    if said.shown:
        comments.show(comment.pk, by=clerk, at=min(at, then + timedelta(hours=5)))
    if said.answer:
        answered = min(at, then + timedelta(days=3))
        comments.answer(comment.pk, text=said.answer, by=clerk, at=answered)


def _show(
    app: App,
    citizens: Sequence[User],
    datasets: Mapping[str, Dataset],
    operator: User,
    *,
    at: datetime,
) -> None:
    then = at - timedelta(days=app.days_ago, hours=2)
    shown = showcases.submit(
        Shown(
            title_zh=app.title_zh,
            title_en=app.title_en,
            text=app.text,
            url=app.url,
            datasets=[datasets[slug].pk for slug in app.datasets],
            picture=shots.drawn(app.shot, app.title_en),
        ),
        by=citizens[app.citizen],
        at=then,
    )
    if app.shown:
        showcases.show(shown.pk, by=operator, at=min(at, then + timedelta(days=1)))


def _wish(
    wish: Wish,
    citizens: Sequence[User],
    datasets: Mapping[str, Dataset],
    publishers: Mapping[str, User],
    operator: User,
    *,
    at: datetime,
) -> None:
    then = at - timedelta(days=wish.days_ago)
    told = Wished(wish.title, wish.text, wish.purpose)
    made = wishes.wish(told, by=citizens[wish.citizen], at=then)
    if not wish.shown:
        return
    wishes.show(made.pk, by=operator, at=then + timedelta(hours=6))
    if wish.owner:
        provider = publishers[wish.owner].organizations()[0]
        wishes.give(made.pk, provider=provider, by=operator, at=then + timedelta(hours=7))
    for number, voter in enumerate(wish.votes, 1):
        cast = min(at, then + timedelta(hours=9 * number))
        wishes.vote(made.pk, by=citizens[voter], at=cast)
    if wish.outcome is not None:
        answered = min(at, then + timedelta(days=6))
        reply = _reply(wish, wish.outcome, datasets, at=at)
        wishes.answer(made.pk, reply, by=publishers[wish.owner], at=answered)


def _reply(
    wish: Wish, outcome: Outcome, datasets: Mapping[str, Dataset], *, at: datetime
) -> Reply:
    """Return an answer; a refusal names the city's invented article, which was read."""
    basis = None
    if outcome == Outcome.REFUSED:
        basis = LegalBasis.objects.filter(certainty=Certainty.VERIFIED).order_by("pk").first()
    ahead = timezone.localdate(at) + timedelta(days=wish.days_ahead)
    return Reply(
        outcome,
        wish.answer,
        dataset=datasets.get(wish.found),
        planned_on=ahead if outcome == Outcome.PLANNED else None,
        basis=basis,
    )
