"""The hub's cast: Ada of Oak and Cal of Elm, their schools and services, and a broker in memory that knows both."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.providers.fake import FakeProvider, FakeSchool
from adminhub.hub.providers.values import Address, Candidate
from adminhub.hub.roster.models import Employee, Pupil
from adminhub.hub.schools.models import Role, RoleGrant, School, Service, Subscription, User

PASSWORD = "correct horse battery staple"
OAK_AT_BROKER = "A1000000001"


def a_school(name: str = "Oak Primary School", **fields: Any) -> School:
    number = School.objects.count() + 1
    values: dict[str, Any] = {
        "centre_id": 1000 + number,
        "sourced_id": uuid4(),
        "name": name,
        "urn": str(999_000 + number),
        "laestab": str(9_992_000 + number),
        "address_line_1": "1 Acorn Lane",
        "town": "Northbridge",
        "postcode": f"ZZ{number} 4OH",
    }
    return School.objects.create(**{**values, **fields})


def a_service(name: str = "Wellbeing", *schools: School) -> Service:
    service, _ = Service.objects.get_or_create(slug=name.lower().replace(" ", "-"), defaults={"name": name})
    for school in schools:
        Subscription.objects.get_or_create(school=school, service=service)
    return service


def a_user(name: str = "Ada", **fields: Any) -> User:
    values = {"first_name": name, "last_name": "Okafor"}
    return User.objects.create_user(f"{name.lower()}@oak.example", PASSWORD, **{**values, **fields})


def a_grant(user: User, school: School, service: Service, role: Role = Role.ACCESS_COORDINATOR) -> RoleGrant:
    return RoleGrant.objects.create(user=user, school=school, service=service, role=role)


def a_pupil(school: School, **fields: Any) -> Pupil:
    with school_scope(school.pk):
        values: dict[str, Any] = {"forename": "Kit", "surname": "Ray", "year_group": "4"}
        return Pupil.objects.create(school=school, **{**values, **fields})


def an_employee(school: School, **fields: Any) -> Employee:
    with school_scope(school.pk):
        values: dict[str, Any] = {"forename": "Ben", "surname": "Carter", "email": "ben@oak.example"}
        return Employee.objects.create(school=school, **{**values, **fields})


def a_candidate(school: School, school_id: str = OAK_AT_BROKER, **fields: Any) -> Candidate:
    """The school as the broker has it."""
    values: dict[str, Any] = {
        "name": school.name,
        "urn": school.urn,
        "laestab": school.laestab,
        "mis": "SIMS",
        "address": Address(line_1=school.address_line_1, town=school.town, postcode=school.postcode),
    }
    return Candidate(school_id=school_id, **{**values, **fields})


def a_broker(school: School, **fields: Any) -> FakeProvider:
    """A broker that knows this school, set up unless told otherwise."""
    return FakeProvider([FakeSchool(a_candidate(school), **fields)])


def connection_of(school: School) -> Connection:
    """The school's newest connection."""
    with school_scope(school.pk):
        return Connection.objects.select_related("school").latest("pk")


def events_of(connection: Connection) -> list[str]:
    """What has happened to it, oldest first."""
    with school_scope(connection.school_id):
        return list(connection.events.values_list("kind", flat=True))
