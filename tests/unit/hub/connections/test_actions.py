"""Requesting, reminding, recording, deauthorising."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from adminhub.hub.connections import actions
from adminhub.hub.connections.errors import AlreadyConnected, NothingToDo, NotThisSchool, TooSoon
from adminhub.hub.connections.models import BrokerSchool, Connection, State
from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.providers.errors import BrokerRefused, TryLater
from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.providers.values import Contact
from adminhub.hub.roster.models import Kind, MISLink, Pupil
from adminhub.hub.schools.models import School, User
from tests.unit.hub.cast import (
    OAK_AT_BROKER,
    a_broker,
    a_candidate,
    a_pupil,
    a_school,
    a_user,
    connection_of,
    events_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def oak() -> School:
    return a_school()


@pytest.fixture
def ada() -> User:
    return a_user()


@pytest.fixture
def broker(oak: School) -> FakeProvider:
    return a_broker(oak)


def request(school: School, by: User, broker: FakeProvider, contact: Contact | None = None) -> Connection:
    return actions.request_access(
        school=school, candidate=a_candidate(school), by=by, contact=contact, provider=broker
    )


def check(school: School, broker: FakeProvider) -> Connection:
    connection = actions.check(school_id=school.pk, provider=broker)
    assert connection is not None
    return connection


def authorised(school: School, by: User, broker: FakeProvider) -> Connection:
    request(school, by, broker)
    broker.approve(OAK_AT_BROKER)
    broker.audit(OAK_AT_BROKER)
    return check(school, broker)


def test_a_request_is_sent_once_and_remembered_with_who_asked(
    oak: School, ada: User, broker: FakeProvider
) -> None:
    connection = request(oak, ada, broker, Contact(first_name="Bea", last_name="Hughes"))
    assert connection.state == State.REQUESTED
    assert connection.requested_by == ada
    assert connection.approver == "Bea Hughes"
    assert [school_id for school_id, _ in broker.requests] == [OAK_AT_BROKER]
    with school_scope(oak.pk):
        entry = AuditEntry.objects.get(action="connection.requested")
    assert entry.by_id == ada.pk


def test_a_second_request_is_refused_while_one_is_live(oak: School, ada: User, broker: FakeProvider) -> None:
    request(oak, ada, broker)
    with pytest.raises(AlreadyConnected, match="Nothing was requested"):
        request(oak, ada, broker)
    assert len(broker.requests) == 1


def test_a_record_of_the_broker_belongs_to_one_school_of_ours(
    oak: School, ada: User, broker: FakeProvider
) -> None:
    request(oak, ada, broker)
    elm = a_school("Elm School")
    with pytest.raises(AlreadyConnected, match="another school"):
        actions.request_access(school=elm, candidate=a_candidate(oak), by=ada, provider=broker)


@pytest.mark.parametrize("problem", [TryLater("down"), BrokerRefused("no")])
def test_nothing_is_recorded_when_the_broker_does_not_take_the_request(
    oak: School, ada: User, broker: FakeProvider, problem: TryLater | BrokerRefused
) -> None:
    broker.fail_with(problem, on="request")
    with pytest.raises(type(problem)):
        request(oak, ada, broker)
    with school_scope(oak.pk):
        assert not Connection.objects.exists()
        assert not AuditEntry.objects.exists()


def test_approval_and_check_are_recorded_in_order(oak: School, ada: User, broker: FakeProvider) -> None:
    request(oak, ada, broker)
    broker.approve(OAK_AT_BROKER)
    assert check(oak, broker).state == State.AUDITING
    broker.audit(OAK_AT_BROKER)
    connection = check(oak, broker)
    assert connection.state == State.AUTHORISED
    assert events_of(connection)[:3] == ["requested", "approved", "authorised"]


def test_asking_the_broker_twice_records_once(oak: School, ada: User, broker: FakeProvider) -> None:
    authorised(oak, ada, broker)
    before = events_of(connection_of(oak))
    check(oak, broker)
    assert events_of(connection_of(oak)) == before


def test_a_decline_ends_the_connection_with_its_reason(oak: School, ada: User, broker: FakeProvider) -> None:
    request(oak, ada, broker)
    broker.decline(OAK_AT_BROKER, "We have no agreement yet.")
    connection = check(oak, broker)
    assert (connection.state, connection.reason) == (State.DECLINED, "We have no agreement yet.")
    assert BrokerSchool.objects.get().poll_at is None


def test_what_the_check_found_is_kept(oak: School, ada: User, broker: FakeProvider) -> None:
    request(oak, ada, broker)
    broker.approve(OAK_AT_BROKER)
    broker.audit(OAK_AT_BROKER, "There are no pupils on roll.")
    connection = check(oak, broker)
    assert connection.state == State.AUDIT_FAILED
    assert connection.findings == [{"sentence": "There are no pupils on roll.", "weight": "problem"}]


def test_a_new_school_keeps_its_request_until_it_is_set_up(oak: School, ada: User) -> None:
    broker = a_broker(oak, is_set_up=False)
    assert request(oak, ada, broker).needs_setup
    broker.set_up(OAK_AT_BROKER)
    connection = check(oak, broker)
    assert not connection.needs_setup
    assert events_of(connection) == ["requested", "needs_setup", "set_up"]


def test_an_offline_mis_shows_but_changes_no_state(oak: School, ada: User, broker: FakeProvider) -> None:
    authorised(oak, ada, broker)
    broker.go_offline(OAK_AT_BROKER)
    connection = check(oak, broker)
    assert (connection.state, connection.is_online) == (State.AUTHORISED, False)


def test_a_reminder_goes_once_an_hour(oak: School, ada: User, broker: FakeProvider) -> None:
    connection = actions.remind(connection=request(oak, ada, broker), by=ada, provider=broker)
    with pytest.raises(TooSoon) as refused:
        actions.remind(connection=connection, by=ada, provider=broker)
    assert refused.value.again_at > timezone.now()
    connection.reminded_at = timezone.now() - timedelta(hours=2)
    actions.remind(connection=connection, by=ada, provider=broker)
    assert len(broker.reminders) == 2


def test_nobody_is_reminded_of_what_is_decided(oak: School, ada: User, broker: FakeProvider) -> None:
    with pytest.raises(NothingToDo):
        actions.remind(connection=authorised(oak, ada, broker), by=ada, provider=broker)
    assert broker.reminders == []


def linked_pupil(oak: School, connection: Connection) -> Pupil:
    pupil = a_pupil(oak)
    with school_scope(oak.pk):
        MISLink.objects.create(
            school=oak, kind=Kind.PUPIL, pupil=pupil, provider=connection.provider, mis_id="77"
        )
    return pupil


@pytest.mark.parametrize("clear", [True, False])
def test_deauthorising_keeps_or_clears_mis_ids_and_removes_nobody(
    oak: School, ada: User, broker: FakeProvider, clear: bool
) -> None:
    connection = authorised(oak, ada, broker)
    pupil = linked_pupil(oak, connection)
    actions.deauthorise(connection=connection, clear_mis_ids=clear, by=ada, provider=broker)
    with school_scope(oak.pk):
        assert Pupil.objects.filter(pk=pupil.pk).exists()
        assert MISLink.objects.exists() is not clear
        assert Connection.objects.get().state == State.DEAUTHORISED
        assert AuditEntry.objects.get(action="connection.deauthorised").by_id == ada.pk
    assert broker.revoked == [OAK_AT_BROKER]


def test_nothing_changes_when_the_broker_cannot_be_told(oak: School, ada: User, broker: FakeProvider) -> None:
    connection = authorised(oak, ada, broker)
    linked_pupil(oak, connection)
    broker.fail_with(TryLater("down"), on="revoke")
    with pytest.raises(TryLater):
        actions.deauthorise(connection=connection, clear_mis_ids=True, by=ada, provider=broker)
    with school_scope(oak.pk):
        assert MISLink.objects.exists()
    assert connection_of(oak).state == State.AUTHORISED


def test_authorising_again_is_not_checked_a_second_time(oak: School, ada: User, broker: FakeProvider) -> None:
    connection = authorised(oak, ada, broker)
    actions.deauthorise(connection=connection, clear_mis_ids=False, by=ada, provider=broker)
    again = request(oak, ada, broker)
    assert again.pk != connection.pk
    assert check(oak, broker).state == State.REQUESTED
    broker.approve(OAK_AT_BROKER)
    assert check(oak, broker).state == State.AUTHORISED


def test_a_late_word_about_the_old_connection_does_not_touch_the_new_one(
    oak: School, ada: User, broker: FakeProvider
) -> None:
    old = authorised(oak, ada, broker)
    actions.deauthorise(connection=old, clear_mis_ids=False, by=ada, provider=broker)
    new = request(oak, ada, broker)
    actions.record_state(connection=old, told=broker.state(OAK_AT_BROKER))
    assert connection_of(oak).pk == new.pk
    assert connection_of(oak).state == State.REQUESTED
    assert BrokerSchool.objects.get().poll_at is not None


def test_a_school_token_rests_sealed_and_goes_with_the_connection(
    oak: School, ada: User, broker: FakeProvider
) -> None:
    request(oak, ada, broker)
    broker.approve(OAK_AT_BROKER)
    actions.check(school_id=oak.pk, provider=broker, school_token="a-school-token")
    sealed = bytes(connection_of(oak).token_sealed or b"")
    assert sealed
    assert b"a-school-token" not in sealed
    broker.withdraw(OAK_AT_BROKER)
    assert check(oak, broker).token_sealed is None


def test_cal_of_elm_sees_nothing_of_oak(oak: School, ada: User, broker: FakeProvider) -> None:
    request(oak, ada, broker)
    with school_scope(a_school("Elm School").pk):
        assert not Connection.objects.exists()


def test_another_schools_record_cannot_be_connected(oak: School, ada: User, broker: FakeProvider) -> None:
    """Its approver would see Admin Hub ask, say yes, and the pupils would come to the wrong school."""
    elms = a_candidate(oak, urn="999777", laestab="9992777")
    with pytest.raises(NotThisSchool, match="Nothing was requested"):
        actions.request_access(school=oak, candidate=elms, by=ada, provider=broker)
    assert not broker.requests


@pytest.mark.parametrize("numbers", [{"urn": "999777"}, {"laestab": "9992777"}, {"urn": "", "laestab": ""}])
def test_one_number_may_have_changed_or_be_missing(
    oak: School, ada: User, broker: FakeProvider, numbers: dict[str, str]
) -> None:
    candidate = a_candidate(oak, **numbers)
    assert actions.request_access(school=oak, candidate=candidate, by=ada, provider=broker).is_live
