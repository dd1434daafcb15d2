"""Every page a person can reach by links: axe finds nothing in both themes, it fits 320 px, and says what it is."""

import re
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import AXE, Stack, log_in

MOST_PAGES = 40
READERS = [
    ("hub", "access_coordinator"),
    ("hub", "teacher"),
    ("broker", "broker_administrator"),
    ("broker", "broker_operator"),
    ("broker", "broker_developer"),
    ("wellbeing", "access_coordinator"),
]
NOT_A_PAGE = r"/(look|logout|static|state|account/oidc)\b|\.(csv|json|zip|xml|pdf)\b"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK_AXE = """async (rules) => (await axe.run(document, {runOnly: {type: 'tag', values: rules}})).violations
  .map(v => v.id + ': ' + v.nodes.slice(0, 2).map(n => n.target.join(' ')).join(', '))"""


@dataclass
class Walk:
    """What was found on the way."""

    base: str
    faults: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def kind_of(self, url: str) -> str:
        """Pages that differ only in whose they are, in the service or in a filter are one kind."""
        path = re.sub(r"^(/\d+)/[a-z-]+/", r"\1/service/", urlsplit(url).path)
        return re.sub(r"(?<=/)([0-9]+|[0-9a-f-]{30,}|[A-Z0-9]{10,})(?=/|$)", "N", path)

    def look_at(self, page: Page, url: str) -> list[str]:
        answer = page.goto(url)
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            return []
        if answer.status != 200:
            self.faults.append(f"{url}: status {answer.status}")
            return []
        kind = self.kind_of(page.url)  # where we were sent to, if we were
        if kind in self.seen:
            return []
        self.seen.add(kind)
        title, headings = page.title(), page.locator("h1:visible").count()
        if headings != 1:
            self.faults.append(f"{url}: {headings} level-one headings")
        if self.titles.setdefault(title, kind) != kind:
            self.faults.append(f"{url}: its title {title!r} is also that of {self.titles[title]}")
        page.add_script_tag(path=str(AXE))
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.faults += [f"{url} ({theme}): {found}" for found in page.evaluate(ASK_AXE, RULES)]
        page.set_viewport_size({"width": 320, "height": 800})
        beyond = page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
        if beyond > 0:
            self.faults.append(f"{url}: {beyond} px too wide at 320 px")
        page.set_viewport_size({"width": 1360, "height": 900})
        return [str(link) for link in page.locator("a[href]").evaluate_all("all => all.map(a => a.href)")]


def enter(page: Page, stack: Stack, site: str, reader: str) -> None:
    """Log in as a person would: into Wellbeing through the hub, elsewhere directly."""
    if site != "wellbeing":
        log_in(page, str(stack.answer[f"{site}_url"]), stack.login(reader))
        return
    log_in(page, stack.hub, stack.login(reader))
    page.goto(stack.wellbeing)
    page.get_by_role("button", name="Log in with Admin Hub").click()
    page.wait_for_url(lambda url: url.startswith(stack.wellbeing) and "/callback" not in url)


@pytest.mark.parametrize(("site", "reader"), READERS)
def test_every_page_is_readable(stack: Stack, browser: Browser, site: str, reader: str) -> None:
    base = str(stack.answer[f"{site}_url"])
    walk = Walk(base)
    context = browser.new_context(bypass_csp=True, viewport={"width": 1360, "height": 900}, locale="en-GB")
    page = context.new_page()
    walk.look_at(page, base)
    enter(page, stack, site, reader)
    waiting, asked = [base], set[str]()
    while waiting and len(asked) < MOST_PAGES:
        url = urldefrag(waiting.pop(0)).url
        kind = walk.kind_of(url)
        if kind in asked or not url.startswith(base) or re.search(NOT_A_PAGE, url):
            continue
        asked.add(kind)
        waiting += walk.look_at(page, url)
    context.close()
    assert not walk.faults, "\n".join(walk.faults)
    assert len(walk.seen) > 2
