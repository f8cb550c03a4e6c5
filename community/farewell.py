"""A member closes the account: what they said stays, without their name; their list goes."""

from datetime import datetime

from django.db import transaction

from accounts import members
from accounts.models import User
from community import follows, speaking


@transaction.atomic
def close(person_id: int, *, by: User, at: datetime) -> None:
    """Close a member's account as `accounts.members.close` does, take the name they spoke under
    off all they said, and delete the list of what they follow.

    Raises what `accounts.members.close` raises.
    """
    speaking.forget(by=by, at=at)
    members.close(person_id, by=by, at=at)
    follows.forget(person_id)
