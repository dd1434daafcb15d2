"""A connection told as a story: what has happened, what is waited for, on whom and since when. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from adminhub.hub.connections.models import Connection, ConnectionEvent, State


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is being waited for, on whom, since when; `hint` says what helps."""

    what: str
    whom: str
    since: datetime
    hint: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of connecting. `state` is done, waiting, todo or problem, as the timeline component takes it."""

    title: str
    state: str
    who: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what has happened."""

    title: str
    who: str
    when: datetime
    note: str = ""
    state: str = "done"


PILLS = {
    State.REQUESTED: ("info", "clock"),
    State.AUDITING: ("info", "search"),
    State.AUDIT_FAILED: ("bad", "warning"),
    State.AUTHORISED: ("good", "check"),
    State.DECLINED: ("bad", "cross"),
    State.REVOKED: ("bad", "lock"),
    State.DEAUTHORISED: ("muted", "unlock"),
}


def waiting_for(connection: Connection, *, broker: str) -> Waiting | None:
    """What the connection waits for; None when it waits for nobody."""
    school = connection.broker_school_name
    since = connection.state_since
    if connection.state == State.REQUESTED and connection.needs_setup:
        return Waiting(
            f"{school} is new to {broker} and has to be set up there",
            f"{broker}",
            since,
            f"{broker} has been asked to contact the school. Your request is kept and goes on by itself once the "
            "school's MIS is linked and it has a broker administrator.",
        )
    if connection.state == State.REQUESTED:
        named = f" (you named {connection.approver})" if connection.approver else ""
        return Waiting(
            f"Approval at {broker}",
            f"the broker administrator of {school}{named}",
            since,
            f"Only the school's broker administrator can approve this, at {broker}. Nobody at Admin Hub can.",
        )
    if connection.state == State.AUDITING:
        return Waiting(
            f"{broker}'s check of the connection",
            broker,
            since,
            f"{broker} checks that the MIS answers and that its records are plausible. This takes seconds, or up to "
            "a day when a person has to look.",
        )
    if connection.state == State.AUDIT_FAILED:
        return Waiting(
            "The problems that the check found have to be put right",
            f"{broker} and whoever looks after your MIS",
            since,
            "The check is repeated when the data is better. Nothing is needed here.",
        )
    return None


def stages_of(connection: Connection, *, broker: str) -> list[Stage]:
    """The way from Authorise to Start sync, as far as it has gone."""
    state = State(connection.state)
    asked_by = connection.requested_by.get_full_name() if connection.requested_by else ""
    stages = [Stage("Access requested", "done", asked_by, connection.requested_at)]
    if connection.needs_setup:
        stages.append(Stage(f"School set up at {broker}", "waiting", broker, connection.state_since))
    stages.append(_approval(connection, state))
    stages.append(_check(connection, state, broker))
    authorised = state == State.AUTHORISED
    stages.append(
        Stage(
            "Connection authorised and established",
            "done" if authorised else "todo",
            when=connection.authorised_at if authorised else None,
        )
    )
    return stages


def _approval(connection: Connection, state: State) -> Stage:
    title, who = "Access approved", "Broker administrator of the school"
    if state == State.DECLINED:
        return Stage("Access declined", "problem", who, connection.ended_at)
    if state == State.REQUESTED:
        return Stage(title, "todo" if connection.needs_setup else "waiting", who)
    return Stage(title, "done", who, connection.approved_at)


def _check(connection: Connection, state: State, broker: str) -> Stage:
    title = "Connection checked"
    if state == State.AUDIT_FAILED:
        return Stage("The check found problems", "problem", broker, connection.state_since)
    if state == State.AUDITING:
        return Stage(title, "waiting", broker, connection.state_since)
    return Stage(title, "done" if state == State.AUTHORISED else "todo", broker, connection.authorised_at)


_TITLES = {
    "requested": "Access requested",
    "mis_changing": "The broker said that the school is changing its MIS",
    "needs_setup": "{broker} was asked to set the school up",
    "set_up": "The school was set up at {broker}; its broker administrator was asked",
    "reminded": "Reminder sent",
    "approved": "Access approved by the school's broker administrator",
    "checked_again": "{broker} checks the connection again",
    "authorised": "Authorised and established",
    "audit_failed": "{broker}'s check found problems",
    "declined": "Access declined by the school's broker administrator",
    "revoked": "Access revoked",
    "deauthorised": "Deauthorised",
    "offline": "{broker} cannot reach the MIS",
    "online": "{broker} reaches the MIS again",
}
_NOTES = {"cleared": "MIS IDs were cleared.", "kept": "MIS IDs were kept."}
_PROBLEMS = ("audit_failed", "declined", "revoked", "offline")


def lines_of(events: Iterable[ConnectionEvent], *, broker: str) -> list[Line]:
    """What has happened, newest first."""
    lines = [_line(event, broker) for event in events]
    return sorted(lines, key=lambda line: line.when, reverse=True)


def _line(event: ConnectionEvent, broker: str) -> Line:
    if event.kind.startswith("told_"):
        return Line("E-mail sent to the Access Coordinator", "Admin Hub", event.at)
    return Line(
        title=_TITLES.get(event.kind, event.kind).format(broker=broker),
        who=event.by.get_full_name() if event.by else "",
        when=event.at,
        note=_NOTES.get(event.text, event.text),
        state="problem" if event.kind in _PROBLEMS else "done",
    )
