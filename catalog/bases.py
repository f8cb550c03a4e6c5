"""法律依据: the articles that refusals cite, read word for word by a person before they count."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import indexing, updates
from catalog.containing import containing
from catalog.library import LIBRARY, Article
from catalog.models import Dataset, LegalBasis, NegativeLine
from catalog.negative_list import place
from catalog.refusals import BasisRefused, StepRefused
from catalog.terms import LineState
from policy.terms import BasisTier, Certainty

SHORTEST_TEXT = 10
"""Characters; no article of law is shorter, so less is a slip of the hand."""


@transaction.atomic
def create(article: Article, *, by: User, at: datetime) -> LegalBasis:
    """Add an article to the library, unverified whatever is claimed. Raises NotAllowed."""
    require(by, "catalog.create_basis")
    return _added(article, by=by, at=at)


def _added(
    article: Article, *, by: User | None, at: datetime, supersedes: LegalBasis | None = None
) -> LegalBasis:
    certainty = article.certainty if supersedes is None else Certainty.UNVERIFIED
    basis = LegalBasis(
        law_zh=article.law_zh,
        law_en=article.law_en,
        document_number=article.document_number,
        article=article.article,
        version=supersedes.version + 1 if supersedes else 1,
        gist_zh=article.gist_zh,
        gist_en=article.gist_en,
        tier=article.tier,
        certainty=Certainty.UNVERIFIED if certainty == Certainty.VERIFIED else certainty,
        in_force_from=article.in_force_from,
        in_force_until=article.in_force_until,
        source=article.source,
        supersedes=supersedes,
        created_at=at,
    )
    basis.full_clean()
    basis.save()
    details = {"basis": basis.citation, "version": basis.version, "tier": str(basis.tier)}
    chain.record("basis.create", _address(basis), by=by, at=at, **details)
    return basis


@transaction.atomic
def verify(basis_id: int, *, text_zh: str, source: str, by: User, at: datetime) -> LegalBasis:
    """Enter the article word for word from an official text, and vouch for it.

    From then on text, tier and period stand; a changed law is `supersede`d by a new version.
    Raises NotAllowed, BasisRefused (no text, no source), StepRefused (verified already).
    """
    require(by, "catalog.verify_basis")
    basis, datasets = _locked(basis_id)
    words = {"basis": basis.citation}
    if basis.certainty == Certainty.VERIFIED:
        raise StepRefused(
            _("%(basis)s is verified already and stands. If the law changed, add a new version.")
            % words
        )
    if len(text_zh.strip()) < SHORTEST_TEXT:
        raise BasisRefused(
            _("Enter %(basis)s word for word, from the official text; a gist is not enough.")
            % words
        )
    if not source.strip():
        raise BasisRefused(_("Say where you read %(basis)s, so that others can check it.") % words)
    basis.text_zh, basis.source = text_zh.strip(), source.strip()
    basis.certainty, basis.verified_by, basis.verified_at = Certainty.VERIFIED, by, at
    basis.full_clean()
    basis.save()
    Dataset.objects.filter(pk__in=datasets).policy_changed()
    indexing.index_all(datasets, at=at)
    chain.record(
        "basis.verify", _address(basis), by=by, at=at, basis=basis.citation, source=source
    )
    return basis


@transaction.atomic
def supersede(basis_id: int, article: Article, *, by: User, at: datetime) -> LegalBasis:
    """Add the next version of an article; the old one ends on the day before the new one begins.

    Lines on the old one lapse with it, and are proposed anew on the new one.
    Raises NotAllowed, StepRefused where a later version is there, BasisRefused where the days do
    not follow.
    """
    require(by, "catalog.create_basis")
    old, datasets = _locked(basis_id)
    if LegalBasis.objects.filter(supersedes=old).exists():
        raise StepRefused(
            _("%(basis)s has a later version already. Continue from that.")
            % {"basis": old.citation}
        )
    if article.law_zh != old.law_zh or article.in_force_from <= old.in_force_from:
        raise BasisRefused(
            _("A new version is of the same law, and begins after the old one began.")
        )
    new = _added(article, by=by, at=at, supersedes=old)
    last = date.fromordinal(article.in_force_from.toordinal() - 1)
    if old.in_force_until is None or old.in_force_until > last:
        _end(old, datasets, until=last, by=by, at=at)
    return new


@transaction.atomic
def end(basis_id: int, *, until: date, by: User, at: datetime) -> LegalBasis:
    """Say on which day an article is in force for the last time; lines on it lapse after it.

    Raises NotAllowed, BasisRefused for a day before it began.
    """
    require(by, "catalog.verify_basis")
    basis, datasets = _locked(basis_id)
    if until < basis.in_force_from:
        raise BasisRefused(
            _("%(basis)s began on %(day)s and cannot end before that.")
            % {"basis": basis.citation, "day": basis.in_force_from}
        )
    return _end(basis, datasets, until=until, by=by, at=at)


def _end(
    basis: LegalBasis, datasets: list[int], *, until: date, by: User, at: datetime
) -> LegalBasis:
    known = basis.in_force_until
    if known is None or known >= timezone.localdate(at):  # else its lines have lapsed already
        basis.end_noted_at = at
    basis.in_force_until = until
    basis.save(update_fields=["in_force_until", "end_noted_at"])
    Dataset.objects.filter(pk__in=datasets).policy_changed()
    indexing.index_all(datasets, at=at)
    chain.record(
        "basis.end", _address(basis), by=by, at=at, basis=basis.citation, until=str(until)
    )
    for line in leaning(basis.pk):
        notices.tell(
            "line.review_due",
            organization=line.dataset.owner,
            target=place(line),
            at=at,
            due_on=until,
            number=line.number,
            dataset=line.dataset,
            day=until,
        )
    leaned = leaning(basis.pk).values_list("dataset_id", flat=True)
    since = until + timedelta(days=1)
    updates.follow(leaned, since=since, because=basis.citation, by=by, at=at)
    return basis


def in_force(words: str, *, today: date) -> QuerySet[LegalBasis]:
    """Return articles in force on a day that have all of these words, by law and number."""
    rows = LegalBasis.objects.filter(in_force_from__lte=today).exclude(in_force_until__lt=today)
    rows = rows.filter(
        containing(words, "law_zh", "law_en", "article", "gist_zh", "gist_en", "document_number")
    )
    return rows.order_by("law_zh", "pk")


def leaning(basis_id: int) -> QuerySet[NegativeLine]:
    """Return the published lines that rest on a basis: when it ends, they lapse with it."""
    lines = NegativeLine.objects.filter(basis_id=basis_id, state=LineState.PUBLISHED)
    return lines.select_related("dataset__owner", "basis").order_by("number")


def _locked(basis_id: int) -> tuple[LegalBasis, list[int]]:
    """Lock the entries with lines on a basis, in order, then the basis; return it and their ids.

    Entries first, as every verb does. A line published meanwhile bumps its own entry.
    """
    lined = Dataset.objects.filter(
        pk__in=NegativeLine.objects.filter(basis_id=basis_id).values("dataset_id")
    )
    datasets = list(lined.order_by("pk").select_for_update().values_list("pk", flat=True))
    return LegalBasis.objects.select_for_update().get(pk=basis_id), datasets


@transaction.atomic
def seed(*, at: datetime) -> int:
    """Add what of LIBRARY is not there yet, as the platform itself; return how many were added.

    None of it is verified: article texts are not known word for word, so none can carry a line
    until a person has read the official text (`verify`).
    """
    known = set(LegalBasis.objects.values_list("law_zh", "article"))
    missing = [article for article in LIBRARY if (article.law_zh, article.article) not in known]
    for article in missing:
        _added(article, by=None, at=at)
    return len(missing)


def _address(basis: LegalBasis) -> str:
    return f"basis:{basis.pk}"


__all__ = ["Article", "BasisTier", "create", "end", "leaning", "seed", "supersede", "verify"]
