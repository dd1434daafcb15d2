"""What a person may change of their own account: the password, not who they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from adminhub.hub.schools.models import User

pytestmark = pytest.mark.django_db
LogIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _forget_tries(db: None) -> None:
    cache.clear()


def test_nobody_gives_themselves_another_e_mail_address(ben: User, logged_in: LogIn) -> None:
    """Services know a person by the address the hub vouches for, so it is not the person's to choose."""
    client = logged_in(ben)
    client.post("/account/email/", {"action_add": "", "email": "head@oak.example"})
    client.post("/account/email/", {"action_primary": "", "email": "head@oak.example"})
    ben.refresh_from_db()
    assert ben.email == "ben@oak.example"
    assert not ben.emailaddress_set.filter(email="head@oak.example").exists()


@pytest.mark.parametrize("path", ["email/", "confirm-email/", "confirm-email/Mg:1xWCtv:guessed/"])
def test_the_pages_that_change_who_somebody_is_are_shut(ben: User, logged_in: LogIn, path: str) -> None:
    assert logged_in(ben).get(f"/account/{path}").status_code == 404


@pytest.mark.parametrize("path", ["password/change/", "password/reset/"])
def test_the_password_is_theirs_to_change(ben: User, logged_in: LogIn, path: str) -> None:
    assert logged_in(ben).get(f"/account/{path}").status_code == 200
