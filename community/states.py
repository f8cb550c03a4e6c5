"""How comments, apps, wishes and contests move: tables to read aloud, and what asks them."""

from collections.abc import Mapping
from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.states import after_step
from exchange.workflow import StepRefused


class CommentState(models.TextChoices):
    """Where a comment stands."""

    WAITING = "waiting", gettext_lazy("waits for a look")
    SHOWN = "shown", gettext_lazy("shown to everybody")
    HIDDEN = "hidden", gettext_lazy("not shown")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn by its author")


class CommentStep(StrEnum):
    """What can be done with a comment."""

    SHOW = "show"
    HIDE = "hide"
    ANSWER = "answer"
    TAKE_UP = "take_up"
    WITHDRAW = "withdraw"


COMMENT_MOVES: Mapping[tuple[CommentState, CommentStep], CommentState] = {
    (CommentState.WAITING, CommentStep.SHOW): CommentState.SHOWN,
    (CommentState.HIDDEN, CommentStep.SHOW): CommentState.SHOWN,
    (CommentState.WAITING, CommentStep.HIDE): CommentState.HIDDEN,
    (CommentState.SHOWN, CommentStep.HIDE): CommentState.HIDDEN,
    (CommentState.SHOWN, CommentStep.ANSWER): CommentState.SHOWN,
    # a complaint that is kept from others, because it tells of a person, is answered all the same
    (CommentState.HIDDEN, CommentStep.ANSWER): CommentState.HIDDEN,
    (CommentState.SHOWN, CommentStep.TAKE_UP): CommentState.SHOWN,
    (CommentState.HIDDEN, CommentStep.TAKE_UP): CommentState.HIDDEN,
    (CommentState.WAITING, CommentStep.WITHDRAW): CommentState.WITHDRAWN,
    (CommentState.SHOWN, CommentStep.WITHDRAW): CommentState.WITHDRAWN,
    (CommentState.HIDDEN, CommentStep.WITHDRAW): CommentState.WITHDRAWN,
}
COMMENT_STEPS: Mapping[CommentStep, Promise] = {
    CommentStep.SHOW: gettext_lazy("shown"),
    CommentStep.HIDE: gettext_lazy("hidden"),
    CommentStep.ANSWER: gettext_lazy("answered"),
    CommentStep.TAKE_UP: gettext_lazy("made a report of something wrong"),
    CommentStep.WITHDRAW: pgettext_lazy("step", "withdrawn"),
}


class ShowcaseState(models.TextChoices):
    """Where an app stands that somebody built on the data."""

    SUBMITTED = "submitted", gettext_lazy("waits for review")
    SHOWN = "shown", gettext_lazy("shown to everybody")
    REFUSED = "refused", gettext_lazy("not shown")
    ENDED = "ended", gettext_lazy("not shown any more")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn by its author")


class ShowcaseStep(StrEnum):
    """What can be done with an app that is shown."""

    SHOW = "show"
    REFUSE = "refuse"
    END = "end"
    WITHDRAW = "withdraw"


SHOWCASE_MOVES: Mapping[tuple[ShowcaseState, ShowcaseStep], ShowcaseState] = {
    (ShowcaseState.SUBMITTED, ShowcaseStep.SHOW): ShowcaseState.SHOWN,
    (ShowcaseState.REFUSED, ShowcaseStep.SHOW): ShowcaseState.SHOWN,
    (ShowcaseState.ENDED, ShowcaseStep.SHOW): ShowcaseState.SHOWN,
    (ShowcaseState.SUBMITTED, ShowcaseStep.REFUSE): ShowcaseState.REFUSED,
    (ShowcaseState.SHOWN, ShowcaseStep.END): ShowcaseState.ENDED,
    (ShowcaseState.SUBMITTED, ShowcaseStep.WITHDRAW): ShowcaseState.WITHDRAWN,
    (ShowcaseState.SHOWN, ShowcaseStep.WITHDRAW): ShowcaseState.WITHDRAWN,
    (ShowcaseState.REFUSED, ShowcaseStep.WITHDRAW): ShowcaseState.WITHDRAWN,
    (ShowcaseState.ENDED, ShowcaseStep.WITHDRAW): ShowcaseState.WITHDRAWN,
}
SHOWCASE_STEPS: Mapping[ShowcaseStep, Promise] = {
    ShowcaseStep.SHOW: gettext_lazy("shown"),
    ShowcaseStep.REFUSE: gettext_lazy("refused"),
    ShowcaseStep.END: gettext_lazy("taken down"),
    ShowcaseStep.WITHDRAW: pgettext_lazy("step", "withdrawn"),
}


class WishState(models.TextChoices):
    """Where a wish for data stands."""

    WAITING = "waiting", gettext_lazy("waits for a look")
    OPEN = "open", gettext_lazy("waits for an answer")
    ANSWERED = "answered", gettext_lazy("answered")
    MERGED = "merged", gettext_lazy("joined with another wish")
    HIDDEN = "hidden", gettext_lazy("not shown")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn by its author")


class WishStep(StrEnum):
    """What can be done with a wish."""

    SHOW = "show"
    HIDE = "hide"
    GIVE = "give"
    EXTEND = "extend"
    ANSWER = "answer"
    MERGE = "merge"
    VOTE = "vote"
    WITHDRAW = "withdraw"


WISH_MOVES: Mapping[tuple[WishState, WishStep], WishState] = {
    (WishState.WAITING, WishStep.SHOW): WishState.OPEN,
    (WishState.HIDDEN, WishStep.SHOW): WishState.OPEN,
    (WishState.WAITING, WishStep.HIDE): WishState.HIDDEN,
    (WishState.OPEN, WishStep.HIDE): WishState.HIDDEN,
    (WishState.ANSWERED, WishStep.HIDE): WishState.HIDDEN,
    (WishState.WAITING, WishStep.GIVE): WishState.WAITING,
    (WishState.OPEN, WishStep.GIVE): WishState.OPEN,
    (WishState.OPEN, WishStep.EXTEND): WishState.OPEN,
    (WishState.OPEN, WishStep.ANSWER): WishState.ANSWERED,
    # what will be opened is opened one day: answered anew
    (WishState.ANSWERED, WishStep.ANSWER): WishState.ANSWERED,
    (WishState.OPEN, WishStep.MERGE): WishState.MERGED,
    (WishState.WAITING, WishStep.MERGE): WishState.MERGED,
    (WishState.OPEN, WishStep.VOTE): WishState.OPEN,
    (WishState.ANSWERED, WishStep.VOTE): WishState.ANSWERED,
    (WishState.WAITING, WishStep.WITHDRAW): WishState.WITHDRAWN,
    (WishState.OPEN, WishStep.WITHDRAW): WishState.WITHDRAWN,
    (WishState.HIDDEN, WishStep.WITHDRAW): WishState.WITHDRAWN,
}
WISH_STEPS: Mapping[WishStep, Promise] = {
    WishStep.SHOW: gettext_lazy("shown"),
    WishStep.HIDE: gettext_lazy("hidden"),
    WishStep.GIVE: gettext_lazy("given to a department"),
    WishStep.EXTEND: gettext_lazy("given more time"),
    WishStep.ANSWER: gettext_lazy("answered"),
    WishStep.MERGE: gettext_lazy("joined with another"),
    WishStep.VOTE: gettext_lazy("voted for"),
    WishStep.WITHDRAW: pgettext_lazy("step", "withdrawn"),
}


class ContestState(models.TextChoices):
    """Where a contest stands."""

    DRAFT = "draft", gettext_lazy("drafted")
    PUBLISHED = "published", gettext_lazy("shown to everybody")
    ANNOUNCED = "announced", gettext_lazy("results announced")
    WITHDRAWN = "withdrawn", pgettext_lazy("state", "withdrawn")


class ContestStep(StrEnum):
    """What can be done with a contest."""

    CHANGE = "change"
    PUBLISH = "publish"
    ENTER = "enter"
    LEAVE = "leave"
    ANNOUNCE = "announce"
    WITHDRAW = "withdraw"


CONTEST_MOVES: Mapping[tuple[ContestState, ContestStep], ContestState] = {
    (ContestState.DRAFT, ContestStep.CHANGE): ContestState.DRAFT,
    (ContestState.PUBLISHED, ContestStep.CHANGE): ContestState.PUBLISHED,
    (ContestState.DRAFT, ContestStep.PUBLISH): ContestState.PUBLISHED,
    (ContestState.PUBLISHED, ContestStep.ENTER): ContestState.PUBLISHED,
    (ContestState.PUBLISHED, ContestStep.LEAVE): ContestState.PUBLISHED,
    (ContestState.PUBLISHED, ContestStep.ANNOUNCE): ContestState.ANNOUNCED,
    # an award that was given by mistake is put right: announced anew
    (ContestState.ANNOUNCED, ContestStep.ANNOUNCE): ContestState.ANNOUNCED,
    (ContestState.DRAFT, ContestStep.WITHDRAW): ContestState.WITHDRAWN,
    (ContestState.PUBLISHED, ContestStep.WITHDRAW): ContestState.WITHDRAWN,
}
CONTEST_STEPS: Mapping[ContestStep, Promise] = {
    ContestStep.CHANGE: gettext_lazy("changed"),
    ContestStep.PUBLISH: gettext_lazy("published"),
    ContestStep.ENTER: pgettext_lazy("step", "entered"),
    ContestStep.LEAVE: pgettext_lazy("step", "left"),
    ContestStep.ANNOUNCE: gettext_lazy("announced with results"),
    ContestStep.WITHDRAW: pgettext_lazy("step", "withdrawn"),
}


class Phase(StrEnum):
    """How far a contest is that everybody sees; the days decide, until results are announced."""

    AHEAD = "ahead"
    OPEN = "open"
    JUDGED = "judged"
    ANNOUNCED = "announced"


class Outcome(models.TextChoices):
    """What a wish is answered with."""

    OPENED = "opened", gettext_lazy("opened now")
    PLANNED = "planned", gettext_lazy("will be opened")
    EXISTS = "exists", gettext_lazy("open already")
    REFUSED = "refused", gettext_lazy("refused by law")


def move_comment(state: str, step: CommentStep, *, of: object) -> CommentState:
    """Return a comment's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        COMMENT_MOVES,
        COMMENT_STEPS,
        CommentState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Comment %(comment)s: %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        comment=of,
    )


def move_showcase(state: str, step: ShowcaseStep, *, of: object) -> ShowcaseState:
    """Return an app's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        SHOWCASE_MOVES,
        SHOWCASE_STEPS,
        ShowcaseState(state),
        step,
        refused=StepRefused,
        sentence=_("App %(app)s: %(state)s. It can be %(step)s only when it is: %(possible)s."),
        app=of,
    )


def move_wish(state: str, step: WishStep, *, of: object) -> WishState:
    """Return a wish's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        WISH_MOVES,
        WISH_STEPS,
        WishState(state),
        step,
        refused=StepRefused,
        sentence=_("Wish %(wish)s: %(state)s. It can be %(step)s only when it is: %(possible)s."),
        wish=of,
    )


def move_contest(state: str, step: ContestStep, *, of: object) -> ContestState:
    """Return a contest's state after a step. Raises StepRefused: when the step is possible."""
    return after_step(
        CONTEST_MOVES,
        CONTEST_STEPS,
        ContestState(state),
        step,
        refused=StepRefused,
        sentence=_(
            "Contest “%(contest)s”: %(state)s. It can be %(step)s only when it is: %(possible)s."
        ),
        contest=of,
    )
