"""What a fetch comes back with."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from adminhub.mis.roster import Roster

MOST_FILES = 100
LARGEST_TOTAL = 300 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Files:
    """Files of one export, in a folder that is removed afterwards. `marker` is the same for the same files."""

    paths: tuple[Path, ...]
    marker: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything an MIS's API gave, whole: a pull that broke off is never one."""

    roster: Roster
    marker: str = ""


@dataclass(frozen=True, slots=True)
class NothingNew:
    """There is what was there last time, or there are no files yet (`reason` says which)."""

    reason: str


Fetched = Files | Reading | NothingNew


def marker_of(files: Iterable[tuple[str, int, float]]) -> str:
    """One text for these names, sizes and times."""
    listed = "\n".join(f"{name}\t{size}\t{time:.0f}" for name, size, time in sorted(files))
    return hashlib.sha256(listed.encode()).hexdigest()
