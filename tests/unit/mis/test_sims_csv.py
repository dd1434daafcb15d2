"""SIMS reports as CSV: what CommandReporter writes when the output is named so, with or without the primary_id."""

import csv
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from adminhub.mis import Refused, Roster
from tests.unit.mis.samples import read_sample, sample


def as_csv(folder: Path, *, without: str = "", only: str = "*") -> Path:
    """The SIMS sample's reports as CSV, without one column."""
    for report in sample("sims").glob(f"{only}.xml"):
        found = [
            {title(cell.tag): cell.text or "" for cell in record}
            for record in ElementTree.parse(report).getroot()
        ]
        titles = [
            name for name in dict.fromkeys(name for record in found for name in record) if name != without
        ]
        with (folder / f"{report.stem}.csv").open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, titles, extrasaction="ignore")
            table.writeheader()
            table.writerows(found)
    return folder


def title(element: str) -> str:
    return re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), element)


def known_by_number(roster: Roster) -> list[object]:
    return [replace(pupil, mis_id=pupil.admission_number or "") for pupil in roster.pupils]


def test_reports_as_csv_hold_what_they_hold_as_xml(tmp_path: Path) -> None:
    written, whole = read_sample(as_csv(tmp_path)), read_sample(sample("sims"))

    assert written.format == "sims"
    assert written.pupils == whole.pupils
    assert written.employees == whole.employees
    assert written.classes == whole.classes


def test_a_pupils_report_without_primary_id_knows_them_by_admission_number(tmp_path: Path) -> None:
    roster = read_sample(as_csv(tmp_path, without="primary_id", only="pupils"))

    assert list(roster.pupils) == known_by_number(read_sample(sample("sims")))


def test_columns_a_csv_report_does_not_have_are_unknown(tmp_path: Path) -> None:
    assert "postcode" not in read_sample(as_csv(tmp_path, without="Postcode")).holds_pupil


def test_a_csv_of_classes_alone_says_what_else_is_needed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no report of the pupils"):
        read_sample(as_csv(tmp_path, only="pupil_classes"))
