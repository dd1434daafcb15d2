"""Keeps one stack running: PostgreSQL, mailbox, three sites and two workers, and nothing left afterwards."""

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any

from adminhub.runtime import processes
from adminhub.runtime.certificate import certificate_files
from adminhub.runtime.environment import ROOT, SITES, Ports, check_ports, environment
from adminhub.runtime.errors import CannotStart, explain
from adminhub.runtime.postgres import Postgres
from adminhub.runtime.secret_values import read_or_make

SITES_WITH_JOBS = ("hub", "broker")
LEAST_FREE_BYTES = 200 * 1024 * 1024
READY_SECONDS = 120
FAILING_SECONDS = 3
STOP_SECONDS = 6
Say = Callable[[str], None]


@dataclass
class Child:
    """One process that must always run, and when it may be started again after a crash."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    crashes: int = 0
    next_start: float = 0

    def start(self) -> None:
        """Start it; its output is appended to its log. When we are killed, so is it: jobs are taken over."""
        self.process = processes.start(
            self.command, log=self.log, env=self.env, death_signal=signal.SIGKILL, cwd=ROOT
        )
        self.started_at = time.monotonic()

    def pause_after_crash(self) -> float:
        """Count a crash and return how many seconds to wait: 0.5, 1, 2, … 30; long life forgives."""
        if time.monotonic() - self.started_at > 60:
            self.crashes = 0
        self.crashes += 1
        return float(min(30.0, 0.5 * 2 ** (self.crashes - 1)))


@dataclass
class Stack:
    """What `./hub up` runs for one data folder. Use `run`; everything else is a step of it.

    States: starting → ready (state.json exists) → stopping → gone (no lock, no state.json).
    """

    data: Path
    ports: Ports
    say: Say
    env: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    postgres: Postgres | None = None
    children: list[Child] = field(default_factory=list)
    stop_requested: bool = False
    _postgres_crashes: int = 0

    def run(self, *, on_ready: Callable[[dict[str, Any]], None]) -> None:
        """Start everything, call `on_ready` once every site answers, and watch until asked to stop."""
        self._listen_to_signals()
        try:
            with hold_lock(self.data):
                try:
                    self._start()
                    if not self.stop_requested:
                        state = self._publish_state()
                        on_ready(state)
                    self._watch()
                finally:
                    self._stop()
        except OSError as error:
            raise CannotStart(explain(error, doing="starting Admin Hub")) from error

    def _listen_to_signals(self) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self.stop_requested = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)

    def _start(self) -> None:
        check_space(self.data)
        address = os.environ.get("HUB_BIND", "127.0.0.1")
        check_ports(self.ports, address=address)
        for folder in ("logs", "run", "mail", "static"):
            (self.data / folder).mkdir(exist_ok=True)
        self.secrets = read_or_make(self.data / "secrets.json")
        self.env = environment(
            data=self.data, ports=self.ports, secrets=self.secrets, database_urls=self._start_postgres()
        )
        self._plan_children(address)
        mailbox = self.children[0]
        mailbox.start()
        self._migrate()
        self._seed()
        for child in self.children[1:]:
            if not self.stop_requested:
                child.start()
        self._wait_until_ready()

    def _start_postgres(self) -> dict[str, str]:
        """Start the embedded PostgreSQL unless every site was given a database of its own."""
        given = {site: os.environ.get(f"{site.upper()}_DATABASE_URL", "") for site in SITES}
        if all(given.values()):
            return given
        self.postgres = Postgres(self.data / "postgres", databases=SITES)
        self.postgres.start()
        return {site: given[site] or self.postgres.url(site) for site in SITES}

    def _plan_children(self, address: str) -> None:
        """List the processes; the sites come after the mailbox and before the workers."""
        python = sys.executable
        mailbox = [
            python, "-m", "adminhub.runtime.mailbox", "--host", address,
            "--port", str(self.ports.by_use["mailbox"]),
            "--smtp-port", str(self.ports.by_use["mailbox SMTP"]),
            "--folder", str(self.data / "mail"),
        ]  # fmt: skip
        self._add("mailbox", mailbox)
        for site in SITES:
            granian = [
                python, "-m", "granian", "--interface", "wsgi", "--host", address,
                "--port", str(self.ports.by_use[site]), "--workers", "1", "--blocking-threads", "8",
                "--backlog", "512", "--log-level", "error", "--workers-kill-timeout", "3",
                f"adminhub.runtime.wsgi.{site}:application",
            ]  # fmt: skip
            self._add(site, granian)
        if self.ports.with_tls:
            self._add_tls(address)
        for site in SITES_WITH_JOBS:
            self._add(f"worker-{site}", [python, "-m", "adminhub.runtime.worker", site])

    def _add_tls(self, address: str) -> None:
        """The broker once more, over https; the addresses in its answers are https too."""
        _, certificate, key = certificate_files(self.data / "tls")
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", address,
            "--port", str(self.ports.by_use["broker over TLS"]), "--workers", "1", "--blocking-threads", "4",
            "--ssl-certificate", str(certificate), "--ssl-keyfile", str(key), "--ssl-protocol-min", "tls1.2",
            "--log-level", "error", "--workers-kill-timeout", "3", "adminhub.runtime.wsgi.broker:application",
        ]  # fmt: skip
        env = {**self.env, "BROKER_URL": self.ports.url("broker over TLS")}
        self.children.append(Child("broker-tls", command, env, self.data / "logs" / "broker-tls.log"))

    def _add(self, name: str, command: list[str]) -> None:
        env = {**self.env, "ADMINHUB_ONLY_WORKER": "1"} if name.startswith("worker") else self.env
        self.children.append(Child(name, command, env, self.data / "logs" / f"{name}.log"))

    def _migrate(self) -> None:
        """Bring the databases up to date, all three at once; skipped while nothing has changed."""
        stamp = _digest_of_migrations() + "".join(self.env[f"{site.upper()}_DATABASE_URL"] for site in SITES)
        self._once("migrations", stamp, "Preparing the databases …", [
            [("adminhub.runtime.migrate", site) for site in SITES],
        ])  # fmt: skip

    def _seed(self) -> None:
        """Put the demo's schools and people in; again, harmlessly, when addresses or the demo changed."""
        folder = ROOT / "src" / "adminhub" / "runtime" / "demo"
        code = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
        stamp = code + json.dumps([self.env[f"{site.upper()}_URL"] for site in SITES])
        self._once("demo", stamp, "Filling in the demo schools …", [
            [("adminhub.runtime.demo.make_exports",)],
            [("adminhub.runtime.demo.seed_broker",), ("adminhub.runtime.demo.seed_hub",)],
        ])  # fmt: skip

    def _once(self, name: str, stamp: str, words: str, waves: list[list[tuple[str, ...]]]) -> None:
        """Run modules wave by wave unless the stamp of the last success is the same."""
        path = self.data / "run" / f"{name}.stamp"
        digest = hashlib.sha256(stamp.encode()).hexdigest()
        if path.exists() and path.read_text() == digest:
            return
        self.say(words)
        env = {**self.env, "DEMO_PASSWORD": self.secrets["DEMO_PASSWORD"]}
        for wave in waves:
            running = []
            for module in wave:
                log = self.data / "logs" / f"{name}-{'-'.join(module).rpartition('.')[2]}.log"
                log.unlink(missing_ok=True)
                started = processes.start([sys.executable, "-m", *module], log=log, env=env, cwd=ROOT)
                running.append((started, log))
            for process, log in running:
                while process.poll() is None and not self.stop_requested:
                    time.sleep(0.02)
                if self.stop_requested:
                    processes.stop_group(process, signal.SIGKILL)
                    process.wait()
                elif process.returncode != 0:
                    raise CannotStart(f"{words.rstrip(' …')} failed: {_last_line(log)} ({log} has it all.)")
        if not self.stop_requested:
            path.write_text(digest)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        waiting = ["mailbox", *SITES, *(["broker over TLS"] if self.ports.with_tls else [])]
        failing_since: dict[str, float] = {}
        while waiting and not self.stop_requested:
            for use in list(waiting):
                status = _status_of(self.ports.by_use[use], trusting=self._authority_of(use))
                if status == http.HTTPStatus.OK:
                    waiting.remove(use)
                elif status is not None:
                    since = failing_since.setdefault(use, time.monotonic())
                    if time.monotonic() - since > FAILING_SECONDS:
                        log = self.data / "logs" / f"{use}.log"
                        raise CannotStart(
                            f"The {use} answers {status}: {_last_line(log)} ({log} has it all.)"
                        )
            for child in self.children:
                if child.process and child.process.poll() is not None:
                    raise CannotStart(
                        f"The {child.name} did not start: {_last_line(child.log)} ({child.log} has it all.)"
                    )
            if waiting and time.monotonic() > deadline:
                raise CannotStart(
                    f"The {waiting[0]} did not answer within {READY_SECONDS} seconds; "
                    f"{self.data / 'logs'} says more."
                )
            time.sleep(0.03)

    def _authority_of(self, use: str) -> Path | None:
        """Whom to trust where https is spoken."""
        return certificate_files(self.data / "tls")[0] if use == "broker over TLS" else None

    def _publish_state(self) -> dict[str, Any]:
        state = {"pid": os.getpid(), "port_base": self.ports.base, "answer": self.answer()}
        draft = self.data / "run" / "state.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(state, file)
        draft.replace(state_path(self.data))
        return state

    def answer(self) -> dict[str, Any]:
        """Return what `--detach --json` prints: addresses, log-ins and the broker's app token."""
        from adminhub.runtime.demo.cast import LOGINS

        password = self.secrets["DEMO_PASSWORD"]
        return {
            "hub_url": self.env["HUB_URL"],
            "broker_url": self.env["BROKER_URL"],
            "broker_api_url": self.env["HUB_BROKER_API_URL"],
            **self._tls_answer(),
            "wellbeing_url": self.env["WELLBEING_URL"],
            "mailbox_url": self.env["MAILBOX_URL"],
            "logins": {person.key: {"email": person.email, "password": password} for person in LOGINS},
            "broker_app_token": self.env["BROKER_HUB_APP_TOKEN"],
            "data": str(self.data),
        }

    def _tls_answer(self) -> dict[str, str]:
        if not self.ports.with_tls:
            return {}
        return {
            "broker_tls_api_url": f"{self.ports.url('broker over TLS')}/v1.0",
            "broker_tls_authority": str(certificate_files(self.data / "tls")[0]),
        }

    def _watch(self) -> None:
        while not self.stop_requested:
            for child in self.children:
                self._revive(child)
            if self.postgres and not self.postgres.is_running():
                self._revive_postgres(self.postgres)
            time.sleep(0.2)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            status = child.process.returncode
            processes.stop_group(child.process, signal.SIGKILL)
            child.process = None
            pause = child.pause_after_crash()
            child.next_start = now + pause
            self.say(
                f"The {child.name} stopped by itself (status {status}); starting it again in {pause:g} s."
            )
        elif child.process is None and now >= child.next_start:
            child.start()

    def _revive_postgres(self, postgres: Postgres) -> None:
        self._postgres_crashes += 1
        if self._postgres_crashes > 5:
            raise CannotStart(f"PostgreSQL stopped {self._postgres_crashes} times; see {postgres.home}.")
        self.say("PostgreSQL stopped by itself; starting it again.")
        postgres.start()

    def _stop(self) -> None:
        """Stop workers and sites together, then the mailbox, then PostgreSQL; nothing is left."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        state_path(self.data).unlink(missing_ok=True)
        running = [child.process for child in self.children if child.process]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in running) and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in running:
            processes.stop_group(process, signal.SIGKILL)
            process.wait()
        if self.postgres:
            self.postgres.stop()


def state_path(data: Path) -> Path:
    """Return the file that exists while a stack is ready."""
    return data / "run" / "state.json"


def running_state(data: Path) -> dict[str, Any] | None:
    """Return the state of the stack that runs on this data folder, or None."""
    try:
        state: dict[str, Any] = json.loads(state_path(data).read_text())
    except (OSError, ValueError):
        return None
    return state if is_locked(data) else None


def is_locked(data: Path) -> bool:
    """Say whether a supervisor holds this data folder (ready or not)."""
    try:
        with (data / "run" / "lock").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


class AlreadyHeld(Exception):
    """Another supervisor holds the data folder."""


@contextlib.contextmanager
def hold_lock(data: Path) -> Iterator[IO[str]]:
    """Hold the data folder: two stacks on the same data would destroy it."""
    make_folder(data)
    (data / "run").mkdir(exist_ok=True)
    with (data / "run" / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyHeld from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file


def holder(data: Path) -> int | None:
    """Return the process id of the supervisor that holds the data folder."""
    if not is_locked(data):
        return None
    try:
        return int((data / "run" / "lock").read_text())
    except (OSError, ValueError):
        return None


def make_folder(data: Path) -> None:
    """Make the data folder; nobody else may look into it, for logs and e-mails hold people's data."""
    if not data.exists():
        data.mkdir(parents=True, mode=0o700)


def check_space(data: Path) -> None:
    """Make the data folder, and raise a sentence when its disk is (nearly) full or not ours."""
    make_folder(data)
    free = shutil.disk_usage(data).free
    if free < LEAST_FREE_BYTES and not (data / "postgres" / "cluster").exists():
        raise CannotStart(
            f"The disk of {data} is full: {free // 2**20} MB are free and a start needs "
            f"{LEAST_FREE_BYTES // 2**20} MB. Nothing was started. Free some space, or use --data elsewhere."
        )
    if not os.access(data, os.W_OK | os.X_OK):
        raise CannotStart(
            f"You have no permission to write in {data}, so nothing was started. "
            "Use --data with a folder of your own."
        )


def _status_of(port: int, *, trusting: Path | None = None) -> int | None:
    """Return the HTTP status of a part's health page, or None when nobody answers; over https when `trusting` one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    if trusting is not None:
        context = ssl.create_default_context(cafile=str(trusting))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _digest_of_migrations() -> str:
    digest = hashlib.sha256((ROOT / "requirements" / "run.txt").read_bytes())
    for path in sorted((ROOT / "src").glob("adminhub/*/*/migrations/*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        if lines:
            return lines[-1]
    return "it said nothing."
