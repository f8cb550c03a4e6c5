"""Buttons by which a published entry is amended: what the forms say, as the verb wants it."""

from backoffice.buttons import Press
from backoffice.forms.catalog import mask_of
from catalog import amending
from catalog.drafting import NewField
from policy.terms import DataType, Grade, OpenType, ShareType


def amend(press: Press) -> None:
    """Propose other metadata."""
    told = dict(press.told)
    reason = told.pop("reason")
    amending.propose(press.target.pk, metadata=told, reason=reason, by=press.by, at=press.at)


def new_field(press: Press) -> None:
    """Propose a field with its grade."""
    told = press.told
    new = NewField(
        name=told["name"],
        label_zh=told["label_zh"],
        label_en=told["label_en"],
        data_type=DataType(told["data_type"]),
        length=told["length"],
    )
    added = amending.AddedField(
        new=new,
        grade=Grade(told["grade"]),
        share_type=ShareType(told["share_type"]),
        open_type=OpenType(told["open_type"]),
        mask=mask_of(told),
        reason=told["reason"],
    )
    reason = told["reason"]
    amending.propose(press.target.pk, added=[added], reason=reason, by=press.by, at=press.at)
