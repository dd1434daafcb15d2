"""The sync wizard for people who use a keyboard, a phone, a dark screen, a screen reader or no scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.conftest import Stack, axe_violations
from tests.journeys.steps import (
    MAPLE,
    PANELS,
    People,
    button,
    connect,
    heading,
    manage_admin_hub,
    open_mis_user_sync,
    start_sync,
)

SLUGS = [panel.lower().replace(" ", "-") for panel in PANELS]
FAR = 400
"""More presses of Tab than any page needs to reach what it offers."""


@pytest.fixture
def people(own_stack: Stack, new_context: Callable[..., object]) -> People:
    """People of a stack that only this module uses."""
    return People(own_stack, new_context)  # type: ignore[arg-type]


@pytest.fixture(scope="module", autouse=True)
def connected(own_stack: Stack, browser: Browser) -> None:
    """Maple is connected, and a sync waits to be reviewed."""
    page = connect(People(own_stack, lambda: browser.new_context(locale="en-GB")), MAPLE, service=None)
    start_sync(page)
    page.get_by_role("navigation", name="Steps of the sync").get_by_role("link", name="Pupils").click()
    expect(button(page, "Save and sync pupils")).to_be_visible(timeout=60_000)
    page.context.close()


def at_wizard(people: People, **how: object) -> Page:
    """The coordinator, at the first panel."""
    mia = people.at_hub(MAPLE.coordinator, **how)
    manage_admin_hub(mia, service=None)
    open_mis_user_sync(mia)
    button(mia, "Continue").or_(button(mia, "Start sync")).first.click()
    heading(mia, "Teachers")
    return mia


def test_every_panel_is_readable_in_both_themes_and_at_320_pixels(people: People, browser: Browser) -> None:
    mia = at_wizard(people)
    faults = []
    for slug in [*SLUGS, "finished"]:
        mia.set_viewport_size({"width": 320, "height": 800})
        mia.goto(re.sub(r"/(teachers|finished|[a-z-]+)/(\?.*)?$", f"/{slug}/", mia.url))
        beyond = mia.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
        faults += [f"{slug}: {beyond} px too wide"] if beyond > 0 else []
        for dark in (False, True):
            faults += [
                f"{slug}: {found}" for found in axe_violations(browser, mia.context, mia.url, dark=dark)
            ]
    assert not faults, "\n".join(faults)


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse must."""
    expect(target).to_be_visible(timeout=60_000)
    for _ in range(FAR):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {target}")


def test_the_wizard_is_walked_with_the_keyboard_alone(people: People) -> None:
    mia = at_wizard(people)
    for panel, following in zip(PANELS, [*PANELS[1:], "Finished"], strict=True):
        expect(mia.get_by_text("nothing is deleted").filter(visible=True).first).to_be_visible(timeout=60_000)
        tab_to(mia, button(mia, f"Save and sync {panel.lower()}"))
        mia.keyboard.press("Enter")
        heading(mia, following)
    expect(mia.get_by_text("Nobody was deleted").first).to_be_visible()


def test_the_wizard_works_without_scripts(people: People) -> None:
    mia = at_wizard(people, java_script_enabled=False)
    for panel, following in zip(PANELS, [*PANELS[1:], "Finished"], strict=True):
        button(mia, f"Save and sync {panel.lower()}").click()
        heading(mia, following)
