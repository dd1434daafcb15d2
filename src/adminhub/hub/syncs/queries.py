"""Reading syncs. Every query is of the school in scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import cast

from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from adminhub.hub.connections.models import BrokerSchool, Connection
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan, PlanState, Purpose
from adminhub.hub.roster.models import Access, ClassKind, Employee, Enrolment, Kind, MISLink, Pupil
from adminhub.hub.roster.queries import BY_NAME
from adminhub.hub.schools.models import Service
from adminhub.hub.staging.models import SnapshotState, StagedIssue
from adminhub.hub.syncs.health import Facts
from adminhub.hub.syncs.models import (
    LIVE,
    Panel,
    PanelState,
    Rhythm,
    RunState,
    SyncClock,
    SyncRun,
    SyncSettings,
)
from adminhub.hub.syncs.outcome import Result

ORDER = (Kind.EMPLOYEE, Kind.REGISTRATION, Kind.TEACHING, Kind.PUPIL)
"""The wizard's panels, in their order."""
DONE = (PanelState.SAVED, PanelState.SKIPPED, PanelState.UNCHANGED)
OPENED = (PanelState.READY, *DONE)


def latest_run(connection: Connection) -> SyncRun | None:
    """The newest sync through this connection, finished or not, or None when there was none."""
    return SyncRun.objects.filter(connection=connection).select_related("snapshot").order_by("-pk").first()


def live_run() -> SyncRun | None:
    """The school's newest sync that has not ended, or None. Beside one that is fetched there may be a review."""
    runs = SyncRun.objects.filter(state__in=LIVE).select_related("snapshot", "connection")
    return runs.order_by("-pk").first()


def review_run() -> SyncRun | None:
    """The school's sync that waits for a person, or None."""
    run: SyncRun | None = (
        SyncRun.objects.filter(state=RunState.REVIEWING).select_related("snapshot", "connection").first()
    )
    return run


def data_as_at(connection: Connection) -> datetime | None:
    """When the MIS last told all, or that nothing had changed; None before that."""
    told = SyncRun.objects.filter(connection=connection).aggregate(newest=Max("as_at"))["newest"]
    return told or connection.pulled_at


def last_good_run(connection: Connection) -> SyncRun | None:
    """The newest sync whose data came whole, or None."""
    runs = SyncRun.objects.filter(connection=connection, as_at__isnull=False)
    return runs.order_by("-as_at", "-pk").first()


def base_of(connection: Connection) -> SyncRun | None:
    """The newest run whose snapshot is complete and still has its rows: what a later one can bring up to date."""
    runs = SyncRun.objects.filter(connection=connection, as_at__isnull=False).select_related("snapshot")
    newest: SyncRun | None = runs.order_by("-as_at", "-pk").first()
    if newest is None or newest.snapshot.state != SnapshotState.COMPLETE or newest.snapshot.emptied_at:
        return None
    return newest


def panels_of(run: SyncRun) -> list[Panel]:
    """The run's panels in the wizard's order."""
    panels = {Kind(panel.kind): panel for panel in run.panels.select_related("plan", "saved_by")}
    return [panels[kind] for kind in ORDER]


def next_panel(panels: list[Panel]) -> Panel | None:
    """The first panel that is neither saved nor skipped, or None when all are."""
    return next((panel for panel in panels if panel.state not in DONE), None)


def known_as_at(run: SyncRun) -> datetime:
    """Up to when the snapshot that a run brings up to date says what the MIS says."""
    told = SyncRun.objects.filter(snapshot_id=run.snapshot_id).aggregate(newest=Max("as_at"))["newest"]
    return told or run.snapshot.started_at


def ended_badly_before(run: SyncRun) -> bool:
    """Whether the last look at this snapshot stopped half way, so that what it took in may not be settled yet."""
    before = SyncRun.objects.filter(snapshot_id=run.snapshot_id, pk__lt=run.pk, as_at__isnull=False)
    last = before.order_by("-pk").values_list("state", flat=True).first()
    return last == RunState.STOPPED


class Why(StrEnum):
    """Why a service does not show somebody who is synced."""

    NO_ACCESS = "no-access"
    NO_YEAR_GROUP = "no-year-group"
    NO_REGISTRATION_GROUP = "no-registration-group"
    STAFF_NO_ACCESS = "staff-no-access"


@dataclass(frozen=True, slots=True)
class Invisible:
    """Synced people whom the service will not show, by the reason: pupils, and staff who teach."""

    synced: int
    no_access: int
    no_year_group: int
    no_registration_group: int
    staff_no_access: int

    @property
    def is_anybody(self) -> bool:
        return bool(
            self.no_access or self.no_year_group or self.no_registration_group or self.staff_no_access
        )


def invisible_people(service: Service) -> Invisible:
    """Count the synced pupils, and those of them, and of the teachers, who lack what the service needs."""
    return Invisible(
        synced=_synced(Kind.PUPIL).count(),
        no_access=_hidden(service, Why.NO_ACCESS).count(),
        no_year_group=_hidden(service, Why.NO_YEAR_GROUP).count(),
        no_registration_group=_hidden(service, Why.NO_REGISTRATION_GROUP).count(),
        staff_no_access=_hidden(service, Why.STAFF_NO_ACCESS).count(),
    )


def hidden_people(service: Service, why: Why) -> QuerySet[Pupil] | QuerySet[Employee]:
    """Who is synced and not shown in the service for this reason, by name."""
    links = _hidden(service, why)
    if why is Why.STAFF_NO_ACCESS:
        staff = Employee.objects.filter(pk__in=links.values("employee_id"))
        return cast("QuerySet[Employee]", staff.order_by(*BY_NAME))
    pupils = Pupil.objects.filter(pk__in=links.values("pupil_id"))
    return cast("QuerySet[Pupil]", pupils.order_by(*BY_NAME))


def _synced(kind: Kind) -> QuerySet[MISLink]:
    # From the links, not from the pupils: right after a big save the planner knows no better than a nested loop.
    away = {Kind.PUPIL: Pupil, Kind.EMPLOYEE: Employee}[kind].objects.filter(archived_at__isnull=False)
    column = "pupil_id" if kind == Kind.PUPIL else "employee_id"
    links = MISLink.objects.filter(kind=kind.value, lost_at__isnull=True)
    return links.exclude(**{f"{column}__in": away.values("pk")})


def _hidden(service: Service, why: Why) -> QuerySet[MISLink]:
    if why is Why.STAFF_NO_ACCESS:
        granted = Access.objects.filter(service=service, employee__isnull=False).values("employee_id")
        teaching = Employee.objects.filter(is_teaching=True).values("pk")
        return _synced(Kind.EMPLOYEE).filter(employee_id__in=teaching).exclude(employee_id__in=granted)
    synced = _synced(Kind.PUPIL)
    if why is Why.NO_ACCESS:
        granted = Access.objects.filter(service=service, pupil__isnull=False).values("pupil_id")
        return synced.exclude(pupil_id__in=granted)
    if why is Why.NO_YEAR_GROUP:
        return synced.filter(pupil_id__in=Pupil.objects.filter(year_group="").values("pk"))
    in_group = Enrolment.objects.filter(
        ends_on__isnull=True, pupil__isnull=False, school_class__kind=ClassKind.REGISTRATION
    ).values("pupil_id")
    return synced.exclude(pupil_id__in=in_group)


def results_of(run: SyncRun) -> dict[Kind, Result]:
    """What became of each panel of a run; empty for a run that found nothing and so has none."""
    panels = list(run.panels.select_related("plan"))
    if not panels:
        return {}
    lines = MatchRow.objects.filter(snapshot_id=run.snapshot_id).order_by()
    by_status = {
        (kind, status): count
        for kind, status, count in lines.values_list("kind", "status").annotate(Count("pk"))
    }
    rejects = dict(
        StagedIssue.objects.filter(snapshot_id=run.snapshot_id, is_reject=True)
        .order_by()
        .values_list("kind")
        .annotate(Count("pk"))
    )
    saved = saved_before(run)
    return {
        Kind(panel.kind): Result(
            state=panel.state,
            is_written=bool(panel.plan and panel.plan.state == PlanState.APPLIED),
            planned=panel.plan.counts if panel.plan else {},
            holds=[hold["message"] for hold in panel.plan.holds]
            if panel.plan and panel.plan.state == PlanState.HELD
            else (),
            synced=by_status.get((panel.kind, MatchStatus.SYNCED.value), 0),
            may_match=by_status.get((panel.kind, MatchStatus.MAY_MATCH.value), 0),
            rejects=rejects.get("class" if panel.kind == Kind.TEACHING else panel.kind, 0),
            is_first=panel.kind not in saved,
        )
        for panel in panels
    }


def saved_before(run: SyncRun) -> frozenset[str]:
    """The kinds whose panel a person has saved in an earlier run of this connection.

    Where a person has undone a sync since, they are asked again: the hub does not do by itself what was undone.
    """
    panels = Panel.objects.filter(
        run__connection_id=run.connection_id, run__lt=run.pk, state=PanelState.SAVED, saved_by__isnull=False
    )
    saved = dict(panels.order_by().values_list("kind").annotate(Max("saved_at")))
    plans = Plan.objects.filter(purpose=Purpose.SYNC, undone_by__isnull=False)
    undone = dict(plans.order_by().values_list("kind").annotate(Max("undone_by__applied_at")))
    return frozenset(kind for kind, at in saved.items() if kind not in undone or at > undone[kind])


def waiting_for_a_person(run: SyncRun) -> dict[str, int]:
    """How many lines of each kind still May match."""
    rows = MatchRow.objects.filter(snapshot_id=run.snapshot_id, status=MatchStatus.MAY_MATCH)
    return dict(rows.order_by().values_list("kind").annotate(Count("pk")))


def synced_counts() -> dict[str, int]:
    """How many records of each kind are linked with the MIS."""
    rows = MISLink.objects.filter(lost_at__isnull=True)
    return dict(rows.order_by().values_list("kind").annotate(Count("pk")))


def settings_of() -> SyncSettings:
    """What the school in scope wants of its syncs; made with the defaults when there is nothing yet."""
    school_id = current_school_id()
    made: tuple[SyncSettings, bool] = SyncSettings.objects.get_or_create(
        school_id=school_id, defaults={"nightly_at": default_time(school_id)}
    )
    return made[0]


def default_time(school_id: int) -> time:
    """A minute between one and five at night, another one for every school, so that they do not all come at once."""
    minute = 60 + school_id * 97 % 240
    return time(minute // 60, minute % 60)


def facts_of(connection: Connection, *, now: datetime) -> Facts:
    """What the health of a connection is judged by."""
    wanted = settings_of()
    newest = SyncRun.objects.filter(connection=connection).order_by("-pk").first()
    review = review_run()
    has_failed = newest is not None and (
        newest.state == RunState.WAITING or (newest.state == RunState.STOPPED and newest.as_at is None)
    )
    today = timezone.localdate(now)
    return Facts(
        now=now,
        rhythm=Rhythm(wanted.rhythm),
        is_online=connection.is_online,
        is_changing_mis=connection.mis_changing_at is not None,
        as_at=data_as_at(connection),
        failed_at=newest.started_at if newest and has_failed else None,
        problem=newest.problem if newest and has_failed else "",
        is_trying=newest is not None and newest.state == RunState.WAITING,
        is_open=review is not None,
        held=held_in(review) if review else 0,
        may_match=sum(waiting_for_a_person(newest).values()) if newest else 0,
        paused_until=wanted.paused_until if wanted.is_paused(today) else None,
    )


def held_in(run: SyncRun) -> int:
    """How many changes of a run wait for a person."""
    return sum(int(numbers.get("held", 0)) for numbers in run.counts.values())


def history(connection: Connection | None = None) -> QuerySet[SyncRun]:
    """Every run of the school, newest first; of one connection when it is given."""
    runs = SyncRun.objects.select_related("started_by", "connection").order_by("-pk")
    return runs.filter(connection=connection) if connection else runs


def due_clocks(*, now: datetime, at_most: int = 500) -> list[SyncClock]:
    """Schools whose look at the MIS is due, longest overdue first. Needs no scope."""
    return list(SyncClock.objects.filter(due_at__lte=now).order_by("due_at")[:at_most])


def schools_without_clock() -> list[int]:
    """Schools with a live connection that are not looked at yet. Needs no scope."""
    connected = BrokerSchool.objects.filter(poll_at__isnull=False)
    known = SyncClock.objects.filter(school_id=OuterRef("school_id"))
    return list(connected.filter(~Exists(known)).values_list("school_id", flat=True).distinct())
