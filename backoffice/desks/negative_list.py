"""The negative list and its legal bases."""

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice import words
from backoffice.buttons import Button, Press
from backoffice.desk import Desk, labelled
from backoffice.desks.beside import ShownOnly
from backoffice.filters import InWords
from backoffice.forms import negative_list as forms
from catalog import bases, negative_list
from catalog.facts import last_day
from catalog.library import Article
from catalog.models import LegalBasis, NegativeLine, NegativeLineField
from catalog.terms import LineState
from exchange import opening
from policy.terms import BasisTier, Certainty, Channel


class FieldsOf(ShownOnly):
    """The fields that a line names; none: the whole dataset."""

    model = NegativeLineField
    fields = ["field"]


def _review(*, passed: bool):
    """Return the press by which the legal unit forwards or returns a line."""

    def press_it(press: Press) -> None:
        negative_list.legal_review(
            press.target.pk,
            passed=passed,
            opinion=press.told["opinion"],
            by=press.by,
            at=press.at,
        )

    return press_it


def _send_back(press: Press) -> None:
    negative_list.send_back(
        press.target.pk, opinion=press.told["opinion"], by=press.by, at=press.at
    )


def _renew(press: Press) -> None:
    negative_list.renew_review(press.target.pk, **press.told, by=press.by, at=press.at)


def _end(press: Press) -> None:
    opening.end_line(press.target.pk, reason=press.told["reason"], by=press.by, at=press.at)


def _with(state: LineState):
    return lambda line: line.state == state


@admin.register(NegativeLine)
class NegativeLineDesk(Desk):
    """Lines of the negative list, on their way through three people."""

    owner_path = "dataset__owner"
    list_display = [
        "number",
        "dataset",
        "basis",
        "state",
        "bars",
        "from_on",
        "until_on",
        "review_on",
        "standing",
        "effect",
    ]
    list_filter = ["state", "bars_share", "bars_open", "review_on"]
    list_select_related = ["dataset__owner", "basis"]
    search_fields = ["=number", "dataset__slug", "dataset__title_zh", "basis__law_zh"]
    ordering = ["-id"]
    inlines = [FieldsOf]
    buttons = (
        Button(
            name="forward",
            label=_("Legal unit: forward"),
            permission="catalog.legal_review_negativeline",
            press=_review(passed=True),
            done=_("The line is with the data authority."),
            form=forms.OpinionForm,
            offered=_with(LineState.PROPOSED),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="return",
            label=_("Legal unit: return"),
            permission="catalog.legal_review_negativeline",
            press=_review(passed=False),
            done=_("The line is returned. It can be proposed anew."),
            form=forms.OpinionForm,
            offered=_with(LineState.PROPOSED),
        ),
        Button(
            name="publish",
            label=_("Publish"),
            permission="catalog.publish_negativeline",
            press=lambda press: opening.publish_line(press.target.pk, by=press.by, at=press.at),
            done=_("The line counts; what it bars is out of the zones."),
            note=_("What the line bars leaves every open copy before this returns."),
            form=forms.PublishLineForm,
            offered=_with(LineState.AUTHORITY_REVIEW),
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="send-back",
            label=_("Return"),
            permission="catalog.review_negativeline",
            press=_send_back,
            done=_("The line is returned. It can be proposed anew."),
            form=forms.OpinionForm,
            offered=_with(LineState.AUTHORITY_REVIEW),
        ),
        Button(
            name="renew",
            label=_("Reviewed: keep it"),
            permission="catalog.review_negativeline",
            press=_renew,
            done=_("The line stands; its next review is written down."),
            form=forms.RenewForm,
            offered=_with(LineState.PUBLISHED),
        ),
        Button(
            name="end",
            label=_("End"),
            permission="catalog.end_negativeline",
            press=_end,
            done=_("The line has ended; its fields are conditional until they are graded anew."),
            form=forms.EndLineForm,
            offered=_with(LineState.PUBLISHED),
            variant=ActionVariant.DANGER,
        ),
    )

    @admin.display(description=_("bars"))
    def bars(self, line: NegativeLine) -> str:
        """Say in few words which ways the line bars, so that the list fits a screen."""
        ways = ((line.bars_share, Channel.SHARE), (line.bars_open, Channel.OPEN))
        return ", ".join(str(words.CHANNELS[way.value]) for barred, way in ways if barred)

    @admin.display(description=_("standing"))
    def standing(self, line: NegativeLine) -> str:
        """Say whether a published line still bars something, and until when its law holds."""
        until = last_day(line)
        if line.state != LineState.PUBLISHED or until is None:
            return ""
        over = until < timezone.localdate()
        if until == line.basis.in_force_until:
            text = _("its law ended on %(day)s") if over else _("its law ends on %(day)s")
        else:
            text = _("ran out on %(day)s") if over else _("until %(day)s")
        return str(text) % {"day": until}

    @admin.display(description=_("effect"))
    def effect(self, line: NegativeLine) -> str:
        """Lead to what the line changes, or would."""
        if line.state in (LineState.RETURNED, LineState.ENDED):
            return ""
        place = reverse("admin:line_effect", args=[line.pk])
        return format_html('<a href="{}">{}</a>', place, gettext("What it changes"))


@admin.register(NegativeLineField)
class NegativeLineFieldDesk(Desk):
    """Which field is named by which line."""

    owner_path = "line__dataset__owner"
    list_display = ["line", "field"]
    list_select_related = ["line__dataset__owner", "field"]
    ordering = ["-id"]


def _article(press: Press) -> Article:
    told = press.told
    return Article(**{**told, "tier": BasisTier(told["tier"])})


def _verify(press: Press) -> None:
    bases.verify(press.target.pk, **press.told, by=press.by, at=press.at)


def _supersede(press: Press) -> None:
    bases.supersede(press.target.pk, _article(press), by=press.by, at=press.at)


def _end_basis(press: Press) -> None:
    bases.end(press.target.pk, until=press.told["until"], by=press.by, at=press.at)


class LinesOn(ShownOnly):
    """The lines that rest on a basis."""

    model = NegativeLine
    fields = ["number", "dataset", "state", "from_on", "until_on", "review_on"]
    show_change_link = True


@admin.register(LegalBasis)
class LegalBasisDesk(Desk):
    """Articles of law that refusals rest on; only what was read word for word carries one."""

    list_display = [
        "law_zh",
        "article",
        "gist_zh",
        "version",
        labelled(words.TIERS, "tier", _("tier")),
        labelled(words.CERTAINTIES, "certainty", _("certainty")),
        "in_force_from",
        "in_force_until",
    ]
    list_filter = [("tier", InWords), ("certainty", InWords)]
    search_fields = ["law_zh", "law_en", "article", "gist_zh", "document_number"]
    ordering = ["law_zh", "article", "-version"]
    inlines = [LinesOn]
    list_buttons = (
        Button(
            name="create",
            label=_("Enter an article"),
            permission="catalog.create_basis",
            press=lambda press: bases.create(_article(press), by=press.by, at=press.at),
            done=_("The article is entered. It carries nothing until it is verified."),
            form=forms.ArticleForm,
        ),
    )
    buttons = (
        Button(
            name="verify",
            label=_("Verify"),
            permission="catalog.verify_basis",
            press=_verify,
            done=_("The article is verified and stands."),
            note=_("Enter it word for word from the official text. You vouch for it."),
            form=forms.VerifyForm,
            offered=lambda basis: basis.certainty != Certainty.VERIFIED,
            variant=ActionVariant.PRIMARY,
        ),
        Button(
            name="next",
            label=_("Enter the next version"),
            permission="catalog.create_basis",
            press=_supersede,
            done=_("The next version is entered; the old one ends on the day before it begins."),
            form=forms.NextArticleForm,
        ),
        Button(
            name="end",
            label=_("Ends on a day"),
            permission="catalog.verify_basis",
            press=_end_basis,
            done=_("The last day is written down; lines on the article lapse after it."),
            form=forms.LastDayForm,
        ),
    )
