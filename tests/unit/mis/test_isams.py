"""iSAMS batches: one document of pupils, staff, forms and sets, and errors that say another encoding than they have."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adminhub.mis import Refused, Roster
from tests.unit.mis.samples import read_sample, replaced, sample, with_fault

ERROR = """<?xml version="1.0" encoding="utf-16"?>
<Message>
  <MessageId>InvalidApiKey</MessageId>
  <Title>Invalid API Key</Title>
  <Description>The API key is invalid.</Description>
</Message>"""


def odd_batch(tmp_path: Path, change: Callable[[bytes], bytes]) -> Roster:
    return read_sample(with_fault(tmp_path, "isams", "batch.xml", change))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_error_instead_of_a_batch_is_told_in_isamss_own_words(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Refused, match="Invalid API Key: The API key is invalid"):
        odd_batch(tmp_path, lambda _: ERROR.encode(encoding))


def test_a_batch_that_says_utf_16_and_is_utf_8_is_read_with_one_remark(tmp_path: Path) -> None:
    said = b'<?xml version="1.0" encoding="utf-16"?>\n'
    roster = odd_batch(tmp_path, lambda content: said + content)

    assert roster.pupils == read_sample(sample("isams")).pupils
    assert [issue.record for issue in roster.issues if "encoding" in issue.message] == ["batch.xml"]


def test_a_single_space_is_blank_and_not_a_value(tmp_path: Path) -> None:
    roster = odd_batch(tmp_path, replaced("<Forename>Imran</Forename>", "<Forename>&#x20;</Forename>"))

    assert roster.pupils[0].legal_forename is None


def test_a_set_list_of_nobody_known_is_rejected_by_its_line(tmp_path: Path) -> None:
    roster = odd_batch(
        tmp_path,
        replaced(
            "</SetLists>", '<SetList SetId="786" PupilId="1"/><SetList SetId="1" PupilId="8463"/></SetLists>'
        ),
    )

    assert {reject.reason for reject in roster.rejects} == {
        "Names pupil 1, who is not listed.",
        "Names set 1, which is not listed.",
    }


def test_a_batch_without_pupils_empties_no_school(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="0 pupils"):
        odd_batch(tmp_path, lambda content: content.replace(b"CurrentPupils>", b"FormerPupils>"))


def test_parts_of_a_batch_that_nobody_reads_change_nothing(tmp_path: Path) -> None:
    medical = (
        "<MedicalManager>"
        + "<Visit><Pupil Id='8463'><Note>private</Note></Pupil></Visit>" * 2_000
        + "</MedicalManager>"
    )
    roster = odd_batch(tmp_path, replaced("<HRManager>", medical + "<HRManager>"))

    assert roster.pupils == read_sample(sample("isams")).pupils
    assert "private" not in repr(roster)


def test_letters_that_are_windows_1252_are_read_with_one_remark(tmp_path: Path) -> None:
    roster = odd_batch(
        tmp_path, lambda content: content.replace(b"<Surname>Abbasi<", "<Surname>Núñez<".encode("cp1252"), 1)
    )

    assert roster.pupils[0].legal_surname == "Núñez"
    assert roster.pupils[1:] == read_sample(sample("isams")).pupils[1:]
    assert len([issue for issue in roster.issues if "Windows-1252" in issue.message]) == 1


def test_a_batch_that_says_latin_1_and_is_utf_8_is_read_as_what_it_is(tmp_path: Path) -> None:
    said = b'<?xml version="1.0" encoding="iso-8859-1"?>\n'
    roster = odd_batch(tmp_path, lambda content: said + content)

    assert roster.pupils == read_sample(sample("isams")).pupils
    assert len([issue for issue in roster.issues if "encoding" in issue.message]) == 1
