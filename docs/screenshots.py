"""Makes the pictures of README and tutorial: `./hub screenshots`, on a stack of its own, as people see them."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Page, sync_playwright

from adminhub.runtime.browser import ARGUMENTS, get_chromium
from adminhub.runtime.environment import ROOT
from tests.journeys.conftest import Stack, start_stack, stop_stack
from tests.journeys.steps import (
    OAK_HILL,
    PANELS,
    People,
    administrators_link,
    approve,
    button,
    enter_wellbeing,
    find_school,
    heading,
    manage_admin_hub,
    open_mis_user_sync,
    save,
    start_sync,
)

IMAGES = ROOT / "docs" / "images"
VIEW = {"width": 1360, "height": 820}


def main() -> None:
    """Walk Oak Hill's journey and picture its stations."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder, stack_in(Path(folder)) as stack:
        walk(stack)


@contextmanager
def stack_in(folder: Path) -> Iterator[Stack]:
    """A fresh stack that is gone afterwards."""
    yield start_stack(folder)
    stop_stack(folder)


def walk(stack: Stack) -> None:
    """From Authorise to the roster in Wellbeing."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=get_chromium(), args=list(ARGUMENTS))
        people = People(stack, lambda: browser.new_context(viewport=VIEW, locale="en-GB"))
        ada = people.at_hub(OAK_HILL.coordinator)
        manage_admin_hub(ada)
        open_mis_user_sync(ada)
        find_school(ada, OAK_HILL)
        picture(ada, "compare-school")
        button(ada, "Submit").click()
        heading(ada, "MIS user sync")
        picture(ada, "waiting-for-approval")
        bea = people.at_broker(OAK_HILL.administrator)
        bea.goto(administrators_link(stack, OAK_HILL))
        picture(bea, "consent")
        approve(bea)
        button(ada, "Start sync").wait_for(timeout=20_000)
        start_sync(ada)
        for panel in PANELS:
            button(ada, f"Save and sync {panel.lower()}").wait_for(timeout=20_000)
            picture(ada, f"review-{panel.lower().replace(' ', '-')}")
            save(ada, panel)
        picture(ada, "finished")
        enter_wellbeing(ada, stack)
        picture(ada, "wellbeing")
        browser.close()


def picture(page: Page, name: str) -> None:
    """What the window shows once nothing moves and no message covers it."""
    page.wait_for_load_state("networkidle")
    for toast in page.locator(".toast button").all():
        toast.click()
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
