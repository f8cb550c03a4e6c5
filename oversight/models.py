"""What is counted, by day: use of each dataset, and how each department stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Door(models.TextChoices):
    """Where somebody came in."""

    PORTAL = "portal", _("portal")
    OPEN = "open", _("open API")
    OFFICE = "office", _("department API")


class Daily(models.Model):
    """What was asked of a dataset on a day, through one door. Says of nobody who asked.

    `views` are page views of the portal by what does not call itself a robot; `downloads` whole
    copies, `calls` all other answered calls, `rows` what both were answered with; `apps` how many
    different apps called on that day, so not to be added up over days.
    """

    day = models.DateField(_("day"))
    dataset = models.ForeignKey(
        "catalog.Dataset", models.PROTECT, related_name="daily_counts", verbose_name=_("dataset")
    )
    door = models.CharField(_("door"), max_length=8, choices=Door.choices)
    views = models.BigIntegerField(_("views"), default=0)
    downloads = models.BigIntegerField(_("downloads"), default=0)
    calls = models.BigIntegerField(_("calls"), default=0)
    rows = models.BigIntegerField(_("rows"), default=0)
    apps = models.BigIntegerField(_("apps"), default=0)

    class Meta:
        verbose_name = _("use of a day")
        verbose_name_plural = _("use by day")
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "day", "door"], name="oversight_daily_once"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="oversight_daily_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.dataset_id} {self.door}"


class Drained(models.Model):
    """A batch of counts that was added; the same one is not added twice."""

    batch = models.CharField(_("batch"), max_length=80, unique=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("batch of page views")
        verbose_name_plural = _("batches of page views")

    def __str__(self) -> str:
        return self.batch


class KeyCount(models.Model):
    """How many calls with a key on a day took so long, or were refused so.

    `label` is the upper edge in milliseconds of what is counted together, or a refusal's code.
    """

    class What(models.TextChoices):
        """What is counted."""

        TOOK = "took", _("answered within")
        REFUSED = "refused", _("refused")

    day = models.DateField(_("day"))
    key_id = models.BigIntegerField(_("key"))
    what = models.CharField(_("what"), max_length=7, choices=What.choices)
    label = models.CharField(_("label"), max_length=60)
    count = models.BigIntegerField(_("calls"), default=0)

    class Meta:
        verbose_name = _("calls of a key")
        verbose_name_plural = _("calls of keys")
        constraints = [
            models.UniqueConstraint(
                fields=["key_id", "day", "what", "label"], name="oversight_keycount_once"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="oversight_keycount_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.key_id} {self.what} {self.label}"


class Standing(models.Model):
    """How a department stood on a day: each figure's numerator and denominator, and `cells`.

    The department is text, as it was called on the day. `late` lists [dataset's slug, the day
    from which it is late]. What each number means is told by `oversight.figures.FIGURES`.
    """

    day = models.DateField(_("day"))
    department = models.SlugField(_("department"), max_length=80)
    published = models.PositiveIntegerField(_("published datasets"), default=0)
    opened = models.PositiveIntegerField(_("with rows for everybody"), default=0)
    tables = models.PositiveIntegerField(_("that have a table"), default=0)
    filled = models.PositiveIntegerField(_("with rows on the platform"), default=0)
    promised = models.PositiveIntegerField(_("with a promised cycle and rows"), default=0)
    on_time = models.PositiveIntegerField(_("refreshed in time"), default=0)
    used = models.PositiveIntegerField(_("used within 30 days"), default=0)
    asked = models.PositiveIntegerField(_("requests to answer"), default=0)
    asked_in_time = models.PositiveIntegerField(_("of these within their limit"), default=0)
    reported = models.PositiveIntegerField(_("corrections to answer"), default=0)
    reported_in_time = models.PositiveIntegerField(_("of these within their limit"), default=0)
    cells = models.BigIntegerField(_("rows × columns for everybody"), default=0)
    late = models.JSONField(_("late datasets"), default=list)
    computed_at = models.DateTimeField(_("computed at"))

    class Meta:
        verbose_name = _("standing of a department")
        verbose_name_plural = _("standings of departments")
        constraints = [
            models.UniqueConstraint(fields=["day", "department"], name="oversight_standing_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.department}"
