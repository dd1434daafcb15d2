"""Writing what people decide in a review: the same, never these two, ignore; one by one or together, with undo.

Every press is one step: it replaces lines and decisions, keeps what it replaced, and can be taken back, the
last first. Nothing of the roster is written here. Needs the school's scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q

from adminhub.hub.core import audit
from adminhub.hub.core.bulk import copy_rows
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.matching.values import Status, Verdict
from adminhub.hub.planning import reading
from adminhub.hub.planning.errors import RowGone
from adminhub.hub.planning.identity import Keys
from adminhub.hub.planning.lines import BY_HAND, COLUMNS, sort_name, store
from adminhub.hub.planning.models import Decision, MatchRow, MatchStatus, ReviewStep
from adminhub.hub.planning.reading import HubRow, StagedRow
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import User
from adminhub.hub.staging.models import Snapshot

APART = "Unmatched by hand"
LEFT_OVER = "Left over after a press, and could be meant"
OTHERS = "Others could be meant"
IGNORED = "Ignored: nobody is asked about this record"


class Deed(StrEnum):
    """What a press did."""

    MATCHED = "matched"
    APART = "apart"
    IGNORED = "ignored"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class _Decided:
    """One decision to be kept. `hub_id` None: the record is ignored."""

    hub_id: int | None
    mis: StagedRow
    is_same: bool | None


@dataclass(frozen=True, slots=True)
class _Review:
    """The lines that a press is about, locked, with both sides of them."""

    snapshot: Snapshot
    kind: Kind
    rows: Sequence[MatchRow]
    hub: Mapping[int, HubRow]
    staged: Mapping[int, StagedRow]


def _locked(snapshot: Snapshot, kind: Kind, which: Q) -> _Review:
    rows = list(
        MatchRow.objects.select_for_update().filter(which, snapshot=snapshot, kind=kind).order_by("pk")
    )
    hub = reading.hub_rows(kind, [row.hub_id for row in rows if row.hub_id is not None])
    staged = reading.staged_rows(
        snapshot.pk, kind, [row.staged_id for row in rows if row.staged_id is not None]
    )
    return _Review(snapshot, kind, rows, hub, staged)


@transaction.atomic
def match_by_hand(snapshot: Snapshot, kind: Kind, *, hub_id: int, staged_id: int, by: User) -> MatchRow:
    """Note that a person said these two are the same. Their former partners, if any, are free again.

    Raises RowGone when either is not in the review.
    """
    review = _locked(snapshot, kind, Q(hub_id=hub_id) | Q(staged_id=staged_id))
    if hub_id not in review.hub or staged_id not in review.staged:
        raise RowGone(
            "One of the two is not in this review any more. Nothing has changed. Look at the list again."
        )
    mis = review.staged[staged_id]
    free = _set_free(review, but=(hub_id, staged_id))
    pair = _pair(hub_id, mis, reading.links(kind), ())
    _press(review, Deed.MATCHED, [pair, *free], [_Decided(hub_id, mis, True)], by=by)
    made: MatchRow = MatchRow.objects.get(snapshot=snapshot, kind=kind, hub_id=hub_id)
    return made


@transaction.atomic
def accept(snapshot: Snapshot, kind: Kind, *, row_ids: Iterable[int], by: User) -> int:
    """Note that a person said of each of these lines that its two sides are the same. Returns how many.

    Lines that no longer wait for that, or lack a side, are left as they are.
    """
    waits = Q(status=MatchStatus.MAY_MATCH, hub_id__isnull=False, staged_id__isnull=False)
    review = _locked(snapshot, kind, Q(pk__in=list(row_ids)) & waits)
    linked = reading.links(kind)
    pairs = [(row, row.hub_id or 0, review.staged[row.staged_id or 0]) for row in review.rows]
    verdicts = [_pair(hub_id, mis, linked, row.reasons) for row, hub_id, mis in pairs]
    decided = [_Decided(hub_id, mis, True) for _, hub_id, mis in pairs]
    return _press(review, Deed.MATCHED, verdicts, decided, by=by)


def _pair(hub_id: int, mis: StagedRow, linked: Mapping[int, Any], reasons: Iterable[str]) -> Verdict:
    is_linked = hub_id in linked and linked[hub_id].mis_id == mis.mis_id
    return Verdict(
        status=Status.SYNCED if is_linked else Status.MATCHED,
        hub=hub_id,
        mis=mis.pk,
        reasons=(BY_HAND, *(reason for reason in reasons if reason != BY_HAND)),
    )


@transaction.atomic
def unmatch_by_hand(snapshot: Snapshot, kind: Kind, *, row_id: int, by: User) -> None:
    """Note that a person said the two sides of a line are not the same; each stands alone from now on.

    On a line with one side that May match, it says: none of those that look alike. Raises RowGone.
    """
    if not keep_apart(snapshot, kind, row_ids=[row_id], by=by):
        raise RowGone("That line has changed meanwhile. Nothing has changed. Look at the list again.")


@transaction.atomic
def keep_apart(snapshot: Snapshot, kind: Kind, *, row_ids: Iterable[int], by: User) -> int:
    """Note that a person said of each of these lines that its two sides are never the same. Returns how many."""
    review = _locked(snapshot, kind, Q(pk__in=list(row_ids)))
    decided = [one for row in review.rows for one in _against(review, row)]
    said = {(one.hub_id or 0, one.mis.mis_id) for one in decided}
    return _press(review, Deed.APART, _set_free(review, apart=said), decided, by=by)


def _against(review: _Review, row: MatchRow) -> list[_Decided]:
    if row.hub_id is not None and row.staged_id is not None:
        return [_Decided(row.hub_id, review.staged[row.staged_id], False)]
    if row.hub_id is not None:
        others = reading.staged_rows(review.snapshot.pk, review.kind, row.candidates)
        return [_Decided(row.hub_id, other, False) for other in others.values()]
    return [_Decided(hub_id, review.staged[row.staged_id or 0], False) for hub_id in row.candidates]


@transaction.atomic
def ignore(snapshot: Snapshot, kind: Kind, *, row_ids: Iterable[int], by: User) -> int:
    """Note that nobody is to be asked about these MIS records again. Returns how many.

    A record that is synced, or may be one that is, is left as it is: unmatch it first.
    """
    linked = list(reading.links(kind))
    free = Q(staged_id__isnull=False) & (Q(hub_id__isnull=True) | ~Q(hub_id__in=linked))
    review = _locked(snapshot, kind, Q(pk__in=list(row_ids)) & free & ~Q(status=MatchStatus.IGNORED))
    ignored = [Verdict(status=Status.IGNORED, mis=row.staged_id, reasons=(IGNORED,)) for row in review.rows]
    left = [row.hub_id for row in review.rows if row.hub_id is not None]
    alone = [Verdict(status=Status.NOT_MATCHED, hub=hub, reasons=(APART,)) for hub in left]
    decided = [_Decided(None, review.staged[row.staged_id or 0], None) for row in review.rows]
    return _press(review, Deed.IGNORED, [*alone, *ignored], decided, by=by)


@transaction.atomic
def show_again(snapshot: Snapshot, kind: Kind, *, row_ids: Iterable[int], by: User) -> int:
    """Forget that these MIS records were to be ignored. Returns how many."""
    review = _locked(snapshot, kind, Q(pk__in=list(row_ids), status=MatchStatus.IGNORED))
    known = reading.identities(review.staged)
    ids, keys = set(known), {key for keys in known.values() for key in keys}
    gone = [
        decision
        for decision in Decision.objects.filter(kind=kind, hub_id__isnull=True)
        if decision.mis_id in ids or keys.intersection(decision.keys)
    ]
    verdicts = [
        Verdict(status=Status.NEW, mis=row.staged_id, reasons=("No longer ignored",)) for row in review.rows
    ]
    return _press(review, Deed.SHOWN, verdicts, [], gone=gone, by=by)


@transaction.atomic
def forget_ignored(kind: Kind, *, decision_ids: Iterable[int], by: User) -> int:
    """Forget that records which the MIS no longer sends were to be ignored. Returns how many."""
    gone = Decision.objects.filter(kind=kind, hub_id__isnull=True, pk__in=list(decision_ids))
    count: int = gone.delete()[0]
    if count:
        audit.record(
            by=by, action="match.decided", subject=f"{kind.value}:ignored", deed="shown", lines=count
        )
    return count


def _set_free(
    review: _Review,
    *,
    but: tuple[int | None, int | None] = (None, None),
    apart: Collection[tuple[int, str]] = (),
) -> list[Verdict]:
    """What becomes of the sides of these lines: whoever else could be meant is asked about, and never made anew.

    `but` go into another line, and of the pairs that are `apart` a person has said that they are two people.
    """
    rows = [row for row in review.rows if row.status == MatchStatus.MAY_MATCH]
    others = {
        row.hub_id: row.candidates for row in rows if row.hub_id is not None and row.staged_id is not None
    }
    hubs = [row.hub_id for row in review.rows if row.hub_id is not None and row.hub_id != but[0]]
    records = [row.staged_id for row in review.rows if row.staged_id is not None and row.staged_id != but[1]]
    meant = _meant_elsewhere(review, records)
    asked_about = {one for found in others.values() for one in found}
    free = _free_records(review, asked_about) - {but[1]}
    names = {**review.staged, **reading.staged_rows(review.snapshot.pk, review.kind, asked_about)}
    about = {*hubs, *(hub for found in meant.values() for hub in found)}
    decided = Decision.objects.filter(kind=review.kind, hub_id__in=about, is_same=False)
    never = {*apart, *decided.values_list("hub_id", "mis_id")}

    def may_be(hub: int, record: int) -> bool:
        return record in names and (hub, names[record].mis_id) not in never

    of_hub = {hub: [one for one in others.get(hub, ()) if one in free and may_be(hub, one)] for hub in hubs}
    of_record = {
        one: [hub for hub in meant.get(one, ()) if hub != but[0] and may_be(hub, one)] for one in records
    }
    found = []
    for hub in hubs:
        left = next((one for one in of_hub[hub] if one in of_record), None)
        if left is not None:
            del of_record[left]
            found.append(Verdict(status=Status.MAY_MATCH, hub=hub, mis=left, reasons=(LEFT_OVER,)))
        elif of_hub[hub]:
            asked = tuple(of_hub[hub])
            found.append(Verdict(status=Status.MAY_MATCH, hub=hub, reasons=(OTHERS,), candidates=asked))
        else:
            found.append(Verdict(status=Status.NOT_MATCHED, hub=hub, reasons=(APART,)))
    for record, asked_of in of_record.items():
        status = Status.MAY_MATCH if asked_of else Status.NEW
        reasons = (OTHERS,) if asked_of else (APART,)
        found.append(Verdict(status=status, mis=record, reasons=reasons, candidates=tuple(asked_of)))
    return found


def _meant_elsewhere(review: _Review, records: Collection[int]) -> dict[int, list[int]]:
    """By record, the hub's people in other lines that wait who could be meant by it."""
    lines = MatchRow.objects.filter(
        snapshot=review.snapshot,
        kind=review.kind,
        status=MatchStatus.MAY_MATCH,
        hub_id__isnull=False,
        candidates__overlap=list(records),
    ).exclude(pk__in=[row.pk for row in review.rows])
    found: dict[int, list[int]] = defaultdict(list)
    for hub, candidates in lines.order_by("-score", "pk").values_list("hub_id", "candidates"):
        for record in set(candidates) & set(records):
            found[record].append(hub)
    return found


def _free_records(review: _Review, records: Collection[int]) -> set[int | None]:
    """Those of these records that are in the review and nobody's for certain."""
    lines = MatchRow.objects.filter(snapshot=review.snapshot, kind=review.kind, staged_id__in=records)
    settled = (MatchStatus.SYNCED, MatchStatus.MATCHED, MatchStatus.IGNORED)
    return set(lines.exclude(status__in=settled).values_list("staged_id", flat=True))


def _press(
    review: _Review,
    deed: Deed,
    verdicts: Sequence[Verdict],
    decided: Sequence[_Decided],
    *,
    gone: Sequence[Decision] = (),
    by: User,
) -> int:
    """Put the verdicts in place of the lines and keep the decisions, as one step. Returns how many lines."""
    if not review.rows:
        return 0
    replaced = [*gone, *_overruled(review.kind, decided)]
    Decision.objects.filter(pk__in=[decision.pk for decision in replaced]).delete()
    made = Decision.objects.bulk_create(_kept(review, decided, by))
    step = ReviewStep(
        school_id=current_school_id(),
        snapshot=review.snapshot,
        kind=review.kind.value,
        deed=deed.value,
        count=1 if len(decided) == 1 else len(review.rows),
        lines=[{name: getattr(row, name) for name in ("id", *COLUMNS)} for row in review.rows],
        hub_ids=[row.hub_id for row in review.rows if row.hub_id is not None],
        staged_ids=[row.staged_id for row in review.rows if row.staged_id is not None],
        decisions=[_as_json(decision) for decision in replaced],
        made=[decision.pk for decision in made],
        by=by,
    )
    store(review.snapshot, review.kind, verdicts, review.hub, review.staged, review.rows)
    step.save()
    audit.record(
        by=by,
        action="match.decided",
        subject=f"snapshot:{review.snapshot.pk}",
        kind=review.kind.value,
        deed=deed.value,
        lines=step.count,
    )
    return step.count


def _overruled(kind: Kind, decided: Sequence[_Decided]) -> list[Decision]:
    """The decisions that these take the place of: on the same pair, and another partner of either side."""
    pairs = {(one.hub_id, one.mis.mis_id) for one in decided}
    hubs = {one.hub_id for one in decided if one.is_same}
    records = {one.mis.mis_id for one in decided if one.is_same}

    def is_overruled(decision: Decision) -> bool:
        if (decision.hub_id, decision.mis_id) in pairs:
            return True
        if decision.is_same:
            return decision.hub_id in hubs or decision.mis_id in records
        return decision.hub_id is None and decision.mis_id in records

    about = Q(hub_id__in=[hub for hub, _ in pairs if hub is not None]) | Q(
        mis_id__in=[mis for _, mis in pairs]
    )
    return [found for found in Decision.objects.filter(about, kind=kind) if is_overruled(found)]


def _kept(review: _Review, decided: Sequence[_Decided], by: User) -> list[Decision]:
    keys: Mapping[str, Keys] = reading.identities({one.mis.pk: one.mis for one in decided})
    found = {(one.hub_id, one.mis.mis_id): one for one in decided}
    return [
        Decision(
            school_id=current_school_id(),
            kind=review.kind.value,
            hub_id=one.hub_id,
            mis_id=one.mis.mis_id,
            is_same=one.is_same,
            keys=list(keys.get(one.mis.mis_id, ())),
            name=sort_name(None, one.mis) if one.hub_id is None else "",
            by=by,
        )
        for one in found.values()
    ]


def _as_json(decision: Decision) -> dict[str, Any]:
    names = ("kind", "hub_id", "mis_id", "is_same", "keys", "name", "by_id")
    return {**{name: getattr(decision, name) for name in names}, "at": decision.at.isoformat()}


@transaction.atomic
def undo(snapshot: Snapshot, kind: Kind, *, by: User) -> ReviewStep:
    """Take the last press of a review back: its lines and decisions are as they were before it.

    Raises RowGone when there is none left.
    """
    step = ReviewStep.objects.select_for_update(of=("self",)).filter(snapshot=snapshot, kind=kind)
    last: ReviewStep | None = step.order_by("-pk").first()
    if last is None:
        raise RowGone("There is nothing left to undo in this review. Nothing has changed.")
    now = Q(hub_id__in=last.hub_ids) | Q(staged_id__in=last.staged_ids)
    MatchRow.objects.filter(now, snapshot=snapshot, kind=kind).delete()
    columns = ("id", *COLUMNS)
    copy_rows("match_row", columns, [[line[name] for name in columns] for line in last.lines])
    Decision.objects.filter(pk__in=last.made).delete()
    for was in last.decisions:
        at = datetime.fromisoformat(was.pop("at"))
        again = Decision.objects.create(school_id=current_school_id(), **was)
        Decision.objects.filter(pk=again.pk).update(at=at)
    audit.record(
        by=by,
        action="match.undone",
        subject=f"snapshot:{snapshot.pk}",
        kind=kind.value,
        deed=last.deed,
        lines=last.count,
    )
    last.delete()
    return last


DEEDS: Mapping[str, Callable[..., int]] = {
    "accept": accept,
    "apart": keep_apart,
    "ignore": ignore,
    "show": show_again,
}
"""What can be done to several lines at once, by the word in a form."""
