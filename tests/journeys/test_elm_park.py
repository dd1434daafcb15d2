"""Elm Park, new to the broker: the request is kept until an operator has set the school up, and goes on by itself."""

import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from adminhub.mis import School as ExportedSchool
from adminhub.runtime.demo.exports import generate
from tests.journeys.conftest import Mailbox, Stack
from tests.journeys.steps import (
    ELM_PARK,
    SLOWLY,
    People,
    approve,
    button,
    heading,
    link_in,
    manage_admin_hub,
    open_mis_user_sync,
    request_access,
)

HEAD = "fay@elmpark.example"
PASSWORD = "quiet harbour lantern 27"


def test_a_school_new_to_the_broker_is_set_up_and_its_request_goes_on_by_itself(
    stack: Stack, people: People, mailbox: Mailbox, tmp_path: Path
) -> None:
    eli = people.at_hub(ELM_PARK.coordinator)
    manage_admin_hub(eli, service=None)
    open_mis_user_sync(eli)
    request_access(eli, ELM_PARK)
    the_page_says_that_the_request_is_kept(eli)
    olu = people.at_broker("broker_operator")
    the_operator_is_asked_to_contact_the_school(olu, stack, mailbox)
    the_operator_publishes_an_export(olu, export_of_elm_park(tmp_path))
    the_operator_invites_an_administrator(olu)
    fay = the_administrator_sets_a_password(stack, people, mailbox)
    asked = mailbox.wait_for(to=HEAD, subject=f"Admin Hub asks {ELM_PARK.name} for access")
    fay.goto(link_in(asked, stack.broker))
    approve(fay)
    expect(button(eli, "Start sync")).to_be_visible(timeout=SLOWLY)
    mailbox.wait_for(to=stack.login(ELM_PARK.coordinator)[0], subject="authorised and established")


def the_page_says_that_the_request_is_kept(eli: Page) -> None:
    expect(eli.get_by_text("Your request is kept").first).to_be_visible()
    expect(eli.get_by_text("Elm Park School is new to Gatehouse").first).to_be_visible()
    expect(button(eli, "Copy link for the approver")).to_be_visible()
    button(eli, "Send a reminder").click()
    expect(eli.get_by_text("A reminder was sent to Gatehouse").first).to_be_visible()


def the_operator_is_asked_to_contact_the_school(olu: Page, stack: Stack, mailbox: Mailbox) -> None:
    letter = mailbox.wait_for(to=stack.login("broker_operator")[0], subject=ELM_PARK.name)
    olu.goto(link_in(letter, stack.broker))
    heading(olu, "Set up Elm Park School")
    expect(olu.get_by_text("01632 960 203").first).to_be_visible()
    olu.get_by_label("What was agreed").fill("The head sends an export and is invited.")
    button(olu, "Mark as contacted").click()
    expect(olu.get_by_text("The head sends an export and is invited.").first).to_be_visible()


def export_of_elm_park(folder: Path) -> Path:
    made = generate(
        folder,
        seed=7,
        pupils=120,
        kind="secondary",
        format="oneroster-1.2",
        school=ExportedSchool(
            mis_id="9994003",
            name=ELM_PARK.name,
            urn=ELM_PARK.urn,
            laestab=ELM_PARK.dfe_number.replace("/", ""),
        ),
        domain="elmpark.example",
    )
    assert zipfile.is_zipfile(made.export)
    return made.export


def the_operator_publishes_an_export(olu: Page, export: Path) -> None:
    olu.get_by_label("Export files").set_input_files(export)
    button(olu, "Read and publish").click()
    expect(olu.get_by_text("Published", exact=True).first).to_be_visible(timeout=SLOWLY)


def the_operator_invites_an_administrator(olu: Page) -> None:
    expect(olu.get_by_text("Still missing: an administrator")).to_be_visible()
    olu.get_by_label("E-mail").fill(HEAD)
    button(olu, "Send invitation").click()
    expect(olu.get_by_text(HEAD).first).to_be_visible()


def the_administrator_sets_a_password(stack: Stack, people: People, mailbox: Mailbox) -> Page:
    fay = people.stranger()
    fay.goto(link_in(mailbox.wait_for(to=HEAD), stack.broker))
    heading(fay, "Act for Elm Park School")
    fay.get_by_label("First name").fill("Fay")
    fay.get_by_label("Last name").fill("Adeyemi")
    fay.get_by_label("Position at the school").fill("Headteacher")
    fay.get_by_label("Password").fill(PASSWORD)
    button(fay, "Accept the invitation").click()
    expect(fay.get_by_role("heading", level=1)).not_to_have_text("Act for Elm Park School")
    return fay
