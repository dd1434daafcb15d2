"""Maple changes its MIS from RM Integris to one that exports OneRoster: everybody has another ID there."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from adminhub.mis import School as ExportedSchool
from adminhub.runtime.demo.cast import LOGINS
from adminhub.runtime.demo.exports import NamedEmployee, generate
from adminhub.runtime.demo.schools import EXPORTS
from adminhub.runtime.demo.schools import MAPLE as DEMO_MAPLE
from tests.journeys.conftest import Stack, axe_violations
from tests.journeys.steps import (
    MAPLE,
    SLOWLY,
    People,
    button,
    connect,
    heading,
    notice,
    sync_everything,
    tab,
)
from tests.journeys.test_maple import complaints_of


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


def test_a_school_changes_its_mis_and_nobody_is_doubled(
    people: People, browser: Browser, tmp_path: Path
) -> None:
    mia = connect(people, MAPLE, service=None)
    complaints = complaints_of(mia)
    sync_everything(mia)
    before = how_many(mia)
    the_new_mis_is_published(people.at_broker("broker_operator"), export_of_another_mis(tmp_path))
    the_rehearsal_finds_nearly_everybody(mia)
    assert how_many(mia) == before
    open_school_page(mia, "Change of MIS")
    start = mia.url
    button(mia, "Go on with the rehearsal").click()
    heading(mia, "Change of MIS: rehearsal")
    rehearsal = mia.url
    everybody_can_read(browser, mia, start, rehearsal, f"{rehearsal}pupils/?part=person")
    the_move_is_made(mia)
    assert how_many(mia) == before
    the_sync_after_it_knows_everybody(mia)
    the_move_is_undone(mia)
    assert how_many(mia) == before
    assert complaints == []


def everybody_can_read(browser: Browser, mia: Page, *urls: str) -> None:
    """In both themes axe finds nothing, and the page fits 320 pixels."""
    faults = []
    for url in urls:
        for dark in (False, True):
            faults += [f"{url}: {one}" for one in axe_violations(browser, mia.context, url, dark=dark)]
        mia.set_viewport_size({"width": 320, "height": 800})
        mia.goto(url)
        beyond = mia.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
        faults += [f"{url}: {beyond} px too wide"] if beyond > 0 else []
        mia.set_viewport_size({"width": 1360, "height": 900})
    assert faults == []


def export_of_another_mis(folder: Path) -> Path:
    """The same school, as another MIS would export it: the same people under other IDs."""
    maple = next(export for export in EXPORTS if export.school is DEMO_MAPLE)
    return generate(
        folder,
        seed=maple.seed,
        pupils=maple.pupils,
        kind=maple.kind,
        format="oneroster-1.2",
        school=ExportedSchool(
            mis_id=DEMO_MAPLE.laestab, name=DEMO_MAPLE.name, urn=DEMO_MAPLE.urn, laestab=DEMO_MAPLE.laestab
        ),
        domain=DEMO_MAPLE.domain,
        named=[
            NamedEmployee(
                title=person.title, forename=person.first_name, surname=person.last_name, email=person.email
            )
            for person in LOGINS
            if person.email.endswith(f"@{DEMO_MAPLE.domain}") and person.site == "hub" and person.title
        ],
    ).export


def the_new_mis_is_published(olu: Page, export: Path) -> None:
    """It is held, for next to nothing of the old data is in it; then an operator publishes it knowingly."""
    olu.get_by_role("link", name="Schools", exact=True).first.click()
    heading(olu, "Schools")
    olu.get_by_role("searchbox").fill("999002")
    olu.get_by_role("searchbox").press("Enter")
    expect(olu.get_by_role("link", name="Oakhill Academy")).to_have_count(0)
    olu.get_by_role("link", name=MAPLE.name, exact=True).click()
    heading(olu, MAPLE.name)
    olu.get_by_label("Export files").set_input_files(export)
    button(olu, "Read and publish").click()
    olu.get_by_label("Export files").set_input_files(export)
    olu.get_by_label("Publish anyway").check()
    button(olu, "Read and publish").click()
    expect(olu.get_by_text("Published", exact=True).first).to_be_visible(timeout=SLOWLY)


def open_school_page(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="School").click()
    page.get_by_role("navigation", name="School").get_by_role("link", name=name, exact=True).click()


def how_many(mia: Page) -> dict[str, str]:
    """How many people and classes the hub has, as School details says."""
    open_school_page(mia, "School details")
    texts = [stat.inner_text().split() for stat in mia.locator(".stat").all()]
    return {" ".join(words[1:]): words[0] for words in texts}


def the_rehearsal_finds_nearly_everybody(mia: Page) -> None:
    open_school_page(mia, "Change of MIS")
    heading(mia, "Change of MIS")
    button(mia, "We are changing our MIS: rehearse").click()
    heading(mia, re.compile("Change of MIS"))
    expect(mia.get_by_text("Nothing has been changed yet")).to_be_visible(timeout=SLOWLY)
    carried = mia.locator(".stat", has_text="Carried").first
    assert int(re.sub(r"\D", "", carried.inner_text().split("\n")[0]) or 0) > 250


def the_move_is_made(mia: Page) -> None:
    open_school_page(mia, "Change of MIS")
    button(mia, "Go on with the rehearsal").click()
    button(mia, re.compile(r"^Move \d+ to the new MIS")).click()  # type: ignore[arg-type]
    notice(mia, "Nobody was added and nobody was removed")


def the_sync_after_it_knows_everybody(mia: Page) -> None:
    open_school_page(mia, "Change of MIS")
    mia.get_by_role("link", name=re.compile("^What was moved")).first.click()
    button(mia, "Go on with the sync").click()
    heading(mia, "Teachers")
    expect(mia.locator(".chips").get_by_role("link", name=re.compile("^Synced"))).to_be_visible()


def the_move_is_undone(mia: Page) -> None:
    open_school_page(mia, "Change of MIS")
    mia.get_by_role("link", name=re.compile("^What was moved")).first.click()
    button(mia, "Undo …").click()
    expect(mia.get_by_text("This is what undoing would do")).to_be_visible()
    button(mia, "Undo now").click()
    expect(mia.get_by_text("This is what was written")).to_be_visible()
    tab(mia, "Pupils")
    expect(mia.get_by_role("img", name="Synced with the MIS").first).to_be_visible()
