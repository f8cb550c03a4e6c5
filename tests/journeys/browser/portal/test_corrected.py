"""A citizen says on a dataset's page what is wrong; the department answers; everybody reads it."""

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import expect

from accounts.roles import Role
from community.models import Comment, CommentKind
from community.states import CommentState
from tests.factories import accounts, living
from tests.journeys.browser.conftest import LANGUAGES, NARROW, WIDE
from tests.journeys.browser.portal.conftest import City
from tests.journeys.browser.portal.looking import Looker

pytestmark = pytest.mark.slow
ANSWERS = {"zh-hans": "已核实并更正，谢谢。", "en": "Looked at and corrected, thank you."}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_correction_is_answered_in_public(city: City, language: str):
    stops = city.living.stops
    email, name = f"mei-{language}@example.org", f"Mei {language}"
    living.newcomer(email, "Mei")
    words = f"7号站已迁到对面。({language})"

    with translation.override(language):
        citizen = Looker.at(city, language, viewport=NARROW)
        write(citizen, f"/datasets/{stops.slug}", email, {"name": name, "text": words})
        made = Comment.objects.get(text=words)
        assert (made.state, made.kind) == (CommentState.WAITING, CommentKind.CORRECTION)
        assert (made.row, made.field) == (7, "name")
        reader = Looker.at(city, language, viewport=WIDE)
        reader.open(f"/datasets/{stops.slug}")
        assert words not in reader.page.inner_text("main")

        answered(city, language, made, ANSWERS[language])
        reader.open(f"/datasets/{stops.slug}")
        said = reader.page.locator(f"#comment-{made.pk}")
        expect(said).to_contain_text(words)
        expect(said.locator(".reply")).to_contain_text(ANSWERS[language])
        owner = stops.owner.name_en if language == "en" else stops.owner.name_zh
        expect(said.locator(".reply")).to_contain_text(owner)

    assert name in said.inner_text()
    assert "Mei" not in said.inner_text().replace(name, "")
    assert citizen.troubles() == reader.troubles() == []


def write(citizen: Looker, dataset: str, email: str, told: dict[str, str]) -> None:
    """Go from the dataset's page to the form, by way of signing in, and send it."""
    page = citizen.page
    citizen.open(dataset)
    page.get_by_role("link", name=_("Write a comment, or say what is wrong")).click()
    page.wait_for_url("**/my/sign-in/**")
    page.get_by_label(_("E-mail address")).fill(email)
    page.get_by_label(_("Password"), exact=True).fill(living.PASSWORD)
    page.get_by_role("button", name=_("Sign in"), exact=True).click()
    page.wait_for_url("**/my/talk/comment/**")
    page.locator("input[name=shown_name]").fill(told["name"])
    page.locator("input[name=kind][value=correction]").check()
    page.locator("textarea[name=text]").fill(told["text"])
    page.locator("input[name=row]").fill("7")
    page.locator("input[name=field]").fill("name")
    page.get_by_role("button", name=_("Send"), exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(
        _("Thank you. It appears once somebody has looked at it.")
    )


def answered(city: City, language: str, made: Comment, text: str) -> None:
    """Show and answer it as a reviewer of the department, at the desk."""
    reviewer = accounts.user(Role.REVIEWER, city.living.stops.owner)
    seat = city.site.seat(reviewer, language)
    seat.open(reverse("admin:community_comment_change", args=[made.pk]))
    seat.press(_("Show"), "link")
    seat.press(_("Show"))
    seat.sees(_("Everybody sees it now."))
    seat.press(_("Answer"), "link")
    form = seat.page.locator("form:has(textarea[name$=text])")
    form.locator("textarea").fill(text)
    form.locator("button[type=submit]").first.click()
    seat.sees(_("The answer stands below the comment, with its day."))
    assert seat.troubles == []
