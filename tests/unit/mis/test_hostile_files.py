"""Files made to do harm, and files that are not what they seem: refused with a sentence, in little time and memory."""

import csv
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from adminhub.mis import Refused
from tests.unit.mis.samples import read_sample, replaced, rezipped, sample, with_fault, zip_entries

HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'
XINCLUDE = '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="secret.txt"/>'
SECRET = "CANARY-do-not-read-me"


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        read_sample(path)
    message = str(caught.value)
    assert "Nothing has been read." in message
    assert SECRET not in message
    return message


def pupils_xml(tmp_path: Path, content: bytes) -> Path:
    return with_fault(tmp_path, "sims", "pupils.xml", lambda _: content)


def record(cells: str) -> bytes:
    return f"<SuperStarReport><Record>{cells}</Record></SuperStarReport>".encode()


def laughs() -> bytes:
    entities = b"".join(
        b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    return HEAD + b'<!DOCTYPE x [<!ENTITY l0 "ha">' + entities + b"]>" + record("<UPN>&l9;</UPN>")


SOUND = record(
    "<primary_id>1</primary_id><Adno>1</Adno><Legal_x0020_Surname>Ray</Legal_x0020_Surname><Surname>Ray</Surname>"
    "<Forename>Kit</Forename><DOB>2018-08-26T00:00:00</DOB>"
)


@pytest.mark.parametrize(
    "content",
    [
        laughs(),
        HEAD
        + b'<!DOCTYPE x [<!ENTITY a "'
        + b"a" * 20_000
        + b'">]>'
        + record("<UPN>" + "&a;" * 15_000 + "</UPN>"),
        HEAD + b'<!DOCTYPE x [<!ENTITY s SYSTEM "secret.txt">]>' + record("<UPN>&s;</UPN>"),
        HEAD + b'<!DOCTYPE x SYSTEM "secret.dtd">' + record("<UPN>1</UPN>"),
        HEAD
        + b'<!-- so --><!DOCTYPE x [<!ENTITY s SYSTEM "http://collector.example/">]>'
        + record("<UPN>&s;</UPN>"),
        (HEAD + b'<!DOCTYPE x [<!ENTITY a "b">]>' + record("<UPN>&a;</UPN>")).decode().encode("utf-16"),
    ],
    ids=[
        "billion laughs",
        "quadratic",
        "external entity",
        "external DTD",
        "remote entity",
        "hidden in UTF-16",
    ],
)
def test_a_doctype_is_refused_before_anything_grows(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sims").mkdir()
    folder = pupils_xml_in(tmp_path, content)
    tracemalloc.start()
    try:
        message = refusal(folder)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert "pupils.xml" in message
    assert "DOCTYPE" in message
    assert peak < 20_000_000


def pupils_xml_in(tmp_path: Path, content: bytes) -> Path:
    folder = tmp_path / "sims"
    (folder / "secret.txt").write_text(SECRET)
    (folder / "secret.dtd").write_text(f'<!ENTITY s "{SECRET}">')
    (folder / "pupils.xml").write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEAD + record(f"<Surname>{XINCLUDE}</Surname>"), "text only"),
        (HEAD + b"<a>" * 8000 + b"</a>" * 8000, "no report we know"),
        (HEAD + b"<SuperStarReport>" + b"<a>" * 8000 + b"</a>" * 8000 + b"</SuperStarReport>", "too deep"),
        (HEAD + b"<Invoice><Line/></Invoice>", "Invoice"),
        (b"<html><body>503 Service Unavailable</body></html>", "web page"),
        (HEAD + b"<SuperStarReport></SuperStarReport>", "0 pupils"),
        (b"<CommandReporterError>The report could not be found.</CommandReporterError>", "could not be found"),
        (HEAD + record(f"<Adno>1</Adno><Surname>{'x' * 1_000_000}</Surname>"), "too many to be true"),
        (HEAD + record("<Adno>1</Adno><Surname>Marks & Hope</Surname>"), "not valid XML"),
        (HEAD + record("<Adno>1</Adno><Surname>Ma&#x7;rks</Surname>"), "character"),
        (HEAD + SOUND * 2, "one report per file"),
        (HEAD + SOUND.removesuffix(b"</SuperStarReport>"), "incomplete"),
        (HEAD + SOUND.replace(b"primary_id", b"primaryid"), "primary_id"),
        (HEAD + SOUND.replace(b"Legal_x0020_Surname", b"Lagal_x0020_Surname"), "called 'lagal surname'"),
        (HEAD + record("<Adno>1</Adno><Surname>&undeclared;</Surname>"), "pupils.xml"),
        (HEAD.replace(b"utf-8", b"utf-7") + record("<Adno>1</Adno>"), "encoding"),
    ],
)  # fmt: skip
def test_what_is_no_sound_report_is_refused_by_name(tmp_path: Path, content: bytes, says: str) -> None:
    message = refusal(pupils_xml(tmp_path, content))

    assert "pupils.xml" in message
    assert says in message


def test_a_report_cut_short_says_on_which_line(tmp_path: Path) -> None:
    message = refusal(
        with_fault(tmp_path, "sims", "pupils.xml", lambda content: content[: len(content) // 2])
    )

    assert "line" in message
    assert "incomplete" in message


def test_a_refusal_repeats_nothing_of_the_record(tmp_path: Path) -> None:
    message = refusal(pupils_xml(tmp_path, HEAD + record("<Adno>1</Adno><Surname>Novák & Zebedee</Surname>")))

    assert "Zebedee" not in message
    assert "Novák" not in message


def zipped(
    tmp_path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in zip_entries(sample("oneroster-1.1")).items():
            archive.writestr(name, content)
        for entry, content in entries:
            archive.writestr(entry, content, compression)
    return path


@pytest.mark.parametrize(
    "name", ["../../outside.csv", "/outside.csv", "C:\\outside.csv", "a\\..\\..\\outside.csv"]
)
def test_an_entry_outside_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    message = refusal(zipped(tmp_path, (name, b"a,b\r\n")))

    assert "outside.csv" in message
    assert not list(tmp_path.parent.glob("outside.csv"))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("demographics2.csv")
    link.external_attr = 0o120777 << 16

    assert "link" in refusal(zipped(tmp_path, (link, b"../../secret.csv")))


def test_a_zip_that_unpacks_to_a_gigabyte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("users.csv", "w", force_zip64=True) as out,
    ):
        for _ in range(700):
            out.write(bytes(1 << 20))

    assert "too large" in refusal(path)


def test_a_zip_that_lies_about_its_sizes_is_not_unpacked(tmp_path: Path) -> None:
    content = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = content.compress(bytes(50 << 20)) + content.flush()
    path = tmp_path / "export.zip"
    header = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(packed), 100, 9, 0)
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(packed), 100, 9, 0, 0, 0, 0, 0, 0
    )
    start = len(header) + 9 + len(packed)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central) + 9, start, 0)
    path.write_bytes(header + b"users.csv" + packed + central + b"users.csv" + end)
    tracemalloc.start()
    try:
        message = refusal(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert "damaged" in message
    assert peak < 20_000_000


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(tmp_path: Path, compression: int) -> None:
    assert "packed in a way" in refusal(
        zipped(tmp_path, ("extra.csv", b"a,b\r\n" * 50), compression=compression)
    )


def test_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.zip", sample("oneroster-1.1").read_bytes())

    assert "manifest.csv" in refusal(path)


def test_a_name_twice_in_a_zip_is_refused(tmp_path: Path) -> None:
    assert "users.csv" in refusal(zipped(tmp_path, ("folder/Users.csv", b"sourcedId\r\n")))


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    content = sample("oneroster-1.1").read_bytes()
    path.write_bytes(content[: len(content) * 7 // 10])

    assert "incomplete" in refusal(path)


def test_a_damaged_entry_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    content = bytearray(sample("oneroster-1.1").read_bytes())
    with zipfile.ZipFile(sample("oneroster-1.1")) as archive:
        start = archive.getinfo("users.csv").header_offset
    content[start + 500 : start + 540] = bytes(40)
    path.write_bytes(content)

    assert "users.csv" in refusal(path)


def test_a_locked_zip_says_so(tmp_path: Path) -> None:
    content = sample("oneroster-1.1").read_bytes()
    path = tmp_path / "export.zip"
    path.write_bytes(
        content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    )

    assert "password" in refusal(path)


def test_a_csv_called_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_entries(sample("oneroster-1.1"))["users.csv"])

    assert "is none" in refusal(path)


def test_what_a_mac_leaves_in_a_zip_does_no_harm(tmp_path: Path) -> None:
    clean = read_sample(sample("oneroster-1.1"))
    junk = rezipped(tmp_path, "oneroster-1.1", {"__MACOSX/._users.csv": b"\x00\x05", ".DS_Store": b"\x00"})

    assert read_sample(junk).pupils == clean.pupils


@pytest.mark.parametrize("file", ["manifest.csv", "users.csv"])
def test_a_promised_table_that_is_not_there_is_refused(tmp_path: Path, file: str) -> None:
    assert file in refusal(rezipped(tmp_path, "oneroster-1.1", {file: None}))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n  \r\n", "empty"),
        (b"<!DOCTYPE html><html>503</html>", "web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(50), "Excel"),
        (b"Admission Number,UPN\x00\r\n", "NUL"),
    ],
)
def test_what_is_no_csv_is_refused_by_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    message = refusal(with_fault(tmp_path, "integris", "pupils.csv", lambda _: content))

    assert "pupils.csv" in message
    assert says in message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Legal Surname", "Lagal Surname", "is it the one headed 'Lagal Surname'"),
        ("Admission Number,", "", "Admission Number"),
        ('003193,', '"003193,', "line 3"),
        ("Abbasi,Imran", f"Abbasi,{'x' * 1_000_000}", "line 2"),
    ],
)  # fmt: skip
def test_a_csv_that_cannot_be_trusted_is_refused_where_it_breaks(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert says in refusal(with_fault(tmp_path, "integris", "pupils.csv", replaced(old, new)))


def test_headings_without_pupils_are_refused(tmp_path: Path) -> None:
    folder = with_fault(
        tmp_path, "integris", "pupils.csv", lambda content: content.split(b"\r\n")[0] + b"\r\n"
    )

    assert "0 pupils" in refusal(folder)


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="no such file"):
        read_sample(Path("/nowhere/pupils.xml"))


def test_two_exports_at_once_are_not_guessed_between() -> None:
    from tests.unit.mis.samples import DATA

    assert "more than one export" in refusal(DATA)


def test_a_csv_that_stops_in_the_middle_of_a_row_is_refused(tmp_path: Path) -> None:
    def cut(content: bytes) -> bytes:
        return content[: content.index(b"003268,") + 30]

    assert "incomplete" in refusal(with_fault(tmp_path, "integris", "pupils.csv", cut))


def test_a_pupil_report_of_another_kind_alone_says_what_else_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "pupil_classes.xml"
    path.write_bytes((sample("sims") / "pupil_classes.xml").read_bytes())

    assert "Give the pupils' report too" in refusal(path)


@pytest.mark.parametrize("cell", ["{" + " " * 6_000, "{UPN:" + " " * 6_000, "{" * 6_000, "{ a" * 6_000])
def test_user_ids_that_never_end_cost_no_time(tmp_path: Path, cell: str) -> None:
    lines = zip_entries(sample("oneroster-1.1"))["users.csv"].decode().splitlines(keepends=True)
    place = lines[0].strip().replace('"', "").split(",").index("userIds")
    row = next(csv.reader([lines[1]]))
    row[place] = cell
    changed = ",".join(f'"{value}"' for value in row) + "\r\n"
    path = rezipped(
        tmp_path, "oneroster-1.1", {"users.csv": "".join([lines[0], changed, *lines[2:]]).encode()}
    )
    started = time.process_time()
    read_sample(path)
    assert time.process_time() - started < 5
