"""No token sees a school, a record or a field it was not granted: every endpoint against every permission."""

import json

import pytest
from django.test import Client

from adminhub.broker.api.declarations import Field, Resource
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.apps.catalogue import BY_IDENTITY, PERMISSIONS
from adminhub.broker.consent.actions import approve, decline, request_access, revoke
from tests.unit.broker.cast import (
    a_live_consent,
    a_school,
    a_set_up_school,
    a_token,
    an_administrator,
    an_app,
)

pytestmark = pytest.mark.django_db

ENDPOINTS = [
    f"{name}?include={','.join(resource.includes)}&per_page=500" for name, resource in RESOURCES.items()
]
OTHERS = ["deletions", "counts?include=students,employees,classes,groups"]


def get(token: str, path: str):
    return Client().get(f"/v1.0/{path}", headers={"Authorization": f"Bearer {token}"})


def declared_permissions(resource: Resource) -> set[str]:
    fields: list[Field] = [*resource.fields, *(f for section in resource.sections for f in section.fields)]
    needed = {field.permission for field in fields if field.permission}
    needed |= {section.permission for section in resource.sections} | {resource.permission}
    return needed | {need for relation in resource.relations for need in relation.needs}


def test_every_permission_named_by_a_resource_is_in_the_catalogue_and_the_other_way_round():
    named = set().union(*(declared_permissions(resource) for resource in RESOURCES.values()))
    assert named <= set(BY_IDENTITY)
    assert set(BY_IDENTITY) <= named


def test_every_include_is_declared():
    for resource in RESOURCES.values():
        for path in resource.includes:
            step = resource
            for part in path.split("."):
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
    oak, pat = a_set_up_school(pupils=6)
    app = an_app()
    consent = a_live_consent(app, oak, pat)
    token = a_token(app)
    for permission in PERMISSIONS:
        consent.permissions.update(is_approved=True)
        consent.permissions.filter(permission__identity=permission.identity).update(is_approved=False)
        check_school(token, oak.broker_id, permission.identity)


def check_school(token: str, school_id: str, missing: str) -> None:
    for name, resource in RESOURCES.items():
        path = f"schools/{school_id}/{name}?include={','.join(resource.includes)}&per_page=500"
        response = get(token, path)
        if is_below(resource.permission, missing):
            assert response.status_code == 403, (missing, name)
            continue
        assert response.status_code == 200, (missing, name)
        for row in response.json()["data"]:
            check_object(row, resource, missing)
    closed = [resource for resource in RESOURCES.values() if is_below(resource.permission, missing)]
    deleted = get(token, f"schools/{school_id}/deletions").json()["data"]
    assert not {resource.wire_type for resource in closed} & {row["type"] for row in deleted}
    counted = get(token, f"schools/{school_id}/counts?include=students,employees,classes,groups").json()[
        "data"
    ]
    assert not {resource.name for resource in closed} & set(counted)


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


def leaves(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    else:
        yield value


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
