"""What is refused of what people say, each with a code, an HTTP status and a sentence.

No right is `accounts.roles.NotAllowed` (403), a wrong state `exchange.workflow.StepRefused` (409).
"""

from exchange.problems import Problem


class TextRefused(Problem):
    """A text is empty, too long, or made of characters that nobody can read."""

    code = "text-refused"


class NameRefused(Problem):
    """A name that somebody else goes by, or that could be taken for an office's."""

    code = "name-refused"


class PictureRefused(Problem):
    """A file that is no picture, or too large a one."""

    code = "picture-refused"


class AnswerRefused(Problem):
    """An answer that lacks what its kind needs: a dataset, a day, an article of law."""

    code = "answer-refused"


class TooMuchSaid(Problem):
    """A member said as much today as one may in a day."""

    code = "too-much-said"
    status = 429


class FollowedEnough(Problem):
    """A member follows as many datasets as one may."""

    code = "followed-enough"
    status = 409


class ContestRefused(Problem):
    """A contest that does not hold together: days out of order, an award that cannot be given."""

    code = "contest-refused"
