"""The tables of what people say, and of what they follow. Import models from here."""

from community.models.comments import Comment, CommentKind
from community.models.contests import Contest, ContestEntry
from community.models.follows import Follow, Follower, Letters
from community.models.showcases import Showcase
from community.models.speakers import Speaker
from community.models.wishes import Vote, Wish

__all__ = [
    "Comment",
    "CommentKind",
    "Contest",
    "ContestEntry",
    "Follow",
    "Follower",
    "Letters",
    "Showcase",
    "Speaker",
    "Vote",
    "Wish",
]
