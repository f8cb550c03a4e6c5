"""What can go wrong in the exchange, each with a code, an HTTP status and a sentence.

A sentence says what happened, why, and what to do. Doors translate these; they make none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason behind a refusal, as shown to a person: code, sentence, legal basis if any."""

    code: str
    text: str
    basis: str = ""


class Problem(Exception):
    """A refusal or failure a person is told about. `str()` is the sentence."""

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 400

    def __init__(self, sentence: object, *, grounds: Sequence[Ground] = ()) -> None:
        """Keep the (translatable) sentence and the reasons behind it."""
        super().__init__(sentence)
        self.sentence = sentence
        self.grounds = tuple(grounds)


class SourceProblem(Problem):
    """A source could not be read; nothing that is published has changed."""

    status = 422


class SourceUnavailable(SourceProblem):
    """The source did not answer. Worth trying again."""

    code = "source-unavailable"
    status = 503


class SourceRefused(SourceProblem):
    """The source answered, and said no: user, password or right."""

    code = "source-refused"


class HostUnknown(SourceUnavailable):
    """No address is known for the host's name."""

    code = "host-unknown"


class PortClosed(SourceUnavailable):
    """The host is there, or should be, and nothing listens on the port."""

    code = "port-closed"


class TlsRefused(SourceProblem):
    """An encrypted connection was asked for and did not come about."""

    code = "tls-refused"


class PasswordRefused(SourceRefused):
    """The database does not know the user, or the password is another."""

    code = "password-refused"


class DatabaseUnknown(SourceRefused):
    """The server has no database of this name, or the user may not connect to it."""

    code = "database-unknown"


class NothingReadable(SourceRefused):
    """The sign-in works, and the user may not read a single table, or the folder has no file."""

    code = "nothing-readable"


class SourceInUse(Problem):
    """Tables are bound to the source, so it stays."""

    code = "source-in-use"
    status = 409


class UploadRefused(Problem):
    """A file that is not taken: its name, its size, its kind, or one of its name is there."""

    code = "upload-refused"


class HostNotAllowed(SourceProblem):
    """The host is not on the system administrator's list."""

    code = "host-not-allowed"


class PathNotAllowed(SourceProblem):
    """A file outside the configured roots, or reached through a link."""

    code = "path-not-allowed"


class FileMissing(SourceProblem):
    """There is no such file."""

    code = "file-missing"


class FileBroken(SourceProblem):
    """The file as a whole cannot be read: an open quote, a broken archive, a wrong encoding."""

    code = "file-broken"


class SheetMissing(SourceProblem):
    """The workbook does not have the bound sheet."""

    code = "sheet-missing"


class HeaderMismatch(SourceProblem):
    """The header does not have the bound columns."""

    code = "header-mismatch"


class ColumnVanished(SourceProblem):
    """A bound column is not in the source any more."""

    code = "column-vanished"


class SourceEmpty(SourceProblem):
    """The source has no row at all, which is held to be a fault and not a deletion."""

    code = "source-empty"


class LedgerUnbalanced(Problem):
    """A run's counts do not add up; it does not go live."""

    code = "ledger-unbalanced"
    status = 500


class AlreadyRunning(Problem):
    """Another run holds this dataset."""

    code = "already-running"
    status = 409


class WrongRunState(Problem):
    """The run is not in the state this verb needs."""

    code = "wrong-run-state"
    status = 409
