"""Days are read in one order down a whole column: what the rows say together, never each row by itself."""

from datetime import date
from pathlib import Path

import pytest

from adminhub.mis import Pupil, Refused, Roster, read
from adminhub.mis.columns import Profile, guess, look_at
from adminhub.mis.days import read_day
from adminhub.mis.source import gather
from tests.unit.mis.samples import AS_AT, read_sample, sample, with_fault

BIRTHDAYS = {
    "arbor": ("students.csv", "Date of Birth"),
    "integris": ("pupils.csv", "Date of Birth"),
    "scholarpack": ("pupils.csv", "DOB"),
}


def turned(content: bytes, heading: str, *, rows: slice = slice(None)) -> bytes:
    """The table with the days in one column as month/day/year, or only those of some rows."""
    head, *lines = content.decode("utf-8-sig").splitlines(keepends=True)
    place = head.strip().split(",").index(heading)
    for number in range(len(lines))[rows]:
        cells = lines[number].split(",")
        born = read_day(cells[place])
        assert born
        cells[place] = f"{born.month}/{born.day}/{born.year}"
        lines[number] = ",".join(cells)
    return "".join((head, *lines)).encode()


def odd(tmp_path: Path, format: str, *, rows: slice = slice(None)) -> Roster:
    file, heading = BIRTHDAYS[format]
    return read_sample(
        with_fault(tmp_path, format, file, lambda content: turned(content, heading, rows=rows))
    )


def birthdays(pupils: tuple[Pupil, ...]) -> list[date | None]:
    return [pupil.date_of_birth for pupil in pupils]


@pytest.mark.parametrize("format", BIRTHDAYS)
def test_one_day_that_has_the_month_in_front_turns_the_whole_column(tmp_path: Path, format: str) -> None:
    whole, roster = read_sample(sample(format)), odd(tmp_path, format)

    assert birthdays(roster.pupils) == birthdays(whole.pupils)
    assert [issue.field for issue in roster.issues if "month/day/year" in issue.message] == ["date_of_birth"]


@pytest.mark.parametrize("format", ["integris", "scholarpack"])
def test_a_column_in_two_orders_is_left_out_and_says_nothing_of_anybody(tmp_path: Path, format: str) -> None:
    roster = odd(tmp_path, format, rows=slice(0, None, 2))

    assert set(birthdays(roster.pupils)) == {None}
    assert "date_of_birth" not in roster.holds_pupil
    assert [issue.field for issue in roster.issues if "in front" in issue.message] == ["date_of_birth"]


def a_list(tmp_path: Path, *born: str) -> Path:
    path = tmp_path / "list.csv"
    people = ("Kit,Ray", "Kim,Ray", "Jo,Novak")
    rows = "".join(f"{name},{day}\n" for name, day in zip(people, born, strict=False))
    path.write_text("First name,Last name,DOB\n" + rows)
    return path


def as_read(path: Path) -> Roster:
    table = look_at(gather([path])[0])
    profile = Profile("pupils", guess(table, "pupils"), table.fingerprint)
    return read([path], as_at=AS_AT, profiles=[profile])


def test_days_that_could_be_either_have_the_day_in_front(tmp_path: Path) -> None:
    assert birthdays(as_read(a_list(tmp_path, "03/04/2014", "5/6/2014")).pupils) == [
        date(2014, 4, 3),
        date(2014, 6, 5),
    ]


def test_a_list_whose_people_are_known_by_birthday_is_read_in_its_own_order(tmp_path: Path) -> None:
    british = as_read(a_list(tmp_path, "04/03/2014", "25/3/2014", "11.6.15"))
    american = as_read(a_list(tmp_path, "03/04/2014", "3/25/2014", "6.11.15"))

    assert american.pupils == british.pupils


def test_a_list_whose_people_are_known_by_birthday_is_refused_in_two_orders(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Line 2 has the day in front and line 3 the month"):
        as_read(a_list(tmp_path, "25/03/2014", "03/25/2014"))
