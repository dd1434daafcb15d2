"""The School Census as tables: the same pupils as in its XML, joined by the numbers of their rows."""

import csv
import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from adminhub.mis import Refused
from tests.unit.mis.samples import read_sample, sample

PERSON = ("PupilIdentifiers", "PupilCharacteristics", "PupilStatus", "SpecialEducationalNeeds")
FORMS = (
    ("PupilOnRoll", "pupilonroll", "onroll"),
    ("PupilNoLongerOnRoll", "pupilnolongeronroll", "nolongeronroll"),
)


def as_tables(folder: Path) -> Path:
    """The census sample as the tables a local authority has."""
    root = ElementTree.parse(next(sample("census").iterdir())).getroot()
    school = {
        "schooltableid": "1",
        "lea": root.findtext(".//Source/LEA") or "",
        "estab": root.findtext(".//Source/Estab") or "",
        **{part.tag.lower(): part.text or "" for part in root.find(".//SchoolCharacteristics") or ()},
    }
    write(folder / "school.csv", [school])
    for element, table, ending in FORMS:
        people, addresses, meals = [], [], []
        for number, pupil in enumerate(root.iter(element), start=1):
            key = {f"{table}tableid": str(number)}
            people.append(
                key
                | {
                    part.tag.lower(): as_written(part.text or "")
                    for block in PERSON
                    for part in pupil.find(block) or ()
                    if len(part) == 0
                }
            )
            addresses.append(key | {"postcode": pupil.findtext(".//PostCode") or ""})
            meals += [
                key
                | {
                    "fsmstartdate": as_written(period.findtext("FSMstartDate") or ""),
                    "fsmenddate": as_written(period.findtext("FSMendDate") or ""),
                }
                for period in pupil.iter("FSMperiod")
            ]
        write(folder / f"{table}.csv", people)
        write(folder / f"addresses{ending}.csv", addresses)
        if meals:
            write(folder / f"fsmperiods{ending}.csv", meals)
    return folder


def as_written(text: str) -> str:
    """Dates as these tables write them."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return text
    return date.fromisoformat(text).strftime("%Y-%b-%d 00:00:00")


def write(path: Path, found: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(dict.fromkeys(name for record in found for name in record)))
        table.writeheader()
        table.writerows(found)


def test_the_tables_hold_what_the_xml_holds(tmp_path: Path) -> None:
    tables, whole = read_sample(as_tables(tmp_path)), read_sample(sample("census"))

    assert tables.format == "census"
    assert tables.schools == whole.schools
    assert tables.pupils == whole.pupils


def test_free_school_meals_are_unknown_where_their_table_is_not_there(tmp_path: Path) -> None:
    for table in as_tables(tmp_path).glob("fsmperiods*"):
        table.unlink()
    roster = read_sample(tmp_path)

    assert {pupil.free_school_meals for pupil in roster.pupils} == {None}
    assert "free_school_meals" not in roster.holds_pupil


def test_tables_of_two_schools_are_refused(tmp_path: Path) -> None:
    with (as_tables(tmp_path) / "school.csv").open("a", encoding="utf-8") as stream:
        stream.write("2,999,4001,Oak Hill School,,,,,,\n")

    with pytest.raises(Refused, match="2 schools"):
        read_sample(tmp_path)
