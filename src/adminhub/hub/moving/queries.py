"""Reading a move: the one that is open, and what hints that a school has changed its MIS. Of the school in scope."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from adminhub.hub.connections.models import Connection
from adminhub.hub.matching.names import fold
from adminhub.hub.moving.carrying import FORMER
from adminhub.hub.moving.models import Move, MoveState
from adminhub.hub.planning.models import Decision, MatchRow, MatchStatus, ReviewStep
from adminhub.hub.planning.queries import BY_NAME
from adminhub.hub.planning.reading import PAIRED
from adminhub.hub.roster.models import Kind, MISLink
from adminhub.hub.roster.ownership import OWNER
from adminhub.hub.staging.models import Snapshot, StagedEmployee, StagedPupil

CARRIED, PERSON, LOST, NEW, OTHERS = "carried", "person", "lost", "new", "others"
SHARE_OF_ANOTHER_MIS = 0.5


def open_move() -> Move | None:
    """The school's rehearsal that is neither moved nor given up, or None."""
    return Move.objects.filter(state=MoveState.REHEARSING).select_related("snapshot").first()


def move_numbered(move_id: int) -> Move | None:
    """This move of the school, or None."""
    return Move.objects.filter(pk=move_id).select_related("snapshot", "plan", "started_by").first()


def latest_moves(at_most: int = 5) -> list[Move]:
    """The moves the school has made, newest first."""
    return list(
        Move.objects.filter(state=MoveState.MOVED)
        .select_related("plan", "started_by")
        .order_by("-pk")[:at_most]
    )


@dataclass(frozen=True, slots=True)
class Hint:
    """Why Admin Hub thinks that the school has changed its MIS or provider."""

    sentence: str


def hint(connection: Connection | None) -> Hint | None:
    """Whether the connection reads another source than the one the links are from. None: nothing hints at it."""
    if connection is None or not MISLink.objects.exclude(mis_id__startswith=FORMER).exists():
        return None
    before = (
        Connection.objects.filter(authorised_at__isnull=False, pk__lt=connection.pk).order_by("-pk").first()
    )
    if before is None or _has_moved_to(connection):
        return None
    if before.mis_name and connection.mis_name and before.mis_name != connection.mis_name:
        return Hint(
            f"Your school was connected to {before.mis_name} before, and is to {connection.mis_name} now."
        )
    if (before.provider, before.broker_school_id) != (connection.provider, connection.broker_school_id):
        return Hint("Your school is connected through another record of the broker than before.")
    return None


def _has_moved_to(connection: Connection) -> bool:
    made = Move.objects.filter(state=MoveState.MOVED, plan__undone_by__isnull=True)
    return made.filter(snapshot__connection=connection).exists()


def ids_of_another_mis(snapshot: Snapshot) -> bool:
    """Whether most MIS IDs of the linked pupils and staff are not in this data: it looks like another MIS."""
    linked = present = 0
    for kind, model in ((Kind.EMPLOYEE, StagedEmployee), (Kind.PUPIL, StagedPupil)):
        rows = MISLink.objects.filter(kind=kind, lost_at__isnull=True).exclude(mis_id__startswith=FORMER)
        here = Exists(model.objects.filter(snapshot=snapshot, mis_id=OuterRef("mis_id")))
        counted = rows.aggregate(all=Count("pk"), here=Count("pk", filter=Q(here)))
        linked, present = linked + counted["all"], present + counted["here"]
    return linked > 0 and present < SHARE_OF_ANOTHER_MIS * linked


def lines(move: Move, kind: Kind, part: str, search: str = "") -> QuerySet[MatchRow]:
    """The lines of a rehearsal in one of its parts, by name."""
    rows = MatchRow.objects.filter(_in_part(kind, part), snapshot=move.snapshot, kind=kind)
    for word in fold(search).split():
        rows = rows.filter(search__contains=word)
    return rows.order_by(*BY_NAME)


def part_counts(move: Move, kind: Kind) -> dict[str, int]:
    """How many lines each part of a rehearsal has."""
    rows = MatchRow.objects.filter(snapshot=move.snapshot, kind=kind)
    return rows.aggregate(
        **{part: Count("pk", filter=_in_part(kind, part)) for part in (CARRIED, PERSON, LOST, NEW, OTHERS)}
    )


def _in_part(kind: Kind, part: str) -> Q:
    paired = Q(status__in=[status.value for status in PAIRED])
    linked = Q(hub_id__in=MISLink.objects.filter(kind=kind).values(OWNER[kind]))
    return {
        CARRIED: paired & linked,
        PERSON: Q(status=MatchStatus.MAY_MATCH),
        LOST: Q(status=MatchStatus.DESYNCED),
        NEW: Q(status=MatchStatus.NEW),
        OTHERS: (paired & ~linked) | Q(status__in=(MatchStatus.NOT_MATCHED, MatchStatus.IGNORED)),
    }[part]


def is_out_of_date(move: Move, *, but_decisions: bool = False) -> bool:
    """Whether it has to be rehearsed (again): never was, or people decided since, which may settle classes too."""
    if move.rehearsed_at is None:
        return True
    return not but_decisions and Decision.objects.filter(at__gt=move.rehearsed_at).exists()


def last_decision(move: Move, kind: Kind) -> ReviewStep | None:
    """What people decided last about this kind, if it can be taken back."""
    steps = ReviewStep.objects.filter(snapshot=move.snapshot, kind=kind)
    return steps.select_related("by").order_by("-pk").first()


def lines_of_candidates(move: Move, kind: Kind, row: MatchRow) -> list[MatchRow]:
    """The lines that hold the other records which may be meant."""
    other = "staged_id" if row.hub_id is not None else "hub_id"
    rows = MatchRow.objects.filter(snapshot=move.snapshot, kind=kind, **{f"{other}__in": row.candidates})
    return list(rows.exclude(pk=row.pk).order_by(*BY_NAME))


def linked_count() -> int:
    """How many people and classes are linked with an MIS now."""
    return MISLink.objects.exclude(mis_id__startswith=FORMER).count()


def is_moved(snapshot: Snapshot) -> bool:
    """Whether this data was moved to, and that stands."""
    stands = Move.objects.filter(plan__undone_by__isnull=True)
    return stands.filter(snapshot=snapshot, state=MoveState.MOVED).exists()
