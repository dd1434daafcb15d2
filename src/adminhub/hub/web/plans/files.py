"""A plan's changes as files: one line for each field as CSV, one object for each change as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from adminhub.hub.planning.models import Plan, PlannedChange
from adminhub.hub.web.plans.changes import Line, shown
from adminhub.look.spreadsheets import safe_cell

BATCH = 2000
COLUMNS = (
    "change",
    "kind",
    "name",
    "sourced_id",
    "field",
    "before",
    "after",
    "reason",
    "written",
)


def as_csv(plan: Plan) -> str:
    """UTF-8 with a mark, for a spreadsheet to read accents right; a cell that it would run is quoted."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in _lines(plan):
        for field, before, after in _fields(line):
            writer.writerow(
                [
                    safe_cell(cell)
                    for cell in (
                        line.what.label,
                        line.kind,
                        line.name,
                        str(line.change.sourced_id),
                        field,
                        before,
                        after,
                        line.change.reason,
                        "no" if line.change.is_skipped else "yes",
                    )
                ]
            )
    return out.getvalue()


def as_json(plan: Plan) -> str:
    """The plan with its changes, as they are stored, and who each is about."""
    changes = [
        {
            "change": line.change.kind,
            "what": line.what.label,
            "kind": line.change.subject,
            "name": line.name,
            "sourced_id": str(line.change.sourced_id),
            "fields": [
                {"field": field, "before": before, "after": after} for field, before, after in _fields(line)
            ],
            "reason": line.change.reason,
            "written": not line.change.is_skipped,
        }
        for line in _lines(plan)
    ]
    about = {
        "plan": plan.pk,
        "purpose": plan.purpose,
        "state": plan.state,
        "drafted_at": plan.drafted_at.isoformat(),
        "applied_at": plan.applied_at.isoformat() if plan.applied_at else None,
        "counts": plan.counts,
        "changes": changes,
    }
    return json.dumps(about, ensure_ascii=False, indent=1)


def _fields(line: Line) -> Iterable[tuple[str, str, str]]:
    details = [(detail.label, detail.before, detail.after) for detail in line.details]
    return details or [("", "", "")]


def _lines(plan: Plan) -> Iterator[Line]:
    rows = PlannedChange.objects.filter(plan=plan).order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from shown(plan, batch)
        last = batch[-1].pk
