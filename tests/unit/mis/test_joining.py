"""Several exports of one school are one roster, by a stated order, and nobody is joined on a maybe."""

import csv
import shutil
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adminhub.mis import Employee, Pupil, Refused, Roster, SchoolClass, read
from adminhub.mis.identifiers import upn_check_letter
from adminhub.mis.joining import join
from tests.unit.mis.samples import AS_AT, FORMATS, read_sample, sample

IMRAN = "D999219722009"
STRANGER = upn_check_letter("801200001001") + "801200001001"
KATIE = "9625534"


def together(folder: Path, *formats: str) -> Path:
    """These samples in one folder, as somebody would upload them."""
    for format in formats:
        shutil.copytree(sample(format), folder, dirs_exist_ok=True)
    return folder


def with_classes(folder: Path, *rows: tuple[str, str, str]) -> Path:
    with (folder / "our classes.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("UPN", "Class", "Teacher Number"), *rows])
    return folder


def a_roster(format: str, **parts: object) -> Roster:
    holds = {"holds_pupil": frozenset({"upn", "email"}), "holds_employee": frozenset({"email"})}
    return Roster(format=format, as_at=AS_AT, tables={"pupils": f"{format}.csv"}, **{**holds, **parts})  # type: ignore[arg-type]


def test_people_from_a_ctf_staff_from_the_workforce_census_and_classes_from_a_spreadsheet(
    tmp_path: Path,
) -> None:
    folder = with_classes(
        together(tmp_path, "ctf", "workforce"), (IMRAN, "Maths 1", KATIE), ("", "Maths 1", KATIE)
    )
    roster = read_sample(folder)

    assert roster.format == "ctf+workforce+class-list"
    assert roster.pupils == read_sample(sample("ctf")).pupils
    assert roster.employees == read_sample(sample("workforce")).employees
    assert [(group.name, group.pupils, group.employees) for group in roster.classes] == [
        ("Maths 1", (IMRAN,), (KATIE,))
    ]
    assert roster.rejects == ()


def test_a_registration_group_in_the_list_of_classes_is_its_pupils_own(tmp_path: Path) -> None:
    folder = together(tmp_path, "ctf")
    (folder / "forms.csv").write_text(f"UPN,Class,Type\n{IMRAN},Class 5,Registration\n")

    roster = read_sample(folder)
    assert next(pupil for pupil in roster.pupils if pupil.mis_id == IMRAN).registration_group == "Class 5"


def test_whom_the_list_of_classes_names_and_no_file_lists_is_counted_and_not_repeated(tmp_path: Path) -> None:
    folder = with_classes(
        together(tmp_path, "scholarpack"), (IMRAN, "Maths 1", ""), (STRANGER, "Maths 1", "")
    )
    roster = read_sample(folder)

    assert [(reject.record, reject.reason) for reject in roster.rejects] == [
        ("class Maths 1", "1 of its pupils could not be found among the people.")
    ]


def test_a_list_of_classes_alone_says_what_else_is_needed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no file of the people"):
        read_sample(with_classes(tmp_path, (IMRAN, "Maths 1", "")))


def test_the_export_of_the_mis_says_who_there_is_and_the_census_fills_what_it_cannot_hold(
    tmp_path: Path,
) -> None:
    alone, census = read_sample(sample("scholarpack")), read_sample(sample("census"))
    both = read_sample(together(tmp_path, "scholarpack", "census"))
    known = {pupil.upn: pupil for pupil in census.pupils if pupil.upn}
    filled = [pupil for pupil in both.pupils if pupil.upn in known]

    assert [(pupil.mis_id, pupil.legal_surname) for pupil in both.pupils] == [
        (pupil.mis_id, pupil.legal_surname) for pupil in alone.pupils
    ]
    assert filled
    assert [pupil.service_child for pupil in filled] == [known[pupil.upn].service_child for pupil in filled]
    assert {pupil.service_child for pupil in both.pupils if pupil.upn not in known} == {None}
    assert not both.personal_ids


def test_pupils_in_one_file_only_are_remarked_on_once(tmp_path: Path) -> None:
    both = read_sample(together(tmp_path, "scholarpack", "census"))
    listed = {pupil.upn for pupil in read_sample(sample("scholarpack")).pupils if pupil.upn}
    alone = [p for p in read_sample(sample("census")).pupils if p.status == "on_roll" and p.upn not in listed]
    said = f"{len(alone)} of its pupils could not be found in pupils.csv and were left out."

    assert [issue.message for issue in both.issues].count(said) == 1


def test_files_of_two_schools_are_never_joined(tmp_path: Path) -> None:
    folder = together(tmp_path, "ctf", "workforce")
    file = next(folder.glob("*SWF*"))
    file.rename(folder / "workforce.xml")
    other = (folder / "workforce.xml").read_text(encoding="utf-8").replace("<Estab>2197<", "<Estab>4999<")
    (folder / "workforce.xml").write_text(other, encoding="utf-8")

    with pytest.raises(Refused, match="9994999"):
        read_sample(folder)


def test_a_broken_file_beside_sound_ones_is_not_passed_over(tmp_path: Path) -> None:
    folder = together(tmp_path, "ctf", "workforce")
    file = next(folder.glob("*SWF*"))
    file.write_bytes(file.read_bytes()[:-200])

    with pytest.raises(Refused, match="SWF"):
        read_sample(folder)


def test_one_format_can_be_picked_out_of_several(tmp_path: Path) -> None:
    assert read([together(tmp_path, "ctf", "workforce")], format="ctf", as_at=AS_AT).format == "ctf"


BEN = Employee(mis_id="1", legal_forename="Ben", legal_surname="Carter", date_of_birth=date(1980, 1, 2))


@pytest.mark.parametrize(
    ("mis", "census", "is_same"),
    [
        (replace(BEN, teacher_number=KATIE), replace(BEN, teacher_number=KATIE, legal_surname="Novak"), True),
        (
            replace(BEN, email="Ben@oak.example"),
            replace(BEN, email="ben@oak.example", date_of_birth=None),
            True,
        ),
        (BEN, BEN, True),
        (replace(BEN, date_of_birth=None), BEN, False),
        (BEN, replace(BEN, date_of_birth=date(1980, 2, 1)), False),
        (BEN, replace(BEN, legal_forename="Benjamin"), False),
    ],
    ids=["number", "e-mail", "name and birthday", "name only", "other birthday", "other name"],
)
def test_staff_are_joined_by_number_by_email_or_by_name_and_birthday_together(
    mis: Employee, census: Employee, is_same: bool
) -> None:
    found = join(
        [
            a_roster("sims", employees=(replace(mis, mis_id="s1"),)),
            a_roster(
                "workforce", employees=(replace(census, role="TCH"),), holds_employee=frozenset({"role"})
            ),
        ]
    ).employees

    assert [person.role for person in found] == ["TCH" if is_same else None]


def test_two_people_who_share_an_email_are_nobodys_match() -> None:
    both = tuple(Employee(mis_id=mis_id, email="office@oak.example") for mis_id in ("1", "2"))
    census = (Employee(mis_id="x", email="office@oak.example", role="ADMR"),)
    found = join(
        [
            a_roster("sims", employees=both),
            a_roster("workforce", employees=census, holds_employee=frozenset({"role"})),
        ]
    )

    assert {person.role for person in found.employees} == {None}


pupils = st.lists(
    st.builds(Pupil, mis_id=st.integers(0, 99).map(str), upn=st.sampled_from(["A", "B", "C", None])),
    unique_by=lambda pupil: pupil.mis_id,
)


@settings(max_examples=200, deadline=None)
@given(mis=pupils, ctf=pupils, members=st.sets(st.sampled_from(["A", "B", "C"])))
def test_joining_adds_nobody_loses_nobody_and_puts_nobody_in_a_class_for_another(
    mis: list[Pupil], ctf: list[Pupil], members: set[str]
) -> None:
    listed = tuple(Pupil(mis_id=upn, upn=upn) for upn in sorted(members))
    group = SchoolClass(mis_id="c", name="c", kind="teaching", pupils=tuple(sorted(members)))
    joined = join(
        [
            a_roster("class-list", pupils=listed, classes=(group,)),
            a_roster("ctf", pupils=tuple(ctf)),
            a_roster("sims", pupils=tuple(mis)),
        ]
    )
    main = mis or ctf or list(listed)

    assert [pupil.mis_id for pupil in joined.pupils] == [pupil.mis_id for pupil in main]
    by_id = {pupil.mis_id: pupil for pupil in main}
    assert {by_id[mis_id].upn for group in joined.classes for mis_id in group.pupils} <= members


@pytest.mark.parametrize("format", [format for format in FORMATS if not format.startswith("oneroster")])
def test_the_files_of_any_format_may_come_in_one_zip(tmp_path: Path, format: str) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(sample(format).iterdir()):
            archive.write(file, f"{format}/{file.name}")
    zipped, loose = read_sample(tmp_path / "export.zip"), read_sample(sample(format))

    assert zipped.format == format
    assert (zipped.pupils, zipped.employees, zipped.classes) == (loose.pupils, loose.employees, loose.classes)
