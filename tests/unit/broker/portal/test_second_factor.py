"""Logging in with a code beside the password: turned on, asked for, throttled, recovered."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from adminhub.broker.apps.sealing import unseal
from adminhub.broker.directory.actions import add_administrator
from adminhub.broker.directory.errors import NotAllowed
from adminhub.broker.directory.models import Letter, SchoolEvent, User
from adminhub.broker.portal.account.second_factor import has_second_factor, reset_second_factor
from tests.unit.broker.cast import a_person
from tests.unit.broker.portal.cast import a_request, an_operator, browser

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _forget_tries():
    cache.clear()


def code_of(secret: str) -> str:
    counter = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(secret, counter))


def turn_on(user: User) -> str:
    """Through the pages, as a person does; returns the shared secret."""
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    path = "/account/two-factor/totp/activate/"
    answer = client.get(path, follow=True)
    assert "Is it still you?" in answer.content.decode()
    answer = client.post("/account/reauthenticate/", {"password": PASSWORD, "next": path}, follow=True)
    page = answer.content.decode()
    secret = page.split('<p class="code">')[1].split("</p>")[0]
    answer = client.post(path, {"code": code_of(secret)}, follow=True)
    assert "Recovery codes" in answer.content.decode()
    cache.clear()
    return secret


def at_the_door(user: User) -> Client:
    """The password is right; the code is asked."""
    client = Client()
    answer = client.post("/account/login/", {"login": user.email, "password": PASSWORD}, follow=True)
    assert "Your code" in answer.content.decode()
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/two-factor/").status_code == 200


def test_the_password_alone_no_longer_logs_in():
    _, pat = a_request()
    secret = turn_on(pat)
    client = at_the_door(pat)
    assert not is_in(client)
    client.post("/account/two-factor/authenticate/", {"code": code_of(secret)})
    assert is_in(client)


def test_the_shared_secret_is_sealed_where_it_is_kept():
    _, pat = a_request()
    secret = turn_on(pat)
    kept = Authenticator.objects.get(user=pat, type="totp").data["secret"]
    assert secret not in kept
    assert unseal(kept) == secret


def test_guessing_codes_is_stopped():
    _, pat = a_request()
    secret = turn_on(pat)
    client = at_the_door(pat)
    for guess in range(6):
        answer = client.post("/account/two-factor/authenticate/", {"code": f"00000{guess}"})
    assert "Too many" in answer.content.decode()
    client.post("/account/two-factor/authenticate/", {"code": code_of(secret)})
    assert not is_in(client)


def test_a_recovery_code_logs_in_once():
    _, pat = a_request()
    turn_on(pat)
    code = Authenticator.objects.get(user=pat, type="recovery_codes").wrap().get_unused_codes()[0]
    client = at_the_door(pat)
    client.post("/account/two-factor/authenticate/", {"code": code})
    assert is_in(client)
    again = at_the_door(pat)
    again.post("/account/two-factor/authenticate/", {"code": code})
    assert not is_in(again)


def test_a_school_that_asks_for_it_shows_nothing_to_a_password_alone():
    consent, pat = a_request()
    path = f"/schools/{consent.school.broker_id}/"
    refused = browser(pat).post(f"{path}administrators/second-factor/", {"needed": "yes"}, follow=True)
    assert "for yourself first" in refused.content.decode()
    turn_on(pat)
    browser(pat).post(f"{path}administrators/second-factor/", {"needed": "yes"})
    assert browser(pat).get(path).status_code == 200
    Authenticator.objects.all().delete()
    for page in (path, f"/consents/{consent.public_id}/"):
        answer = browser(pat).get(page)
        assert answer.status_code == 403
        assert "asks for a second factor" in answer.content.decode()
        assert "My apps" not in answer.content.decode()


CALLED = {"how_checked": "Called back on the school's own number"}


def test_an_operator_resets_the_second_factor_of_who_lost_it_and_the_person_and_the_school_see_it():
    consent, pat = a_request()
    turn_on(pat)
    olu = an_operator()
    Letter.objects.all().delete()
    page = f"/operator/people/{pat.pk}/"
    assert (
        f'href="{page}"'
        in browser(olu).get(f"/operator/schools/{consent.school.broker_id}/").content.decode()
    )
    browser(olu).post(page, CALLED)
    assert not Authenticator.objects.filter(user=pat).exists()
    client = Client()
    client.post("/account/login/", {"login": pat.email, "password": PASSWORD})
    assert is_in(client)
    letter = Letter.objects.get()
    assert (letter.to, letter.subject) == (pat.email, "Your log-in: your second factor was reset")
    assert "If you did not ask for this" in letter.text
    event = SchoolEvent.objects.get(school=consent.school)
    assert event.by == olu
    assert "Called back on the school's own number" in event.what


def test_a_second_factor_is_not_reset_without_saying_how_who_asked_was_checked():
    _, pat = a_request()
    turn_on(pat)
    answer = browser(an_operator()).post(f"/operator/people/{pat.pk}/", {"how_checked": " "})
    assert answer.status_code == 422
    assert has_second_factor(pat)


def test_nobody_else_resets_a_second_factor_and_no_operator_their_own():
    consent, pat = a_request()
    turn_on(pat)
    assert browser(pat).post(f"/operator/people/{pat.pk}/", CALLED).status_code == 403
    olu = an_operator()
    add_administrator(school=consent.school, user=olu)
    turn_on(olu)
    assert browser(olu).post(f"/operator/people/{olu.pk}/", CALLED).status_code == 403
    with pytest.raises(NotAllowed):
        reset_second_factor(person=pat, by=pat, how_checked="I am.")
    assert has_second_factor(pat)
    assert has_second_factor(olu)


@pytest.mark.parametrize(("who", "path"), [("is_operator", "/operator/"), ("is_developer", "/developer/")])
def test_a_password_alone_opens_no_page_of_operators_and_developers(who: str, path: str, settings):
    settings.BROKER_STAFF_NEED_SECOND_FACTOR = True
    person = a_person("olu@gatehouse.example", **{who: True})
    page = browser(person).get(path)
    assert page.status_code == 403
    assert "asks for a second factor" in page.content.decode()
    turn_on(person)
    assert browser(person).get(path).status_code == 200
