"""`./hub match`: two files in, predictions out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from adminhub.hub.matching.cli import main
from tests.unit.hub.matching.cast import a_upn

HUB = "hub_id,role,forename,surname,dob,upn,email\n"
MIS = "mis_id,role,forename,preferred_forename,surname,dob,upn,email\n"


def written(folder: Path, hub: str, mis: str) -> int:
    (folder / "hub.csv").write_text(HUB + hub, encoding="utf-8")
    (folder / "mis.csv").write_text(MIS + mis, encoding="utf-8")
    return main([str(folder / "hub.csv"), str(folder / "mis.csv"), "-o", str(folder / "out.csv"), "--quiet"])


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "out.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_status_is_written_with_its_ids_score_and_reason(tmp_path: Path) -> None:
    status = written(
        tmp_path,
        f"h1,pupil,Kit,Ray,2015-05-06,{a_upn(1)},\nh2,pupil,Jo,Novak,,,\nh3,pupil,Zoe,Adams,2014-01-02,,\n",
        f"m1,pupil,Christopher,Kit,Ray,2015-05-06,{a_upn(1)},\nm2,pupil,Jo,,Novák,2015-03-02,,\n"
        "m3,pupil,Dev,,Singh,2013-03-02,,\n",
    )
    assert status == 0
    assert [(row["hub_id"], row["mis_id"], row["status"]) for row in rows(tmp_path)] == [
        ("h1", "m1", "Matched"),
        ("h2", "m2", "May match"),
        ("h3", "", "Not matched"),
        ("", "m3", "New"),
    ]
    first = rows(tmp_path)[0]
    assert first["reason"] == "Same UPN; Same name; Same birthday"
    assert 0.999 < float(first["score"]) <= 1


def test_a_pupil_is_never_compared_with_a_teacher(tmp_path: Path) -> None:
    written(tmp_path, "h1,pupil,Kit,Ray,,,kit@oak.example\n", "m1,staff,Kit,,Ray,,,kit@oak.example\n")
    assert {row["status"] for row in rows(tmp_path)} == {"Not matched", "New"}


def test_the_candidates_of_one_hub_row_come_best_first(tmp_path: Path) -> None:
    mis = "m1,pupil,Kitt,,Ray,2015-05-06,,\nm2,pupil,Kit,,Ray,2015-05-06,,\n"
    written(tmp_path, "h1,pupil,Kit,Ray,2015-05-06,,\n", mis)
    offered = [row for row in rows(tmp_path) if row["status"] == "May match"]
    assert [row["mis_id"] for row in offered] == ["m2", "m1"]
    assert float(offered[0]["score"]) > float(offered[1]["score"])


@pytest.mark.parametrize(
    ("hub", "said"),
    [
        ("h1,pupil,Kit,Ray,,,\nh1,pupil,Kim,Ray,,,\n", "line 3: the hub_id is there twice"),
        (",pupil,Kit,Ray,,,\n", "line 2: the hub_id is blank"),
        ("h1,pupil,Kit,Ray\n", "line 2: 4 fields where the heading has 7"),
        ("h1,parent,Kit,Ray,,,\n", "The role “parent” is neither pupil nor staff"),
    ],
)
def test_a_bad_file_is_told_with_its_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], hub: str, said: str
) -> None:
    assert written(tmp_path, hub, "m1,pupil,Kit,,Ray,,,\n") == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Nothing was written." in error
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_is_missing_or_no_csv_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mis.csv").write_text(MIS)
    files = {"none.csv": None, "latin.csv": b"hub_id,surname\n1,M\xfcller\n", "other.csv": b"id,name\n"}
    for name, content in files.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        arguments = [str(tmp_path / name), str(tmp_path / "mis.csv"), "-o", str(tmp_path / "out.csv")]
        assert main(arguments) == 1
        assert name in capsys.readouterr().err


def test_an_empty_list_matches_nobody(tmp_path: Path) -> None:
    assert written(tmp_path, "", "m1,pupil,Kit,,Ray,,,\n") == 0
    assert [row["status"] for row in rows(tmp_path)] == ["New"]
