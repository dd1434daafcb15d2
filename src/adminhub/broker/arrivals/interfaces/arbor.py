"""Arbor's REST interface, pulled whole; its change feed says when there is nothing to pull."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.interfaces.calling import MOST_PAGES, Caller
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import Fetched, NothingNew, Reading
from adminhub.mis import arbor_api
from adminhub.mis.record import Notes

SIZE = 500


def fetch(channel: Channel, target: Path) -> Fetched:
    """Everything of the school. Raises Unreachable where a page is missing; rows wait in files."""
    asked, today = channel.settings, date.today()
    day, _, known = channel.marker.partition(" ")
    with Caller(asked["base_url"], auth=(asked["client_id"], channel.secret)) as caller:
        revision = _newest_revision(caller, since=int(known or 0))
        if revision is not None and day == today.isoformat() and revision == int(known or 0):
            return NothingNew("Arbor says that nothing has changed.")
        for name in arbor_api.RESOURCES:
            _keep(caller, name, target / f"{name}.jsonl")
        people = _missing_people(caller, target)
    rows = {name: _kept(target / f"{name}.jsonl", people) for name in arbor_api.RESOURCES}
    return Reading(arbor_api.read(rows, Notes(today)), f"{today.isoformat()} {revision or 0}")


def _newest_revision(caller: Caller, *, since: int) -> int | None:
    """The newest revision of anything that is read; None where Arbor does not tell of all of it."""
    newest = since
    for name in arbor_api.RESOURCES:
        try:
            query = {"from-revision": since} if since else {}
            value = caller.get(f"/rest-v2/{_dashed(name)}/changelog", **query).value
        except Unreachable:
            return None
        changes = value.get("changes") if isinstance(value, dict) else None
        if not isinstance(changes, list):
            return None
        revisions = [int(each.get("toRevision") or 0) for each in changes if isinstance(each, dict)]
        newest = max([newest, *revisions])
    return newest


def _keep(caller: Caller, name: str, path: Path) -> None:
    """Every row of a resource, each once, page by page until one is empty."""
    root = name[0].lower() + name[1:]
    seen: set[str] = set()
    with path.open("wb") as file:
        for number in range(1, MOST_PAGES):
            value = caller.get(f"/rest-v2/{name}", **{"page": number, "page-size": SIZE}).value
            rows = value.get(root, []) if isinstance(value, dict) else None
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise Unreachable(f"The answer about {name} is no list.", what_to_do="Check the address.")
            if not rows:
                return
            fresh = [row for row in rows if str(row.get("href")) not in seen]
            if not fresh:
                raise Unreachable(
                    f"The same page of {name} came twice.", what_to_do="It is tried again by itself."
                )
            seen.update(str(row.get("href")) for row in fresh)
            file.writelines(json.dumps(row).encode() + b"\n" for row in fresh)
    raise Unreachable(f"{name} has no last page.", what_to_do="Check the address.")


def _missing_people(caller: Caller, target: Path) -> dict[str, Any]:
    """The people whom students and staff only refer to, asked for one by one."""
    people: dict[str, Any] = {}
    for name in ("Students", "Staffs"):
        for href in arbor_api.without_person(_kept(target / f"{name}.jsonl", {})):
            if href not in people:
                value = caller.get(href).value
                people[href] = value.get("person", value) if isinstance(value, dict) else {}
    return people


def _kept(path: Path, people: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            row = json.loads(line)
            person = row.get("person")
            href = str(person.get("href")) if isinstance(person, dict) else ""
            yield {**row, "person": people[href]} if href in people else row


def _dashed(name: str) -> str:
    """AcademicUnitEnrolments as its address has it: academic-unit-enrolments."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
