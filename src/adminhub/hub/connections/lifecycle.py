"""What a broker's word makes of a connection's state, and when to ask again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adminhub.hub.connections.models import State
from adminhub.hub.providers.values import ConsentState, ConsentWord

REMIND_EVERY = timedelta(hours=1)
_WAITING = (State.REQUESTED, State.AUDITING, State.AUDIT_FAILED)


@dataclass(frozen=True, slots=True)
class Step:
    """The new state, and what has happened on the way, in order, as kinds of `ConnectionEvent`."""

    state: State
    events: tuple[str, ...] = ()


def next_step(state: State, told: ConsentState, *, needed_setup: bool = False) -> Step:
    """What to make of what the broker says. A word that makes no sense now changes nothing.

    An ended connection stays ended: a late word is about the past.
    """
    if state == State.REQUESTED:
        return _from_requested(told, needed_setup)
    if state in (State.AUDITING, State.AUDIT_FAILED, State.AUTHORISED):
        return _from_approved(state, told)
    return Step(state)


def _from_requested(told: ConsentState, needed_setup: bool) -> Step:
    match told.word:
        case ConsentWord.PENDING if told.needs_setup != needed_setup:
            return Step(State.REQUESTED, ("needs_setup" if told.needs_setup else "set_up",))
        case ConsentWord.DECLINED:
            return Step(State.DECLINED, ("declined",))
        case ConsentWord.REVOKED:
            return Step(State.REVOKED, ("revoked",))
        case ConsentWord.APPROVED | ConsentWord.AUDITED:
            after = _from_approved(State.AUDITING, told)
            return Step(after.state, ("approved", *after.events))
    return Step(State.REQUESTED)


def _from_approved(state: State, told: ConsentState) -> Step:
    match told.word:
        case ConsentWord.AUDITED if state != State.AUTHORISED:
            return Step(State.AUTHORISED, ("authorised",))
        case ConsentWord.APPROVED if told.check_failed and state != State.AUDIT_FAILED:
            return Step(State.AUDIT_FAILED, ("audit_failed",))
        case ConsentWord.APPROVED if not told.check_failed and state != State.AUDITING:
            return Step(State.AUDITING, ("checked_again",))
        case ConsentWord.DECLINED:
            return Step(State.DECLINED, ("declined",))
        case ConsentWord.REVOKED:
            return Step(State.REVOKED, ("revoked",))
    return Step(state)


def poll_after(state: State, *, since: datetime, now: datetime) -> timedelta | None:
    """How long to wait before asking again; None: never. Webhooks are faster, this heals a lost one."""
    if state in _WAITING:
        age = now - since
        if age < timedelta(hours=2):
            return timedelta(seconds=25)
        return timedelta(minutes=5) if age < timedelta(days=2) else timedelta(minutes=30)
    return timedelta(minutes=1) if state == State.AUTHORISED else None


def next_reminder_at(*, reminded_at: datetime | None) -> datetime | None:
    """When the next reminder may be sent; None: at once."""
    return reminded_at + REMIND_EVERY if reminded_at else None
