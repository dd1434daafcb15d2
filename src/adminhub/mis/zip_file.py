"""Zips opened without trusting them: every entry is looked at before one byte of it is used."""

import io
import re
import stat
import zipfile
import zlib
from collections import Counter
from functools import partial
from typing import IO, TYPE_CHECKING

from adminhub.mis.refusal import Refused
from adminhub.mis.source import Source, is_junk

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_ENTRIES = 200
LARGEST_TOTAL = 600_000_000
LARGEST_RATIO = 150
RATIO_IGNORED_BELOW = 1_000_000

_FRESH = "Ask for a fresh export."
_DRIVE = re.compile(r"[A-Za-z]:")
_CHUNK = 1 << 20


def looks_like_zip(head: bytes) -> bool:
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def is_workbook(source: Source) -> bool:
    """Whether these zipped bytes are an Excel or OpenDocument workbook. Some programs write its contents' list last."""
    head = source.head(4096)
    if not looks_like_zip(head):
        return False
    if b"[Content_Types].xml" in head or b"mimetypeapplication/vnd" in head:
        return True
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False


def unpack(source: Source) -> list[Source]:
    """The files inside, each as a source named zip/entry, in the zip's order; junk is left out.

    Raises Refused for a zip that is damaged, locked, too large or made to do harm. Nothing is written to disk.
    """
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            check_entries(source, entries)
            wanted = [entry for entry in entries if not entry.is_dir() and not is_junk(entry.filename)]
            _check_names(source, wanted)
            for entry in wanted:
                _check_content(source, archive, entry)
    except zipfile.BadZipFile:
        raise _not_a_zip(source) from None
    except (EOFError, OSError, NotImplementedError, ValueError, zlib.error):
        raise _damaged(source.name) from None
    return [
        Source(
            name=f"{source.name}/{_plain(entry.filename)}",
            table=_plain(entry.filename).rsplit("/", 1)[-1],
            size=entry.file_size,
            open=partial(_open_entry, source, entry.filename),
            archive=source.name,
            is_named_by_person=False,
        )
        for entry in wanted
    ]


def _plain(name: str) -> str:
    return name.replace("\\", "/")


class _Entry(io.RawIOBase):
    """One entry's bytes, which closes the zip it came from."""

    def __init__(self, outer: IO[bytes], inner: IO[bytes]) -> None:
        self._outer = outer
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        piece = self._inner.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._inner.close()
        self._outer.close()
        super().close()


def _open_entry(source: Source, name: str) -> IO[bytes]:
    outer = source.open()
    return io.BufferedReader(_Entry(outer, zipfile.ZipFile(outer).open(name)), _CHUNK)


def check_entries(source: Source, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise Refused(
            source.name, f"The zip holds {len(entries)} files, too many for an export.", what_to_do=_FRESH
        )
    for entry in entries:
        name = _plain(entry.filename)
        if not name.strip("/ "):
            raise Refused(source.name, "An entry of the zip has no name.", what_to_do=_FRESH)
        if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
            raise Refused(
                source.name,
                f"The entry {_shown(entry.filename)} would be written outside its folder.",
                what_to_do=_FRESH,
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused(source.name, f"The entry {_shown(name)} is a link, not a file.", what_to_do=_FRESH)
    total = sum(entry.file_size for entry in entries)
    if total > LARGEST_TOTAL:
        raise Refused(source.name, "The zip is too large when unpacked.", what_to_do=_FRESH)
    for entry in entries:
        if entry.file_size > RATIO_IGNORED_BELOW and entry.file_size > LARGEST_RATIO * max(
            entry.compress_size, 1
        ):
            raise Refused(
                source.name,
                f"The entry {_shown(entry.filename)} is packed so tightly that it is too large for an export.",
                what_to_do=_FRESH,
            )
        if entry.flag_bits & 0x1:
            raise Refused(
                source.name,
                "The zip is locked with a password.",
                what_to_do="Send the zip without a password.",
            )
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(
                source.name,
                f"The entry {_shown(entry.filename)} is packed in a way exports do not use.",
                what_to_do="Pack the files again as an ordinary zip.",
            )
    end = -1
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Refused(
                source.name,
                "Entries of the zip share their bytes; it is too large unpacked.",
                what_to_do=_FRESH,
            )
        end = entry.header_offset + 30 + entry.compress_size


def _check_names(source: Source, wanted: list[zipfile.ZipInfo]) -> None:
    tally = Counter(_plain(entry.filename).rsplit("/", 1)[-1].lower() for entry in wanted)
    for entry in wanted:
        name = _plain(entry.filename).rsplit("/", 1)[-1]
        if tally[name.lower()] > 1:
            raise Refused(
                source.name, f"The file {_shown(name)} is in the zip more than once.", what_to_do=_FRESH
            )


def _check_content(source: Source, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read the entry once, in pieces, so that damage shows before anything is taken in."""
    name = _plain(entry.filename)
    try:
        with archive.open(entry) as stream:
            head = stream.read(4)
            if looks_like_zip(head):
                raise Refused(
                    source.name,
                    f"The zip holds another zip, {_shown(name)}, where manifest.csv and the other tables should be.",
                    what_to_do="Send the zip with the CSV files directly inside.",
                )
            while stream.read(_CHUNK):
                pass
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise _damaged(f"{source.name}/{name}") from None
    except RuntimeError:
        raise Refused(
            source.name, "The zip is locked with a password.", what_to_do="Send the zip without a password."
        ) from None


def _damaged(name: str) -> Refused:
    return Refused(name, "The file is damaged.", what_to_do="Download it again.")


def _not_a_zip(source: Source) -> Refused:
    if looks_like_zip(source.head(4)):
        return Refused(source.name, "The zip is incomplete or damaged.", what_to_do="Download it again.")
    return Refused(
        source.name, "The file is called a zip but is none.", what_to_do="Send the zip as exported."
    )


def _shown(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:200]
