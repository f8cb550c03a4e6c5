"""Buttons by which a published entry is amended: what the forms say, as the verb wants it."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice.buttons import Button, Press
from backoffice.forms import amendments as forms
from catalog import additions, amending
from catalog.models import Dataset, Field, Resource, Revision
from catalog.terms import ResourceKind, State
from exchange import file_verbs

RIGHT = "catalog.update_dataset"
DONE = _("The change waits for the signature of the head.")
NOTE = _("It holds once the head has signed it and the data authority has reviewed it.")


def _told(press: Press) -> tuple[dict, str]:
    told = dict(press.told)
    return told, told.pop("reason")


def _amend(press: Press) -> Revision:
    told, reason = _told(press)
    return amending.propose(
        press.target.pk, metadata=told, reason=reason, by=press.by, at=press.at
    )


def _amend_field(press: Press) -> Revision:
    told, reason = _told(press)
    return amending.propose(
        press.target.resource.dataset_id,
        fields={press.target.pk: told},
        reason=reason,
        by=press.by,
        at=press.at,
    )


def _amend_offer(press: Press) -> Revision:
    told, reason = _told(press)
    return amending.propose(
        press.target.dataset_id,
        resources={press.target.pk: told},
        reason=reason,
        by=press.by,
        at=press.at,
    )


def _offer_file(press: Press) -> Revision:
    told, reason = _told(press)
    file = told.pop("file")
    offered = additions.offered_file(name=file.name, stream=file, **told)
    return _offer(press, offered, reason)


def _offer_address(kind: ResourceKind):
    """Return the press that proposes an interface or a link."""

    def press_it(press: Press) -> Revision:
        told, reason = _told(press)
        return _offer(press, additions.offered_address(kind, **told), reason)

    return press_it


def _offer(press: Press, offered: dict, reason: str) -> Revision:
    return amending.propose(
        press.target.pk, offered=[offered], reason=reason, by=press.by, at=press.at
    )


def _end(press: Press) -> None:
    file_verbs.end_resource(
        press.target.pk, reason=press.told.get("reason", ""), by=press.by, at=press.at
    )


def _to_new_fields(press: Press) -> HttpResponse:
    return redirect("admin:new_fields", press.target.pk)


def _published(dataset: Dataset) -> bool:
    return dataset.state == State.PUBLISHED


def _live(row: Field | Resource) -> bool:
    dataset = row.resource.dataset if isinstance(row, Field) else row.dataset
    return row.ended_at is None and _published(dataset)


def _offered(resource: Resource) -> bool:
    return resource.kind != ResourceKind.TABLE and _live(resource)


def _can_end(resource: Resource) -> bool:
    return (
        resource.kind != ResourceKind.TABLE
        and resource.ended_at is None
        and resource.dataset.state in {State.DRAFT, State.PUBLISHED}
    )


AT_DATASET = (
    Button(
        name="amend",
        label=_("Propose a change"),
        permission=RIGHT,
        press=_amend,
        done=DONE,
        note=NOTE,
        form=forms.AmendForm,
        offered=_published,
    ),
    Button(
        name="new-fields",
        label=_("Propose fields"),
        permission=RIGHT,
        press=_to_new_fields,
        done="",
        offered=_published,
    ),
    Button(
        name="offer-file",
        label=_("Propose a file"),
        permission=RIGHT,
        press=_offer_file,
        done=DONE,
        note=NOTE,
        form=forms.OfferFileForm,
        offered=_published,
    ),
    Button(
        name="offer-api",
        label=_("Propose an interface"),
        permission=RIGHT,
        press=_offer_address(ResourceKind.API),
        done=DONE,
        note=NOTE,
        form=forms.OfferApiForm,
        offered=_published,
    ),
    Button(
        name="offer-link",
        label=_("Propose a link"),
        permission=RIGHT,
        press=_offer_address(ResourceKind.LINK),
        done=DONE,
        note=NOTE,
        form=forms.OfferLinkForm,
        offered=_published,
    ),
)

AT_FIELD = (
    Button(
        name="relabel",
        label=_("Propose a change"),
        permission=RIGHT,
        press=_amend_field,
        done=DONE,
        note=NOTE,
        form=forms.RelabelForm,
        offered=_live,
    ),
)

AT_RESOURCE = (
    Button(
        name="amend",
        label=_("Propose a change"),
        permission=RIGHT,
        press=_amend_offer,
        done=DONE,
        note=NOTE,
        form=forms.OfferAmendForm,
        offered=_offered,
    ),
    Button(
        name="end",
        label=_("End"),
        permission=RIGHT,
        press=_end,
        done=_("It is off the entry, and stays in its history."),
        form=forms.EndOfferForm,
        offered=_can_end,
        variant=ActionVariant.DANGER,
    ),
)
