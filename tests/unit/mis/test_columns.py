"""A school's own table: its columns guessed, said by a person, and known again by its headings."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from adminhub.mis import Refused, Roster, read
from adminhub.mis.columns import FIELDS, Profile, TableKind, guess, guess_kind, look_at, what_is_missing
from adminhub.mis.source import gather
from tests.unit.mis.test_workbooks import a_workbook, rows_of

AS_AT = date(2026, 9, 14)
PUPILS = """Autumn list,,,,,
Ref,First name,Last name,Day,Form,Sets
00012,Kit,Ray,03/04/2014,7A,7A/Ma1; 7A/En2
00013,Kim,Ray,03/04/2014,7A,7A/Ma1
00014,Jo,Novák,29/11/2013,7B,
"""


def a_file(tmp_path: Path, text: str, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def a_profile(path: Path, kind: TableKind, **columns: str) -> Profile:
    """What was guessed of the file, and these columns (spaces as _) said by a person."""
    table = look_at(gather([path])[0])
    said = {heading.replace("_", " "): field for heading, field in columns.items()}
    return Profile(kind, guess(table, kind) | said, table.fingerprint)


def as_read(path: Path, *profiles: Profile) -> Roster:
    return read([path], as_at=AS_AT, profiles=profiles)


def test_columns_are_guessed_by_their_words_and_by_what_is_below_them(tmp_path):
    table = look_at(gather([a_file(tmp_path, PUPILS)])[0])
    assert table.headings == ("Ref", "First name", "Last name", "Day", "Form", "Sets")
    assert guess_kind(table) == "pupils"
    assert guess(table, "pupils") == {
        "first name": "legal_forename",
        "last name": "legal_surname",
        "day": "date_of_birth",
        "form": "registration_group",
    }


def test_a_table_is_read_as_a_person_said(tmp_path):
    path = a_file(tmp_path, PUPILS)
    roster = as_read(path, a_profile(path, "pupils", ref="mis_id", sets="classes"))
    assert roster.format == "plain"
    assert [(pupil.mis_id, pupil.legal_surname, pupil.date_of_birth) for pupil in roster.pupils] == [
        ("00012", "Ray", date(2014, 4, 3)),
        ("00013", "Ray", date(2014, 4, 3)),
        ("00014", "Novák", date(2013, 11, 29)),
    ]
    assert {group.name: len(group.pupils) for group in roster.classes} == {
        "7A": 2,
        "7B": 1,
        "7A/Ma1": 2,
        "7A/En2": 1,
    }


def test_without_its_profile_the_table_is_refused(tmp_path):
    with pytest.raises(Refused, match="no table we know"):
        as_read(a_file(tmp_path, PUPILS))


def test_headings_in_another_order_and_one_more_are_the_same_table(tmp_path):
    path = a_file(tmp_path, PUPILS)
    profile = a_profile(path, "pupils", ref="mis_id", sets="classes")
    other = a_file(
        tmp_path, "Last name,REF,Form,First name,Day,Sets,Bus\nRay,9,7A,Kit,3/4/2014,,12\n", "b.csv"
    )
    assert [pupil.mis_id for pupil in as_read(other, profile).pupils] == ["9"]


def test_a_profile_takes_no_table_of_a_known_format_unless_made_for_its_headings(tmp_path):
    text = "Arbor Student ID,Legal First Name,Legal Last Name,Date of Birth\n7,Kit,Ray,2014-04-03\n"
    path = a_file(tmp_path, text)
    names = {
        "legal first name": "legal_forename",
        "legal last name": "legal_surname",
        "date of birth": "date_of_birth",
    }
    assert as_read(path, Profile("pupils", names, "of another table")).format == "arbor"
    assert as_read(path, a_profile(path, "pupils")).format == "plain"


def test_a_row_for_each_class_is_one_person_and_two_people_of_one_id_are_not(tmp_path):
    path = a_file(tmp_path, "ID,Surname,Forename,Class\n1,Ray,Kit,Ma1\n1,Ray,Kit,En2\n1,Ray,Kim,En2\n")
    roster = as_read(path, a_profile(path, "pupils"))
    assert [(group.name, group.pupils) for group in roster.classes] == [("Ma1", ("1",)), ("En2", ("1",))]
    assert [pupil.legal_forename for pupil in roster.pupils] == ["Kit"]
    assert [reject.record for reject in roster.rejects] == ["list.csv line 4"]


def test_who_has_no_id_gets_a_personal_key_that_no_message_shows(tmp_path):
    path = a_file(tmp_path, 'Name,Born\n"Ray, Kit",03/04/2014\n"Ray, Kim",31/02/2014\n')
    roster = as_read(path, a_profile(path, "pupils"))
    assert roster.personal_ids == {"pupils"}
    assert [(pupil.legal_forename, pupil.date_of_birth) for pupil in roster.pupils] == [
        ("Kit", date(2014, 4, 3)),
        ("Kim", None),
    ]
    assert [issue.record for issue in roster.issues] == ["list.csv line 3"]


def test_a_list_of_classes_by_profile_completes_a_table_of_people(tmp_path):
    people = a_file(tmp_path, "UPN,Surname,Forename\nA999400100001,Ray,Kit\n")
    upn = "A999400100001"
    classes = a_file(tmp_path, f"Number,Set name\n{upn},Ma1\n", "sets.csv")
    profiles = (
        a_profile(people, "pupils"),
        a_profile(classes, "class-list", number="upn", set_name="class"),
    )
    with pytest.raises(Refused, match="no file of the people"):
        as_read(classes, *profiles)
    assert read([people, classes], as_at=AS_AT, profiles=profiles).format.startswith("plain")


def test_a_sims_report_of_own_titles_stays_a_sims_report(tmp_path):
    path = a_file(tmp_path, "Nr,Nachname,Vorname\n1,Ray,Kit\n")
    said = a_profile(path, "pupils", nr="mis_id", nachname="legal_surname", vorname="legal_forename")
    assert as_read(path, replace(said, system="sims")).format == "sims"


def test_a_workbook_is_looked_at_like_a_csv(tmp_path):
    sheets = {"Notes": rows_of([["Autumn"]]), "List": rows_of([["ID", "Surname"], ["7", "Ray"]])}
    path = a_workbook(tmp_path / "list.xlsx", sheets)
    assert look_at(gather([path])[0]).headings == ("ID", "Surname")


@pytest.mark.parametrize(
    ("kind", "columns", "said"),
    [
        ("pupils", {"a": "legal_surname"}, "No column is said to be a forename"),
        ("pupils", {"a": "full_name"}, "Nothing tells two pupils of one name apart"),
        ("pupils", {"a": "full_name", "b": "upn", "c": "upn"}, "Two columns are said to be: UPN"),
        ("class-list", {"a": "class"}, "No column says who is in the class"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_read(kind, columns, said):
    assert said in " ".join(what_is_missing(kind, columns))


def test_every_field_that_is_offered_is_read():
    from adminhub.mis.roster import Employee, Pupil

    more = {"classes", "full_name"}
    assert FIELDS["pupils"].keys() - more <= set(Pupil.__dataclass_fields__)
    assert FIELDS["employees"].keys() - more <= set(Employee.__dataclass_fields__)
