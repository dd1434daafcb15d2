"""A spreadsheet may come as an Excel workbook: what its sheets show is read as the same tables in CSV would be."""

import csv
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adminhub.mis import Refused, Roster, read
from tests.unit.mis.samples import AS_AT, read_sample, sample

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
)
OPEN = "urn:oasis:names:tc:opendocument:xmlns"
ENDLESS = '<table:table-cell table:number-columns-repeated="16384"/>'
STYLES = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'


def a_workbook(path: Path, sheets: dict[str, str], *, hidden: str = "") -> Path:
    """A workbook with these sheets' rows as XML."""
    names = list(sheets)
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{place}" r:id="r{place}"'
        + (' state="hidden"/>' if name == hidden else "/>")
        for place, name in enumerate(names, start=1)
    )
    relations = "".join(
        f'<Relationship Id="r{place}" Type="{RELATION}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        for place in range(1, len(names) + 1)
    )
    styles = f'<Relationship Id="s" Type="{RELATION}/styles" Target="styles.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="w" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">{relations}{styles}</Relationships>',
        )
        archive.writestr("xl/styles.xml", STYLES)
        for place, rows in enumerate(sheets.values(), start=1):
            archive.writestr(
                f"xl/worksheets/sheet{place}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return path


def is_read_or_refused(path: Path) -> bool:
    try:
        return isinstance(read_book(path), Roster)
    except Refused as refusal:
        return bool(refusal.what_to_do)


def rows_of(table: Sequence[Sequence[str]]) -> str:
    return "".join("<row>" + "".join(cell(value) for value in row) + "</row>" for row in table)


def cell(value: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def table(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def a_document(path: Path, sheets: dict[str, str]) -> Path:
    """An OpenDocument spreadsheet with these tables' rows as XML."""
    spaces = " ".join(f'xmlns:{name}="{OPEN}:{name}:1.0"' for name in ("office", "table", "text"))
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{rows}</table:table>" for name, rows in sheets.items()
    )
    content = f"<office:document-content {spaces}>{tables}</office:document-content>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
    return path


def ods_rows(table: Sequence[Sequence[str]]) -> str:
    """Rows as LibreOffice writes them, with blank cells to the sheet's edges."""
    rows = ("".join(ods_cell(value) for value in row) for row in table)
    blank = f'<table:table-row table:number-rows-repeated="1048000">{ENDLESS}</table:table-row>'
    return "".join(f"<table:table-row>{row}{ENDLESS}</table:table-row>" for row in rows) + blank


def ods_cell(value: str) -> str:
    if not value:
        return "<table:table-cell/>"
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def of_format(path: Path, format: str, *, hidden: str = "") -> Path:
    """The sample's tables as sheets of one workbook."""
    return a_workbook(
        path, {file.stem: rows_of(table(file)) for file in sample(format).glob("*.csv")}, hidden=hidden
    )


def read_book(path: Path) -> Roster:
    return read([path], as_at=AS_AT)


@pytest.mark.parametrize("format", ["arbor", "integris", "scholarpack", "clever", "sds-1-uk", "sds-2.1"])
def test_any_spreadsheet_format_may_come_as_one_workbook(tmp_path: Path, format: str) -> None:
    book, files = read_book(of_format(tmp_path / "export.xlsx", format)), read_sample(sample(format))

    assert book.format == format
    assert (book.pupils, book.employees, book.classes) == (files.pupils, files.employees, files.classes)


def test_a_workbook_whose_list_of_contents_is_written_last_is_read(tmp_path: Path) -> None:
    """As openpyxl and LibreOffice write it."""
    first, last = of_format(tmp_path / "first.xlsx", "arbor"), tmp_path / "last.xlsx"
    with zipfile.ZipFile(first) as archive, zipfile.ZipFile(last, "w", zipfile.ZIP_STORED) as turned:
        types, *others = archive.namelist()
        for name in (*others, types):
            turned.writestr(name, archive.read(name))

    assert types not in last.read_bytes()[:4096].decode(errors="replace")
    assert read_book(last).pupils == read_sample(sample("arbor")).pupils


@pytest.mark.parametrize("format", ["arbor", "scholarpack", "clever"])
def test_any_spreadsheet_format_may_come_as_an_open_document(tmp_path: Path, format: str) -> None:
    tables = {file.stem: ods_rows(table(file)) for file in sample(format).glob("*.csv")}
    book, files = read_book(a_document(tmp_path / "export.ods", tables)), read_sample(sample(format))

    assert book.format == format
    assert (book.pupils, book.employees, book.classes) == (files.pupils, files.employees, files.classes)


def test_a_day_and_a_number_of_an_open_document_are_read_as_what_they_are(tmp_path: Path) -> None:
    rows = ods_rows(table(sample("scholarpack") / "pupils.csv")[:2])
    rows = rows.replace(
        ods_cell("26/08/2018"),
        '<table:table-cell office:value-type="date" office:date-value="2018-08-26">'
        "<text:p>26 Aug</text:p></table:table-cell>",
    ).replace(ods_cell("8463"), '<table:table-cell office:value-type="float" office:value="8463"/>')
    roster = read_book(a_document(tmp_path / "pupils.ods", {"Pupils": rows}))

    assert roster.pupils == read_sample(sample("scholarpack")).pupils[:1]


@pytest.mark.parametrize(
    "row",
    [
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>',
        f"<table:table-row>{ENDLESS * 300}{ods_cell('x')}</table:table-row>",
        '<table:table-row table:number-rows-repeated="999999999"/>'
        + f"<table:table-row>{ods_cell('x')}</table:table-row>",
    ],
    ids=["repeated", "far right", "far down"],
)
def test_an_open_document_that_would_fill_the_memory_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(Refused, match="farther out"):
        read_book(a_document(tmp_path / "a.ods", {"Pupils": row}))


def test_a_broken_open_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="damaged"):
        read_book(a_document(tmp_path / "a.ods", {"Pupils": "<table:table-row>"}))


def test_each_table_may_be_a_workbook_of_its_own(tmp_path: Path) -> None:
    for file in sample("scholarpack").glob("*.csv"):
        a_workbook(tmp_path / f"{file.stem}.xlsx", {"Sheet1": rows_of(table(file))})

    assert read_book(tmp_path).pupils == read_sample(sample("scholarpack")).pupils


def test_a_day_and_a_number_of_excel_are_read_as_what_they_show(tmp_path: Path) -> None:
    rows = table(sample("scholarpack") / "pupils.csv")
    text = (
        rows_of(rows[:2])
        .replace(cell("26/08/2018"), '<c s="1"><v>43338</v></c>')
        .replace(cell("8463"), "<c><v>8463</v></c>")
    )
    roster = read_book(a_workbook(tmp_path / "pupils.xlsx", {"Pupils": text}))

    assert roster.pupils == read_sample(sample("scholarpack")).pupils[:1]
    assert not [issue for issue in roster.issues if issue.field == "date_of_birth"]


def test_a_sheet_of_notes_is_passed_over_and_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    pupils, staff = (rows_of(table(sample("scholarpack") / f"{name}.csv")) for name in ("pupils", "staff"))
    notes = rows_of([["Ask Jo about Year 3"]])
    book = a_workbook(tmp_path / "a.xlsx", {"Notes": notes, "Pupils": pupils, "Old": staff}, hidden="Old")
    roster = read_book(book)

    assert roster.pupils == read_sample(sample("scholarpack")).pupils
    assert roster.employees == ()


def test_a_mistyped_heading_on_a_sheet_is_told_with_the_sheets_name(tmp_path: Path) -> None:
    pupils = rows_of(table(sample("scholarpack") / "pupils.csv")).replace(">Pupil ID<", ">Puxil ID<")

    with pytest.raises(Refused, match=r"a\.xlsx \(Pupils\): .*lacks the column Pupil ID"):
        read_book(a_workbook(tmp_path / "a.xlsx", {"Pupils": pupils}))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="&#49;048576"><c r="&#88;FD1048576"><v>1</v></c></row>',
        "<row>" + "<c><v>1</v></c>" * 4_000 + "</row>" + "<row><c><v>1</v></c></row>" * 4_000,
        '<row><c r="ZZZZZZZZZZZZ99999999999999"><v>1</v></c></row>',
    ],
    ids=["far out", "far out and disguised", "wide and long", "beyond any sheet"],
)
def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(Refused, match="farther out"):
        read_book(a_workbook(tmp_path / "a.xlsx", {"Pupils": rows}))


def test_a_workbook_that_is_packed_too_tightly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"too large|so tightly"):
        read_book(a_workbook(tmp_path / "a.xlsx", {"Pupils": " " * 30_000_000}))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers())
def test_a_damaged_workbook_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = random.Random(seed)
    path = of_format(tmp_path_factory.mktemp("books") / "a.xlsx", "scholarpack")
    content = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 6)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    path.write_bytes(content)
    assert is_read_or_refused(path)
