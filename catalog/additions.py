"""What an amendment adds to a published entry, and how the revision keeps it until then.

New fields come with the grade they are to have from their first day; the bytes of a new file lie
in the file store, named by their digest.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import require
from audit import chain
from catalog import files, resources
from catalog.drafting import NewField, create_field, write_grade
from catalog.facts import as_params
from catalog.models import CodeList, Dataset, Resource, Revision
from catalog.refusals import EntryRefused
from catalog.terms import Check, ResourceKind, RevisionKind
from policy.facts import Mask
from policy.terms import DataType, Grade, OpenType, ShareType


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedField:
    """A new field of a published table with the grade it is to have from its first day."""

    new: NewField
    grade: Grade
    share_type: ShareType = ShareType.UNCONDITIONAL
    open_type: OpenType = OpenType.UNCONDITIONAL
    mask: Mask | None = None
    reason: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return it as the revision keeps it, in JSON."""
        new = {name: getattr(self.new, name) for name in self.new.__slots__}
        new |= {"code_list": self.new.code_list.pk if self.new.code_list else None}
        for name in ("minimum", "maximum"):
            new[name] = None if new[name] is None else str(new[name])
        return {
            "new": new,
            "grade": int(self.grade),
            "share_type": str(self.share_type),
            "open_type": str(self.open_type),
            "mask": None if self.mask is None else asdict(self.mask) | {"kind": self.mask.kind},
            "reason": self.reason,
        }

    @classmethod
    def from_data(cls, told: Mapping[str, Any]) -> "AddedField":
        """Read what `as_data` wrote."""
        new = dict(told["new"])
        code_list = new["code_list"]
        new["code_list"] = CodeList.objects.get(pk=code_list) if code_list else None
        new |= {"data_type": DataType(new["data_type"]), "value_check": Check(new["value_check"])}
        for name in ("minimum", "maximum"):
            new[name] = None if new[name] is None else Decimal(new[name])
        return cls(
            new=NewField(**new),
            grade=Grade(told["grade"]),
            share_type=ShareType(told["share_type"]),
            open_type=OpenType(told["open_type"]),
            mask=Mask(**told["mask"]) if told["mask"] else None,
            reason=told["reason"],
        )


def add_field(dataset: Dataset, one: AddedField, *, by: User, at: datetime) -> None:
    """Add a field at the end of the entry's table. Raises EntryRefused, SecretRefused."""
    table = dataset.resources.filter(kind=Resource.Kind.TABLE).first()
    if table is None:
        raise EntryRefused(
            _("“%(dataset)s” has no table that a field could be added to.") % {"dataset": dataset}
        )
    if one.new.is_key:
        raise EntryRefused(
            _("“%(field)s” cannot become part of the key of a published table.")
            % {"field": one.new.name}
        )
    last = table.fields.order_by("-position").values_list("position", flat=True).first()
    field = create_field(table, one.new, position=1 + (last or 0), by=by, at=at)
    wanted = {
        "grade": one.grade,
        "share_type": one.share_type,
        "open_type": one.open_type,
        "mask_kind": one.mask.kind if one.mask else "",
        "mask_params": as_params(one.mask),
    }
    write_grade(field, wanted, by=by, at=at, reason=one.reason)


def offered_file(
    *,
    title_zh: str,
    name: str,
    stream: IO[bytes],
    title_en: str = "",
    note: str = "",
    is_public: bool = False,
) -> dict[str, Any]:
    """Look at a file, keep its bytes, and return it as an amendment takes it.

    Raises FileRefused.
    """
    shown = files.plain_name(name)
    data = files.examined(stream, shown)
    return {
        "kind": str(ResourceKind.FILE),
        "title_zh": title_zh,
        "title_en": title_en,
        "name": shown,
        "note": note,
        "is_public": is_public,
        "size": len(data),
        "sha256": files.keep(data),
    }


def offered_address(kind: ResourceKind, *, title_zh: str, url: str, **told: Any) -> dict[str, Any]:
    """Return an interface or a link as an amendment takes it."""
    return {"kind": str(kind), "title_zh": title_zh, "url": url} | told


def add_offer(dataset: Dataset, told: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Offer a file, interface or link. Raises EntryRefused, ValidationError, FileRefused."""
    rest = {name: value for name, value in told.items() if name not in ("kind", "size", "sha256")}
    if told["kind"] == ResourceKind.FILE:
        resources.put_file(dataset, files.kept(told["sha256"]), **rest, by=by, at=at)
    elif told["kind"] == ResourceKind.API:
        resources.put_api(dataset, **rest, by=by, at=at)
    else:
        resources.put_link(dataset, **rest, by=by, at=at)


@transaction.atomic
def fetch(revision_id: int, place: int, *, by: User, at: datetime) -> tuple[str, bytes]:
    """Give out a file that a change would offer, for head and reviewer; that is written down.

    Returns what the sender calls it, and its bytes. Raises NotAllowed, Revision.DoesNotExist (also
    where the change offers no file at this place), FileRefused where the store has lost it.
    """
    revision = Revision.objects.select_related("dataset__owner").get(pk=revision_id)
    require(by, "catalog.read_file", organization=revision.dataset.owner)
    offered = revision.changes.get("offered", []) if revision.kind == RevisionKind.AMEND else []
    if place >= len(offered) or offered[place]["kind"] != ResourceKind.FILE:
        raise Revision.DoesNotExist
    told = offered[place]
    data = files.kept(told["sha256"])
    chain.record("resource.download", revision.address, by=by, at=at, sha256=told["sha256"])
    return told["name"], data
