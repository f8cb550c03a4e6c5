"""No script that somebody fills in runs, on any page: it stands there as the text it is."""

from collections.abc import Iterator
from urllib.parse import quote, urljoin

import pytest
from django.apps import apps
from django.db.models import CharField, JSONField, TextField
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from exchange.members_rights import ADD, CHANGED, COMMUNITY, RIGHTS
from tests import forms
from tests.factories import accounts, dealings
from tests.factories.dealings import Dealings
from tests.factories.hostile import SCRIPT, SHORT
from tests.forms import Form
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import Looker
from tests.journeys.browser.portal.test_sound_pages import ENTRANCE
from tests.journeys.browser.portal.walking import view_of

pytestmark = pytest.mark.slow
Sort = tuple[str, ...]
TRIED = ("http_accept", "path_info", "user_agent", "username")
NO_TEXT = {
    "made by the platform: digests, numbers, kinds, days": (
        *("ApiKey.digest", "ApiKey.prefix", "CompanyInvitation.digest", "Showcase.picture_tag"),
        *("MemberSession.session_data", "MemberSession.session_key", "PastPassword.hash"),
        *("User.password", "User.username", "Organization.slug", "ShareRequest.profile"),
        *("Notice.kind", "Notice.mail_reached", "Notice.target", "Entry.verb", "Entry.target"),
        *("Entry.request_id", "WebhookDelivery.problem", "WebhookEvent.kind"),
        *("WebhookEvent.zone", "WebhookEvent.data"),
    ),
    "of a closed form, whatever is typed": (
        *("ApiKey.addresses", "ApiKey.datasets", "CompanyClaim.uscc", "Organization.uscc"),
        *("Contest.slug", "Entry.address", "Webhook.kinds", "ShareRequest.fields"),
    ),
    "of departments alone, whose pages have walks of their own": (
        *("ShareRequest.rows", "ShareRequest.basis_text", "ShareRequest.extended_because"),
        "ShareRequest.offered",
    ),
    "on no page: who failed to sign in, and what another server says of somebody": (
        *(f"AccessAttempt.{name}" for name in ("get_data", "post_data", *TRIED)),
        *(f"AccessFailureLog.{name}" for name in TRIED),
        *("SocialAccount.extra_data", "SocialAccount.provider", "SocialAccount.uid"),
    ),
}
"""Columns that hold no script, and why; in every other one that members fill there is one."""
PLANTED = """() => [...document.querySelectorAll(
  "img[src='x'], [onerror], [onload], iframe, object, embed, a[href^='javascript:' i]")]
  .filter((one) => !one.closest("#nav-sidebar")).map((one) => one.outerHTML.slice(0, 200))"""
INLINE = """() => [...document.querySelectorAll(
  "script:not([src]):not([type='application/ld+json']), [style], style")]
  .filter((one) => !one.closest(".chart, .map"))  // what draws sets styles of its own
  .map((one) => one.outerHTML.slice(0, 200))"""
SEND = """([form, text]) => {
  const told = document.forms[form];
  for (const one of told.elements) {
    if (["hidden", "file", "checkbox", "submit"].includes(one.type)) continue;
    if (one.type === "radio" || one.tagName === "SELECT" || one.tagName === "BUTTON") continue;
    one.removeAttribute("maxlength");
    one.type === "textarea" ? (one.value = text) : (one.type = "text", one.value = text);
  }
  told.noValidate = true;
  told.submit();
}"""


def quiet(looker: Looker, address: str) -> list[str]:
    """Return what ran or was planted on the page that is open, and what the policy blocked."""
    planted = looker.page.evaluate(PLANTED)
    if not address.startswith("/office/"):
        planted += looker.page.evaluate(INLINE)
    return [f"{address}: {one}" for one in planted + looker.troubles()]


def test_what_is_stored_shows_as_text_to_everybody(city: City):
    made = city.hostile
    slug, place = made.dataset.slug, made.dataset.owner.slug
    pages = {
        "/": SCRIPT,
        "/datasets": SCRIPT,
        f"/datasets/{slug}": SCRIPT,
        f"/datasets/{slug}/why?field=kept": SCRIPT,
        f"/datasets/{slug}/history": SCRIPT,
        f"/datasets/{slug}/chart?group=name": SCRIPT,
        f"/datasets/{slug}/talk": SCRIPT,
        "/departments": SCRIPT,
        f"/departments/{place}": SCRIPT,
        "/negative-list": SCRIPT,
        "/demand-list": SCRIPT,
        "/apps": SCRIPT,
        f"/apps/{made.showcase.pk}": SCRIPT,
        "/wishes": SCRIPT,
        f"/wishes/{made.wish.pk}": SHORT,
        "/contests": SCRIPT,
        f"/contests/{made.contest.slug}": SCRIPT,
    }
    looker, found = Looker.at(city, "en"), []

    for address, text in pages.items():
        looker.open(address)
        found += quiet(looker, address)
        if text not in looker.page.inner_text("main"):
            found.append(f"{address} does not show what was filled in")

    assert found == []


def test_what_is_stored_shows_as_text_to_its_owner_and_at_the_desks(city: City):
    made, operator = city.hostile, accounts.user(Role.OPERATOR)
    keeper = accounts.user(Role.SYSTEM_ADMIN)
    mine = [
        "/my/",
        "/my/apps/",
        f"/my/apps/{made.app.pk}/",
        "/my/companies/",
        "/my/talk/",
        "/my/talk/name/",
        f"/my/talk/comment/{made.dataset.slug}/",
        f"/my/talk/vote/{made.wish.pk}/",
        "/my/usage/",
        "/my/calls/",
        "/my/contests/",
        "/my/followed/",
        "/my/close/",
        *console(made.dealings),
    ]
    joins = [f"/my/join/{made.dealings.invited.token}/"]
    desks = [
        reverse("admin:community_comment_changelist"),
        reverse("admin:community_comment_change", args=[made.comment.pk]),
        reverse("admin:community_wish_change", args=[made.wish.pk]),
        reverse("admin:community_showcase_change", args=[made.showcase.pk]),
        reverse("admin:community_contest_changelist"),
        reverse("admin:community_contest_change", args=[made.contest.pk]),
        reverse("admin:accounts_companyclaim_changelist"),
        reverse("admin:catalog_dataset_change", args=[made.dataset.pk]),
        reverse("admin:inbox"),
    ]
    hooks = [reverse("admin:exchange_webhook_changelist")]
    hooks += [
        reverse("admin:exchange_webhook_change", args=[one.pk]) for one in made.dealings.webhooks
    ]
    readers = {made.member: mine, made.guest: joins, operator: desks, keeper: hooks}
    readers |= answering(made.dealings)
    found = []

    for user, pages in readers.items():
        looker = Looker.at(city, "en", user)
        for address in pages:
            looker.open(address)
            found += quiet(looker, address)

    assert found == []


def test_every_column_that_a_member_fills_holds_a_script(city: City):
    clean = {name for name, texts in members_fill() if "<" not in texts}

    known = {name for names in NO_TEXT.values() for name in names}
    assert clean == known, "\n".join(sorted(clean ^ known))


def members_fill() -> Iterator[tuple[str, str]]:
    """Yield each column of text that the members' door writes, and all that stands in it.

    The database's rights say which those are; of `community` also what the office answers.
    """
    for model in apps.get_models():
        whole = ADD in RIGHTS.get(model._meta.db_table, ()) or model._meta.app_label == COMMUNITY
        for field in model._meta.concrete_fields:
            free = isinstance(field, CharField | TextField | JSONField) and not field.choices
            if free and (whole or field.name in CHANGED.get(model._meta.db_table, ())):
                texts = model._base_manager.values_list(field.name, flat=True)
                yield f"{model.__name__}.{field.name}", "\n".join(map(str, texts))


def console(made: Dealings) -> list[str]:
    """Return the pages on which a company reads what it and the department wrote."""
    grants = [f"/my/applications/grants/{one.pk}/" for one in made.grants]
    return [
        "/my/webhooks/",
        *(f"/my/webhooks/{one.pk}/" for one in made.webhooks),
        "/my/applications/",
        *(f"/my/applications/{one.pk}/" for one in made.requests),
        f"/my/applications/new/{made.market.dataset.slug}/",
        *grants,
        f"{grants[-1]}agreement/",
        f"/my/companies/{made.market.company.pk}/",
    ]


def answering(made: Dealings) -> dict[User, list[str]]:
    """Return the pages on which reviewer and head of the department read it."""
    desk = reverse("admin:deciding_desk")
    pages = [reverse("admin:deciding", args=[one.pk]) for one in made.requests[1:]]
    printed = [reverse("admin:deciding_print", args=[one.pk]) for one in made.requests[1:3]]
    agreed = [reverse("admin:agreement", args=[one.pk]) for one in made.grants]
    inbox = reverse("admin:inbox")
    return {
        made.market.reviewer: [desk, *pages, *printed, inbox],
        made.market.where.head: [desk, *pages, *agreed, inbox],
    }


def test_what_the_department_and_the_company_wrote_is_read_by_the_other(city: City):
    made = city.hostile.dealings
    _draft, waits, more, _proposed, refused, _back = made.requests
    mine = [f"/my/applications/{one.pk}/" for one in (waits, more, refused)]
    mine += [f"/my/webhooks/{made.webhooks[0].pk}/", "/my/calls/"]
    desk = [reverse("admin:deciding", args=[waits.pk])]
    unread = []
    dealings.refused_call(made.market, SCRIPT)

    for user, pages in ((city.hostile.member, mine), (made.market.reviewer, desk)):
        looker = Looker.at(city, "en", user)
        for address in pages:
            looker.open(address)
            if SCRIPT not in looker.page.inner_text("main, body"):
                unread.append(address)

    assert unread == []


def test_what_an_address_says_shows_as_text(city: City):
    slug, typed = city.living.stops.slug, quote(SCRIPT)
    addresses = [
        f"/datasets?q={typed}",
        *(f"/datasets?{name}={typed}" for name in ("owner", "subject", "grade", "sort", "page")),
        f"/datasets/{slug}?name={typed}",
        f"/datasets/{slug}?sort={typed}",
        f"/datasets/{slug}?{typed}=1",
        f"/datasets/{slug}?cursor={typed}&fields={typed}",
        f"/datasets/{slug}/why?field={typed}&reader={typed}&as_of={typed}",
        f"/datasets/{slug}/chart?group={typed}",
        f"/datasets/{slug}/chart?group=district&measure={typed}&kind={typed}&name={typed}",
        f"/datasets/{slug}/map?bbox={typed}",
        f"/negative-list?q={typed}",
        f"/duty-list?q={typed}",
        f"/demand-list?q={typed}&before={typed}",
        f"/apps?q={typed}&theme={typed}&dataset={typed}",
        f"/wishes?q={typed}&state={typed}&sort={typed}",
        f"/?lang={typed}",
        f"/nowhere/{typed}",
        "/my/sign-in/?next=javascript:alert(1)",
        f"/my/sign-in/?next={typed}",
    ]
    mine = [
        f"/my/talk/comment/{slug}/?field={typed}&row={typed}&kind={typed}",
        f"/my/talk/wish/?dataset={typed}",
        f"/my/talk/app/?dataset={typed}",
        f"/my/calls/?key={typed}&day={typed}&dataset={typed}",
    ]
    found = []

    for user, pages in ((None, addresses), (city.living.member, mine)):
        looker = Looker.at(city, "en", user)
        for address in pages:
            looker.page.goto(f"{city.url}{address}")
            found += quiet(looker, address)

    assert found == []


def test_what_forms_send_back_shows_as_text_and_none_is_left_out(city: City):
    made = city.hostile
    draft, waits, *_others = made.dealings.requests
    mine = [
        "/my/apps/",
        f"/my/apps/{made.app.pk}/",
        "/my/companies/",
        f"/my/talk/comment/{city.living.shops.slug}/",
        "/my/talk/wish/",
        "/my/talk/app/",
        "/my/talk/name/",
        "/my/password/",
        "/my/close/",
        "/my/webhooks/",
        f"/my/webhooks/{made.dealings.webhooks[0].pk}/",
        f"/my/applications/new/{made.dealings.market.dataset.slug}/",
        f"/my/applications/{draft.pk}/change/",
        f"/my/applications/{draft.pk}/",
        f"/my/applications/{waits.pk}/",
        f"/my/companies/{made.dealings.market.company.pk}/",
        *(f"/my/applications/grants/{one.pk}/" for one in made.dealings.grants),
    ]
    nobody = [
        *("/my/sign-in/", "/my/sign-up/", "/my/password/forgotten/", "/my/password/first/"),
        "/my/leaked/",
    ]
    found, sent, left = [], set(), met(city)

    for user, pages in ((made.member, mine), (None, nobody)):
        looker = Looker.at(city, "en", user)
        for address in pages:
            for sort in typed_at(looker, address):
                form = typed_at(looker, address).get(sort)
                if form is None or sort in sent:
                    continue
                with looker.page.expect_navigation():
                    looker.page.evaluate(SEND, [form, SCRIPT])
                found += quiet(looker, f"POST {address}")
                sent.add(sort)

    assert found == []
    assert [f"{sort} on {left[sort]}" for sort in left.keys() - sent] == []
    assert len(sent) > 20


def typed_at(looker: Looker, address: str) -> dict[Sort, int]:
    """Open a page, and return its forms in which one types, each with its place."""
    looker.open(address)
    return {sort_of(address, one): one.place for one in forms.of(looker.page.content())}


def met(city: City) -> dict[Sort, str]:
    """Return every sort of form that a visitor and a member of a company meet, and where."""
    member = city.hostile.member
    walks = city.sorted("/"), city.sorted("/my/sign-in/"), city.sorted("/my/", member)
    pages = {address: page.source for walk in walks for address, page in walk.pages.items()}
    for user, addresses in ((member, console(city.hostile.dealings)), (None, ENTRANCE)):
        reader = city.reader(user=user)
        pages |= {address: reader.get(address).body for address in addresses}
        reader.close()
    return {sort_of(at, one): at for at, page in pages.items() for one in forms.of(page)}


def sort_of(address: str, form: Form) -> Sort:
    """Return what sort of form one on a page is: where it is sent, and what one types."""
    return view_of(urljoin(address, form.action)), *dict.fromkeys(form.typed)


TRIED = """(picture) => new Promise((done) => {
  const one = document.querySelector(picture);
  if (one.complete) done();
  ["load", "error"].forEach((end) => one.addEventListener(end, done));
})"""
"""Wait until a picture came or did not; under the policy nothing is asked twice of a page."""


def test_a_script_that_does_run_would_be_seen(city: City):
    looker = Looker.at(city, "en")
    looker.open("/")

    looker.page.evaluate(
        "(text) => { document.querySelector('main').innerHTML = text; }", f"{SCRIPT}{SHORT}"
    )
    looker.page.evaluate(TRIED, "main img")

    assert quiet(looker, "/")
    assert city.site.refused
    city.site.refused.clear()
