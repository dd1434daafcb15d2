"""Common Transfer Files and the two censuses: people by UPN and teacher number, and nothing that is not for us."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from adminhub.mis import Pupil, Refused, Roster, read
from tests.unit.mis.samples import AS_AT, read_sample, replaced, sample, with_fault

CTF = "9992197_CTF_XXXXXXX_001.xml"
CENSUS = "9992197_SC3_999LL25_001.xml"
WORKFORCE = "9992197_SWF_999LL25_001.xml"
FIRST = "D999219722009"


def odd_ctf(tmp_path: Path, change: Callable[[bytes], bytes]) -> Roster:
    return read_sample(with_fault(tmp_path, "ctf", CTF, change))


def first(roster: Roster) -> Pupil:
    return next(pupil for pupil in roster.pupils if pupil.mis_id == FIRST)


def without_element(name: str) -> Callable[[bytes], bytes]:
    """A change that takes out the first element of this name."""

    def change(content: bytes) -> bytes:
        changed, times = re.subn(
            rb"(?s) *<%b>.*?</%b>\n" % (name.encode(), name.encode()), b"", content, count=1
        )
        assert times
        return changed

    return change


def test_an_older_ctf_that_says_gender_is_read_without_a_remark(tmp_path: Path) -> None:
    older = odd_ctf(
        tmp_path,
        lambda content: content.replace(b"Sex>", b"Gender>").replace(b">25.0<", b">15.0<"),
    )

    assert older.pupils == read_sample(sample("ctf")).pupils
    assert older.issues == ()


def test_a_ctf_with_a_namespace_is_read_with_one_remark(tmp_path: Path) -> None:
    roster = odd_ctf(tmp_path, replaced("<CTfile>", '<CTfile xmlns="urn:ctf">'))

    assert roster.pupils == read_sample(sample("ctf")).pupils
    assert [issue.field for issue in roster.issues] == ["namespace"]


def test_a_ctf_named_for_one_school_with_the_pupils_of_another_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        odd_ctf(tmp_path, replaced("<Estab>2197</Estab>", "<Estab>4999</Estab>"))

    assert "9994999" in str(refusal.value)
    assert "9992197" in str(refusal.value)


def test_a_pupil_without_a_upn_is_kept_under_a_key_that_says_nothing_of_them(tmp_path: Path) -> None:
    roster = odd_ctf(tmp_path, without_element("UPN"))

    assert len(roster.pupils) == len(read_sample(sample("ctf")).pupils)
    assert [(issue.record, issue.field) for issue in roster.issues] == [(f"{CTF} line 22", "upn")]
    assert re.fullmatch(r"name-[0-9a-f]{12}", roster.pupils[0].mis_id)


def test_what_a_partial_ctf_leaves_out_is_unknown_and_not_no(tmp_path: Path) -> None:
    whole = first(read_sample(sample("ctf")))
    part = first(odd_ctf(tmp_path, replaced("<DocumentQualifier>full", "<DocumentQualifier>partial")))

    assert (whole.free_school_meals, whole.sen, whole.in_care) == (False, "N", False)
    assert (part.free_school_meals, part.sen, part.in_care) == (None, None, None)


def test_of_a_history_of_special_needs_the_newest_that_has_begun_counts(tmp_path: Path) -> None:
    history = "".join(
        f"<SEN><StartDate>{day}</StartDate><SENprovision>{code}</SENprovision></SEN>"
        for day, code in (("2022-09-01", "K"), ("2024-01-08", "E"), ("2023-05-01", "N"), ("2026-09-01", "K"))
    )
    listed = f"</BasicDetails><SENhistory>{history}</SENhistory>"

    assert first(odd_ctf(tmp_path, replaced("</BasicDetails>", listed))).sen == "E"


def test_free_school_meals_that_have_not_begun_are_not_had_yet(tmp_path: Path) -> None:
    later = "<FSMhistory><FSMinstance><FSMstartDate>2026-01-05</FSMstartDate></FSMinstance></FSMhistory>"

    assert not first(
        odd_ctf(tmp_path, replaced("</BasicDetails>", f"</BasicDetails>{later}"))
    ).free_school_meals


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"\r\n\n" + content,
        lambda content: b"\xef\xbb\xbf\n" + content,
        replaced("utf-8", "latin-1"),
    ],
    ids=["blank lines", "mark and blank line", "latin-1"],
)
def test_what_stands_before_the_first_element_harms_nothing(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    assert odd_ctf(tmp_path, change).pupils == read_sample(sample("ctf")).pupils


def test_the_pupils_of_an_admissions_file_have_not_started(tmp_path: Path) -> None:
    roster = odd_ctf(
        tmp_path, lambda content: content.replace(b"CTfile>", b"ATfile>").replace(b"CTFpupil", b"ATFpupil")
    )

    assert {pupil.status for pupil in roster.pupils} == {"future"}


def test_two_ctfs_of_one_school_are_one_roster(tmp_path: Path) -> None:
    copy = with_fault(tmp_path, "ctf", CTF, without_element("Pupil"))
    (copy / "second.xml").write_bytes((sample("ctf") / CTF).read_bytes())

    assert {p.mis_id for p in read_sample(copy).pupils} == {
        p.mis_id for p in read_sample(sample("ctf")).pupils
    }


def test_two_ctfs_of_two_schools_are_not_mixed(tmp_path: Path) -> None:
    copy = with_fault(tmp_path, "ctf", CTF, replaced("Imran", "Imran"))
    other = (copy / CTF).read_bytes().replace(b"<Estab>2197</Estab>", b"<Estab>4999</Estab>")
    (copy / "other.xml").write_bytes(other)

    with pytest.raises(Refused, match="9994999"):
        read_sample(copy)


def test_no_remark_repeats_a_upn_or_a_teacher_number(tmp_path: Path) -> None:
    twice = odd_ctf(tmp_path, replaced("K999219720013", FIRST))
    staff = read_sample(with_fault(tmp_path, "workforce", WORKFORCE, replaced("9749949", "9625534")))

    assert twice.rejects
    assert staff.rejects
    said = f"{[issue.record + issue.message for issue in twice.issues]}{twice.rejects}{staff.rejects}"
    said += f"{[issue.record + issue.message for issue in staff.issues]}"
    assert not re.search(r"[A-Z]\d{11}|9625534|9749949", said)


def test_who_left_and_came_back_is_on_roll(tmp_path: Path) -> None:
    back = read_sample(
        with_fault(
            tmp_path,
            "census",
            CENSUS,
            lambda content: re.sub(
                rb"(?s)(<PupilsNoLongerOnRoll>.*?<UPN>)[^<]*", rb"\g<1>" + FIRST.encode(), content, count=1
            ),
        )
    )

    assert first(back).status == "on_roll"
    assert any("both on roll" in issue.message for issue in back.issues)


def test_pay_hours_absences_and_insurance_numbers_are_nowhere_in_what_is_read() -> None:
    file = (sample("workforce") / WORKFORCE).read_text(encoding="utf-8")
    roster = repr(read_sample(sample("workforce")))
    secrets = set(re.findall(r"<(?:NINumber|BasePay|Disability|AbsenceCategory)>([^<]+)<", file))

    assert len(secrets) > 20
    assert not [secret for secret in secrets if f"'{secret}'" in roster]


def test_a_teacher_without_a_number_is_remarked_on(tmp_path: Path) -> None:
    roster = read_sample(with_fault(tmp_path, "workforce", WORKFORCE, without_element("TeacherNumber")))

    assert any(issue.field == "teacher_number" and "line 27" in issue.record for issue in roster.issues)


def test_another_return_to_the_dfe_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "cin.xml"
    path.write_text(
        "<Message><Header><CollectionDetails><Collection>CIN</Collection></CollectionDetails></Header></Message>"
    )

    with pytest.raises(Refused, match="CIN"):
        read([path], as_at=AS_AT)


@pytest.mark.parametrize(
    "change",
    [
        replaced("<CTfile>", '<!DOCTYPE CTfile [<!ENTITY x "y">]><CTfile>'),
        replaced("Imran", "Imran &x;"),
        replaced("Imran", '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="secret.txt"/>'),
        replaced("Imran", "x" * 20_000),
        replaced("Imran", "<x>" * 8_000),
        lambda content: content[:-500],
        lambda content: content + content,
        replaced("Imran", "Imran & Sons"),
    ],
    ids=[
        "doctype",
        "entity",
        "include",
        "long cell",
        "deep",
        "cut short",
        "two files in one",
        "bare ampersand",
    ],
)
def test_a_hostile_or_broken_ctf_is_refused_and_its_people_are_not_repeated(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(Refused) as refusal:
        odd_ctf(tmp_path, change)

    assert refusal.value.what_to_do
    assert "Imran" not in str(refusal.value)
