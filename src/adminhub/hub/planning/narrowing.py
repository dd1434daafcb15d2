"""What of a kind must be looked at again since it was last settled; where that is not known, all of it.

A kind is settled when what its plan said has been written, or it said nothing. From then on only what has come
otherwise from the MIS since (`staging.news`) can change the plan, and what still waits for a person; unless
somebody changed the roster or decided something meanwhile: then everything is compared again. Of the school in scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils import timezone

from adminhub.hub.matching.values import Status, Verdict
from adminhub.hub.planning.models import (
    Decision,
    MatchRow,
    MatchStatus,
    Plan,
    PlanState,
    Purpose,
)
from adminhub.hub.planning.reading import ASKED_AGAIN_AFTER, LINK_COLUMN, PAIRED, in_any_of
from adminhub.hub.planning.scoping import is_narrowed
from adminhub.hub.planning.weighing import CLASSES
from adminhub.hub.roster.models import FeedEntry, FieldOverride, Kind, MISLink
from adminhub.hub.staging.models import Snapshot, StagedClass
from adminhub.hub.staging.news import News, begin_anew, forget, news_of

_ABOUT = {
    Kind.EMPLOYEE: ("employee", "class", "bulk"),
    Kind.PUPIL: ("pupil", "class", "bulk"),
    Kind.REGISTRATION: ("employee", "pupil", "class", "bulk"),
    Kind.TEACHING: ("employee", "pupil", "class", "bulk"),
}
"""Entries of the change feed after which a kind's plan may be another."""


def news_for_plan(snapshot: Snapshot, kind: Kind) -> News | None:
    """What has come since a kind was settled, if nothing else can have changed its plan; None: look at all of it."""
    news = news_of(snapshot, kind.value)
    if news is None or is_narrowed(snapshot) or news.decided != what_is_decided():
        return None
    entries = FeedEntry.objects.filter(pk__gt=news.feed, change="changed", kind__in=_ABOUT[kind])
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
    return bool(rows.filter(hub_id__in=linked.values(LINK_COLUMN[kind])).exclude(status__in=PAIRED).exists())


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


def forget_if_found_again(snapshot: Snapshot, before: Iterable[MatchRow], found: Iterable[Verdict]) -> None:
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
        | Q(status=MatchStatus.DESYNCED, hub_id__in=there.values(LINK_COLUMN[kind]))
        | Q(takes_email=True)
        | Q(staged_id__in=staged)
    )
    if kind in CLASSES:
        placed = StagedClass.objects.filter(snapshot=snapshot, kind=kind, broker_id__in=news.places)
        return found | Q(staged_id__in=placed.values("pk"))
    column = LINK_COLUMN[kind]
    kept = FieldOverride.objects.filter(**{f"{column}__isnull": False})
    return found | Q(hub_id__in=kept.values(column))


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
