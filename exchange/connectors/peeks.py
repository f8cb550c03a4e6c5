"""What a look into a source shows: its columns, and some of its rows as text."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Seen:
    """A column as its source declares it. `type` and `comment` are "" where it says nothing.

    `key` says that the source itself holds it to be (part of) its primary key. `title` is what
    people call it where `name` is only its place, as in a file without a header.
    """

    name: str
    type: str = ""
    comment: str = ""
    key: bool = False
    required: bool = False
    length: int | None = None
    scale: int | None = None
    title: str = ""

    @property
    def called(self) -> str:
        """What people call the column."""
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class Peek:
    """Columns in their order, and rows with a text or None for each. Lives in memory only.

    `estimated` is how many rows the source says it has, None where only reading would tell.
    `odd` says which rows, by place, could not even be staged, and by which rule.
    """

    columns: tuple[Seen, ...]
    rows: list[tuple[str | None, ...]]
    estimated: int | None = None
    odd: Mapping[int, str] = field(default_factory=dict)

    def values(self) -> dict[str, list[str]]:
        """Return the values of each column that are there."""
        return {
            column.name: [cell for row in self.rows if (cell := row[place]) is not None]
            for place, column in enumerate(self.columns)
        }
