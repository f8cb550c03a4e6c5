"""The desk of a model: layout, scope by organisation, and buttons. No rule lives here."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, Q, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin

from accounts.models import Organization
from accounts.roles import CITY_WIDE, PERMISSIONS, NotAllowed, require
from backoffice.buttons import (
    REFUSALS,
    Button,
    Press,
    Shown,
    Warned,
    opening,
    person_of,
    reasons,
    status_of,
)
from backoffice.linked import asking
from backoffice.recorded import Recorded


class Desk(ModelAdmin):
    """Shows rows and offers verbs. Nothing is changed but by a verb, and nothing deleted.

    `owner_path` leads from a row to the organisation it belongs to, as a lookup; people whose
    role acts for one organisation see that organisation's rows only. Empty: rows belong to all.
    """

    owner_path = ""
    buttons: tuple[Button, ...] = ()
    list_buttons: tuple[Button, ...] = ()
    show_full_result_count = False
    list_per_page = 50
    actions: Any = None
    list_filter_submit = True
    compressed_fields = True
    formfield_overrides: Any = {URLField: {"assume_scheme": "https"}}

    # scope

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the rows this person may see."""
        rows = super().get_queryset(request)
        places = self.places(request) if self.owner_path else None
        if places is None:
            return rows
        return rows.filter(**{f"{self.owner_path}__in": places})

    def places(self, request: HttpRequest) -> set[int | None] | None:
        """Return for which organisations this person sees rows; None: of the whole city."""
        asked = f"{self.opts.app_label}.view_{self.opts.model_name}"
        seeing = [
            (role, place)
            for role, place in person_of(request).live_roles()
            if asked in PERMISSIONS[role]
        ]
        if any(role in CITY_WIDE for role, _place in seeing):
            return None
        return {place for _role, place in seeing}

    def opens(self, request: HttpRequest, row: Any) -> bool:
        """Whether this person is shown the page of a row."""
        may = self.has_view_permission(request, row)
        return may and self.get_queryset(request).filter(pk=row.pk).exists()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the columns; what names another row is a link only where the person may go."""
        return asking(self, request, obj, super().get_fieldsets(request, obj))

    def owner_of(self, row: Any) -> Organization | None:
        """Return the organisation a row belongs to, None where rows belong to all."""
        if row is None or not self.owner_path:
            return None
        return reduce(getattr, self.owner_path.split("__"), row)

    def side_of(self, button: Button, row: Any) -> Organization | None:
        """Return whose right a button takes at a row, None where anybody's will do."""
        if row is None or button.of is None:
            return self.owner_of(row)
        return button.of(row)

    # nothing but verbs

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are made by verbs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows are changed by verbs."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Rows stay."""
        return False

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Lead back to the desk from a row that is not there for this person, as Django asks."""
        del opts, object_id
        text = _("What you asked for is not there, or belongs to another department.")
        messages.warning(request, text)
        return redirect(f"{self.admin_site.name}:index")

    # buttons

    def get_urls(self) -> list[URLPattern]:
        """Return the admin's addresses with those of the buttons before them."""
        view = self.admin_site.admin_view(self.press_view)
        return [
            path("do/<slug:name>/", view, name=self._address("list_button")),
            path("<int:object_id>/do/<slug:name>/", view, name=self._address("button")),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the buttons that make new rows above it."""
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["actions_list"] = self._drawn(request, self.list_buttons, None)
            shown = response.context_data.get("cl")
            if shown is not None and not (shown.query or shown.has_active_filters):
                shown.full_result_count = shown.result_count  # no way to “show all” of all
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show a row, with the buttons that can be pressed now above it."""
        row = kwargs.get("obj")
        if row is not None:
            context["actions_detail"] = self._drawn(request, self.buttons, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def _drawn(
        self, request: HttpRequest, buttons: Iterable[Button], row: Any
    ) -> list[dict[str, Any]]:
        return [
            {
                "title": button.label,
                "path": self.button_path(button.name, row),
                "variant": button.variant,
                "attrs": {},
            }
            for button in buttons
            if request.user.has_perm(button.permission, self.side_of(button, row))
            and (row is None or button.offered(row))
        ]

    def drawn(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """Return the buttons that this person can press at a row now."""
        return self._drawn(request, self.buttons, row)

    def button_path(self, name: str, row: Any = None) -> str:
        """Return the address of a button, at a row or above the list."""
        if row is None:
            return reverse(f"{self.admin_site.name}:{self._address('list_button')}", args=[name])
        return reverse(f"{self.admin_site.name}:{self._address('button')}", args=[row.pk, name])

    def _address(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{what}"

    @method_decorator(never_cache)
    @method_decorator(sensitive_post_parameters())
    def press_view(
        self, request: HttpRequest, name: str, object_id: int | None = None
    ) -> HttpResponseBase:
        """Ask what a verb needs, call it, and say how it went.

        404 for no such button or row, 403 (NotAllowed) for a missing right. A verb's refusal is
        told with its own status (409 wrong state, 400 and 422 what was told): on the dialogue,
        which keeps what was typed, or on a page with the way back where nothing was asked.
        """
        button = self._button(name, at_row=object_id is not None)
        person = person_of(request)
        require(person, button.permission)
        row = None if object_id is None else self._row(request, object_id)
        require(person, button.permission, self.side_of(button, row))
        form = (
            button.form(request.POST, request.FILES, by=person, target=row)
            if request.method == "POST"
            else button.form(initial=_asked(button, request), by=person, target=row)
        )
        if not (request.method == "POST" and form.is_valid()):
            return self._ask(request, button, row, form, status=400 if form.errors else 200)
        press = Press(
            by=person,
            at=timezone.now(),
            target=row,
            told=form.cleaned_data,
            request=request,
        )
        try:
            outcome = button.press(press)
        except (*REFUSALS, NotAllowed) as refusal:
            return self._refuse(request, button, row, form, refusal)
        except ObjectDoesNotExist as gone:
            raise Http404 from gone
        return self._answer(request, button, row, outcome)

    def _button(self, name: str, *, at_row: bool) -> Button:
        for button in self.buttons if at_row else self.list_buttons:
            if button.name == name:
                return button
        raise Http404

    def _row(self, request: HttpRequest, object_id: int) -> Any:
        row = self.get_object(request, str(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def _answer(
        self, request: HttpRequest, button: Button, row: Any, outcome: Any
    ) -> HttpResponseBase:
        if isinstance(outcome, HttpResponseBase):  # a file
            return outcome
        if isinstance(outcome, Shown):
            context = self._context(request, button, row) | {"shown": outcome}
            return TemplateResponse(request, "backoffice/shown.html", context)
        if isinstance(outcome, Warned):
            messages.warning(request, str(outcome.text))
        elif isinstance(outcome, str):
            messages.success(request, outcome)
        else:
            messages.success(request, str(button.done))
        return redirect(self._home(request, row))

    def _ask(
        self, request: HttpRequest, button: Button, row: Any, form: Any, *, status: int
    ) -> HttpResponse:
        context = self._context(request, button, row) | {"form": form, "button": button}
        return TemplateResponse(request, "backoffice/press.html", context, status=status)

    def _refuse(
        self, request: HttpRequest, button: Button, row: Any, form: Any, refusal: Exception
    ) -> HttpResponse:
        """Tell a refusal with its status; a form that people fill in keeps what was typed."""
        status = status_of(refusal)
        if form.visible_fields() and status != NotAllowed.status:
            form.add_error(None, [opening(refusal), *reasons(refusal)])
            return self._ask(request, button, row, form, status=status)
        context = self._context(request, button, row)
        context |= {"refused": opening(refusal), "reasons": reasons(refusal)}
        return TemplateResponse(request, "backoffice/refused.html", context, status=status)

    def _context(self, request: HttpRequest, button: Button, row: Any) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {
            "title": button.label,
            "opts": self.opts,
            "row": row,
            "back": self._home(request, row),
        }

    def _home(self, request: HttpRequest, row: Any) -> str:
        """Return the row's own page if it is still there, else the list."""
        site = self.admin_site.name
        if row is not None and self.get_queryset(request).filter(pk=row.pk).exists():
            return reverse(f"{site}:{self._address('change')}", args=[row.pk])
        return reverse(f"{site}:{self._address('changelist')}")


def _asked(button: Button, request: HttpRequest) -> dict[str, Any]:
    """Return first values that an address may give, of the inputs whose form allows it."""
    names = [name for name in getattr(button.form, "prefilled", ()) if name in request.GET]
    return {name: request.GET.getlist(name) for name in names}


class GrantPaperDesk(Desk):
    """The desk of what hangs at a grant: the departments of both sides see it."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the rows of grants that the person's departments gave or hold."""
        rows, places = super().get_queryset(request), self.places(request)
        if places is None:
            return rows
        return rows.filter(Q(grant__organization__in=places) | Q(grant__dataset__owner__in=places))


class KeptDesk(Recorded, Desk):
    """A desk of rows that no verb makes: reference lists, edited in place by who may."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person's roles may add."""
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Whether the person's roles may change."""
        return self._may(request, "change")

    def _may(self, request: HttpRequest, action: str) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{action}_{self.opts.model_name}")


def labelled(words: dict[Any, Any], name: str, description: Any) -> Callable[..., Any]:
    """Return a column that shows a closed set's value by its label."""

    def shown(row: Any) -> Any:
        value = getattr(row, name)
        return words.get(value, value) if value is not None else None

    shown.short_description = description  # type: ignore[attr-defined]  # as Django's admin reads it
    shown.admin_order_field = name  # type: ignore[attr-defined]  # as Django's admin reads it
    return shown
