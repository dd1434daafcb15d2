"""Who sees what in Wellbeing, and what a page says when there is nothing."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from adminhub.wellbeing.notes.models import Note
from adminhub.wellbeing.roster.actions import refresh, welcome
from adminhub.wellbeing.roster.models import Membership, Pupil, School, SchoolClass, User
from tests.unit.wellbeing.conftest import AHub

PAGES = ("", "staff/", "classes/", "pupils/")


def page(browser: Client, school: School, path: str = "") -> str:
    response = browser.get(f"/schools/{school.pk}/{path}")
    assert response.status_code == 200, (path, response.status_code)
    return str(response.content.decode())


def test_before_the_first_hand_over_every_page_says_what_is_missing_and_who_can_help(
    browser: Client, oak: School
) -> None:
    for path in PAGES:
        text = page(browser, oak, path)
        assert "No roster has been handed over yet" in text
        assert "Ada Okafor" in text


def test_the_roster_is_shown_with_readiness(browser: Client, oak: School, hub: AHub) -> None:
    pupils = [hub.user(familyName=f"Ray{number}") for number in range(24)]
    hub.school_class(*pupils, hub.user(grades=[]), hub.user("teacher", givenName="Ben"))
    refresh(school_id=oak.sourced_id)
    assert "24 pupils ready for the survey" in page(browser, oak)
    assert "24 pupils ready for the survey" in page(browser, oak, "classes/")
    one = SchoolClass.objects.get()
    text = page(browser, oak, f"classes/{one.pk}/")
    assert "24 pupils ready for the survey" in text
    assert "Kit Ray23" in text
    assert "Ben Ray" in page(browser, oak, "staff/")


def test_pupils_are_searched_and_paged_in_the_server(browser: Client, oak: School, hub: AHub) -> None:
    for number in range(60):
        hub.user(familyName=f"Ray{number:02}", grades=[str(5 + number % 2)])
    refresh(school_id=oak.sourced_id)
    first = page(browser, oak, "pupils/")
    assert "Ray49" in first
    assert "Ray50" not in first
    assert "Ray50" in page(browser, oak, "pupils/?page=2")
    found = page(browser, oak, "pupils/?q=ray50")
    assert "Ray50" in found
    assert "Ray49" not in found
    assert "Ray01" not in page(browser, oak, "pupils/?year=5")


def test_the_number_of_queries_does_not_grow_with_the_rows(
    browser: Client, oak: School, hub: AHub, django_assert_max_num_queries: Any
) -> None:
    hub.school_class(*[hub.user() for _ in range(40)], hub.user("teacher"))
    refresh(school_id=oak.sourced_id)
    for path in (*PAGES, f"classes/{SchoolClass.objects.get().pk}/"):
        with django_assert_max_num_queries(11):
            page(browser, oak, path)


def test_year_7_comes_before_year_10(browser: Client, oak: School, hub: AHub) -> None:
    for name in ("10A", "7B", "7A"):
        hub.school_class(hub.user(), title=name)
    refresh(school_id=oak.sourced_id)
    text = page(browser, oak, "classes/")
    assert text.index(">7A<") < text.index(">7B<") < text.index(">10A<")


def test_a_member_of_one_school_never_sees_another(browser: Client, oak: School, hub: AHub) -> None:
    elm = School.objects.create(sourced_id=uuid4(), name="Elm Park")
    shared = {"seen_at": timezone.now(), "sourced_id": uuid4()}
    theirs = SchoolClass.objects.create(school=elm, name="5E", **shared)
    Pupil.objects.create(school=elm, forename="Ivo", surname="Nowak", **shared)
    for path in (*PAGES, f"classes/{theirs.pk}/"):
        assert browser.get(f"/schools/{elm.pk}/{path}").status_code == 404
    assert browser.get(f"/schools/{oak.pk}/classes/{theirs.pk}/").status_code == 404
    assert browser.post(f"/schools/{elm.pk}/refresh/").status_code == 404
    assert "Ivo" not in page(browser, oak, "pupils/")


def test_a_visitor_is_sent_to_the_log_in(oak: School) -> None:
    for path in ("/", *(f"/schools/{oak.pk}/{path}" for path in PAGES)):
        assert Client().get(path)["Location"].startswith("/login/?next=")
    text = Client().get("/login/").content.decode()
    assert "Log in with Admin Hub" in text
    assert 'type="password"' not in text


def test_there_is_no_way_in_but_the_hub(db: None) -> None:
    for path in ("/account/signup/", "/account/password/reset/", "/account/email/", "/account/3rdparty/"):
        assert Client().get(path).status_code in (302, 404)
    assert b'type="password"' not in Client().get("/account/login/", follow=True).content


def test_the_green_icon_opens_the_hub_in_a_new_tab_for_who_sees_the_hub(
    browser: Client, oak: School, ben: User
) -> None:
    text = page(browser, oak)
    assert f'href="{settings.WELLBEING_HUB_URL}/open/wellbeing/"' in text
    assert 'target="_blank"' in text
    assert "Admin Hub (opens in a new tab)" in text
    Membership.objects.filter(user=ben).update(sees_hub=False)
    assert "/open/wellbeing/" not in page(browser, oak)


def test_refresh_roster_reads_it_now_or_says_what_is_wrong(browser: Client, oak: School, hub: AHub) -> None:
    hub.user()
    answer = browser.post(f"/schools/{oak.pk}/refresh/", follow=True).content.decode()
    assert "The roster is up to date." in answer
    hub.fails_with = httpx2.ConnectError("no route")
    answer = browser.post(f"/schools/{oak.pk}/refresh/", follow=True).content.decode()
    assert "did not answer" in answer
    assert "Kit" in page(browser, oak, "pupils/")


def test_signing_in_again_takes_over_what_the_hub_says_now(ben: User, oak: School) -> None:
    new = {"sourced_id": str(uuid4()), "name": "Maple", "role": "teacher_admin", "sees_hub": True}
    welcome(user=ben, claims={"given_name": "Benjamin", "email": "Benjamin@oak.example", "schools": [new]})
    ben.refresh_from_db()
    assert ben.email == "benjamin@oak.example"
    assert ben.first_name == "Benjamin"
    assert [one.school.name for one in ben.memberships.all()] == ["Maple"]


def post_hook(body: bytes, *, secret: str | None = None, age: int = 0) -> Any:
    now = timezone.now() - timedelta(seconds=age)
    signed = Webhook(secret or settings.WELLBEING_WEBHOOK_SECRET).sign("msg_1", now, body.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signed,
    }
    return Client().post("/hooks/roster/", body, content_type="application/json", headers=headers)


def message(school_id: object) -> bytes:
    return json.dumps({"type": "roster.changed", "school": str(school_id)}).encode()


def test_a_signed_message_makes_wellbeing_read_the_roster_even_of_a_school_nobody_has_visited(
    hub: AHub,
) -> None:
    hub.user()
    for _ in range(2):
        assert post_hook(message(hub.school_id)).status_code == 204
    assert School.objects.get().name == "Oak Primary"
    assert Pupil.objects.count() == 1


def test_a_message_that_is_not_the_hubs_is_refused(hub: AHub) -> None:
    assert post_hook(message(hub.school_id), secret="whsec_c29tZWJvZHkgZWxzZXMgc2VjcmV0").status_code == 401
    assert post_hook(message(hub.school_id), age=3600).status_code == 401
    assert Client().post("/hooks/roster/", b"{}", content_type="application/json").status_code == 401
    assert Client().get("/hooks/roster/").status_code == 405
    assert hub.asked == []


@pytest.mark.parametrize(
    "body", [b"[]", b'"x"', b'{"type": "roster.changed"}', b'{"type": "roster.changed", "school": "x"}']
)
def test_a_signed_message_without_a_school_does_nothing(hub: AHub, body: bytes) -> None:
    assert post_hook(body).status_code in (204, 400)
    assert hub.asked == []


def test_when_the_hub_is_busy_the_message_is_asked_for_again(hub: AHub) -> None:
    hub.fails_with = httpx2.Response(503)
    assert post_hook(message(hub.school_id)).status_code == 503


def test_a_school_the_hub_does_not_hand_over_is_left_alone(hub: AHub) -> None:
    assert post_hook(message(uuid4())).status_code == 204
    assert not School.objects.exists()


def test_an_answer_that_is_not_the_hubs_logs_nobody_in(db: None) -> None:
    browser = Client()
    answer = browser.get("/account/oidc/adminhub/login/callback/?code=guessed&state=guessed", follow=True)
    assert "_auth_user_id" not in browser.session
    assert answer.status_code in (200, 401, 403)


@pytest.fixture
def hub_is_away(settings: Any) -> None:
    providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    nowhere = "http://127.0.0.1:9/.well-known/openid-configuration"
    providers["openid_connect"]["APPS"][0]["settings"]["server_url"] = nowhere
    settings.SOCIALACCOUNT_PROVIDERS = providers


@pytest.fixture
def hub_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {f"{name}_endpoint": f"http://hub.example/{name}" for name in ("authorization", "token")}
    monkeypatch.setattr(OpenIDConnectOAuth2Adapter, "openid_config", config)


@pytest.mark.usefixtures("db", "hub_is_away")
def test_when_the_hub_is_away_the_log_in_says_so() -> None:
    answer = Client().post("/login/")
    assert answer.status_code == 503
    assert "You have not been logged in." in answer.content.decode()


def signed_in(user: User, *, minutes_ago: int) -> None:
    User.objects.filter(pk=user.pk).update(last_login=timezone.now() - timedelta(minutes=minutes_ago))


@pytest.mark.usefixtures("hub_answers")
def test_the_hub_is_asked_again_who_somebody_is_before_an_old_visit_sees_more(
    browser: Client, ben: User, oak: School
) -> None:
    signed_in(ben, minutes_ago=29)
    assert browser.get(f"/schools/{oak.pk}/pupils/").status_code == 200
    signed_in(ben, minutes_ago=31)
    answer = browser.get(f"/schools/{oak.pk}/pupils/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("http://hub.example/authorization?")


@pytest.mark.usefixtures("hub_answers")
def test_what_was_being_written_when_it_fell_due_is_still_taken(
    browser: Client, ben: User, oak: School, hub: AHub
) -> None:
    hub.user()
    refresh(school_id=oak.sourced_id)
    note = f"/schools/{oak.pk}/pupils/{Pupil.objects.get().pk}/note/"
    signed_in(ben, minutes_ago=59)
    browser.post(note, {"text": "Tired"})
    signed_in(ben, minutes_ago=61)
    browser.post(note, {"text": "Hungry"})
    assert list(Note.objects.values_list("text", flat=True)) == ["Tired"]


@pytest.mark.usefixtures("hub_is_away")
def test_while_the_hub_is_away_its_last_word_holds(browser: Client, ben: User, oak: School) -> None:
    signed_in(ben, minutes_ago=200)
    assert browser.get(f"/schools/{oak.pk}/pupils/").status_code == 200


def test_pages_are_kept_by_no_cache(browser: Client, oak: School) -> None:
    assert "no-store" in browser.get(f"/schools/{oak.pk}/pupils/").headers["Cache-Control"]
