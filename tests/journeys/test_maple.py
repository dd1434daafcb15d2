"""Maple, a primary on RM Integris with one service: declined, asked again, synced, and MIS IDs cleared."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Mailbox, Stack
from tests.journeys.steps import (
    LETTERS,
    MAPLE,
    SLOWLY,
    People,
    administrators_link,
    approve,
    button,
    deauthorise,
    decline,
    heading,
    link_in,
    manage_admin_hub,
    open_mis_user_sync,
    request_access,
    sync_everything,
    tab,
)

REASON = "We sign the new agreement first. Please ask again after half-term."


def test_a_primary_is_declined_asks_again_syncs_and_clears_its_mis_ids(
    stack: Stack, people: People, mailbox: Mailbox
) -> None:
    mia = people.at_hub(MAPLE.coordinator)
    complaints = complaints_of(mia)
    manage_admin_hub(mia, service=None)  # one service, so nothing is asked
    expect(mia.get_by_text("Centre ID 10517").first).to_be_visible()
    open_mis_user_sync(mia)
    request_access(mia, MAPLE)
    bea = people.at_broker(MAPLE.administrator)
    a_decline_is_told_with_its_reason_and_what_to_do(mia, bea, stack, mailbox)
    request_access(mia, MAPLE)
    bea.goto(administrators_link(stack, MAPLE))
    approve(bea)
    expect(button(mia, "Start sync")).to_be_visible(timeout=SLOWLY)
    sync_everything(mia)
    everybody_is_synced(mia)
    clearing_mis_ids_unlinks_everybody_and_removes_nobody(mia)
    assert complaints == []


def complaints_of(page: Page) -> list[str]:
    """What the browser complains of on a page: the content policy, scripts that fail."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def a_decline_is_told_with_its_reason_and_what_to_do(
    mia: Page, bea: Page, stack: Stack, mailbox: Mailbox
) -> None:
    bea.goto(administrators_link(stack, MAPLE))
    decline(bea, REASON)
    receipt = LETTERS["receipt"].format(school=MAPLE.name, done="declined")
    assert REASON in mailbox.wait_for(to=stack.login(MAPLE.administrator)[0], subject=receipt)["text"]
    letter = mailbox.wait_for(
        to=stack.login(MAPLE.coordinator)[0], subject=LETTERS["declined"].format(school=MAPLE.name)
    )
    assert REASON in letter["text"]
    assert "What to do next" in letter["text"]
    mia.goto(link_in(letter, stack.hub))
    heading(mia, "MIS user sync")
    expect(mia.get_by_text(REASON).first).to_be_visible(timeout=SLOWLY)
    expect(mia.get_by_text("What to do next:")).to_be_visible()


def everybody_is_synced(mia: Page) -> None:
    for name in ("Teachers", "Pupils", "Classes"):
        tab(mia, name)
        expect(mia.get_by_role("img", name="Synced with the MIS").first).to_be_visible()


def clearing_mis_ids_unlinks_everybody_and_removes_nobody(mia: Page) -> None:
    tab(mia, "Pupils")
    before = mia.locator(".pager__count").inner_text()
    open_mis_user_sync(mia)
    deauthorise(mia, clear_mis_ids=True)
    tab(mia, "Pupils")
    expect(mia.get_by_role("img", name="Synced with the MIS")).to_have_count(0)
    assert mia.locator(".pager__count").inner_text() == before
    assert re.search(r"of 2\d\d pupils", before)
