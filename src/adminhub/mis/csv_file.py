"""CSV read row by row, whatever encoding, separator or line ends a spreadsheet gave it."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from statistics import mode
from typing import IO

from adminhub.mis.days import turned_round
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Issue, Reject
from adminhub.mis.source import Source
from adminhub.mis.text import WINDOWS, clean
from adminhub.mis.xml_file import looks_like_web_page, refuse_web_page
from adminhub.mis.zip_file import is_workbook

LONGEST_LINE = 1 << 20

_CHUNK = 1 << 20
_HEAD_ROWS = 12
_SEPARATORS = (",", ";", "\t", "|")
_BETWEEN_WORDS = str.maketrans("", "", " _-.")
_AGAIN = "Export the file again."
_AS_WRITTEN = {
    "id": "ID",
    "ids": "IDs",
    "upn": "UPN",
    "uln": "ULN",
    "dob": "DOB",
    "dfe": "DfE",
    "sis": "SIS",
    "fsm": "FSM",
    "pp": "PP",
    "sen": "SEN",
    "eal": "EAL",
    "of": "of",
}


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table a format has: which headings mean which field, which must be there, and which never are.

    `is_guessed`: whether a table that lacks headings may be taken for a broken one of this shape. `file`: what the
    format calls the file, where the headings alone do not tell it from another.
    """

    kind: str
    columns: Mapping[str, str]
    required: tuple[str, ...]
    never: tuple[str, ...] = ()
    is_guessed: bool = True
    file: str = ""

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.columns.values())


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text made readable: its encoding, and the remarks that making it readable took."""

    source: Source
    encoding: str
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table found in a file: where its headings stand and which column holds which field.

    `widest` is how many cells its rows have, which is more than `width` where a system ends rows with commas.
    `month_first`: the fields whose days are written with the month in front; `rows` turns them round.
    """

    text: Text
    shape: TableShape
    separator: str
    header_line: int
    width: int
    widest: int
    places: Mapping[str, int]
    spare_places: Sequence[tuple[str, int]]
    headings: frozenset[str]
    issues: tuple[Issue, ...] = ()
    month_first: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.text.source.name

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.places)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A table that lacks required headings: the best guess of what it was meant to be."""

    shape: TableShape
    share: float
    missing: tuple[str, ...]
    likely: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: dict[str, str] = field(default_factory=dict)


def read_text(source: Source) -> Text:
    """Find the encoding. Raises Refused for an empty file, a web page, a workbook or NUL bytes."""
    head = source.head()
    if not head.strip(b" \t\r\n\xef\xbb\xbf\x00"):
        raise Refused(source.name, "The file is empty.", what_to_do="Run the export again.")
    if looks_like_web_page(head):
        raise refuse_web_page(source)
    if head.startswith(b"\xd0\xcf\x11\xe0") or is_workbook(source):
        raise Refused(
            source.name, "This is an Excel workbook, not a CSV.", what_to_do="Save it as CSV UTF-8."
        )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _checked_utf_16(source, "utf-16")
    zeros = head[:2000].count(0)
    if zeros > len(head[:2000]) // 4:
        return _checked_utf_16(source, "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be")
    odd = _lines_not_utf_8(source)
    if not odd:
        return Text(source=source, encoding="utf-8-sig")
    first = ", ".join(f"line {line}" for line in odd[:5]) + (" and more" if len(odd) > 5 else "")
    issue = Issue(
        source.name,
        None,
        f"Not all of the file is UTF-8 ({first}); those letters were read as Windows-1252. Save it as CSV UTF-8.",
    )
    return Text(source=source, encoding="utf-8-sig", issues=(issue,))


def _lines_not_utf_8(source: Source) -> list[int]:
    """The lines that need Windows-1252. Raises Refused at the first NUL byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf_8 = True
    lines = 1
    with source.open() as stream:
        while chunk := stream.read(_CHUNK):
            if (place := chunk.find(b"\x00")) >= 0:
                lines += chunk.count(b"\n", 0, place)
                raise Refused(source.name, "There is a NUL byte.", what_to_do=_AGAIN, record=f"line {lines}")
            lines += chunk.count(b"\n")
            if is_utf_8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    is_utf_8 = False
    if is_utf_8 and not decoder.getstate()[0]:
        return []
    odd: list[int] = []
    with source.open() as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                odd.append(number)
    return odd


def _checked_utf_16(source: Source, encoding: str) -> Text:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        with source.open() as stream:
            while chunk := stream.read(_CHUNK):
                text = decoder.decode(chunk)
                if (place := text.find("\x00")) >= 0:
                    lines += text.count("\n", 0, place)
                    raise Refused(
                        source.name, "There is a NUL byte.", what_to_do=_AGAIN, record=f"line {lines}"
                    )
                lines += text.count("\n")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Refused(
            source.name,
            "The file is neither UTF-8 nor whole UTF-16.",
            what_to_do="Save the file as CSV UTF-8.",
        ) from None
    return Text(source=source, encoding=encoding)


def titles_of(shapes: Iterable[TableShape]) -> dict[str, str]:
    """The headings as a spreadsheet writes them: words with capitals, and what is always written in capitals."""
    return {
        heading: " ".join(_AS_WRITTEN.get(word, word.capitalize()) for word in heading.split())
        for shape in shapes
        for heading in shape.columns
    }


def find_table(
    text: Text, shapes: Sequence[TableShape], *, guess_all: bool = False
) -> Table | NearMiss | None:
    """The table in this file, the nearest thing to one, or None. The headings may stand a few lines down.

    `guess_all`: tables of two or three headings, which anything may look like, are guessed too.
    """
    best: NearMiss | None = None
    whole: list[tuple[int, bool, TableShape]] = []
    file = text.source.table.lower().removesuffix(".csv")
    ways = [(shape, _loosely(shape)) for shape in shapes]
    for separator in _SEPARATORS:
        head = _head_rows(text, separator)
        for line, row in head:
            if len(row) < 2:
                continue
            written = [normal(heading) for heading in row]
            for shape, loosely in ways:
                headings = [loosely.get(_letters(heading), heading) for heading in written]
                if any(heading in shape.never for heading in headings):
                    continue
                if all(heading in headings for heading in shape.required):
                    known = sum(heading in shape.columns for heading in headings)
                    whole.append((known, shape.file == file, shape))
                    continue
                if not shape.is_guessed and not guess_all:
                    continue
                near = _near_miss(shape, written, row)
                if near.share > (best.share if best else 0.4):
                    best = near
            if whole:
                *_, shape = max(whole, key=lambda found: found[:2])
                return _table(text, shape, separator, line, row, following=[r for n, r in head if n > line])
    return best


def _near_miss(shape: TableShape, headings: Sequence[str], row: Sequence[str]) -> NearMiss:
    """How near these headings, as they stand in the row, come to the shape."""
    missing = tuple(heading for heading in shape.required if heading not in headings)
    known = sum(heading in shape.columns for heading in headings)
    there = 1 - len(missing) / len(shape.required)
    unknown = {h: cell for h, cell in zip(headings, row, strict=True) if h not in shape.columns}
    likely = {
        heading: clean(unknown[match[0]])
        for heading in missing
        if (match := get_close_matches(heading, list(unknown), n=1, cutoff=0.8))
    }
    share = (there + known / len(shape.columns) + known / len(headings)) / 3
    return NearMiss(shape=shape, share=share, missing=missing, likely=likely)


def first_rows(text: Text) -> dict[str, list[list[str]]]:
    """The first rows of the file, parted by each separator it may have."""
    return {separator: [row for _, row in _head_rows(text, separator)] for separator in _SEPARATORS}


def refuse_near_miss(source: Source, near: NearMiss, titles: Mapping[str, str]) -> Refused:
    """Say which headings are missing, as the format writes them, and what stands in their place."""
    named = [
        f"{titles.get(heading, heading)} (is it the one headed '{near.likely[heading][:60]}'?)"
        if heading in near.likely
        else titles.get(heading, heading)
        for heading in near.missing
    ]
    return Refused(
        source.name,
        f"The file looks like {near.shape.kind}, but lacks the column{'s' if len(named) > 1 else ''} "
        + ", ".join(named)
        + ".",
        what_to_do="Correct the heading, or add the column to the export.",
    )


def rows(table: Table, rejects: list[Reject], spoilt: set[str] | None = None) -> Iterator[Row]:
    """Every row that is not blank, by field, cells cleaned of nothing yet; rows with too many cells are rejected.

    `spoilt` collects what stands in the first cell of the rejected ones. Raises Refused where a quote never closes
    or a cell is too long.
    """
    places, spare = list(table.places.items()), table.spare_places
    width, widest, source = table.width, table.widest, table.text.source
    with _open(table.text) as stream:
        lines = _Lines(stream, source)
        reader = csv.reader(lines, delimiter=table.separator, skipinitialspace=True, strict=True)
        last, is_short = 0, False
        try:
            for row in reader:
                line, last = last + 1, reader.line_num
                if line <= table.header_line or not row:
                    continue
                is_short = len(row) < width
                if len(row) > widest or any(cell.strip() for cell in row[width:]):
                    rejects.append(_too_many_cells(source, row, line=line, width=width))
                    if spoilt is not None:
                        spoilt.add(clean(row[0]))
                    continue
                if is_short:
                    row += [""] * (width - len(row))
                cells = {name: row[place] for name, place in places if row[place]}
                for name, place in spare:
                    if row[place]:
                        cells.setdefault(name, row[place])
                for name in table.month_first & cells.keys():
                    cells[name] = turned_round(clean(cells[name]))
                if cells and any(not cell.isspace() for cell in cells.values()):
                    yield Row(line=line, cells=cells)
        except csv.Error as error:
            raise _unreadable(source, error, line=last + 1) from None
    if is_short and not lines.is_ended:
        raise Refused(
            source.name,
            "The file is incomplete: it stops in the middle of a row.",
            what_to_do=_AGAIN,
            record=f"line {last}",
        )


def _too_many_cells(source: Source, row: list[str], *, line: int, width: int) -> Reject:
    return Reject(
        f"{source.name} line {line}",
        f"Has {len(row)} cells where the headings are {width}; put quotes round values with commas.",
    )


def normal(heading: str) -> str:
    """A heading as it is compared: no marks at its ends, single spaces, lower case."""
    return clean(heading).casefold()


def _loosely(shape: TableShape) -> dict[str, str]:
    """The shape's headings by their letters alone. Two that differ by nothing else are each only themselves."""
    own: dict[str, str] = {}
    for heading in (*shape.columns, *shape.never):
        own[_letters(heading)] = heading if own.get(_letters(heading), heading) == heading else ""
    return {letters: heading for letters, heading in own.items() if heading}


def _letters(heading: str) -> str:
    """A heading without what stands between its words, which exports write as a space, a dash, a line or not at all."""
    return heading.translate(_BETWEEN_WORDS)


def _table(
    text: Text, shape: TableShape, separator: str, line: int, row: list[str], *, following: list[list[str]]
) -> Table:
    places: dict[str, int] = {}
    spare: list[tuple[str, int]] = []
    issues = list(text.issues)
    loosely = _loosely(shape)
    headings = [loosely.get(_letters(normal(heading)), normal(heading)) for heading in row]
    for place, heading in enumerate(row):
        name = shape.columns.get(headings[place])
        if name is None:
            continue
        if name in places:
            issues.append(
                Issue(
                    text.source.name,
                    name,
                    f"The column {clean(heading)} is there twice; the first was read, or the second where it is blank.",
                )
            )
            spare.append((name, place))
            continue
        places[name] = place
    issues.extend(_look_alikes(text.source, shape, dict(zip(headings, row, strict=True)), places))
    return Table(
        text=text,
        shape=shape,
        separator=separator,
        header_line=line,
        width=len(row),
        widest=max(len(row), mode([len(row) for row in following if row] or [0])),
        places=places,
        spare_places=spare,
        headings=frozenset(headings),
        issues=tuple(issues),
    )


def _look_alikes(
    source: Source, shape: TableShape, headings: Mapping[str, str], places: Mapping[str, int]
) -> list[Issue]:
    """Columns nobody reads whose headings are nearly those of columns that are missing."""
    missing = [heading for heading, name in shape.columns.items() if name not in places]
    unknown = {heading: clean(title) for heading, title in headings.items() if heading not in shape.columns}
    return [
        Issue(
            source.name,
            shape.columns[match[0]],
            f"The column '{title[:60]}' was not read; if it is {match[0]}, correct its heading.",
        )
        for heading, title in unknown.items()
        if (match := get_close_matches(heading, missing, n=1, cutoff=0.85))
    ]


def _head_rows(text: Text, separator: str) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    with _open(text) as stream:
        reader = csv.reader(_Lines(stream, text.source), delimiter=separator, skipinitialspace=True)
        last = 0
        try:
            for row in reader:
                found.append((last + 1, row))
                last = reader.line_num
                if len(found) == _HEAD_ROWS:
                    break
        except csv.Error:
            pass
    return found


def _open(text: Text) -> io.TextIOWrapper:
    return io.TextIOWrapper(text.source.open(), encoding=text.encoding, errors=WINDOWS, newline="")


class _Lines:
    """A file's lines, none of them endless. `is_ended`: the last one so far had its line end."""

    def __init__(self, stream: IO[str], source: Source) -> None:
        self._stream = stream
        self._source = source
        self._number = 0
        self.is_ended = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        if len(line) == LONGEST_LINE:
            raise Refused(
                self._source.name,
                "The line is too long to be true.",
                what_to_do="Correct the record in the MIS and export again.",
                record=f"line {self._number}",
            )
        self.is_ended = line[-1] in "\r\n"
        return line


def _unreadable(source: Source, error: csv.Error, *, line: int) -> Refused:
    message = str(error)
    if "unexpected end" in message:
        reason = "The file is incomplete: it stops inside quotes."
    elif "field larger" in message:
        reason = "A cell has more letters than can be true."
    else:
        reason = "The quotes do not close where they should."
    return Refused(source.name, reason, what_to_do=_AGAIN, record=f"line {line}")
