"""The members' door, below /my/. Names of allauth's pages are those it leads to by itself."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from portal.members import (
    applications,
    apps,
    closing,
    colleagues,
    companies,
    entrance,
    held,
    talk,
    usage,
    webhooks,
)
from portal.members.home import home

RESET = r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="members-home"),
    path("apps/", apps.apps, name="members-apps"),
    path("apps/<int:number>/", apps.app, name="members-app"),
    path("apps/<int:number>/close", apps.close_app, name="members-app-close"),
    path("keys/<int:number>/rotate", apps.rotate, name="members-key-rotate"),
    path("keys/<int:number>/revoke", apps.revoke, name="members-key-revoke"),
    path("webhooks/", webhooks.webhooks, name="members-webhooks"),
    path("webhooks/<int:number>/", webhooks.webhook, name="members-webhook"),
    path("webhooks/<int:number>/end", webhooks.end, name="members-webhook-end"),
    path("webhooks/<int:number>/secret", webhooks.rotate, name="members-webhook-rotate"),
    path("webhooks/<int:number>/<slug:name>", webhooks.step, name="members-webhook-step"),
    path("deliveries/<int:number>/replay", webhooks.replay, name="members-webhook-replay"),
    path("companies/", companies.companies, name="members-companies"),
    path("applications/", applications.listed, name="members-applications"),
    path("applications/new/<slug:slug>/", applications.new, name="members-apply"),
    path("applications/new/<slug:slug>/would/", applications.foreseen, name="members-foreseen"),
    path("applications/<int:number>/", applications.one, name="members-application"),
    path(
        "applications/<int:number>/change/",
        applications.change,
        name="members-application-change",
    ),
    path(
        "applications/<int:number>/withdraw/",
        applications.withdraw,
        name="members-application-withdraw",
    ),
    path(
        "applications/<int:number>/comment/",
        applications.comment,
        name="members-application-comment",
    ),
    path("applications/grants/<int:number>/", held.grant, name="members-grant"),
    path("applications/grants/<int:number>/renew/", held.renew, name="members-grant-renew"),
    path("applications/grants/<int:number>/end/", held.end, name="members-grant-end"),
    path("applications/grants/<int:number>/disposal/", held.dispose, name="members-grant-dispose"),
    path("applications/grants/<int:number>/agreement/", held.agreement, name="members-agreement"),
    path(
        "applications/grants/<int:number>/agreement.pdf",
        held.agreement_paper,
        name="members-agreement-pdf",
    ),
    path("companies/<int:number>/", colleagues.company, name="members-company"),
    path("companies/<int:number>/invite/", colleagues.invite, name="members-invite"),
    path("companies/<int:number>/leave/", colleagues.leave, name="members-leave"),
    path("companies/<int:number>/step-down/", colleagues.step_down, name="members-step-down"),
    path(
        "companies/<int:number>/people/<int:person>/<slug:what>/",
        colleagues.colleague,
        name="members-colleague",
    ),
    path("invitations/<int:number>/back/", colleagues.take_back, name="members-uninvite"),
    path("join/<str:token>/", colleagues.join, name="members-join"),
    path("leaked/", apps.leaked, name="members-leaked"),
    path("usage/", usage.usage, name="members-usage"),
    path("calls/", usage.calls, name="members-calls"),
    path("calls.csv", usage.calls_file, name="members-calls-file"),
    path("close/", closing.close, name="members-close"),
    path("talk/", talk.talk, name="members-talk"),
    path("talk/name/", talk.name, name="members-name"),
    path("talk/comment/<slug:slug>/", talk.comment, name="members-comment"),
    path("talk/app/", talk.new_app, name="members-app-new"),
    path("talk/wish/", talk.new_wish, name="members-wish-new"),
    path("talk/vote/<int:number>/", talk.vote, name="members-vote"),
    path("talk/<slug:kind>/<int:number>/back/", talk.withdraw, name="members-withdraw"),
    path("sign-in/", entrance.SignIn.as_view(), name="account_login"),
    path("sign-up/", entrance.SignUp.as_view(), name="account_signup"),
    path("sign-out/", entrance.SignOut.as_view(), name="account_logout"),
    path("closed/", entrance.Gone.as_view(), name="account_inactive"),
    path("confirm/", entrance.Sent.as_view(), name="account_email_verification_sent"),
    path("confirm/<str:key>/", entrance.Confirm.as_view(), name="account_confirm_email"),
    path("password/", entrance.ChangePassword.as_view(), name="account_change_password"),
    path("password/forgotten/", entrance.Forgotten.as_view(), name="account_reset_password"),
    path(
        "password/forgotten/sent/",
        entrance.ForgottenSent.as_view(),
        name="account_reset_password_done",
    ),
    re_path(RESET, entrance.NewPassword.as_view(), name="account_reset_password_from_key"),
    path(
        "password/new/done/",
        entrance.NewPasswordDone.as_view(),
        name="account_reset_password_from_key_done",
    ),
    path("password/first/", entrance.Forgotten.as_view(), name="account_set_password"),
]

if settings.OIDC_SERVER:
    urlpatterns += [
        path("oidc/", include("allauth.socialaccount.providers.openid_connect.urls")),
        path("oidc/", include("allauth.socialaccount.urls")),
    ]
