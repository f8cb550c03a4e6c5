"""Buttons at an entry: what the forms say, as the verbs want it."""

from django.utils.translation import gettext

from backoffice.buttons import Press
from catalog import negative_list, publishing, updates
from catalog.drafting import NewField
from catalog.terms import ResourceKind
from exchange import opening
from exchange.sharing import grants
from policy.terms import Channel, Grade, Mode


def create(press: Press) -> None:
    """Draft an entry."""
    told = press.told
    publishing.create_dataset(
        told.pop("slug"), owner=told.pop("owner"), **told, by=press.by, at=press.at
    )


def update(press: Press) -> None:
    """Change a draft's metadata."""
    publishing.update_dataset(press.target.pk, **press.told, by=press.by, at=press.at)


def add_field(press: Press) -> None:
    """Add a field to a draft's table, which is made with the first."""
    new = NewField(**press.told)
    table = press.target.resources.filter(kind=ResourceKind.TABLE).first()
    if table is None:
        publishing.add_table(press.target.pk, fields=[new], by=press.by, at=press.at)
    else:
        publishing.add_field(table.pk, new, by=press.by, at=press.at)


def sign(press: Press) -> None:
    """Sign as the head."""
    seen = press.told.pop("seen")
    publishing.sign(press.target.pk, checklist=press.told, seen=seen, by=press.by, at=press.at)


def submit(press: Press) -> None:
    """Submit, with the answer to what the one-source check found."""
    publishing.submit(
        press.target.pk,
        collected_again=press.told.get("collected_again", ""),
        by=press.by,
        at=press.at,
    )


def send_back(press: Press) -> None:
    """Send back with all that is missing."""
    publishing.send_back(press.target.pk, defects=press.told["defects"], by=press.by, at=press.at)


def publish(press: Press) -> str:
    """Publish, and say how many rows are open."""
    seen = press.told["seen"]
    projection = opening.publish(press.target.pk, seen=seen, by=press.by, at=press.at)
    text = gettext("The dataset is published; %(rows)s rows are open to everyone.")
    return text % {"rows": projection.rows}


def note_change(press: Press) -> None:
    """Say what changed around an entry, and since when."""
    updates.note(press.target.pk, **press.told, by=press.by, at=press.at)


def extend_term(press: Press) -> None:
    """Consent to a longer term to follow a change."""
    updates.extend(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


def close_change(press: Press) -> None:
    """Say that a change needs no amendment."""
    updates.close(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


def withdraw(press: Press) -> None:
    """Withdraw with a reason."""
    opening.withdraw(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


def propose_line(press: Press) -> None:
    """Propose a line of the negative list."""
    told = press.told
    basis = told.pop("basis")
    negative_list.propose(
        press.target.pk,
        basis_id=basis.pk if basis else None,
        field_ids=[field.pk for field in told.pop("fields_barred")],
        bars=[Channel(bar) for bar in told.pop("bars")],
        **told,
        by=press.by,
        at=press.at,
    )


def grant(press: Press) -> None:
    """Grant fields to an organisation."""
    told = press.told
    grants.grant(
        press.target.pk,
        fields=[field.pk for field in told.pop("fields_granted")],
        channel=Channel(told.pop("channel")),
        modes=[Mode(mode) for mode in told.pop("modes")],
        clear_up_to=Grade(told.pop("clear_up_to")),
        **told,
        by=press.by,
        at=press.at,
    )
