"""Invented MIS data for properties, a broker in memory that sends it, and a school's state to compare."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
from hypothesis import strategies as st

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow, Plan
from adminhub.hub.providers.fake import FakeProvider, FakeSchool
from adminhub.hub.providers.values import (
    Candidate,
    ConsentState,
    ConsentWord,
    PulledClass,
    PulledEmployee,
    PulledPupil,
)
from adminhub.hub.roster.models import Employee, Enrolment, MISLink, Pupil, SchoolClass
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.models import SyncRun
from tests.unit.hub.cast import a_school, a_service, a_user, an_employee
from tests.unit.hub.syncs.cast import (
    a_connection,
    a_upn,
    an_mis_class,
    an_mis_employee,
    an_mis_group,
    an_mis_pupil,
    fetched,
    save_everything,
)

DEEPER = int(os.environ.get("HUB_PROPERTIES", "1"))
"""How many times as many examples as usual: HUB_PROPERTIES=20 before a release."""
DAYS = (None, date(2016, 3, 4), date(2016, 4, 3), date(2015, 3, 4))
KINDS = ("employees", "registration_groups", "classes", "pupils")


class World(msgspec.Struct, frozen=True):
    """Everything an MIS holds at one moment."""

    employees: tuple[PulledEmployee, ...] = ()
    registration_groups: tuple[PulledClass, ...] = ()
    classes: tuple[PulledClass, ...] = ()
    pupils: tuple[PulledPupil, ...] = ()

    def shuffled(self, rng: random.Random) -> World:
        """The same data with every list in another order. Main teachers stay first."""
        pupils = [
            msgspec.structs.replace(row, classes=tuple(rng.sample(row.classes, len(row.classes))))
            for row in self.pupils
        ]
        return World(
            employees=tuple(rng.sample(self.employees, len(self.employees))),
            registration_groups=tuple(rng.sample(self.registration_groups, len(self.registration_groups))),
            classes=tuple(rng.sample(self.classes, len(self.classes))),
            pupils=tuple(rng.sample(pupils, len(pupils))),
        )


def a_broker_with(connection: Connection, world: World, *, per_page: int = 200) -> FakeProvider:
    """A broker in memory that lets us read this."""
    school = FakeSchool(
        Candidate(school_id=connection.broker_school_id, name=connection.broker_school_name),
        state=ConsentState(word=ConsentWord.AUDITED),
        **{kind: list(getattr(world, kind)) for kind in KINDS},
    )
    return FakeProvider([school], per_page=per_page)


EVERY_HOLD = frozenset({"shrunk", "new_ids", "renamed"})
"""What a person may confirm; the properties hold all the more for one who confirms everything."""


@dataclass
class Oak:
    """A school of its own, connected, with what its MIS holds."""

    name: str = "Oak Primary School"
    world: World = field(default_factory=World)
    school: School = field(init=False)
    ada: User = field(init=False)
    service: Service = field(init=False)
    connection: Connection = field(init=False)

    def __post_init__(self) -> None:
        self.school = a_school(self.name)
        self.ada = User.objects.filter(email="ada@oak.example").first() or a_user()
        self.service = a_service("Wellbeing", self.school)
        self.connection = a_connection(self.school, self.ada)

    def fetch(self, *, per_page: int = 200, world: World | None = None) -> SyncRun:
        broker = a_broker_with(self.connection, world or self.world, per_page=per_page)
        return fetched(self.connection, self.ada, broker)

    def save(self, run: SyncRun) -> list[Plan]:
        return save_everything(run, self.ada, self.service, confirmed=EVERY_HOLD)

    def sync(self, **how: Any) -> list[Plan]:
        return self.save(self.fetch(**how))


PUPIL_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "forename": st.sampled_from(["Kit", "Kim", "Jo", "Katherine", "Kate"]),
    "surname": st.sampled_from(["Ray", "Rae", "Novák", "Novak"]),
    "birthday": st.sampled_from(DAYS),
    "upn": st.sampled_from(["", *(a_upn(number) for number in range(1, 5))]),
    "year_group": st.sampled_from(["3", "4", "", None]),
    "registration_group": st.sampled_from(["", "Bg1", "Bg2", "Bg9"]),
    "classes": st.lists(st.sampled_from(["Bc1", "Bc2", "Bc9"]), max_size=2, unique=True).map(tuple),
    "email": st.sampled_from([None, "", "kit@oak.example"]),
}
PUPIL = st.builds(
    lambda number, fields: an_mis_pupil(f"p{number}", **fields),
    st.integers(1, 8),
    st.fixed_dictionaries(PUPIL_FIELDS),
)
EMPLOYEE = st.builds(
    lambda number, forename, surname, email: an_mis_employee(
        f"e{number}", forename=forename, surname=surname, email=email
    ),
    st.integers(1, 4),
    st.sampled_from(["Ben", "Mo"]),
    st.sampled_from(["Carter", "Ali"]),
    st.sampled_from(["", "ben@oak.example", "mo@oak.example"]),
)
LEADERS = st.lists(st.sampled_from(["Be1", "Be2", "Be9"]), max_size=2, unique=True).map(tuple)
GROUP = st.builds(
    lambda number, name, leaders: an_mis_group(f"g{number}", name, employees=leaders),
    st.integers(1, 3),
    st.sampled_from(["4A", "4B", "Year 4 A"]),
    LEADERS,
)
CLASS = st.builds(
    lambda number, name, leaders: an_mis_class(f"c{number}", name, subject="Maths", employees=leaders),
    st.integers(1, 3),
    st.sampled_from(["Maths 1", "Maths 2", "Chess"]),
    LEADERS,
)


def _once(rows: st.SearchStrategy[Any], *, at_most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(rows, max_size=at_most, unique_by=lambda row: row.mis_id).map(tuple)


WORLD = st.builds(
    World,
    employees=_once(EMPLOYEE, at_most=3),
    registration_groups=_once(GROUP, at_most=2),
    classes=_once(CLASS, at_most=2),
    pupils=_once(PUPIL, at_most=7),
)
KNOWN = st.lists(
    st.fixed_dictionaries(
        {
            "forename": PUPIL_FIELDS["forename"],
            "surname": PUPIL_FIELDS["surname"],
            "birthday": PUPIL_FIELDS["birthday"],
            "upn": PUPIL_FIELDS["upn"],
        }
    ),
    max_size=4,
)
"""Pupils that the hub knew already."""


def given_known(school: School, known: Iterable[dict[str, Any]]) -> None:
    """Put these pupils, and Ben, into the hub."""
    with school_scope(school.pk):
        Pupil.objects.bulk_create(Pupil(school=school, year_group="4", **fields) for fields in known)
    an_employee(school)


@dataclass(frozen=True)
class Seen:
    """A school's roster without the keys of our tables, so that two schools can be compared."""

    people: list[tuple[Any, ...]]
    classes: list[tuple[Any, ...]]
    links: list[tuple[Any, ...]]
    enrolments: list[tuple[Any, ...]]
    review: list[tuple[Any, ...]]


def seen(school: School) -> Seen:
    """What the school's roster says now, and the statuses of its newest review."""
    with school_scope(school.pk):
        links = {
            (row.kind, row.employee_id or row.pupil_id or row.school_class_id): (
                row.mis_id,
                row.broker_id,
                row.lost_at is not None,
                row.lost_why,
            )
            for row in MISLink.objects.all()
        }
        people = {
            (kind, row.pk): (kind, links.get((kind, row.pk)), *_values(row))
            for kind, model in (("employee", Employee), ("pupil", Pupil))
            for row in model.objects.all()
        }
        classes = {
            row.pk: (row.kind, links.get((row.kind, row.pk)), *_values(row))
            for row in SchoolClass.objects.all()
        }
        enrolments = [
            (
                people["pupil", row.pupil_id] if row.pupil_id else people["employee", row.employee_id],
                classes[row.school_class_id],
                row.is_main_teacher,
                row.ends_on is None,
            )
            for row in Enrolment.objects.all()
        ]
        newest = MatchRow.objects.order_by("-snapshot_id").values_list("snapshot_id", flat=True).first()
        review = MatchRow.objects.filter(snapshot_id=newest).values_list("kind", "status", "is_ticked")
        return Seen(
            people=sorted(people.values(), key=repr),
            classes=sorted(classes.values(), key=repr),
            links=sorted(((kind, *link) for (kind, _), link in links.items()), key=repr),
            enrolments=sorted(enrolments, key=repr),
            review=sorted(review),
        )


def _values(row: Any) -> tuple[Any, ...]:
    ours = {"id", "school_id", "sourced_id", "kind", "created_at", "changed_at", "user_id"}
    return tuple(
        getattr(row, field.attname) for field in row._meta.concrete_fields if field.attname not in ours
    )
