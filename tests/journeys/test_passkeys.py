"""A passkey at the broker: added, asked for after the password, and a way in without it."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import log_in
from tests.journeys.steps import People, button, heading, notice

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def a_device_for(page: Page) -> None:
    """Give the browser what keeps passkeys and says that its person was checked."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def log_out(page: Page) -> None:
    page.goto(re.sub(r"(?<!/)/(?!/).*", "/account/logout/", page.url))
    button(page, "Log out").click()
    heading(page, "Log in")


def test_a_passkey_is_added_and_logs_in_after_the_password_and_instead_of_it(people: People) -> None:
    who = people.stack.login("broker_developer")
    page = people.at_broker("broker_developer")
    a_device_for(page)
    page.goto(f"{people.stack.broker}/account/two-factor/")
    button(page, "Add a passkey").click()
    heading(page, "Is it still you?")
    page.get_by_label("Password").fill(who[1])
    button(page, "Go on").click()
    heading(page, "Add a passkey")
    page.get_by_label("Name").fill("Office computer")
    button(page, "Go on").click()
    heading(page, "Recovery codes")
    button(page, "Done").click()
    expect(page.get_by_role("row", name=re.compile("Office computer"))).to_be_visible()

    log_out(page)
    log_in(page, people.stack.broker, who)
    heading(page, "Your passkey")
    button(page, "Use your passkey").click()
    heading(page, "Your apps")

    log_out(page)
    button(page, "Use a passkey instead").click()
    heading(page, "Your apps")

    page.goto(f"{people.stack.broker}/account/two-factor/")
    page.get_by_role("link", name="Remove Office computer").click()
    heading(page, "Is it still you?")
    page.get_by_label("Password").fill(who[1])
    button(page, "Go on").click()
    heading(page, "Remove this passkey?")
    button(page, "Remove it").click()
    notice(page, "Passkey removed")

    log_out(page)
    button(page, "Use a passkey instead").click()
    notice(page, re.compile("That passkey is not right here"))
