"""Single sign-on as clients of Wonde's use it, and what stops it."""

import base64
import hashlib
import json
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from adminhub.broker.apps.models import App
from adminhub.broker.consent.actions import revoke
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import User
from adminhub.broker.sources.actions import publish
from adminhub.broker.sso.actions import set_up_log_in
from adminhub.broker.sso.models import Code, Session
from tests.unit.broker.cast import (
    a_live_consent,
    a_person,
    a_roster,
    a_school,
    a_set_up_school,
    an_administrator,
    an_app,
    an_employee,
)
from tests.unit.broker.portal.cast import browser

pytestmark = pytest.mark.django_db
BACK = "https://library.example/back"
EVERYTHING = (
    "{ Me { id first_name email School { name urn } Person { __typename ... on Employee { id surname } } } }"
)


@pytest.fixture(autouse=True)
def _forget_tries():
    cache.clear()


class Setup:
    """Oak Hill, Pat who is also on its staff, and an app people log in to."""

    def __init__(self, *, only: tuple[str, ...] | None = None) -> None:
        self.school, self.pat = a_set_up_school()
        staff = (an_employee(0, email=self.pat.email), an_employee(1), an_employee(2))
        roster = a_roster(employees=3)
        publish(school=self.school, roster=replace(roster, employees=staff), by=None, is_agreed=True)
        self.app: App = an_app(only=only)
        self.devi = a_person("devi@library.example", is_developer=True)
        self.app.developers.create(user=self.devi)
        self.consent: Consent = a_live_consent(self.app, self.school, self.pat)
        self.client, self.secret = set_up_log_in(app=self.app, by=self.devi, redirect_uris=[BACK])

    def address(self, **more: str) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": BACK,
            "state": "s1",
            "school": "",
            **more,
        }
        return f"/oauth/authorize?{urlencode({key: value for key, value in asked.items() if value})}"

    def code(self, user: User | None = None, **more: str) -> str:
        answer = browser(user or self.pat).post(
            self.address(**more), {"do": "yes", "school": self.school.broker_id}
        )
        sent = urlsplit(answer.url)
        assert f"{sent.scheme}://{sent.netloc}{sent.path}" == BACK
        assert parse_qs(sent.query)["state"] == ["s1"]
        return parse_qs(sent.query)["code"][0]

    def exchange(self, *, how: str = "form", through: str = "", **fields: str) -> object:
        said = {"grant_type": "authorization_code", "redirect_uri": BACK, **fields}
        headers = {"x-forwarded-for": through} if through else {}
        if how == "basic":
            pair = base64.b64encode(f"{self.client.client_id}:{self.secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        else:
            said = {"client_id": self.client.client_id, "client_secret": self.secret, **said}
        if how == "json":
            return Client().post("/oauth/token", json.dumps(said), content_type="application/json")
        body = urlencode(said)
        return Client().post(
            "/oauth/token", body, content_type="application/x-www-form-urlencoded", headers=headers
        )

    def tokens(self) -> dict[str, str]:
        return self.exchange(code=self.code()).json()


def ask(token: str, query: str = EVERYTHING, *, by: str = "get") -> object:
    headers = {"authorization": f"Bearer {token}"}
    if by == "get":
        return Client().get("/graphql/me", {"query": query}, headers=headers)
    return Client().post(
        "/graphql/me/", json.dumps({"query": query}), content_type="application/json", headers=headers
    )


@pytest.mark.parametrize("how", ["form", "json", "basic"])
def test_a_code_is_exchanged_however_the_client_sends_it(how: str):
    setup = Setup()
    answer = setup.exchange(how=how, code=setup.code())
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}


@pytest.mark.parametrize("by", ["get", "post"])
def test_graphql_says_who_it_is_and_who_that_is_in_the_mis(by: str):
    setup = Setup()
    me = ask(setup.tokens()["access_token"], by=by).json()["data"]["Me"]
    assert (me["first_name"], me["email"]) == ("Pat", setup.pat.email)
    assert me["School"] == {"name": "Oak Hill School", "urn": 199001}
    assert me["Person"]["__typename"] == "Employee"
    assert me["Person"]["surname"] == "Oduya0"


def test_the_newer_flow_names_the_same_person_and_school():
    setup = Setup()
    token = setup.tokens()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    data = Client().get("/api/user", headers=headers).json()["data"]
    person = ask(token).json()["data"]["Me"]["Person"]
    assert data["service_providers"]["wonde"]["service_provider_id"] == person["id"]
    assert data["organisation"]["wonde_id"] == setup.school.broker_id
    assert data["type"] == "admin"


def test_a_value_without_its_permission_is_null():
    setup = Setup(only=("students.read", "employees.read"))
    person = ask(setup.tokens()["access_token"]).json()["data"]["Me"]["Person"]
    assert person["id"]
    assert person["surname"] is None


def test_without_the_permission_to_know_staff_there_is_no_person():
    setup = Setup(only=("students.read",))
    assert ask(setup.tokens()["access_token"]).json()["data"]["Me"]["Person"] is None


def test_a_code_is_good_once_and_only_for_its_app_and_address():
    setup = Setup()
    code = setup.code()
    assert setup.exchange(code=code, redirect_uri="https://evil.example/").status_code == 400
    assert setup.exchange(code=code).status_code == 400
    code = setup.code()
    assert setup.exchange(code=code).status_code == 200
    assert setup.exchange(code=code).status_code == 400
    assert not Code.objects.exists()


def test_nothing_that_opens_anything_is_kept_readable():
    setup = Setup()
    tokens = setup.tokens()
    kept = str([vars(one) for one in Session.objects.all()]) + str(vars(setup.client))
    for secret in (tokens["access_token"], tokens["refresh_token"], setup.secret):
        assert secret not in kept


def test_a_refresh_token_is_replaced_and_the_old_pair_ends():
    setup = Setup()
    old = setup.tokens()
    answer = setup.exchange(grant_type="refresh_token", refresh_token=old["refresh_token"])
    new = answer.json()
    assert ask(new["access_token"]).status_code == 200
    assert ask(old["access_token"]).status_code == 401
    assert setup.exchange(grant_type="refresh_token", refresh_token=old["refresh_token"]).status_code == 400


def test_revoking_the_apps_access_ends_the_log_in_at_the_next_request():
    setup = Setup()
    token = setup.tokens()["access_token"]
    revoke(consent=setup.consent, by=setup.pat, reason="Over")
    assert ask(token).status_code == 403
    page = browser(setup.pat).get(setup.address())
    assert page.status_code == 403
    assert "You cannot log in to Admin Hub" in page.content.decode()


def test_only_declared_addresses_are_sent_to():
    setup = Setup()
    answer = browser(setup.pat).get(setup.address(redirect_uri="https://evil.example/back"))
    assert answer.status_code == 400
    assert "cannot go on" in answer.content.decode()
    with pytest.raises(NotAllowed):
        set_up_log_in(app=setup.app, by=setup.pat, redirect_uris=[BACK])
    for uri in ("javascript:alert(1)", "https://x.example/#part"):
        with pytest.raises(NotPossible):
            set_up_log_in(app=setup.app, by=setup.devi, redirect_uris=[uri])


def test_somebody_of_another_school_gets_no_code_for_this_one():
    setup = Setup()
    cal = an_administrator(a_school("Elm Park School", 199777), "cal@elm.example")
    answer = browser(cal).post(setup.address(), {"do": "yes", "school": setup.school.broker_id})
    assert "error=access_denied" in answer.url
    assert not Code.objects.exists()


def test_the_page_lets_its_form_go_to_the_app_and_nowhere_else():
    setup = Setup()
    answer = browser(setup.pat).get(setup.address())
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://library.example;" in policy + ";"
    refused = browser(setup.pat).post(setup.address(), {"do": "no"})
    assert refused.url == f"{BACK}?error=access_denied&state=s1"


def test_guessing_the_secret_is_stopped():
    setup = Setup()
    for _ in range(20):
        assert setup.exchange(client_secret="guess", code="x").status_code == 401
    assert setup.exchange(code=setup.code()).status_code == 429
    for _ in range(25):
        assert setup.exchange(client_id="nobody", code="x").status_code in (401, 429)
    other = an_app("Reading Ladder")
    other.developers.create(user=setup.devi)
    setup.client, setup.secret = set_up_log_in(app=other, by=setup.devi, redirect_uris=[BACK])
    assert setup.exchange(code="x").status_code == 400, "one app's wrong secrets stop no other"


def test_who_named_an_address_when_asking_names_it_again():
    setup = Setup()
    assert setup.exchange(code=setup.code(), redirect_uri="").status_code == 400
    assert setup.exchange(code=setup.code(redirect_uri="")).status_code == 200
    assert setup.exchange(code=setup.code(redirect_uri=""), redirect_uri="").status_code == 200
    assert (
        setup.exchange(code=setup.code(redirect_uri=""), redirect_uri="https://evil.example/").status_code
        == 400
    )


def test_a_code_with_a_challenge_needs_its_verifier():
    setup = Setup()
    verifier = "v" * 50
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"code_challenge": digest, "code_challenge_method": "S256"}
    assert setup.exchange(code=setup.code(**asked)).status_code == 400
    assert setup.exchange(code=setup.code(**asked), code_verifier="w" * 50).status_code == 400
    assert setup.exchange(code=setup.code(**asked), code_verifier=verifier).status_code == 200


@pytest.mark.parametrize("odd", ["a\0b", "[", "http://["])
def test_what_no_client_is_called_is_refused(odd: str):
    setup = Setup()
    for field in ("client_id", "redirect_uri", "state", "code_challenge"):
        assert browser(setup.pat).get(setup.address(**{field: odd})).status_code < 500
        assert setup.exchange(**{"code": "x", field: odd}).status_code in (400, 401)


@pytest.mark.parametrize(
    "query", ["{", "{ Me { nothing } }", "{ " + "a: Me { id } " * 400 + "}", "{ Me { id } }" + " " * 20_000]
)
def test_a_query_that_is_wrong_or_too_much_is_an_error_and_no_fault(query: str):
    setup = Setup()
    answer = ask(setup.tokens()["access_token"], query, by="post")
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["message"]


def test_who_guesses_behind_the_proxy_stops_nobody_else(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    setup = Setup()
    here, there = "203.0.113.1", "203.0.113.2"
    for _ in range(20):
        setup.exchange(client_secret="guess", code="x", through=here)
    assert setup.exchange(code=setup.code(), through=here).status_code == 429
    assert setup.exchange(code=setup.code(), through=there).status_code == 200


@pytest.mark.parametrize("odd", ["\x00", "[", "x" * 5000])
def test_signs_that_no_address_has_are_refused_in_words(odd: str):
    setup = Setup()
    answer = browser(setup.pat).get(setup.address(client_id=odd, redirect_uri=f"https://{odd}/"))
    assert answer.status_code == 400
    assert setup.exchange(client_id=f"{odd}{setup.client.client_id}", code="x").status_code in (400, 401)
