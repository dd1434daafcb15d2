"""What holds whatever the MIS sends, sync after sync."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import PlanState
from adminhub.hub.roster.models import Employee, Enrolment, MISLink, Pupil, SchoolClass
from adminhub.hub.schools.models import School, Service, User
from tests.unit.hub.cast import a_pupil
from tests.unit.hub.syncs.cast import (
    Sends,
    a_upn,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save_everything,
)

pytestmark = pytest.mark.django_db
DAYS = (None, date(2016, 3, 4), date(2016, 4, 3))
PUPIL = st.builds(
    lambda number, forename, surname, day, upn, group, classes: an_mis_pupil(
        f"p{number}",
        forename=forename,
        surname=surname,
        birthday=day,
        upn=a_upn(upn) if upn else None,
        registration_group=group,
        classes=tuple(classes),
    ),
    st.integers(1, 6),
    st.sampled_from(["Kit", "Kim", "Jo"]),
    st.sampled_from(["Ray", "Rae"]),
    st.sampled_from(DAYS),
    st.integers(0, 4),
    st.sampled_from(["", "Bg1", "Bg2", "Bg9"]),
    st.lists(st.sampled_from(["Bc1", "Bc2"]), max_size=2, unique=True),
)
SENT = st.fixed_dictionaries(
    {
        "staff": st.lists(
            st.builds(lambda n, s: an_mis_employee(f"e{n}", surname=s), st.integers(1, 3), st.just("Ali")),
            max_size=3,
        ),
        "groups": st.lists(
            st.builds(lambda n: an_mis_group(f"g{n}", f"4{n}", employees=("Be1",)), st.integers(1, 2)),
            max_size=2,
        ),
        "teaching": st.lists(
            st.builds(lambda n: an_mis_class(f"c{n}", f"Maths {n}"), st.integers(1, 2)), max_size=2
        ),
        "children": st.lists(PUPIL, max_size=5),
    }
)


def how_many() -> tuple[int, ...]:
    return (
        Employee.objects.count(),
        Pupil.objects.count(),
        SchoolClass.objects.count(),
        Enrolment.objects.count(),
    )


@given(st.lists(SENT, min_size=1, max_size=3))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_sync_ever_deletes_and_the_same_data_twice_changes_nothing(
    oak: School, ada: User, wellbeing: Service, connection: Connection, sent: list[dict[str, Any]]
) -> None:
    a_pupil(oak, birthday=DAYS[1])
    for said in sent:
        with school_scope(oak.pk):
            before = how_many()
        save_everything(
            fetched(connection, ada, Sends(**said)), ada, wellbeing, confirmed=frozenset({"shrunk"})
        )
        plans = save_everything(
            fetched(connection, ada, Sends(**said)), ada, wellbeing, confirmed=frozenset({"shrunk"})
        )
        with school_scope(oak.pk):
            assert all(now >= then for now, then in zip(how_many(), before, strict=True))
            links = list(MISLink.objects.values_list("kind", "mis_id"))
            assert len(links) == len(set(links))
        for plan in plans:
            if plan.state == PlanState.APPLIED:
                assert set(plan.counts) == {"may_match_left", "new_left"}
