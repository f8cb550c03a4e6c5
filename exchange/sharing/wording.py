"""Whether what a request says fits: lengths, numbers, and signs that nothing can keep.

Every door asks it through `contents.write`, so that no text is cut and none fails in the database.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from exchange.models import ShareRequest
from exchange.problems import Ground
from exchange.sharing.requests import RequestUnfit

TEXTS = ("purpose", "scene", "system", "basis_text", "safeguards")
UNFINISHED = (*TEXTS, "purpose_class", "fields", "rows")
"""What a draft may lack; `contents.lacking` tells of it when the request is laid before a head."""

_NOT_KEPT = re.compile("[\0\ud800-\udfff]")


def fits(request: ShareRequest) -> None:
    """Return if all that a request says can be kept. Raises RequestUnfit, naming each part."""
    found = {name: told for name in TEXTS if (told := _of_text(request, name))}
    if any(_NOT_KEPT.search(value) for one in request.rows for value in one["values"]):
        found["rows"] = [_not_kept()]
    empty = [name for name in UNFINISHED if not getattr(request, name)]
    try:
        request.clean_fields(exclude=[*found, *empty])
    except ValidationError as failed:
        found |= failed.message_dict
    if found:
        raise unfit(found, labels={name: _label(name) for name in found})


def unfit(
    found: Mapping[str, Sequence[str]], *, labels: Mapping[str, str] | None = None
) -> RequestUnfit:
    """Return the refusal of parts by name, each with what is wrong; `labels` are for people."""
    named = [f"{(labels or {}).get(name, name)}: {' '.join(found[name])}" for name in found]
    return RequestUnfit(
        _("What was sent does not fit. %(parts)s") % {"parts": " ".join(named)},
        grounds=[Ground(name, " ".join(messages)) for name, messages in found.items()],
    )


def _of_text(request: ShareRequest, name: str) -> list[str]:
    """Return what is wrong with a text: the database keeps neither NUL nor half characters."""
    text = str(getattr(request, name))
    longest = _part(name).max_length
    if _NOT_KEPT.search(text):
        return [_not_kept()]
    if longest is not None and len(text) > longest:
        return [
            _("It has %(length)s characters, at most %(longest)s fit.")
            % {"length": len(text), "longest": longest}
        ]
    return []


def _not_kept() -> str:
    return _("It has characters that cannot be kept. Leave them out.")


def _label(name: str) -> str:
    return str(_part(name).verbose_name)


def _part(name: str) -> Any:
    return ShareRequest._meta.get_field(name)  # noqa: SLF001 - Django's public-by-custom name
