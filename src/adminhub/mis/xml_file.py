"""XML read record by record, with no entity, no link and no surprise allowed."""

import codecs
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Literal

from lxml import etree

from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Issue
from adminhub.mis.source import Source
from adminhub.mis.text import WINDOWS

LONGEST_CELL = 10_000

_CHUNK = 1 << 16
_LARGE_CHUNK = 1 << 20
_PROLOG = 1 << 16
_LONGEST_WITHOUT_RECORD = 32 << 20
_LONGEST_RECORD = 32 << 20
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16",
    "utf-16be": "utf-16",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
_DECLARED = re.compile(r"^<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"'][^>]*\?>")
_LATE_DECLARATION = re.compile(rb"\A(?:\xef\xbb\xbf)?(\s+)<\?xml\s[^>]*\?>")
_SKIPPED = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_ROOT = re.compile(r"<([\w.:\-]{1,100})[\s/>]")


@dataclass(frozen=True, slots=True)
class Prolog:
    """What stands before the first record: the root's local name, and the encoding the bytes really have.

    `is_mixed`: some bytes are no UTF-8, and are read as Windows-1252.
    """

    root: str
    encoding: str
    issues: tuple[Issue, ...] = ()
    is_mixed: bool = False


@dataclass(frozen=True, slots=True)
class XMLRecord:
    """One record's cells by element name, with the line it begins on."""

    line: int
    cells: dict[str, list[str]]


@dataclass(slots=True)
class _Branch:
    """What is wanted at one element: its own text for a field, and what is inside it."""

    field: str | None
    inner: dict[str, "_Branch"]


class Paths:
    """Which field stands where below an element: paths of local names, such as Address/PostCode."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = frozenset(fields.values())
        self.tree: dict[str, _Branch] = {}
        for path, name in fields.items():
            *outer, last = path.split("/")
            level = self.tree
            for part in outer:
                level = level.setdefault(part, _Branch(None, {})).inner
            level.setdefault(last, _Branch(None, {})).field = name


class Node:
    """One element found in a document, with what is inside it by path; namespaces are looked past."""

    __slots__ = ("_element", "_source", "name")

    def __init__(self, source: Source, element: etree._Element) -> None:
        self._source = source
        self._element = element
        self.name = _local(element)

    @property
    def line(self) -> int:
        return _line(self._element)

    @property
    def namespace(self) -> str:
        """The namespace's address; empty where there is none."""
        tag = str(self._element.tag)
        return tag[1:].partition("}")[0] if tag[0] == "{" else ""

    def attribute(self, name: str) -> str:
        return str(self._element.get(name, ""))

    def all(self, path: str) -> list["Node"]:
        """Every element at this path of local names below this one, in order."""
        found = [self._element]
        for name in path.split("/"):
            found = [child for element in found for child in element.iterchildren("{*}" + name)]
        return [Node(self._source, element) for element in found]

    def text(self, path: str) -> str:
        """The text of the first element at this path; "." is this element itself. Empty where there is none."""
        if path == ".":
            return _text(self._source, self._element)
        found = self.all(path)
        return _text(self._source, found[0]._element) if found else ""

    def cells(self, paths: Paths) -> dict[str, str]:
        """The texts at these paths by field, blank ones left out. Of several of one field the first counts."""
        cells: dict[str, str] = {}
        self._collect(self._element, paths.tree, cells)
        return cells

    def _collect(self, element: etree._Element, tree: Mapping[str, _Branch], cells: dict[str, str]) -> None:
        for child in element:
            branch = tree.get(child.tag) or tree.get(_local(child))
            if branch is None:
                continue
            if branch.field is not None and branch.field not in cells:
                text = _text(self._source, child)
                if text and not text.isspace():
                    cells[branch.field] = text
            if branch.inner:
                self._collect(child, branch.inner, cells)


def _local(element: etree._Element) -> str:
    """The element's name without its namespace; empty for what is no element."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2] if tag[0] == "{" else tag


def _text(source: Source, element: etree._Element) -> str:
    if len(element):
        raise _cell_in_cell(source, _line(element))
    text = element.text or ""
    if len(text) > LONGEST_CELL:
        raise _too_long(source, text, element)
    return text


def looks_like_xml(head: bytes) -> bool:
    start = head[:400].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start[:1] == b"<"


def looks_like_web_page(head: bytes) -> bool:
    start = head[:2000].replace(b"\x00", b"").lower()
    return b"<!doctype html" in start or b"<html" in start


def refuse_web_page(source: Source) -> Refused:
    return Refused(
        source.name,
        "This is a web page, not an export.",
        what_to_do="Sign in to the MIS and export again.",
    )


def read_prolog(source: Source) -> Prolog:
    """Look at the start of the file. Raises Refused for a web page, a DOCTYPE, no element, or an unknown encoding."""
    head = source.head(_PROLOG)
    if looks_like_web_page(head):
        raise refuse_web_page(source)
    encoding, codec = _real_encoding(head)
    text = head.decode(codec, errors="replace").lstrip("\ufeff")
    issues = []
    written = _written_in(source) if encoding == "utf-8" else encoding
    if declared := _DECLARED.match(text.lstrip()):
        known = _ENCODINGS.get(declared[1].lower())
        if known is None:
            raise Refused(
                source.name,
                f"The file says its encoding is {declared[1][:40]}, which no report uses.",
                what_to_do="Run the report again, or save the file as UTF-8.",
            )
        if known == "cp1252" and written == "other":
            encoding = "windows-1252"
        elif (known, written) != ("cp1252", "ascii") and known != codec.replace("-le", "").replace(
            "-be", ""
        ).replace("utf-8-sig", "utf-8"):
            issues.append(
                Issue(
                    source.name,
                    None,
                    f"The file says its encoding is {declared[1]}, but its bytes are {encoding.upper()}; "
                    "it was read as what it is. Run the report again if letters look wrong.",
                )
            )
    start = _SKIPPED.match(text)
    rest = text[start.end() :] if start else text
    if rest[:9].upper() == "<!DOCTYPE":
        raise _has_doctype(source)
    root = _ROOT.match(rest)
    if root is None:
        raise Refused(source.name, "The file is not XML.", what_to_do="Run the report again.")
    is_mixed = encoding == "utf-8" and written == "other"
    if is_mixed:
        said = "Not all of the file is UTF-8; those letters were read as Windows-1252."
        issues.append(Issue(source.name, None, f"{said} Run the report again if they look wrong."))
    return Prolog(root[1].rsplit(":", 1)[-1], encoding, tuple(issues), is_mixed)


def _written_in(source: Source) -> Literal["ascii", "utf-8", "other"]:
    """What all the bytes of a file are that begins like UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = True
    try:
        with source.open() as stream:
            while chunk := stream.read(_LARGE_CHUNK):
                is_ascii = is_ascii and chunk.isascii()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "other"
    return "ascii" if is_ascii else "utf-8"


def records(source: Source, prolog: Prolog, *, tag: str) -> Iterator[XMLRecord]:
    """Every element called `tag` directly below the root, one at a time; memory does not grow.

    Raises Refused for anything that is not well-formed to the end, or holds a DOCTYPE, or a cell inside a cell.
    """
    parser = _parser(prolog, events=("end",), tags=(tag,))
    is_first, without = True, 0
    with source.open() as stream:
        for _ in _pieces(source, prolog, parser, stream):
            without += _CHUNK
            if without > _LONGEST_WITHOUT_RECORD:
                raise Refused(
                    source.name,
                    "There are no records in the first part of it.",
                    what_to_do="Check that this is a report.",
                )
            for _, element in parser.read_events():
                if not isinstance(element, etree._Element):
                    continue
                parent = element.getparent()
                if parent is None or parent.getparent() is not None:
                    continue
                if is_first:
                    is_first = False
                    _check_root(source, element)
                without = 0
                yield XMLRecord(line=_line(element), cells=_cells(source, element))
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]


def nodes(source: Source, prolog: Prolog, places: Mapping[str, Collection[str]]) -> Iterator[Node]:
    """Every element of these names that stands directly in one of the named parents, one at a time.

    What stands elsewhere is skipped, and memory does not grow with either. Raises Refused for anything that is not
    well-formed to the end, or holds a DOCTYPE.
    """
    parser = _parser(
        prolog, events=("start", "end"), tags=("{*}" + prolog.root, *("{*}" + name for name in places))
    )
    root: etree._Element | None = None
    unread = 0
    with source.open() as stream:
        for _ in _pieces(source, prolog, parser, stream):
            for event, element in parser.read_events():
                if not isinstance(element, etree._Element):
                    continue
                if root is None:
                    root = element
                    _check_root(source, element)
                parent = element.getparent()
                if (
                    event == "start"
                    or parent is None
                    or _local(parent) not in places.get(_local(element), ())
                ):
                    continue
                unread = 0
                yield Node(source, element)
                element.clear()
            unread += _CHUNK
            if unread > _LONGEST_RECORD:
                raise Refused(
                    source.name,
                    "One record, or one part that nobody reads, is too large to be true.",
                    what_to_do="Check that this is the export and nothing else.",
                )
            if root is not None and _forget(root, places):
                unread = 0


def _forget(root: etree._Element, places: Mapping[str, Collection[str]]) -> bool:
    """Let go of all that has ended, down to a record that is still being read. Whether there was any."""
    had = False
    element = root
    while len(element):
        had = had or len(element) > 1
        del element[:-1]
        element = element[0]
        if _local(element) in places:
            break
    return had


def _parser(
    prolog: Prolog, *, events: tuple[Literal["start", "end"], ...], tags: tuple[str, ...]
) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=events,
        tag=tags,
        encoding=prolog.encoding,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _pieces(source: Source, prolog: Prolog, parser: etree.XMLPullParser, stream: IO[bytes]) -> Iterator[None]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors=WINDOWS)
    is_first = True
    try:
        while chunk := stream.read(_CHUNK):
            if is_first:
                chunk, is_first = _LATE_DECLARATION.sub(rb"\1", chunk), False
            parser.feed(decoder.decode(chunk).encode() if prolog.is_mixed else chunk)
            yield None
        parser.close()
        yield None
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(source, error) from None


def _real_encoding(head: bytes) -> tuple[str, str]:
    """The encoding the bytes have, for the parser and for Python."""
    if head.startswith(b"\xff\xfe"):
        return "utf-16", "utf-16"
    if head.startswith(b"\xfe\xff"):
        return "utf-16", "utf-16"
    if head[:2] == b"<\x00":
        return "utf-16le", "utf-16-le"
    if head[:2] == b"\x00<":
        return "utf-16be", "utf-16-be"
    return "utf-8", "utf-8"


def _has_doctype(source: Source) -> Refused:
    return Refused(
        source.name,
        "The file has a DOCTYPE, which can declare entities; a report never does.",
        what_to_do="Do not open it elsewhere. Run the report again in the MIS.",
    )


def _check_root(source: Source, element: etree._Element) -> None:
    info = element.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        raise _has_doctype(source)


def _line(element: etree._Element) -> int:
    """Where the element begins; 0 when the parser does not know."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


def _cells(source: Source, element: etree._Element) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for cell in element:
        if not isinstance(cell.tag, str) or len(cell):
            raise _cell_in_cell(source, _line(cell) or _line(element))
        text = cell.text
        if not text:
            continue
        if len(text) > LONGEST_CELL:
            raise _too_long(source, text, cell)
        cells.setdefault(cell.tag, []).append(text)
    return cells


def _cell_in_cell(source: Source, line: int) -> Refused:
    return Refused(
        source.name,
        "A cell holds other elements or an entity; a report's cells hold text only.",
        what_to_do="Run the report again in the MIS.",
        record=f"line {line}",
    )


def _too_long(source: Source, text: str, cell: etree._Element) -> Refused:
    return Refused(
        source.name,
        f"A cell has {len(text):,} letters, too many to be true.",
        what_to_do="Correct the record in the MIS and run the report again.",
        record=f"line {_line(cell)}",
    )


def _not_well_formed(source: Source, error: etree.XMLSyntaxError) -> Refused:
    """The parser's trouble in plain words. Its own message may hold what it read, so that is not repeated."""
    message = (error.msg or "").lower()
    line = error.lineno or 1
    if "extra content" in message:
        reason, what_to_do = "A second report begins after the first has ended.", "Send one report per file."
    elif (
        "premature end" in message
        or "eof" in message
        or "couldn't find end" in message
        or "no element" in message
    ):
        reason, what_to_do = "The file is incomplete: it stops before its end.", "Run the report again."
    elif "depth" in message or "huge" in message or "too long" in message or "too big" in message:
        reason, what_to_do = (
            "Elements are too deep or too long to be a report.",
            "Check that this is the report.",
        )
    elif "char" in message and ("invalid" in message or "xmlparsecharref" in message):
        reason, what_to_do = (
            "There is a character that XML does not allow.",
            "Remove the hidden character from the record in the MIS and run the report again.",
        )
    else:
        reason, what_to_do = "The report is not valid XML.", "Run it again, or tell the supplier of the MIS."
    return Refused(source.name, reason, what_to_do=what_to_do, record=f"line {line}")
