"""What the catalogue refuses, each with a code, an HTTP status and a sentence.

No right is `accounts.roles.NotAllowed` (403), no such entry is the model's `DoesNotExist` (404), a
wrong state is `StepRefused` (409): three different answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class CatalogRefusal(Exception):
    """A refusal a person is told about. `str()` is the sentence."""

    code: ClassVar[str] = "catalog-refusal"
    status: ClassVar[int] = 422


class StepRefused(CatalogRefusal):
    """The entry, line or revision is not in a state that allows this step."""

    code = "wrong-state"
    status = 409


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is missing before an entry can be published; `field` is its name, if any."""

    code: str
    sentence: str
    field: str = ""


class Incomplete(StepRefused):
    """Things are missing; all of them are told at once (Order 809 art 21)."""

    code = "incomplete"

    def __init__(self, sentence: object, defects: Sequence[Defect]) -> None:
        """Keep what is missing beside the sentence that introduces it."""
        super().__init__(sentence)
        self.defects = tuple(defects)


class SecretRefused(CatalogRefusal):
    """State secrets, work secrets and core data are not registered here (Order 809 art 3)."""

    code = "secret-refused"


class GradeRefused(CatalogRefusal):
    """A grade without its reason, or with a mask that does not work."""

    code = "grade-refused"


class EntryRefused(CatalogRefusal):
    """What was to be entered does not fit the catalogue."""

    code = "entry-refused"


class BasisRefused(CatalogRefusal):
    """The legal basis does not carry this, or was not read word for word."""

    code = "basis-refused"


class LineRefused(CatalogRefusal):
    """The line of the negative list cannot be made or published like this."""

    code = "line-refused"


class WorkbookRefused(CatalogRefusal):
    """The file is not the table it should be, or is too large, or could do harm."""

    code = "workbook-refused"


class FileRefused(CatalogRefusal):
    """The file is not one that an entry can offer."""

    code = "file-refused"
