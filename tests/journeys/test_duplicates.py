"""A pupil who is in the hub twice is made one, in Wellbeing as well, and the merge is undone."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Stack
from tests.journeys.steps import (
    MAPLE,
    SLOWLY,
    People,
    button,
    connect,
    enter_wellbeing,
    heading,
    notice,
    save,
    start_sync,
    tab,
)
from tests.journeys.test_change_of_mis import everybody_can_read, open_school_page
from tests.journeys.test_maple import complaints_of

NOTE = "Reads to the younger ones at lunch."


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Stack:
    """A stack that only this module uses, but for HUB_JOURNEY_DATA."""
    shared = "stack" if os.environ.get("HUB_JOURNEY_DATA") else "own_stack"
    found: Stack = request.getfixturevalue(shared)
    return found


@pytest.fixture
def people(stack: Stack, new_context: Any) -> People:
    """People of that stack."""
    return People(stack, new_context)


def test_a_doubled_pupil_is_merged_in_every_service_and_taken_apart_again(
    people: People, stack: Stack, browser: Browser
) -> None:
    mia = connect(people, MAPLE, service=None)
    complaints = complaints_of(mia)
    name = somebody_is_doubled_by_a_slip(mia)
    both_have_access(mia, name)
    well = mia.context.new_page()
    enter_wellbeing(well, stack)
    a_note_is_written_on_each(well, name)
    open_school_page(mia, "Duplicates")
    compare = mia.get_by_role("link", name=re.compile("^Compare")).first.get_attribute("href") or ""
    everybody_can_read(browser, mia, mia.url, f"{stack.hub}{compare}")
    everybody_can_read(browser, well, well.url)
    the_pair_is_merged(mia, name)
    wellbeing_has(well, name, notes=["2"])
    expect(well.get_by_text("merged into this one in the Admin Hub")).to_have_count(1)
    the_merge_is_undone(mia)
    wellbeing_has(well, name, notes=["1", "1"])
    expect(well.get_by_text("merged into this one in the Admin Hub")).to_have_count(0)
    assert complaints == []


def somebody_is_doubled_by_a_slip(mia: Page) -> str:
    """In the first sync a pupil is unmatched by mistake, so that the MIS's record is added beside the hub's."""
    start_sync(mia)
    for panel in ("Teachers", "Registration groups", "Subject classes"):
        save(mia, panel)
    expect(button(mia, "Save and sync pupils")).to_be_visible(timeout=SLOWLY)
    mia.locator(".chips").get_by_role("link", name=re.compile("^Matched")).click()
    line = mia.locator("tbody tr", has_text="Same UPN").filter(has_text="Same name").first
    unmatch = line.get_by_role("button", name=re.compile("^Unmatch "))
    name = (unmatch.get_attribute("aria-label") or "").removeprefix("Unmatch ")
    unmatch.click()
    expect(mia.get_by_role("button", name=f"Unmatch {name}", exact=True)).to_have_count(0)
    mia.locator(".chips").get_by_role("link", name=re.compile("^New")).click()
    mia.wait_for_url(re.compile("status=new"))
    button(mia, "Tick all").click()
    expect(mia.locator("[data-tick]:not(:checked)")).to_have_count(0)
    save(mia, "Pupils")
    return name


def both_have_access(mia: Page, name: str) -> None:
    tab(mia, "Pupils")
    mia.get_by_role("searchbox").fill(name)
    mia.get_by_role("searchbox").press("Enter")
    mia.wait_for_url(re.compile(r"[?&]q="))
    for box in mia.locator("[data-tick]").all():
        box.check()
    button(mia, "Grant access").click()
    expect(mia.get_by_text("Without access", exact=True).locator("visible=true")).to_have_count(1)


def open_pupils_of(well: Page, name: str) -> None:
    well.get_by_role("navigation", name="Sections").get_by_role("link", name="Pupils").click()
    heading(well, "Pupils")
    well.get_by_role("searchbox").fill(name)
    well.get_by_role("searchbox").press("Enter")
    well.wait_for_url(re.compile(r"[?&]q="))


def the_pair_of(well: Page) -> Any:
    return well.locator("tbody tr")


def a_note_is_written_on_each(well: Page, name: str) -> None:
    for number in (0, 1):
        open_pupils_of(well, name)
        the_pair_of(well).nth(number).get_by_role("link").first.click()
        well.get_by_label("New note").fill(NOTE)
        button(well, "Add note").click()
        notice(well, NOTE)


def the_pair_is_merged(mia: Page, name: str) -> None:
    open_school_page(mia, "Duplicates")
    heading(mia, "Duplicates")
    row = mia.locator("tbody tr", has_text=name).first
    expect(row).to_contain_text("The same person")
    row.get_by_role("link", name=re.compile("^Compare")).click()
    heading(mia, re.compile("one pupil or two"))
    expect(
        mia.get_by_text("move notes and results to the record that stays").or_(
            mia.get_by_text("moves notes and results to the record that stays")
        )
    ).to_be_visible()
    button(mia, "Merge into one pupil").click()
    notice(mia, re.compile("The two records are one pupil now"))


def the_merge_is_undone(mia: Page) -> None:
    mia.get_by_role("button", name=re.compile("^Undo … the merge")).first.click()
    expect(mia.get_by_text("This is what undoing would do")).to_be_visible()
    button(mia, "Undo now").click()
    expect(mia.get_by_text("This is what was written")).to_be_visible()


def wellbeing_has(well: Page, name: str, *, notes: list[str]) -> None:
    """Within moments as many pupils of this name, each with so many notes; ends on the first one's page."""
    for _ in range(20):
        open_pupils_of(well, name)
        if the_pair_of(well).count() == len(notes):
            break
        well.wait_for_timeout(500)
    expect(the_pair_of(well).locator("[data-label=Notes]")).to_have_text(notes)
    the_pair_of(well).first.get_by_role("link").first.click()
    expect(well.get_by_text(NOTE).first).to_be_visible()
