"""The history as a file: one line for each kind of each sync, as CSV or JSON. Holds no name of a pupil."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.queries import ORDER
from adminhub.hub.web.sync.panels import BY_KIND
from adminhub.look.spreadsheets import safe_cell

NUMBERS = (
    "added",
    "linked",
    "updated",
    "unchanged",
    "moved",
    "left",
    "returned",
    "granted",
    "held",
    "skipped",
)
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class FormatConverter:
    """The ending of a download's address."""

    regex = "|".join(TYPES)

    def to_python(self, value: str) -> str:
        """The format."""
        return value

    def to_url(self, value: str) -> str:
        """The ending."""
        return value


def as_values(run: SyncRun) -> dict[str, Any]:
    """One sync as JSON holds it."""
    return {
        "sync": run.pk,
        "started": run.started_at.isoformat(),
        "ended": run.finished_at.isoformat() if run.finished_at else None,
        "started_by": run.started_by.get_full_name() if run.started_by else None,
        "trigger": run.trigger,
        "fetched": run.mode,
        "outcome": run.outcome or run.state,
        "data_as_at": run.as_at.isoformat() if run.as_at else None,
        "seconds": round(run.duration.total_seconds(), 3) if run.duration else None,
        "problem": run.problem,
        "kinds": {
            BY_KIND[kind].slug: {
                **{name: numbers.get(name, 0) for name in NUMBERS},
                "why": numbers.get("why", []),
            }
            for kind in ORDER
            if (numbers := run.counts.get(kind.value)) is not None
        },
    }


def as_file(runs: Iterable[SyncRun], kind: str) -> str:
    """All of them, in this format."""
    found = [as_values(run) for run in runs]
    if kind == "json":
        return json.dumps({"syncs": found}, indent=2, ensure_ascii=False) + "\n"
    head = [
        "sync",
        "started",
        "ended",
        "started_by",
        "trigger",
        "fetched",
        "outcome",
        "data_as_at",
        "seconds",
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*head, "problem", "kind", *NUMBERS, "why"])
    for values in found:
        start = [values[name] for name in head] + [values["problem"]]
        for rest in _lines(values["kinds"]):
            writer.writerow([_harmless(cell) for cell in [*start, *rest]])
    return out.getvalue()


def _lines(kinds: dict[str, dict[str, Any]]) -> Iterator[list[Any]]:
    if not kinds:
        yield ["", *[0] * len(NUMBERS), ""]
    for slug, numbers in kinds.items():
        yield [slug, *(numbers[name] for name in NUMBERS), " ".join(numbers["why"])]


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is marked as text."""
    return safe_cell(cell) if isinstance(cell, str) else "" if cell is None else cell
