"""The tables of an OpenDocument spreadsheet as rows of text, read element by element."""

import zipfile
import zlib
from dataclasses import dataclass, field

from lxml import etree

from adminhub.mis.refusal import Refused
from adminhub.mis.source import Source
from adminhub.mis.zip_file import check_entries

LARGEST_CONTENT = 100_000_000
MOST_CELLS = 3_000_000

_SAVE = "Save the sheet as CSV UTF-8 and send that."
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")


@dataclass(slots=True)
class _Sheet:
    """One table as far as it is read. Blank rows and cells are repeated by number, and often a million times."""

    name: str
    rows: list[list[str]] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    blank_rows: int = 0
    blank_cells: int = 0
    cells: int = 0


def read_tables(source: Source) -> list[tuple[str, list[list[str]]]]:
    """Every table's name and rows. Raises Refused for a damaged or locked document, or one with too many cells."""
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            check_entries(source, archive.infolist())
            if archive.getinfo("content.xml").file_size > LARGEST_CONTENT:
                raise Refused(source.name, "The document is too large when unpacked.", what_to_do=_SAVE)
            with archive.open("content.xml") as content:
                reading = etree.iterparse(
                    content,
                    events=("start", "end"),
                    tag=(f"{_TABLE}table", f"{_TABLE}table-row", *_CELLS),
                    resolve_entities=False,
                    load_dtd=False,
                    no_network=True,
                )
                sheets: list[_Sheet] = []
                for event, element in reading:
                    _take(source, event, element, sheets)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        OSError,
        RuntimeError,
        ValueError,
        etree.XMLSyntaxError,
    ):
        raise Refused(source.name, "The document is damaged or locked.", what_to_do=_SAVE) from None
    return [(sheet.name, sheet.rows) for sheet in sheets]


def _take(source: Source, event: str, element: etree._Element, sheets: list[_Sheet]) -> None:
    if event == "start":
        if element.tag == f"{_TABLE}table":
            sheets.append(_Sheet(str(element.get(f"{_TABLE}name", ""))))
        return
    if not sheets:
        return
    sheet = sheets[-1]
    if element.tag in _CELLS:
        _add_cell(source, sheet, _value(element), times=_times(element, "columns"))
    elif element.tag == f"{_TABLE}table-row":
        _end_row(source, sheet, times=_times(element, "rows"))
        element.clear()


def _times(element: etree._Element, what: str) -> int:
    return max(1, int(str(element.get(f"{_TABLE}number-{what}-repeated", "1"))[:9]))


def _add_cell(source: Source, sheet: _Sheet, value: str, *, times: int) -> None:
    if not value:
        sheet.blank_cells += times
        return
    sheet.cells += sheet.blank_cells + times
    _check(source, sheet)
    sheet.row += [""] * sheet.blank_cells + [value] * times
    sheet.blank_cells = 0


def _end_row(source: Source, sheet: _Sheet, *, times: int) -> None:
    row, sheet.row, sheet.blank_cells = sheet.row, [], 0
    if not row:
        sheet.blank_rows += times
        return
    sheet.cells += sheet.blank_rows + len(row) * (times - 1)
    _check(source, sheet)
    sheet.rows += [[] for _ in range(sheet.blank_rows)] + [row] * times
    sheet.blank_rows = 0


def _check(source: Source, sheet: _Sheet) -> None:
    if sheet.cells > MOST_CELLS:
        raise Refused(source.name, "A sheet has cells farther out than any export has.", what_to_do=_SAVE)


def _value(cell: etree._Element) -> str:
    """What the cell holds: a day as year-month-day, a number as it is kept, or else the text that it shows."""
    kind = cell.get(f"{_OFFICE}value-type")
    if kind == "date":
        return str(cell.get(f"{_OFFICE}date-value", ""))[:10]
    if kind in ("float", "percentage", "currency"):
        return str(cell.get(f"{_OFFICE}value", "")).removesuffix(".0")
    return " ".join(
        "".join(str(text) for text in part.itertext()) for part in cell.iterchildren(f"{_TEXT}p")
    ).strip()
