"""Logging in says one thing when it fails, and is slowed down when it fails often."""

import pytest
from structlog.testing import capture_logs

from tests.unit.broker.cast import a_person
from tests.unit.broker.portal.cast import an_operator, browser

pytestmark = pytest.mark.django_db


def test_a_wrong_password_and_an_unknown_address_get_the_same_message():
    a_person("pat@oakhill.example")
    answers = [
        browser().post("/account/login/", {"login": address, "password": "wrong"}).content.decode()
        for address in ("pat@oakhill.example", "nobody@oakhill.example")
    ]
    assert all("The e-mail address or the password is not right." in answer for answer in answers)


def test_repeated_failures_are_slowed_down():
    a_person("slow@oakhill.example")
    client = browser()
    statuses = [
        client.post("/account/login/", {"login": "slow@oakhill.example", "password": "wrong"}).status_code
        for _ in range(7)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_an_operator_arrives_at_the_operators_page():
    operator = an_operator()
    answer = browser().post(
        "/account/login/", {"login": operator.email, "password": "correct horse battery"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/operator/"


def test_nobody_signs_up_alone():
    answer = browser().get("/account/signup/")
    assert "<form" not in answer.content.decode().split("<main", 1)[1].split("</main", 1)[0]


def test_an_invented_invitation_opens_nothing():
    answer = browser().get("/invitations/not-a-token/")
    assert answer.status_code == 410
    assert "This invitation is over" in answer.content.decode()


def test_a_link_that_works_once_is_not_written_to_the_log():
    with capture_logs() as lines:
        browser().get("/invitations/a-secret-of-somebody/")
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/invitations/<str:token>/"]
