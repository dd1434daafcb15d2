"""Bromcom's answers page by page: every page there, whole, and in its own place."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adminhub.mis import Refused, Roster
from tests.unit.mis.samples import read_sample, replaced, sample, with_fault

PAGE = "StudentFlatView.page0.json"
NEXT = "StudentFlatView.page1.json"


def odd_page(tmp_path: Path, change: Callable[[bytes], bytes], page: str = PAGE) -> Roster:
    return read_sample(with_fault(tmp_path, "bromcom", page, change))


def records(page: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page.read_text(encoding="utf-8"))["data"]
    return found


def written(page: Path, found: list[dict[str, Any]]) -> None:
    page.write_text(json.dumps({"success": True, "data": found}), encoding="utf-8")


def in_pages_of(tmp_path: Path, size: int) -> Path:
    """The sample with its pupils on several pages."""
    copy = with_fault(tmp_path, "bromcom", PAGE, lambda content: content)
    pupils = [record for page in sorted(copy.glob("StudentFlatView.*")) for record in records(page)]
    for page in copy.glob("StudentFlatView.*"):
        page.unlink()
    for number in range(len(pupils) // size + 2):
        written(copy / f"StudentFlatView.page{number}.json", pupils[number * size :][:size])
    return copy


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b'{"success":true,"data":[{"studentId":1,', "incomplete"),
        (b'{"success":false,"message":"Rate limit reached","data":null}', "Rate limit reached"),
        (b'{"success":true,"data":{"studentId":1}}', "list"),
        (b"<!DOCTYPE html><html>Service Unavailable</html>", "web page"),
        (b'{"success":true,"data":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "deep"),
        (b'{"success":true,"data":[{"studentId":"\xff"}]}', "UTF-8"),
        (b'{"success":true,"data":[{"price":1}]}', "no answer we know"),
        (
            b'{"success":true,"data":[{"studentId":1,"firstName":"Kit","dateOfBirth":"2015-01-01"}]}',
            "lastName",
        ),
    ],
    ids=["empty", "cut short", "failed", "no list", "web page", "deep", "not UTF-8", "other", "field gone"],
)
def test_a_page_that_is_no_whole_answer_is_refused_by_its_name(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        odd_page(tmp_path, lambda _: content)

    assert PAGE in str(refusal.value)


def test_how_many_pages_there_are_changes_nothing(tmp_path: Path) -> None:
    assert read_sample(in_pages_of(tmp_path, 7)).pupils == read_sample(sample("bromcom")).pupils


def test_a_page_missing_between_two_is_refused_by_its_name(tmp_path: Path) -> None:
    copy = in_pages_of(tmp_path, 20)
    (copy / NEXT).unlink()

    with pytest.raises(Refused, match=f"{NEXT}: This page is missing"):
        read_sample(copy)


def test_a_page_that_came_in_the_place_of_another_is_refused(tmp_path: Path) -> None:
    copy = in_pages_of(tmp_path, 20)
    (copy / NEXT).write_bytes((copy / PAGE).read_bytes())

    with pytest.raises(Refused, match=f"{NEXT}: This page repeats StudentFlatView.page0"):
        read_sample(copy)


def test_a_page_that_came_once_too_often_adds_nobody(tmp_path: Path) -> None:
    copy = in_pages_of(tmp_path, 20)
    empty = max(copy.glob("StudentFlatView.*"))
    empty.write_bytes((copy / PAGE).read_bytes())
    written(copy / "StudentFlatView.page9.json", [])
    last = int(empty.name.split("page")[1].split(".")[0])
    (copy / "StudentFlatView.page9.json").rename(copy / f"StudentFlatView.page{last + 1}.json")
    roster = read_sample(copy)

    assert roster.pupils == read_sample(sample("bromcom")).pupils
    assert len([issue for issue in roster.issues if "twice" in issue.message]) == 20


def test_an_answer_that_does_not_end_with_an_empty_page_is_remarked_on(tmp_path: Path) -> None:
    copy = in_pages_of(tmp_path, 20)
    max(copy.glob("StudentFlatView.*")).unlink()

    assert any("may have been more" in issue.message for issue in read_sample(copy).issues)


def test_a_field_that_is_not_permitted_is_unknown_and_not_blank(tmp_path: Path) -> None:
    copy = in_pages_of(tmp_path, 100)
    written(
        copy / PAGE,
        [
            {key: value for key, value in record.items() if key != "studentEmail"}
            for record in records(copy / PAGE)
        ],
    )

    assert "email" in read_sample(sample("bromcom")).holds_pupil
    assert "email" not in read_sample(copy).holds_pupil


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"upn":"D999219722009"', '"upn":12345', "upn"),
        ('"yearGroup":"3"', '"yearGroup":null', "year_group"),
        ('"enrolmentStateName":"C"', '"enrolmentStateName":"Q"', "enrolment_status"),
        ('"yearGroup":"3"', '"yearGroup":["3"]', "year_group"),
    ],
)
def test_an_odd_value_is_remarked_on_beside_its_pupil(tmp_path: Path, old: str, new: str, field: str) -> None:
    roster = odd_page(tmp_path, replaced(old, new))

    assert ("pupil 8463", field) in {(issue.record, issue.field) for issue in roster.issues}


@pytest.mark.parametrize(
    ("old", "new"), [('"studentId":8463', '"studentId":"8463"'), ("2018-08-26T00:00:00", "2018-08-26")]
)
def test_another_way_of_writing_a_value_is_no_oddity(tmp_path: Path, old: str, new: str) -> None:
    assert odd_page(tmp_path, replaced(old, new)).pupils == read_sample(sample("bromcom")).pupils


def test_the_same_tables_as_csv_are_the_same_school(tmp_path: Path) -> None:
    for entity in ("StudentFlatView", "Staff", "YearGroupSubjectStudents", "Timetable"):
        found = [record for page in sorted(sample("bromcom").glob(f"{entity}.*")) for record in records(page)]
        with (tmp_path / f"{entity}.csv").open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, list(found[0]))
            table.writeheader()
            table.writerows(found)
    roster = read_sample(tmp_path)

    assert roster.format == "bromcom"
    assert roster.pupils == read_sample(sample("bromcom")).pupils
    assert roster.classes == read_sample(sample("bromcom")).classes


def test_contacts_are_named_without_their_titles() -> None:
    contact = read_sample(sample("bromcom")).contacts[0]

    assert (contact.forename, contact.surname, contact.pupils) == ("Zahra", "Siddiqui", ("8463",))
