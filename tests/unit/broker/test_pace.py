"""How fast a token may call, whichever process answers."""

import pytest
from django.test import Client

from adminhub.broker.api import callers
from adminhub.broker.api.pace import Pace
from adminhub.broker.apps.models import Token
from tests.unit.broker.cast import a_token, an_app

pytestmark = pytest.mark.django_db


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def let_through(paces: list[Pace], token: int, calls: int) -> int:
    """How many of the calls may go on, when the processes take turns."""
    return sum(paces[call % len(paces)].seconds_to_wait(token) == 0 for call in range(calls))


def test_processes_share_one_allowance_and_it_grows_again_with_time():
    an_app_token = a_token(an_app())
    token = Token.objects.get().pk
    clock = Clock()
    paces = [Pace(per_second=10, burst=100, at_once=10, clock=clock) for _ in range(3)]
    assert an_app_token
    through = let_through(paces, token, 1_000)
    assert 100 <= through <= 100 + 3 * 10
    assert paces[0].seconds_to_wait(token) >= 1
    clock.now += 10
    assert 70 <= let_through(paces, token, 1_000) <= 100 + 3 * 10


def test_a_token_that_calls_too_fast_is_told_how_long_to_wait(monkeypatch):
    monkeypatch.setattr(callers, "pace", Pace(per_second=0.1, burst=2, at_once=1))
    headers = {"Authorization": f"Bearer {a_token(an_app())}"}
    answers = [Client().get("/v1.0/schools", headers=headers) for _ in range(6)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json()["error"] == "too_many_requests"
    other = {"Authorization": f"Bearer {a_token(an_app('Another'))}"}
    assert Client().get("/v1.0/schools", headers=other).status_code == 200
