"""The journey's steps, as people take them in a browser; every test walks some of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.journeys.conftest import Mailbox, Stack, log_in

SLOWLY = 60_000
"""Milliseconds for what another process does: an audit, a webhook, a pull."""
LETTERS = {
    "asked": "Admin Hub asks {school} for access",
    "reminded": "Reminder: Admin Hub asks {school} for access",
    "receipt": "Receipt: access of Admin Hub to {school} was {done}",
    "authorised": "{school}: your MIS connection is authorised and established",
    "declined": "{school}: your MIS connection was rejected",
}


@dataclass(frozen=True)
class School:
    """A demo school as the people in the tests know it."""

    name: str
    centre_id: int
    urn: str
    dfe_number: str
    coordinator: str
    administrator: str = "broker_administrator"


OAK_HILL = School("Oak Hill School", 10482, "999001", "999/4001", "access_coordinator")
MAPLE = School("Maple Primary School", 10517, "999002", "999/2002", "maple_coordinator")
ELM_PARK = School("Elm Park School", 10655, "999003", "999/4003", "elm_coordinator", administrator="")


@dataclass
class People:
    """Opens browsers of their own for people, logged in, and closes them with the test."""

    stack: Stack
    open_context: Callable[..., BrowserContext]

    def stranger(self, **how: Any) -> Page:
        """A browser in which nobody is logged in."""
        return self.open_context(**how).new_page()

    def at_hub(self, key: str, **how: Any) -> Page:
        """A person's browser, logged in to the hub, at its home page."""
        page = self.stranger(**how)
        log_in(page, self.stack.hub, self.stack.login(key))
        return page

    def at_broker(self, key: str, **how: Any) -> Page:
        """A person's browser, logged in to the broker's portal, at its home page."""
        page = self.stranger(**how)
        log_in(page, self.stack.broker, self.stack.login(key))
        return page


def button(page: Page | Locator, name: str) -> Locator:
    """The button or the link that looks like one, with exactly these words."""
    return page.get_by_role("button", name=name, exact=True).or_(
        page.get_by_role("link", name=name, exact=True)
    )


def heading(page: Page, words: str | re.Pattern[str]) -> None:
    """Expect the page's own heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def notice(page: Page, words: str | re.Pattern[str]) -> None:
    """Expect these words somewhere in the page's main part or its toasts."""
    expect(page.get_by_text(words).filter(visible=True).first).to_be_visible()


def manage_admin_hub(page: Page, *, service: str | None = "Wellbeing") -> None:
    """From the home page into the hub; `service` is None for whoever is not asked which one."""
    button(page, "Manage Admin Hub").click()
    if service:
        heading(page, re.compile("Which .*service"))
        page.get_by_role("link", name=service, exact=True).click()
    heading(page, "Teachers")


def open_mis_user_sync(page: Page) -> None:
    """School tab, then MIS user sync."""
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="School").click()
    page.get_by_role("link", name="MIS user sync", exact=True).click()
    heading(page, "MIS user sync")


def find_school(page: Page, school: School) -> None:
    """Authorise, Confirm your school's details (prefilled), Search, Match the school's own entry."""
    button(page, "Authorise").click()
    heading(page, "Confirm your school's details")
    expect(page.get_by_label("School name")).to_have_value(school.name)
    expect(page.get_by_label("URN")).to_have_value(school.urn)
    expect(page.get_by_label("DfE number")).to_have_value(school.dfe_number)
    expect(page.get_by_label("Postcode")).to_have_value(re.compile("^ZZ"))
    button(page, "Search").click()
    best = page.locator("#candidates").get_by_role("listitem").first
    expect(best.get_by_role("heading")).to_have_text(school.name)
    button(best, "Match").click()
    heading(page, "Is this your school?")


def request_access(page: Page, school: School) -> None:
    """Everything from Authorise to Submit."""
    find_school(page, school)
    button(page, "Submit").click()
    heading(page, "MIS user sync")


def administrators_link(stack: Stack, school: School, *, kind: str = "asked") -> str:
    """The address in the newest e-mail that asks the school's administrator."""
    to = stack.login(school.administrator)[0]
    letter = Mailbox(stack.mailbox).wait_for(to=to, subject=LETTERS[kind].format(school=school.name))
    return link_in(letter, stack.broker)


def link_in(letter: dict[str, Any], site: str) -> str:
    """The first address of a site in an e-mail."""
    found = re.search(re.escape(site) + r"/[^\s\"<>]+", letter["text"])
    assert found, f"the e-mail {letter['subject']!r} has no link"
    return found[0]


def approve(page: Page, *, optional: str = "") -> None:
    """Switch one optional permission on if named, Approve access, and confirm, accepting the agreement."""
    if optional:
        page.get_by_role("switch", name=optional).check()
    button(page, "Approve access").click()
    dialog = page.get_by_role("dialog", name="Approve access?")
    expect(dialog.get_by_text("you accept the data handling agreement")).to_be_visible()
    button(dialog, "Yes, approve access").click()
    expect(page.get_by_text("Admin Hub may read what is listed below")).to_be_visible(timeout=SLOWLY)


def decline(page: Page, reason: str) -> None:
    """Decline access, with a reason, and confirm."""
    button(page, "Decline access").click()
    dialog = page.get_by_role("dialog", name="Decline access?")
    dialog.get_by_label("Reason").fill(reason)
    button(dialog, "Yes, decline access").click()
    expect(page.get_by_text("Declined", exact=False).first).to_be_visible()


def deauthorise(page: Page, *, clear_mis_ids: bool) -> None:
    """Deauthorise, choosing what becomes of the MIS IDs, which the dialog explains."""
    button(page, "Deauthorise").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Deauthorise"))
    expect(dialog.get_by_label("Keep MIS IDs")).to_be_checked()
    expect(dialog.get_by_text("the sync carries on where it was")).to_be_visible()
    expect(dialog.get_by_text("the next sync matches everybody afresh")).to_be_visible()
    if clear_mis_ids:
        dialog.get_by_label("Clear MIS IDs").check()
    button(dialog, "Yes, deauthorise").click()
    expect(button(page, "Authorise")).to_be_visible()


def connect(people: People, school: School, *, service: str | None) -> Page:
    """Take a school from nothing to Start sync; returns the coordinator's browser at MIS user sync."""
    page = people.at_hub(school.coordinator)
    manage_admin_hub(page, service=service)
    open_mis_user_sync(page)
    request_access(page, school)
    portal = people.at_broker(school.administrator)
    portal.goto(administrators_link(people.stack, school))
    approve(portal)
    portal.close()
    expect(button(page, "Start sync")).to_be_visible(timeout=SLOWLY)
    return page


PANELS = ("Teachers", "Registration groups", "Subject classes", "Pupils")


def shown_count(page: Page, status: str) -> int:
    """How many lines the panel's filter of this status says there are; 0 without such a filter."""
    chip = page.locator(".chips").get_by_role("link", name=re.compile(f"^{status}"))
    return int(re.sub(r"\D", "", chip.inner_text())) if chip.count() else 0


def new_ones_are(page: Page, *, ticked: bool) -> None:
    """Expect the ticks of the new records on this page to be so."""
    page.locator(".chips").get_by_role("link", name=re.compile("^New")).click()
    expect(page).to_have_url(re.compile("status=new"))
    ticks = page.get_by_role("checkbox", name=re.compile(r"^Import .*\?$"))
    expect(ticks.nth(1)).to_be_visible()
    on = page.locator("[data-tick]:checked")
    expect(on).to_have_count(page.locator("[data-tick]").count() if ticked else 0)
    page.locator(".chips").get_by_role("link", name=re.compile("^All")).click()
    expect(page).not_to_have_url(re.compile("status=new"))


def start_sync(page: Page) -> None:
    """Start sync, and wait for the first list."""
    button(page, "Start sync").click()
    heading(page, "Teachers")
    expect(button(page, "Save and sync teachers")).to_be_visible(timeout=SLOWLY)


def save(page: Page, panel: str) -> None:
    """Save and sync one panel, which leads on to the next."""
    position = PANELS.index(panel)
    following = [*PANELS, "Finished"][position + 1]
    expect(page.get_by_text("nothing is deleted").filter(visible=True).first).to_be_visible(timeout=SLOWLY)
    button(page, f"Save and sync {panel.lower()}").click()
    heading(page, following)


def sync_everything(page: Page) -> None:
    """The wizard from Start sync to Finished, taking everybody that the MIS has."""
    start_sync(page)
    for panel in PANELS:
        if panel == "Teachers" and button(page, "Tick all").count():
            button(page, "Tick all").click()
            expect(page.locator("[data-tick]:not(:checked)")).to_have_count(0)
        save(page, panel)
    expect(page.get_by_text("Nobody was deleted").first).to_be_visible()


def tab(page: Page, name: str) -> None:
    """Open one of the tabs."""
    page.get_by_role("navigation", name="Sections").get_by_role("link", name=name).click()
    heading(page, name)


def enter_wellbeing(page: Page, stack: Stack) -> None:
    """Log in to Wellbeing through the hub, in a browser that the hub knows."""
    page.goto(stack.wellbeing)
    button(page, "Log in with Admin Hub").click()
    expect(page).to_have_url(re.compile(re.escape(stack.wellbeing) + r"/schools/\d+/"))
