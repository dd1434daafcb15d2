"""A connected school, a broker that sends what a test says, and a sync walked to any point."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as db_connection
from django.utils import timezone

from adminhub.hub.applying.writing import ROWS
from adminhub.hub.connections.models import BrokerSchool, Connection, State
from adminhub.hub.core.scope import school_scope
from adminhub.hub.planning.models import MatchRow, MatchStatus, Plan
from adminhub.hub.providers.values import Elsewhere, PulledClass, PulledEmployee, PulledPupil
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import School, Service, User
from adminhub.hub.syncs.actions import save_panel, start_sync
from adminhub.hub.syncs.models import SyncRun
from adminhub.hub.syncs.queries import ORDER
from adminhub.hub.syncs.run import carry_on
from adminhub.mis.identifiers import upn_check_letter


def a_upn(number: int) -> str:
    """A valid, permanent UPN."""
    rest = f"999200024{number:03d}"
    return upn_check_letter(rest) + rest


def an_mis_employee(mis_id: str, **fields: Any) -> PulledEmployee:
    values = {"forename": "Ben", "surname": "Carter", "email": "", "is_teaching": True, "job": "Teacher"}
    return PulledEmployee(broker_id=f"B{mis_id}", mis_id=mis_id, **{**values, **fields})


def an_mis_pupil(mis_id: str, **fields: Any) -> PulledPupil:
    values = {"forename": "Kit", "surname": "Ray", "year_group": "4", "upn": ""}
    return PulledPupil(broker_id=f"B{mis_id}", mis_id=mis_id, **{**values, **fields})


def an_mis_group(mis_id: str, name: str, **fields: Any) -> PulledClass:
    return PulledClass(kind="registration", broker_id=f"B{mis_id}", mis_id=mis_id, name=name, **fields)


def an_mis_class(mis_id: str, name: str, **fields: Any) -> PulledClass:
    return PulledClass(kind="teaching", broker_id=f"B{mis_id}", mis_id=mis_id, name=name, **fields)


@dataclass
class Sends:
    """A broker as far as a pull sees it. `trouble` maps a kind to what is raised after its first page."""

    staff: Sequence[PulledEmployee] = ()
    groups: Sequence[PulledClass] = ()
    teaching: Sequence[PulledClass] = ()
    children: Sequence[PulledPupil] = ()
    trouble: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    not_permitted: dict[str, frozenset[str]] = field(default_factory=dict)
    not_here: Sequence[Elsewhere] = ()
    kept_back: frozenset[str] = frozenset()

    def _pages(self, what: str, rows: Sequence[Any]) -> Iterator[list[Any]]:
        self.asked.append(what)
        yield list(rows[:3])
        if what in self.trouble:
            raise self.trouble[what]
        yield list(rows[3:])

    def totals(self, _: str) -> dict[str, int]:
        return {"employees": len(self.staff)}

    def withheld(self, _: str) -> dict[str, frozenset[str]]:
        return self.not_permitted

    def hidden(self, _: str, broker_ids: Collection[str]) -> frozenset[str]:
        return self.kept_back & set(broker_ids)

    def elsewhere(self, _: str, kind: str) -> Iterator[list[Elsewhere]]:
        wanted = PulledEmployee if kind == "employee" else PulledPupil
        return self._pages(
            f"{kind}s elsewhere", [one for one in self.not_here if isinstance(one.person, wanted)]
        )

    def employees(self, _: str) -> Iterator[list[PulledEmployee]]:
        return self._pages("employees", self.staff)

    def registration_groups(self, _: str) -> Iterator[list[PulledClass]]:
        return self._pages("registration_groups", self.groups)

    def classes(self, _: str) -> Iterator[list[PulledClass]]:
        return self._pages("classes", self.teaching)

    def pupils(self, _: str) -> Iterator[list[PulledPupil]]:
        return self._pages("pupils", self.children)


def a_connection(school: School, by: User, *, state: State = State.AUTHORISED) -> Connection:
    now = timezone.now()
    with school_scope(school.pk):
        BrokerSchool.objects.get_or_create(
            provider="wonde", broker_school_id=f"A{school.pk}", defaults={"school": school}
        )
        return Connection.objects.create(
            school=school,
            provider="wonde",
            state=state,
            state_since=now,
            broker_school_id=f"A{school.pk}",
            broker_school_name=school.name,
            requested_by=by,
            requested_at=now,
        )


def fetched(connection: Connection, by: User, broker: Any) -> SyncRun:
    """A fresh sync, pulled as far as the broker lets it."""
    run = start_sync(connection=connection, by=by, fresh=True)
    carry_on(school_id=run.school_id, run_id=run.pk, provider=broker)
    return again(run)


def again(run: SyncRun) -> SyncRun:
    with school_scope(run.school_id):
        return SyncRun.objects.select_related("snapshot").get(pk=run.pk)


def save(run: SyncRun, kind: Kind, by: User, service: Service, **options: Any) -> Plan:
    with school_scope(run.school_id):
        return save_panel(run=run, kind=kind, by=by, service=service, **options)


def save_everything(run: SyncRun, by: User, service: Service, **options: Any) -> list[Plan]:
    """Tick everything that is new, and save every panel in the wizard's order."""
    with school_scope(run.school_id):
        MatchRow.objects.filter(status=MatchStatus.NEW).update(is_ticked=True)
    return [save(run, kind, by, service, **options) for kind in ORDER]


def statuses(run: SyncRun, kind: Kind) -> dict[str, int]:
    """How many lines of each status the review has."""
    with school_scope(run.school_id):
        found: dict[str, int] = {}
        for status in MatchRow.objects.filter(snapshot=run.snapshot, kind=kind).values_list(
            "status", flat=True
        ):
            found[status] = found.get(status, 0) + 1
        return found


def state() -> dict[str, list[dict[str, Any]]]:
    """Everything the school's roster holds, but for when a person was last changed: going back is a change."""
    found = {}
    with db_connection.cursor() as cursor:
        for table in ROWS:
            cursor.execute(f"select to_jsonb(t) - 'changed_at' from {table} t order by id")
            found[table] = [row for (row,) in cursor.fetchall()]
    return found
