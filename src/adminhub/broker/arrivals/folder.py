"""A watched folder: one for each school, below a folder that the operator names."""

import shutil
import time
from pathlib import Path

from django.conf import settings

from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import LARGEST_TOTAL, MOST_FILES, Fetched, Files, NothingNew, marker_of
from adminhub.mis.source import is_junk

# Whoever writes several files is given this long after the last one.
QUIET_SECONDS = 60


def folder_of(channel: Channel) -> Path:
    """The school's own folder. Nobody types a path, so nobody can name another school's."""
    return Path(settings.BROKER_WATCHED_FOLDER) / channel.school.broker_id


def fetch(channel: Channel, target: Path) -> Fetched:
    """Copy the files into the target folder. Raises Unreachable where there is no folder."""
    folder = folder_of(channel)
    if not settings.BROKER_WATCHED_FOLDER or not folder.is_dir():
        raise Unreachable(
            f"The watched folder {channel.school.broker_id} is not there.",
            what_to_do="Ask the operator to make it, or to check that it is mounted.",
        )
    try:
        found = [
            (path, path.stat())
            for path in sorted(folder.iterdir())
            if path.is_file() and not path.is_symlink() and not is_junk(path.name)
        ]
        if not found:
            return NothingNew("There are no files in the folder yet.")
        marker = marker_of((path.name, stat.st_size, stat.st_mtime) for path, stat in found)
        if marker == channel.marker:
            return NothingNew("The same files as last time.")
        if time.time() - max(stat.st_mtime for _, stat in found) < QUIET_SECONDS:
            return NothingNew("The files are being written; they are read next time.")
        check_size(len(found), sum(stat.st_size for _, stat in found))
        paths = []
        for path, _ in found:
            paths.append(target / path.name)
            shutil.copyfile(path, paths[-1], follow_symlinks=False)
    except OSError:
        raise Unreachable(
            "The watched folder or a file in it cannot be read.",
            what_to_do="Ask the operator to check who may read it.",
        ) from None
    return Files(tuple(paths), marker)


def check_size(count: int, size: int) -> None:
    """Raises Unreachable where these cannot be the files of one export."""
    if count > MOST_FILES or size > LARGEST_TOTAL:
        raise Unreachable(
            f"There are {count} files of {size // 1_000_000} MB together, more than any export has.",
            what_to_do="Keep one export there and nothing else.",
        )
