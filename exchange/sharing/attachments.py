"""Files handed in with a request: looked at by their bytes, sealed, and opened on record.

They may name persons and cases, so people of the two departments alone open them; not even the
data authority does, whose check is of the form only.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import PERMISSIONS, NotAllowed, require
from audit import chain
from catalog import files
from catalog.refusals import FileRefused
from exchange import vault
from exchange.models import RequestAttachment, ShareRequest
from exchange.models.attachments import MOST_BYTES
from exchange.sharing.requests import locked
from exchange.workflow import Step, StepRefused, move

KINDS = {
    ".pdf": "application/pdf",
    ".ofd": "application/ofd",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
"""What may be handed in, with its media type."""

INSIDE = {".docx": "word/document.xml", ".ofd": "OFD.xml"}
"""What an archive of a kind has in it; any other archive only calls itself so."""

MOST_FILES = 10
SEE = "exchange.view_requestattachment"


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as it was handed in."""

    name: str
    media_type: str
    data: bytes


@transaction.atomic
def attach(
    request_id: int, stream: IO[bytes], name: str, *, by: User, at: datetime
) -> RequestAttachment:
    """Hand in a file with a draft, or with what is to be completed.

    Raises NotAllowed, StepRefused (also for an eleventh file or one that is there already),
    FileRefused for one that is too large, of another kind, or not what its name says.
    """
    request = locked(request_id)
    require(by, "exchange.ask_dataset", organization=request.organization)
    move(request.state, Step.EDIT, of=request.pk)
    if request.attachments.count() >= MOST_FILES:
        raise StepRefused(
            _("A request holds %(most)s files at most. Remove one first.") % {"most": MOST_FILES}
        )
    plain = files.plain_name(name)
    data = files.examined(stream, plain, most=MOST_BYTES, kinds=KINDS)
    _is_inside(data, plain)
    digest = hashlib.sha256(data).hexdigest()
    if request.attachments.filter(digest=digest).exists():
        raise StepRefused(_("The request has the file “%(file)s” already.") % {"file": plain})
    made = RequestAttachment.objects.create(
        request=request,
        name=plain,
        size=len(data),
        digest=digest,
        content=vault.seal(data, purpose=_purpose(request.pk, digest)),
        added_by=by,
        added_at=at,
    )
    chain.record(
        "request.attach", request.address, by=by, at=at, file=plain, size=made.size, sha256=digest
    )
    return made


@transaction.atomic
def detach(attachment_id: int, *, by: User, at: datetime) -> None:
    """Remove a file from a draft, or from what is to be completed.

    Raises NotAllowed, StepRefused, RequestAttachment.DoesNotExist.
    """
    found = RequestAttachment.objects.defer("content").get(pk=attachment_id)
    request = locked(found.request_id)
    require(by, "exchange.ask_dataset", organization=request.organization)
    move(request.state, Step.EDIT, of=request.pk)
    chain.record(
        "request.detach", request.address, by=by, at=at, file=found.name, sha256=found.digest
    )
    found.delete()


@transaction.atomic
def look(attachment_id: int, *, by: User, at: datetime) -> Opened:
    """Open a file, which is written down; as one of the two departments.

    Raises NotAllowed, RequestAttachment.DoesNotExist (also for a provider that has not received
    the request).
    """
    found = RequestAttachment.objects.select_related(
        "request__dataset__owner", "request__organization"
    ).get(pk=attachment_id)
    may_open(found.request, by)
    data = vault.unseal(found.content, purpose=_purpose(found.request_id, found.digest))
    chain.record("request.read_file", found.request.address, by=by, at=at, file=found.name)
    return Opened(found.name, KINDS[Path(found.name).suffix.lower()], data)


def may_open(request: ShareRequest, by: User) -> None:
    """Return if a person may open a request's files.

    Raises NotAllowed, RequestAttachment.DoesNotExist for who does not even see the request.
    """
    places = {place for role, place in by.live_roles() if SEE in PERMISSIONS[role]}
    if request.organization_id in places:
        return
    if request.received_at is None:
        raise RequestAttachment.DoesNotExist
    if request.dataset.owner_id not in places:
        raise NotAllowed(
            _(
                "The files of a request are for the two departments alone: %(asker)s and"
                " %(owner)s. Ask one of them."
            )
            % {"asker": request.organization, "owner": request.dataset.owner}
        )


def _is_inside(data: bytes, name: str) -> None:
    needed = INSIDE.get(Path(name).suffix.lower())
    if needed is None:
        return
    with zipfile.ZipFile(BytesIO(data)) as archive:
        if needed in archive.namelist():
            return
    raise FileRefused(
        _(
            "“%(file)s” is not what its name says. Open it, save it in the kind that its name"
            " says, and send it again."
        )
        % {"file": name}
    )


def _purpose(request_id: int, digest: str) -> str:
    return f"attachment:{request_id}:{digest}"
