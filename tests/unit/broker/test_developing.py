"""What a developer does to an app: registered, declared, keyed, tried with a test school, released."""

from collections.abc import Iterator

import httpx2
import pytest
from django.test import Client

from adminhub.broker.apps.actions import hash_of
from adminhub.broker.apps.developing import (
    declare_permission,
    end_token,
    make_token,
    release_app,
    rotate_token,
    set_webhook,
    start_app,
    withdraw_permission,
    write_document,
)
from adminhub.broker.apps.models import App, Token
from adminhub.broker.arrivals.addresses import is_public
from adminhub.broker.consent.actions import ask_anew, request_access, update_permissions
from adminhub.broker.consent.models import Consent
from adminhub.broker.consent.queries import granted_identities
from adminhub.broker.directory.errors import NotAllowed, NotPossible
from adminhub.broker.directory.models import Letter, User
from adminhub.broker.sources.actions import publish
from adminhub.broker.webhooks import tasks
from tests.unit.broker.cast import (
    a_live_consent,
    a_person,
    a_roster,
    a_school,
    a_set_up_school,
    an_app,
)

pytestmark = pytest.mark.django_db
WHY = {"purpose": "To lend a book", "retention": "until the pupil leaves"}


def devi() -> User:
    known = User.objects.filter(email="devi@library.example").first()
    return known or a_person("devi@library.example", first_name="Devi", is_developer=True)


def library_desk() -> App:
    app = start_app(by=devi(), name="Library Desk", publisher="Library Desk Ltd", purpose="Lends books.")
    declare(app, "students.surname.read")
    return app


def declare(app: App, identity: str, *, is_optional: bool = False, **said: str) -> list:
    asked = {**WHY, **said}
    changed = declare_permission(app=app, by=devi(), identity=identity, is_optional=is_optional, **asked)
    ask_anew(app=app, changed=changed, by=devi())
    return changed


def a_test_school() -> object:
    school = a_school("Sandbox Primary", 199900, is_test=True)
    publish(school=school, roster=a_roster(), by=None)
    return school


def answer_to(text: str, path: str) -> int:
    return Client().get(path, headers={"authorization": f"Bearer {text}"}).status_code


def test_what_opens_a_permission_is_asked_for_with_it():
    app = library_desk()
    changed = declare(app, "students.education_details.upn.read")
    assert {one.identity for one in changed} == {
        "students.education_details.upn.read",
        "students.education_details.read",
    }
    assert declare(app, "students.education_details.upn.read") == []


def test_an_app_that_is_not_released_asks_test_schools_only():
    app = library_desk()
    oak, _ = a_set_up_school()
    with pytest.raises(NotPossible, match="test schools only"):
        request_access(app=app, school=oak, by=app)
    consent = request_access(app=app, school=a_test_school(), by=app)
    assert consent.is_approved
    assert "students.surname.read" in granted_identities(consent)
    assert not Letter.objects.filter(kind="request").exists()


def test_the_api_says_why_an_app_that_is_not_released_may_not_ask():
    app = library_desk()
    oak, _ = a_set_up_school()
    text = make_token(app=app, by=devi(), label="Trying")
    answer = Client().post(
        f"/v1.0/schools/{oak.broker_id}/request-access",
        "{}",
        content_type="application/json",
        headers={"authorization": f"Bearer {text}"},
    )
    assert answer.status_code == 403
    assert "test schools only" in answer.json()["error_description"]


def test_an_operator_releases_what_is_complete():
    app = library_desk()
    olu = a_person("olu@gatehouse.example", is_operator=True)
    with pytest.raises(NotPossible, match="a data handling agreement"):
        release_app(app=app, by=olu)
    with pytest.raises(NotAllowed):
        release_app(app=app, by=devi())
    write_document(app=app, by=devi(), title="Agreement", body="We lend books.")
    App.objects.update(contact_email="help@library.example", dpo_email="dpo@library.example")
    app.refresh_from_db()
    release_app(app=app, by=olu)
    oak, _ = a_set_up_school()
    assert request_access(app=app, school=oak, by=app).state == Consent.State.PENDING


def test_what_an_app_newly_asks_for_waits_for_each_school():
    oak, pat = a_set_up_school()
    app = an_app(only=("students.read", "students.surname.read"))
    consent = a_live_consent(app, oak, pat)
    app.developers.create(user=devi())
    declare(app, "students.forename.read")
    assert consent.needs_review
    assert granted_identities(consent) == {"students.read", "students.surname.read"}
    assert "Pupils' preferred first names" in Letter.objects.get(kind="review", to=pat.email).text
    update_permissions(consent=consent, by=pat, granted=())
    assert not consent.needs_review
    assert "students.forename.read" in granted_identities(consent)


def test_a_purpose_said_otherwise_is_reviewed_and_what_was_allowed_goes_on():
    oak, pat = a_set_up_school()
    app = an_app(only=("students.read", "students.surname.read"))
    consent = a_live_consent(app, oak, pat)
    app.developers.create(user=devi())
    declare(app, "students.surname.read", purpose="To print name badges")
    assert consent.needs_review
    assert "students.surname.read" in granted_identities(consent)


def test_what_is_withdrawn_is_given_by_no_school():
    oak, pat = a_set_up_school()
    app = an_app(
        only=("students.read", "students.education_details.read", "students.education_details.upn.read")
    )
    consent = a_live_consent(app, oak, pat)
    app.developers.create(user=devi())
    withdraw_permission(app=app, by=devi(), identity="students.education_details.read")
    assert granted_identities(consent) == {"students.read"}


def test_a_key_reads_no_more_than_its_scope():
    oak, pat = a_set_up_school()
    app = an_app()
    app.developers.create(user=devi())
    a_live_consent(app, oak, pat)
    text = make_token(app=app, by=devi(), label="Staff list", scopes=("employees",), days=30)
    base = f"/v1.0/schools/{oak.broker_id}"
    assert answer_to(text, f"{base}/employees") == 200
    assert answer_to(text, f"{base}/students") == 403


def test_a_replaced_key_works_for_a_day_and_a_revoked_one_not_at_all():
    app = library_desk()
    old = make_token(app=app, by=devi(), label="Server", days=365)
    new = rotate_token(token=Token.objects.get(token_hash=hash_of(old)), by=devi())
    assert [answer_to(text, "/v1.0/schools") for text in (old, new)] == [200, 200]
    kept = {token.token_hash: token for token in Token.objects.all()}
    assert kept[hash_of(old)].expires_at < kept[hash_of(new)].expires_at
    assert old not in str([vars(token) for token in kept.values()])
    end_token(token=kept[hash_of(old)], by=devi())
    assert answer_to(old, "/v1.0/schools") == 401


@pytest.mark.parametrize(
    "url", ["http://library.example/hook", "https://me:pass@library.example/", "ftp://x/"]
)
def test_a_webhook_is_https_and_holds_no_password(url: str, settings):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = False
    with pytest.raises(NotPossible, match="https://"):
        set_webhook(app=library_desk(), by=devi(), url=url)


def test_a_webhook_is_never_sent_to_a_private_address(settings):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = False
    app = library_desk()
    assert set_webhook(app=app, by=devi(), url="https://127.0.0.1/hook")
    delivery = app.deliveries.create(payload_type="test", payload={})
    answer = tasks.send(delivery=delivery)
    assert (answer.status, answer.problem) == (None, "No public address of that name")


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07::1", True),
        ("10.0.0.7", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("::ffff:10.0.0.7", False),
        ("64:ff9b::a00:7", False),
        ("64:ff9b:1::a00:7", False),
        ("::a00:7", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:a00:7::1", False),
        ("fec0::7", False),
        ("fe80::7%eth0", False),
        ("ff0e::1", False),
        ("no address", False),
    ],
)
def test_only_the_open_internet_is_connected_to_in_whatever_form_it_is_named(address: str, is_open: bool):
    assert is_public(address) is is_open


def test_an_answer_without_end_is_not_read():
    def endless() -> Iterator[bytes]:
        yield b"OK"
        raise AssertionError("It is read on.")

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=endless())

    app = library_desk()
    assert set_webhook(app=app, by=devi(), url="https://library.example/hook")
    delivery = app.deliveries.create(payload_type="test", payload={})
    client = httpx2.Client(transport=httpx2.MockTransport(answer))
    assert tasks.send(delivery=delivery, client=client).is_good


def test_a_webhook_is_sent_to_the_address_that_was_checked(settings, monkeypatch):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = False
    monkeypatch.setattr(tasks, "public_address", lambda host, port: "203.0.113.7")
    target = tasks.target_of("https://library.example/hook?key=k")
    assert target.url == "https://203.0.113.7:443/hook?key=k"
    assert target.headers == {"Host": "library.example"}
    assert target.extensions == {"sni_hostname": "library.example"}


def test_nobody_else_touches_an_app():
    app = library_desk()
    eve = a_person("eve@else.example", is_developer=True)
    with pytest.raises(NotAllowed):
        make_token(app=app, by=eve, label="Mine")
    with pytest.raises(NotAllowed):
        declare_permission(app=app, by=eve, identity="students.read", is_optional=False, **WHY)
    with pytest.raises(NotAllowed):
        start_app(by=a_person("pat@else.example"), name="X", publisher="Y", purpose="Z")
