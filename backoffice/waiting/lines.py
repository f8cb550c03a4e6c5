"""Lines of the negative list and the laws they lean on; grants that come to their end."""

from datetime import date

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy

from backoffice.waiting.piles import SOON, Asked, Pile, Thing, list_of, page_of, pile
from catalog.models import LegalBasis, NegativeLine
from catalog.terms import LineState
from exchange.models import Grant
from policy.terms import Certainty


def _line(line: NegativeLine, note: str = "", due_on: date | None = None) -> Thing:
    return Thing(title=str(line), place=page_of(line), note=note, due_on=due_on)


def returned(asked: Asked) -> Pile:
    """Returned lines that were not proposed anew."""
    again = NegativeLine.objects.filter(
        dataset=OuterRef("dataset"), proposed_at__gt=OuterRef("proposed_at")
    )
    rows = asked.own(NegativeLine.objects.filter(state=LineState.RETURNED), "dataset__owner")
    return pile(
        gettext_lazy("Lines of the negative list that were returned"),
        rows.exclude(Exists(again)).select_related("dataset").order_by("-pk"),
        lambda line: _line(line, line.authority_opinion or line.legal_opinion),
        place=list_of(NegativeLine, state__exact=LineState.RETURNED),
    )


def for_legal_review(asked: Asked) -> Pile:
    """Lines that somebody else proposed."""
    rows = asked.own(NegativeLine.objects.filter(state=LineState.PROPOSED), "dataset__owner")
    return pile(
        gettext_lazy("Lines for legal review"),
        rows.exclude(proposed_by=asked.user).select_related("dataset").order_by("proposed_at"),
        lambda line: _line(line, line.reason),
        place=list_of(NegativeLine, state__exact=LineState.PROPOSED),
    )


def for_the_authority(asked: Asked) -> Pile:
    """Lines in whose way this person had no part yet."""
    rows = NegativeLine.objects.filter(state=LineState.AUTHORITY_REVIEW)
    rows = rows.exclude(proposed_by=asked.user).exclude(legal_by=asked.user)
    return pile(
        gettext_lazy("Lines of the negative list to be reviewed"),
        rows.select_related("dataset").order_by("legal_at"),
        lambda line: _line(line, line.reason),
        place=list_of(NegativeLine, state__exact=LineState.AUTHORITY_REVIEW),
    )


def review_near(asked: Asked) -> Pile:
    """Lines in force with a month left until their review, or less."""
    rows = NegativeLine.objects.filter(
        state=LineState.PUBLISHED, review_on__lte=asked.today + SOON
    )
    return pile(
        gettext_lazy("Lines whose review date is near"),
        asked.own(rows, "dataset__owner").select_related("dataset").order_by("review_on"),
        lambda line: _line(line, due_on=line.review_on),
        place=list_of(NegativeLine, state__exact=LineState.PUBLISHED),
    )


def unverified_bases(asked: Asked) -> Pile:
    """Bases that nobody has read word for word, where a line is on its way."""
    del asked
    leaning = NegativeLine.objects.filter(
        basis=OuterRef("pk"), state__in=(LineState.PROPOSED, LineState.AUTHORITY_REVIEW)
    )
    rows = LegalBasis.objects.filter(Exists(leaning)).exclude(certainty=Certainty.VERIFIED)
    return pile(
        gettext_lazy("Legal bases to be verified, since a line leans on them"),
        rows.order_by("pk"),
        lambda basis: Thing(title=str(basis), place=page_of(basis)),
        place=list_of(LegalBasis),
    )


def ending_grants(asked: Asked) -> Pile:
    """Grants with a month left, or less."""
    rows = asked.own(Grant.objects.live(asked.today), "dataset__owner").filter(
        valid_until__lte=asked.today + SOON
    )
    return pile(
        gettext_lazy("Grants that end soon"),
        rows.select_related("organization", "dataset").order_by("valid_until"),
        lambda grant: Thing(
            title=f"{grant.organization} ← {grant.dataset}",
            place=page_of(grant),
            due_on=grant.valid_until,
        ),
        place=list_of(Grant),
    )
