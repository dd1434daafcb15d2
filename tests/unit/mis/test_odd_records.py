"""What is odd is taken with a remark beside it, or not taken and said so; nobody is lost or merged in silence."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from adminhub.mis import Pupil, Refused, Roster
from tests.unit.mis.samples import read_sample, replaced, rezipped, sample, with_fault, zip_entries

FIRST = "003172"  # the first pupil of the sample


def odd_pupils(tmp_path: Path, change: Callable[[bytes], bytes]) -> Roster:
    return read_sample(with_fault(tmp_path, "integris", "pupils.csv", change))


def first(roster: Roster) -> Pupil:
    return next(pupil for pupil in roster.pupils if pupil.mis_id == FIRST)


def new_remarks(roster: Roster) -> set[str]:
    """Where remarks stand that the sound export does not raise."""
    usual = {issue.record for issue in read_sample(sample("integris")).issues}
    return {issue.record for issue in roster.issues} - usual


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("D999219722009", "E999219722009", "upn", None),
        ("D999219722009", "1.23457E+12", "upn", None),
        ("26/08/2018", "31/02/2016", "date_of_birth", None),
        ("26/08/2018", "unknown", "date_of_birth", None),
        ("26/08/2018", "43338", "date_of_birth", date(2018, 8, 26)),
        ("26/08/2018", "26/08/2031", "date_of_birth", None),
        ("Year 3,Class 5", "Butterflies,Class 5", "year_group", None),
        ("Year 3,Class 5", "Year 3,Class 99", "registration_group", "Class 99"),
        ("Class 5,C", "Class 5,Q", "enrolment_status", None),
        ("Abbasi,Imran,,", "Abbasi,=cmd(),,", "legal_forename", "=cmd()"),
        ("Abbasi,Imran,,", "Abbasi,Im\x07ran,,", "legal_forename", "Imran"),
        ("Abbasi,Imran,,", "Abbasi,Im\u202eran,,", "legal_forename", "Imran"),
        ("Abbasi,Imran,,", "Abbasi,ZoÃ«,,", "legal_forename", "ZoÃ«"),
        ("Abbasi,Imran,,", "?????,Imran,,", "legal_surname", "?????"),
        ("Abbasi,Imran,,Abbasi", ",Imran,,", "legal_surname", None),
    ],
)
def test_an_odd_cell_is_remarked_on_beside_its_pupil(
    tmp_path: Path, old: str, new: str, field: str, value: object
) -> None:
    roster = odd_pupils(tmp_path, replaced(old, new))

    assert getattr(first(roster), field) == value
    assert new_remarks(roster) == {f"pupil {FIRST}"}
    assert first(roster).status == "on_roll"


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("D999219722009", " d999 2197 22009 ", "upn", "D999219722009"),
        ("Abbasi,Imran,,", "Abbasi,Zo\u200be,,", "legal_forename", "Zoe"),
        ("Abbasi,Imran,,", "Abbasi,Zoe\u0308,,", "legal_forename", "Zoë"),
        ("Abbasi,Imran,,", "Abbasi,Null,,", "legal_forename", "Null"),
        ("Abbasi,Imran,,", "Abbasi,<b>Al</b>,,", "legal_forename", "<b>Al</b>"),
        ("Year 3,Class 5", "Yr3,Class 5", "year_group", "3"),
        ("26/08/2018", "2018-08-26", "date_of_birth", date(2018, 8, 26)),
        ("26/08/2018", "26 Aug 2018", "date_of_birth", date(2018, 8, 26)),
        ("26/08/2018", "2018/08/26", "date_of_birth", date(2018, 8, 26)),
        ("26/08/2018", "26/Aug/2018 00:00:00", "date_of_birth", date(2018, 8, 26)),
        ("Year 3,Class 5", "3.0,Class 5", "year_group", "3"),
        ("Year 3,Class 5", "Year Group 3,Class 5", "year_group", "3"),
        ("Year 3,Class 5", "Reception Year,Class 5", "year_group", "R"),
        ("Abbasi,Imran,,", 'Abbasi, "Imran",,', "legal_forename", "Imran"),
        ("Class 5,C", "Class 5,Current Main (dual registration)", "enrolment_status", "M"),
    ],
)
def test_ways_of_writing_are_no_oddity(tmp_path: Path, old: str, new: str, field: str, value: object) -> None:
    roster = odd_pupils(tmp_path, replaced(old, new))

    assert getattr(first(roster), field) == value
    assert new_remarks(roster) == set()


def test_who_is_only_previously_registered_has_left(tmp_path: Path) -> None:
    roster = odd_pupils(tmp_path, replaced("Class 5,C", "Class 5,P"))

    assert first(roster).status == "left"
    assert new_remarks(roster) == set()


@pytest.mark.parametrize(
    ("written", "code"), [("SEN Support", "K"), ("EHC Plan", "E"), ("K - SEN Support", "K"), ("no SEN", "N")]
)
def test_special_needs_may_be_said_in_words(tmp_path: Path, written: str, code: str) -> None:
    roster = read_sample(with_fault(tmp_path, "scholarpack", "pupils.csv", with_first("SEN", written)))

    assert roster.pupils[0].sen == code


def with_first(heading: str, value: str) -> Callable[[bytes], bytes]:
    """A change of the first row's cell in this column."""

    def change(content: bytes) -> bytes:
        head, row, *rest = content.decode("utf-8-sig").splitlines(keepends=True)
        cells = row.split(",")
        cells[head.strip().split(",").index(heading)] = value
        return "".join((head, ",".join(cells), *rest)).encode()

    return change


def test_years_of_two_digits_are_remarked_on_once_and_nobody_is_a_hundred(tmp_path: Path) -> None:
    whole = read_sample(sample("integris"))

    roster = odd_pupils(tmp_path, shorten_birth_years)

    assert [pupil.date_of_birth for pupil in roster.pupils] == [pupil.date_of_birth for pupil in whole.pupils]
    assert new_remarks(roster) == {"pupils.csv"}


def shorten_birth_years(content: bytes) -> bytes:
    for year in range(2012, 2024):
        content = content.replace(f"/{year},M".encode(), f"/{year % 100},M".encode())
        content = content.replace(f"/{year},F".encode(), f"/{year % 100},F".encode())
    return content


def test_two_pupils_with_one_upn_stay_two_and_both_are_remarked_on(tmp_path: Path) -> None:
    roster = odd_pupils(tmp_path, replaced("U999219723004", "D999219722009"))

    assert new_remarks(roster) == {f"pupil {FIRST}", "pupil 003193"}
    assert len(roster.pupils) == 243


def test_a_second_record_with_the_same_id_overwrites_nobody(tmp_path: Path) -> None:
    roster = odd_pupils(tmp_path, replaced("003193,", f"{FIRST},"))

    assert first(roster).legal_surname == "Abbasi"
    assert [reject.record for reject in roster.rejects] == ["pupils.csv line 3"]
    assert "pupils.csv line 2" in new_remarks(roster)


def test_who_was_written_with_anothers_id_is_named_once_and_not_again_by_each_class(tmp_path: Path) -> None:
    copy = with_fault(tmp_path, "arbor", "students.csv", replaced("8612,", "8463,"))
    roster = read_sample(copy)

    assert len(roster.rejects) == 1
    assert "8612" in roster.rejects[0].reason


def test_a_row_copied_word_for_word_is_read_once(tmp_path: Path) -> None:
    roster = odd_pupils(tmp_path, lambda content: content + content.splitlines(keepends=True)[1])

    assert len(roster.pupils) == 243
    assert new_remarks(roster) == {f"pupil {FIRST}"}
    assert roster.rejects == ()


def test_a_value_that_slid_into_the_next_column_is_not_taken(tmp_path: Path) -> None:
    roster = odd_pupils(tmp_path, replaced("Imran,,Abbasi", "Imran,,Abb,asi"))

    assert FIRST not in {pupil.mis_id for pupil in roster.pupils}
    assert roster.rejects[0].record == "pupils.csv line 2"


def test_a_total_at_the_end_is_no_pupil(tmp_path: Path) -> None:
    roster = odd_pupils(tmp_path, lambda content: content + b"Total,243\r\n")

    assert len(roster.pupils) == 243
    assert len(roster.rejects) == 1


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda content: content.removeprefix(b"\xef\xbb\xbf"),
        lambda content: content.decode("utf-8-sig").encode("utf-16"),
        lambda content: content.decode("utf-8-sig").encode("utf-16-le"),
        lambda content: content.replace(b"\r\n", b"\r"),
        lambda content: content.replace(b"\r\n", b"\n"),
        lambda content: b"Pupils of the school\r\n\r\n" + content.removeprefix(b"\xef\xbb\xbf"),
        lambda content: content.replace(b"Legal Surname", b" legal  SURNAME "),
        lambda content: content.replace(b"Legal Surname", b"LegalSurname").replace(
            b"Year Group", b"year_group"
        ),
        lambda content: parted_by(";", content),
        lambda content: parted_by("|", content),
    ],
    ids=[
        "no mark",
        "UTF-16",
        "UTF-16 without mark",
        "old Mac",
        "Unix",
        "title above",
        "headings",
        "headings without spaces",
        "semicolons",
        "bars",
    ],
)
def test_how_a_spreadsheet_was_saved_changes_nothing(
    tmp_path: Path, rewrite: Callable[[bytes], bytes]
) -> None:
    assert odd_pupils(tmp_path, rewrite).pupils == read_sample(sample("integris")).pupils


def parted_by(separator: str, content: bytes) -> bytes:
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue().encode()


def test_windows_letters_are_read_with_a_remark(tmp_path: Path) -> None:
    whole = read_sample(sample("arbor"))

    roster = read_sample(
        with_fault(
            tmp_path, "arbor", "students.csv", lambda content: content.decode().encode("cp1252", "replace")
        )
    )

    names = [pupil.legal_surname or "" for pupil in whole.pupils]
    accented = [name for name in names if any("\xc0" <= letter <= "\xff" for letter in name)]
    assert set(accented) <= {pupil.legal_surname for pupil in roster.pupils}
    assert "students.csv" in {issue.record for issue in roster.issues}


def test_an_enrolment_of_nobody_is_rejected_by_its_own_id(tmp_path: Path) -> None:
    table = zip_entries(sample("oneroster-1.1"))["enrollments.csv"]
    row = b"orphan-1,,,9992197-r747,org-9992197,nobody,student,false,,\r\n"

    roster = read_sample(rezipped(tmp_path, "oneroster-1.1", {"enrollments.csv": table + row}))

    assert ["orphan-1" in reject.record for reject in roster.rejects] == [True]
    assert roster.counts["memberships"] == 409


def test_a_delta_says_who_is_gone_and_takes_nobody_else_away(tmp_path: Path) -> None:
    from adminhub.mis import apply_delta

    whole = read_sample(sample("oneroster-1.1"))
    users = zip_entries(sample("oneroster-1.1"))["users.csv"].splitlines(keepends=True)
    gone = users[1].replace(b",,,true", b",tobedeleted,2025-10-01T00:00:00Z,true", 1)
    changes = dict.fromkeys(zip_entries(sample("oneroster-1.1")))
    manifest = b"propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.1\r\nfile.users,delta\r\n"

    delta = read_sample(
        rezipped(
            tmp_path, "oneroster-1.1", {**changes, "manifest.csv": manifest, "users.csv": users[0] + gone}
        )
    )
    after = apply_delta(whole, delta)

    assert delta.is_delta
    assert [removal.mis_id for removal in delta.removals] == [whole.pupils[0].mis_id]
    assert after.pupils == whole.pupils[1:]
    assert after.employees == whole.employees
    assert after.counts["memberships"] == whole.counts["memberships"] - len(
        [group for group in whole.classes if whole.pupils[0].mis_id in group.pupils]
    )


@pytest.mark.parametrize(
    ("format", "file", "column"),
    [("oneroster-1.1", "courses.csv", "courseCode"), ("oneroster-1.2", "users.csv", "userMasterIdentifier")],
)
def test_a_column_that_oneroster_does_not_need_may_be_missing(
    tmp_path: Path, format: str, file: str, column: str
) -> None:
    content = without_column(zip_entries(sample(format))[file], column)
    roster, whole = read_sample(rezipped(tmp_path, format, {file: content})), read_sample(sample(format))

    assert (roster.pupils, roster.employees, roster.classes) == (whole.pupils, whole.employees, whole.classes)


def test_users_without_a_role_and_without_roles_beside_them_are_refused(tmp_path: Path) -> None:
    users = without_column(zip_entries(sample("oneroster-1.2"))["users.csv"], "userMasterIdentifier")
    manifest = replaced("file.roles,bulk", "file.roles,absent")(
        zip_entries(sample("oneroster-1.2"))["manifest.csv"]
    )
    with pytest.raises(Refused, match="no column role"):
        read_sample(
            rezipped(
                tmp_path,
                "oneroster-1.2",
                {"users.csv": users, "roles.csv": None, "manifest.csv": manifest},
            )
        )


def without_column(content: bytes, heading: str) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    place = rows[0].index(heading)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(row[:place] + row[place + 1 :] for row in rows)
    return text.getvalue().encode()


def test_a_heading_that_is_nearly_right_is_pointed_out(tmp_path: Path) -> None:
    roster = odd_pupils(tmp_path, replaced("Year Group", "Yaer Group"))

    assert new_remarks(roster) == {"pupils.csv"}
    assert first(roster).year_group is None
