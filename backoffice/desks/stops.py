"""Services that a provider wants to stop: answered by the consumer, decided where they differ."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import Organization
from backoffice.buttons import Button, Press
from backoffice.desk import GrantPaperDesk
from backoffice.forms.dressed import ReasonForm
from backoffice.forms.grants import AgreeForm, DecideStopForm
from exchange.models import Stop
from exchange.sharing import stopping
from exchange.stop_flow import UNDECIDED, StopState


def _consumer(stop: Stop) -> Organization:
    return stop.grant.organization


def _provider(stop: Stop) -> Organization:
    return stop.grant.dataset.owner


def _undecided(stop: Stop) -> bool:
    return stop.state in UNDECIDED


def _for_authority(stop: Stop) -> bool:
    silent = stop.state == StopState.ASKED and stop.due_on < timezone.localdate()
    return silent or stop.state == StopState.OBJECTED


def _agree(press: Press) -> None:
    stopping.agree(press.target.pk, **press.told, by=press.by, at=press.at)


def _refuse(press: Press) -> None:
    reason = press.told["reason"]
    stopping.refuse(press.target.pk, reason=reason, by=press.by, at=press.at)


def _decide(press: Press) -> None:
    stopping.decide(press.target.pk, **press.told, by=press.by, at=press.at)


def _take_back(press: Press) -> None:
    reason = press.told["reason"]
    stopping.take_back(press.target.pk, reason=reason, by=press.by, at=press.at)


@admin.register(Stop)
class StopDesk(GrantPaperDesk):
    """Asked for at the grant; here both sides and the data authority see it and go on with it."""

    list_display = ["id", "grant", "state", "from_day", "due_on", "asked_at"]
    list_filter = ["state", "from_day", "due_on"]
    list_select_related = ["grant__organization", "grant__dataset__owner"]
    search_fields = ["=id", "=grant__id", "cause", "notice", "grant__dataset__title_zh"]
    ordering = ["-id"]
    fields = [
        ("grant", "state"),
        "cause",
        ("from_day", "notice"),
        ("asked_by", "asked_at", "due_on"),
        "answer",
        ("answered_by", "answered_at"),
        "decision",
        ("document", "decided_by", "decided_at"),
    ]
    buttons = (
        Button(
            name="agree",
            label=_("Agree to the stop"),
            permission=stopping.SIGN,
            press=_agree,
            done=_("The service ends on the day named, and both sides are told."),
            note=_("The service goes on until then; what was received is disposed of after it."),
            form=AgreeForm,
            offered=_undecided,
            of=_consumer,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="object",
            label=_("Object"),
            permission=stopping.SIGN,
            press=_refuse,
            done=_("The data authority decides. The service goes on until then."),
            form=ReasonForm,
            offered=lambda stop: stop.state == StopState.ASKED,
            of=_consumer,
            variant=ActionVariant.DANGER,
        ),
        Button(
            name="decide",
            label=_("Decide on the stop"),
            permission=stopping.DECIDE,
            press=_decide,
            done=_("It is decided, and both sides are told."),
            note=_("Possible when the consumer objected, or did not answer in time."),
            form=DecideStopForm,
            offered=_for_authority,
            of=_provider,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="take_back",
            label=_("Take the stop back"),
            permission="exchange.stop_grant",
            press=_take_back,
            done=_("The service goes on as it was, and both sides are told."),
            form=ReasonForm,
            offered=_undecided,
            of=_provider,
        ),
    )
