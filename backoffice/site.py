"""The admin site at /office/: signing in and out is written down, as every verb is."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.i18n import set_language
from unfold.sites import UnfoldAdminSite

from accounts import notices, sessions, sign_in
from accounts.models import User
from audit import chain
from backoffice import pages
from backoffice.buttons import person_of
from backoffice.pages.frame import place_of
from backoffice.pages.inbox import Told
from backoffice.sign_in import SignIn, second_step
from backoffice.waiting import desks

NOTED = 6
"""Notices shown on the first page; the inbox has the others."""


class OfficeSite(UnfoldAdminSite):
    """The back office. It has its own language switch, so that it needs no other door."""

    index_template = "backoffice/desk.html"
    index_title = _("My desk")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return the admin's addresses, before them the language switch and our own pages."""
        return [
            path("language/", set_language, name="set_language"),
            path("login/code/", second_step, name="sign_in_code"),
            *pages.ADDRESSES,
            *super().get_urls(),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page is given. What happened is in the audit trail, not in Django's
        history of edits, so that is not offered."""
        return super().each_context(request) | {
            "languages_action": reverse(f"{self.name}:set_language"),
            "show_history": False,
            "colors": {},  # the theme would write them into each page; theme.css has them
        }

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show what waits for the person, role by role, and what they were told."""
        person, now = person_of(request), timezone.now()
        lines = notices.inbox(person, latest=NOTED)
        found = {
            "desks": desks.of(person, now=now),
            "entries": [Told(line, place_of(line.target)) for line in lines],
            "unseen": notices.unseen(person),
        }
        return super().index(request, found | (extra_context or {}))

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Sign in; whoever is signed in already is sent to their desk."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        around = self.each_context(request) | {
            "title": gettext("Log in"),
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        return SignIn.as_view(extra_context=around | (extra_context or {}))(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None):
        """Sign out."""
        if request.method == "POST" and isinstance(request.user, User):
            sign_in.signed_out(request.user, at=timezone.now())
        return super().logout(request, extra_context)

    @transaction.atomic
    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Let a person change their own password."""
        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            person = person_of(request)
            chain.record("user.password", f"user:{person.pk}", by=person, at=timezone.now())
            request.session.pop(sessions.TO_RENEW, None)
        return response
