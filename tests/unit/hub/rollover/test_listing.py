"""A list of next year's classes: nobody is taken for somebody else, and what it does not say it does not change."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest

from adminhub.hub.rollover.listing import (
    Found,
    ListRow,
    Person,
    choices_from,
    find,
    read_list,
)
from adminhub.hub.rollover.predicting import predict, suggest
from adminhub.hub.rollover.values import LEAVE, STAY, PupilChoice
from adminhub.mis.refusal import Refused
from tests.unit.hub.rollover.test_predicting import IN_2026, a_school
from tests.unit.hub.syncs.cast import a_upn

TODAY = date(2026, 7, 1)
BORN = date(2015, 3, 14)
KIT = Person(key=1, names=frozenset({("ray", "kit")}), birthday=BORN, upn=a_upn(1))
KIM = Person(key=2, names=frozenset({("ray", "kim")}), birthday=BORN, upn=a_upn(2))
JO = Person(key=3, names=frozenset({("novak", "jo"), ("smith", "jo")}), birthday=date(2014, 9, 2))


def a_row(**fields: object) -> ListRow:
    return ListRow(**{"place": "row 2", "year": "6", "group": "6B", **fields})  # type: ignore[arg-type]


def why(*rows: ListRow, people: tuple[Person, ...] = (KIT, KIM, JO)) -> list[str]:
    found = find(rows, people)
    assert not found.pupils
    return [one.why for one in found.missing]


def test_a_pupil_is_known_by_the_upn_or_by_the_whole_name_and_birthday() -> None:
    rows = [
        a_row(upn=a_upn(1), surname="Ray", forename="Kit"),
        a_row(surname="Ráy", forename="Kim", birthday=BORN),
        a_row(surname="Smith", forename="Jo", birthday=date(2014, 9, 2), upn=a_upn(9)),
    ]
    assert find(rows, (KIT, KIM, JO)) == Found({1: rows[0], 2: rows[1], 3: rows[2]}, ())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (a_row(upn=a_upn(1), surname="Novák", forename="Jo"), "This UPN belongs to a pupil of another name"),
        (a_row(upn=a_upn(8)), "Nobody has this UPN"),
        (
            a_row(surname="Ray", forename="Kit"),
            "It has neither a permanent UPN nor a whole name and birthday",
        ),
        (
            a_row(surname="Ray", forename="Kit", birthday=date(2015, 3, 15)),
            "Nobody has this name and birthday",
        ),
        (
            a_row(surname="Ray", forename="Kit", birthday=BORN, upn=a_upn(7)),
            "The pupil of this name and birthday has another UPN",
        ),
        (
            a_row(upn=a_upn(1), trouble="Its year group is none that we know"),
            "Its year group is none that we know",
        ),
    ],
)
def test_a_row_that_leaves_a_doubt_names_nobody(row: ListRow, said: str) -> None:
    assert why(row) == [said]


def test_namesakes_born_on_one_day_and_a_pupil_in_two_rows_are_left_out() -> None:
    other = Person(key=4, names=KIT.names, birthday=BORN)
    row = a_row(surname="Ray", forename="Kit", birthday=BORN)
    assert why(row, people=(KIT, other)) == ["Two of your pupils have this name and birthday"]
    assert why(row, a_row(upn=a_upn(1))) == ["Two rows name this pupil"] * 2


CSV = (
    "UPN;Surname;First name;Date of birth;Year group;Form\n"
    f"{a_upn(1)};Ray;Kit;14/03/2015;Year 6;6B\n;Ray;Kim;;leaver;\n;Ray;Jo;31/02/2015;12C;\n"
)


def test_the_headings_and_days_of_a_spreadsheet_are_understood_and_trouble_is_named_by_its_row() -> None:
    kit, kim, jo = read_list("list.csv", CSV.encode("cp1252"), today=TODAY)
    assert (kit.upn, kit.birthday, kit.year, kit.group) == (a_upn(1), BORN, "6", "6B")
    assert (kim.year, kim.group, kim.trouble) == (LEAVE, "", "")
    assert (jo.place, jo.trouble) == ("row 4", "Its year group is none that we know")


@pytest.mark.parametrize(
    "content", [b"", b"Name,Colour\nKit,red\n", b"UPN,Class\n", b"\x00\x01\x02", b"PK\x03\x04"]
)
def test_what_is_no_class_list_is_refused_whole(content: bytes) -> None:
    with pytest.raises(Refused):
        read_list("list.csv", content, today=TODAY)


def test_a_workbook_with_a_sheet_for_each_class_is_one_list() -> None:
    rows = read_list("list.xlsx", a_workbook({"6B": a_upn(1), "6C": a_upn(2)}), today=TODAY)
    assert [(row.place, row.upn, row.group) for row in rows] == [
        ("6B, row 2", a_upn(1), "6B"),
        ("6C, row 2", a_upn(2), "6C"),
    ]


def a_workbook(sheets: dict[str, str]) -> bytes:
    """The least that a spreadsheet program takes for a workbook: in each sheet a heading and one pupil."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    numbered = list(enumerate(sheets, 1))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in numbered
        )
        + "</Relationships>",
    }
    for number, name in numbered:
        lines = (("UPN", "Class"), (sheets[name], name))
        cells = "".join(
            f'<row r="{r}">'
            + "".join(
                f'<c r="{c}{r}" t="inlineStr"><is><t>{text}</t></is></c>'
                for c, text in zip("AB", line, strict=True)
            )
            + "</row>"
            for r, line in enumerate(lines, 1)
        )
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_where_most_go_one_way_it_is_the_class_that_goes_and_the_others_are_single_pupils() -> None:
    now = a_school(("7A", {"7": 5}), ("7B", {"7": 5}))
    listed = {key: a_row(year="8", group="8 Oak") for key in range(100, 104)}
    listed[104] = a_row(year="7", group="")  # held back
    listed |= {key: a_row(year="8", group="8 Elm") for key in range(105, 109)}  # and 109 is not in the list
    choices = choices_from(now, IN_2026, listed)
    assert choices.years == {"7": "8"}
    assert choices.places == {(1, "7"): "8 Oak", (2, "7"): "8 Elm"}
    assert choices.pupils == {104: PupilChoice(year=STAY)}
    predicted = predict(now, suggest(now, choices))
    assert {one.name: len(one.pupils) for one in predicted.of_registration()} == {
        "7A": 1,
        "8 Oak": 4,
        "8 Elm": 5,
    }


def test_a_few_rows_do_not_speak_for_a_year_group_or_class() -> None:
    now = a_school(("7A", {"7": 5}))
    choices = choices_from(
        now, IN_2026, {100: a_row(year="9", group="9X"), 101: a_row(year=LEAVE, group="9X")}
    )
    assert choices.years == suggest(now, IN_2026).years
    assert choices.pupils == {100: PupilChoice(year="9", group="9X")}


def test_what_was_chosen_before_stands_where_the_list_says_nothing() -> None:
    now = a_school(("7A", {"7": 5}), ("8A", {"8": 5}))
    before = replace(
        IN_2026,
        years={"8": "9"},
        places={(2, "8"): "9 Ash"},
        pupils={106: PupilChoice(year=STAY), 100: PupilChoice(year=STAY)},
    )
    chosen = choices_from(now, before, {key: a_row(year="8", group="8A") for key in range(100, 105)})
    assert chosen.places[2, "8"] == "9 Ash"
    assert chosen.pupils == {106: PupilChoice(year=STAY)}
