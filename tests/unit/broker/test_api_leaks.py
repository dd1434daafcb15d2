"""No token sees a school, a record or a field it was not granted: every endpoint against every permission."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from adminhub.broker.api.declarations import Field, Resource, Section
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.apps.actions import hash_of
from adminhub.broker.apps.catalogue import BY_IDENTITY, PERMISSIONS
from adminhub.broker.apps.models import App, Token
from adminhub.broker.consent.access import Choice, Mode
from adminhub.broker.consent.actions import approve, audit, change_access, decline, request_access, revoke
from adminhub.broker.consent.actors import TheBroker
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Contact, ContactPupil, Employee, Group, Pupil
from adminhub.broker.timetables.actions import keep_timetable
from adminhub.mis import Roster
from tests.unit.broker.cast import (
    a_full_roster,
    a_live_consent,
    a_school,
    a_set_up_school,
    a_timetable,
    a_token,
    an_administrator,
    an_app,
    with_records,
)

pytestmark = pytest.mark.django_db

ENDPOINTS = [
    f"{name}?include={','.join(resource.includes)}&per_page=500"
    for name, resource in RESOURCES.items()
    if resource.is_listed
]
OTHERS = ["deletions", f"counts?include={','.join(RESOURCES)}"]


def get(token: str, path: str):
    return Client().get(f"/v1.0/{path}", headers={"Authorization": f"Bearer {token}"})


def declared_permissions(resource: Resource) -> set[str]:
    fields: list[Field] = [*resource.fields, *(f for section in resource.sections for f in section.fields)]
    needed = {field.permission for field in fields if field.permission}
    needed |= {section.permission for section in resource.sections} | {resource.permission}
    for relation in resource.relations:
        needed |= set(relation.needs) | ({relation.listed.permission} if relation.listed else set())
        if relation.beside is not None:
            needed |= {
                relation.beside.permission,
                *(f.permission for f in relation.beside.fields if f.permission),
            }
    for write in (resource.creates, resource.replaces, resource.removes):
        needed |= {write.permission} if write is not None else set()
    return needed


def test_every_permission_named_by_a_resource_is_in_the_catalogue_and_the_other_way_round():
    named = set().union(*(declared_permissions(resource) for resource in RESOURCES.values()))
    assert named <= set(BY_IDENTITY)
    assert set(BY_IDENTITY) <= named


def test_every_include_is_declared():
    for resource in RESOURCES.values():
        for path in resource.includes:
            step, relation = resource, None
            for part in path.split("."):
                if step.holds_none(part) or (relation and relation.lists(part)):
                    break
                relation = step.relation(part)
                assert relation or step.section(part), (resource.name, path)
                step = RESOURCES[relation.resource] if relation else step


@pytest.mark.parametrize("state", ["none", "pending", "approved", "declined", "revoked"])
def test_nothing_is_read_before_a_connection_is_live_or_after_it_has_ended(state):
    school, pat = a_set_up_school()
    app = an_app()
    token = a_token(app)
    if state != "none":
        consent = request_access(app=app, school=school, by=app)
        if state == "approved":
            approve(consent=consent, by=pat)
        if state == "declined":
            decline(consent=consent, by=pat, reason="No")
        if state == "revoked":
            revoke(consent=consent, by=pat)
    for path in [*ENDPOINTS, *OTHERS]:
        response = get(token, f"schools/{school.broker_id}/{path}")
        assert response.status_code == 403, path
        assert b"Kit" not in response.content


def test_a_schools_token_sees_no_other_school():
    oak, pat = a_set_up_school()
    elm, eve = a_set_up_school(name="Elm Park School", urn=199777)
    app = an_app()
    a_live_consent(app, oak, pat)
    a_live_consent(app, elm, eve)
    token = a_token(app, oak)
    for path in ["", *ENDPOINTS, *OTHERS]:
        assert get(token, f"schools/{elm.broker_id}/{path}").status_code == 403, path
        assert get(token, f"schools/{oak.broker_id}/{path}").status_code == 200, path
    assert get(token, f"meta/schools/{elm.broker_id}").status_code == 403
    assert [row["id"] for row in get(token, "schools").json()["data"]] == [oak.broker_id]


def test_another_apps_consent_gives_nothing():
    oak, pat = a_set_up_school()
    a_live_consent(an_app(), oak, pat)
    token = a_token(an_app("Another"))
    for path in [*ENDPOINTS, *OTHERS]:
        assert get(token, f"schools/{oak.broker_id}/{path}").status_code == 403


def test_an_ended_token_sees_nothing_on_its_next_call():
    oak, pat = a_set_up_school()
    app = an_app()
    consent = a_live_consent(app, oak, pat)
    token = a_token(app, oak)
    assert get(token, f"schools/{oak.broker_id}/students").status_code == 200
    revoke(consent=consent, by=pat)
    assert get(token, f"schools/{oak.broker_id}/students").status_code == 401


def test_without_one_permission_its_field_or_include_is_nowhere():
    oak, pat = a_set_up_school(roster=a_full_roster())
    keep_timetable(school=oak, timetable=a_timetable())
    with_records(oak)
    app = an_app()
    consent = a_live_consent(app, oak, pat)
    token = a_token(app)
    for place, permission in enumerate(PERMISSIONS):
        missing = consent.permissions.filter(permission__identity=permission.identity)
        missing.update(is_approved=False)
        check_school(token, oak.broker_id, permission.identity, place)
        missing.update(is_approved=True)


def check_school(token: str, school_id: str, missing: str, place: int) -> None:
    for resource in concerned(missing, place):
        path = f"schools/{school_id}/{resource.name}?include={','.join(resource.includes)}&per_page=500"
        response = get(token, path)
        if is_below(resource.permission, missing):
            assert response.status_code == 403, (missing, resource.name)
            continue
        assert response.status_code == 200, (missing, resource.name)
        assert response.json()["data"], resource.name
        for row in response.json()["data"]:
            check_object(row, resource, missing)
    closed = [resource for resource in RESOURCES.values() if is_below(resource.permission, missing)]
    if closed:
        deleted = get(token, f"schools/{school_id}/deletions").json()["data"]
        assert not {resource.wire_type for resource in closed} & {row["type"] for row in deleted}
        counted = get(token, f"schools/{school_id}/{OTHERS[1]}").json()["data"]
        assert not {resource.name for resource in closed} & set(counted)


def concerned(missing: str, place: int) -> list[Resource]:
    """The resources that name the permission themselves, and one in turn of those that nest what does."""
    listed = [resource for resource in RESOURCES.values() if resource.is_listed]
    own = [one for one in listed if any(is_below(need, missing) for need in declared_permissions(one))]
    nesting = [
        one
        for one in listed
        if one not in own and any(is_below(need, missing) for need in all_permissions(one))
    ]
    return [*own, *(nesting[place % len(nesting) :][:1] if nesting else ())]


def all_permissions(resource: Resource) -> set[str]:
    """Every permission the resource's answer depends on, through its includes too."""
    needed = declared_permissions(resource)
    for path in resource.includes:
        step = resource
        for part in path.split("."):
            relation = step.relation(part)
            if relation is None:
                break
            step = RESOURCES[relation.resource]
            needed |= declared_permissions(step)
    return needed


def is_below(identity: str | None, missing: str) -> bool:
    """The identity is the missing one, or stands on it."""
    while identity is not None:
        if identity == missing:
            return True
        identity = BY_IDENTITY[identity].parent
    return False


def check_object(row: dict, resource: Resource, missing: str) -> None:
    for field in resource.fields:
        if is_below(field.permission, missing):
            assert isinstance(row[field.name], dict) or row[field.name] is None
    for section in resource.sections:
        if is_below(section.permission, missing):
            assert section.name not in row
        elif section.name in row:
            for field in section.fields:
                if is_below(field.permission, missing):
                    assert not any(leaves(row[section.name]["data"][field.name]))
    for relation in resource.relations:
        if any(is_below(need, missing) for need in relation.needs):
            assert not isinstance(row.get(relation.name), dict)
        elif isinstance(row.get(relation.name), dict):
            nested = row[relation.name]["data"]
            for child in nested if isinstance(nested, list) else [nested] if nested else []:
                check_object(child, RESOURCES[relation.resource], missing)
                if relation.beside is not None:
                    check_beside(child, relation.beside, missing)


def check_beside(child: dict, section: Section, missing: str) -> None:
    said = child[section.name]
    if is_below(section.permission, missing):
        assert said is None
        return
    for field in section.fields:
        if is_below(field.permission, missing):
            assert said[field.name] is None


def leaves(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    else:
        yield value


EVERYBODY = {"has_all_pupils": True, "has_all_employees": True}
RULES: dict[str, Any] = {
    "everyone but Kit and Ben": (Mode.EXCLUDE, ("p0", "p5"), ("e0",), (), {}),
    "everyone but Kit's form": (Mode.EXCLUDE, (), (), ("7A",), {}),
    "nobody at all": (Mode.EXCLUDE, (), (), (), EVERYBODY),
    "only Kim": (Mode.ONLY, ("p1",), (), (), {}),
    "only Kim's form, and Ben": (Mode.ONLY, (), ("e0",), ("8A",), {}),
}


@pytest.mark.parametrize("rule", RULES)
def test_nobody_who_is_left_out_is_anywhere(rule):
    """Not in a list or an include, alone, as a bare id, counted, or among the deletions, whoever of them goes."""
    oak, pat = a_set_up_school(roster=a_full_roster())
    keep_timetable(school=oak, timetable=a_timetable())
    with_records(oak)
    app = an_app()
    consent = approve(consent=request_access(app=app, school=oak, by=app), by=pat)
    choice = chosen(oak, *RULES[rule])
    change_access(consent=consent, by=pat, choice=choice, instead_of=None)
    audit(consent=consent, by=TheBroker())
    token = a_token(app)
    hidden = people_of(oak) - people_of(oak, choice)
    assert hidden
    check_hidden(token, oak, hidden)
    for name in ("classes", "groups"):
        path = f"schools/{oak.broker_id}/{name}?has_students=true&include=students"
        assert all(row["students"]["data"] for row in get(token, path).json()["data"])
    left, gone = (a_full_roster_but(*who) for who in (({"p0": "left"}, ()), ({}, ("p0", "p1", "e0", "k0"))))
    for roster in (left, gone):
        publish(school=oak, roster=roster, by=None, is_agreed=True)
        check_hidden(token, oak, hidden)
    change_access(consent=consent, by=pat, choice=Choice(), instead_of=rule_of(consent))
    unseen = hidden - people_of(oak, gone=False)
    deleted = get(token, f"schools/{oak.broker_id}/deletions?per_page=500").content.decode()
    assert not [person for person in unseen if f'"{person}"' in deleted]


def check_hidden(token: str, oak: School, hidden: set[str]) -> None:
    for path in [*ENDPOINTS, *OTHERS]:
        response = get(token, f"schools/{oak.broker_id}/{path}")
        assert response.status_code == 200, path
        assert not [person for person in hidden if f'"{person}"' in response.content.decode()], path
    for person in hidden:
        for name in ("students", "students-leaver", "students-pre-admission", "employees", "contacts"):
            assert get(token, f"schools/{oak.broker_id}/{name}/{person}").status_code == 404
    counted = get(token, f"schools/{oak.broker_id}/{OTHERS[1]}").json()["data"]
    for name, answer in counted.items():
        rows = get(token, f"schools/{oak.broker_id}/{name}?per_page=500").json()["data"]
        assert answer["data"]["count"] == len(rows), name


def a_full_roster_but(statuses: dict[str, str], gone: tuple[str, ...]) -> Roster:
    roster = a_full_roster()
    return replace(
        roster,
        pupils=tuple(
            replace(pupil, status=statuses.get(pupil.mis_id, pupil.status))
            for pupil in roster.pupils
            if pupil.mis_id not in gone
        ),
        employees=tuple(one for one in roster.employees if one.mis_id not in gone),
        contacts=tuple(one for one in roster.contacts if one.mis_id not in gone),
    )


def rule_of(consent: Consent) -> int | None:
    consent.refresh_from_db()
    return consent.access_rule_id


def chosen(school: School, mode: str, pupils: tuple, staff: tuple, forms: tuple, rest: dict) -> Choice:
    with school_scope(school.pk):
        return Choice(
            mode,
            pupils=frozenset(Pupil.objects.filter(mis_id__in=pupils).values_list("pk", flat=True)),
            employees=frozenset(Employee.objects.filter(mis_id__in=staff).values_list("pk", flat=True)),
            groups=frozenset(Group.objects.filter(name__in=forms).values_list("pk", flat=True)),
            **rest,
        )


def people_of(school: School, choice: Choice = Choice(), *, gone: bool = True) -> set[str]:  # noqa: B008 a value
    """Wire ids of all pupils, staff and their contacts whom the choice shares now; without `gone` of those there."""
    with school_scope(school.pk):
        there = Q() if gone else ~Q(status="gone")
        pupils = set(Pupil.objects.filter(choice.shared_pupils(), there).values_list("pk", flat=True))
        staff = set(Employee.objects.filter(choice.shared_employees(), there).values_list("pk", flat=True))
        links = ContactPupil.objects.filter(pupil__in=pupils)
        contacts = set(
            Contact.objects.filter(there, pk__in=links.values("contact_id")).values_list("pk", flat=True)
        )
        return {f"A{number}" for number in pupils | staff | contacts}


DEAD_TOKENS = {
    "none": lambda app, school: "",
    "unknown": lambda app, school: "0" * 40,
    "revoked": lambda app, school: ended(app, revoked_at=timezone.now()),
    "expired": lambda app, school: ended(app, expires_at=timezone.now()),
}


def ended(app: App, **ending: Any) -> str:
    token = a_token(app)
    Token.objects.filter(token_hash=hash_of(token)).update(**ending)
    return token


@pytest.mark.parametrize("kind", DEAD_TOKENS)
def test_a_token_that_is_not_alive_opens_nothing(kind):
    oak, pat = a_set_up_school(pupils=6)
    app = an_app()
    a_live_consent(app, oak, pat)
    token = DEAD_TOKENS[kind](app, oak)
    for path in ["", *ENDPOINTS, *OTHERS]:
        response = get(token, f"schools/{oak.broker_id}/{path}")
        assert response.status_code == 401, path
        assert b"Kit" not in response.content


FILTERS = [
    (name, parameter, declared)
    for name, resource in RESOURCES.items()
    for parameter, declared in resource.filters.items()
    if declared.needs
]


def test_a_filter_on_what_an_app_may_not_read_is_refused():
    oak, pat = a_set_up_school(pupils=6)
    app = an_app()
    consent = a_live_consent(app, oak, pat)
    token = a_token(app)
    for name, parameter, declared in FILTERS:
        path = f"schools/{oak.broker_id}/{name}?{parameter}=2026-09-01"
        for need in declared.needs:
            consent.permissions.update(is_approved=True)
            assert get(token, path).status_code == 200, (name, parameter)
            consent.permissions.filter(permission__identity=need).update(is_approved=False)
            assert get(token, path).status_code == 403, (name, parameter, need)


def test_refusals_never_repeat_what_was_sent():
    school = a_school()
    an_administrator(school)
    token = a_token(an_app())
    response = Client().post(
        f"/v1.0/schools/{school.broker_id}/request-access",
        json.dumps({"contacts": [{"first_name": ["Secretname"]}]}),
        "application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert response.status_code == 422
    assert b"Secretname" not in response.content
