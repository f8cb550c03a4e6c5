"""The closed sets of the catalogue. What the law speaks of stands in `policy.terms`."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a catalogue entry stands; `catalog.publishing.MOVES` says how it gets there."""

    DRAFT = "draft", _("draft")
    SIGNED = "signed", _("signed by the head")
    IN_REVIEW = "in_review", _("in review")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")


class DemandState(models.TextChoices):
    """Where a demand stands; `catalog.demands.MOVES` says how it gets there."""

    OPEN = "open", _("waiting for the data authority")
    ACCEPTED = "accepted", _("with the department that has the duty")
    CATALOGUED = "catalogued", _("in the catalogue")
    SATISFIED = "satisfied", _("satisfied")
    DECLINED = "declined", _("declined")


class Category(models.TextChoices):
    """类: the first level of the classification, and the first digit of the code (§2.3)."""

    BASE = "base", _("base data")
    THEME = "theme", _("theme data")
    DEPARTMENT = "department", _("department data")


class UpdateCycle(models.TextChoices):
    """更新周期: how often the provider promises to refresh."""

    REALTIME = "realtime", _("in real time")
    DAILY = "daily", _("daily")
    WEEKLY = "weekly", _("weekly")
    MONTHLY = "monthly", _("monthly")
    QUARTERLY = "quarterly", _("quarterly")
    HALF_YEARLY = "half_yearly", _("half-yearly")
    YEARLY = "yearly", _("yearly")
    IRREGULAR = "irregular", _("irregularly")
    NEVER = "never", _("not updated")


class ShareWay(models.TextChoices):
    """共享方式: by the platform (as interface, table or file), by mail, or on a medium."""

    API = "api", _("platform: interface")
    TABLE = "table", _("platform: table")
    FILE = "file", _("platform: file")
    MAIL = "mail", _("mail")
    MEDIA = "media", _("medium")


class FormatClass(models.TextChoices):
    """格式分类 1-6 of the compiling guide, in its order."""

    DOCUMENT = "document", _("electronic document")
    SPREADSHEET = "spreadsheet", _("spreadsheet")
    DATABASE = "database", _("database")
    IMAGE = "image", _("image")
    STREAM = "stream", _("streaming media")
    SELF_DESCRIBED = "self_described", _("format of the provider's industry")


class ResourceKind(models.TextChoices):
    """What a dataset offers."""

    TABLE = "table", _("table")
    FILE = "file", _("file")
    API = "api", _("interface")
    LINK = "link", _("link")


class Check(models.TextChoices):
    """A checksum or form that a field's values must pass."""

    NONE = "", _("none")
    RESIDENT_ID = "resident_id", _("resident ID number")
    USCC = "uscc", _("unified social credit code")
    MOBILE = "mobile", _("mobile number")


class LineState(models.TextChoices):
    """Where a line of the negative list stands."""

    PROPOSED = "proposed", _("with the department's legal unit")
    AUTHORITY_REVIEW = "authority_review", _("with the data authority")
    PUBLISHED = "published", _("published")
    RETURNED = "returned", _("returned")
    ENDED = "ended", _("ended")


class Substitute(models.TextChoices):
    """替代方式: what the consumer gets in place of the values."""

    VERIFY = "verify", _("verification, yes or no")
    STATISTICS = "statistics", _("statistics")
    MASKED = "masked", _("masked values")
    NONE = "none", _("nothing")


class ClockStep(models.TextChoices):
    """What has to be done within a number of working days."""

    CATALOGUE_REVIEW = "catalogue_review", _("review of an entry")
    CATALOGUE_UPDATE = "catalogue_update", _("update of an entry after a change")
    FORMAL_CHECK = "formal_check", _("formal check of a request")
    ANSWER_UNCONDITIONAL = "answer_unconditional", _("answer to a request, unconditional data")
    ANSWER_CONDITIONAL = "answer_conditional", _("answer to a request, conditional data")
    ANSWER_BOUND = "answer_bound", _("answer to a request, data on the platform")
    ANSWER_UNBOUND = "answer_unbound", _("answer to a request, data not on the platform yet")
    ANSWER_OPENING = "answer_opening", _("answer to a company, conditional open data")
    DELIVER = "deliver", _("sharing of what was agreed")
    CORRECTION = "correction", _("answer to a correction")
    WISH = "wish", _("answer to a wish for data")
    STOP_ANSWER = "stop_answer", _("answer to a provider that wants to stop a service")


PROFILES = {
    "order809": _("Order 809 of the State Council"),
    "municipal-2024": _("municipal rules of 2024, with a formal check"),
}
"""Bodies of rules that are shipped; a city's own goes by the name it was entered with."""


class RevisionKind(models.TextChoices):
    """What a revision of a published dataset changes."""

    REGRADE = "regrade", _("grades and masks of fields")
    AMEND = "amend", _("metadata and fields")


class RevisionState(models.TextChoices):
    """Where a revision stands."""

    PROPOSED = "proposed", _("waits for a second person")
    SIGNED = "signed", _("with the data authority")
    APPLIED = "applied", _("applied")
    REFUSED = "refused", _("refused")


class ApiMethod(models.TextChoices):
    """How an interface is called."""

    GET = "GET", "GET"
    POST = "POST", "POST"


class ApiAuth(models.TextChoices):
    """How callers of an interface prove who they are."""

    NONE = "none", _("not at all")
    KEY = "key", _("a key")
    SIGNATURE = "signature", _("a signature")
    OAUTH = "oauth", _("OAuth 2.0")
    OTHER = "other", _("another way")
