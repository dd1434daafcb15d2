"""A real stack and a real Chromium for journeys; one stack serves the whole run."""

import json
import os
import random
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from adminhub.runtime.browser import ARGUMENTS, find_chromium

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "tests" / "data" / "axe" / "axe.min.js"
NOISE = re.compile(r"level='(debug|info)'(?!.*(to retry|Error))")
RUNNING: dict[Path, "Stack"] = {}

expect.set_options(timeout=20_000)


@dataclass(frozen=True)
class Stack:
    """What `./hub up --detach --json` answered, with its data folder."""

    answer: dict[str, Any]

    @property
    def hub(self) -> str:
        return str(self.answer["hub_url"])

    @property
    def broker(self) -> str:
        return str(self.answer["broker_url"])

    @property
    def broker_api(self) -> str:
        return str(self.answer["broker_api_url"])

    @property
    def wellbeing(self) -> str:
        return str(self.answer["wellbeing_url"])

    @property
    def mailbox(self) -> str:
        return str(self.answer["mailbox_url"])

    @property
    def data(self) -> Path:
        return Path(self.answer["data"])

    def logs(self) -> list[Path]:
        """The logs of its parts that have anything in them."""
        return sorted(log for log in (self.data / "logs").glob("*.log") if log.stat().st_size)

    def login(self, key: str) -> tuple[str, str]:
        """E-mail address and password of one of the demo's people."""
        found = self.answer["logins"][key]
        return found["email"], found["password"]


class Mailbox:
    """Reads the e-mails a stack has sent."""

    def __init__(self, url: str) -> None:
        self.url = url

    def messages(self, *, to: str = "", subject: str = "") -> list[dict[str, Any]]:
        """E-mails to an address (newest first) whose subject contains these letters."""
        query = urllib.parse.urlencode({"to": to, "subject": subject})
        with urllib.request.urlopen(f"{self.url}/api/messages?{query}", timeout=10) as response:
            found: list[dict[str, Any]] = json.load(response)
            return found

    def wait_for(self, *, to: str, subject: str = "", seconds: float = 90) -> dict[str, Any]:
        """The newest such e-mail, waiting for it; fails with what has come instead.

        So long, because a lost webhook is healed by the next poll, half a minute later.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.messages(to=to, subject=subject):
                return found[0]
            time.sleep(0.2)
        subjects = [message["subject"] for message in self.messages()]
        raise AssertionError(f"no e-mail to {to} about {subject!r}; there are {subjects}")

    def clear(self) -> None:
        """Delete every e-mail."""
        request = urllib.request.Request(f"{self.url}/api/messages", method="DELETE")
        urllib.request.urlopen(request, timeout=10).close()


def free_port_base() -> int:
    """A base whose five ports are free now."""
    for _ in range(200):
        base = random.randrange(20000, 55000, 50)
        try:
            for port in (base, base + 10, base + 20, base + 30, base + 31):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports were found")


def start_stack(data: Path, **env: str) -> Stack:
    """Start a stack on a data folder and return it once it is ready."""
    command = [
        str(ROOT / "hub"), "up", "--detach", "--json", "--data", str(data),
        "--port-base", str(free_port_base()),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env={**clean_environment(), **env})
    assert done.returncode == 0, done.stderr
    started = Stack(json.loads(done.stdout))
    RUNNING[data.resolve()] = started
    return started


def stop_stack(data: Path) -> None:
    """Stop the stack of a data folder."""
    RUNNING.pop(data.resolve(), None)
    subprocess.run(
        [str(ROOT / "hub"), "down", "--data", str(data)],
        check=True,
        capture_output=True,
        env=clean_environment(),
    )


def clean_environment() -> dict[str, str]:
    """This process's environment without what a test run of a site has put into it."""
    ours = re.compile(r"^(HUB|BROKER|WELLBEING|MAILBOX|ADMINHUB|DJANGO)_")
    return {
        name: value for name, value in os.environ.items() if not ours.match(name) or name == "HUB_CHROMIUM"
    }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Beside a failure, what the running stacks complained of and did last: CI keeps nothing else."""
    report = yield
    if report.failed:
        for stack in RUNNING.values():
            report.sections += [(f"{log.parent.parent} {log.name}", told(log)) for log in stack.logs()]
    return report


def told(log: Path, lines: int = 6) -> str:
    """A log's last warnings and errors, and its last lines."""
    text = log.read_text(errors="replace").splitlines()
    complaints = [line[:600] for line in text if not NOISE.search(line)][-lines:]
    return "\n".join([*complaints, "…", *(line[:200] for line in text[-lines:])])


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo filled in and nothing running: stacks start on copies of it, quickly."""
    data = tmp_path_factory.mktemp("seeded")
    start_stack(data)
    stop_stack(data)
    return data


def copy_of(seeded: Path, data: Path) -> Path:
    """A copy of the seeded data folder for a stack of one's own."""
    shutil.copytree(seeded, data, symlinks=True, ignore=shutil.ignore_patterns("logs", "mail", "lock"))
    return data


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack; HUB_JOURNEY_DATA names the data folder of one that runs already (to write tests faster)."""
    if running := os.environ.get("HUB_JOURNEY_DATA"):
        state = json.loads((Path(running) / "run" / "state.json").read_text())
        yield Stack(state["answer"])
        return
    data = copy_of(request.getfixturevalue("seeded"), tmp_path_factory.mktemp("stack") / "data")
    yield start_stack(data)
    stop_stack(data)


@pytest.fixture(scope="module")
def own_stack(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that only this module's tests use, so that they may change its schools as they like."""
    data = copy_of(seeded, tmp_path_factory.mktemp("own") / "data")
    yield start_stack(data)
    stop_stack(data)


@pytest.fixture
def mailbox(stack: Stack) -> Mailbox:
    """The stack's mailbox."""
    return Mailbox(stack.mailbox)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the Chromium that is here, without a screen and without calls elsewhere."""
    found = find_chromium()
    more = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **more, "args": list(ARGUMENTS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desktop window; every page is British English."""
    return {**browser_context_args, "viewport": {"width": 1360, "height": 900}, "locale": "en-GB"}


@pytest.fixture
def people(stack: Stack, new_context: Any) -> Any:
    """Opens browsers for people of the shared stack."""
    from tests.journeys.steps import People

    return People(stack, new_context)


def log_in(page: Page, site: str, who: tuple[str, str]) -> None:
    """Log in on a site's own log-in page with e-mail and password."""
    page.goto(site)
    page.get_by_label(re.compile(r"^e-?mail", re.I)).fill(who[0])
    page.get_by_label(re.compile(r"^password", re.I)).first.fill(who[1])
    page.get_by_role("button", name=re.compile(r"^(log|sign) in", re.I)).click()
    expect(page.get_by_label(re.compile(r"^password", re.I))).to_have_count(0)


def axe_violations(browser: Browser, context: BrowserContext, url: str, *, dark: bool = False) -> list[str]:
    """What axe-core finds on a page for the person logged in; its own context bypasses the policy."""
    own = browser.new_context(
        bypass_csp=True,
        storage_state=context.storage_state(),
        color_scheme="dark" if dark else "light",
        viewport={"width": 1360, "height": 900},
    )
    try:
        page = own.new_page()
        page.goto(url)
        page.add_script_tag(path=str(AXE))
        found = page.evaluate(
            """async () => (await axe.run(document, {runOnly: {type: 'tag', values:
            ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})).violations
            .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(', '))"""
        )
        return [str(violation) for violation in found]
    finally:
        own.close()
