"""Wellbeing's roster is what the hub hands over: hidden when withdrawn, unchanged when the hub fails."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from django.utils import timezone

from adminhub.wellbeing.roster import queries
from adminhub.wellbeing.roster.actions import refresh, take
from adminhub.wellbeing.roster.errors import NotOurs, RosterTrouble, TryLater, UnreadableAnswer
from adminhub.wellbeing.roster.models import Enrolment, Pupil, School
from tests.unit.wellbeing.conftest import AHub


def names(school: School) -> list[str]:
    return [pupil.forename for pupil in queries.pupils_of(school)]


def test_what_the_hub_hands_over_is_shown(hub: AHub, oak: School) -> None:
    kit, ben = hub.user(), hub.user("teacher", givenName="Ben", metadata={"title": "Mr"})
    hub.school_class(kit, ben)
    hub.demographics.append({"sourcedId": kit, "birthDate": "2015-03-04", "sex": "female"})
    school = refresh(school_id=oak.sourced_id)
    pupil = queries.pupils_of(school).get()
    assert (pupil.year_group, str(pupil.birthday), pupil.sex) == ("5", "2015-03-04", "female")
    assert [one.school_class.name for one in pupil.groups_in] == ["5R"]
    assert [one.name for one in queries.employees_of(school)] == ["Mr Ben Ray"]
    assert queries.classes_of(school).get().ready_count == 1


def test_who_loses_access_is_hidden_not_deleted_and_comes_back(hub: AHub, oak: School) -> None:
    kit = hub.user()
    hub.school_class(kit, hub.user(givenName="Kim"))
    refresh(school_id=oak.sourced_id)
    before = hub.users, hub.enrollments
    hub.without(kit)
    refresh(school_id=oak.sourced_id)
    assert names(oak) == ["Kim"]
    assert Pupil.objects.filter(school=oak).count() == 2
    assert Enrolment.objects.filter(school=oak).count() == 1
    hub.users, hub.enrollments = before
    refresh(school_id=oak.sourced_id)
    assert names(oak) == ["Kim", "Kit"] or names(oak) == ["Kit", "Kim"]
    assert Pupil.objects.filter(school=oak).count() == 2


def test_rows_the_hub_says_are_gone_are_not_taken(hub: AHub, oak: School) -> None:
    hub.user(status="tobedeleted", givenName="Withheld")
    refresh(school_id=oak.sourced_id)
    assert names(oak) == []


def test_reading_twice_changes_nothing(hub: AHub, oak: School) -> None:
    hub.school_class(hub.user(), hub.user("teacher"))
    for _ in range(2):
        refresh(school_id=oak.sourced_id)
    assert (Pupil.objects.count(), Enrolment.objects.count(), hub.tokens) == (1, 2, 1)


def test_an_older_reading_does_not_undo_a_newer_one(hub: AHub, oak: School) -> None:
    older = hub.client().read(oak.sourced_id, now=timezone.now() - timedelta(minutes=1))
    hub.user()
    refresh(school_id=oak.sourced_id)
    take(older)
    assert names(oak) == ["Kit"]


def test_a_big_school_comes_page_by_page(hub: AHub, oak: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminhub.wellbeing.roster.handed.PAGE", 2)
    for _ in range(5):
        hub.user()
    refresh(school_id=oak.sourced_id)
    assert len(names(oak)) == 5
    assert hub.asked.count("/users") == 3


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx2.ConnectError("no"), TryLater),
        (httpx2.ReadTimeout("slow"), TryLater),
        (httpx2.Response(500), TryLater),
        (httpx2.Response(429), TryLater),
        (httpx2.Response(403, json={}), UnreadableAnswer),
        (httpx2.Response(200, content=b'{"users": [{"sourced'), UnreadableAnswer),
        (httpx2.Response(200, content=b"<html>Kit Ray</html>"), UnreadableAnswer),
        (httpx2.Response(404), NotOurs),
    ],
)
@pytest.mark.parametrize("where", ["token", "users", "enrollments"])
def test_when_the_hub_fails_the_roster_stays_and_says_why(
    hub: AHub, oak: School, trouble: httpx2.Response | Exception, kind: type[RosterTrouble], where: str
) -> None:
    hub.school_class(hub.user())
    refresh(school_id=oak.sourced_id, hub=hub.client())
    hub.fails_with, hub.fails_on = trouble, where
    hub.users = []
    with pytest.raises(kind):
        refresh(school_id=oak.sourced_id, hub=hub.client())
    assert names(oak) == ["Kit"]
    oak.refresh_from_db()
    assert "unchanged" in oak.trouble
    assert "Kit" not in oak.trouble


def test_a_reading_is_bounded_in_time(hub: AHub, oak: School) -> None:
    slow = HubThatTakesTooLong(hub)
    with pytest.raises(TryLater, match="too long"):
        refresh(school_id=oak.sourced_id, hub=slow.client())


class HubThatTakesTooLong(AHub):
    """Leaves no time for a second request."""

    def __init__(self, hub: AHub) -> None:
        super().__init__(school_id=hub.school_id)

    def client(self):  # type: ignore[no-untyped-def]
        client = super().client()
        client._seconds = 0.0
        return client
