"""Runs every check behind `./hub test`, one after the other, and sums them up."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adminhub.runtime.browser import get_chromium
from adminhub.runtime.environment import ROOT
from adminhub.runtime.errors import CannotStart

RESULTS = ROOT / "test-results"
PYTHON_PLACES = ["hub", "src", "tests", "benchmarks", "docs"]
SITES_TYPED = {
    "hub": ["hub", "mis", "look", "runtime"],
    "broker": ["broker", "runtime/demo/seed_broker.py"],
    "wellbeing": ["wellbeing"],
}


@dataclass(frozen=True)
class Check:
    """One command that must succeed; `report` is where pytest counts its tests."""

    name: str
    command: list[str]
    env: dict[str, str]
    report: Path | None = None
    needs_browser: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of one check."""

    name: str
    passed: int
    failed: int
    seconds: float

    @property
    def is_good(self) -> bool:
        """Say whether nothing failed."""
        return self.failed == 0


def run(only: Sequence[str], *, is_list: bool) -> int:
    """Run the checks whose names begin with one of `only` (nothing means all); 0 when all are good."""
    chosen = [
        check for check in _checks() if not only or any(check.name.startswith(prefix) for prefix in only)
    ]
    if is_list:
        print("\n".join(check.name for check in chosen))
        return 0
    if not chosen:
        raise CannotStart(f"No check is called {' or '.join(only)}. ./hub test --list names them.")
    RESULTS.mkdir(exist_ok=True)
    outcomes = []
    for check in chosen:
        print(f"\n── {check.name} " + "─" * max(0, 70 - len(check.name)), flush=True)
        outcomes.append(_run(check))
    _sum_up(outcomes)
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def _checks() -> list[Check]:
    python = [sys.executable, "-m"]
    places = [place for place in PYTHON_PLACES if (ROOT / place).exists()]
    checks = [
        Check("lint", [*python, "ruff", "check", "--output-format", "concise", *places], {}),
        Check("format", [*python, "ruff", "format", "--check", "--output-format", "concise", *places], {}),
        Check("imports", [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], {}),
    ]
    checks += [_types(site, parts) for site, parts in SITES_TYPED.items()]
    checks += [_migrations(site) for site in SITES_TYPED]
    checks += list(_pytest_groups())
    return checks


def _types(site: str, parts: list[str]) -> Check:
    """One site at a time: django-stubs knows the models of one settings module."""
    paths = [str(ROOT / "src" / "adminhub" / part) for part in parts]
    # The hub's run types all of the runtime but what fills the broker.
    excluded = (
        "/migrations/"
        if site == "broker"
        else "(/migrations/|runtime/demo/(seed_broker|school_records|school_day|staff_records))"
    )
    command = [
        sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", f".mypy_cache/{site}",
        "--exclude", excluded, *paths,
    ]  # fmt: skip
    return Check(f"types-{site}", command, {"DJANGO_SETTINGS_MODULE": f"adminhub.runtime.settings.{site}"})


def _migrations(site: str) -> Check:
    """Every model change has its migration."""
    command = [
        sys.executable, "-W", "ignore", "-m", "django", "makemigrations", "--check", "--dry-run", "-v", "1",
        "--settings", f"adminhub.runtime.settings.{site}",
    ]  # fmt: skip
    return Check(f"migrations-{site}", command, {})


def _pytest_groups() -> Iterator[Check]:
    """One run per folder: a process can hold one site only."""
    tests = ROOT / "tests"
    folders = [*sorted(tests.glob("unit/*")), *sorted(tests.glob("contracts/*"))]
    for folder in [*folders, tests / "architecture", tests / "journeys"]:
        if folder.is_dir() and any(folder.rglob("test_*.py")):
            relative = folder.relative_to(tests)
            name = "-".join(relative.parts).replace("unit-", "units-")
            is_journey = relative.parts[0] == "journeys"
            report = RESULTS / f"{name}.xml"
            many = len(list(folder.rglob("test_*.py"))) > 3 and not is_journey
            command = [
                sys.executable, "-m", "pytest", "-q", str(folder), f"--junitxml={report}",
                *(["-n", "2"] if many else []),
            ]  # fmt: skip
            yield Check(name, command, {}, report, needs_browser=is_journey)


def _run(check: Check) -> Outcome:
    started = time.monotonic()
    env = {**os.environ, **check.env}
    try:
        if check.needs_browser:
            env["HUB_CHROMIUM"] = get_chromium()
    except CannotStart as trouble:
        print(trouble)
        return Outcome(check.name, 0, 1, time.monotonic() - started)
    if check.report:
        check.report.unlink(missing_ok=True)
    status = subprocess.run(check.command, cwd=ROOT, env=env, check=False).returncode  # noqa: S603
    seconds = time.monotonic() - started
    if check.report is None:
        return Outcome(check.name, int(status == 0), int(status != 0), seconds)
    passed, failed = _counts(check.report)
    if status != 0 and failed == 0:
        failed = 1  # pytest itself did not get through
    return Outcome(check.name, passed, failed, seconds)


def _counts(report: Path) -> tuple[int, int]:
    """Return how many tests passed and failed, from pytest's own report."""
    try:
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314  # we wrote it
    except (OSError, ET.ParseError):
        return 0, 0
    passed = failed = 0
    for suite in suites:
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        failed += bad
        passed += int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0))
    return passed, failed


def _sum_up(outcomes: Sequence[Outcome]) -> None:
    width = max(len(outcome.name) for outcome in outcomes)
    print(f"\n{'check':<{width}}  passed  failed  seconds")
    for outcome in outcomes:
        mark = "" if outcome.is_good else "  ← look here"
        print(
            f"{outcome.name:<{width}}  {outcome.passed:>6}  {outcome.failed:>6}  "
            f"{outcome.seconds:>7.1f}{mark}"
        )
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"\nin {sum(outcome.seconds for outcome in outcomes):.0f} s")
    print(f"{passed} passed, {failed} failed", flush=True)
