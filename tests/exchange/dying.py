"""A process whose children sync and die: `python -m tests.exchange.dying BINDING`.

Each line of input is a place: the number of a statement before which SIGKILL comes, `copy` for
one in the midst of the rows, 0 to live. Each line of output is how many statements were begun
and whether the child came to its end. Children are forked, so that Django starts once.
"""

import os
import signal
import sys

import django

django.setup()

from django.db import connection  # noqa: E402 - Django's settings first

from exchange.connectors import database, files  # noqa: E402
from exchange.sync import engine  # noqa: E402


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Count:
    """Counts statements and dies before the one it is told."""

    def __init__(self, last: int, told: int) -> None:
        self.count, self.last, self.told = 0, last, told

    def __call__(self, execute, statement, params, many, context):
        self.count += 1
        os.pwrite(self.told, f"{self.count:8d}".encode(), 0)
        if self.count == self.last:
            die()
        return execute(statement, params, many, context)


def cut_off(pieces):
    """Hand out what comes first, then die with COPY open."""

    def first(*args, **kwargs):
        return halves(pieces(*args, **kwargs))  # asked for at once, before COPY is open

    def halves(found):
        for piece in found:
            yield piece[: len(piece) // 2]
            die()

    return first


def child(binding_id: int, place: str, told: int) -> None:
    if place == "copy":
        files.records = cut_off(files.records)
        database.copy_out = cut_off(database.copy_out)
    with connection.execute_wrapper(Count(0 if place == "copy" else int(place), told)):
        engine.sync(binding_id)


def main(binding_id: int) -> None:
    told = os.memfd_create("count")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(binding_id, line.strip(), told)
            os._exit(0)
        _pid, status = os.waitpid(pid, 0)
        print(os.pread(told, 8, 0).decode().strip(), os.WIFEXITED(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
