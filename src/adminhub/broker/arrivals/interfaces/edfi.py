"""An Ed-Fi ODS / API, pulled whole."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from adminhub.broker.arrivals.interfaces.calling import Caller, NotThere, all_rows
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import Fetched, NothingNew, Reading
from adminhub.mis import edfi
from adminhub.mis.record import Notes

SIZE = 500


def fetch(channel: Channel, target: Path) -> Fetched:
    """The school's people and sections. Raises Unreachable where a page is missing; rows wait in files."""
    asked = channel.settings
    base = asked["base_url"].rstrip("/")
    digest = hashlib.sha256(date.today().isoformat().encode())
    with Caller(f"{base}/data/v3/ed-fi") as caller:
        caller.sign_in(
            asked.get("token_url") or f"{base}/oauth/token",
            client_id=asked["client_id"],
            secret=channel.secret,
        )
        for name in edfi.RESOURCES:
            _keep(caller, name, target / f"{name}.jsonl", digest)
    if digest.hexdigest() == channel.marker:
        return NothingNew("The same data as the last time today.")
    rows = {name: _kept(target / f"{name}.jsonl") for name in edfi.RESOURCES}
    roster = edfi.read(rows, Notes(date.today()), school_id=asked["school_id"])
    return Reading(roster, digest.hexdigest())


def _keep(caller: Caller, name: str, path: Path, digest: "hashlib._Hash") -> None:
    rows = all_rows(caller, name, key=None, identity="id", total="Total-Count", size=SIZE, totalCount="true")
    with path.open("wb") as file:
        try:
            for row in rows:
                line = json.dumps(row, sort_keys=True).encode()
                digest.update(line)
                file.write(line + b"\n")
        except NotThere:
            if name not in edfi.OPTIONAL:
                raise


def _kept(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)
