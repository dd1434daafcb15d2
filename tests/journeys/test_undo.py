"""A sync is looked at change by change before it is saved, and undone after a look at what that does."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Stack, axe_violations
from tests.journeys.steps import MAPLE, PANELS, People, button, connect, heading, save, start_sync, tab

PICTURES = os.environ.get("HUB_JOURNEY_PICTURES")


@pytest.fixture
def people(own_stack: Stack, new_context: Callable[..., object]) -> People:
    """People of a stack that only this test uses."""
    return People(own_stack, new_context)  # type: ignore[arg-type]


def look_at(browser: Browser, page: Page, name: str) -> None:
    """Axe finds nothing, and nothing is wider than a phone; with HUB_JOURNEY_PICTURES a picture is kept."""
    if PICTURES:
        for width in (1360, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0, name
    assert axe_violations(browser, page.context, page.url) == [], name
    page.set_viewport_size({"width": 1360, "height": 900})


def pupils_in_the_hub(page: Page) -> str:
    """How many pupils the list says there are."""
    tab(page, "Pupils")
    return page.locator(".pager").inner_text()


def test_a_sync_is_seen_saved_and_undone(people: People, browser: Browser) -> None:
    mia = connect(people, MAPLE, service=None)
    wizard = mia.url
    before = pupils_in_the_hub(mia)
    mia.goto(wizard)
    start_sync(mia)
    for panel in PANELS[:-1]:
        save(mia, panel)

    button(mia, "See every change first").click()
    heading(mia, "Changes to pupils")
    expect(mia.get_by_text("Nothing has changed yet").first).to_be_visible()
    look_at(browser, mia, "before")
    mia.locator(".chips").get_by_role("link", name=re.compile("^Into a class")).click()
    expect(mia).to_have_url(re.compile("what=enrol"))
    with mia.expect_download() as csv:
        button(mia, "CSV").click()
    assert Path(csv.value.path()).read_text(encoding="utf-8-sig").startswith("change,kind,name")
    button(mia, "Save and sync pupils").click()
    heading(mia, "Finished")
    assert pupils_in_the_hub(mia) != before
    mia.go_back()
    look_at(browser, mia, "finished")

    button(mia, "Undo this sync …").click()
    heading(mia, re.compile("^Undo: the sync of"))
    expect(mia.get_by_text("This is what undoing would do. Nothing has changed yet.")).to_be_visible()
    look_at(browser, mia, "undo")
    button(mia, "Undo now").click()
    expect(mia.get_by_text("Undone. Every change is listed here").first).to_be_visible()
    look_at(browser, mia, "undone")
    assert pupils_in_the_hub(mia) == before
