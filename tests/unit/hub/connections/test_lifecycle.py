"""What a broker's word makes of a connection's state."""

from datetime import UTC, datetime, timedelta

import pytest

from adminhub.hub.connections.lifecycle import next_step, poll_after
from adminhub.hub.connections.models import LIVE_STATES, State
from adminhub.hub.providers.values import ConsentState, ConsentWord

S, W = State, ConsentWord
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


def told(word: ConsentWord, **fields: bool) -> ConsentState:
    return ConsentState(word=word, **fields)


@pytest.mark.parametrize(
    ("state", "word", "becomes", "events"),
    [
        (S.REQUESTED, told(W.PENDING), S.REQUESTED, ()),
        (S.REQUESTED, told(W.NONE), S.REQUESTED, ()),
        (S.REQUESTED, told(W.PENDING, needs_setup=True), S.REQUESTED, ("needs_setup",)),
        (S.REQUESTED, told(W.APPROVED), S.AUDITING, ("approved",)),
        (S.REQUESTED, told(W.AUDITED), S.AUTHORISED, ("approved", "authorised")),
        (S.REQUESTED, told(W.APPROVED, check_failed=True), S.AUDIT_FAILED, ("approved", "audit_failed")),
        (S.REQUESTED, told(W.DECLINED), S.DECLINED, ("declined",)),
        (S.REQUESTED, told(W.REVOKED), S.REVOKED, ("revoked",)),
        (S.AUDITING, told(W.APPROVED), S.AUDITING, ()),
        (S.AUDITING, told(W.PENDING), S.AUDITING, ()),
        (S.AUDITING, told(W.AUDITED), S.AUTHORISED, ("authorised",)),
        (S.AUDITING, told(W.APPROVED, check_failed=True), S.AUDIT_FAILED, ("audit_failed",)),
        (S.AUDITING, told(W.REVOKED), S.REVOKED, ("revoked",)),
        (S.AUDIT_FAILED, told(W.APPROVED, check_failed=True), S.AUDIT_FAILED, ()),
        (S.AUDIT_FAILED, told(W.APPROVED), S.AUDITING, ("checked_again",)),
        (S.AUDIT_FAILED, told(W.AUDITED), S.AUTHORISED, ("authorised",)),
        (S.AUTHORISED, told(W.AUDITED), S.AUTHORISED, ()),
        (S.AUTHORISED, told(W.NONE), S.AUTHORISED, ()),
        (S.AUTHORISED, told(W.PENDING), S.AUTHORISED, ()),
        (S.AUTHORISED, told(W.REVOKED), S.REVOKED, ("revoked",)),
        (S.AUTHORISED, told(W.APPROVED, check_failed=True), S.AUDIT_FAILED, ("audit_failed",)),
    ],
)
def test_the_brokers_word_moves_the_connection(
    state: State, word: ConsentState, becomes: State, events: tuple[str, ...]
) -> None:
    step = next_step(state, word)
    assert (step.state, step.events) == (becomes, events)


@pytest.mark.parametrize("state", [S.DECLINED, S.REVOKED, S.DEAUTHORISED])
@pytest.mark.parametrize("word", list(W))
def test_an_ended_connection_stays_ended_whatever_comes_late(state: State, word: ConsentWord) -> None:
    assert next_step(state, told(word)).state == state


@pytest.mark.parametrize("state", list(LIVE_STATES))
@pytest.mark.parametrize("word", list(W))
def test_the_same_word_twice_says_nothing_new(state: State, word: ConsentWord) -> None:
    once = next_step(state, told(word))
    assert next_step(once.state, told(word)).events == ()


def test_a_school_that_was_set_up_is_told_once() -> None:
    step = next_step(S.REQUESTED, told(W.PENDING), needed_setup=True)
    assert step.events == ("set_up",)


def test_polling_slows_down_and_ends_with_the_connection() -> None:
    fresh = poll_after(S.REQUESTED, since=NOW, now=NOW)
    old = poll_after(S.REQUESTED, since=NOW - timedelta(days=9), now=NOW)
    assert fresh is not None
    assert old is not None
    assert fresh < timedelta(minutes=1) < old
    assert poll_after(S.DECLINED, since=NOW, now=NOW) is None
