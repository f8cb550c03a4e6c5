"""What speaks for a proposal, as numbers first and as a sentence for who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from policy.evidence import Evidence

SENTENCES: Mapping[str, Any] = {
    "declared": _("The source declares the type “%(type)s”."),
    "type.integer": _("%(count)s of %(present)s values are whole numbers."),
    "type.decimal": _("%(count)s of %(present)s values are decimal numbers."),
    "type.double": _("%(count)s of %(present)s values are floating numbers."),
    "type.date": _("%(count)s of %(present)s values are dates."),
    "type.datetime": _("%(count)s of %(present)s values are dates with a time."),
    "type.boolean": _("%(count)s of %(present)s values say yes or no."),
    "zeros": _("%(count)s of %(present)s values begin with a zero, so they are kept as text."),
    "check.resident_id": _("%(count)s of %(present)s values pass the resident-ID checksum."),
    "check.uscc": _("%(count)s of %(present)s values pass the credit-code checksum."),
    "check.mobile": _("%(count)s of %(present)s values have the form of a mobile number."),
    "listed": _("All %(distinct)s different values stand in the code list “%(list)s”."),
    "declared-key": _("The source holds it to be part of its primary key."),
    "unique": _("All %(sampled)s values are there and different."),
    "empty": _("%(count)s of %(sampled)s rows have no value."),
    "longest": _("The longest value has %(count)s characters."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of evidence: which of SENTENCES, and its words. Never a value of the data."""

    code: str
    words: Mapping[str, Any]

    def __str__(self) -> str:
        return str(SENTENCES[self.code]) % self.words


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detector of the policy found, as evidence beside the counted."""

    found: Evidence

    def __str__(self) -> str:
        return self.found.text(get_language() or "zh-hans")
