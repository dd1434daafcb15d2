"""XML read record by record, with no entity, no link and no surprise allowed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from lxml import etree

from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Issue
from adminhub.mis.source import Source

LONGEST_CELL = 10_000

_CHUNK = 1 << 16
_PROLOG = 1 << 16
_LONGEST_WITHOUT_RECORD = 32 << 20
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
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
_DECLARED = re.compile(r"^<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"'][^>]*\?>")
_SKIPPED = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_ROOT = re.compile(r"<([\w.:\-]{1,100})[\s/>]")


@dataclass(frozen=True, slots=True)
class Prolog:
    """What stands before the first record: the root's local name, and the encoding the bytes really have."""

    root: str
    encoding: str
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class XMLRecord:
    """One record's cells by element name, with the line it begins on."""

    line: int
    cells: dict[str, list[str]]


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
    if declared := _DECLARED.match(text.lstrip()):
        known = _ENCODINGS.get(declared[1].lower())
        if known is None:
            raise Refused(
                source.name,
                f"The file says its encoding is {declared[1][:40]}, which no report uses.",
                what_to_do="Run the report again, or save the file as UTF-8.",
            )
        if known == "cp1252" and codec == "utf-8":
            encoding = "windows-1252"
        elif known != codec.replace("-le", "").replace("-be", "").replace("utf-8-sig", "utf-8"):
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
    return Prolog(root=root[1].rsplit(":", 1)[-1], encoding=encoding, issues=tuple(issues))


def records(source: Source, prolog: Prolog, *, tag: str) -> Iterator[XMLRecord]:
    """Every element called `tag` directly below the root, one at a time; memory does not grow.

    Raises Refused for anything that is not well-formed to the end, or holds a DOCTYPE, or a cell inside a cell.
    """
    parser = etree.XMLPullParser(
        events=("end",),
        tag=tag,
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
    is_first, without = True, 0
    with source.open() as stream:
        for _ in _pieces(source, parser, stream):
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


def _pieces(source: Source, parser: etree.XMLPullParser, stream: IO[bytes]) -> Iterator[None]:
    try:
        while chunk := stream.read(_CHUNK):
            parser.feed(chunk)
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
            raise Refused(
                source.name,
                "A cell holds other elements or an entity; a report's cells hold text only.",
                what_to_do="Run the report again in the MIS.",
                record=f"line {_line(cell) or _line(element)}",
            )
        text = cell.text
        if not text:
            continue
        if len(text) > LONGEST_CELL:
            raise Refused(
                source.name,
                f"A cell has {len(text):,} letters, too many to be true.",
                what_to_do="Correct the record in the MIS and run the report again.",
                record=f"line {_line(cell)}",
            )
        cells.setdefault(cell.tag, []).append(text)
    return cells


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
