"""Our OneRoster against 1EdTech's own OpenAPI of rostering 1.2: every path, every schema, nothing more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from adminhub.hub.outputs.oneroster.credentials import SCOPES
from adminhub.hub.outputs.shown import note_what_is_shown
from adminhub.hub.schools.models import Service
from tests.unit.hub.outputs.conftest import ROOT, ASchool, Roster

CONTRACT = json.loads((Path(__file__).parents[2] / "data" / "oneroster" / "rostering-1.2.json").read_text())
PATHS: dict[str, dict[str, Any]] = CONTRACT["paths"]
TYPES = {
    "string": str,
    "object": dict,
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def faults(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Every way in which a value breaks a schema of the contract."""
    if "$ref" in schema:
        yield from faults(value, CONTRACT["schemas"][schema["$ref"].rsplit("/", 1)[-1]], at)
        return
    if "anyOf" in schema:
        if all(list(faults(value, one, at)) for one in schema["anyOf"]):
            yield f"{at}: fits none of the choices"
        return
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        yield f"{at}: is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not fit {schema['pattern']}"
    if isinstance(value, str):
        yield from _faults_of_text(value, schema.get("format", ""), at)
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{at}: too few items"
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{at}[{number}]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        yield from (f"{at}: lacks {name}" for name in schema.get("required", ()) if name not in value)
        if schema.get("additionalProperties") is False:
            yield from (f"{at}: has {name}" for name in value.keys() - properties.keys())
        for name in value.keys() & properties.keys():
            yield from faults(value[name], properties[name], f"{at}.{name}")


def _faults_of_text(value: str, form: str, at: str) -> Iterator[str]:
    if not value:
        yield f"{at}: is empty"
    try:
        if form == "date":
            date.fromisoformat(value)
        elif form == "date-time":
            if not value.endswith("Z"):
                yield f"{at}: {value!r} is not in UTC"
            datetime.fromisoformat(value)
        elif form == "uri" and not value.startswith(("http://", "https://")):
            yield f"{at}: {value!r} is not absolute"
    except ValueError:
        yield f"{at}: {value!r} is no {form}"


@pytest.fixture
def address_of(oak: ASchool, wellbeing: Service) -> Callable[[str], str]:
    """A school with everything in it, somebody who lost access too; fills in a path of the contract."""
    wellbeing.pupil_fields = [
        "year_group", "birthday", "sex", "middle_names", "legal_names", "upn", "uln", "admission_number", "email"
    ]  # fmt: skip
    wellbeing.save()
    kit = oak.pupil(
        year_group="9", birthday=date(2012, 3, 4), sex="F", upn="A999000123456", uln="1234567890",
        admission_number="004711", email="kit@oak.example", middle_names="Jo", legal_forename="Katherine",
    )  # fmt: skip
    ben = oak.employee(title="Mr", email="ben@oak.example", staff_code="BCA")
    oak.employee(forename="Una", is_teaching=False)
    gone = oak.pupil(forename="Kim")
    english = oak.school_class(kit, ben, gone, year_groups=["9", "10"])
    oak.school_class(kit, kind="registration", name="9R", subject="")
    with oak.scope():
        note_what_is_shown(service=wellbeing, now=kit.created_at)
    oak.withdraw(pupil=gone)
    with oak.scope():
        note_what_is_shown(service=wellbeing, now=kit.created_at)
    known = {
        "orgs": oak.school.sourced_id, "schools": oak.school.sourced_id, "students": kit.sourced_id,
        "demographics": kit.sourced_id, "teachers": ben.sourced_id, "users": ben.sourced_id,
        "classes": english.sourced_id,
    }  # fmt: skip

    def fill_in(path: str, roster: Roster) -> str:
        parts = path.strip("/").split("/")
        for number, part in enumerate(parts):
            if part.startswith("{"):
                parent = parts[number - 1]
                if parent not in known:
                    envelope = next(iter(roster.get(parent).json().values()))
                    known[parent] = envelope[0]["sourcedId"] if envelope else "none"
                parts[number] = str(known[parent])
        return "/".join(parts)

    return fill_in  # type: ignore[return-value]


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_path_answers_in_the_contracts_shape(
    path: str, address_of: Callable[..., str], roster: Roster
) -> None:
    answer = roster.get(address_of(path, roster))
    if path == "/gradingPeriods/{sourcedId}":  # the hub knows none
        assert answer.status_code == 404
        return
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/json"
    assert list(faults(answer.json(), PATHS[path]["schema"])) == []
    if "X-Total-Count" in PATHS[path]["headers"]:
        assert int(answer["X-Total-Count"]) >= 0
        assert 'rel="first"' in answer["Link"]


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_path_takes_exactly_the_scopes_the_contract_names(
    path: str, address_of: Callable[..., str], roster: Roster, token_for: Callable[..., str]
) -> None:
    address = address_of(path, roster)
    (named,) = PATHS[path]["scopes"]
    for scope in SCOPES:
        allowed = Roster(token_for(scope)).get(address).status_code != 403
        assert allowed == (scope in named), (path, scope)


@pytest.mark.parametrize(
    ("path", "status"), [("users?limit=x", 400), ("users/none", 404), ("nowhere", 404), ("a/b/c/d/e/f", 404)]
)
def test_errors_have_the_contracts_body(path: str, status: int, oak: ASchool, roster: Roster) -> None:
    answer = roster.client.get(f"{ROOT}/{path}", headers={"authorization": f"Bearer {roster.token}"})
    assert answer.status_code == status
    assert list(faults(answer.json(), {"$ref": "imsx_StatusInfoDType"})) == []
