"""Only the school's own broker administrator can authorise; whoever else tries fails, and nothing is shared."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Stack, log_in
from tests.journeys.steps import (
    MAPLE,
    OAK_HILL,
    People,
    School,
    administrators_link,
    button,
    manage_admin_hub,
    open_mis_user_sync,
    request_access,
)

HUB_ROLES = ["access_coordinator", "second_service_coordinator", "teacher_admin", "teacher"]


@pytest.fixture(scope="module")
def requests(own_stack: Stack, browser: Browser) -> dict[str, str]:
    """Where the requests of both schools wait to be decided, by school."""
    return {
        school.name: ask(own_stack, browser, school, service)
        for school, service in ((OAK_HILL, "Wellbeing"), (MAPLE, None))
    }


def ask(stack: Stack, browser: Browser, school: School, service: str | None) -> str:
    context = browser.new_context(locale="en-GB")
    page = People(stack, lambda: context).at_hub(school.coordinator)
    manage_admin_hub(page, service=service)
    open_mis_user_sync(page)
    request_access(page, school)
    context.close()
    return administrators_link(stack, school)


@pytest.fixture
def stack(own_stack: Stack) -> Stack:
    return own_stack


def approval_without_the_page(page: Page, link: str) -> int:
    """Send what the Approve access button would send; the status that comes back."""
    cookies = {cookie.get("name"): cookie.get("value", "") for cookie in page.context.cookies()}
    answer = page.request.post(
        f"{link.rstrip('/')}/approve/",
        form={"csrfmiddlewaretoken": cookies["broker_csrf"]},
        headers={"Referer": link},
        max_redirects=0,
    )
    return answer.status


def is_still_asked(people: People, requests: dict[str, str], school: School) -> bool:
    page = people.at_broker(school.administrator)
    page.goto(requests[school.name])
    return button(page, "Approve access").count() == 1


@pytest.mark.parametrize("key", HUB_ROLES)
def test_no_hub_role_can_even_log_in_to_the_portal(
    people: People, stack: Stack, requests: dict[str, str], key: str
) -> None:
    page = people.stranger()
    page.goto(requests[OAK_HILL.name])
    page.get_by_label("E-mail").fill(stack.login(key)[0])
    page.get_by_label("Password").fill(stack.login(key)[1])
    button(page, "Log in").click()
    expect(page.get_by_text("The e-mail address or the password is not right.")).to_be_visible()
    status = approval_without_the_page(page, requests[OAK_HILL.name])
    assert status == 302, "sent to the log-in"
    assert is_still_asked(people, requests, OAK_HILL)


@pytest.mark.parametrize("key", ["access_coordinator", "teacher_admin"])
def test_the_hub_offers_nobody_a_way_to_approve(people: People, requests: dict[str, str], key: str) -> None:
    page = people.at_hub(key)
    answer = page.goto(f"{people.stack.hub}/10482/wellbeing/school/mis-sync/")
    assert answer is not None
    assert answer.status == (200 if key == "access_coordinator" else 403)
    expect(page.get_by_role("button", name="Approve access")).to_have_count(0)
    expect(page.get_by_role("button", name="Start sync")).to_have_count(0)


def test_the_brokers_own_operator_cannot_approve(people: People, requests: dict[str, str]) -> None:
    page = people.at_broker("broker_operator")
    answer = page.goto(requests[OAK_HILL.name])
    assert answer is not None
    assert answer.status in (403, 404) or "/operator/" in page.url
    expect(page.get_by_role("button", name="Approve access")).to_have_count(0)
    assert approval_without_the_page(page, requests[OAK_HILL.name]) in (403, 404)
    assert is_still_asked(people, requests, OAK_HILL)


def test_a_read_only_administrator_sees_the_request_and_cannot_decide(
    people: People, requests: dict[str, str]
) -> None:
    page = people.at_broker("read_only_administrator")
    page.goto(requests[OAK_HILL.name])
    expect(page.get_by_text("You are a read-only administrator.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve access")).to_have_count(0)
    assert approval_without_the_page(page, requests[OAK_HILL.name]) in (403, 404)
    assert is_still_asked(people, requests, OAK_HILL)


def test_an_administrator_of_another_school_finds_nothing_there(
    people: People, requests: dict[str, str]
) -> None:
    page = people.at_broker("second_administrator")  # of Oak Hill only
    answer = page.goto(requests[MAPLE.name])
    assert answer is not None
    assert answer.status == 404
    assert approval_without_the_page(page, requests[MAPLE.name]) == 404
    assert is_still_asked(people, requests, MAPLE)


def test_hub_log_ins_are_no_broker_log_ins_and_the_other_way_round(people: People, stack: Stack) -> None:
    page = people.stranger()
    with pytest.raises(AssertionError):
        log_in(page, stack.hub, stack.login("broker_administrator"))
    expect(page.get_by_text("The e-mail address or the password is not right.")).to_be_visible()
