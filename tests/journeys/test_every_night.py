"""Every night: what is safe is applied, half a class that vanishes waits, and one letter says so."""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from adminhub.runtime.postgres import Postgres
from tests.journeys.conftest import Mailbox, Stack, copy_of, start_stack, stop_stack
from tests.journeys.steps import (
    MAPLE,
    SLOWLY,
    People,
    button,
    connect,
    heading,
    link_in,
    open_mis_user_sync,
    sync_everything,
    tab,
)

Row = dict[str, str]
EXPORT = Path("demo/maple/export/integris")
NIGHT = 90_000
"""Milliseconds until a worker has noticed that a school is due, and its sync has ended."""


@pytest.fixture(scope="module")
def stack(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that writes its letters at any hour, as the tests do not wait for the morning."""
    data = copy_of(seeded, tmp_path_factory.mktemp("nights") / "data")
    yield start_stack(data, HUB_LETTERS_FROM="00:00")
    stop_stack(data)


@pytest.fixture
def people(stack: Stack, browser: Browser) -> Iterator[People]:
    opened: list[BrowserContext] = []

    def open_context() -> BrowserContext:
        opened.append(browser.new_context(viewport={"width": 1360, "height": 900}, locale="en-GB"))
        return opened[-1]

    yield People(stack, open_context)
    for context in opened:
        context.close()


def test_nights_apply_what_is_safe_hold_what_is_not_and_write_when_a_person_is_needed(
    stack: Stack, people: People, mailbox: Mailbox
) -> None:
    mia = connect(people, MAPLE, service=None)
    sync_everything(mia)
    mia_lets_nights_apply_what_is_safe(mia)
    bea = people.at_broker(MAPLE.administrator)

    night_falls(stack)
    the_newest_sync(mia, "Nothing changed")

    a_new_export_is_sent(stack, bea, one_is_renamed_and_one_leaves)
    night_falls(stack)
    line = the_newest_sync(mia, "Partial")  # some may match since the first sync, and nobody has decided
    expect(line.get_by_role("cell").nth(2)).to_have_text("What has changed")
    the_pupil_is_renamed_and_the_leaver_is_still_there(mia)
    assert mailbox.messages(to=stack.login(MAPLE.coordinator)[0], subject="needs you") == []

    a_new_export_is_sent(stack, bea, half_of_birch_vanishes)
    night_falls(stack)
    line = the_newest_sync(mia, "Partial")  # a class's year groups were written, its leavers were not
    expect(line.get_by_role("cell").nth(8)).to_have_text("16")
    what_waits_is_told_once(stack, mia, mailbox)


def mia_lets_nights_apply_what_is_safe(mia: Page) -> None:
    open_mis_user_sync(mia)
    expect(mia.get_by_text("Up to date")).to_be_visible()
    button(mia, "Settings").click()
    heading(mia, "Settings of syncs")
    mia.get_by_label("Apply what is safe").check()
    button(mia, "Save settings").click()
    expect(mia.get_by_text("The settings are saved")).to_be_visible()
    expect(mia.get_by_label("Apply what is safe")).to_be_checked()


def night_falls(stack: Stack) -> None:
    """Nobody waits for two o'clock: the school is due now, once a worker has given it a clock."""
    url = Postgres(stack.data / "postgres", databases=("hub",)).url("hub")
    deadline = time.monotonic() + NIGHT / 1000
    while not is_due_now(url):
        assert time.monotonic() < deadline, "No worker has given the school a clock."
        time.sleep(1)


def is_due_now(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "update sync_clock set due_at = now() where school_id = (select id from school where centre_id = %s)",
            [MAPLE.centre_id],
        )
    return found.rowcount == 1


def the_newest_sync(mia: Page, outcome: str) -> Locator:
    """The history's first line, once the night's sync has come and ended so."""
    history = f"/{MAPLE.centre_id}/wellbeing/school/mis-sync/history/"
    mia.goto(re.sub(r"/\d+/.*", history, mia.url))
    before = mia.get_by_role("row").count()

    def has_come() -> bool:
        mia.wait_for_timeout(1000)
        mia.reload()
        return mia.get_by_role("row").count() > before

    for _ in range(NIGHT // 1000):
        if has_come():
            break
    line = mia.get_by_role("row").nth(1)
    for _ in range(NIGHT // 1000):
        if line.get_by_text(outcome, exact=True).count():
            break
        mia.wait_for_timeout(1000)
        mia.reload()
    expect(line.get_by_text(outcome, exact=True)).to_be_visible()
    expect(line.get_by_text("The schedule")).to_be_visible()
    return line


def a_new_export_is_sent(stack: Stack, bea: Page, change: Callable[[list[Row]], list[Row]]) -> None:
    """The school's MIS has changed, and its administrator sends what it exports now."""
    folder = stack.data / EXPORT
    pupils = folder / "pupils.csv"
    rows = list(csv.DictReader(io.StringIO(pupils.read_text(encoding="utf-8-sig"))))
    kept = change(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(kept)
    pupils.write_text(out.getvalue(), encoding="utf-8-sig")
    bea.get_by_role("link", name=MAPLE.name).first.click()
    bea.get_by_role("link", name="Data source").first.click()
    bea.get_by_label("Export files").set_input_files(sorted(folder.glob("*.csv")))
    button(bea, "Send export").click()
    expect(bea.get_by_text(re.compile("published", re.I)).first).to_be_visible(timeout=SLOWLY)
    bea.goto(stack.broker)


def one_is_renamed_and_one_leaves(rows: list[Row]) -> list[Row]:
    first, second, *_ = [row for row in rows if row["Registration Group"] == "Hazel"]
    first["Surname"] = first["Legal Surname"] = "Nightingale"
    return [row for row in rows if row is not second]


def half_of_birch_vanishes(rows: list[Row]) -> list[Row]:
    birch = [row for row in rows if row["Registration Group"] == "Birch"]
    return [row for row in rows if not any(row is gone for gone in birch[::2])]


def the_pupil_is_renamed_and_the_leaver_is_still_there(mia: Page) -> None:
    tab(mia, "Pupils")
    mia.get_by_label("Search pupils by name or UPN").fill("Nightingale")
    expect(mia.get_by_role("link", name=re.compile("Nightingale"))).to_be_visible(timeout=SLOWLY)
    mia.goto(re.sub(r"\?.*", "?sync=desynced", mia.url))
    expect(mia.get_by_role("img", name=re.compile("^Desynced"))).to_have_count(1)


def what_waits_is_told_once(stack: Stack, mia: Page, mailbox: Mailbox) -> None:
    letter = mailbox.wait_for(to=stack.login(MAPLE.coordinator)[0], subject="needs you", seconds=60)
    assert "Birch" in letter["text"]
    assert "what waits has not been written" in letter["text"]
    mia.goto(link_in(letter, stack.hub))
    expect(mia.get_by_role("heading", level=1)).to_have_text(re.compile("groups|classes|Pupils"))
    open_mis_user_sync(mia)
    expect(mia.get_by_text("Waiting for you")).to_be_visible()
    expect(button(mia, "Look at what waits")).to_be_visible()
    assert len(mailbox.messages(to=stack.login(MAPLE.coordinator)[0], subject="needs you")) == 1
