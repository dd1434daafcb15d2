"""The numbers that the guards weigh, read from both sides and from what a plan would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Count

from adminhub.hub.planning.guards import NONE_SENT, Figures, Part
from adminhub.hub.planning.models import Plan, PlanState
from adminhub.hub.planning.values import Change, ChangeKind, HubRecord
from adminhub.hub.roster.models import Enrolment, Kind, MISLink, Pupil
from adminhub.hub.roster.ownership import OWNER
from adminhub.hub.roster.years import YEARS, year_name
from adminhub.hub.staging.models import (
    Snapshot,
    SnapshotState,
    StagedClass,
    StagedEmployee,
    StagedIssue,
    StagedPupil,
)

CLASSES = (Kind.REGISTRATION, Kind.TEACHING)
NOUNS = {
    Kind.EMPLOYEE: "teachers",
    Kind.PUPIL: "pupils",
    Kind.REGISTRATION: "registration groups",
    Kind.TEACHING: "subject classes",
}
LAST_YEARS = ("11", "13")
"""After these year groups many leave, whatever the school goes up to."""
_COUNTED = {Kind.EMPLOYEE: "employees", Kind.PUPIL: "pupils"}


def figures(
    snapshot: Snapshot,
    kind: Kind,
    *,
    hub: Mapping[int, HubRecord],
    lost: Sequence[HubRecord],
    changes: Iterable[Change],
    as_at: datetime,
    now: datetime,
) -> Figures:
    """What saving a panel would do, in numbers. `hub` has at least every record that would change or is lost.

    `as_at` says of when the data is.
    """
    name = "name" if kind in CLASSES else "surname"
    linked = {
        key
        for key, record in hub.items()
        if record.link and not record.link.is_lost and not record.is_archived
    }
    missing = {record.key for record in lost} & linked
    done = list(changes)
    return Figures(
        noun=NOUNS[kind],
        sent=count_staged(snapshot, kind),
        linked=count_synced(kind),
        missing=len(missing),
        renamed=sum(
            change.kind is ChangeKind.UPDATE and name in change.after and change.key in linked
            for change in done
        ),
        relinked=sum(
            change.kind is ChangeKind.RELINK and change.before["mis_id"] != change.after["mis_id"]
            for change in done
        ),
        added=sum(change.kind is ChangeKind.JOIN for change in done),
        sent_before=_sent_before(snapshot, kind),
        doubled=_doubled(snapshot, kind, done),
        unplaced=snapshot.counts.get("pupils", 0) if kind in CLASSES and not _has_none(kind) else 0,
        hours_old=int((now - as_at).total_seconds() // 3600),
        parts=_parts(missing) if kind == Kind.PUPIL and missing else (),
        are_classes=kind in CLASSES,
    )


def count_staged(snapshot: Snapshot, kind: Kind) -> int:
    """How many records of a kind the MIS sent."""
    if kind in CLASSES:
        return int(StagedClass.objects.filter(snapshot=snapshot, kind=kind).count())
    model = StagedEmployee if kind == Kind.EMPLOYEE else StagedPupil
    return int(model.objects.filter(snapshot=snapshot).count())


def count_synced(kind: Kind) -> int:
    """How many hub records of a kind are linked, not marked as lost, and not archived."""
    owner = OWNER[kind]
    links = MISLink.objects.filter(kind=kind, lost_at__isnull=True)
    return int(links.filter(**{f"{owner}__archived_at__isnull": True}).count())


def not_taken(snapshot: Snapshot, kind: Kind) -> set[str]:
    """The MIS IDs of records that the MIS sent and that could not be taken. They are not missing."""
    of_kind = {Kind.EMPLOYEE: "employee", Kind.PUPIL: "pupil"}.get(kind, "class")
    rows = StagedIssue.objects.filter(snapshot=snapshot, kind=of_kind, is_reject=True)
    return set(rows.values_list("record", flat=True))


def _has_none(kind: Kind) -> bool:
    """Whether a person has said before that the school has no classes of this kind."""
    return Plan.objects.filter(
        kind=kind.value, state=PlanState.APPLIED, confirmed__contains=[NONE_SENT]
    ).exists()


def _sent_before(snapshot: Snapshot, kind: Kind) -> int:
    if kind not in _COUNTED:
        return 0
    before = Snapshot.objects.filter(
        connection_id=snapshot.connection_id, pk__lt=snapshot.pk, state=SnapshotState.COMPLETE
    )
    last = before.order_by("-pk").first()
    return int(last.counts.get(_COUNTED[kind], 0)) if last else 0


def _doubled(snapshot: Snapshot, kind: Kind, changes: Iterable[Change]) -> int:
    """UPNs that two pupils of the MIS bear, of which at least one would be written now."""
    if kind != Kind.PUPIL:
        return 0
    written = {str(upn) for change in changes if (upn := change.after.get("upn"))}
    if not written:
        return 0
    staged = StagedPupil.objects.filter(snapshot=snapshot, upn__gt="").order_by()
    borne = staged.values("upn").annotate(times=Count("pk")).filter(times__gt=1)
    return len(written.intersection(borne.values_list("upn", flat=True)))


def _parts(missing: Collection[int]) -> tuple[Part, ...]:
    """The year groups and registration groups of the synced pupils; last year's 7A and this year's are two."""
    synced = Pupil.objects.filter(
        archived_at__isnull=True, mis_links__lost_at__isnull=True, mis_links__isnull=False
    )
    of_years = dict(synced.values_list("pk", "year_group"))
    linked = of_years.keys()
    years: dict[str, set[int]] = defaultdict(set)
    for key, year in of_years.items():
        years[year].add(key)
    years.pop("", None)
    last = _last_years(years)
    leaving = {key for year in last for key in years[year]}
    groups: dict[tuple[str, int], set[int]] = defaultdict(set)
    placed = Enrolment.objects.filter(
        ends_on__isnull=True,
        pupil__isnull=False,
        school_class__kind=Kind.REGISTRATION.value,
        school_class__archived_at__isnull=True,
    )
    for pupil, name, group in placed.values_list("pupil_id", "school_class__name", "school_class_id"):
        if pupil in linked:
            groups[name, group].add(pupil or 0)
    named = [
        *((year_name(year), people, year in last) for year, people in years.items()),
        *((name, people, people <= leaving) for (name, _), people in groups.items()),
    ]
    return tuple(
        Part(name=name, linked=len(people), missing=len(people & set(missing)), is_leaving=is_leaving)
        for name, people, is_leaving in named
    )


def _last_years(years: Iterable[str]) -> set[str]:
    known = [year for year in YEARS if year in set(years)]
    return {*known[-1:], *(year for year in LAST_YEARS if year in known)}
