"""Exports to read: the sample school, whole or with something wrong with it."""

import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from adminhub.mis import Roster, read

DATA = Path(__file__).parents[2] / "data" / "mis"
AS_AT = date(2025, 10, 2)
FORMATS = (
    "sims",
    "integris",
    "scholarpack",
    "arbor",
    "oneroster-1.1",
    "oneroster-1.2",
    "ctf",
    "census",
    "workforce",
    "isams",
    "clever",
    "sds-1-uk",
    "sds-2.1",
    "bromcom",
)


def sample(format: str) -> Path:
    """The sample school's export in this format."""
    return DATA / f"{format}.zip" if format.startswith("oneroster") else DATA / format


def read_sample(path: Path) -> Roster:
    """Read an export as at the sample's day."""
    return read([path], as_at=AS_AT)


def with_fault(tmp_path: Path, format: str, file: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of the sample export in which one file's bytes are changed."""
    if format.startswith("oneroster"):
        return rezipped(tmp_path, format, {file: change(zip_entries(sample(format))[file])})
    copy = tmp_path / format
    if not copy.exists():
        shutil.copytree(sample(format), copy)
    place = copy / file
    place.write_bytes(change(place.read_bytes()))
    return copy


def zip_entries(path: Path) -> dict[str, bytes]:
    """The files in a zip by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezipped(tmp_path: Path, format: str, changed: dict[str, bytes | None]) -> Path:
    """A copy of the sample zip with some files changed, added, or (None) taken out."""
    copy = tmp_path / f"{format}.zip"
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**zip_entries(sample(format)), **changed}.items():
            if content is not None:
                archive.writestr(name, content)
    return copy


def replaced(old: str, new: str, count: int = 1) -> Callable[[bytes], bytes]:
    """A change that replaces text, and fails when the text is not there."""

    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), count)

    return change
