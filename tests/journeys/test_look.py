"""The look in a real browser: readable in both themes, whole at 320 px, usable by keyboard and without scripts."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.journeys.conftest import Stack, axe_violations

SITES = ("hub", "broker", "wellbeing")


def style_page(stack: Stack, site: str) -> str:
    return f"{stack.answer[f'{site}_url']}/look/"


def rows_of(page: Page) -> Locator:
    return page.locator("table[data-keys] tbody tr")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_any_component(
    stack: Stack, browser: Browser, context: BrowserContext, site: str, dark: bool
) -> None:
    assert axe_violations(browser, context, style_page(stack, site), dark=dark) == []


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("width", [320, 390, 680, 1360])
def test_no_component_makes_the_page_scroll_sideways(stack: Stack, page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(style_page(stack, site))
    html = page.locator("html")
    assert html.evaluate("e => e.scrollWidth - e.clientWidth") == 0


def test_no_script_or_style_offends_the_policy(stack: Stack, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(style_page(stack, "hub"))
    expect(page.locator("[data-ticked]")).to_have_text("6")
    assert complaints == []


def test_a_table_is_worked_by_keyboard_alone(stack: Stack, page: Page) -> None:
    page.goto(style_page(stack, "hub"))
    rows, ticked = rows_of(page), page.locator("[data-ticked]")
    rows.first.focus()
    page.keyboard.press("Space")
    expect(ticked).to_have_text("7")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(3)).to_be_focused()
    page.keyboard.press("Shift+Space")
    expect(ticked).to_have_text("9")
    page.keyboard.press("k")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search pupils")).to_be_focused()


def test_ticking_all_and_none_and_a_range_by_mouse(stack: Stack, page: Page) -> None:
    page.goto(style_page(stack, "hub"))
    rows, ticked, every = rows_of(page), page.locator("[data-ticked]"), page.locator("[data-tick-all]")
    save = page.get_by_role("button", name="Save and sync pupils")
    every.check()
    expect(rows.locator("[data-tick]:not(:checked):not(:disabled)")).to_have_count(0)
    every.uncheck()
    expect(ticked).to_have_text("0")
    expect(save).to_be_disabled()
    rows.nth(0).locator("[data-tick]").click()
    rows.nth(4).locator("[data-tick]").click(modifiers=["Shift"])
    expect(ticked).to_have_text("5")
    expect(save).to_be_enabled()


def test_a_dialog_opens_closes_and_gives_the_focus_back(stack: Stack, page: Page) -> None:
    page.goto(style_page(stack, "hub"))
    opener = page.get_by_role("button", name="Danger", exact=True)
    dialog = page.get_by_role("dialog", name="Deauthorise Gatehouse?")
    opener.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("Space")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_theme_is_kept(stack: Stack, page: Page) -> None:
    page.goto(style_page(stack, "hub"))
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_unsaved_decisions_are_not_lost_unasked(stack: Stack, page: Page) -> None:
    page.goto(style_page(stack, "hub"))
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    rows_of(page).first.locator("[data-tick]").click()
    page.reload()
    assert asked == ["beforeunload"]


def test_everything_works_without_scripts(stack: Stack, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(style_page(stack, "hub"))
    page.get_by_role("link", name="Danger", exact=True).click()
    expect(page.locator("#deauthorise")).to_be_visible()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(style_page(stack, "hub"))
    context.close()
