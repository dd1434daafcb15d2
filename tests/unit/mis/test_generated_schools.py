"""The demo's schools are invented, repeatable, and as untidy as real ones."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

from adminhub.mis import School
from adminhub.mis.identifiers import is_temporary_upn, is_valid_upn
from adminhub.runtime.demo.exports import HUB_COLUMNS, Generated, NamedEmployee, generate

DAY = date(2026, 3, 2)
SCHOOL = School(mis_id="9994001", name="Oak Hill School", laestab="9994001")


def oak_hill(folder: Path, *, pupils: int = 600, years_later: int = 0) -> Generated:
    return generate(
        folder,
        seed=7,
        pupils=pupils,
        kind="secondary",
        format="sims",
        school=SCHOOL,
        domain="oakhill.example",
        as_at=DAY,
        named=[NamedEmployee(title="Mr", forename="Ben", surname="Carter", email="ben@oakhill.example")],
        years_later=years_later,
    )


def hub_rows(generated: Generated) -> list[dict[str, str]]:
    with generated.hub_roster.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    one, two = oak_hill(tmp_path / "one"), oak_hill(tmp_path / "two")

    assert one.roster == two.roster
    assert one.hub_roster.read_bytes() == two.hub_roster.read_bytes()
    for file in one.export.iterdir():
        assert file.read_bytes() == (two.export / file.name).read_bytes()


def test_hard_cases_are_in_every_school(tmp_path: Path) -> None:
    pupils = oak_hill(tmp_path).roster.pupils
    names = Counter((pupil.legal_forename, pupil.legal_surname) for pupil in pupils)
    twins = [
        pupil for pupil in pupils if pupil.legal_surname == "Ray" and pupil.legal_forename in ("Kit", "Kim")
    ]

    assert all(is_valid_upn(pupil.upn) for pupil in pupils if pupil.upn)
    assert any(pupil.upn and is_temporary_upn(pupil.upn) for pupil in pupils)
    assert any(pupil.upn is None for pupil in pupils)
    assert names.most_common(1)[0][1] > 1
    assert len({twin.date_of_birth for twin in twins}) == 1
    assert ("Jo", "Novák") in names
    assert any(pupil.status == "left" for pupil in pupils)


def test_named_people_work_there(tmp_path: Path) -> None:
    employees = oak_hill(tmp_path).roster.employees

    assert [person.legal_surname for person in employees if person.email == "ben@oakhill.example"] == [
        "Carter"
    ]


def test_the_hub_knew_most_of_them_imperfectly(tmp_path: Path) -> None:
    generated = oak_hill(tmp_path)
    rows = hub_rows(generated)
    known = [row for row in rows if row["kind"] == "pupil"]
    upns = {pupil.upn for pupil in generated.roster.pupils}
    teachers = [person for person in generated.roster.employees if person.teaching]
    known_teachers = [row for row in rows if row["kind"] == "employee"]

    assert tuple(rows[0]) == HUB_COLUMNS
    assert 0.75 < len(known) / len(generated.roster.pupils) < 0.95
    assert 0.4 < len(known_teachers) / len(teachers) < 0.85
    assert any(not row["upn"] for row in known)
    assert any(row["upn"] and row["upn"] not in upns for row in known)
    assert any(row["registration_group"].endswith("(old)") for row in known)


def test_a_year_later_everybody_has_moved_up_and_the_same_people_are_the_same(tmp_path: Path) -> None:
    now = oak_hill(tmp_path / "now").roster
    later = oak_hill(tmp_path / "later", years_later=1).roster
    before = {pupil.mis_id: pupil for pupil in now.pupils}
    after = {pupil.mis_id: pupil for pupil in later.pupils}
    stayed = [one for one in after.values() if one.status == "on_roll" and one.mis_id in before]
    moved = [one for one in stayed if before[one.mis_id].status == "on_roll"]

    assert all(int(one.year_group or 0) == int(before[one.mis_id].year_group or 0) + 1 for one in moved)
    assert all(one.upn == before[one.mis_id].upn for one in moved)
    assert {one.year_group for one in after.values() if one.mis_id not in before} == {"7", "13"}
    assert {before[one.mis_id].year_group for one in after.values() if one.status == "left"} >= {"13"}
    upns = [one.upn for one in after.values() if one.upn]
    assert len(upns) == len(set(upns))

    classes = {one.name: set(one.pupils) for one in now.classes if one.kind == "registration"}
    eight = next(set(one.pupils) for one in later.classes if one.name == "8A" and one.kind == "registration")
    seven = next(set(one.pupils) for one in later.classes if one.name == "7A" and one.kind == "registration")
    assert len(classes["7A"] & eight) > 0.8 * len(classes["7A"])
    assert not classes["7A"] & seven


def test_on_the_first_of_september_nobody_has_started_before_their_first_day(tmp_path: Path) -> None:
    day = date(2026, 9, 1)
    school = generate(
        tmp_path,
        seed=0,
        pupils=20,
        kind="secondary",
        format="sims",
        school=SCHOOL,
        domain="oakhill.example",
        as_at=day,
    ).roster

    assert all(
        pupil.admission_date <= day
        for pupil in school.pupils
        if pupil.admission_date and pupil.status == "on_roll"
    )
