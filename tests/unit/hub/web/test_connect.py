"""The coordinator's way from Authorise to Start sync, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from adminhub.hub.connections.models import Connection, State
from adminhub.hub.core.scope import school_scope
from adminhub.hub.providers.errors import TryLater, UnreadablePage
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.schools.models import School, User
from tests.unit.hub.cast import OAK_AT_BROKER, connection_of

pytestmark = pytest.mark.django_db
At = Callable[[str], str]
SUBMIT = "school/mis-sync/authorise/A1000000001/submit/"


@pytest.fixture(autouse=True)
def _forget_trouble(db: None) -> None:
    cache.clear()


def page(client: Client, address: str) -> str:
    return client.get(address, follow=True).content.decode()


def mis_sync(client: Client, at: At) -> str:
    return page(client, at("school/mis-sync/"))


def ask_again(client: Client, at: At, school: School) -> str:
    """What the page shows when it asks the broker, which it does every three seconds at most."""
    with school_scope(school.pk):
        Connection.objects.update(checked_at=timezone.now() - timedelta(minutes=1))
    return page(client, at("school/mis-sync/state/"))


def test_the_page_starts_with_authorise(client_of_ada: Client, at: At, broker: FakeProvider) -> None:
    shown = mis_sync(client_of_ada, at)
    assert "Authorise" in shown
    assert "Gatehouse" in shown
    assert "Start sync</span>" not in shown


def test_the_schools_details_are_prefilled(client_of_ada: Client, at: At, oak: School) -> None:
    shown = page(client_of_ada, at("school/mis-sync/authorise/"))
    for value in (oak.name, oak.postcode, oak.urn, oak.dfe_number):
        assert f'value="{value}"' in shown


def test_searching_lists_candidates_and_requests_nothing(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    shown = page(client_of_ada, at(f"school/mis-sync/authorise/search/?name={oak.name}&urn={oak.urn}"))
    assert "Match" in shown
    assert "Same URN" in shown
    assert broker.requests == []


def test_no_candidate_says_what_to_try_and_whom_to_ask(
    client_of_ada: Client, at: At, broker: FakeProvider, settings: object
) -> None:
    shown = page(client_of_ada, at("school/mis-sync/authorise/search/?name=Zzyzx"))
    assert "has no school like this" in shown
    assert "Nothing was requested" in shown


def test_a_mistyped_number_is_explained(client_of_ada: Client, at: At, broker: FakeProvider) -> None:
    response = client_of_ada.get(at("school/mis-sync/authorise/search/?name=Oak&urn=12"))
    assert response.status_code == 422
    assert "A URN has six digits" in response.content.decode()


def test_the_comparison_marks_differences_and_requests_nothing(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    School.objects.update(address_line_1="99 Acorn Lane")
    shown = page(client_of_ada, at("school/mis-sync/authorise/A1000000001/"))
    assert "1 detail differs" in shown
    assert "99 Acorn Lane" in shown
    assert broker.requests == []


def test_submit_requests_and_says_what_is_waited_for(
    client_of_ada: Client, at: At, broker: FakeProvider
) -> None:
    shown = client_of_ada.post(at(SUBMIT), {"first_name": "Bea"}, follow=True).content.decode()
    [(school_id, contact)] = broker.requests
    assert school_id == OAK_AT_BROKER
    assert contact is not None
    assert contact.first_name == "Bea"
    for words in (
        "Waiting for",
        "the broker administrator of Oak Primary School",
        "Since",
        "Send a reminder",
    ):
        assert words in shown
    assert "Copy link for the approver" in shown


def test_a_school_new_to_the_broker_is_told_so(client_of_ada: Client, at: At, broker: FakeProvider) -> None:
    broker.schools[OAK_AT_BROKER].is_set_up = False
    shown = client_of_ada.post(at(SUBMIT), follow=True).content.decode()
    assert "is new to Gatehouse" in shown
    assert "Your request is kept" in shown
    assert "Send a reminder" in shown
    assert "Copy link for the approver" in shown


@pytest.mark.parametrize(
    "problem", [TryLater("Gatehouse is down. Nothing has changed."), UnreadablePage("HTML")]
)
@pytest.mark.parametrize("path", ["search/?name=Oak", "A1000000001/"])
def test_a_broker_that_fails_is_explained(
    client_of_ada: Client,
    at: At,
    broker: FakeProvider,
    path: str,
    problem: TryLater | UnreadablePage,
) -> None:
    for call in ("search", "school"):
        broker.fail_with(problem, on=call)
    response = client_of_ada.get(at(f"school/mis-sync/authorise/{path}"))
    assert response.status_code in (502, 503)
    assert "Nothing has been requested or changed" in response.content.decode()


def test_a_failed_submit_leaves_nothing_behind(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    broker.fail_with(TryLater("down"), on="request")
    assert client_of_ada.post(at(SUBMIT)).status_code == 503
    with school_scope(oak.pk):
        assert not Connection.objects.exists()


def test_the_page_follows_the_broker(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    client_of_ada.post(at(SUBMIT))
    assert 'hx-trigger="every 3s"' in mis_sync(client_of_ada, at)
    broker.approve(OAK_AT_BROKER)
    assert "check of the connection" in ask_again(client_of_ada, at, oak)
    broker.audit(OAK_AT_BROKER)
    shown = ask_again(client_of_ada, at, oak)
    assert "Authorised" in shown
    assert "Deauthorise" in shown
    assert "hx-trigger" not in shown


def test_a_decline_shows_its_reason_and_the_way_on(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    client_of_ada.post(at(SUBMIT))
    broker.decline(OAK_AT_BROKER, "No agreement yet.")
    shown = ask_again(client_of_ada, at, oak)
    assert "No agreement yet." in shown
    assert "What to do next" in shown
    assert "Authorise</span>" in shown


def test_what_the_check_found_is_shown(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    client_of_ada.post(at(SUBMIT))
    broker.approve(OAK_AT_BROKER)
    broker.audit(OAK_AT_BROKER, "There are no pupils on roll.")
    assert "There are no pupils on roll." in ask_again(client_of_ada, at, oak)


def test_a_broker_that_is_down_does_not_hide_the_last_known_state(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    client_of_ada.post(at(SUBMIT))
    broker.fail_with(TryLater("Gatehouse did not answer in time. Nothing has changed."), on="state")
    shown = ask_again(client_of_ada, at, oak)
    assert "may be out of date" in shown
    assert "Waiting for approval" in shown


def test_a_broker_in_trouble_is_left_alone_for_a_while(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    client_of_ada.post(at(SUBMIT))
    broker.fail_with(TryLater("Gatehouse is down."), on="state")
    ask_again(client_of_ada, at, oak)
    broker.fail_with(TryLater("Asked again."), on="state")
    assert "Gatehouse is down." in ask_again(client_of_ada, at, oak)


def test_a_page_whose_session_has_ended_goes_to_the_log_in_whole(ada: User, at: At) -> None:
    response = Client().get(
        at("school/mis-sync/state/"),
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{at('school/mis-sync/')}"},
    )
    assert response.headers["HX-Redirect"] == f"/login/?next={at('school/mis-sync/')}"


def test_a_second_reminder_says_when_it_may_be_sent(
    client_of_ada: Client, at: At, broker: FakeProvider
) -> None:
    client_of_ada.post(at(SUBMIT))
    client_of_ada.post(at("school/mis-sync/remind/"))
    shown = client_of_ada.post(at("school/mis-sync/remind/"), follow=True).content.decode()
    assert "The next may be sent at" in shown
    assert len(broker.reminders) == 1


@pytest.mark.parametrize("choice", ["keep", "clear"])
def test_deauthorising_explains_the_choice_and_does_it(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider, choice: str
) -> None:
    client_of_ada.post(at(SUBMIT))
    broker.approve(OAK_AT_BROKER)
    broker.audit(OAK_AT_BROKER)
    ask_again(client_of_ada, at, oak)
    shown = mis_sync(client_of_ada, at)
    assert "Keep MIS IDs" in shown
    assert "Clear MIS IDs" in shown
    shown = client_of_ada.post(
        at("school/mis-sync/deauthorise/"), {"mis_ids": choice}, follow=True
    ).content.decode()
    assert connection_of(oak).state == State.DEAUTHORISED
    assert "Authorise</span>" in shown


def test_a_request_can_be_withdrawn(client_of_ada: Client, at: At, oak: School, broker: FakeProvider) -> None:
    client_of_ada.post(at(SUBMIT))
    shown = mis_sync(client_of_ada, at)
    assert "Withdraw request" in shown
    assert "Clear MIS IDs" not in shown
    client_of_ada.post(at("school/mis-sync/deauthorise/"), {"mis_ids": "keep"})
    assert connection_of(oak).state == State.DEAUTHORISED
    assert broker.revoked == [OAK_AT_BROKER]


def test_deauthorising_without_the_choice_changes_nothing(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    client_of_ada.post(at(SUBMIT))
    client_of_ada.post(at("school/mis-sync/deauthorise/"))
    assert connection_of(oak).state == State.REQUESTED


def test_no_page_has_inline_script_or_style(client_of_ada: Client, at: At, broker: FakeProvider) -> None:
    client_of_ada.post(at(SUBMIT))
    for path in ("school/", "school/mis-sync/", "teachers/", "pupils/", "classes/", "groups/"):
        shown = page(client_of_ada, at(path))
        assert " style=" not in shown
        assert "<style" not in shown
        assert " onclick=" not in shown


def test_any_one_detail_is_enough_to_search_by(
    client_of_ada: Client, at: At, oak: School, broker: FakeProvider
) -> None:
    assert "Match" in page(client_of_ada, at(f"school/mis-sync/authorise/search/?urn={oak.urn}"))


def test_a_search_for_nothing_is_explained(client_of_ada: Client, at: At, broker: FakeProvider) -> None:
    response = client_of_ada.get(at("school/mis-sync/authorise/search/?name=&urn="))
    assert response.status_code == 422
    assert "Nothing was searched for" in response.content.decode()


def test_a_form_sent_after_the_session_has_ended_leads_back_to_its_page(at: At, oak: School) -> None:
    page_of_form = at("school/mis-sync/")
    response = Client().post(
        at("school/mis-sync/start/"), headers={"Referer": f"http://testserver{page_of_form}"}
    )
    assert response.headers["Location"] == f"/login/?next={page_of_form}"
