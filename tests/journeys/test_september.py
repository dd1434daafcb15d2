"""A school year ends: promoted by hand and undone, then rolled over by the MIS and synced, with classes that go on."""

import os
import re
import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import ROOT, Stack, axe_violations
from tests.journeys.steps import (
    OAK_HILL,
    PANELS,
    SLOWLY,
    People,
    button,
    connect,
    heading,
    save,
    start_sync,
    sync_everything,
    tab,
)


@pytest.fixture
def people(request: pytest.FixtureRequest, new_context: Callable[..., object]) -> People:
    """People of a stack of our own, for what its MIS says changes."""
    running = os.environ.get("HUB_JOURNEY_DATA")
    return People(request.getfixturevalue("stack" if running else "own_stack"), new_context)  # type: ignore[arg-type]


def test_a_school_is_promoted_undone_and_synced_in_september(people: People) -> None:
    ada = connect(people, OAK_HILL, service="Wellbeing")
    sync_everything(ada)
    a_promotion_is_previewed_applied_and_undone(ada, people)
    the_mis_rolls_over(people.stack)
    septembers_sync_knows_the_classes_again(ada, people)
    last_years_classes_are_archived(ada, people)


def open_promotion(page: Page) -> None:
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="School").click()
    page.get_by_role("link", name="Promotion", exact=True).click()
    heading(page, "Promotion")


def looks_well(page: Page, people: People) -> None:
    """Nothing for axe to find, and no wider than a small phone."""
    browser = page.context.browser
    assert browser is not None
    for dark in (False, True):
        assert axe_violations(browser, page.context, page.url, dark=dark) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.set_viewport_size({"width": 1360, "height": 900})


def a_promotion_is_previewed_applied_and_undone(page: Page, people: People) -> None:
    open_promotion(page)
    looks_well(page, people)
    button(page, "Next").click()
    heading(page, "Year groups")
    expect(page.get_by_text("synced with your MIS").first).to_be_visible()
    expect(page.get_by_label("Year 13 becomes")).to_have_value("leave")
    looks_well(page, people)
    button(page, "Save and continue").click()
    heading(page, "Classes")
    expect(page.get_by_label("Next year's class of 7A, Year 7")).to_have_value("8A")
    looks_well(page, people)
    a_list_may_be_sent_and_a_pupil_is_held_back(page, people)
    heading(page, "Preview")
    expect(page.get_by_text("1 goes another way than the others")).to_be_visible()
    line = page.get_by_role("row").filter(has=page.get_by_role("cell", name="7A", exact=True))
    expect(line).to_contain_text("the same pupils, with their results")
    expect(page.get_by_role("cell", name=re.compile(r"^Leavers \d{4} - \d{4}$"))).to_be_visible()
    looks_well(page, people)
    button(page, "Promote all pupils").first.click()
    dialog = page.get_by_role("dialog", name="Promote all pupils?")
    button(dialog, "Promote all pupils").click()
    heading(page, re.compile(r"^Promotion \d{4} - \d{4}$"))
    expect(page.get_by_text("Nobody and no result was deleted").first).to_be_visible()
    looks_well(page, people)
    done = page.url
    page.get_by_role("link", name="Look at your pupils").click()
    page.get_by_label("Year group").select_option(label=leavers_label(page))
    expect(page.get_by_role("cell", name=re.compile(r"^Leavers \d{4} - \d{4}$")).first).to_be_visible()
    page.goto(done)
    button(page, "Undo …").click()
    heading(page, re.compile("^Undo: promotion"))
    looks_well(page, people)
    button(page, "Undo now").click()
    expect(page.get_by_text("Undone. Every change is listed here")).to_be_visible()
    tab(page, "Classes")
    expect(page.get_by_role("link", name="7A", exact=True)).to_be_visible()


def a_list_may_be_sent_and_a_pupil_is_held_back(page: Page, people: People) -> None:
    button(page, "Save, and send a class list").click()
    heading(page, re.compile("^Class list for"))
    looks_well(page, people)
    page.get_by_role("link", name="Back to Classes").click()
    button(page, "Save, and choose single pupils").click()
    heading(page, "Single pupils")
    looks_well(page, people)
    page.get_by_role("combobox", name=re.compile("year group in")).first.select_option("stay")
    button(page, "Save and see the preview").click()


def leavers_label(page: Page) -> str:
    labels = page.get_by_label("Year group").locator("option").all_inner_texts()
    return next(label for label in labels if label.startswith("Leavers"))


def the_mis_rolls_over(stack: Stack) -> None:
    command = [str(ROOT / "hub"), "september", "--data", str(stack.data), "--school", "oakhill"]
    subprocess.run(command, check=True, cwd=ROOT)


def septembers_sync_knows_the_classes_again(page: Page, people: People) -> None:
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="School").click()
    page.get_by_role("link", name="MIS user sync", exact=True).click()
    start_sync(page)
    save(page, "Teachers")
    expect(page.get_by_label("Search registration groups")).to_be_visible(timeout=3 * SLOWLY)
    review = page.url
    the_coming_year_is_rehearsed(page, people)
    page.goto(review)
    button(page, "Fetch again").last.wait_for(timeout=SLOWLY)
    page.get_by_label("Search registration groups").fill("7A")
    expect(page.get_by_text("Renamed from 7A").first).to_be_visible(timeout=SLOWLY)
    expect(page.get_by_text("Name reused: other pupils than were in 7A").first).to_be_visible()
    page.get_by_label("Search registration groups").fill("")
    for panel in PANELS[1:]:
        save_although_held(page, panel)
    expect(page.get_by_text("Nobody was deleted").first).to_be_visible()


def the_coming_year_is_rehearsed(page: Page, people: People) -> None:
    open_promotion(page)
    page.get_by_label(re.compile("^Your MIS's data as at")).check()
    button(page, "Next").click(no_wait_after=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Rehearsal", timeout=3 * SLOWLY)
    expect(page.get_by_text("other pupils than in this year's 7A").first).to_be_visible(timeout=3 * SLOWLY)
    expect(page.get_by_text(re.compile(r"\d+ joiners")).first).to_be_visible()
    looks_well(page, people)
    open_promotion(page)
    button(page, "Give up").first.click()
    button(page.get_by_role("dialog"), "Give up").click()
    expect(page.get_by_text("was given up")).to_be_visible()


def save_although_held(page: Page, panel: str) -> None:
    """In September much changes at once, so a panel may ask first."""
    following = [*PANELS, "Finished"][PANELS.index(panel) + 1]
    button(page, f"Save and sync {panel.lower()}").click()
    held = page.get_by_text("On hold: nothing was written")
    expect(held.or_(page.get_by_role("heading", level=1, name=following, exact=True))).to_be_visible(
        timeout=SLOWLY
    )
    if held.count():
        for box in page.locator("input[name=confirm]").all():
            box.check()
        button(page, f"Save and sync {panel.lower()}").click()
    heading(page, following)


def last_years_classes_are_archived(page: Page, people: People) -> None:
    open_promotion(page)
    button(page, "Look at them").click()
    heading(page, "Classes that ended")
    looks_well(page, people)
    button(page, re.compile("^Archive")).click()  # type: ignore[arg-type]
    expect(page.get_by_text("The classes are archived, with their pupils")).to_be_visible()
    tab(page, "Classes")
    page.get_by_label("In use or archived").select_option("archived")
    expect(page).to_have_url(re.compile("show=archived"))
    page.get_by_role("link", name="13A", exact=True).click()
    expect(page.get_by_text(re.compile(r"^Archived \d"))).to_be_visible()
    looks_well(page, people)
