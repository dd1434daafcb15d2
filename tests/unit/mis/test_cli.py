"""`hub read` prints what was found, for people and for programs."""

import json
from pathlib import Path

import pytest

from adminhub.mis.cli import main
from tests.unit.mis.samples import rezipped, sample, zip_entries

DAY = ("--as-at", "2025-10-02")


def test_json_has_the_counts_the_people_and_the_classes(capsys: pytest.CaptureFixture[str]) -> None:
    status = main([str(sample("oneroster-1.2")), "--json", *DAY])
    found = json.loads(capsys.readouterr().out)

    assert status == 1
    assert found["format"] == "oneroster-1.2"
    assert found["school"] == {
        "name": "Hallowmere Community Primary School",
        "urn": None,
        "laestab": "9992197",
    }
    assert found["counts"]["pupils"] == len(found["pupils"]) == 240
    assert {"mis_id", "status", "upn", "legal_forename", "date_of_birth"} <= found["pupils"][0].keys()
    assert {group["kind"] for group in found["classes"]} == {"registration", "teaching"}
    assert {"record", "field", "message"} == found["issues"][0].keys()


def test_what_a_format_cannot_hold_is_absent_and_what_is_blank_is_null(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main([str(sample("oneroster-1.1")), "--json", *DAY])
    oneroster = json.loads(capsys.readouterr().out)
    main([str(sample("sims")), "--json", *DAY])
    sims = json.loads(capsys.readouterr().out)

    assert "legal_forename" not in oneroster["pupils"][0]
    assert oneroster["pupils"][0]["email"] is None
    assert sims["school"] == {}
    assert "username" not in sims["pupils"][0]


def test_files_may_be_given_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(sample("sims") / name) for name in ("staff.xml", "pupil_classes.xml", "pupils.xml")]

    assert main([*files, "--json", *DAY]) == 1
    assert json.loads(capsys.readouterr().out)["counts"]["memberships"] == 170


def test_a_clean_file_leaves_with_nought(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(sample("sims") / "pupils.xml"), *DAY]) == 0
    assert "240 on roll, 2 left" in capsys.readouterr().out


def test_a_refusal_leaves_with_two_and_one_clear_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pupils.xml").write_text("<html>503</html>")

    status = main([str(tmp_path / "pupils.xml"), "--json"])
    printed = capsys.readouterr()

    assert status == 2
    assert "pupils.xml" in printed.err
    assert json.loads(printed.out)["refused"]["what_to_do"] in printed.err


def test_the_summary_names_no_person(capsys: pytest.CaptureFixture[str]) -> None:
    main([str(sample("integris")), *DAY])

    assert "Abbasi" not in capsys.readouterr().out


def test_a_format_can_be_picked_from_a_folder_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(sample("sims").parent), "--format", "integris", "--json", *DAY]) == 1
    assert json.loads(capsys.readouterr().out)["format"] == "integris"


def test_what_would_be_held_is_printed_beside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = (sample("sims") / "pupils.xml").read_text()
    few = content.split("</Record>")[:60]
    (tmp_path / "pupils.xml").write_text("</Record>".join(few) + "</Record></SuperStarReport>")

    status = main(
        [str(tmp_path / "pupils.xml"), "--previous", str(sample("sims") / "pupils.xml"), "--json", *DAY]
    )

    assert status == 1
    assert json.loads(capsys.readouterr().out)["holds"]


def test_a_delta_is_added_to_the_export_before_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    users = zip_entries(sample("oneroster-1.1"))["users.csv"].splitlines(keepends=True)
    gone = users[1].replace(b",,,true", b",tobedeleted,2025-10-01T00:00:00Z,true", 1)
    manifest = b"propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.1\r\nfile.users,delta\r\n"
    none = dict.fromkeys(zip_entries(sample("oneroster-1.1")))
    delta = rezipped(
        tmp_path, "oneroster-1.1", {**none, "manifest.csv": manifest, "users.csv": users[0] + gone}
    )

    main([str(delta), "--previous", str(sample("oneroster-1.1")), "--json", *DAY])
    found = json.loads(capsys.readouterr().out)

    assert found["delta"] is True
    assert len(found["removed"]) == 1
    assert found["counts"]["pupils"] == 239
    assert found["holds"] == []
