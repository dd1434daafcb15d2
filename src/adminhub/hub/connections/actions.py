"""Writing connections: request, remind, record what the broker says, deauthorise.

Each call to the broker comes first and outside any transaction: if it says no, nothing is recorded; if the
hub dies before recording a yes, the next poll heals it. No action here approves: that is the school's alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from adminhub.hub.connections.errors import AlreadyConnected, NothingToDo, NotThisSchool, TooSoon
from adminhub.hub.connections.lifecycle import next_reminder_at, next_step, poll_after
from adminhub.hub.connections.models import BrokerSchool, Connection, ConnectionEvent, State
from adminhub.hub.connections.queries import WONDE, live_connection, provider_of
from adminhub.hub.connections.sealing import seal
from adminhub.hub.core import audit
from adminhub.hub.core.scope import school_scope
from adminhub.hub.providers.values import Candidate, ConsentState, Contact, Provider, RequestAnswer
from adminhub.hub.roster.actions import unlink_everything
from adminhub.hub.schools.models import School, User

CHECK, TELL = "hub.check_connection", "hub.tell_coordinators"
"""Jobs of the room above, by name."""
TOLD_BY_LETTER = ("authorised", "declined", "revoked", "audit_failed")


def request_access(
    *,
    school: School,
    candidate: Candidate,
    by: User,
    contact: Contact | None = None,
    provider: Provider | None = None,
) -> Connection:
    """Ask the broker for this school's access and remember it. Only now does anything leave the hub.

    Raises AlreadyConnected, or the provider's errors; then nothing was recorded.
    """
    with school_scope(school.pk):
        _must_be_free(school, candidate)
    answer = (provider or provider_of(None)).request(candidate.school_id, contact)
    try:
        with school_scope(school.pk):
            return _record_request(school, candidate, answer, contact, by)
    except IntegrityError:
        raise AlreadyConnected(
            f"{school} was connected by somebody else a moment ago. Nothing more was recorded."
        ) from None


def _must_be_free(school: School, candidate: Candidate) -> None:
    if live_connection() is not None:
        raise AlreadyConnected(
            f"{school} has a connection already. Nothing was requested. Deauthorise it first."
        )
    taken = BrokerSchool.objects.filter(provider=WONDE, broker_school_id=candidate.school_id)
    if taken.exclude(school=school).exists():
        raise AlreadyConnected(
            f"{settings.HUB_BROKER_NAME}'s record is already used by another school in Admin Hub. "
            "Nothing was requested. Choose another record, or ask Admin Hub's support."
        )
    numbers = ((school.urn, candidate.urn), (school.laestab, candidate.laestab))
    if all(ours and theirs and ours != theirs for ours, theirs in numbers):
        raise NotThisSchool(
            f"The record's URN and DfE number are not those of {school}, so it is another school's. "
            "Nothing was requested. Choose another record, or have Admin Hub's support correct the numbers."
        )


def _record_request(
    school: School, candidate: Candidate, answer: RequestAnswer, contact: Contact | None, by: User
) -> Connection:
    now = timezone.now()
    connection: Connection = Connection.objects.create(
        school=school,
        provider=WONDE,
        state=State.REQUESTED,
        state_since=now,
        needs_setup=answer.needs_setup,
        broker_school_id=candidate.school_id,
        broker_school_name=candidate.name,
        mis_name=candidate.mis,
        requested_by=by,
        requested_at=now,
        approver=f"{contact.first_name} {contact.last_name}".strip() if contact else "",
    )
    BrokerSchool.objects.update_or_create(
        provider=WONDE,
        broker_school_id=candidate.school_id,
        defaults={"school": school, "poll_at": now},
    )
    _note(connection, "requested", by=by)
    if answer.needs_setup:
        _note(connection, "needs_setup")
    audit.record(by=by, action="connection.requested", subject=f"connection:{connection.pk}")
    if answer.state != "pending":
        _check_soon(connection)
    return connection


def remind(*, connection: Connection, by: User, provider: Provider | None = None) -> Connection:
    """Ask the broker to send its letter again. Raises NothingToDo, TooSoon or the provider's errors."""
    again_at = next_reminder_at(reminded_at=connection.reminded_at)
    if connection.state != State.REQUESTED:
        raise NothingToDo("No reminder was sent: nobody has to answer at present.")
    if again_at is not None and again_at > timezone.now():
        raise TooSoon("No reminder was sent: one was sent within the last hour.", again_at=again_at)
    (provider or provider_of(connection)).remind(connection.broker_school_id)
    with school_scope(connection.school_id):
        locked: Connection = Connection.objects.select_for_update().get(pk=connection.pk)
        locked.reminded_at = timezone.now()
        locked.save(update_fields=["reminded_at"])
        _note(locked, "reminded", by=by)
        audit.record(by=by, action="connection.reminded", subject=f"connection:{locked.pk}")
    return locked


def check(*, school_id: int, provider: Provider | None = None, school_token: str = "") -> Connection | None:
    """Ask the broker how the school's live connection stands, and record it. None: there is none.

    A `school_token` that came with a webhook is kept only once the broker has answered to it. Raises the
    provider's errors.
    """
    with school_scope(school_id):
        connection = live_connection()
    if connection is None:
        with transaction.atomic():
            BrokerSchool.objects.filter(school_id=school_id).update(poll_at=None)
        return None
    asked = provider or provider_of(connection)
    told = asked.state(connection.broker_school_id)
    return record_state(connection=connection, told=told, school_token=school_token)


def record_state(*, connection: Connection, told: ConsentState, school_token: str = "") -> Connection:
    """Write down what the broker says. Saying it twice is saying it once; a late word changes nothing."""
    with school_scope(connection.school_id):
        locked: Connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        now = timezone.now()
        step = next_step(State(locked.state), told, needed_setup=locked.needs_setup)
        _write_facts(locked, told, school_token, now)
        if step.state != locked.state:
            _enter(locked, step.state, told, now)
        locked.save()
        for kind in step.events:
            _note(locked, kind, reason=told.reason)
            audit.record(by=None, action=f"connection.{kind}", subject=f"connection:{locked.pk}")
            if kind in TOLD_BY_LETTER:
                _tell(locked, kind)
        _plan_next_poll(locked, now)
        return locked


def _plan_next_poll(connection: Connection, now: datetime) -> None:
    """Note when to ask again. A late word about an ended connection does not stop the polling of a newer one."""
    wait = poll_after(State(connection.state), since=connection.state_since, now=now)
    if wait is None and live_connection() is not None:
        return
    BrokerSchool.objects.filter(
        provider=connection.provider, broker_school_id=connection.broker_school_id
    ).update(poll_at=now + wait if wait else None)


def _write_facts(connection: Connection, told: ConsentState, school_token: str, now: datetime) -> None:
    if connection.is_live and connection.is_online != told.online:
        _note(connection, "online" if told.online else "offline")
    connection.checked_at = now
    connection.is_online = told.online
    connection.needs_setup = told.needs_setup and connection.state == State.REQUESTED
    if told.findings:
        connection.findings = [msgspec.structs.asdict(finding) for finding in told.findings]
    if school_token:
        connection.token_sealed = seal(school_token)


def _enter(connection: Connection, state: State, told: ConsentState, now: datetime) -> None:
    connection.state, connection.state_since = state, now
    connection.reason = told.reason[:1000]
    connection.needs_setup = False
    if state in (State.AUDITING, State.AUDIT_FAILED, State.AUTHORISED):
        connection.approved_at = connection.approved_at or now
    if state == State.AUTHORISED:
        connection.authorised_at = now
    if not connection.is_live:
        connection.ended_at = now
        connection.token_sealed = None


def deauthorise(
    *, connection: Connection, clear_mis_ids: bool, by: User, provider: Provider | None = None
) -> Connection:
    """Give the access up, at the broker first. Keeps every person, class and result in the hub.

    With `clear_mis_ids` people and classes are unlinked from the MIS; without, the links stay, so that
    authorising again carries on. Raises NothingToDo or the provider's errors.
    """
    if not connection.is_live:
        raise NothingToDo("Nothing was changed: this connection has ended already.")
    (provider or provider_of(connection)).revoke(connection.broker_school_id)
    with school_scope(connection.school_id):
        locked: Connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        if not locked.is_live:
            return locked
        now = timezone.now()
        locked.state, locked.state_since, locked.ended_at = State.DEAUTHORISED, now, now
        locked.token_sealed = None
        locked.save()
        unlinked = unlink_everything() if clear_mis_ids else 0
        BrokerSchool.objects.filter(school_id=locked.school_id).update(poll_at=None)
        _note(locked, "deauthorised", by=by, reason="cleared" if clear_mis_ids else "kept")
        audit.record(
            by=by,
            action="connection.deauthorised",
            subject=f"connection:{locked.pk}",
            clear_mis_ids=clear_mis_ids,
            unlinked=unlinked,
        )
        return locked


def note_letter(*, connection: Connection, kind: str) -> None:
    """Remember that the coordinators were told of this by e-mail, so that it is sent once."""
    with school_scope(connection.school_id):
        _note(connection, f"told_{kind}")


def expect_another_mis(*, school_id: int) -> bool:
    """Note that the school is said to change its MIS: nothing is synced by itself until a person has gone through it.

    Returns whether there was something to note.
    """
    with school_scope(school_id):
        live = Connection.objects.select_for_update(of=("self",)).filter(state=State.AUTHORISED).first()
        if live is None or live.mis_changing_at is not None:
            return False
        live.mis_changing_at = timezone.now()
        live.save(update_fields=["mis_changing_at"])
        _note(live, "mis_changing")
        return True


def went_through_another_mis(connection: Connection, *, by: User) -> None:
    """Note that a person has gone through what the MIS says now. Needs the school's scope."""
    changing = Connection.objects.filter(pk=connection.pk, mis_changing_at__isnull=False)
    if changing.update(mis_changing_at=None):
        audit.record(by=by, action="connection.mis_changed", subject=f"connection:{connection.pk}")


def check_soon(*, school_id: int, sealed_token: str = "") -> None:
    """Have a job ask the broker about the school, in the caller's transaction."""
    jobs.configure_task(CHECK, queue="hub", lock=f"connection:{school_id}").defer(
        school_id=school_id, sealed_token=sealed_token
    )


def _check_soon(connection: Connection) -> None:
    check_soon(school_id=connection.school_id)


def _tell(connection: Connection, kind: str) -> None:
    jobs.configure_task(TELL, queue="hub").defer(
        school_id=connection.school_id, connection_id=connection.pk, kind=kind
    )


def _note(connection: Connection, kind: str, *, by: User | None = None, **detail: Any) -> None:
    ConnectionEvent.objects.create(
        school_id=connection.school_id,
        connection=connection,
        kind=kind,
        by=by,
        text=str(detail.get("reason", ""))[:1000],
    )
