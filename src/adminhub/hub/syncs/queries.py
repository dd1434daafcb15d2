"""Reading syncs. Every query is of the school in scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from django.db.models import Count

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.planning.models import MatchRow, MatchStatus
from adminhub.hub.roster.models import Access, ClassKind, Enrolment, Kind, MISLink, Pupil
from adminhub.hub.schools.models import Service
from adminhub.hub.syncs.models import LIVE, Panel, PanelState, SyncRun, SyncSettings

ORDER = (Kind.EMPLOYEE, Kind.REGISTRATION, Kind.TEACHING, Kind.PUPIL)
"""The wizard's panels, in their order."""
DONE = (PanelState.SAVED, PanelState.SKIPPED)


def latest_run(connection: Connection) -> SyncRun | None:
    """The newest sync through this connection, finished or not, or None when there was none."""
    return SyncRun.objects.filter(connection=connection).select_related("snapshot").order_by("-pk").first()


def live_run() -> SyncRun | None:
    """The school's sync that has not ended, or None."""
    return SyncRun.objects.filter(state__in=LIVE).select_related("snapshot", "connection").first()


def panels_of(run: SyncRun) -> list[Panel]:
    """The run's panels in the wizard's order."""
    panels = {Kind(panel.kind): panel for panel in run.panels.select_related("plan", "saved_by")}
    return [panels[kind] for kind in ORDER]


def next_panel(panels: list[Panel]) -> Panel | None:
    """The first panel that is neither saved nor skipped, or None when all are."""
    return next((panel for panel in panels if panel.state not in DONE), None)


@dataclass(frozen=True, slots=True)
class Invisible:
    """Synced pupils whom the service will not show, by the reason."""

    synced: int
    no_access: int
    no_year_group: int
    no_registration_group: int


def invisible_pupils(service: Service) -> Invisible:
    """Count the synced pupils, and those of them who lack what the service needs to show them."""
    # From the links, not from the pupils: right after a big save the planner knows no better than a nested loop.
    synced = MISLink.objects.filter(kind=Kind.PUPIL.value)
    with_access = Access.objects.filter(service=service, pupil__isnull=False).values("pupil_id")
    in_group = Enrolment.objects.filter(
        ends_on__isnull=True, pupil__isnull=False, school_class__kind=ClassKind.REGISTRATION
    ).values("pupil_id")
    without_year = Pupil.objects.filter(year_group="").values("pk")
    return Invisible(
        synced=synced.count(),
        no_access=synced.exclude(pupil_id__in=with_access).count(),
        no_year_group=synced.filter(pupil_id__in=without_year).count(),
        no_registration_group=synced.exclude(pupil_id__in=in_group).count(),
    )


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
