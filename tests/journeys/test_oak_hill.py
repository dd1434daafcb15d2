"""Oak Hill, a secondary on SIMS: the whole journey, from the log-in to what Wellbeing is handed, and once again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Mailbox, Stack
from tests.journeys.steps import (
    LETTERS,
    OAK_HILL,
    PANELS,
    SLOWLY,
    People,
    administrators_link,
    approve,
    button,
    deauthorise,
    enter_wellbeing,
    find_school,
    heading,
    link_in,
    manage_admin_hub,
    new_ones_are,
    open_mis_user_sync,
    request_access,
    save,
    shown_count,
    start_sync,
    tab,
)


@pytest.fixture
def ada(people: People) -> Page:
    return people.at_hub("access_coordinator")


def test_a_secondary_goes_from_authorise_to_synced_and_once_again(
    stack: Stack, people: People, mailbox: Mailbox, ada: Page
) -> None:
    manage_admin_hub(ada, service="Wellbeing")
    open_mis_user_sync(ada)
    nothing_is_requested_before_submit(ada, stack, people)
    the_page_says_what_is_waited_for(ada, stack, mailbox)
    bea = the_administrator_approves(stack, people, mailbox)
    the_coordinator_is_told(ada, stack, mailbox)
    counts = the_wizard_writes_nothing_before_save(ada)
    the_tabs_show_the_synced_people(ada, teachers=counts["Teachers"])
    wellbeing_shows_what_it_was_handed(ada, stack, teachers=counts["Teachers"])
    deauthorising_and_authorising_again_needs_no_second_check(ada, stack, bea)


def nothing_is_requested_before_submit(ada: Page, stack: Stack, people: People) -> None:
    bea = people.at_broker("broker_administrator")
    find_school(ada, OAK_HILL)
    expect(ada.get_by_text(re.compile("1 detail differs"))).to_be_visible()
    expect(ada.get_by_text("12 Acorn Lane")).to_be_visible()  # the hub's own
    expect(ada.get_by_text("01632 960 100").first).to_be_visible()  # whom to contact if they are wrong
    bea.goto(stack.broker)
    expect(bea.get_by_role("heading", name="Pending approval")).to_have_count(0)
    button(ada, "Submit").click()
    heading(ada, "MIS user sync")
    bea.goto(stack.broker)
    expect(bea.get_by_role("heading", name="Pending approval")).to_be_visible()
    bea.close()


def the_page_says_what_is_waited_for(ada: Page, stack: Stack, mailbox: Mailbox) -> None:
    expect(ada.get_by_role("heading", name="Waiting for: Approval at Gatehouse")).to_be_visible()
    expect(ada.get_by_text("the broker administrator of Oak Hill School").first).to_be_visible()
    expect(ada.get_by_text("Since", exact=True)).to_be_visible()
    expect(button(ada, "Copy link for the approver")).to_be_visible()
    button(ada, "Send a reminder").click()
    expect(ada.get_by_text("A reminder was sent").first).to_be_visible()
    administrators_link(stack, OAK_HILL, kind="reminded")


def the_administrator_approves(stack: Stack, people: People, mailbox: Mailbox) -> Page:
    link = administrators_link(stack, OAK_HILL)
    bea = people.stranger()
    bea.goto(link)  # not logged in yet: the log-in leads on to what the link is about
    bea.get_by_label("E-mail").fill(stack.login("broker_administrator")[0])
    bea.get_by_label("Password").fill(stack.login("broker_administrator")[1])
    button(bea, "Log in").click()
    heading(bea, "Admin Hub asks for access")
    bea.get_by_role("link", name="My apps").first.click()
    expect(bea.get_by_role("heading", name=re.compile("^Pending approval"))).to_be_visible()
    bea.get_by_role("article").filter(has_text="Pending approval").get_by_role(
        "link", name="Admin Hub"
    ).click()
    heading(bea, "Admin Hub asks for access")
    expect(bea.get_by_text("Required", exact=True).first).to_be_visible()
    optional = bea.get_by_role("switch")
    expect(optional.first).not_to_be_checked()
    expect(bea.locator("[role=switch]:checked")).to_have_count(0)
    expect(bea.get_by_text("Data handling agreement of the Admin Hub")).to_be_visible()
    approve(bea)
    expect(bea.get_by_role("heading", name="What the checks found")).to_be_visible()
    subject = LETTERS["receipt"].format(school=OAK_HILL.name, done="approved")
    for key in ("broker_administrator", "second_administrator", "read_only_administrator"):
        receipt = mailbox.wait_for(to=stack.login(key)[0], subject=subject)
        assert re.search(r"When: .*\d\d:\d\d:\d\d", receipt["text"])
    return bea


def the_coordinator_is_told(ada: Page, stack: Stack, mailbox: Mailbox) -> None:
    to = stack.login("access_coordinator")[0]
    letter = mailbox.wait_for(to=to, subject=LETTERS["authorised"].format(school=OAK_HILL.name))
    ada.goto(link_in(letter, stack.hub))
    heading(ada, "MIS user sync")
    expect(button(ada, "Start sync")).to_be_visible(timeout=SLOWLY)
    expect(ada.get_by_role("heading", name="What Gatehouse checked")).to_be_visible()


def the_wizard_writes_nothing_before_save(ada: Page) -> dict[str, int]:
    """Walk the wizard; how many teachers and pupils it should have synced."""
    tab(ada, "Teachers")
    expect(ada.get_by_role("img", name="Synced with the MIS")).to_have_count(0)
    open_mis_user_sync(ada)
    start_sync(ada)
    teachers = shown_count(ada, "Matched")
    assert teachers > 20
    assert shown_count(ada, "New") > 20
    new_ones_are(ada, ticked=False)
    save(ada, "Teachers")
    save(ada, "Registration groups")
    save(ada, "Subject classes")
    matched, new = shown_count(ada, "Matched"), shown_count(ada, "New")
    assert matched > 500
    assert new > 50
    assert shown_count(ada, "May match") > 0, "a maybe waits for a person"
    new_ones_are(ada, ticked=True)
    save(ada, "Pupils")
    for panel in PANELS:
        expect(
            ada.get_by_role("rowheader", name=panel).or_(ada.get_by_role("cell", name=panel)).first
        ).to_be_visible()
    return {"Teachers": teachers, "Pupils": matched + new}


def the_tabs_show_the_synced_people(ada: Page, *, teachers: int) -> None:
    for name in ("Teachers", "Pupils", "Classes"):
        tab(ada, name)
        expect(ada.get_by_role("img", name="Synced with the MIS").first).to_be_visible()
    tab(ada, "Teachers")
    ada.get_by_label("Status").select_option(label="Synced with the MIS")
    expect(ada.locator(".pager__count")).to_have_text(re.compile(rf"of {teachers} teachers"))


def wellbeing_shows_what_it_was_handed(ada: Page, stack: Stack, *, teachers: int) -> None:
    service = ada.context.new_page()
    enter_wellbeing(service, stack)
    expect(
        service.get_by_role("navigation", name="Sections").get_by_role("link", name="Pupils")
    ).to_be_visible()
    for _ in range(20):  # it pulls when the hub says that something has changed
        service.reload()
        if service.get_by_text("Ready for the survey").count():
            break
        service.wait_for_timeout(500)
    tab(service, "Pupils")
    expect(service.get_by_role("row").nth(5)).to_be_visible()
    assert not re.search(r"\b[A-Z]\d{12}\b", service.content()), "a UPN is nothing that Wellbeing may have"
    tab(service, "Staff")
    expect(service.get_by_role("row").nth(2)).to_be_visible()
    tab(service, "Classes")
    expect(service.get_by_role("row").nth(5)).to_be_visible()
    service.close()


def deauthorising_and_authorising_again_needs_no_second_check(ada: Page, stack: Stack, bea: Page) -> None:
    open_mis_user_sync(ada)
    deauthorise(ada, clear_mis_ids=False)
    request_access(ada, OAK_HILL)
    bea.goto(administrators_link(stack, OAK_HILL))
    approve(bea)
    expect(button(ada, "Start sync")).to_be_visible(timeout=SLOWLY)
    start_sync(ada)
    assert shown_count(ada, "Synced") > 20
    assert shown_count(ada, "Matched") == 0
