"""Trouble between the hub and the broker: the sync waits or stops, says so, changes nothing, and can go on."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Stack, copy_of, start_stack, stop_stack
from tests.journeys.steps import (
    MAPLE,
    SLOWLY,
    People,
    button,
    connect,
    heading,
    shown_count,
    start_sync,
)
from tests.journeys.troubled_broker import (
    Answer,
    Trouble,
    TroubledBroker,
    a_web_page,
    cut_short,
    empty_list,
    refusing,
    silent,
)

SYNC_PAGE = f"/{MAPLE.centre_id}/wellbeing/school/mis-sync/"


@pytest.fixture(scope="module")
def broker() -> Iterator[TroubledBroker]:
    troubled = TroubledBroker()
    yield troubled
    troubled.shutdown()
    troubled.server_close()


@pytest.fixture(scope="module")
def stack(seeded: Path, broker: TroubledBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose hub reaches the broker only through the troubled one."""
    data = copy_of(seeded, tmp_path_factory.mktemp("troubled") / "data")
    started = start_stack(data, HUB_BROKER_API_URL=broker.api)
    broker.broker = started.broker
    yield started
    stop_stack(data)


@pytest.fixture(scope="module")
def context(stack: Stack, browser: Browser) -> Iterator[BrowserContext]:
    """The coordinator's browser, at a school that is ready to sync."""
    own = browser.new_context(viewport={"width": 1360, "height": 900}, locale="en-GB")
    page = connect(People(stack, lambda: browser.new_context(locale="en-GB")), MAPLE, service=None)
    own.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    page.context.close()
    yield own
    own.close()


@pytest.fixture
def mia(context: BrowserContext, stack: Stack, broker: TroubledBroker) -> Iterator[Page]:
    """The coordinator, with a sync's first list before her."""
    broker.heal()
    page = context.new_page()
    page.goto(stack.hub + SYNC_PAGE)
    start_sync(page)
    yield page
    broker.heal()
    page.close()


def fetch_again(page: Page, broker: TroubledBroker, trouble: Trouble, *, where: str) -> None:
    broker.where, broker.trouble = where, trouble
    button(page, "Fetch again").last.click()
    heading(page, "Teachers")


@pytest.mark.parametrize(
    "trouble",
    [silent, refusing(500), refusing(503), refusing(429, retry_after="1")],
    ids=["does not answer", "500", "503", "429"],
)
def test_a_sync_waits_for_a_broker_that_is_down_and_goes_on(
    mia: Page, broker: TroubledBroker, trouble: Trouble
) -> None:
    fetch_again(mia, broker, trouble, where="/employees")
    expect(mia.get_by_text("Gatehouse did not answer")).to_be_visible(timeout=60_000)
    expect(mia.get_by_text(re.compile(r"We try again at \d\d:\d\d:\d\d"))).to_be_visible()
    expect(mia.get_by_text("Nothing has changed").first).to_be_visible()
    broker.heal()
    expect(button(mia, "Save and sync teachers")).to_be_visible(timeout=60_000)  # by itself


@pytest.mark.parametrize(
    ("trouble", "where"),
    [
        (refusing(401), "/employees"),
        (refusing(403), "/employees"),
        (refusing(404), "/employees"),
        (refusing(422), "/employees"),
        (cut_short, "/employees"),
        (a_web_page, "/employees"),
        (empty_list, "/employees"),
        (empty_list, "/students"),
        (cut_short, "/classes"),
    ],
    ids=["401", "403", "404", "422", "cut short", "HTML", "no staff", "no pupils", "classes cut short"],
)
def test_a_sync_stops_at_an_answer_it_cannot_trust_and_writes_nothing(
    mia: Page, stack: Stack, broker: TroubledBroker, trouble: Trouble, where: str
) -> None:
    fetch_again(mia, broker, trouble, where=where)
    if where != "/employees":
        mia.get_by_role("navigation", name="Steps of the sync").get_by_role("link", name="Pupils").click()
    expect(mia.get_by_text("This sync has stopped")).to_be_visible(timeout=60_000)
    expect(button(mia, "Save and sync pupils")).to_have_count(0)
    broker.heal()
    button(mia, "Start sync again").click()
    expect(button(mia, "Save and sync teachers")).to_be_visible(timeout=SLOWLY)


def test_a_worker_killed_while_pulling_is_replaced_and_nothing_comes_twice(
    mia: Page, stack: Stack, broker: TroubledBroker
) -> None:
    everybody = shown_count(mia, "All")
    held, was_asked = threading.Event(), threading.Event()

    def hold(path: str, answer: Answer) -> Answer:
        was_asked.set()
        held.wait(20)
        return answer

    fetch_again(mia, broker, hold, where="/students")
    expect(button(mia, "Save and sync teachers")).to_be_visible(timeout=SLOWLY)
    assert was_asked.wait(10), "the pupils were never asked for"
    os.kill(worker_of(stack), signal.SIGKILL)
    broker.heal()
    held.set()
    pupils = mia.get_by_role("navigation", name="Steps of the sync").get_by_role("link", name="Pupils")
    pupils.click()
    expect(button(mia, "Save and sync pupils")).to_be_visible(timeout=60_000)
    assert 200 < shown_count(mia, "All") < 300
    mia.get_by_role("navigation", name="Steps of the sync").get_by_role("link", name="Teachers").click()
    heading(mia, "Teachers")
    assert shown_count(mia, "All") == everybody


def worker_of(stack: Stack) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command, env = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            is_ours = f"ADMINHUB_DATA={stack.data}\0".encode() in env
            if is_ours and b"adminhub.runtime.worker\0hub" in command:
                return int(entry.name)
    raise AssertionError("no worker runs")
