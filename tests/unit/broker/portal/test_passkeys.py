"""Passkeys: added, named, removed; a second factor after the password, and a way in without it."""

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.core.cache import cache
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from adminhub.broker.directory.models import Letter, User
from adminhub.broker.portal.account.second_factor import has_second_factor
from tests.unit.broker.portal.cast import a_request, another_schools_administrator

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ADD = "/account/two-factor/webauthn/add/"
LOG_IN = "/account/two-factor/webauthn/login/"
CHECKED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


@pytest.fixture(autouse=True)
def _forget_tries():
    cache.clear()


@dataclass
class Device:
    """What keeps a passkey, and how a browser answers for it."""

    origin: str = "http://localhost"
    flags: AuthenticatorData.FLAG = CHECKED
    handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    name: bytes = b"the id of this passkey"

    def make(self, options: dict[str, Any]) -> str:
        self.handle = options["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        held = AttestedCredentialData.create(b"\0" * 16, self.name, public)
        data = AuthenticatorData.create(
            sha256(options["rp"]["id"].encode()).digest(), self.flags | AuthenticatorData.FLAG.AT, 0, held
        )
        attested = AttestationObject.create("none", data, {})
        said = CollectedClientData.create("webauthn.create", options["challenge"], self.origin)
        return self._answer(clientDataJSON=said, attestationObject=attested)

    def use(self, options: dict[str, Any]) -> str:
        data = AuthenticatorData.create(sha256(options["rpId"].encode()).digest(), self.flags, 1)
        said = CollectedClientData.create("webauthn.get", options["challenge"], self.origin)
        signature = self.key.sign(data + said.hash, ec.ECDSA(SHA256()))
        handle = {"userHandle": self.handle}
        return self._answer(clientDataJSON=said, authenticatorData=data, signature=signature, **handle)

    def _answer(self, **response: bytes | str) -> str:
        wired = {
            name: part if isinstance(part, str) else websafe_encode(part) for name, part in response.items()
        }
        identity = websafe_encode(self.name)
        return json.dumps({"id": identity, "rawId": identity, "type": "public-key", "response": wired})


def a_browser() -> Client:
    return Client(HTTP_HOST="localhost")


def with_password(user: User, client: Client | None = None) -> Client:
    client = client or a_browser()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def options_on(client: Client, path: str) -> dict[str, Any]:
    page = client.get(path).content.decode()
    told = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', page)
    assert told, page
    [options] = json.loads(told[1]).values()
    return dict(options["publicKey"])


def ready_to_add(user: User) -> Client:
    client = with_password(user)
    client.post("/account/reauthenticate/", {"password": PASSWORD, "next": ADD})
    return client


def add(user: User, device: Device | None = None, *, name: str = "Office computer") -> Device:
    """Through the pages, as a person does."""
    device = device or Device()
    client = ready_to_add(user)
    client.post(ADD, {"name": name, "credential": device.make(options_on(client, ADD))})
    cache.clear()
    return device


def asked_without_password(client: Client) -> dict[str, Any]:
    answer = client.get(LOG_IN, headers={"accept": "application/json"})
    return dict(answer.json()["request_options"]["publicKey"])


def is_in(client: Client) -> bool:
    return client.get("/account/two-factor/").status_code == 200


def test_adding_a_passkey_asks_whether_it_is_still_you():
    _, pat = a_request()
    answer = with_password(pat).get(ADD, follow=True)
    assert "Is it still you?" in answer.content.decode()


def test_a_passkey_is_a_second_factor_and_brings_recovery_codes():
    consent, pat = a_request()
    client = ready_to_add(pat)
    device = Device()
    assert not has_second_factor(pat)
    answer = client.post(
        ADD, {"name": "Office computer", "credential": device.make(options_on(client, ADD))}, follow=True
    )
    assert "Recovery codes" in answer.content.decode()
    assert has_second_factor(pat)
    assert "Office computer" in client.get("/account/two-factor/").content.decode()
    path = f"/schools/{consent.school.broker_id}/"
    client.post(f"{path}administrators/second-factor/", {"needed": "yes"})
    assert client.get(path).status_code == 200


def test_its_person_is_told_by_letter_when_a_passkey_comes_or_goes():
    _, pat = a_request()
    Letter.objects.all().delete()
    client, device = ready_to_add(pat), Device()
    client.post(ADD, {"name": "Office computer", "credential": device.make(options_on(client, ADD))})
    passkey = Authenticator.objects.get(user=pat, type="webauthn")
    client.post(f"/account/two-factor/webauthn/keys/{passkey.pk}/remove/")
    letters = Letter.objects.order_by("created_at")
    assert [(letter.to, letter.subject) for letter in letters] == [
        (pat.email, "Your log-in: a passkey was added"),
        (pat.email, "Your log-in: a passkey was removed"),
    ]
    for letter in letters:
        assert "If it was not, somebody else got in as you" in letter.text


def test_the_password_alone_no_longer_logs_in_and_the_passkey_completes_it():
    _, pat = a_request()
    device = add(pat)
    client = with_password(pat)
    assert not is_in(client)
    path = "/account/two-factor/authenticate/"
    client.post(path, {"credential": device.use(options_on(client, path))})
    assert is_in(client)


def test_a_recovery_code_stands_in_for_a_passkey():
    _, pat = a_request()
    add(pat)
    code = Authenticator.objects.get(user=pat, type="recovery_codes").wrap().get_unused_codes()[0]
    client = with_password(pat)
    client.post("/account/two-factor/authenticate/", {"code": code})
    assert is_in(client)


def test_a_passkey_logs_in_without_a_password_and_goes_where_one_was_going():
    _, pat = a_request()
    device = add(pat)
    client = a_browser()
    options = asked_without_password(client)
    assert options["userVerification"] == "required"
    answer = client.post(LOG_IN, {"credential": device.use(options), "next": "/account/two-factor/"})
    assert (answer.status_code, answer["Location"]) == (302, "/account/two-factor/")
    assert is_in(client)


def refused(client: Client, credential: str) -> bool:
    answer = client.post(LOG_IN, {"credential": credential}, follow=True)
    return not is_in(client) and "You are not logged in" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"origin": "https://gatehouse.example.evil.example"}, id="asked by another page"),
        pytest.param({"flags": AuthenticatorData.FLAG.UP}, id="its person was not checked"),
        pytest.param({"key": ec.generate_private_key(ec.SECP256R1())}, id="signed by another key"),
        pytest.param({"name": b"unknown"}, id="never added"),
        pytest.param({"handle": websafe_encode(b"not a number")}, id="of nobody"),
        pytest.param({"handle": websafe_encode(b"999999999")}, id="of somebody who is gone"),
    ],
)
def test_a_passkey_that_is_not_right_logs_nobody_in(wrong: dict[str, Any]):
    _, pat = a_request()
    device = add(pat)
    for name, value in wrong.items():
        setattr(device, name, value)
    client = a_browser()
    assert refused(client, device.use(asked_without_password(client)))


def test_an_answer_works_once_and_in_its_own_browser_only():
    _, pat = a_request()
    device = add(pat)
    client = a_browser()
    credential = device.use(asked_without_password(client))
    other = a_browser()
    asked_without_password(other)
    assert refused(other, credential)
    client.post(LOG_IN, {"credential": credential})
    assert is_in(client)
    client.post("/account/logout/")
    assert refused(client, credential)


def test_a_passkey_of_somebody_else_is_no_second_factor():
    _, pat = a_request()
    cal = another_schools_administrator()
    add(pat)
    cals = add(cal, Device(name=b"the id of Cal's"))
    client = with_password(pat)
    path = "/account/two-factor/authenticate/"
    answer = client.post(path, {"credential": cals.use(options_on(client, path))})
    assert "You are not logged in" in answer.content.decode()
    assert not is_in(client)


def test_who_may_no_longer_log_in_cannot_with_a_passkey_either():
    _, pat = a_request()
    device = add(pat)
    User.objects.filter(pk=pat.pk).update(is_active=False)
    client = a_browser()
    client.post(LOG_IN, {"credential": device.use(asked_without_password(client))})
    assert not is_in(client)


def test_a_device_that_does_not_check_its_person_is_not_added():
    _, pat = a_request()
    client = ready_to_add(pat)
    device = Device(flags=AuthenticatorData.FLAG.UP)
    answer = client.post(ADD, {"name": "", "credential": device.make(options_on(client, ADD))})
    assert "not accepted and not added" in answer.content.decode()
    assert not has_second_factor(pat)


@pytest.mark.parametrize(
    "rubbish", ["", "no json", "null", "[]", "7", "{}", '{"response": 7}', '{"response": {"userHandle": 7}}']
)
def test_rubbish_is_refused_with_a_sentence(rubbish: str):
    _, pat = a_request()
    client = a_browser()
    asked_without_password(client)
    assert client.post(LOG_IN, {"credential": rubbish}).status_code == 302
    adding = ready_to_add(pat)
    options_on(adding, ADD)
    assert adding.post(ADD, {"credential": rubbish}).status_code == 200
    assert not has_second_factor(pat)


def test_a_passkey_is_renamed_and_removed_by_its_own_person_only():
    _, pat = a_request()
    add(pat)
    key = Authenticator.objects.get(user=pat, type="webauthn")
    page = f"/account/two-factor/webauthn/keys/{key.pk}"
    cal = ready_to_add(another_schools_administrator())
    assert cal.get(f"{page}/edit/").status_code == cal.post(f"{page}/edit/", {"name": "x"}).status_code == 404
    assert cal.post(f"{page}/remove/").status_code == 404
    client = with_password(pat)
    code = Authenticator.objects.get(user=pat, type="recovery_codes").wrap().get_unused_codes()[0]
    client.post("/account/two-factor/authenticate/", {"code": code})
    client.post("/account/reauthenticate/", {"password": PASSWORD, "next": f"{page}/edit/"})
    answer = client.post(f"{page}/edit/", {"name": "My phone"}, follow=True)
    assert "My phone" in answer.content.decode()
    answer = client.post(f"{page}/remove/", follow=True)
    assert "Passkey removed" in answer.content.decode()
    assert not Authenticator.objects.filter(user=pat).exists()
    assert is_in(with_password(pat))


def test_a_passkey_belongs_to_the_host_it_was_made_at(settings):
    settings.ALLOWED_HOSTS = ["gatehouse.example", "localhost"]
    _, pat = a_request()
    device = add(pat)
    client = Client(HTTP_HOST="gatehouse.example:8010")
    options = asked_without_password(client)
    assert options["rpId"] == "gatehouse.example"
    device.origin = "http://localhost"
    assert refused(client, device.use(options))
