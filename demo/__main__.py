"""`make demo`: services, a city, a worker's syncs, some calls; the site stays up until Ctrl-C.

    .venv/bin/python -m demo [--once] [--port 8000] [--seed 1] [--rows 220000]

With DATABASE_URL and REDIS_URL set it uses those servers and starts none. This process itself
holds no Django: it starts what does, and ends it in order.
"""

import argparse
import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import quote, urlsplit, urlunsplit

from config import embedded, supervise
from config.supervise import Child, Crew
from demo import calls, kept, used
from demo.client import Answer, Client

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 90
INVENTED_CONTACT = "mailto:security@example.invalid"
SHOWN_OF_A_KEY = 10  # characters: its prefix, by which it is found in the trail
OFFICE, WORKER, SENDER = "city_office", "city_worker", "city_sender"


class Stuck(Exception):
    """The demo cannot go on; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The database by role, and Valkey."""

    owner: str
    office: str
    worker: str
    sender: str
    valkey: str


def main(words: list[str]) -> int:
    """Run the demo; returns 0, or 1 with a sentence on what stood in the way."""
    options = _options(words)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    # a shell that starts this in the background has it ignore Ctrl-C, and Python would leave it so
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            _run(options, stack)
    except KeyboardInterrupt:
        _say("Stopped. The data stays; start again with “make demo”.")
    except (
        embedded.ServicesProblem,
        supervise.PortBusy,
        supervise.ChildEnded,
        Stuck,
    ) as problem:
        _say(str(problem))
        return 1
    return 0


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the calls")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=1, help="another seed, another city")
    parser.add_argument("--rows", type=int, default=220_000, help="rows of all datasets together")
    return parser.parse_args(words)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _run(options: argparse.Namespace, stack: ExitStack) -> None:
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
    address = f"http://127.0.0.1:{options.port}"
    supervise.require_port(options.port)
    _say("A demo city: every name, number and row in it is invented.")
    servers = _servers(var, stack)
    common = _common(var, address)
    _manage(
        ["build_city", "--seed", str(options.seed), "--rows", str(options.rows)],
        common | {"DATABASE_URL": servers.owner, "REDIS_URL": servers.valkey},
    )
    crew = stack.enter_context(supervise.crew(var / "log"))
    office = common | {"DATABASE_URL": servers.office, "REDIS_URL": servers.valkey}
    worker = common | {"DATABASE_URL": servers.worker, "REDIS_URL": servers.valkey}
    crew.start(Child("web", supervise.web(port=options.port), office))
    crew.start(Child("worker-sync", supervise.worker("city"), worker))
    crew.start(Child("worker-brief", supervise.worker("brief"), worker))
    sender = common | {"DATABASE_URL": servers.sender, "REDIS_URL": servers.valkey}
    crew.start(Child("worker-hooks", supervise.worker("hooks", concurrency=1), sender))
    crew.start(Child("beat", supervise.beat(), worker))
    _wait_until_ready(crew, address)
    _say("The worker reads the sources:")
    _manage(["sync_city"], office)
    found = kept.read(var / "demo.json")
    if found is None:
        raise Stuck(f"{var / 'demo.json'} is gone. Start again; it is made anew.")
    _call(address, found.key)
    _use(address, found)
    _visit(address, found.key)
    _manage(["live_city"], worker)
    _show_addresses(address, found, var)
    if not options.once:
        _say("\nThe site stays up. Stop it with Ctrl-C.")
        crew.wait()


def _servers(var: Path, stack: ExitStack) -> Servers:
    """Return the servers that the environment names, or start our own until the stack ends."""
    database, valkey = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database and valkey:
        return Servers(
            database,
            _as_role(database, OFFICE),
            _as_role(database, WORKER),
            _as_role(database, SENDER),
            valkey,
        )
    if database or valkey:
        raise Stuck(
            "Only one of DATABASE_URL and REDIS_URL is set. Set both to use servers of your own,"
            " or neither, and the demo starts its own."
        )
    found = stack.enter_context(embedded.services(var))
    return Servers(
        found.database_url(),
        found.database_url(OFFICE),
        found.database_url(WORKER),
        found.database_url(SENDER),
        found.redis_url(),
    )


def _as_role(url: str, role: str) -> str:
    """Return the URL for a role whose password is in the environment, else the URL as it is."""
    password = os.environ.get(f"{role.upper()}_PASSWORD")
    if not password:
        return url
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{place}"))


def _common(var: Path, address: str) -> dict[str, str]:
    """Return what all processes of the demo find in their environment."""
    (var / "static").mkdir(parents=True, exist_ok=True)
    return {
        **_keys(var / "secrets.json"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": str(var),
        "FILE_ROOTS": str(var / "intake"),
        "PUBLIC_BASE_URL": address,
        "DOORS": "open,members,office",
        "SECURITY_CONTACT": os.environ.get("SECURITY_CONTACT") or INVENTED_CONTACT,
        "WEBHOOKS_INSIDE": "127.0.0.0/8",  # a receiver of one's own on this machine can be tried
        # a city to try is signed in to at once; whoever keeps it says otherwise
        "SECOND_FACTOR": os.environ.get("SECOND_FACTOR") or "off",
    }


def _keys(path: Path) -> dict[str, str]:
    """Return the keys of this installation: of the environment, else kept where settings look."""
    given = {name: os.environ.get(name, "") for name in ("SECRET_KEY", "FIELD_KEY")}
    if all(given.values()):
        return given
    if not path.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w") as file:
            json.dump(made, file)
    found: dict[str, str] = json.loads(path.read_text())
    return {name: given[name] or found[name] for name in given}


def _manage(words: list[str], environment: Mapping[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=os.environ | dict(environment),
        check=False,
        start_new_session=True,  # Ctrl-C is for this process, which kills it
    )
    if ended.returncode:
        raise Stuck(
            f"The step “{words[0]}” did not succeed; it says above why. Logs lie in"
            f" {environment['VAR_DIR']}. Nothing is lost: start again when it is mended."
        )


def _wait_until_ready(crew: Crew, address: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + READY_SECONDS
    why: object = ""
    while time.monotonic() < until:
        crew.check()
        try:
            opener.open(f"{address}/readyz", timeout=5).close()
        except urllib.error.HTTPError as refused:
            why = refused.read().decode(errors="replace")
        except OSError as failure:
            why = failure
        else:
            return
        time.sleep(0.2)
    raise Stuck(
        f"The site did not get ready within {READY_SECONDS} s: {why}. The end of"
        f" {crew.log('web')} says why."
    )


def _call(address: str, key: str) -> None:
    _say("\nCalls to the API:")
    prefix = key[:SHOWN_OF_A_KEY]
    for number, answer in enumerate(calls.made(Client(address, key)), 1):
        _say("\n" + calls.printed(answer, number, prefix))
        _require(answer)


def _visit(address: str, key: str) -> None:
    """Call as the city's apps do, unseen; the calls are in its figures."""
    client = Client(address, key)
    for call in calls.QUIET:
        _require(client.answer(call))


def _use(address: str, found: kept.Kept) -> None:
    """Call under a department's grants, one of each way of use."""
    office = found.office
    if office is None:
        _say("\nThis city was built before a department of it had a key; a new one has.")
        return
    _say("\nWhat the transport bureau's system gets under its grants:")
    prefix, made = office.key[:SHOWN_OF_A_KEY], []
    try:
        answers = used.each(Client(address, office.key), found, office)
        for number, got in enumerate(answers, len(calls.CALLS) + 1):
            _say("\n" + got.printed(number, prefix))
            _require(got.answer)
            made.append(got)
    except used.NotMade as late:
        raise Stuck(str(late)) from late
    _say("\nIn each way of use 各共享方式所得:\n" + used.summary(made, office))


def _require(answer: Answer) -> None:
    if not answer.fits:
        raise Stuck(
            f"This should have been answered with {answer.call.status}. The end of web.log says"
            " why."
        )


def _show_addresses(address: str, found: kept.Kept, var: Path) -> None:
    width = max((len(one.username) for one in found.sign_ins), default=0)
    roles = max((len(one.role) for one in found.sign_ins), default=0)
    _say(
        f"\nThe city:        {address}/"
        f"\nThe API:         {address}/api/v1/datasets"
        f"\nThe back office: {address}/office/"
        f"\nThe API key:     {found.key}"
        f"\nA department's:  {found.office.key if found.office else '–'}"
        f"\nIts API:         {address}/api/v1/office/datasets"
        "\nPage views of the three weeks before today are of invented visitors; calls were made."
        f"\nSign-ins and key are kept in {var / 'demo.json'} (closed to others):"
    )
    for one in found.sign_ins:
        who = f"{one.role.ljust(roles)}  {one.username.ljust(width)}  {one.password}"
        _say(f"  {who}  {one.waits}".rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
