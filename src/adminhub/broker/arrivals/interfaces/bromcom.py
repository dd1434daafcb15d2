"""Bromcom's partner interface: four answers, kept page by page as they came; the reader judges them."""

import hashlib
from datetime import date
from pathlib import Path

from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.interfaces.calling import MOST_PAGES, Caller
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import Fetched, Files, NothingNew

ADDRESS = "https://api.bromcomcloud.com/v2"
ENTITIES = ("StudentFlatView", "Staff", "YearGroupSubjectStudents", "Timetable")


def fetch(channel: Channel, target: Path) -> Fetched:
    """Everything of the school, as the pages' files. Raises Unreachable where one is missing."""
    asked = channel.settings
    digest = hashlib.sha256(date.today().isoformat().encode())
    paths: list[Path] = []
    with Caller(
        asked.get("base_url") or ADDRESS, headers={"Authorization": f"Bearer {channel.secret}"}
    ) as caller:
        for entity in ENTITIES:
            paths += _pages(caller, entity, asked["school_id"], target, digest)
    if digest.hexdigest() == channel.marker:
        return NothingNew("The same data as the last time today.")
    return Files(tuple(paths), digest.hexdigest())


def _pages(caller: Caller, entity: str, school: str, target: Path, digest: "hashlib._Hash") -> list[Path]:
    """The pages up to and with the empty one that says there are no more."""
    paths: list[Path] = []
    for number in range(MOST_PAGES):
        answer = caller.get(entity, schoolId=school, entityFilter=f"{{page:{number}}}")
        value = answer.value
        if (
            not isinstance(value, dict)
            or value.get("success") is not True
            or not isinstance(value.get("data"), list)
        ):
            raise Unreachable(
                f"Bromcom says that fetching {entity} failed.",
                what_to_do="Check the school's id and what the key may read; it is tried again by itself.",
            )
        paths.append(target / f"{entity}.page{number}.json")
        paths[-1].write_bytes(answer.text)
        digest.update(answer.text)
        if not value["data"]:
            return paths
    raise Unreachable(f"{entity} has no last page.", what_to_do="Check the address.")
