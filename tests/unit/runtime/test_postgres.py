"""Embedded PostgreSQL: socket only, no superuser for sites, back after every kind of crash."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adminhub.runtime.postgres import Postgres


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    started = Postgres(tmp_path / "postgres", databases=["hub", "broker"])
    started.start()
    yield started
    started.stop()


def test_sites_are_no_superusers_and_own_their_databases(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("hub")) as connection:
        row = connection.execute(
            "select rolsuper, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user"
        ).fetchone()
        connection.execute("create table mine (id int)")
    assert row == (False, False, False)


def test_only_its_owner_can_reach_it(postgres: Postgres) -> None:
    assert stat.S_IMODE(postgres.socket_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((postgres.home / "passwords.json").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match=r"password|no password"):
        psycopg.connect(host=str(postgres.socket_folder), user="postgres", dbname="postgres")
    with psycopg.connect(postgres.url("hub")) as connection:
        row = connection.execute("show listen_addresses").fetchone()
    assert row == ("",)


def test_data_stays_over_a_stop(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("hub")) as connection:
        connection.execute("create table kept as select 1 as id")
    postgres.stop()
    assert not postgres.socket_folder.exists()
    postgres.start()
    with psycopg.connect(postgres.url("hub")) as connection:
        assert connection.execute("select id from kept").fetchone() == (1,)


def test_a_killed_postmaster_comes_back_with_every_commit(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("hub"), autocommit=True) as connection:
        connection.execute("create table kept (id int)")
        for number in range(20):
            connection.execute("insert into kept values (%s)", [number])
    assert postgres.process is not None
    postgres.process.send_signal(signal.SIGKILL)
    postgres.process.wait()
    assert not postgres.is_running()
    postgres.start()
    with psycopg.connect(postgres.url("hub")) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (20,)


def test_a_killed_supervisor_leaves_no_postgres(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib\n"
        "from adminhub.runtime.postgres import Postgres\n"
        f"p = Postgres(pathlib.Path({str(tmp_path)!r}) / 'postgres', databases=['hub'])\n"
        "p.start()\n"
        "print(p.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    with supervisor.stdout:
        pid = int(supervisor.stdout.readline())
    supervisor.kill()
    supervisor.wait()
    deadline = time.monotonic() + 10
    while _is_postgres(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_postgres(pid)


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "postgres"
    (home / "cluster.new" / "base").mkdir(parents=True)
    postgres = Postgres(home, databases=["hub"])
    postgres.start()
    try:
        psycopg.connect(postgres.url("hub")).close()
    finally:
        postgres.stop()


def _is_postgres(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "postgres" in Path(f"/proc/{pid}/cmdline").read_text()
    except (OSError, ProcessLookupError):
        return False
