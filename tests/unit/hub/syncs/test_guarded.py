"""What the guards are told of a sync, and what they keep from being concluded."""

from __future__ import annotations

import pytest
import time_machine

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import Plan, PlanState
from adminhub.hub.roster.models import Kind, MISLink
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.queries import settings_of
from tests.unit.hub.syncs.cast import (
    Sends,
    a_upn,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save,
    save_everything,
)

pytestmark = pytest.mark.django_db


def a_mis(present: int = 40, **changes: object) -> Sends:
    """Forty pupils in two registration groups, of whom the first so many are sent."""
    children = [
        an_mis_pupil(f"p{n}", forename=f"Kit{n}", upn=a_upn(n), registration_group="Bg1" if n < 30 else "Bg2")
        for n in range(present)
    ]
    values = {"groups": [an_mis_group("g1", "4A"), an_mis_group("g2", "4B")], "children": children}
    return Sends(**{**values, **changes})  # type: ignore[arg-type]


def pupils_of(run_of: Sends, connection: Connection, ada: User, wellbeing: Service) -> Plan:
    return save(fetched(connection, ada, run_of), Kind.PUPIL, ada, wellbeing)


def codes(plan: Plan) -> list[str]:
    return [hold["code"] for hold in plan.holds]


def test_a_record_that_could_not_be_taken_has_not_left(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, a_mis()), ada, wellbeing)
    children = list(a_mis().children)
    children[0] = an_mis_pupil("p0", forename="", surname=" ", upn=a_upn(0))
    plan = pupils_of(a_mis(children=children), connection, ada, wellbeing)
    assert plan.counts.get("lose", 0) == 0
    with school_scope(oak.pk):
        assert not MISLink.objects.filter(lost_at__isnull=False).exists()


def test_a_registration_group_that_vanishes_whole_waits_for_a_person(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    with time_machine.travel("2026-11-25 09:00+00:00"):
        save_everything(fetched(connection, ada, a_mis()), ada, wellbeing)
        plan = pupils_of(a_mis(present=30), connection, ada, wellbeing)
        assert plan.state == PlanState.HELD
        assert codes(plan) == ["shrunk"]
        with school_scope(oak.pk):
            settings = settings_of()
            settings.thresholds = {"leavers": 50}
            settings.save()
        plan = pupils_of(a_mis(present=30), connection, ada, wellbeing)
        assert codes(plan) == ["part_shrunk"]
        assert "10 of 10 in 4B are missing" in plan.holds[0]["message"]


def test_a_registration_group_that_shares_its_name_with_a_larger_one_is_counted_by_itself(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    groups = [an_mis_group("g1", "Hub"), an_mis_group("g2", "Hub")]
    with time_machine.travel("2026-11-25 09:00+00:00"):
        save_everything(fetched(connection, ada, a_mis(groups=groups)), ada, wellbeing)
        with school_scope(oak.pk):
            settings = settings_of()
            settings.thresholds = {"leavers": 50, "part": 60}
            settings.save()
        plan = pupils_of(a_mis(present=30, groups=groups), connection, ada, wellbeing)
    assert codes(plan) == ["part_shrunk"]
    assert "10 of 10 in Hub are missing" in plan.holds[0]["message"]


def test_pupils_without_any_registration_group_are_remarked_before_anything_is_saved(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, a_mis(groups=[]))
    plan = save(run, Kind.REGISTRATION, ada, wellbeing)
    assert (plan.state, codes(plan)) == (PlanState.HELD, ["none_sent"])
    plan = save(run, Kind.REGISTRATION, ada, wellbeing, confirmed=frozenset({"none_sent"}))
    assert plan.state == PlanState.APPLIED


def test_pupils_without_any_subject_class_are_remarked_until_somebody_says_that_there_are_none(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    run = fetched(connection, ada, a_mis(teaching=[]))
    assert codes(save(run, Kind.TEACHING, ada, wellbeing)) == ["none_sent"]
    plan = save(run, Kind.TEACHING, ada, wellbeing, confirmed=frozenset({"none_sent"}))
    assert plan.state == PlanState.APPLIED
    again = save(fetched(connection, ada, a_mis(teaching=[])), Kind.TEACHING, ada, wellbeing)
    assert (again.state, codes(again)) == (PlanState.APPLIED, [])


def test_another_mis_is_not_taken_for_leavers_and_joiners(
    oak: School, ada: User, wellbeing: Service, connection: Connection
) -> None:
    save_everything(fetched(connection, ada, a_mis()), ada, wellbeing)
    strangers = [an_mis_pupil(f"q{n}", forename=f"Zoe{n}", surname="Quill") for n in range(40)]
    plan = pupils_of(a_mis(children=strangers), connection, ada, wellbeing)
    assert codes(plan) == ["other_ids"]
    with school_scope(oak.pk):
        assert MISLink.objects.filter(kind=Kind.PUPIL, lost_at=None).count() == 40
