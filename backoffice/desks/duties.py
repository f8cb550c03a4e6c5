"""What departments have to do by law, and which datasets serve that."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.forms import offers as forms
from catalog import duties
from catalog.models import Duty


def _create(press: Press) -> None:
    told = press.told
    duties.create(told.pop("code"), **told, by=press.by, at=press.at)


def _goes_on(duty: Duty) -> bool:
    return duty.ended_at is None


@admin.register(Duty)
class DutyDesk(Desk):
    """Duties with their basis in law."""

    owner_path = "organization"
    list_display = ["code", "title_zh", "title_en", "organization", "ended_at"]
    list_filter = ["organization"]
    list_select_related = ["organization"]
    search_fields = ["code", "title_zh", "title_en", "legal_basis"]
    ordering = ["organization", "code"]
    list_buttons = (
        Button(
            name="create",
            label=_("Enter a duty"),
            permission="catalog.keep_duty",
            press=_create,
            done=_("The duty is entered. Choose the datasets that serve it next."),
            form=forms.NewDutyForm,
        ),
    )
    buttons = (
        Button(
            name="link",
            label=_("Choose datasets"),
            permission="catalog.keep_duty",
            press=lambda press: duties.link(
                press.target.pk, datasets=press.told["datasets"], by=press.by, at=press.at
            ),
            done=_("The datasets of the duty are as you chose."),
            form=forms.DutyDatasetsForm,
            offered=_goes_on,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="retire",
            label=_("End"),
            permission="catalog.keep_duty",
            press=lambda press: duties.retire(press.target.pk, by=press.by, at=press.at),
            done=_("The duty has ended; it stays with its datasets."),
            offered=_goes_on,
            variant=ActionVariant.DANGER,
        ),
    )
