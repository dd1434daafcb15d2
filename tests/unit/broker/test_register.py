"""The directory follows GIAS: found by column name, in both encodings; nobody is deleted, successors are followed."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from adminhub.broker.directory import queries
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.gias import UnreadableRegister
from adminhub.broker.directory.importing import Imported, import_register
from adminhub.broker.directory.models import School, SchoolLink, Trust
from adminhub.broker.directory.queries import open_successors, search_schools
from tests.unit.broker.cast import a_school

pytestmark = pytest.mark.django_db
HEADS = (
    "EstablishmentName,URN,LA (code),EstablishmentNumber,EstablishmentStatus (code),PhaseOfEducation (name),"
    "TypeOfEstablishment (name),Street,Town,Postcode,TelephoneNum,SchoolWebsite,Trusts (code),Trusts (name)"
)


def row(urn: int, name: str, *, status: int = 1, phone: str = "", trust: str = ",") -> str:
    number = f"{urn % 10000:04}"
    return f"{name},{urn},894,{number},{status},Primary,Community school,High Street,Wem,WX2 2BB,{phone},,{trust}"


def a_file(folder: Path, name: str, lines: list[str], encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def bring_in(folder: Path, *rows: str, encoding: str = "utf-8", **files: object) -> Imported:
    path = a_file(folder, "edubasealldata20261125.csv", [HEADS, *rows], encoding)
    return import_register(establishments=path, **files)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_name_keeps_its_letters_in_either_encoding(tmp_path: Path, encoding: str):
    done = bring_in(tmp_path, row(123456, "Sainte-Thérèse’s School"), encoding=encoding)
    assert (done.read, done.added) == (1, 1)
    school = School.objects.get(urn=123456)
    assert school.name == "Sainte-Thérèse’s School"
    assert school.dfe_number == "894/3456"
    assert school.phase == "PRIMARY"


def test_importing_again_changes_what_differs_and_empties_nothing(tmp_path: Path):
    bring_in(tmp_path, row(123456, "Oak School", phone="01632 960 900"), row(123457, "Elm School"))
    before = School.objects.get(urn=123457).updated_at
    done = bring_in(tmp_path, row(123456, "Oak Academy"), row(123457, "Elm School"))
    assert (done.added, done.changed) == (0, 1)
    oak = School.objects.get(urn=123456)
    assert (oak.name, oak.phone) == ("Oak Academy", "01632 960 900")
    assert School.objects.get(urn=123457).updated_at == before


def test_a_school_not_in_the_file_stays_and_a_closed_one_is_closed(tmp_path: Path):
    bring_in(tmp_path, *(row(123450 + number, f"School {number}") for number in range(10)))
    done = bring_in(
        tmp_path,
        row(123450, "School 0", status=2),
        *(row(123450 + number, f"School {number}") for number in range(1, 9)),
        row(123999, "New School"),
    )
    assert (done.closed, done.not_in_file, done.added) == (1, 1, 1)
    assert School.objects.get(urn=123459).is_open
    assert not School.objects.get(urn=123450).is_open


def test_a_file_of_far_fewer_schools_needs_somebody_to_agree(tmp_path: Path):
    bring_in(tmp_path, *(row(123450 + number, f"School {number}") for number in range(10)))
    with pytest.raises(NotPossible, match="Nothing was imported"):
        bring_in(tmp_path, row(123450, "Renamed"))
    assert School.objects.get(urn=123450).name == "School 0"
    bring_in(tmp_path, row(123450, "Renamed"), is_agreed=True)
    assert School.objects.count() == 10


def test_the_school_our_people_know_keeps_its_id_and_its_mis(tmp_path: Path):
    oak = a_school("Oak Hill School", 199001)
    bring_in(tmp_path, row(199001, "Oak Hill Academy"))
    again = School.objects.get(urn=199001)
    assert (again.pk, again.broker_id, again.mis) == (oak.pk, oak.broker_id, "SIMS")


def test_an_old_urn_leads_to_the_school_that_took_over(tmp_path: Path):
    rows = [
        row(100001, "Old Oak", status=2),
        row(100002, "Oak Academy", status=2),
        row(100003, "Oak Hill Academy"),
    ]
    links = a_file(
        tmp_path,
        "links.csv",
        [
            "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate",
            "100001,100002,Oak Academy,Successor,01-09-2014",
            "100003,100002,Oak Academy,Predecessor,01-09-2020",
            "100003,100002,Oak Academy,Sixth Form Centre Link,",
        ],
    )
    done = bring_in(tmp_path, *rows, links=links)
    assert done.links == SchoolLink.objects.count() == 2
    assert [school.urn for school in open_successors(School.objects.get(urn=100001))] == [100003]
    found = search_schools(urn="100001")
    assert [(one.school.urn, one.reasons) for one in found] == [(100003, ("took over from URN 100001",))]


def test_schools_know_their_trust_from_either_file(tmp_path: Path):
    groups = a_file(
        tmp_path,
        "alllinks.csv",
        [
            "URN,Group UID,Group Name,Group Type",
            "100002,7001,Hill Trust,Multi-academy trust",
            "100003,9,Fed,Federation",
        ],
    )
    done = bring_in(
        tmp_path,
        row(100001, "One", trust="5001,Wood Trust"),
        row(100002, "Two", trust="5001,Wood Trust"),
        row(100003, "Three"),
        groups=groups,
    )
    assert done.in_trusts == 2
    assert {school.urn: str(school.trust) for school in School.objects.exclude(trust=None)} == {
        100001: "Wood Trust",
        100002: "Hill Trust",
    }
    assert Trust.objects.count() == 2


def test_a_file_that_is_something_else_is_refused_and_bad_lines_are_named(tmp_path: Path):
    with pytest.raises(UnreadableRegister, match="EstablishmentName"):
        import_register(establishments=a_file(tmp_path, "other.csv", ["URN,Name", "1,Oak"]))
    done = bring_in(tmp_path, row(100001, "One"), row(100002, ""), ",x,,,,,,,,,,,,")
    assert (done.read, done.lines_left_out) == (1, [3, 4])


def test_in_a_directory_of_thousands_a_slip_still_finds_the_school(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(queries, "NAMES_COMPARED_ALL", 5)
    names = [f"Saint {letter * 4} Primary School" for letter in "ABCDEFGH"]
    bring_in(
        tmp_path, *(row(100001 + n, name) for n, name in enumerate([*names, "Oak Hill Community College"]))
    )
    assert search_schools(name="oak hil comunity")[0].school.name == "Oak Hill Community College"


def test_the_command_says_what_it_did(tmp_path: Path, capsys):
    path = a_file(tmp_path, "edubasealldata.csv", [HEADS, row(100001, "One")])
    call_command("import_gias", str(path))
    assert "1 schools read: 1 added" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no column"):
        call_command("import_gias", str(a_file(tmp_path, "x.csv", ["A,B", "1,2"])))
