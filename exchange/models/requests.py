"""What is asked of a department, by another one or by a company, and all that happened to it."""

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import OrganizationKind
from catalog.terms import ClockStep
from exchange.workflow import ASIDES, OPEN_STATES, STEPS, WITH_PROVIDER, State
from policy.terms import Channel, Grade, Mode

HAPPENINGS = [(str(one), said) for one, said in [*STEPS.items(), *ASIDES.items()]]
USER = settings.AUTH_USER_MODEL


class Purpose(models.TextChoices):
    """What shared data is used as (国发〔2016〕51号 art 13, unverified)."""

    BASIS = "basis", _("basis of an administrative act")
    REFERENCE = "reference", _("reference for the department's work")
    CHECKING = "checking", _("checking of other data")
    COORDINATION = "coordination", _("coordination of business")


class Answer(models.TextChoices):
    """What a provider answers."""

    WHOLE = "whole", _("agreed as asked")
    PART = "part", _("agreed in part")
    REFUSAL = "refusal", _("not agreed")


class Ground(models.TextChoices):
    """Why a request is refused; none of them is that the data is sensitive (Order 809 art 15)."""

    NEGATIVE_LIST = "negative_list", _("a line of the negative list bars it")
    BEYOND_DUTY = "beyond_duty", _("the purpose is outside the asking department's duties")
    NOT_NECESSARY = "not_necessary", _("the purpose does not need this data")
    CONDITIONS = "conditions", _("the published conditions are not met")
    NOT_HELD = "not_held", _("the provider does not hold what is asked for")


class ShareRequestQuerySet(models.QuerySet["ShareRequest"]):
    """Phrases about share requests."""

    def open(self):
        """Somebody has to act."""
        return self.filter(state__in=OPEN_STATES)

    def on_its_way(self):
        """Neither answered nor withdrawn; a draft too."""
        return self.filter(state__in=(State.DRAFT, *OPEN_STATES))

    def with_provider(self):
        """The provider has to answer."""
        return self.filter(state__in=WITH_PROVIDER)

    def seen_at(self, organizations: Collection[int | None] | None):
        """What organisations asked for, or received for their datasets; None: all received."""
        received = Q(received_at__isnull=False)
        if organizations is None:
            return self.filter(received)
        return self.filter(
            Q(organization__in=organizations) | received & Q(dataset__owner__in=organizations)
        )

    def late(self, today: date):
        """The last day in time is over, and nobody has answered."""
        return self.open().filter(due_on__lt=today)

    def by_due_date(self):
        """What is due first comes first; what has no day yet comes last."""
        return self.order_by(F("due_on").asc(nulls_last=True), "pk")


class ShareRequest(models.Model):
    """A department's request for fields of a dataset, with purpose, basis, scope and period.

    Of a company it is an application for conditional open data (`channel`): with security measures
    (`safeguards`) in place of basis and system.

    Order 809 art 20: basis, scene, scope, way and period. `fields` lists permanent field ids;
    `rows` is a list of {"field": id, "operator": "eq"|"in", "values": [...]} that all must hold;
    `clear_up_to` is the highest grade asked for in clear. Calls are a day's. `bundle` joins
    requests that were asked for together, one for each dataset.

    `due_on` is the last day in time of the step `due_step`, which began on `due_from`: a copy for
    lists; `exchange.sharing.clocks` works it out from the table of time limits alone, by the body
    of rules `profile`, which is that of its first signature for good.
    """

    State = State

    dataset = models.ForeignKey(
        "catalog.Dataset", models.PROTECT, related_name="share_requests", verbose_name=_("dataset")
    )
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="share_requests",
        verbose_name=_("applicant"),
    )
    bundle = models.UUIDField(_("asked together"), null=True, blank=True)
    reference = models.ForeignKey(
        "exchange.RequestReference",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("reference of the caller"),
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)

    purpose_class = models.CharField(_("used as"), max_length=14, choices=Purpose.choices)
    purpose = models.TextField(_("purpose"), max_length=2000)
    scene = models.CharField(_("scene of use"), max_length=200)
    basis = models.ForeignKey(
        "catalog.LegalBasis",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("legal basis, from the library"),
    )
    basis_text = models.CharField(
        _("legal basis, in words"),
        max_length=400,
        blank=True,
        help_text=_("Law or document with its article, where the library does not have it."),
    )
    mode = models.CharField(
        _("way of use"), max_length=6, choices=[(one.value, one.value) for one in Mode]
    )
    fields = models.JSONField(_("fields"), default=list)
    rows = models.JSONField(_("rows"), default=list, blank=True)
    clear_up_to = models.PositiveSmallIntegerField(_("clear up to"), default=int(Grade.L2))
    calls_average = models.PositiveIntegerField(
        _("calls a day, on average"), null=True, blank=True
    )
    calls_peak = models.PositiveIntegerField(_("calls a day, at the peak"), null=True, blank=True)
    system = models.CharField(_("system that uses it"), max_length=200)
    safeguards = models.TextField(_("security measures"), max_length=2000, blank=True)
    wanted_from = models.DateField(_("wanted from"))
    wanted_until = models.DateField(_("wanted until"))
    renews = models.ForeignKey(
        "exchange.Grant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="renewals",
        verbose_name=_("renews"),
    )

    drafted_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("drafted by")
    )
    drafted_at = models.DateTimeField(_("drafted at"))
    signed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signed by")
    )
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    profile = models.CharField(_("body of rules it was asked under"), max_length=30, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    due_step = models.CharField(
        _("time limit"), max_length=24, choices=ClockStep.choices, blank=True
    )
    due_from = models.DateTimeField(_("limit runs from"), null=True, blank=True)
    extended_at = models.DateTimeField(_("extended at"), null=True, blank=True)
    extended_because = models.TextField(_("extended because"), blank=True)
    ordered_on = models.DateField(_("last day named in a dispute"), null=True, blank=True)
    more_asked_at = models.DateTimeField(_("sent back to be completed at"), null=True, blank=True)
    missing = models.JSONField(_("what was found missing"), default=list, blank=True)

    assigned_to = models.ForeignKey(
        USER, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("with")
    )
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices, blank=True)
    answer_reason = models.TextField(_("reason of the answer"), blank=True)
    ground = models.CharField(_("ground of refusal"), max_length=14, choices=Ground, blank=True)
    offered = models.JSONField(_("what is offered"), default=dict, blank=True)
    proposed_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answer proposed by"),
    )
    answered_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answer signed by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    objects = ShareRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("share request")
        verbose_name_plural = _("share requests")
        indexes = [
            models.Index(fields=["state", "due_on"], name="exchange_request_state_due"),
            models.Index(fields=["organization", "state"], name="exchange_request_asker"),
        ]
        constraints = [
            models.CheckConstraint(
                name="exchange_request_period",
                condition=Q(wanted_until__gte=F("wanted_from")),
                violation_error_message=_("The period ends on or after the day it begins."),
            ),
            models.CheckConstraint(
                name="exchange_request_signed_before_received",
                condition=Q(received_at=None) | Q(signed_by__isnull=False),
                violation_error_message=_("A request is received when its head has signed it."),
            ),
            models.CheckConstraint(
                name="exchange_request_refusal_has_reason",
                condition=~Q(state=State.REFUSED)
                | (~Q(answer_reason="") & ~Q(ground="") & Q(answered_by__isnull=False)),
                violation_error_message=_(
                    "A refusal states its reason, and the head who signed it."
                ),
            ),
            models.CheckConstraint(
                name="exchange_request_two_people_answer",
                condition=Q(answered_by=None)
                | Q(proposed_by=None)
                | ~Q(answered_by=F("proposed_by")),
                violation_error_message=_("Who proposes an answer does not sign it."),
            ),
            models.CheckConstraint(
                name="exchange_request_answered_by_others",
                condition=Q(answered_by=None)
                | (~Q(answered_by=F("drafted_by")) & ~Q(answered_by=F("signed_by"))),
                violation_error_message=_("Nobody decides on a request of their own."),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.organization} → {self.dataset}"

    @property
    def address(self) -> str:
        """How audit entries and notices name it."""
        return f"request:{self.pk}"

    @property
    def channel(self) -> Channel:
        """On which channel it is: a company asks for conditional open data, others share."""
        company = self.organization.kind == OrganizationKind.COMPANY
        return Channel.OPEN if company else Channel.SHARE

    @property
    def opening(self) -> bool:
        """Whether it is the application of a company."""
        return self.channel == Channel.OPEN


class RequestEvent(models.Model):
    """One thing that happened to a request, as both departments read it.

    `what` is a step or something beside; `text` is what the person said, in their words. `by` is
    None where the platform itself acted; `for_whom` is the colleague in whose stead they did.
    """

    request = models.ForeignKey(
        ShareRequest, models.CASCADE, related_name="events", verbose_name=_("share request")
    )
    what = models.CharField(_("what happened"), max_length=16, choices=HAPPENINGS)
    state = models.CharField(_("state after it"), max_length=12, choices=State.choices)
    text = models.TextField(_("what was said"), blank=True)
    by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    for_whom = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("acting for")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("event of a request")
        verbose_name_plural = _("events of a request")
        indexes = [models.Index(fields=["request", "at"], name="exchange_requestevent_of")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.get_what_display()}"
