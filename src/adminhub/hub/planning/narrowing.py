"""What of a kind must be looked at again since it was last settled; where that is not known, all of it.

A kind is settled when what its plan said has been written, or it said nothing. From then on only what has come
otherwise from the MIS since (`staging.news`) can change the plan, and what still waits for a person; unless
somebody changed the roster or decided something meanwhile: then everything is compared again. Of the school in scope.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from adminhub.hub.core.bulk import whole_sets
from adminhub.hub.matching.values import Status, Verdict
from adminhub.hub.planning.models import (
    Decision,
    MatchRow,
    MatchStatus,
    Plan,
    PlannedChange,
    PlanState,
    Purpose,
)
from adminhub.hub.planning.reading import ASKED_AGAIN_AFTER, PAIRED, in_any_of
from adminhub.hub.planning.scoping import is_narrowed
from adminhub.hub.planning.values import ChangeKind, Fields
from adminhub.hub.planning.weighing import CLASSES
from adminhub.hub.roster.models import Employee, FeedEntry, Kind, MISLink, Pupil
from adminhub.hub.roster.ownership import OWNER
from adminhub.hub.roster.queries import PRESENT, kept_fields, newest_entry
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedPupil
from adminhub.hub.staging.news import MOST, News, begin_anew, forget, news_of, tell

_ABOUT = {
    Kind.EMPLOYEE: ("employee", "class", "bulk"),
    Kind.PUPIL: ("pupil", "class", "bulk"),
    Kind.REGISTRATION: ("employee", "pupil", "class", "bulk"),
    Kind.TEACHING: ("employee", "pupil", "class", "bulk"),
}
"""Entries of the change feed after which a kind's plan may be another."""


_ABOUT_LINES = {
    Kind.EMPLOYEE: ("employee", "bulk"),
    Kind.PUPIL: ("pupil", "class", "bulk"),
    Kind.REGISTRATION: ("pupil", "class", "bulk"),
    Kind.TEACHING: ("pupil", "class", "bulk"),
}
"""The same for the lines of its review."""
_PLAIN = (
    ChangeKind.UPDATE,
    ChangeKind.KEEP,
    ChangeKind.ENROL,
    ChangeKind.LEAVE_CLASS,
    ChangeKind.GRANT,
    ChangeKind.WITHDRAW,
)
"""Changes after which it is as clear as before who is who."""


_FREE = (MatchStatus.MAY_MATCH, MatchStatus.MATCHED, MatchStatus.NEW)


def lines_of(kind: Kind) -> str:
    """The name under which is noted what is new for a kind's lines, beside what is for its plan."""
    return f"lines of {kind.value}"


def a_beginning() -> News:
    """Nothing is new, from what the hub knows now on."""
    return News(feed=newest_entry(), decided=what_is_decided())


def news_for_lines(snapshot: Snapshot, kind: Kind, *, is_settled: bool) -> News | None:
    """What has come since a kind was matched, if nothing else can have changed its lines; None: match all of it.

    Unless its plan `is_settled` this moment, that must be so since all of this came: of what has waited longer
    nobody knows what it was when the lines were made.
    """
    news, planned = news_of(snapshot, lines_of(kind)), news_of(snapshot, kind.value)
    if news is None or is_narrowed(snapshot) or news.decided != what_is_decided():
        return None
    if not is_settled and (planned is None or _has_waited(planned, news)):
        return None
    entries = FeedEntry.objects.filter(
        pk__gt=news.feed, change__in=("changed", "deleted"), kind__in=_ABOUT_LINES[kind]
    )
    own = Plan.objects.filter(snapshot=snapshot, purpose=Purpose.SYNC, state=PlanState.APPLIED)
    if kind == Kind.PUPIL:  # a registration group's name is evidence about who is in it
        moved = entries.filter(plan__in=own.filter(kind=Kind.REGISTRATION).values("pk"))
        if moved.filter(kind__in=("class", "bulk")).exists():
            return None
    if entries.exclude(plan__in=list(own.values_list("pk", flat=True))).exists() or _is_anybody_without_line(
        snapshot, kind
    ):
        return None
    return news


def _is_anybody_without_line(snapshot: Snapshot, kind: Kind) -> bool:
    if kind in CLASSES:
        return False
    model: type[Employee | Pupil] = Employee if kind == Kind.EMPLOYEE else Pupil
    line = MatchRow.objects.filter(snapshot=snapshot, kind=kind, hub_id=OuterRef("pk"))
    with whole_sets():
        return bool(model.objects.filter(PRESENT, ~Exists(line)).exists())


def _has_waited(planned: News, news: News) -> bool:
    return bool(
        planned.employees - news.employees or planned.classes - news.classes or planned.pupils - news.pupils
    )


def note_written(snapshot: Snapshot, plan: Plan) -> dict[int, Fields]:
    """Tell the lines what a plan of this snapshot has just written.

    Returns what records of the plan's kind were before it, by key, with just what it changed.
    """
    kind = Kind(plan.kind)
    changes = PlannedChange.objects.filter(plan=plan, is_skipped=False)
    if changes.count() > MOST:
        forget(snapshot, [lines_of(one) for one in Kind])
        return {}
    if changes.exclude(kind__in=_PLAIN).exists():
        forget(snapshot, [lines_of(kind)])
    rows = MatchRow.objects.filter(snapshot=snapshot, staged_id__isnull=False)
    updated = dict(changes.filter(kind=ChangeKind.UPDATE, subject=kind).values_list("hub_id", "before"))
    of_kind = list(rows.filter(kind=kind, hub_id__in=updated).values_list("staged_id", flat=True))
    moves = changes.filter(kind__in=(ChangeKind.ENROL, ChangeKind.LEAVE_CLASS), subject=Kind.PUPIL)
    people = Pupil.objects.filter(sourced_id__in=set(moves.values_list("sourced_id", flat=True)))
    movers = list(people.values_list("pk", flat=True))
    moved = list(rows.filter(kind=Kind.PUPIL, hub_id__in=movers).values_list("staged_id", flat=True))
    if kind == Kind.EMPLOYEE:
        tell(snapshot, employees=of_kind, only=[lines_of(kind)])
    elif kind == Kind.PUPIL:
        tell(snapshot, pupils=of_kind, only=[lines_of(kind)])
    else:
        tell(snapshot, classes=of_kind, only=[lines_of(kind)])
    placed = StagedPupil.objects.filter(snapshot=snapshot, pk__in=moved)
    if moved and kind == Kind.REGISTRATION and rows.filter(kind=Kind.PUPIL, status__in=_FREE).exists():
        forget(snapshot, [lines_of(Kind.PUPIL)])  # in which group they were is evidence, and is not kept
    if moved:
        tell(
            snapshot,
            pupils=moved,
            places=_counted(placed),
            only=[lines_of(one) for one in (*CLASSES, Kind.PUPIL)],
        )
    return updated


def _counted(pupils: QuerySet[StagedPupil]) -> Counter[str]:
    counts = Counter[str]()
    for group, classes in pupils.values_list("registration_group", "classes"):
        counts.update({group, *classes} - {""})
    return counts


def note_new_lines(
    snapshot: Snapshot, kind: Kind, before: Sequence[MatchRow], found: Collection[Verdict]
) -> None:
    """Tell the lines of classes which pupils are known now, or no longer; and all, which classes are found again."""
    if not snapshot.news:
        return
    if kind in CLASSES:
        _forget_if_found_again(snapshot, before, found)
    if kind != Kind.PUPIL:
        return
    was = {_of_class(row.hub_id, row.staged_id, row.status) for row in before}
    now = {_of_class(one.hub, one.mis, one.status.value) for one in found}
    other = was ^ now
    staged = {mis for _, mis, _ in other if mis is not None}
    ours = {hub for hub, _, _ in other if hub is not None}
    if len(staged) > MOST or len(ours) > MOST:
        forget(snapshot, [lines_of(one) for one in CLASSES])
    elif other:
        placed = StagedPupil.objects.filter(snapshot=snapshot, pk__in=staged)
        places = _counted(placed)
        tell(snapshot, pupils=staged, ours=ours, places=places, only=[lines_of(one) for one in CLASSES])


def _of_class(hub: int | None, staged: int | None, status: str) -> tuple[int | None, int | None, str]:
    """What of a pupil's line says who is in a class: it is a pair, or may be one, or neither."""
    is_pair = status in PAIRED
    return hub, staged, "pair" if is_pair else "maybe" if status == MatchStatus.MAY_MATCH else ""


def news_for_plan(snapshot: Snapshot, kind: Kind) -> News | None:
    """What has come since a kind was settled, if nothing else can have changed its plan; None: look at all of it."""
    news = news_of(snapshot, kind.value)
    if news is None or is_narrowed(snapshot) or news.decided != what_is_decided():
        return None
    entries = FeedEntry.objects.filter(
        pk__gt=news.feed, change__in=("changed", "deleted"), kind__in=_ABOUT[kind]
    )
    if entries.exclude(plan__in=_own_plans(snapshot)).exists() or _is_any_to_unlink(snapshot, kind):
        return None
    return news


def _own_plans(snapshot: Snapshot) -> list[int]:
    """The plans that made the roster say what this snapshot says: what they wrote is no news."""
    own = Plan.objects.filter(snapshot=snapshot, purpose=Purpose.SYNC, state=PlanState.APPLIED)
    return list(own.values_list("pk", flat=True))


def _is_any_to_unlink(snapshot: Snapshot, kind: Kind) -> bool:
    apart = Decision.objects.filter(kind=kind, is_same=False)
    linked = MISLink.objects.filter(kind=kind)
    rows = MatchRow.objects.filter(snapshot=snapshot, kind=kind, hub_id__in=apart.values("hub_id"))
    return bool(rows.filter(hub_id__in=linked.values(OWNER[kind])).exclude(status__in=PAIRED).exists())


def what_is_decided() -> str:
    """A word that is another one once anybody has decided anything, or a decision has grown old."""
    old = Q(is_same=True, at__lt=timezone.now() - ASKED_AGAIN_AFTER)
    found = Decision.objects.aggregate(
        many=Count("pk"), last=Max("pk"), newest=Max("at"), old=Count("pk", filter=old)
    )
    return ":".join(str(found[name]) for name in ("many", "last", "newest", "old"))


def note_settled(plan: Plan) -> None:
    """Note that the roster says what a sync's plan of one kind wanted."""
    if plan.snapshot is not None and plan.purpose == Purpose.SYNC and plan.kind:
        begin_anew(plan.snapshot, plan.kind, News(feed=plan.feed_at, decided=what_is_decided()))


def _forget_if_found_again(snapshot: Snapshot, before: Iterable[MatchRow], found: Iterable[Verdict]) -> None:
    """Where a linked class was in doubt and is not any more, whoever came into it meanwhile is not known: look at all.

    One that a plan has made since was looked at then.
    """
    was = {row.hub_id: row.staged_id if row.status in PAIRED else None for row in before}
    if any(one.status is Status.SYNCED and was.get(one.hub, one.mis) != one.mis for one in found):
        forget(snapshot)


def lines_to_draft(snapshot: Snapshot, kind: Kind, news: News) -> Q:
    """The condition on the lines of a review that can be in a plan, of a kind that was settled before."""
    staged = {Kind.EMPLOYEE: news.employees, Kind.PUPIL: news.pupils}.get(kind, news.classes)
    there = MISLink.objects.filter(kind=kind, lost_at__isnull=True)
    found = (
        Q(status=MatchStatus.MATCHED)
        | Q(status=MatchStatus.NEW, is_ticked=True)
        | Q(status=MatchStatus.DESYNCED, hub_id__in=there.values(OWNER[kind]))
        | Q(takes_email=True)
        | Q(staged_id__in=staged)
    )
    if kind in CLASSES:
        placed = StagedClass.objects.filter(snapshot=snapshot, kind=kind, broker_id__in=news.places)
        found |= Q(staged_id__in=placed.values("pk"))
    return found | Q(hub_id__in=kept_fields(kind))


def pupils_to_place(snapshot: Snapshot, kind: Kind, joined: Mapping[str, UUID], news: News) -> Q:
    """The condition on the staged pupils whose places may be others, of a kind that was settled before.

    `joined` are the people or classes that the plan links, by broker_id.
    """
    classes = StagedClass.objects.filter(snapshot=snapshot, pk__in=news.classes)
    changed = set(classes.values_list("broker_id", flat=True)) | (joined.keys() if kind in CLASSES else set())
    found = Q(pk__in=news.pupils)
    if changed:
        found |= in_any_of(changed)
    return found | Q(broker_id__in=list(joined)) if kind == Kind.PUPIL and joined else found
