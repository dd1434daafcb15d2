"""The API does what its description says: schemathesis calls every operation of it, well and badly."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as site
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adminhub.broker.api.openapi import document
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.view import View
from adminhub.broker.apps.catalogue import PERMISSIONS
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.timetables.actions import keep_timetable
from tests.unit.broker.cast import (
    a_full_roster,
    a_live_consent,
    a_set_up_school,
    a_timetable,
    a_token,
    an_app,
    with_records,
)

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW = settings(
    max_examples=2,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Calls by WSGI stay in the test's transaction, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def oak() -> tuple[Any, dict[str, str]]:
    """A school with something of every kind, and the headers of an app that may read it all."""
    school, pat = a_set_up_school(roster=a_full_roster())
    keep_timetable(school=school, timetable=a_timetable())
    with_records(school)
    app = an_app()
    a_live_consent(app, school, pat)
    return school, {"Authorization": f"Bearer {a_token(app)}", "Host": "localhost"}


def an_id(school: Any, address: str) -> str:
    """Of one record of this list; "A1000000001" where there is none."""
    name = address.removeprefix("/schools/{school_id}/").removesuffix("/{id}")
    resource = RESOURCES.get(name)
    if resource is None:
        return "A1000000001"
    with school_scope(school.pk):
        rows = View(school, frozenset(permission.identity for permission in PERMISSIONS)).served(resource)
        first = rows.first()
    return "A1000000001" if first is None else f"A{first.pk}"


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_call_breaks_the_api_or_gets_an_answer_that_is_not_described(oak, mode):
    school, headers = oak
    described = schemathesis.openapi.from_wsgi("/v1.0/openapi.json", get_wsgi_application())
    asked = set()
    for found in described.get_all_operations():
        operation = found.ok()
        place = {"school_id": school.broker_id, "id": an_id(school, operation.path)}
        strategy = operation.as_strategy(
            mode, path_parameters={name: place[name] for name in place if f"{{{name}}}" in operation.path}
        )

        @FEW
        @given(case=strategy)
        def answers_as_described(case: Any) -> None:
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS)
            asked.add(case.operation.label)

        if operation.method != "delete" and operation.definition.raw["operationId"] != "revoke_access":
            answers_as_described()
    assert len(asked) > 2 * len([name for name in RESOURCES if RESOURCES[name].is_listed])


def test_every_field_section_and_include_of_a_full_answer_is_described(oak):
    school, headers = oak
    schemas = document(site.BROKER_URL)["components"]["schemas"]
    for name, resource in RESOURCES.items():
        if not resource.is_listed:
            continue
        path = f"/v1.0/schools/{school.broker_id}/{name}?include={','.join(resource.includes)}"
        for row in Client().get(path, headers=headers).json()["data"]:
            schema = schemas["".join(part.capitalize() for part in name.replace("/", "-").split("-"))]
            assert set(row) <= set(schema["properties"]), name
            assert set(schema["required"]) <= set(row), name


def test_anybody_may_read_the_description_and_the_reference():
    described = Client().get("/v1.0/openapi.json")
    assert described.json()["openapi"] == "3.1.0"
    page = Client().get("/v1.0/reference")
    assert page.status_code == 200
    assert "students.education_details.upn.read" in page.content.decode()
