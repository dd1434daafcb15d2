"""The files a read is given, found and named, whether they lie in a folder, in a zip or alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from adminhub.mis.refusal import Refused

LARGEST_FILE = 1_000_000_000

_JUNK = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file's bytes. `name` is what a message calls it; `table` its own name without folder or zip."""

    name: str
    table: str
    size: int
    open: Callable[[], IO[bytes]]
    archive: str | None = None
    is_named_by_person: bool = True

    def head(self, length: int = 65_536) -> bytes:
        with self.open() as stream:
            return stream.read(length)


def is_junk(name: str) -> bool:
    """Whether this is what systems leave beside exports: dot files, thumbnails, Mac resource forks."""
    return any(part.startswith(".") or part.lower() in _JUNK for part in name.replace("\\", "/").split("/"))


def gather(paths: Sequence[Path]) -> list[Source]:
    """Every file under these paths, folders searched to the bottom. Links inside folders are not followed."""
    found: list[Source] = []
    for path in paths:
        try:
            if path.is_dir():
                found.extend(
                    _on_disk(file, name=file.relative_to(path).as_posix(), is_named_by_person=False)
                    for file in sorted(path.rglob("*"))
                    if file.is_file()
                    and not file.is_symlink()
                    and not is_junk(file.relative_to(path).as_posix())
                )
            else:
                found.append(_on_disk(path, name=path.name, is_named_by_person=True))
        except FileNotFoundError:
            raise Refused(path.name, "There is no such file.", what_to_do="Check the path.") from None
        except OSError:
            raise Refused(
                path.name, "The file cannot be opened.", what_to_do="Check that you may read it."
            ) from None
    if not found:
        raise Refused(
            ", ".join(path.name for path in paths) or "(no files)",
            "There are no files here.",
            what_to_do="Give the files of one export, or the folder they are in.",
        )
    return found


def _on_disk(path: Path, *, name: str, is_named_by_person: bool) -> Source:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise Refused(
            name, "The file is too large.", what_to_do="Check that it is the export and nothing else."
        )
    with path.open("rb"):
        pass
    return Source(
        name=name,
        table=path.name,
        size=size,
        open=partial(_open_file, path),
        is_named_by_person=is_named_by_person,
    )


def _open_file(path: Path) -> IO[bytes]:
    return path.open("rb")
