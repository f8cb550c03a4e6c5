"""The steps of the sitting, as they stand at the head of each of its pages."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

STEPS = (
    ("source", _("Source"), ""),
    ("object", _("Table or sheet"), ""),
    ("fields", _("Fields"), ""),
    ("about", _("Description"), "admin:sitting_about"),
    ("preview", _("Preview"), "admin:sitting_preview"),
    ("trial", _("Trial run"), "admin:sitting_trial"),
    ("ready", _("Signature"), "admin:sitting_ready"),
)


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step with its state: "done", "now" or "" for what is to come; `place` where it is open."""

    label: Any
    state: str
    place: str


def steps(now: str, dataset_id: int | None = None) -> list[StepShown]:
    """Return all steps; those of a draft can be gone to in any order."""
    names = [name for name, _label, _address in STEPS]
    return [
        StepShown(
            label,
            "now" if name == now else "done" if names.index(name) < names.index(now) else "",
            reverse(address, args=[dataset_id]) if address and dataset_id else "",
        )
        for name, label, address in STEPS
    ]
