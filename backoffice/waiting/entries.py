"""Catalogue entries, their fields and their changes, as they wait for somebody."""

from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import Notice
from accounts.roles import Role
from backoffice.waiting.piles import Asked, Pile, Thing, list_of, page_of, pile
from catalog import deadlines, regrading, updates, versions
from catalog.models import Dataset, Field, Revision
from catalog.terms import ClockStep, RevisionKind, RevisionState, State


def _entry(dataset: Dataset, note: str | Promise = "") -> Thing:
    return Thing(title=str(dataset), place=page_of(dataset), note=note or str(dataset.owner))


def sent_back(asked: Asked) -> Pile:
    """Entries that a reviewer found incomplete."""
    rows = asked.own(Dataset.objects.filter(state=State.DRAFT), "owner").exclude(defects=[])
    rows = rows.exclude(pk__in=_laid_before_heads())
    return pile(
        gettext_lazy("Sent back, to be completed"),
        rows.select_related("owner").order_by("pk"),
        lambda entry: _entry(entry, " ".join(map(str, entry.defects))[:200]),
        place=list_of(Dataset, state__exact=State.DRAFT),
        urgent=True,
    )


def _laid_before_heads() -> list[int]:
    """Return the ids of the entries whose signature was asked for."""
    told = Notice.objects.open().filter(kind="dataset.signable")
    return [int(target.partition(":")[2]) for target in told.values_list("target", flat=True)]


def with_the_head(asked: Asked) -> Pile:
    """The publisher's drafts whose signature was asked for."""
    rows = Dataset.objects.filter(state=State.DRAFT, pk__in=_laid_before_heads())
    return pile(
        gettext_lazy("Waiting for the signature of the head"),
        asked.own(rows, "owner").select_related("owner").order_by("-pk"),
        _entry,
        place=list_of(Dataset, state__exact=State.DRAFT),
    )


def drafts(asked: Asked) -> Pile:
    """Entries not signed yet, and not laid before the head."""
    rows = asked.own(
        Dataset.objects.filter(state=State.DRAFT, defects=[]).exclude(pk__in=_laid_before_heads()),
        "owner",
    )
    return pile(
        gettext_lazy("Drafts"),
        rows.select_related("owner").order_by("-pk"),
        _entry,
        place=list_of(Dataset, state__exact=State.DRAFT),
    )


def signed(asked: Asked) -> Pile:
    """Signed entries that nobody has submitted."""
    rows = asked.own(Dataset.objects.filter(state=State.SIGNED), "owner")
    return pile(
        gettext_lazy("Signed, to be submitted"),
        rows.select_related("owner").order_by("signed_at"),
        _entry,
        place=list_of(Dataset, state__exact=State.SIGNED),
    )


def to_grade(asked: Asked) -> Pile:
    """Fields in which something sensitive was found, and no person has graded them since."""
    found = Q(suggested_grade__gt=1) & (
        Q(grade=None)
        | Q(grade_reason="")
        | Q(graded_at__lt=F("suggested_at"), grade__gte=F("suggested_grade"))
    )
    rows = asked.own(
        Field.objects.filter(found, ended_at=None).exclude(
            resource__dataset__state=State.WITHDRAWN
        ),
        "resource__dataset__owner",
    )
    return pile(
        gettext_lazy("Fields to be graded by a person"),
        rows.select_related("resource__dataset").order_by("-suggested_grade", "pk"),
        lambda one: Thing(
            title=f"{one.label} ({one.name})", place=page_of(one), note=str(one.resource.dataset)
        ),
    )


def to_regrade(asked: Asked) -> Pile:
    """Fields whose grade is below a newer suggestion."""
    return pile(
        gettext_lazy("Fields to be graded anew"),
        regrading.waiting(asked.places).select_related("resource__dataset"),
        lambda one: Thing(
            title=f"{one.label} ({one.name})",
            place=reverse("admin:field_grade", args=[one.pk]),
            note=str(one.resource.dataset),
        ),
        place=reverse("admin:regrading"),
    )


def to_sign(asked: Asked) -> Pile:
    """Drafts whose publisher has asked for the signature."""
    rows = asked.own(
        Dataset.objects.filter(state=State.DRAFT, pk__in=_laid_before_heads()), "owner"
    )
    return pile(gettext_lazy("To be signed"), rows.select_related("owner").order_by("pk"), _entry)


def to_update(asked: Asked) -> Pile:
    """Published entries that have to follow a change around them, by the day they are due."""
    clocks = deadlines.clocks()

    def thing(entry: Dataset) -> Thing:
        due = updates.due(entry, clocks, today=asked.today)
        return Thing(
            title=str(entry),
            place=page_of(entry),
            note=entry.update_because,
            due_on=due.due_on if due else None,
            light=due.light if due else "",
        )

    rows = asked.own(updates.waiting(), "owner").select_related("owner")
    return pile(gettext_lazy("To follow a change of law or duties"), rows, thing, urgent=True)


def revisions(asked: Asked) -> Pile:
    """Changes that somebody else proposed."""
    signed = Q(state=RevisionState.SIGNED)
    proposed = Q(state=RevisionState.PROPOSED)
    if asked.role == Role.OPERATOR:  # amendments come to the authority when the head has signed
        proposed &= ~Q(kind=RevisionKind.AMEND)
    waits = proposed | signed if asked.role == Role.OPERATOR else proposed
    rows = asked.own(Revision.objects.filter(waits), "dataset__owner")
    return pile(
        gettext_lazy("Changes that wait for a second person"),
        rows.exclude(proposed_by=asked.user).select_related("dataset").order_by("proposed_at"),
        lambda one: Thing(title=str(one.dataset), place=page_of(one), note=one.reason),
        place=list_of(Revision, state__exact=RevisionState.PROPOSED),
    )


def to_release(asked: Asked) -> Pile:
    """Newer versions of open files, and files to be opened: what somebody else proposed."""
    rows = asked.own(versions.waiting(), "resource__dataset__owner")
    return pile(
        gettext_lazy("Files to be released to everyone"),
        rows.exclude(Q(added_by=asked.user) | Q(resource__opening_proposed_by=asked.user))
        .select_related("resource__dataset")
        .order_by("added_at"),
        lambda one: Thing(title=str(one), place=page_of(one), note=str(one.resource.dataset)),
    )


def to_review(asked: Asked) -> Pile:
    """Submitted entries, the oldest first, with the day on which the review is due."""
    rows = Dataset.objects.filter(state=State.IN_REVIEW).exclude(submitted_by=asked.user)
    clocks = deadlines.clocks()

    def thing(entry: Dataset) -> Thing:
        due = clocks.due_for(
            ClockStep.CATALOGUE_REVIEW, entry.submitted_at or asked.now, today=asked.today
        )
        return Thing(
            title=str(entry),
            place=reverse("admin:review", args=[entry.pk]),
            note=str(entry.owner),
            due_on=due.due_on,
            light=due.light,
        )

    return pile(
        gettext_lazy("Entries to be reviewed"),
        rows.select_related("owner").order_by("submitted_at", "pk"),
        thing,
        place=list_of(Dataset, state__exact=State.IN_REVIEW),
    )
