"""Signing in by the OpenID Connect server of the settings: to it, and back from it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import addresses, limits, members
from accounts.limits import TooOften, Uncounted
from portal.frame import choose_language, shown
from portal.members import oidc_server
from portal.members.door import done, member_page, person_of, refused
from portal.members.foreign import ForeignAdapter
from portal.members.oidc import CITY, Server
from portal.members.oidc_server import Refused, Why

View = Callable[[HttpRequest], HttpResponse]


def _answered(view: View) -> Callable[..., HttpResponse]:
    """Show what a step of the sign-in refuses as a page, with the refusal's status."""

    @wraps(view)
    def answered(request: HttpRequest, provider_id: str) -> HttpResponse:
        if provider_id != CITY or not settings.OIDC_SERVER:
            raise Http404
        choose_language(request)
        try:
            return view(request)
        except (TooOften, Uncounted) as no:
            return refused(request, no)
        except Refused as no:
            return _not_signed_in(request, no)
        except IntegrityError:  # two tabs of one person, to the moment
            return _not_signed_in(request, Refused(Why.AT_ONCE))

    return answered


def _not_signed_in(request: HttpRequest, no: Refused) -> HttpResponse:
    context = {"sentences": no.sentences}
    return shown(request, "portal/members/not_signed_in.html", context, status=no.status)


@require_http_methods(["GET", "HEAD", "POST"])
@_answered
def begin(request: HttpRequest) -> HttpResponse:
    """Lead to the server. Only a press of the button does: it may make an account.

    Not by a redirect: `form-action` holds for all to which the answer of a form leads on, and what
    stands behind the server's address nobody knows here. So a page of ours leads there.
    """
    if request.method != "POST":
        return redirect("account_login")
    limits.spend(limits.SIGN_IN, addresses.of(request.META))
    address = (
        ForeignAdapter(request).get_provider(request, CITY).redirect_from_request(request).url
    )
    context = {"server": oidc_server.name(), "address": address}
    response = shown(request, "portal/members/led.html", context)
    response["Refresh"] = f"0; url={address}"
    return response


@require_GET
@_answered
def back(request: HttpRequest) -> HttpResponse:
    """Take what the server sends people back with: sign in, or up, or say why not."""
    return OAuth2CallbackView.adapter_view(Server(request, CITY))(request)


@require_POST
@member_page
def unlink(request: HttpRequest) -> HttpResponse:
    """Take the link with the server back."""
    members.unlink(person_of(request).pk, by=person_of(request), at=timezone.now())
    said = _(
        "The link with “%(server)s” is taken back. If you come from there again it is made anew,"
        " and you are told by mail."
    )
    return done(request, said % {"server": oidc_server.name()}, "members-home")


def linked(request: HttpRequest) -> dict[str, Any] | None:
    """Return name of the server, and whether the link can be taken back; None without one."""
    person = person_of(request)
    if not settings.OIDC_SERVER or not members.is_linked(person):
        return None
    return {"name": oidc_server.name(), "can_end": person.has_usable_password()}
