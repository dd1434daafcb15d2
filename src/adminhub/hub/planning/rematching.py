"""Reviewing again only what is new, as long as nobody else's line can be another by it. Of the school in scope.

Somebody who is linked stays so while the MIS record is still theirs: for that nobody else is looked at. Whoever
comes, goes, is decided upon or could be taken for somebody who is not linked has everybody matched anew. So has a
class that is in doubt, or whose pupils are in one that is. What is learned of a list is what it taught as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy

from django.db.models import Q

from adminhub.hub.matching.classes import match_classes, stays_clear
from adminhub.hub.matching.people import Who, compare_otherwise, match_people
from adminhub.hub.matching.values import (
    HubPerson,
    MISPerson,
    Status,
    Verdict,
    as_mis_person,
)
from adminhub.hub.planning import reading
from adminhub.hub.planning.identity import keys_of
from adminhub.hub.planning.models import Decision, MatchRow, MatchStatus
from adminhub.hub.planning.reading import HubRow, StagedRow
from adminhub.hub.planning.values import Fields
from adminhub.hub.planning.weighing import CLASSES
from adminhub.hub.roster.models import Enrolment, FieldOverride, Kind
from adminhub.hub.roster.ownership import OWNER
from adminhub.hub.staging.models import Snapshot, StagedClass
from adminhub.hub.staging.news import News

AT_MOST = 20
"""One in so many lines may be new; of more, what the list teaches may be something else."""
SETTLED = (MatchStatus.SYNCED, MatchStatus.IGNORED)

Lines = tuple[list[Verdict], Mapping[int, HubRow], Mapping[int, StagedRow], list[MatchRow]]
"""Verdicts with both sides of them, and the lines whose place they take."""


def lines_of_news(
    snapshot: Snapshot, kind: Kind, news: News, *, before: Mapping[int, Fields]
) -> Lines | None:
    """The lines of what is new, written anew; None: everything must be matched.

    `before` says what fields of hub records of the kind were until a moment ago.
    """
    return _classes(snapshot, kind, news) if kind in CLASSES else _people(snapshot, kind, news, before)


def _people(snapshot: Snapshot, kind: Kind, news: News, before: Mapping[int, Fields]) -> Lines | None:
    keys = news.employees if kind == Kind.EMPLOYEE else news.pupils
    if kind == Kind.PUPIL and _has_groups(snapshot, news.classes):
        return None  # a registration group of another name is evidence about everybody in it
    found = _linked_lines(snapshot, kind, keys)
    if found is None:
        return None
    rows, hub, staged = found
    who = Who.EMPLOYEES if kind == Kind.EMPLOYEE else Who.PUPILS
    ours, theirs = reading.hub_people(kind, hub), reading.mis_people(staged)
    said = {key for person in theirs for key in keys_of(person)}
    about = (
        Q(hub_id__in=hub) | Q(mis_id__in=[person.mis_id for person in theirs]) | Q(keys__overlap=list(said))
    )
    if Decision.objects.filter(about, kind=kind).exists():
        return None
    verdicts = {one.hub: one for one in match_people(ours, theirs, who=who)}
    if any(verdicts[row.hub_id].status != Status.SYNCED for row in rows if row.hub_id):
        return None
    were = reading.hub_people(kind, {key: _as_it_was(row, before.get(key, {})) for key, row in hub.items()})
    of_hub = {row.staged_id: row.hub_id for row in rows}
    by_key = {person.key: person for person in ours}
    theirs_were = [as_mis_person(by_key[of_hub[one.key] or 0], like=one) for one in theirs]
    if _concern_others(snapshot, kind, rows, hub=(were, ours), mis=(theirs_were, theirs)):
        return None
    again = [
        Verdict(
            status=Status.SYNCED,
            hub=row.hub_id,
            mis=row.staged_id,
            reasons=tuple(row.reasons),
            score=row.score,
        )
        for row in rows
    ]
    return again, hub, staged, rows


def _linked_lines(
    snapshot: Snapshot, kind: Kind, keys: Collection[int]
) -> tuple[list[MatchRow], dict[int, HubRow], dict[int, StagedRow]] | None:
    """The lines of these staged records with both sides; None if one is not linked by its key, or not there."""
    rows = list(MatchRow.objects.filter(snapshot=snapshot, kind=kind, staged_id__in=keys))
    if len(rows) < len(keys) or any(row.status != MatchStatus.SYNCED or row.is_by_hand for row in rows):
        return None
    hub = reading.hub_rows(kind, [row.hub_id for row in rows if row.hub_id is not None])
    staged = reading.staged_rows(snapshot.pk, kind, keys)
    linked = reading.links(kind, hub)
    for row in rows:
        ours, theirs = row.hub_id or 0, staged.get(row.staged_id or 0)
        if ours not in hub or theirs is None or ours not in linked or linked[ours].mis_id != theirs.mis_id:
            return None
    return rows, hub, staged


def _has_groups(snapshot: Snapshot, classes: Collection[int]) -> bool:
    """Whether any of these staged classes is, or may have been, a registration group."""
    taught = StagedClass.objects.filter(snapshot=snapshot, kind=Kind.TEACHING, pk__in=classes)
    return bool(classes) and taught.count() < len(classes)


def _concern_others(
    snapshot: Snapshot,
    kind: Kind,
    rows: Collection[MatchRow],
    *,
    hub: tuple[Sequence[HubPerson], Sequence[HubPerson]],
    mis: tuple[Sequence[MISPerson], Sequence[MISPerson]],
) -> bool:
    """Whether a line of somebody who is not linked may be another by these people, as they were and as they are.

    What the MIS said before is not kept: it is what the hub says until the plan is written.
    """
    lines = MatchRow.objects.filter(snapshot=snapshot, kind=kind)
    free = list(lines.exclude(status__in=SETTLED))
    if not free or not rows:
        return False
    if any(row.status == MatchStatus.MATCHED or row.is_ticked for row in free):
        return True
    column, keys = OWNER[kind], [row.hub_id for row in rows]
    has_own_values = FieldOverride.objects.filter(**{f"{column}__in": keys}).exists()
    if has_own_values or len(rows) * AT_MOST > lines.count():
        return True
    who = Who.EMPLOYEES if kind == Kind.EMPLOYEE else Who.PUPILS
    ours = reading.hub_rows(kind, [row.hub_id for row in free if row.hub_id])
    theirs = reading.staged_rows(snapshot.pk, kind, [row.staged_id for row in free if row.staged_id])
    return compare_otherwise(reading.hub_people(kind, ours), *mis, who=who) or compare_otherwise(
        reading.mis_people(theirs), *hub, who=who
    )


def _as_it_was(row: HubRow, before: Fields) -> HubRow:
    """A hub record with the values it had."""
    was = copy(row)
    columns = {field.name: field for field in row._meta.concrete_fields}
    for name, value in before.items():
        setattr(was, name, columns[name].to_python(value))
    return was


def _classes(snapshot: Snapshot, kind: Kind, news: News) -> Lines | None:
    every = StagedClass.objects.filter(snapshot=snapshot)
    if every.filter(pk__in=news.classes).count() < len(news.classes):
        return None
    touched = every.filter(Q(pk__in=news.classes) | Q(broker_id__in=news.places), kind=kind)
    found = _linked_lines(snapshot, kind, list(touched.values_list("pk", flat=True)))
    if found is None:
        return None
    rows, hub, staged = found
    known = MatchRow.objects.filter(snapshot=snapshot, kind=Kind.PUPIL, staged_id__in=news.pupils)
    pupils = news.ours.union(key for key in known.values_list("hub_id", flat=True) if key is not None)
    if _is_any_in_doubtful(snapshot, kind, news, pupils):
        return None
    ours = {one.key: one for one in reading.hub_classes(snapshot.pk, kind, hub)}
    theirs = {one.key: one for one in reading.mis_classes(snapshot.pk, staged)}
    for row in rows:
        one, other = ours[row.hub_id or 0], theirs[row.staged_id or 0]
        new = news.places.get(staged[other.key].broker_id, 0) + len(news.ours & one.members)
        if not stays_clear(one, other, but=new):
            return None
    again = [row for row in rows if row.staged_id in news.classes]
    pairs = [(ours[row.hub_id or 0], theirs[row.staged_id or 0]) for row in again]
    verdicts = match_classes(
        [one for one, _ in pairs], [other for _, other in pairs], of_subjects=kind == Kind.TEACHING
    )
    return verdicts, hub, staged, again


def _is_any_in_doubtful(snapshot: Snapshot, kind: Kind, news: News, pupils: Collection[int]) -> bool:
    """Whether one of these pupils is, or one of the new places is, in a class that is in no pair."""
    free = MatchRow.objects.filter(snapshot=snapshot, kind=kind).exclude(status__in=SETTLED)
    sides = list(free.values_list("hub_id", "staged_id"))
    hub_ids = [hub_id for hub_id, _ in sides if hub_id is not None]
    placed = Enrolment.objects.filter(ends_on__isnull=True, school_class__in=hub_ids, pupil__in=pupils)
    if placed.exists():
        return True
    staged_ids = [staged_id for _, staged_id in sides if staged_id is not None]
    alone = StagedClass.objects.filter(snapshot=snapshot, pk__in=staged_ids)
    return not news.places.keys().isdisjoint(alone.values_list("broker_id", flat=True))
