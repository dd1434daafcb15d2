"""Wellbeing: in by the hub, back to the hub by the green icon, and only who and what was permitted."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.steps import MAPLE, SLOWLY, People, button, heading, notice

GREEN_ICON = "Admin Hub (opens in a new tab)"


def enter_wellbeing(people: People, key: str) -> Page:
    """Press the one button at Wellbeing and log in at the hub, where it leads."""
    page = people.stranger()
    page.goto(people.stack.wellbeing)
    heading(page, "Log in to Wellbeing")
    button(page, "Log in with Admin Hub").click()
    page.wait_for_url(lambda url: url.startswith(people.stack.hub))
    email, password = people.stack.login(key)
    page.get_by_label(re.compile("^e-?mail", re.I)).fill(email)
    page.get_by_label(re.compile("^password", re.I)).first.fill(password)
    page.get_by_role("button", name=re.compile("^log in", re.I)).click()
    return page


def test_the_green_icon_opens_the_hub_in_a_new_tab_already_logged_in_on_the_right_service(
    people: People,
) -> None:
    page = enter_wellbeing(people, "access_coordinator")
    heading(page, "Oak Hill School")
    assert page.url.startswith(people.stack.wellbeing)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=GREEN_ICON).first.click()
    hub = opened.value
    heading(hub, "Teachers")
    assert hub.url.startswith(people.stack.hub)
    assert "/wellbeing/" in hub.url
    expect(hub.get_by_role("navigation", name="Sections").get_by_role("link", name="School")).to_be_visible()


def test_who_is_no_coordinator_sees_the_hub_as_their_role_allows(people: People) -> None:
    page = enter_wellbeing(people, "teacher")
    heading(page, "Oak Hill School")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=GREEN_ICON).first.click()
    hub = opened.value
    heading(hub, "Teachers")
    expect(hub.get_by_role("navigation", name="Sections").get_by_role("link", name="School")).to_have_count(0)


def test_who_has_no_role_for_wellbeing_is_told_whom_to_ask(people: People) -> None:
    page = enter_wellbeing(people, "second_service_coordinator")
    heading(page, "You have no role for Wellbeing")
    notice(page, "Ada Okafor")


def test_logging_out_of_wellbeing_asks_about_the_hub_and_ends_both(people: People) -> None:
    page = enter_wellbeing(people, "teacher_admin")
    heading(page, "Oak Hill School")
    page.locator("summary", has_text="Tom").click()
    button(page, "Log out").click()
    heading(page, "Log out of the Admin Hub too?")
    button(page, "Log out").click()
    heading(page, "Log in to Wellbeing")
    page.goto(people.stack.hub)
    expect(page.get_by_label(re.compile("^password", re.I)).first).to_be_visible()


def test_access_granted_in_the_hub_reaches_wellbeing_by_itself_and_so_does_its_withdrawal(
    people: People,
) -> None:
    hub = people.at_hub("maple_coordinator")
    pupils_at_hub = f"{people.stack.hub}/{MAPLE.centre_id}/wellbeing/pupils/"
    hub.goto(f"{pupils_at_hub}?access=without")
    name = hub.locator("tbody .person__name a").first.inner_text().strip()
    hub.get_by_label(f"Tick {name}", exact=True).first.check()
    button(hub, "Grant access").click()
    notice(hub, re.compile("now has access to Wellbeing"))
    wellbeing = enter_wellbeing(people, "maple_coordinator")
    heading(wellbeing, MAPLE.name)
    page_of_pupils = f"{wellbeing.url}pupils/?q={name.replace(' ', '+')}"
    expect_in_time(wellbeing, page_of_pupils, name, is_there=True)
    hub.goto(f"{pupils_at_hub}?access=with")
    hub.get_by_label(f"Tick {name}", exact=True).first.check()
    button(hub, "Withdraw access").click()
    notice(hub, re.compile("no longer has access to Wellbeing"))
    expect_in_time(wellbeing, page_of_pupils, name, is_there=False)


def expect_in_time(page: Page, url: str, name: str, *, is_there: bool) -> None:
    """Look again until the roster has come."""
    found = -1
    for _ in range(SLOWLY // 500):
        page.goto(url)
        found = page.locator("tbody").get_by_text(name, exact=True).count()
        if bool(found) == is_there:
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"the pupil is there {found} times")
