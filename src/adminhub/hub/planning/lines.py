"""A review's lines as they are stored: from a verdict and its two records to a row of `match_row`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import TypedDict

from adminhub.hub.core.bulk import copy_rows
from adminhub.hub.matching.names import fold
from adminhub.hub.matching.values import Verdict
from adminhub.hub.planning.agreement import Agreement, Seen, agreement_of
from adminhub.hub.planning.models import NEEDS_FIRST, MatchRow, MatchStatus
from adminhub.hub.planning.reading import HubRow, StagedRow, staged_rows
from adminhub.hub.roster.models import Employee, Kind, Pupil, SchoolClass
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedEmployee, StagedPupil
from adminhub.mis.identifiers import is_temporary_upn

COLUMNS = (
    "school_id",
    "snapshot_id",
    "kind",
    "status",
    "rank",
    "hub_id",
    "staged_id",
    "reasons",
    "candidates",
    "score",
    "lost_why",
    "is_ticked",
    "is_by_hand",
    "takes_email",
    "agreement",
    "name",
    "search",
)
_SIDES = slice(COLUMNS.index("hub_id"), COLUMNS.index("staged_id") + 1)
_as_stored = attrgetter(*COLUMNS)
BY_HAND = "Matched by hand"


class Names(TypedDict):
    """What every person has."""

    forenames: tuple[str, ...]
    surnames: tuple[str, ...]
    email: str


def store(
    snapshot: Snapshot,
    kind: Kind,
    verdicts: Iterable[Verdict],
    hub: Mapping[int, HubRow],
    staged: Mapping[int, StagedRow],
    before: Collection[MatchRow],
) -> None:
    """Store one line for each verdict, in place of those before: what a person ticked there stays ticked.

    Where there are none before, it is as it was in the review of the snapshot before this one. A line that would
    say the same again is left as it is.
    """
    ticks = {row.staged_id: row for row in before if row.staged_id is not None}
    ticks = ticks or _former(snapshot, kind, staged)
    rows = [_line(snapshot, kind, verdict, hub, staged, ticks) for verdict in verdicts]
    stored: dict[tuple[object, ...], MatchRow] = {(row.hub_id, row.staged_id): row for row in before}
    same = {row[_SIDES] for row in rows if row[_SIDES] in stored and _as_stored(stored[row[_SIDES]]) == row}
    if gone := [row.pk for sides, row in stored.items() if sides not in same]:
        MatchRow.objects.filter(pk__in=gone).delete()
    new = [row for row in rows if row[_SIDES] not in same]
    if new:
        copy_rows("match_row", COLUMNS, new)


def _former(snapshot: Snapshot, kind: Kind, staged: Mapping[int, StagedRow]) -> dict[int, MatchRow]:
    """The New lines of the review before, by what is staged now. An e-mail is asked for anew in each sync."""
    new = MatchRow.objects.filter(kind=kind, snapshot_id__lt=snapshot.pk, staged_id__isnull=False)
    last = new.order_by("-snapshot_id").values_list("snapshot_id", flat=True).first()
    if last is None:
        return {}
    rows = {row.staged_id: row for row in new.filter(snapshot_id=last, status=MatchStatus.NEW)}
    were = staged_rows(last, kind, rows)
    by_record = {were[key].mis_id: row for key, row in rows.items() if key in were}
    for row in by_record.values():
        row.takes_email = False
    return {key: by_record[row.mis_id] for key, row in staged.items() if row.mis_id in by_record}


def _line(
    snapshot: Snapshot,
    kind: Kind,
    verdict: Verdict,
    hub: Mapping[int, HubRow],
    staged: Mapping[int, StagedRow],
    ticks: Mapping[int, MatchRow],
) -> tuple[object, ...]:
    ours = hub[verdict.hub] if verdict.hub is not None else None
    theirs = staged[verdict.mis] if verdict.mis is not None else None
    status = MatchStatus(verdict.status.value)
    was = ticks.get(verdict.mis or 0)
    ticked = was.is_ticked if was else kind != Kind.EMPLOYEE
    return (
        snapshot.school_id,
        snapshot.pk,
        kind.value,
        status.value,
        NEEDS_FIRST.index(status),
        verdict.hub,
        verdict.mis,
        list(verdict.reasons),
        list(verdict.candidates),
        verdict.score,
        verdict.why.value if verdict.why and status == MatchStatus.DESYNCED else "",
        ticked and status == MatchStatus.NEW,
        BY_HAND in verdict.reasons,
        was is not None and was.takes_email,
        _agreement(verdict, ours, theirs) if status == MatchStatus.MAY_MATCH else "",
        sort_name(ours, theirs),
        search_text(ours, theirs),
    )


def _agreement(verdict: Verdict, ours: HubRow | None, theirs: StagedRow | None) -> Agreement:
    if ours is None or theirs is None:
        return Agreement.RIVALS
    has_rivals = bool(verdict.candidates) or any("could be meant" in reason for reason in verdict.reasons)
    return agreement_of(_seen(ours), _seen(theirs), has_rivals=has_rivals)


def _seen(row: HubRow | StagedRow) -> Seen:
    if isinstance(row, SchoolClass | StagedClass):
        return Seen(surnames=(fold(row.name),))
    names: Names = {
        "forenames": _folded(row.forename, row.legal_forename),
        "surnames": _folded(row.surname, row.legal_surname),
        "email": (row.email or "").lower(),
    }
    if isinstance(row, Employee | StagedEmployee):
        return Seen(number=row.teacher_number or "", **names)
    born = row.birthday.isoformat() if row.birthday else ""
    upn = "" if is_temporary_upn(row.upn or "") else row.upn or ""
    return Seen(birthday=born, number=upn, year=row.year_group or "", **names)


def _folded(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded for name in names if (folded := fold(name or ""))))


def sort_name(ours: HubRow | None, theirs: StagedRow | None) -> str:
    """What a line is sorted by: the surname first, or a class's name."""
    row = ours if ours is not None else theirs
    if isinstance(row, SchoolClass | StagedClass):
        return row.name
    return f"{row.surname}, {row.forename}" if row is not None else ""


def search_text(ours: HubRow | None, theirs: StagedRow | None) -> str:
    """What a search looks in: the names and numbers of both sides, folded."""
    words: list[str] = []
    for row in (ours, theirs):
        if isinstance(row, SchoolClass | StagedClass):
            words += [row.name, row.subject]
        elif isinstance(row, Employee | StagedEmployee):
            words += [row.forename, row.surname, row.email or "", row.staff_code or "", row.job or ""]
        elif isinstance(row, Pupil | StagedPupil):
            words += [row.forename, row.surname, row.legal_forename or "", row.legal_surname or ""]
            words += [row.upn or "", row.admission_number or ""]
    return " ".join(dict.fromkeys(fold(word) for word in words if word))
