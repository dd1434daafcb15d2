"""A reader finds exactly what an export holds."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from adminhub.mis import Roster
from tests.unit.mis.samples import DATA, FORMATS, read_sample, sample

FIELD = {
    "id": "mis_id",
    "adno": "admission_number",
    "dob": "date_of_birth",
    "nc_year": "year_group",
    "reg_group": "registration_group",
    "enrol_status": "enrolment_status",
    "fsm": "free_school_meals",
    "fsm_ever6": "free_school_meals_ever_6",
    "forename": "preferred_forename",
    "surname": "preferred_surname",
    "tutor_groups": "registration_groups",
}
NOT_OURS = {
    "person",
    "school",
    "schools",
    "kind",
    "guid",
    "family",
    "ethnicity",
    "first_language",
    "former_surname",
    "sen_need",
    "post_code",
    "role_code",
}


def expected(format: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "expected" / f"{format}.json").read_text(encoding="utf-8"))
    return found


def names_tutors(format: str) -> bool:
    return any("tutors" in group for group in expected(format)["reg_groups"])


def plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def ids(found: Iterable[str | None]) -> Counter[str | None]:
    """The ids; those of people without a number of their own count as None."""
    return Counter(None if mis_id is None or mis_id.startswith("name-") else mis_id for mis_id in found)


def differences(truths: list[dict[str, Any]], found: dict[str, Any]) -> list[str]:
    wrong = []
    for truth in truths:
        if truth["id"] is None:  # known by name and birthday only, under a key of our own
            continue
        person = found[truth["id"]]
        for name in truth.keys() - NOT_OURS - {"mis_id"}:
            held = plain(getattr(person, FIELD.get(name, name)))
            if held != truth[name]:
                wrong.append(f"{truth['id']}.{name}: {held!r}, not {truth[name]!r}")
    return wrong


@pytest.mark.parametrize("format", FORMATS)
def test_every_field_of_every_person_is_the_truth(format: str) -> None:
    truth, roster = expected(format), read_sample(sample(format))
    pupils = {pupil.mis_id: pupil for pupil in roster.pupils}
    employees = {person.mis_id: person for person in roster.employees}

    assert roster.format == format
    assert ids(pupils) == ids(pupil["id"] for pupil in truth["pupils"])
    assert ids(employees) == ids(person["id"] for person in truth["staff"])
    assert differences(truth["pupils"], pupils) == []
    assert differences(truth["staff"], employees) == []


@pytest.mark.parametrize("format", FORMATS)
def test_every_membership_and_teaching_link_is_the_truth(format: str) -> None:
    truth, roster = expected(format), read_sample(sample(format))
    counted = roster.classes if roster.registration_counts_as_membership else roster.teaching_classes

    assert memberships(counted) == {tuple(pair) for pair in truth["memberships"]}
    assert teaching(counted) == {tuple(pair) for pair in truth["teaching"]}
    assert {group.mis_id for group in roster.registration_groups} == {
        group["id"] for group in truth["reg_groups"]
    }
    assert {group.mis_id for group in roster.teaching_classes} == {group["id"] for group in truth["classes"]}


@pytest.mark.parametrize("format", [format for format in FORMATS if names_tutors(format)])
def test_every_registration_group_has_its_tutors(format: str) -> None:
    truth, roster = expected(format), read_sample(sample(format))

    assert {group.mis_id: set(group.employees) for group in roster.registration_groups} == {
        group["id"]: set(group["tutors"]) for group in truth["reg_groups"]
    }


@pytest.mark.parametrize("format", FORMATS)
def test_counts_are_the_truth_whatever_the_status(format: str) -> None:
    counts, roster = expected(format)["counts"], read_sample(sample(format))
    statuses = [pupil.status for pupil in roster.pupils]

    assert roster.counts == {
        "pupils": counts["pupils"],
        "employees": counts["staff"],
        "registration_groups": counts["reg_groups"],
        "classes": counts["classes"],
        "memberships": counts["memberships"],
        "teaching_links": counts["teaching_links"],
        "contacts": counts["contacts"],
    }
    assert statuses.count("on_roll") == counts["pupils_on_roll"]
    assert statuses.count("left") == counts["pupils_left"]
    assert statuses.count("future") == counts["pupils_future"]


def test_a_trust_wide_export_keeps_its_schools_apart() -> None:
    roster = read_sample(DATA / "trust-oneroster-1.1.zip")

    assert [school.laestab for school in roster.schools] == ["9992476", "9992507", "9994538"]
    assert all(pupil.schools for pupil in roster.pupils)
    assert any(len(pupil.schools) == 2 for pupil in roster.pupils)
    assert {group.school for group in roster.classes} == {school.mis_id for school in roster.schools}


def test_the_day_decides_who_has_left_and_who_is_still_to_come() -> None:
    from adminhub.mis import read

    early = read([sample("integris")], as_at=date(2025, 9, 1))
    late = read([sample("integris")], as_at=date(2026, 6, 1))

    assert count(early, "left") == 0
    assert count(late, "future") == 0


def count(roster: Roster, status: str) -> int:
    return sum(pupil.status == status for pupil in roster.pupils)


def memberships(groups: Any) -> set[tuple[str, str]]:
    return {(group.mis_id, pupil) for group in groups for pupil in group.pupils}


def teaching(groups: Any) -> set[tuple[str, str]]:
    return {(group.mis_id, person) for group in groups for person in group.employees}
