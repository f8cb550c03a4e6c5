"""The tables of what people say. Import models from here."""

from community.models.comments import Comment, CommentKind
from community.models.showcases import Showcase
from community.models.speakers import Speaker
from community.models.wishes import Vote, Wish

__all__ = ["Comment", "CommentKind", "Showcase", "Speaker", "Vote", "Wish"]
