"""Writing the review: verdicts, ticks, and the plan. All of it needs the school's scope.

What people decide is written by `planning.decisions`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from itertools import chain
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from adminhub.hub.core import audit
from adminhub.hub.core.bulk import copy_rows, whole_sets
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.matching.classes import match_classes
from adminhub.hub.matching.people import NOT_SHARED, Who, match_people
from adminhub.hub.matching.values import Decided, LostWhy, Status, Verdict
from adminhub.hub.planning import lines, narrowing, reading
from adminhub.hub.planning.decisions import IGNORED
from adminhub.hub.planning.diff import counted_as, diff_memberships, diff_records
from adminhub.hub.planning.elsewhere import people_elsewhere
from adminhub.hub.planning.errors import NotWhole
from adminhub.hub.planning.guards import Thresholds, holds
from adminhub.hub.planning.models import (
    MatchRow,
    MatchStatus,
    Plan,
    PlannedChange,
    PlanState,
    Purpose,
    ReviewStep,
)
from adminhub.hub.planning.reading import PAIRED, HubRow, StagedRow
from adminhub.hub.planning.rematching import lines_of_news
from adminhub.hub.planning.scoping import keep_inside, staged_inside
from adminhub.hub.planning.values import Change, ChangeKind, Hold, HubRecord, Link, MISRecord, Pairing
from adminhub.hub.planning.weighing import CLASSES, NOUNS, figures, not_taken
from adminhub.hub.roster.models import Access, Kind, Pupil
from adminhub.hub.roster.queries import newest_entry
from adminhub.hub.schools.models import Service, User
from adminhub.hub.staging.models import Snapshot, StagedPupil
from adminhub.hub.staging.news import News, begin_anew


@transaction.atomic
def match_kind(snapshot: Snapshot, kind: Kind) -> int:
    """Work out who is who and store one row for each verdict, in place of an earlier review's rows.

    Ticks that a person set stay, and decisions are obeyed. Returns how many rows there are. Presses made
    before can no longer be undone.
    """
    _must_be_whole(snapshot, kind)
    begun = narrowing.a_beginning()
    with whole_sets():
        hub, staged = reading.hub_rows(kind), reading.staged_rows(snapshot.pk, kind)
        verdicts = _verdicts(snapshot, kind, hub, staged)
    shown = [one for one in verdicts if one.mis is not None or not _is_archived(hub, one)]
    before = list(MatchRow.objects.filter(snapshot=snapshot, kind=kind))
    narrowing.note_new_lines(snapshot, kind, before, shown)
    lines.store(snapshot, kind, shown, hub, staged, before)
    ReviewStep.objects.filter(snapshot=snapshot, kind=kind).delete()  # what they would put back has gone
    begin_anew(snapshot, narrowing.lines_of(kind), begun)
    return len(shown)


@transaction.atomic
def match_what_is_new(snapshot: Snapshot, kind: Kind, *, written: Plan | None = None) -> None:
    """As `match_kind`, with the lines of only what is new written again where no other can be another by it.

    `written` is the plan of this kind that was applied a moment ago, if there is one.
    """
    _must_be_whole(snapshot, kind)
    begun = narrowing.a_beginning()
    before = narrowing.note_written(snapshot, written) if written is not None else {}
    news = narrowing.news_for_lines(snapshot, kind, is_settled=written is not None)
    found = lines_of_news(snapshot, kind, news, before=before) if news is not None else None
    if found is None:
        match_kind(snapshot, kind)
        return
    if found[0]:
        lines.store(snapshot, kind, *found)
    ReviewStep.objects.filter(snapshot=snapshot, kind=kind).delete()
    begin_anew(snapshot, narrowing.lines_of(kind), begun)


def _is_archived(hub: Mapping[int, HubRow], verdict: Verdict) -> bool:
    """Nobody need look at who is archived and not in the MIS."""
    return verdict.hub is not None and hub[verdict.hub].archived_at is not None


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
    decided = reading.decisions(kind, staged)
    out, asked = _without_ignored(kind, staged, decided)
    if kind in CLASSES:
        ours = reading.hub_classes(snapshot.pk, kind, hub)
        theirs = reading.mis_classes(snapshot.pk, asked)
        return [*match_classes(ours, theirs, decided=decided, of_subjects=kind == Kind.TEACHING), *out]
    who = Who.EMPLOYEES if kind == Kind.EMPLOYEE else Who.PUPILS
    mis = reading.mis_people(asked)
    mis += people_elsewhere(snapshot.pk, kind, mis)
    verdicts = [*match_people(reading.hub_people(kind, hub), mis, who=who, decided=decided), *out]
    links = reading.links(kind)
    verdicts = [_not_shared(one, links, snapshot.hidden) for one in verdicts] if snapshot.hidden else verdicts
    return keep_inside(snapshot, verdicts, links) if kind == Kind.PUPIL else verdicts


def _not_shared(verdict: Verdict, links: Mapping[int, Link], hidden: Collection[str]) -> Verdict:
    """The verdict, with whom the school keeps from us not taken for a leaver."""
    link = links.get(verdict.hub or 0)
    if verdict.status != Status.DESYNCED or link is None or link.broker_id not in hidden:
        return verdict
    return replace(verdict, reasons=(NOT_SHARED,), why=LostWhy.NOT_SHARED)


def _without_ignored(
    kind: Kind, staged: Mapping[int, StagedRow], decided: Decided
) -> tuple[list[Verdict], dict[int, StagedRow]]:
    """The ignored records, decided already, and the others. Whoever is linked is never left out: they would
    look as if they had left."""
    linked = {link.mis_id for link in reading.links(kind).values()} if decided.ignored else set()
    out = {key for key, row in staged.items() if row.mis_id in decided.ignored and row.mis_id not in linked}
    verdicts = [Verdict(status=Status.IGNORED, mis=key, reasons=(IGNORED,)) for key in sorted(out)]
    return verdicts, {key: row for key, row in staged.items() if key not in out}


def forget_review(snapshot: Snapshot) -> None:
    """Throw a review's lines away, once a newer one has taken its place. Decisions and plans stay."""
    ReviewStep.objects.filter(snapshot=snapshot).delete()
    MatchRow.objects.filter(snapshot=snapshot).delete()


def set_ticks(snapshot: Snapshot, kind: Kind, *, shown: Iterable[int], ticked: Iterable[int]) -> None:
    """Remember which of the shown New lines are to be added."""
    of_page = MatchRow.objects.filter(
        snapshot=snapshot, kind=kind, status=MatchStatus.NEW, pk__in=list(shown)
    )
    chosen = list(ticked)
    of_page.filter(pk__in=chosen, is_ticked=False).update(is_ticked=True)
    of_page.exclude(pk__in=chosen).filter(is_ticked=True).update(is_ticked=False)


def take_emails(snapshot: Snapshot, *, row_ids: Iterable[int], among: Iterable[int], by: User) -> int:
    """Have Save take the MIS's e-mail address of these pupils' lines, and of no other `among` the lines given.

    Returns how many addresses are taken then, in all.
    """
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=Kind.PUPIL)
    chosen = set(row_ids)
    rows.filter(pk__in=set(among) - chosen, takes_email=True).update(takes_email=False)
    rows.filter(pk__in=chosen, staged_id__isnull=False, takes_email=False).update(takes_email=True)
    taken: int = rows.filter(takes_email=True).count()
    audit.record(by=by, action="match.emails_chosen", subject=f"snapshot:{snapshot.pk}", taken=taken)
    return taken


def tick_all(snapshot: Snapshot, kind: Kind, *, matching: Q, on: bool) -> int:
    """Tick or untick every New line that a search or filter finds, on this page or not. Returns how many."""
    rows = MatchRow.objects.filter(matching, snapshot=snapshot, kind=kind, status=MatchStatus.NEW)
    return rows.exclude(is_ticked=on).update(is_ticked=on)


@transaction.atomic
def draft(
    snapshot: Snapshot,
    kind: Kind,
    *,
    by: User | None,
    run: int | None = None,
    service: Service | None = None,
    grants: frozenset[str] = frozenset(),
    confirmed: frozenset[str] = frozenset(),
    leaving: frozenset[int] = frozenset(),
    limits: Thresholds | None = None,
    as_at: datetime | None = None,
    also: Sequence[tuple[Service, frozenset[str]]] = (),
) -> Plan:
    """Write down what saving this review would change, with what stands against it. Nothing else is written.

    `grants` names who gets access to the service: of those linked or added now, "pupils", "teaching" or
    "non_teaching". `confirmed` are the codes of holds that a person has confirmed. `run` is the sync's number.
    `leaving` are staged records that are not added now though ticked, or not linked now though matched.
    `limits` are the school's own for the guards, `as_at` is when the data was so, if not when it came. `also` are
    further services and their grants. Raises NotWhole.
    """
    _must_be_whole(snapshot, kind)
    given = [(service, grants), *also]
    with whole_sets():
        return _draft(snapshot, kind, by, run, given, confirmed, leaving, limits, as_at)


def _draft(
    snapshot: Snapshot,
    kind: Kind,
    by: User | None,
    run: int | None,
    given: Sequence[tuple[Service | None, frozenset[str]]],
    confirmed: frozenset[str],
    leaving: frozenset[int],
    limits: Thresholds | None,
    as_at: datetime | None,
) -> Plan:
    feed_at = newest_entry()
    news = narrowing.news_for_plan(snapshot, kind)
    of_kind = MatchRow.objects.filter(snapshot=snapshot, kind=kind)
    rows = list(of_kind if news is None else of_kind.filter(narrowing.lines_to_draft(snapshot, kind, news)))
    ours = reading.hub_rows(kind, None if news is None else [row.hub_id for row in rows if row.hub_id])
    staged = reading.staged_rows(
        snapshot.pk, kind, None if news is None else [row.staged_id for row in rows if row.staged_id]
    )
    hub = reading.hub_records(kind, ours)
    mis = reading.mis_records(snapshot, kind, staged)
    _take_emails(rows, ours, staged, hub, mis)
    rows = [row for row in rows if row.staged_id not in leaving or row.status != MatchStatus.MATCHED]
    for row in rows:
        row.is_ticked = row.is_ticked and row.staged_id not in leaving
    lost = _lost(rows, hub, not_taken(snapshot, kind))
    kept_back = {row.hub_id for row in rows if row.lost_why == LostWhy.NOT_SHARED}
    pairings = _pairings(rows, hub, mis)
    if news is None:
        # Of a kind that is settled nobody is to be taken apart: `news_for_plan` has looked.
        unlinked = _unlinked(rows, hub, mis, reading.decisions(kind, staged).different)
    else:
        unlinked = []
        hub |= _holders(kind, pairings, hub)
    changes = diff_records(
        pairings,
        lost=lost,
        not_shared=[record for record in lost if record.key in kept_back],
        unlinked=unlinked,
        replaced=_replaced(pairings, hub),
    )
    now = timezone.now()
    weighed = figures(
        snapshot,
        kind,
        hub=hub,
        lost=lost,
        changes=changes,
        as_at=as_at or _came_at(snapshot, kind) or now,
        now=now,
    )
    found = holds(weighed, day=timezone.localdate(now), limits=limits)
    joined = _broker_ids(changes)
    moves = _memberships(snapshot, kind, joined, news)
    granted = [grant for service, grants in given for grant in _grants(kind, changes, hub, service, grants)]
    Plan.objects.filter(snapshot=snapshot, kind=kind, state__in=(PlanState.DRAFTED, PlanState.HELD)).update(
        state=PlanState.DROPPED
    )
    new = of_kind.filter(status=MatchStatus.NEW)
    ticked = new.filter(is_ticked=True).exclude(staged_id__in=leaving)
    return store_plan(
        purpose=Purpose.SYNC,
        kind=kind,
        changes=chain(((kind, change) for change in (*changes, *granted)), moves),
        by=by,
        snapshot=snapshot,
        run=run,
        service=given[0][0],
        holds=found,
        confirmed=confirmed,
        noted={
            "may_match_left": of_kind.filter(status=MatchStatus.MAY_MATCH).count(),
            "new_left": new.count() - ticked.count(),
        },
        feed_at=feed_at,
    )


@transaction.atomic
def store_plan(
    *,
    purpose: Purpose,
    changes: Iterable[tuple[Kind, Change]],
    by: User | None,
    kind: Kind | None = None,
    title: str = "",
    snapshot: Snapshot | None = None,
    run: int | None = None,
    service: Service | None = None,
    holds: Iterable[Hold] = (),
    confirmed: Collection[str] = (),
    noted: Mapping[str, int] | None = None,
    undoes: Sequence[int] = (),
    only: Iterable[UUID] = (),
    feed_at: int | None = None,
) -> Plan:
    """Store a plan from values, whatever it is for, and return it: drafted, or held. Nothing else is written.

    Each change comes with the kind of thing it is about: the person for an enrolment, access or link of theirs.
    They are taken one by one, and must not ask the database while they are.
    `noted` is counted beside the changes; `feed_at` is the newest entry of the change feed before anything was read,
    if the caller knows it. Show it with `web/plans`, apply it with `applying.actions.apply`.
    """
    found = list(holds)
    is_held = any(not (hold.can_confirm and hold.code in confirmed) for hold in found)
    plan: Plan = Plan.objects.create(
        school_id=current_school_id(),
        purpose=purpose,
        title=title,
        kind=kind.value if kind else "",
        snapshot=snapshot,
        run=run,
        state=PlanState.HELD if is_held else PlanState.DRAFTED,
        service=service,
        holds=[
            {
                "code": hold.code,
                "message": hold.message,
                "can_confirm": hold.can_confirm,
                "confirm": hold.confirm,
            }
            for hold in found
        ],
        confirmed=sorted(confirmed),
        drafted_by=by,
        feed_at=newest_entry() if feed_at is None else feed_at,
        undoes=list(undoes),
        only=list(only),
    )
    plan.counts = {**_store(plan, changes), **(noted or {})}
    plan.save(update_fields=["counts"])
    return plan


def _take_emails(
    rows: Iterable[MatchRow],
    ours: Mapping[int, HubRow],
    staged: Mapping[int, StagedRow],
    hub: dict[int, HubRecord],
    mis: dict[int, MISRecord],
) -> None:
    """Count the e-mail address among a pupil's fields where a person chose to take it, for this once."""
    for row in rows:
        theirs, our = staged.get(row.staged_id or 0), ours.get(row.hub_id or 0)
        if not row.takes_email or not isinstance(theirs, StagedPupil) or not theirs.email:
            continue
        record = mis[theirs.pk]
        mis[theirs.pk] = replace(record, fields={**record.fields, "email": theirs.email.strip().lower()})
        if isinstance(our, Pupil):
            hub[our.pk] = replace(hub[our.pk], fields={**hub[our.pk].fields, "email": our.email})


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


def _lost(
    rows: Iterable[MatchRow], hub: Mapping[int, HubRecord], not_taken: Collection[str]
) -> list[HubRecord]:
    """Linked records that the MIS did not send. Whom it sent in a way that could not be taken has not left,
    nor has who is not in this sync's scope."""
    gone = [
        row for row in rows if row.status == MatchStatus.DESYNCED and row.lost_why != LostWhy.OUT_OF_SCOPE
    ]
    desynced = [hub.get(row.hub_id or 0) for row in gone]
    return [record for record in desynced if record and record.link and record.link.mis_id not in not_taken]


def _holders(kind: Kind, pairings: Iterable[Pairing], hub: Mapping[int, HubRecord]) -> dict[int, HubRecord]:
    """The hub records, not read yet, that are linked to a record of one of these pairs."""
    others = reading.linked_to(kind, [pairing.mis.mis_id for pairing in pairings]) - hub.keys()
    return reading.hub_records(kind, reading.hub_rows(kind, others)) if others else {}


def _came_at(snapshot: Snapshot, kind: Kind) -> datetime | None:
    return snapshot.employees_at if kind == Kind.EMPLOYEE else snapshot.pupils_at


def _replaced(pairings: Iterable[Pairing], hub: Mapping[int, HubRecord]) -> list[HubRecord]:
    """Linked records, in no pair now, whose MIS ID belongs to another: an MIS may use a class's name again."""
    taken = {pairing.mis.mis_id for pairing in pairings}
    paired = {pairing.hub.key for pairing in pairings if pairing.hub is not None}
    return [
        record
        for record in hub.values()
        if record.link and record.link.mis_id in taken and record.key not in paired
    ]


def _unlinked(
    rows: Iterable[MatchRow],
    hub: Mapping[int, HubRecord],
    mis: Mapping[int, MISRecord],
    different: Set[tuple[int, str]],
) -> list[HubRecord]:
    """Linked hub records of which a person said that they are not the record they are linked to."""
    found = []
    for row in rows:
        record = hub.get(row.hub_id or 0)
        if record is None or record.link is None or (record.key, record.link.mis_id) not in different:
            continue
        if row.status not in PAIRED or row.staged_id not in mis:
            found.append(record)
    return found


def _broker_ids(changes: Iterable[Change]) -> dict[str, UUID]:
    """The records that this plan links, by the broker's key."""
    return {
        str(change.after["broker_id"]): change.sourced_id
        for change in changes
        if change.kind in (ChangeKind.LINK, ChangeKind.RELINK) and change.after["broker_id"]
    }


_PLACE = {Kind.REGISTRATION: "registration_group", Kind.TEACHING: "classes"}
"""The pupil's field that tells their classes of each kind; where it is not shared, nobody is moved."""


def _memberships(
    snapshot: Snapshot, kind: Kind, joined: Mapping[str, UUID], news: News | None
) -> Iterable[tuple[Kind, Change]]:
    """Who joins and leaves which class, as far as this panel goes; nothing while a kind has not come whole.

    Everything is read at once; the moves are made one by one.
    """
    led: Iterable[Change] = ()
    placed: Iterable[Change] = ()
    if kind != Kind.PUPIL and snapshot.classes_at:
        led = _led(snapshot, kind, joined, news)
    if kind != Kind.EMPLOYEE and snapshot.classes_at and snapshot.pupils_at:
        placed = _placed(snapshot, kind, joined, news)
    return chain(((Kind.EMPLOYEE, change) for change in led), ((Kind.PUPIL, change) for change in placed))


def _led(snapshot: Snapshot, kind: Kind, joined: Mapping[str, UUID], news: News | None) -> Iterable[Change]:
    if news is not None and not (joined or news.employees or news.classes):
        return ()
    kinds = (kind,) if kind in CLASSES else CLASSES
    classes = {**reading.linked_classes(snapshot, kinds), **(joined if kind in CLASSES else {})}
    people = {**reading.linked_people(snapshot, Kind.EMPLOYEE), **(joined if kind == Kind.EMPLOYEE else {})}
    told = [one for one in kinds if "employees" not in snapshot.withheld.get(one.value, ())]
    return diff_memberships(
        wanted=reading.wanted_leaders(snapshot, told, people, classes),
        current=reading.memberships(Kind.EMPLOYEE, told),
        synced_people=set(people.values()),
        synced_classes=set(classes.values()),
        registration_groups=set(),
    )


def _placed(
    snapshot: Snapshot, kind: Kind, joined: Mapping[str, UUID], news: News | None
) -> Iterable[Change]:
    """Of pupils; where there is `news`, only of those who are otherwise now, or are in a class that is."""
    kinds = (kind,) if kind in CLASSES else CLASSES
    groups = reading.registration_groups() if Kind.REGISTRATION in kinds else set()
    some = None if news is None else narrowing.pupils_to_place(snapshot, kind, joined, news)
    placed = reading.places(snapshot, some)
    inside = staged_inside(snapshot) if some is None else some
    people = {
        **reading.linked_people(snapshot, Kind.PUPIL, inside=inside),
        **(joined if kind == Kind.PUPIL else {}),
    }
    told = [one for one in kinds if _PLACE[one] not in snapshot.withheld.get(Kind.PUPIL.value, ())]
    current = reading.memberships(Kind.PUPIL, told, None if news is None else set(people.values()))
    theirs = None
    if news is not None:
        theirs = {where for _, group, classes in placed for where in (group, *classes)}
        theirs |= reading.broker_ids_of({one.school_class for one in current})
    classes = {
        **reading.linked_classes(snapshot, kinds, theirs),
        **(joined if kind in CLASSES else {}),
    }
    return diff_memberships(
        wanted=reading.wanted_places(placed, people, classes),
        current=current,
        synced_people=set(people.values()),
        synced_classes=set(classes.values()),
        registration_groups=groups,
    )


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


def _store(plan: Plan, planned: Iterable[tuple[Kind, Change]]) -> dict[str, int]:
    """Write the changes as they come. Returns how many of each there are."""
    counts = Counter[str]()
    as_json = msgspec.json.Encoder().encode

    def row(subject: Kind, change: Change) -> tuple[object, ...]:
        counts[counted_as(change)] += 1
        return (
            plan.school_id,
            plan.pk,
            change.kind.value,
            subject.value,
            change.sourced_id,
            change.key,
            change.row,
            change.table,
            change.is_skipped,
            as_json(change.before).decode(),
            as_json(change.after).decode(),
            change.reason[:200],
        )

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
            "table",
            "is_skipped",
            "before",
            "after",
            "reason",
        ),
        (row(subject, change) for subject, change in planned),
    )
    return dict(counts)
