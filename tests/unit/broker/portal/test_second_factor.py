"""Logging in with a code beside the password: turned on, asked for, throttled, recovered."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from adminhub.broker.apps.sealing import unseal
from adminhub.broker.directory.models import User
from tests.unit.broker.portal.cast import a_request, browser

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
