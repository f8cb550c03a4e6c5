"""How the demo describes an entry: its metadata, its fields with their grades, its source.

A grade comes with its reason wherever something sensitive is detected; below what is suggested it
needs one, and the reasons are the kind a department would give.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.drafting import NewField
from catalog.terms import UpdateCycle
from demo.offered import File
from exchange.models import SourceKind, SyncMode
from policy.facts import Mask
from policy.terms import DataType, Grade, MaskKind, OpenType, ShareType

FIRST = Mask(MaskKind.KEEP_EDGES, keep_left=1)
EDGES = Mask(MaskKind.KEEP_EDGES, keep_left=3, keep_right=4)
STANDS_PUBLIC = "依法公示的内容，不涉及个人。"
AS_SUGGESTED = "按检测建议定级。"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryField:
    """A field: how the catalogue describes it, how its department grades it, where it comes from.

    `source` is a column's name, or its position where a file has no header.
    """

    new: NewField
    source: str | int
    grade: Grade = Grade.L1
    share_type: ShareType = ShareType.UNCONDITIONAL
    open_type: OpenType = OpenType.UNCONDITIONAL
    mask: Mask | None = None
    reason: str = STANDS_PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What any entry of the demo says of itself: its metadata and its fields."""

    slug: str
    owner: str
    title_zh: str
    title_en: str
    abstract_zh: str
    abstract_en: str
    fields: tuple[EntryField, ...]
    update_cycle: UpdateCycle = UpdateCycle.MONTHLY

    def metadata(self) -> dict[str, Any]:
        """Return the core metadata besides address, owner and Chinese title."""
        return {
            "title_en": self.title_en,
            "abstract_zh": self.abstract_zh + "演示数据，均为虚构。",
            "abstract_en": self.abstract_en + " Demonstration data, all of it invented.",
            "update_cycle": self.update_cycle,
            "share_condition_zh": "用于履行法定职责，不得转供第三方。",
            "share_condition_en": "For statutory duties only; not to be passed on.",
            "license": "CC-BY-4.0",
            "contact": f"{self.owner}@example.invalid",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Listed):
    """A dataset of the demo that is published, with its source.

    `input` is its name in `demo.inputs.SHARES`; `given` is what the binding says besides the path.
    `files` are offered besides the table.
    """

    input: str
    kind: SourceKind
    source_name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    mode: SyncMode = SyncMode.FULL
    cursor_column: str = ""
    schedule_minutes: int | None = None
    files: tuple[File, ...] = ()


def described(
    source: str | int,
    name: str,
    label_zh: str,
    label_en: str,
    data_type: DataType = DataType.TEXT,
    **more: Any,
) -> EntryField:
    """Describe a field; what EntryField does not know goes to the catalogue's field."""
    own = {key: more.pop(key) for key in list(more) if key in EntryField.__slots__}
    new = NewField(name=name, label_zh=label_zh, label_en=label_en, data_type=data_type, **more)
    return EntryField(new=new, source=source, **own)
