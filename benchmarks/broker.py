"""How fast the broker publishes and serves: `./hub bench broker [--quick]`. A throw-away database, real HTTP."""

import argparse
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from adminhub.mis import Roster, School
from adminhub.runtime.demo.exports import generate
from adminhub.runtime.postgres import Postgres
from benchmarks._record import machine, record, table

AS_AT = date(2026, 3, 2)
INCLUDE = "education_details,contact_details,registration,year,classes"
WALK = (
    f"students?include={INCLUDE}&per_page=200",
    "employees?include=contact_details,employment_details,classes&per_page=200",
    "groups?include=employees&per_page=200",
    "classes?include=employees,subject&per_page=200",
)


def main() -> None:
    """Publish two schools, serve them, and print the figures."""
    parser = argparse.ArgumentParser(prog="./hub bench broker")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    part = 10 if options.quick else 1
    with (
        tempfile.TemporaryDirectory() as folder,
        a_postgres(Path(folder), "broker", is_throwaway=True) as postgres,
        served(Path(folder), postgres) as address,
    ):
        figures = measured(Path(folder), address, pupils=3_000 // part, many=10_000 // part)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for row in figures:
        print("{what:64} {value:>9} {unit}".format(**row))
    if not options.quick:
        record("broker", section(figures))


def section(figures: list[dict[str, Any]]) -> str:
    """The section of docs/benchmarks.md."""
    rows = [(row["what"].strip(), f"{row['value']:g} {row['unit']}") for row in figures]
    return "\n\n".join(
        (
            "## The broker (`./hub bench broker`)",
            f"On {machine()}. One process that answers over HTTP, one client.",
            table(("what", "measured"), rows),
        )
    )


@contextlib.contextmanager
def a_postgres(folder: Path, *databases: str, is_throwaway: bool = False) -> Iterator[Postgres]:
    """A running PostgreSQL with these databases, as a stack has it; a throw-away one does not wait for the disk."""
    postgres = Postgres(folder / "postgres", databases=databases, is_throwaway=is_throwaway)
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()


@contextlib.contextmanager
def served(folder: Path, postgres: Postgres) -> Iterator[str]:
    """A migrated broker, answering on a free port from one process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(
        BROKER_DATABASE_URL=postgres.url("broker"),
        BROKER_SECRET_KEY=secrets.token_urlsafe(48),
        BROKER_URL=f"http://localhost:{port}",
        ADMINHUB_DATA=str(folder),
        ADMINHUB_LOG_LEVEL="WARNING",
        DJANGO_SETTINGS_MODULE="adminhub.runtime.settings.broker",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1"]
    command += [
        "--blocking-threads",
        "8",
        "--log-level",
        "warning",
        "adminhub.runtime.wsgi.broker:application",
    ]
    server = subprocess.Popen(command)
    try:
        address = f"http://localhost:{port}"
        wait_for(f"{address}/healthz")
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    for _ in range(200):
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(address).status_code == 200:
                return
        time.sleep(0.1)
    raise SystemExit("The broker did not start.")


def measured(folder: Path, address: str, *, pupils: int, many: int) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = []

    def note(what: str, value: float, unit: str) -> None:
        figures.append({"what": what, "value": round(value, 3), "unit": unit})

    small = roster(folder / "small", pupils)
    school, token = connected("Bench School", 199001)
    note(f"Publish a new source of {pupils:,} pupils", timed(lambda: publish(school, small)), "s")
    note("Publish the same again", timed(lambda: publish(school, small)), "s")
    moved = replace(small, pupils=(replace(small.pupils[0], middle_names="Changed"), *small.pupils[1:]))
    note("Publish it with one pupil changed", timed(lambda: publish(school, moved)), "s")
    allow(school)
    client = httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60)
    base = f"{address}/v1.0/schools/{school.broker_id}"
    walk_all(client, base)
    note(f"Walk {pupils:,} pupils, staff, groups, classes", timed(lambda: walk_all(client, base)), "s")

    big, token = connected("Bench Trust", 199002)
    publish(big, roster(folder / "big", many))
    allow(big)
    client = httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60)
    pages = walk(client, f"{address}/v1.0/schools/{big.broker_id}/{WALK[0]}")
    note(f"Pages of 200 at {many:,} pupils, one client", len(pages) / sum(pages), "pages/s")
    note("  the first page", pages[0] * 1000, "ms")
    note("  the last full page", pages[-2] * 1000, "ms")
    recent = datetime.now(UTC) + timedelta(hours=1)
    few = f"{address}/v1.0/schools/{big.broker_id}/students?updated_after={recent:%Y-%m-%dT%H:%M:%SZ}"
    client.get(few)
    note(
        "updated_after with few changes", min(timed(lambda: client.get(few)) for _ in range(10)) * 1000, "ms"
    )
    return figures


def roster(folder: Path, pupils: int) -> Roster:
    return generate(
        folder,
        seed=1,
        pupils=pupils,
        kind="secondary",
        format="sims",
        school=School(mis_id="1", name="Bench School"),
        domain="bench.example",
        as_at=AS_AT,
    ).roster


def connected(name: str, urn: int) -> tuple[Any, str]:
    """A school in the directory and a token of an app that asks for everything."""
    from adminhub.broker.apps.actions import Asked, Declaration, issue_token, register_app
    from adminhub.broker.apps.catalogue import PERMISSIONS
    from adminhub.broker.directory.actions import add_school

    app = register_app(
        declaration=Declaration(
            name="Bench",
            publisher="Bench",
            purpose="Measuring",
            permissions=tuple(Asked(permission.identity, "Measuring") for permission in PERMISSIONS),
        )
    )
    return add_school(name=name, urn=urn), issue_token(app=app)


def publish(school: Any, read: Roster) -> None:
    from adminhub.broker.sources.actions import publish
    from adminhub.broker.sources.models import SourceUpload

    upload = publish(school=school, roster=read, by=None)
    if upload.outcome not in (SourceUpload.Outcome.PUBLISHED, SourceUpload.Outcome.UNCHANGED):
        raise SystemExit(f"Not published: {upload.reasons}")


def allow(school: Any) -> None:
    """Take the school through the whole consent, audit included."""
    from adminhub.broker.apps.models import App
    from adminhub.broker.consent.actions import approve, audit, request_access
    from adminhub.broker.consent.actors import TheBroker
    from adminhub.broker.directory.actions import add_administrator
    from adminhub.broker.directory.models import User

    app = App.objects.get(name="Bench")
    user, _ = User.objects.get_or_create(email="pat@bench.example")
    add_administrator(school=school, user=user)
    consent = request_access(app=app, school=school, by=app)
    approve(consent=consent, by=user)
    if not audit(consent=consent, by=TheBroker()).is_live:
        raise SystemExit("The audit failed.")


def walk_all(client: httpx2.Client, base: str) -> None:
    for path in WALK:
        walk(client, f"{base}/{path}")


def walk(client: httpx2.Client, address: str | None) -> list[float]:
    """Seconds for each page, following `next`."""
    seconds = []
    while address:
        started = time.perf_counter()
        answer = client.get(address)
        seconds.append(time.perf_counter() - started)
        answer.raise_for_status()
        address = answer.json()["meta"]["pagination"]["next"]
    return seconds


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
