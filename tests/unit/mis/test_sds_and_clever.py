"""The tables of Clever and of Microsoft School Data Sync: American dates, and tables that look like another's."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adminhub.mis import Refused, Roster, read
from tests.unit.mis.samples import AS_AT, read_sample, replaced, sample, with_fault

US_HEADINGS = {
    "School.csv": {"DfE Number": "SIS ID"},
    "Section.csv": {"ID": "SIS ID", "School DfE Number": "School SIS ID"},
    "Student.csv": {"ID": "SIS ID", "School DfE Number": "School SIS ID"},
    "Teacher.csv": {"ID": "SIS ID", "School DfE Number": "School SIS ID"},
    "StudentEnrollment.csv": {"Section ID": "Section SIS ID", "ID": "SIS ID"},
    "TeacherRoster.csv": {"Section ID": "Section SIS ID", "ID": "SIS ID"},
}


def odd(tmp_path: Path, format: str, file: str, change: Callable[[bytes], bytes]) -> Roster:
    return read_sample(with_fault(tmp_path, format, file, change))


def in_us_headings(tmp_path: Path) -> Path:
    copy = tmp_path / "sds-1"
    shutil.copytree(sample("sds-1-uk"), copy)
    for name, headings in US_HEADINGS.items():
        head, _, body = (copy / name).read_text(encoding="utf-8").partition("\n")
        cells = [headings.get(cell, cell) for cell in head.rstrip("\r").split(",")]
        (copy / name).write_text(",".join(cells) + "\n" + body, encoding="utf-8", newline="")
    return copy


def day_first(content: bytes) -> bytes:
    """Every 8/26/2018 turned into 26/8/2018."""
    lines = content.decode().splitlines()
    for place, line in enumerate(lines[1:], start=1):
        cells = line.split(",")
        for number, cell in enumerate(cells):
            month, _, rest = cell.partition("/")
            day, slash, year = rest.partition("/")
            if slash:
                cells[number] = f"{day}/{month}/{year}"
        lines[place] = ",".join(cells)
    return "\n".join(lines).encode()


def test_the_american_headings_of_sds_1_mean_the_same(tmp_path: Path) -> None:
    american = read_sample(in_us_headings(tmp_path))

    assert american.format == "sds-1"
    assert american.pupils == read_sample(sample("sds-1-uk")).pupils
    assert american.classes == read_sample(sample("sds-1-uk")).classes


def test_teachers_of_whom_nothing_more_is_said_than_must_be_are_not_taken_for_pupils(tmp_path: Path) -> None:
    def shorten(content: bytes) -> bytes:
        return b"\n".join(b",".join(line.split(b",")[:5]) for line in content.splitlines())

    roster = odd(tmp_path, "sds-1-uk", "Teacher.csv", shorten)

    assert roster.pupils == read_sample(sample("sds-1-uk")).pupils
    assert roster.counts["employees"] == read_sample(sample("sds-1-uk")).counts["employees"]


@pytest.mark.parametrize(
    ("format", "file", "column"),
    [("sds-1-uk", "Student.csv", "Birthdate"), ("clever", "students.csv", "DOB")],
)
def test_birthdays_with_the_day_in_front_are_refused_and_never_turned_round_by_guess(
    tmp_path: Path, format: str, file: str, column: str
) -> None:
    with pytest.raises(Refused) as refusal:
        odd(tmp_path, format, file, day_first)

    assert file in str(refusal.value)
    assert column in str(refusal.value)


def test_one_birthday_with_the_day_in_front_is_enough_to_trust_none(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="line 2"):
        odd(tmp_path, "clever", "students.csv", replaced("8/26/2018", "26/8/2018"))


@pytest.mark.parametrize("written", ["2018-08-26", "08/26/18", "8-26-2018"])
def test_other_ways_to_write_the_same_birthday_are_read(tmp_path: Path, written: str) -> None:
    roster = odd(tmp_path, "clever", "students.csv", replaced("8/26/2018", written))

    assert roster.pupils == read_sample(sample("clever")).pupils


def test_pupils_who_all_belong_to_a_school_that_is_not_listed_are_another_schools(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        odd(tmp_path, "clever", "students.csv", lambda content: content.replace(b"9992197,", b"9994999,"))

    assert "students.csv" in str(refusal.value)
    assert "9994999" in str(refusal.value)
    assert "9992197" in str(refusal.value)


def test_one_pupil_of_a_school_that_is_not_listed_is_left_out(tmp_path: Path) -> None:
    roster = odd(tmp_path, "clever", "students.csv", replaced("9992197,8463", "9994999,8463"))

    assert "8463" not in {pupil.mis_id for pupil in roster.pupils}
    assert [reject.record for reject in roster.rejects] == ["students.csv line 2"]


def test_an_inactive_record_is_not_there(tmp_path: Path) -> None:
    roster = odd(tmp_path, "sds-1-uk", "Student.csv", replaced(",Active,8/26/2018", ",Inactive,8/26/2018"))

    assert "9992197-8463" not in {pupil.mis_id for pupil in roster.pupils}


def test_a_teacher_listed_among_all_staff_too_is_one_person(tmp_path: Path) -> None:
    again = b"9992197,8789,k.armstrong@hallowmere-primary.example,Katie,Armstrong,Teacher\r\n"
    other = b"9992197,8789,x@hallowmere-primary.example,Jo,Novak,Cook\r\n"
    same = odd(tmp_path / "same", "clever", "staff.csv", lambda content: content + again)
    clash = odd(tmp_path / "clash", "clever", "staff.csv", lambda content: content + other)

    assert same.employees == read_sample(sample("clever")).employees
    assert same.rejects == ()
    assert [reject.reason for reject in clash.rejects] == ["Somebody else has the id 8789 already."]


def test_an_sds_export_without_its_users_is_no_oneroster_export(tmp_path: Path) -> None:
    copy = with_fault(tmp_path, "sds-2.1", "users.csv", lambda content: content)
    assert read([copy], as_at=AS_AT).format == "sds-2.1"
    (copy / "users.csv").unlink()

    with pytest.raises(Refused, match="users"):
        read([copy], as_at=AS_AT)


def test_a_user_without_a_role_is_not_taken_and_their_enrolments_say_nothing_more(tmp_path: Path) -> None:
    roster = odd(tmp_path, "sds-2.1", "roles.csv", replaced("9992197-8463,", "nobody,"))

    assert [reject.record for reject in roster.rejects] == ["user 9992197-8463"]


@pytest.mark.parametrize(
    ("days", "status"), [("2026-09-03,", "future"), ("2020-09-03,2025-07-20", "left"), (",", "on_roll")]
)
def test_the_days_of_a_role_say_who_is_here(tmp_path: Path, days: str, status: str) -> None:
    roster = odd(
        tmp_path,
        "sds-2.1",
        "roles.csv",
        replaced(
            "9992197-8463,9992197,student,AY2025,3,TRUE,2021-09-03,",
            f"9992197-8463,9992197,student,AY2025,3,TRUE,{days}",
        ),
    )

    found = next(pupil for pupil in roster.pupils if pupil.mis_id == "9992197-8463")
    assert found.status == status
    assert found.admission_date is None


def test_a_user_of_a_school_that_is_not_listed_is_taken_without_one(tmp_path: Path) -> None:
    roster = odd(tmp_path, "sds-2.1", "roles.csv", replaced("9992197-8463,9992197,", "9992197-8463,9994999,"))

    assert [issue.record for issue in roster.issues if issue.field == "orgSourcedId"] == ["user 9992197-8463"]
    assert next(pupil for pupil in roster.pupils if pupil.mis_id == "9992197-8463").schools == ()
