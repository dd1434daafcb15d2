"""The developers' pages: what they show once, what they keep from others."""

import re

import pytest

from adminhub.broker.apps.models import App
from adminhub.broker.consent.actions import approve, audit, revoke
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.directory.models import Letter, User
from tests.unit.broker.cast import a_person
from tests.unit.broker.portal.cast import a_request, an_operator, browser

pytestmark = pytest.mark.django_db
ABOUT = {
    "name": "Library Desk",
    "publisher": "Library Desk Ltd",
    "purpose": "Lends books.",
    "contact_email": "help@library.example",
    "dpo_name": "Lou",
    "dpo_email": "dpo@library.example",
}
PAGES = ("", "permissions/", "agreement/", "keys/", "log-in/", "webhook/", "schools/")


def devi() -> User:
    return a_person("devi@library.example", first_name="Devi", is_developer=True)


def test_a_developer_registers_an_app_and_gets_a_key_that_is_shown_once():
    client = browser(devi())
    client.post("/developer/new/", ABOUT)
    path = f"/developer/{App.objects.get().public_id}/"
    client.post(
        f"{path}permissions/",
        {"identity": "students.surname.read", "purpose": "To lend", "retention": "a year"},
    )
    assert "Pupils&#x27; preferred surnames" in client.get(f"{path}permissions/").content.decode()
    page = client.post(f"{path}keys/", {"label": "Server", "days": "90"}).content.decode()
    text = re.search(r"[0-9a-f]{40}", page)
    assert text is not None
    again = client.get(f"{path}keys/").content.decode()
    assert text[0] not in again
    assert f"…{text[0][-4:]}" in again
    for part in PAGES:
        assert client.get(path + part).status_code == 200, part


def test_an_app_is_nobody_elses_business():
    app = App.objects.create(name="Library Desk", publisher="P", purpose="Q")
    eve = browser(a_person("eve@else.example", is_developer=True))
    for part in PAGES:
        assert eve.get(f"/developer/{app.public_id}/{part}").status_code == 404
    assert browser(an_operator()).get("/developer/").status_code == 403
    assert browser().get("/developer/").status_code == 302


def test_the_delivery_log_shows_each_message_and_sends_it_again():
    client = browser(devi())
    client.post("/developer/new/", ABOUT)
    app = App.objects.get()
    path = f"/developer/{app.public_id}/webhook/"
    page = client.post(path, {"url": "https://library.example/hook"}).content.decode()
    assert "It is shown this once" in page
    client.post(f"{path}try/")
    delivery = app.deliveries.get()
    app.deliveries.update(state="failed", attempts=7)
    page = client.get(path).content.decode()
    assert "Failed" in page
    client.post(f"{path}{delivery.pk}/again/")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 0)


def test_a_developer_confirms_a_deletion_and_the_school_sees_the_word():
    consent, pat = a_request()
    approve(consent=consent, by=pat)
    audit(consent=consent, by=TheBroker())
    revoke(consent=consent, by=pat, reason="Over")
    user = devi()
    consent.app.developers.create(user=user)
    path = f"/developer/{consent.app.public_id}/schools/"
    client = browser(user)
    assert "delete what you hold" in client.get(path).content.decode()
    address = f"{path}{consent.school.broker_id}/deletion/"
    word = {"signed_by": "Devi, engineer", "statement": "All of it"}
    assert client.post(address, word).status_code == 422
    client.post(address, {**word, "is_true": "on"})
    page = browser(pat).get(f"/consents/{consent.public_id}/").content.decode()
    assert "Deletion confirmed" in page
    assert "Devi, engineer" in page


def test_an_operator_invites_a_developer_who_registers_apps():
    browser(an_operator()).post("/operator/apps/invite/", {"email": "new@library.example"})
    link = Letter.objects.get(kind="developer_invitation").text.split("/invitations/")[1].split("/")[0]
    client = browser()
    assert "register apps" in client.get(f"/invitations/{link}/").content.decode()
    form = {
        "first_name": "New",
        "last_name": "Dev",
        "position": "Engineer",
        "password": "correct horse battery",
    }
    answer = client.post(f"/invitations/{link}/", form, follow=True)
    assert "Your apps" in answer.content.decode()
    assert User.objects.get(email="new@library.example").is_developer


def test_an_operator_sees_what_waits_and_releases_or_stops_it():
    app = App.objects.create(name="Library Desk", publisher="P", purpose="Q")
    client = browser(an_operator())
    assert "Test schools only" in client.get("/operator/apps/").content.decode()
    page = client.post(f"/operator/apps/{app.public_id}/release/", follow=True).content.decode()
    assert "still missing" in page.lower()
    client.post(f"/operator/apps/{app.public_id}/stop/", {"stop": "yes"})
    app.refresh_from_db()
    assert not app.is_active
