"""Entries of the resource catalogue: datasets, what they offer, and the fields of their tables."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.bilingual import choose
from catalog.models.classification import CodeList, Subject
from catalog.terms import (
    Category,
    Check,
    FormatClass,
    ResourceKind,
    ShareWay,
    State,
    UpdateCycle,
)
from policy.terms import DataType, Grade, MaskKind, OpenType, Secrecy, ShareType

USER = settings.AUTH_USER_MODEL
SEEN_BY_ALL = (State.PUBLISHED, State.WITHDRAWN)
SIGNED_STATES = (State.SIGNED, State.IN_REVIEW, State.PUBLISHED, State.WITHDRAWN)
CODED_STATES = (State.IN_REVIEW, State.PUBLISHED, State.WITHDRAWN)
FIELD_SHARE_TYPES = (ShareType.UNCONDITIONAL, ShareType.CONDITIONAL)


class DatasetQuerySet(models.QuerySet["Dataset"]):
    """Phrases about datasets."""

    def published(self) -> "DatasetQuerySet":
        """Listed, and served."""
        return self.filter(state=State.PUBLISHED)

    def known(self) -> "DatasetQuerySet":
        """Published now or once: a withdrawn one is answered with its reason, not denied."""
        return self.filter(state__in=SEEN_BY_ALL)

    def visible_to(self, organizations: Collection[int]) -> "DatasetQuerySet":
        """Known to all, or an entry of one of these organisations."""
        return self.filter(Q(state__in=SEEN_BY_ALL) | Q(owner_id__in=organizations))

    def policy_changed(self) -> None:
        """Let every decision on these datasets that somebody keeps be made anew.

        Belongs in the transaction of whatever can change a decision.
        """
        self.update(policy_version=F("policy_version") + 1)


class Dataset(models.Model):
    """A line of the resource catalogue: what a department holds and promises to keep fresh.

    The core metadata of 《政务信息资源目录编制指南（试行）》 (domain.md §2.2); share and open
    attributes stand on each field. `code` is given at the first submission and never changes;
    `policy_version` goes up with everything that can change a decision.
    """

    State = State
    Category = Category
    UpdateCycle = UpdateCycle

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    code = models.CharField(_("resource code"), max_length=64, unique=True, null=True, blank=True)
    owner = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="datasets",
        verbose_name=_("provider"),
    )
    source_authority = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("lead source department"),
    )
    title_zh = models.CharField(_("title, Chinese"), max_length=100)
    title_en = models.CharField(_("title, English"), max_length=200, blank=True)
    alias = models.CharField(_("other name"), max_length=100, blank=True)
    abstract_zh = models.TextField(_("abstract, Chinese"), max_length=1000, blank=True)
    abstract_en = models.TextField(_("abstract, English"), max_length=2000, blank=True)
    keywords_zh = models.JSONField(_("keywords, Chinese"), default=list, blank=True)
    keywords_en = models.JSONField(_("keywords, English"), default=list, blank=True)
    category = models.CharField(
        _("category"), max_length=12, choices=Category.choices, default=Category.DEPARTMENT
    )
    item = models.CharField(_("item, two digits"), max_length=2, default="00")
    subject = models.ForeignKey(
        Subject,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="datasets",
        verbose_name=_("subject"),
    )
    detail = models.CharField(_("detail, up to twelve digits"), max_length=12, default="000000")
    format_class = models.CharField(
        _("format"), max_length=16, choices=FormatClass.choices, default=FormatClass.DATABASE
    )
    format_type = models.CharField(_("format type"), max_length=60, blank=True)
    update_cycle = models.CharField(
        _("update cycle"), max_length=12, choices=UpdateCycle.choices, blank=True
    )
    share_condition_zh = models.TextField(_("share condition, Chinese"), blank=True)
    share_condition_en = models.TextField(_("share condition, English"), blank=True)
    share_way = models.CharField(
        _("way of sharing"), max_length=8, choices=ShareWay.choices, default=ShareWay.API
    )
    license = models.CharField(_("licence"), max_length=100, blank=True)
    contact = models.CharField(
        _("contact"),
        max_length=200,
        blank=True,
        help_text=_("Telephone or mail of the office in charge, never of a person."),
    )
    related = models.ManyToManyField("self", blank=True, verbose_name=_("related datasets"))
    region = models.ForeignKey(
        "accounts.Region",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("region covered"),
    )
    extensions = models.JSONField(
        _("further elements"),
        default=dict,
        blank=True,
        help_text=_("What the city keeps beside the core elements, by name."),
    )

    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT)
    defects = models.JSONField(_("what was found missing"), default=list, blank=True)
    policy_version = models.BigIntegerField(_("policy version"), default=1)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    signed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signed by")
    )
    checklist = models.JSONField(_("what the head vouched for"), default=dict, blank=True)
    collected_again = models.TextField(
        _("why it is collected although another department has it"), blank=True
    )
    update_from = models.DateField(_("to follow a change of"), null=True, blank=True)
    update_because = models.TextField(_("what changed"), blank=True)
    update_extended = models.BooleanField(_("term to follow extended"), default=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("submitted by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )
    withdrawn_reason = models.TextField(_("reason of withdrawal"), blank=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        indexes = [models.Index(fields=["state", "owner"], name="catalog_dataset_state_owner")]
        constraints = [
            models.CheckConstraint(
                name="catalog_dataset_classified",
                condition=Q(item__regex=r"^[0-9]{2}$") & Q(detail__regex=r"^[0-9]{0,12}$"),
                violation_error_message=_(
                    "Item is two digits and detail up to twelve: they stand in the resource code."
                ),
            ),
            models.CheckConstraint(
                name="catalog_dataset_signed_by_somebody",
                condition=~Q(state__in=SIGNED_STATES)
                | Q(signed_at__isnull=False, signed_by__isnull=False),
                violation_error_message=_("The head of the department signs first."),
            ),
            models.CheckConstraint(
                name="catalog_dataset_coded_when_submitted",
                condition=~Q(state__in=CODED_STATES)
                | Q(code__isnull=False, submitted_at__isnull=False, submitted_by__isnull=False),
                violation_error_message=_("A submitted dataset has its resource code."),
            ),
            models.CheckConstraint(
                name="catalog_dataset_published_by_a_second_person",
                condition=~Q(state=State.PUBLISHED)
                | (
                    Q(published_at__isnull=False, published_by__isnull=False)
                    & ~Q(published_by=F("submitted_by"))
                ),
                violation_error_message=_("Who submitted an entry can not publish it."),
            ),
            models.CheckConstraint(
                name="catalog_dataset_withdrawn_after_published",
                condition=~Q(state=State.WITHDRAWN)
                | (
                    Q(published_at__isnull=False, withdrawn_at__isnull=False)
                    & Q(withdrawn_by__isnull=False)
                    & ~Q(withdrawn_reason="")
                ),
                violation_error_message=_(
                    "Only a published dataset can be withdrawn, and with a reason."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the language now active."""
        return choose(self.title_zh, self.title_en)

    @property
    def abstract(self) -> str:
        """The abstract in the language now active."""
        return choose(self.abstract_zh, self.abstract_en)

    @property
    def address(self) -> str:
        """How audit entries and deliveries name this dataset."""
        return f"dataset:{self.pk}"


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Phrases about resources."""

    def live(self) -> "ResourceQuerySet":
        """Not ended, in catalogue order."""
        return self.filter(ended_at=None).order_by("position", "pk")


class Resource(models.Model):
    """What a dataset offers: a table of records, a file, an interface or a link."""

    Kind = ResourceKind

    dataset = models.ForeignKey(
        Dataset, models.PROTECT, related_name="resources", verbose_name=_("dataset")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=ResourceKind.choices)
    name = models.CharField(_("name"), max_length=63)
    title_zh = models.CharField(_("title, Chinese"), max_length=100)
    title_en = models.CharField(_("title, English"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    url = models.URLField(_("address"), max_length=500, blank=True)
    is_public = models.BooleanField(
        _("file open to everyone"),
        default=False,
        db_default=False,  # the release that still runs while this column comes writes without it
        help_text=_(
            "For files. Nobody grades what is inside of one, so it is closed until it is opened."
        ),
    )
    opening_proposed_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("opening proposed by"),
    )
    closed_at = models.DateTimeField(_("closed to everyone"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "name"], name="catalog_resource_named_once"
            ),
            # The policy speaks of a dataset's fields by name, so they stand in one table.
            models.UniqueConstraint(
                fields=["dataset"],
                condition=Q(kind=ResourceKind.TABLE),
                name="catalog_resource_one_table",
                violation_error_message=_("A dataset has one table. Make a second dataset."),
            ),
            models.CheckConstraint(
                name="catalog_resource_name_is_an_identifier",
                condition=Q(name__regex=r"^[a-z][a-z0-9_]{0,62}$"),
                violation_error_message=_(
                    "A table's name begins with a small letter and has only small letters,"
                    " digits and underscores."
                ),
            ),
            models.CheckConstraint(
                name="catalog_resource_public_is_a_file",
                condition=Q(is_public=False) | Q(kind=ResourceKind.FILE),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the language now active."""
        return choose(self.title_zh, self.title_en)


class FieldQuerySet(models.QuerySet["Field"]):
    """Phrases about fields."""

    def live(self) -> "FieldQuerySet":
        """Not ended, in catalogue order."""
        return self.filter(ended_at=None).order_by("position", "pk")


class Field(models.Model):
    """信息项: a column of a table. Its primary key is its permanent id: a rename keeps it, a
    changed type is a new field, and a dropped one is ended and stays.

    `grade` is what a person decided. `suggested_grade` with its evidence is what the platform
    found in a sample; a grade older than a suggestion waits to be given anew. That a field is not
    shared at all is never written here: only a line of the negative list says so (Order 809
    art 14).
    """

    resource = models.ForeignKey(
        Resource, models.PROTECT, related_name="fields", verbose_name=_("resource")
    )
    name = models.CharField(_("name"), max_length=63)
    label_zh = models.CharField(_("label, Chinese"), max_length=100)
    label_en = models.CharField(_("label, English"), max_length=200, blank=True)
    description_zh = models.TextField(_("description, Chinese"), blank=True)
    description_en = models.TextField(_("description, English"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    data_type = models.CharField(
        _("data type"), max_length=12, choices=[(kind.value, kind.value) for kind in DataType]
    )
    length = models.PositiveIntegerField(_("length in characters"), null=True, blank=True)
    scale = models.PositiveSmallIntegerField(_("digits after the point"), null=True, blank=True)
    is_key = models.BooleanField(_("part of the key"), default=False)
    required = models.BooleanField(_("required"), default=False)
    code_list = models.ForeignKey(
        CodeList,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fields",
        verbose_name=_("code list"),
    )
    pattern = models.CharField(_("pattern"), max_length=200, blank=True)
    value_check = models.CharField(
        _("check of the value"),
        max_length=12,
        choices=Check.choices,
        blank=True,
        default=Check.NONE,
    )
    minimum = models.DecimalField(
        _("minimum"), max_digits=30, decimal_places=10, null=True, blank=True
    )
    maximum = models.DecimalField(
        _("maximum"), max_digits=30, decimal_places=10, null=True, blank=True
    )

    coordinate = models.CharField(_("part of a place"), max_length=20, blank=True, default="")

    share_type = models.CharField(
        _("share type"),
        max_length=14,
        choices=[(kind.value, kind.value) for kind in FIELD_SHARE_TYPES],
        default=ShareType.UNCONDITIONAL.value,
    )
    open_type = models.CharField(
        _("open type"),
        max_length=14,
        choices=[(kind.value, kind.value) for kind in OpenType],
        default=OpenType.UNCONDITIONAL.value,
    )
    share_condition_zh = models.TextField(_("share condition, Chinese"), blank=True)
    share_condition_en = models.TextField(_("share condition, English"), blank=True)
    grade = models.PositiveSmallIntegerField(
        _("grade"), null=True, blank=True, choices=[(int(grade), grade.name) for grade in Grade]
    )
    graded_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("graded by")
    )
    graded_at = models.DateTimeField(_("graded at"), null=True, blank=True)
    grade_reason = models.TextField(_("why this grade"), blank=True)
    suggested_grade = models.PositiveSmallIntegerField(
        _("suggested grade"),
        null=True,
        blank=True,
        choices=[(int(grade), grade.name) for grade in Grade],
    )
    suggested_at = models.DateTimeField(_("suggested at"), null=True, blank=True)
    suggestion = models.JSONField(_("evidence of the suggestion"), default=dict, blank=True)
    mask_kind = models.CharField(
        _("mask"),
        max_length=20,
        blank=True,
        choices=[(kind.value, kind.value) for kind in MaskKind],
    )
    mask_params = models.JSONField(_("mask's settings"), default=dict, blank=True)
    concealed = models.BooleanField(_("its existence is concealed"), default=False)
    secrecy = models.CharField(
        _("secrecy"),
        max_length=12,
        choices=[(kind.value, kind.value) for kind in Secrecy],
        default=Secrecy.NONE.value,
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = FieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "name"],
                condition=Q(ended_at=None),
                name="catalog_field_named_once",
            ),
            models.CheckConstraint(
                name="catalog_field_name_is_an_identifier",
                condition=Q(name__regex=r"^[a-z][a-z0-9_]{0,62}$"),
                violation_error_message=_(
                    "A field's name begins with a small letter and has only small letters,"
                    " digits and underscores."
                ),
            ),
            models.CheckConstraint(
                name="catalog_field_not_shared_only_by_negative_list",
                condition=Q(share_type__in=[kind.value for kind in FIELD_SHARE_TYPES]),
                violation_error_message=_(
                    "A field is refused to other departments only by a line of the negative list."
                ),
            ),
            models.CheckConstraint(
                name="catalog_field_graded_by_somebody",
                condition=Q(grade=None) | Q(graded_by__isnull=False, graded_at__isnull=False),
                violation_error_message=_("A grade names who gave it, and when."),
            ),
            models.CheckConstraint(
                name="catalog_field_grade_below_suggestion_has_reason",
                condition=Q(grade=None)
                | Q(suggested_grade=None)
                | Q(grade__gte=F("suggested_grade"))
                | Q(graded_at__lt=F("suggested_at"))
                | ~Q(grade_reason=""),
                violation_error_message=_(
                    "A grade below what was detected needs a reason, such as how it was masked."
                ),
            ),
            models.CheckConstraint(
                name="catalog_field_bounds",
                condition=Q(minimum=None) | Q(maximum=None) | Q(minimum__lte=F("maximum")),
                violation_error_message=_("The minimum is not above the maximum."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The label in the language now active."""
        return choose(self.label_zh, self.label_en)

    @property
    def detected(self) -> Grade | None:
        """The suggested grade where something sensitive (above L1) was found, else None."""
        found = self.suggested_grade
        return Grade(found) if found is not None and found > Grade.L1 else None

    @property
    def awaits_person(self) -> bool:
        """Whether a detected-sensitive field still lacks a later grade with a reason."""
        if self.detected is None:
            return False
        if self.grade is None or self.graded_at is None or not self.grade_reason:
            return True
        return self.suggested_at is not None and self.graded_at < self.suggested_at
