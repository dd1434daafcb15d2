"""The sheets of an Excel workbook or an OpenDocument spreadsheet, each made into a table like a CSV."""

import csv
import io
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from string import ascii_uppercase
from typing import IO

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from adminhub.mis.open_document import read_tables
from adminhub.mis.refusal import Refused
from adminhub.mis.source import Source
from adminhub.mis.zip_file import check_entries, is_workbook

LARGEST_SHEET = 100_000_000
MOST_CELLS = 3_000_000

_SAVE = "Save the sheet as CSV UTF-8 and send that."
_LETTERS = 26

Cell = str | float | bool | date | time | timedelta


def is_sheets(source: Source) -> bool:
    """Whether this is a workbook that says so; one called .csv is a mistake, and is told so elsewhere."""
    return (
        not source.table.lower().endswith(".csv")
        and is_workbook(source)
        and (_is_open_document(source) or _is_excel(source))
    )


def sheets(source: Source) -> list[Source]:
    """The sheets in the workbook, blank ones left out, and those that Excel hides.

    Raises Refused for a workbook that is damaged, locked, or claims more cells than an export can have.
    """
    tables = read_tables(source) if _is_open_document(source) else _excel_tables(source)
    return [
        _as_csv(source, name, rows)
        for name, rows in tables
        if any(any(_text(cell) for cell in row) for row in rows)
    ]


def _excel_tables(source: Source) -> Sequence[tuple[str, Sequence[Sequence[Cell]]]]:
    _check(source)
    with source.open() as stream:
        content = stream.read()
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        seen = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in seen]
    except (CalamineError, OSError, ValueError):
        raise Refused(source.name, "The workbook is damaged or locked.", what_to_do=_SAVE) from None


def _is_open_document(source: Source) -> bool:
    """OpenDocument 1.2 part 3 §3.3: the kind stands at the front, unpacked."""
    return b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in source.head(256)


def _is_excel(source: Source) -> bool:
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False


def _check(source: Source) -> None:
    """A cell far out makes a sheet that is all but empty fill the memory, so where the cells are is looked at first."""
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            check_entries(source, entries)
            if sum(entry.file_size for entry in entries) > LARGEST_SHEET:
                raise Refused(source.name, "The workbook is too large when unpacked.", what_to_do=_SAVE)
            for entry in entries:
                with archive.open(entry) as part:
                    _check_part(source, part)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        etree.XMLSyntaxError,
    ):
        raise Refused(source.name, "The workbook is damaged or locked.", what_to_do=_SAVE) from None


def _check_part(source: Source, part: IO[bytes]) -> None:
    """Any part may be a sheet: which ones are is said by the workbook itself."""
    if part.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        return
    part.seek(0)
    widest = lowest = column = row = 1
    for _, element in etree.iterparse(
        part, events=("end",), tag=("{*}c", "{*}row"), resolve_entities=False, load_dtd=False, no_network=True
    ):
        place = str(element.get("r", "")).upper()
        digits = place.lstrip(ascii_uppercase)
        said = int(digits) if digits.isascii() and digits.isdecimal() else 0
        if str(element.tag).endswith("row"):
            row, column = row + 1, 0
        else:
            column += 1
        lowest = max(lowest, row, said)
        widest = max(widest, column, _column(place[: len(place) - len(digits)]))
        if widest * lowest > MOST_CELLS:
            raise Refused(source.name, "A sheet has cells farther out than any export has.", what_to_do=_SAVE)
        element.clear()


def _column(letters: str) -> int:
    number = 0
    for letter in letters[:8]:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number


def _as_csv(source: Source, name: str, rows: Sequence[Sequence[Cell]]) -> Source:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_text(cell) for cell in row] for row in rows)
    content = text.getvalue().encode("utf-8", "replace")
    return Source(
        name=f"{source.name} ({name.replace('/', ' ')})",
        table=name,
        size=len(content),
        open=partial(io.BytesIO, content),
        archive=source.archive,
        is_named_by_person=source.is_named_by_person,
    )


def _text(cell: Cell) -> str:
    """The cell as a CSV would hold it, days as year-month-day; one line, so that lines and rows keep their numbers."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).splitlines())
