"""Writing the review: verdicts, people's decisions and ticks, and the plan. All of it needs the school's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from psycopg.types.json import Jsonb

from adminhub.hub.core import audit
from adminhub.hub.core.bulk import copy_rows, whole_sets
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.matching.classes import match_classes
from adminhub.hub.matching.names import fold
from adminhub.hub.matching.people import Who, match_people
from adminhub.hub.matching.values import Status, Verdict
from adminhub.hub.planning import reading
from adminhub.hub.planning.diff import count_by_kind, diff_memberships, diff_records
from adminhub.hub.planning.errors import NotWhole, RowGone
from adminhub.hub.planning.guards import Figures, holds
from adminhub.hub.planning.models import (
    NEEDS_FIRST,
    Decision,
    MatchRow,
    MatchStatus,
    Plan,
    PlannedChange,
    PlanState,
)
from adminhub.hub.planning.reading import PAIRED, HubRow, StagedRow
from adminhub.hub.planning.values import Change, ChangeKind, Hold, HubRecord, MISRecord, Pairing
from adminhub.hub.roster.models import Access, Employee, Kind, Pupil, SchoolClass
from adminhub.hub.schools.models import Service, User
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedEmployee, StagedPupil

CLASSES = (Kind.REGISTRATION, Kind.TEACHING)
NOUNS = {
    Kind.EMPLOYEE: "teachers",
    Kind.PUPIL: "pupils",
    Kind.REGISTRATION: "registration groups",
    Kind.TEACHING: "subject classes",
}
_COLUMNS = (
    "school_id",
    "snapshot_id",
    "kind",
    "status",
    "rank",
    "hub_id",
    "staged_id",
    "reasons",
    "candidates",
    "is_ticked",
    "is_by_hand",
    "name",
    "search",
)
BY_HAND = "Matched by hand"


@transaction.atomic
def match_kind(snapshot: Snapshot, kind: Kind) -> int:
    """Work out who is who and store one row for each verdict, in place of an earlier review's rows.

    Ticks that a person set stay, and decisions are obeyed. Returns how many rows there are.
    """
    _must_be_whole(snapshot, kind)
    with whole_sets():
        hub, staged = reading.hub_rows(kind), reading.staged_rows(snapshot.pk, kind)
        verdicts = _verdicts(snapshot, kind, hub, staged)
    before = MatchRow.objects.filter(snapshot=snapshot, kind=kind)
    ticks = dict(before.filter(staged_id__isnull=False).values_list("staged_id", "is_ticked"))
    before.delete()
    copy_rows("match_row", _COLUMNS, [_row(snapshot, kind, one, hub, staged, ticks) for one in verdicts])
    return len(verdicts)


def _must_be_whole(snapshot: Snapshot, kind: Kind) -> None:
    came = {Kind.EMPLOYEE: snapshot.employees_at}.get(kind, snapshot.classes_at and snapshot.pupils_at)
    if not came:
        raise NotWhole(
            f"The {NOUNS[kind]} have not come whole from the MIS yet, so nothing is concluded from them. "
            "Nothing has changed."
        )


def _verdicts(
    snapshot: Snapshot, kind: Kind, hub: Mapping[int, HubRow], staged: Mapping[int, StagedRow]
) -> list[Verdict]:
    decided = reading.decisions(kind)
    if kind in CLASSES:
        ours, theirs = reading.hub_classes(kind, hub), reading.mis_classes(snapshot.pk, staged)
        return match_classes(ours, theirs, decided=decided)
    who = Who.EMPLOYEES if kind == Kind.EMPLOYEE else Who.PUPILS
    return match_people(reading.hub_people(kind, hub), reading.mis_people(staged), who=who, decided=decided)


def _row(
    snapshot: Snapshot,
    kind: Kind,
    verdict: Verdict,
    hub: Mapping[int, HubRow],
    staged: Mapping[int, StagedRow],
    ticks: Mapping[int, bool],
) -> tuple[object, ...]:
    ours = hub[verdict.hub] if verdict.hub is not None else None
    theirs = staged[verdict.mis] if verdict.mis is not None else None
    status = MatchStatus(verdict.status.value)
    ticked = ticks.get(verdict.mis or 0, kind != Kind.EMPLOYEE)
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
        ticked and verdict.hub is None,
        BY_HAND in verdict.reasons,
        sort_name(ours, theirs),
        search_text(ours, theirs),
    )


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


def set_ticks(snapshot: Snapshot, kind: Kind, *, shown: Iterable[int], ticked: Iterable[int]) -> None:
    """Remember which of the shown New lines are to be added."""
    of_page = MatchRow.objects.filter(
        snapshot=snapshot, kind=kind, status=MatchStatus.NEW, pk__in=list(shown)
    )
    chosen = list(ticked)
    of_page.filter(pk__in=chosen, is_ticked=False).update(is_ticked=True)
    of_page.exclude(pk__in=chosen).filter(is_ticked=True).update(is_ticked=False)


def tick_all(snapshot: Snapshot, kind: Kind, *, matching: Q, on: bool) -> int:
    """Tick or untick every New line that a search or filter finds, on this page or not. Returns how many."""
    rows = MatchRow.objects.filter(matching, snapshot=snapshot, kind=kind, status=MatchStatus.NEW)
    return rows.exclude(is_ticked=on).update(is_ticked=on)


@transaction.atomic
def match_by_hand(snapshot: Snapshot, kind: Kind, *, hub_id: int, staged_id: int, by: User) -> MatchRow:
    """Note that a person said these two are the same. Their former partners, if any, stand alone again.

    Raises RowGone when either is not in the review.
    """
    rows = list(
        MatchRow.objects.select_for_update()
        .filter(snapshot=snapshot, kind=kind)
        .filter(Q(hub_id=hub_id) | Q(staged_id=staged_id))
    )
    hub, staged = _sides(snapshot, kind, rows)
    if hub_id not in hub or staged_id not in staged:
        raise RowGone(
            "One of the two is not in this review any more. Nothing has changed. Look at the list again."
        )
    _decide(kind, hub_id=hub_id, mis_id=staged[staged_id].mis_id, is_same=True, by=by)
    alone = [verdict for row in rows for verdict in _taken_apart(kind, row, but=(hub_id, staged_id))]
    linked = reading.links(kind).get(hub_id)
    is_linked = linked is not None and linked.mis_id == staged[staged_id].mis_id
    pair = Verdict(
        status=Status.SYNCED if is_linked else Status.MATCHED,
        hub=hub_id,
        mis=staged_id,
        reasons=(BY_HAND,),
    )
    _replace(snapshot, kind, rows, [pair, *alone], hub, staged)
    made: MatchRow = MatchRow.objects.get(snapshot=snapshot, kind=kind, hub_id=hub_id)
    return made


@transaction.atomic
def unmatch_by_hand(snapshot: Snapshot, kind: Kind, *, row_id: int, by: User) -> None:
    """Note that a person said the two sides of a line are not the same; each stands alone from now on.

    On a line with one side that May match, it says: none of those that look alike. Raises RowGone.
    """
    row = MatchRow.objects.select_for_update().filter(snapshot=snapshot, kind=kind, pk=row_id).first()
    if row is None:
        raise RowGone("That line has changed meanwhile. Nothing has changed. Look at the list again.")
    hub, staged = _sides(snapshot, kind, [row])
    if row.hub_id is not None and row.staged_id is not None:
        _decide(kind, hub_id=row.hub_id, mis_id=staged[row.staged_id].mis_id, is_same=False, by=by)
    else:
        _decide_against_candidates(snapshot, kind, row, staged, by)
    _replace(snapshot, kind, [row], _taken_apart(kind, row, but=(None, None)), hub, staged)


def _decide_against_candidates(
    snapshot: Snapshot, kind: Kind, row: MatchRow, staged: Mapping[int, StagedRow], by: User
) -> None:
    if row.hub_id is not None:
        others = reading.staged_rows(snapshot.pk, kind, row.candidates)
        for other in others.values():
            _decide(kind, hub_id=row.hub_id, mis_id=other.mis_id, is_same=False, by=by)
    elif row.staged_id is not None:
        for hub_id in row.candidates:
            _decide(kind, hub_id=hub_id, mis_id=staged[row.staged_id].mis_id, is_same=False, by=by)


def _decide(kind: Kind, *, hub_id: int, mis_id: str, is_same: bool, by: User) -> None:
    if is_same:
        Decision.objects.filter(kind=kind, is_same=True).filter(Q(hub_id=hub_id) | Q(mis_id=mis_id)).delete()
    Decision.objects.update_or_create(
        school_id=current_school_id(),
        kind=kind.value,
        hub_id=hub_id,
        mis_id=mis_id,
        defaults={"is_same": is_same, "by": by},
    )
    audit.record(
        by=by,
        action="match.decided",
        subject=f"{kind.value}:{hub_id}",
        is_same=is_same,
    )


def _sides(
    snapshot: Snapshot, kind: Kind, rows: Sequence[MatchRow]
) -> tuple[dict[int, HubRow], dict[int, StagedRow]]:
    hub = reading.hub_rows(kind, [row.hub_id for row in rows if row.hub_id is not None])
    staged = reading.staged_rows(
        snapshot.pk, kind, [row.staged_id for row in rows if row.staged_id is not None]
    )
    return hub, staged


def _taken_apart(kind: Kind, row: MatchRow, *, but: tuple[int | None, int | None]) -> list[Verdict]:
    """The sides of a line, each alone, without those that go into another pair."""
    alone = []
    if row.hub_id is not None and row.hub_id != but[0]:
        alone.append(Verdict(status=Status.NOT_MATCHED, hub=row.hub_id, reasons=("Unmatched by hand",)))
    if row.staged_id is not None and row.staged_id != but[1]:
        alone.append(Verdict(status=Status.NEW, mis=row.staged_id, reasons=("Unmatched by hand",)))
    return alone


def _replace(
    snapshot: Snapshot,
    kind: Kind,
    rows: Sequence[MatchRow],
    verdicts: Sequence[Verdict],
    hub: Mapping[int, HubRow],
    staged: Mapping[int, StagedRow],
) -> None:
    ticks = {row.staged_id: row.is_ticked and row.hub_id is None for row in rows if row.staged_id is not None}
    MatchRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
    copy_rows("match_row", _COLUMNS, [_row(snapshot, kind, one, hub, staged, ticks) for one in verdicts])


@transaction.atomic
def draft(
    snapshot: Snapshot,
    kind: Kind,
    *,
    by: User,
    service: Service | None = None,
    grants: frozenset[str] = frozenset(),
    confirmed: frozenset[str] = frozenset(),
) -> Plan:
    """Write down what saving this review would change, with what stands against it. Nothing else is written.

    `grants` names who gets access to the service: of those linked or added now, "pupils", "teaching" or
    "non_teaching". `confirmed` are the codes of holds that a person has confirmed. Raises NotWhole.
    """
    _must_be_whole(snapshot, kind)
    with whole_sets():
        return _draft(snapshot, kind, by, service, grants, confirmed)


def _draft(
    snapshot: Snapshot,
    kind: Kind,
    by: User,
    service: Service | None,
    grants: frozenset[str],
    confirmed: frozenset[str],
) -> Plan:
    hub = reading.hub_records(kind, reading.hub_rows(kind))
    mis = reading.mis_records(snapshot, kind, reading.staged_rows(snapshot.pk, kind))
    rows = list(MatchRow.objects.filter(snapshot=snapshot, kind=kind))
    lost = _lost(rows, hub)
    changes = diff_records(_pairings(rows, hub, mis), lost=lost, unlinked=_unlinked(kind, rows, hub, mis))
    found = _holds(kind, hub, mis, lost, changes)
    open_holds = [hold for hold in found if not (hold.can_confirm and hold.code in confirmed)]
    joined = _broker_ids(changes, mis)
    moves = _memberships(snapshot, kind, joined)
    granted = _grants(kind, changes, hub, service, grants)
    Plan.objects.filter(snapshot=snapshot, kind=kind, state__in=(PlanState.DRAFTED, PlanState.HELD)).update(
        state=PlanState.DROPPED
    )
    left = [row for row in rows if row.status == MatchStatus.MAY_MATCH]
    skipped = [row for row in rows if row.status == MatchStatus.NEW and not row.is_ticked]
    plan: Plan = Plan.objects.create(
        school_id=snapshot.school_id,
        snapshot=snapshot,
        kind=kind.value,
        state=PlanState.HELD if open_holds else PlanState.DRAFTED,
        service=service,
        counts={
            **count_by_kind(chain(changes, (move for _, move in moves), granted)),
            "may_match_left": len(left),
            "new_left": len(skipped),
        },
        holds=[
            {"code": hold.code, "message": hold.message, "can_confirm": hold.can_confirm} for hold in found
        ],
        confirmed=sorted(confirmed),
        drafted_by=by,
    )
    planned = [(kind, change) for change in (*changes, *granted)] + moves
    _store(plan, planned)
    return plan


def _pairings(
    rows: Iterable[MatchRow], hub: Mapping[int, HubRecord], mis: Mapping[int, MISRecord]
) -> list[Pairing]:
    """What the review settled: pairs that are sure or decided, and New lines that are ticked. Never a maybe."""
    found = []
    for row in rows:
        ours, theirs = hub.get(row.hub_id or 0), mis.get(row.staged_id or 0)
        if theirs is not None and ours is not None and row.status in PAIRED:
            found.append(Pairing(hub=ours, mis=theirs, reason=", ".join(row.reasons)[:200]))
        elif theirs is not None and row.status == MatchStatus.NEW and row.is_ticked:
            found.append(Pairing(mis=theirs, reason="Only in the MIS, and ticked"))
    return found


def _lost(rows: Iterable[MatchRow], hub: Mapping[int, HubRecord]) -> list[HubRecord]:
    desynced = [hub.get(row.hub_id or 0) for row in rows if row.status == MatchStatus.DESYNCED]
    return [record for record in desynced if record is not None and record.link is not None]


def _unlinked(
    kind: Kind, rows: Iterable[MatchRow], hub: Mapping[int, HubRecord], mis: Mapping[int, MISRecord]
) -> list[HubRecord]:
    """Linked hub records of which a person said that they are not the record they are linked to."""
    different = reading.decisions(kind).different
    found = []
    for row in rows:
        record = hub.get(row.hub_id or 0)
        if record is None or record.link is None or (record.key, record.link.mis_id) not in different:
            continue
        if row.status not in PAIRED or row.staged_id not in mis:
            found.append(record)
    return found


def _holds(
    kind: Kind,
    hub: Mapping[int, HubRecord],
    mis: Mapping[int, MISRecord],
    lost: Sequence[HubRecord],
    changes: Sequence[Change],
) -> list[Hold]:
    name = "name" if kind in CLASSES else "surname"
    linked_keys = {key for key, record in hub.items() if record.link and not record.link.is_lost}
    return holds(
        Figures(
            noun=NOUNS[kind],
            sent=len(mis),
            linked=len(linked_keys),
            missing=sum(record.key in linked_keys for record in lost),
            renamed=sum(
                change.kind is ChangeKind.UPDATE and name in change.after and change.key in linked_keys
                for change in changes
            ),
            relinked=sum(
                change.kind is ChangeKind.RELINK and change.before["mis_id"] != change.after["mis_id"]
                for change in changes
            ),
        )
    )


def _broker_ids(changes: Iterable[Change], mis: Mapping[int, MISRecord]) -> dict[str, UUID]:
    """The records that this plan links, by the broker's key."""
    return {
        str(change.after["broker_id"]): change.sourced_id
        for change in changes
        if change.kind in (ChangeKind.LINK, ChangeKind.RELINK) and change.after["broker_id"]
    }


def _memberships(snapshot: Snapshot, kind: Kind, joined: Mapping[str, UUID]) -> list[tuple[Kind, Change]]:
    """Who joins and leaves which class, as far as this panel goes; nothing while a kind has not come whole."""
    moves: list[tuple[Kind, Change]] = []
    kinds = (kind,) if kind in CLASSES else CLASSES
    classes = {**reading.linked_classes(snapshot, kinds), **(joined if kind in CLASSES else {})}
    groups = reading.registration_groups() if Kind.REGISTRATION in kinds else set()
    if kind != Kind.PUPIL and snapshot.classes_at:
        people = {
            **reading.linked_people(snapshot, Kind.EMPLOYEE),
            **(joined if kind == Kind.EMPLOYEE else {}),
        }
        led = diff_memberships(
            wanted=reading.wanted_leaders(snapshot, kinds, people, classes),
            current=reading.memberships(Kind.EMPLOYEE, kinds),
            synced_people=set(people.values()),
            synced_classes=set(classes.values()),
            registration_groups=set(),
        )
        moves += [(Kind.EMPLOYEE, change) for change in led]
    if kind != Kind.EMPLOYEE and snapshot.classes_at and snapshot.pupils_at:
        people = {**reading.linked_people(snapshot, Kind.PUPIL), **(joined if kind == Kind.PUPIL else {})}
        placed = diff_memberships(
            wanted=reading.wanted_places(snapshot, people, classes),
            current=reading.memberships(Kind.PUPIL, kinds),
            synced_people=set(people.values()),
            synced_classes=set(classes.values()),
            registration_groups=groups,
        )
        moves += [(Kind.PUPIL, change) for change in placed]
    return moves


def _grants(
    kind: Kind,
    changes: Iterable[Change],
    hub: Mapping[int, HubRecord],
    service: Service | None,
    grants: frozenset[str],
) -> list[Change]:
    """Access to the service for those whom this plan links or adds and who have none."""
    if service is None or not grants or kind in CLASSES:
        return []
    column = "employee" if kind == Kind.EMPLOYEE else "pupil"
    has = set(
        Access.objects.filter(service=service, **{f"{column}__isnull": False}).values_list(
            f"{column}__sourced_id", flat=True
        )
    )
    linked = list(changes)
    teaching = {
        change.sourced_id: bool(change.after.get("is_teaching"))
        for change in linked
        if change.kind in (ChangeKind.JOIN, ChangeKind.UPDATE) and "is_teaching" in change.after
    }
    known = {record.sourced_id: bool(record.fields.get("is_teaching")) for record in hub.values()}

    def is_asked_for(sourced_id: UUID) -> bool:
        if kind == Kind.PUPIL:
            return "pupils" in grants
        teaches = teaching.get(sourced_id, known.get(sourced_id, False))
        return ("teaching" if teaches else "non_teaching") in grants

    return [
        Change(
            kind=ChangeKind.GRANT,
            sourced_id=change.sourced_id,
            key=change.key,
            after={"service": service.slug},
            reason="Chosen when saving",
        )
        for change in linked
        if change.kind is ChangeKind.LINK and change.sourced_id not in has and is_asked_for(change.sourced_id)
    ]


def _store(plan: Plan, planned: Iterable[tuple[Kind, Change]]) -> None:
    copy_rows(
        PlannedChange._meta.db_table,
        (
            "school_id",
            "plan_id",
            "kind",
            "subject",
            "sourced_id",
            "hub_id",
            "row_id",
            "before",
            "after",
            "reason",
        ),
        [
            (
                plan.school_id,
                plan.pk,
                change.kind.value,
                subject.value,
                change.sourced_id,
                change.key,
                change.row,
                Jsonb(dict(change.before)),
                Jsonb(dict(change.after)),
                change.reason[:200],
            )
            for subject, change in planned
        ],
    )
