"""Publishing a school's MIS data: all of it or none, and never emptiness for want of an answer."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from adminhub.broker.directory.models import School, User
from adminhub.broker.sources.models import SourceUpload
from adminhub.mis.roster import Roster


def publish_files(
    *,
    school: School,
    paths: Sequence[Path],
    by: User | None,
    format: str | None = None,
    as_at: date | None = None,
    is_agreed: bool = False,
) -> SourceUpload:
    """Read the school's export and publish it. Never raises for a bad file: the upload's outcome says so.

    `is_agreed`: a person has seen why it was held and wants it published all the same.
    """
    raise NotImplementedError


def publish(*, school: School, roster: Roster, by: User | None, is_agreed: bool = False) -> SourceUpload:
    """Make the roster what the API serves for this school."""
    raise NotImplementedError
