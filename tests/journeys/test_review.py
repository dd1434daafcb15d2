"""The review with the keyboard alone, many lines decided with a preview, who stays ignored, and scope."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Stack
from tests.journeys.steps import MAPLE, People, button, connect, heading, shown_count, start_sync

SLOWLY = 60_000


@pytest.fixture
def people(own_stack: Stack, new_context: Callable[..., object]) -> People:
    """People of a stack that only this module uses."""
    return People(own_stack, new_context)  # type: ignore[arg-type]


@pytest.fixture(scope="module", autouse=True)
def reviewing(own_stack: Stack, browser: Browser) -> str:
    """Maple is connected, and a sync waits to be reviewed; the address of its pupils' panel."""
    page = connect(People(own_stack, lambda: browser.new_context(locale="en-GB")), MAPLE, service=None)
    start_sync(page)
    pupils = page.url.replace("/teachers/", "/pupils/")
    page.goto(pupils)
    expect(button(page, "Save and sync pupils")).to_be_visible(timeout=SLOWLY)
    page.context.close()
    return pupils


def at_panel(people: People, address: str) -> Page:
    mia = people.at_hub(MAPLE.coordinator)
    mia.goto(address)
    expect(mia.locator("#preview")).to_be_visible(timeout=SLOWLY)
    return mia


def test_the_review_is_walked_with_single_keys(people: People, reviewing: str) -> None:
    mia = at_panel(people, reviewing)
    waiting = shown_count(mia, "May match")
    assert waiting > 2
    mia.keyboard.press("j")
    first = mia.locator("tbody tr").first
    expect(first).to_be_focused()
    mia.keyboard.press("a")
    expect(mia.locator("#undo")).to_contain_text("1 pupil matched")
    assert shown_count(mia, "May match") == waiting - 1
    expect(mia.locator("tbody tr:focus")).to_have_count(1)  # where one was, ready for the next
    mia.keyboard.press("x")
    expect(mia.locator("#undo")).to_contain_text("1 pupil kept apart")
    assert shown_count(mia, "May match") == waiting - 2
    mia.keyboard.press("u")
    expect(mia.locator("#undo")).to_contain_text("1 pupil matched")
    mia.keyboard.press("u")
    expect(mia.locator("#undo button")).to_have_count(0)
    assert shown_count(mia, "May match") == waiting
    mia.locator("tbody tr").first.focus()
    mia.keyboard.press("Enter")
    expect(mia).to_have_url(re.compile("/line/"))
    before = mia.url
    mia.keyboard.press("j")
    expect(mia).not_to_have_url(before)
    mia.keyboard.press("k")
    expect(mia).to_have_url(before)
    mia.keyboard.press("p")
    heading(mia, re.compile("^Match "))


def test_the_keys_are_explained_and_can_be_switched_off(people: People, reviewing: str) -> None:
    mia = at_panel(people, reviewing)
    mia.keyboard.press("?")
    dialog = mia.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_text("never these two")).to_be_visible()
    dialog.get_by_label("Use single letters as keys").uncheck()
    mia.keyboard.press("Escape")
    mia.locator("tbody tr").first.focus()
    waiting = shown_count(mia, "May match")
    mia.keyboard.press("a")
    mia.keyboard.press("?")
    expect(dialog).to_be_hidden()
    assert shown_count(mia, "May match") == waiting


def test_many_lines_are_accepted_after_a_preview_and_undone_with_one_press(
    people: People, reviewing: str
) -> None:
    mia = at_panel(people, reviewing)
    waiting = shown_count(mia, "May match")
    offer = mia.get_by_role("navigation", name="Decide together").get_by_role(
        "link", name=re.compile("^Accept")
    )
    words = offer.first.inner_text()
    count = int(re.search(r"\d+", words)[0])  # type: ignore[index]
    offer.first.click()
    heading(mia, re.compile(rf"^{count} pupils? "))
    expect(mia.locator("input[name='row']:checked")).to_have_count(count)
    button(mia, "Accept those ticked").click()
    heading(mia, "Pupils")
    assert shown_count(mia, "May match") == waiting - count
    button(mia, "Undo").click()
    expect(mia.locator("#undo button")).to_have_count(0)
    assert shown_count(mia, "May match") == waiting


def test_the_preview_and_a_lines_page_work_without_scripts(people: People, reviewing: str) -> None:
    mia = people.at_hub(MAPLE.coordinator, java_script_enabled=False)
    mia.goto(reviewing + "?status=may_match")
    waiting = shown_count(mia, "May match")
    mia.get_by_role("link", name=re.compile("^Compare ")).first.click()
    button(mia, "Match").click()
    mia.goto(reviewing)
    assert shown_count(mia, "May match") == waiting - 1
    button(mia, "Undo").click()
    assert shown_count(mia, "May match") == waiting


def test_who_is_ignored_stays_ignored_when_the_data_is_fetched_again(people: People, reviewing: str) -> None:
    mia = at_panel(people, reviewing.replace("/pupils/", "/teachers/") + "?part=other&status=new")
    others = shown_count(mia, "New")
    assert others
    button(mia, "Ignore …").click()
    button(mia, "Ignore those ticked").click()
    heading(mia, "Teachers")
    mia.goto(mia.url.split("?")[0])
    assert shown_count(mia, "Ignored") == others
    button(mia, "Fetch again").click()
    expect(button(mia, "Save and sync teachers")).to_be_visible(timeout=SLOWLY)
    assert shown_count(mia, "Ignored") == others
    mia.locator(".chips").get_by_role("link", name=re.compile("^Ignored")).click()
    mia.get_by_role("button", name=re.compile("^Show .* again$")).first.click()
    expect(mia.locator("#undo")).to_contain_text("1 teacher shown again")


def fetch_again(mia: Page) -> None:
    """A sync of its own for this test, at the pupils' panel."""
    button(mia, "Fetch again").click()
    expect(button(mia, "Save and sync teachers")).to_be_visible(timeout=SLOWLY)
    mia.get_by_role("navigation", name="Steps of the sync").get_by_role("link", name="Pupils").click()
    expect(mia.locator("#preview")).to_be_visible(timeout=SLOWLY)


def test_a_sync_of_one_year_group_marks_nobody_as_left(people: People, reviewing: str) -> None:
    mia = people.at_hub(MAPLE.coordinator)
    mia.goto(reviewing)
    fetch_again(mia)
    mia.get_by_label("Give these pupils access to Wellbeing").uncheck()
    button(mia, "Save and sync pupils").click()
    expect(mia.get_by_text("Pupils saved:").first).to_be_visible(timeout=SLOWLY)
    mia.get_by_role("navigation", name="Steps of the sync").get_by_role("link", name="Pupils").click()
    fetch_again(mia)
    everybody = shown_count(mia, "Synced")
    mia.get_by_role("link", name="Choose year groups or registration groups").click()
    heading(mia, "Which pupils")
    mia.get_by_label("Some year groups").check()
    mia.get_by_role("group", name="Year groups").get_by_role("checkbox").first.check()
    button(mia, "Review these pupils").click()
    heading(mia, "Pupils")
    inside = shown_count(mia, "Synced")
    assert 0 < inside < everybody
    assert shown_count(mia, "Desynced") == everybody - inside
    expect(mia.get_by_text("Not in this sync's scope").first).to_be_visible()
    button(mia, "Save and sync pupils").click()
    expect(mia.get_by_text("Pupils saved:").first).to_be_visible(timeout=SLOWLY)
    mia.get_by_role("navigation", name="School").get_by_role("link", name="Leavers").click()
    expect(mia.get_by_text("No pupils have left")).to_be_visible()


def test_who_is_synced_without_access_is_named_and_given_it_with_one_press(
    people: People, reviewing: str
) -> None:
    mia = people.at_hub(MAPLE.coordinator)
    mia.goto(reviewing.split("run/")[0])
    mia.get_by_role("link", name="Show who").first.click()
    heading(mia, "Synced pupils without access")
    mia.get_by_role("button", name=re.compile("^Give access to")).click()
    expect(mia.get_by_text("Nobody is left here")).to_be_visible()
