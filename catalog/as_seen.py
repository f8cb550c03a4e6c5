"""What a person had before their eyes when they decided on an entry, as a digest.

A form may lie open while the entry changes: a draft that waits for its head stays editable, and an
entry that was sent back comes again under the same address. Whoever signs or publishes sends back
the digest of what they were shown, and the verb refuses where the entry is another one by then.
"""

import hashlib
import json

from django.utils.translation import gettext as _

from catalog.drafting import DESCRIBED, METADATA
from catalog.models import Dataset, Field, FileVersion
from catalog.refusals import StepRefused

GRADED = ("grade", "grade_reason", "share_type", "open_type", "mask_kind", "mask_params")
OFFERED = ("kind", "name", "title_zh", "title_en", "url", "is_public")


def digest(dataset: Dataset) -> str:
    """Return a digest (32 hexadecimal digits) of all that a decision on an entry rests on.

    Four queries: the entry's metadata, its live fields with their grades, its live offers, and
    the bytes of their files, which nobody grades.
    """
    # by the policy version, what a higher floor decides of its rows is in it too: a counting rule
    row = Dataset.objects.filter(pk=dataset.pk).values_list("policy_version", *sorted(METADATA))
    fields = Field.objects.filter(resource__dataset=dataset).live().order_by("pk")
    offers = dataset.resources.live().order_by("pk")
    versions = FileVersion.objects.filter(resource__in=offers.order_by())
    bytes_ = versions.order_by("resource_id", "number")
    told = [
        list(row),
        list(fields.values_list("pk", "position", *sorted(DESCRIBED), *GRADED)),
        list(offers.values_list("pk", *OFFERED)),
        list(bytes_.values_list("resource_id", "number", "sha256")),
    ]
    text = json.dumps(told, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def require_as_seen(dataset: Dataset, seen: str) -> None:
    """Return if an entry is still what `seen` digests; "" where nobody was shown anything.

    Raises StepRefused (409).
    """
    if seen and seen != digest(dataset):
        raise StepRefused(
            _(
                "“%(dataset)s” was changed after you opened it, so nothing was decided. Look at it"
                " as it stands now, then decide."
            )
            % {"dataset": dataset}
        )
