"""One turn of the hub's worker in a process of its own, so that its memory can be told; `sync.py` starts it.

Reads a request from standard input and prints its figures: seconds, rows and the most memory it held.
"""

import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

ROSTER = ("employee", "pupil", "school_class", "mis_link", "enrolment")
Figures = dict[str, Any]


def main() -> None:
    """Do what was asked."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "adminhub.runtime.settings.hub"
    django.setup()
    asked = json.load(sys.stdin)
    turns: dict[str, Callable[..., Figures]] = {
        "migrate": migrate,
        "connect": connect,
        "sync": sync,
        "night": night,
        "undo": undo,
        "raw_copy": raw_copy,
        "pull": pull_only,
    }
    figures = turns[asked.pop("do")](**asked)
    print(json.dumps({**figures, "megabytes": peak_memory_kilobytes() // 1024}))


def migrate() -> Figures:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return {}


def connect(*, name: str, broker_school_id: str, known: str = "") -> Figures:
    """A school with an authorised connection; `known` is a hub roster file that it typed years ago."""
    from django.utils import timezone

    from adminhub.hub.connections.models import BrokerSchool, Connection, State
    from adminhub.hub.core.scope import school_scope
    from adminhub.hub.roster.actions import import_known_people
    from adminhub.hub.schools.models import School, Service, Subscription, User

    ada, _ = User.objects.get_or_create(email="ada@bench.example")
    service, _ = Service.objects.get_or_create(slug="wellbeing", defaults={"name": "Wellbeing"})
    number = School.objects.count() + 1
    school = School.objects.create(
        centre_id=number, sourced_id=uuid4(), name=name, urn=str(900_000 + number), postcode="ZZ1 4OH"
    )
    Subscription.objects.create(school=school, service=service)
    BrokerSchool.objects.create(provider="wonde", broker_school_id=broker_school_id, school=school)
    with school_scope(school.pk):
        now = timezone.now()
        Connection.objects.create(
            school=school,
            provider="wonde",
            state=State.AUTHORISED,
            state_since=now,
            broker_school_id=broker_school_id,
            broker_school_name=name,
            requested_by=ada,
            requested_at=now,
        )
        if known:
            with Path(known).open(newline="") as file:
                import_known_people(school=school, rows=list(csv.DictReader(file)), by=ada)
    return {"school_id": school.pk}


def sync(*, school_id: int) -> Figures:
    """One sync: fetch and match, then plan and apply each panel as a person's Save does, with every New ticked."""
    from django.utils import timezone

    from adminhub.hub.applying.actions import apply
    from adminhub.hub.applying.models import JournalEntry
    from adminhub.hub.connections.models import Connection
    from adminhub.hub.core.scope import school_scope
    from adminhub.hub.planning.actions import draft, match_what_is_new
    from adminhub.hub.planning.models import MatchRow, MatchStatus, PlannedChange, PlanState
    from adminhub.hub.planning.narrowing import note_settled
    from adminhub.hub.schools.models import Service, User
    from adminhub.hub.syncs.actions import start_sync
    from adminhub.hub.syncs.models import PanelState, RunState, SyncRun
    from adminhub.hub.syncs.queries import ORDER
    from adminhub.hub.syncs.run import carry_on

    ada, service = User.objects.get(email="ada@bench.example"), Service.objects.get(slug="wellbeing")
    with school_scope(school_id):
        connection = Connection.objects.get()
    seconds = {"fetch_and_match": 0.0, "plan": 0.0, "apply": 0.0, "match_again": 0.0}
    processor = dict(seconds)

    @contextmanager
    def clock(part: str) -> Iterator[None]:
        started, used = time.perf_counter(), processor_seconds()
        yield
        seconds[part] += time.perf_counter() - started
        processor[part] += processor_seconds() - used

    written = rows_written()
    with clock("fetch_and_match"):
        run = start_sync(connection=connection, by=ada, fresh=True)
        carry_on(school_id=school_id, run_id=run.pk)
    with school_scope(school_id):
        run = SyncRun.objects.select_related("snapshot").get(pk=run.pk)
        if run.state != RunState.REVIEWING:
            raise SystemExit(run.problem)
        MatchRow.objects.filter(status=MatchStatus.NEW).update(is_ticked=True)
        before = JournalEntry.objects.count()
    changes = 0
    for kind in ORDER:
        with clock("plan"), school_scope(school_id):
            plan = draft(run.snapshot, kind, by=ada, service=service)
        if plan.state == PlanState.HELD:
            raise SystemExit(f"{kind}: {plan.holds}")
        with clock("apply"), school_scope(school_id):
            applied = apply(plan, by=ada)
        with clock("match_again"), school_scope(school_id):
            match_what_is_new(run.snapshot, kind, written=applied)
            note_settled(applied)
            changes += PlannedChange.objects.filter(plan=plan).count()
    with school_scope(school_id):
        # As `save_panel` does: from now on what is safe may be applied by night.
        run.panels.update(state=PanelState.SAVED, saved_at=timezone.now(), saved_by=ada)
        journal = JournalEntry.objects.count() - before
        statuses = {
            status: MatchRow.objects.filter(snapshot=run.snapshot, status=status).count()
            for status in MatchStatus.values
        }
    return {
        "seconds": seconds,
        "processor": processor,
        "changes": changes,
        "journal": journal,
        "statuses": statuses,
        "rows": {name: many for name, now in rows_written().items() if (many := now - written.get(name, 0))},
    }


def night(*, school_id: int) -> Figures:
    """One sync by itself: fetches what has changed, applies what is safe, and asks a person about the rest."""
    from adminhub.hub.applying.models import JournalEntry
    from adminhub.hub.connections.models import Connection
    from adminhub.hub.core.scope import school_scope
    from adminhub.hub.syncs.actions import sync_by_itself
    from adminhub.hub.syncs.models import Policy, SyncRun, Trigger
    from adminhub.hub.syncs.queries import settings_of
    from adminhub.hub.syncs.run import carry_on

    with school_scope(school_id):
        connection = Connection.objects.get()
        wanted = settings_of()
        wanted.policy = Policy.SAFE
        wanted.save()
        before = JournalEntry.objects.count()
    written, used, started = rows_written(), processor_seconds(), time.perf_counter()
    run = sync_by_itself(connection=connection, by=None, trigger=Trigger.SCHEDULE)
    carry_on(school_id=school_id, run_id=run.pk)
    seconds = time.perf_counter() - started
    used = processor_seconds() - used
    rows = {name: many for name, now in rows_written().items() if (many := now - written.get(name, 0))}
    with school_scope(school_id):
        run = SyncRun.objects.get(pk=run.pk)
        journal = JournalEntry.objects.count() - before
    return {
        "seconds": seconds,
        "processor": used,
        "mode": run.mode,
        "outcome": run.outcome,
        "problem": run.problem,
        "journal": journal,
        "rows": rows,
    }


def undo(*, school_id: int) -> Figures:
    """Undo every plan that stands, newest first, as one plan: work out what that is, then write it."""
    from adminhub.hub.applying.actions import apply
    from adminhub.hub.applying.models import JournalEntry
    from adminhub.hub.applying.undoing import draft_undo
    from adminhub.hub.core.scope import school_scope
    from adminhub.hub.planning.models import STANDING, Plan
    from adminhub.hub.schools.models import User

    ada = User.objects.get(email="ada@bench.example")
    with school_scope(school_id):
        plans = list(Plan.objects.filter(STANDING).order_by("-pk"))
    began, used = time.perf_counter(), processor_seconds()
    with school_scope(school_id):
        plan = draft_undo(plans, by=ada)
    drafted, used_to_draft = time.perf_counter(), processor_seconds()
    with school_scope(school_id):
        apply(plan, by=ada)
    applied, used_in_all = time.perf_counter(), processor_seconds()
    with school_scope(school_id):
        journal = JournalEntry.objects.filter(plan=plan).count()
    return {
        "seconds": {"plan": drafted - began, "apply": applied - drafted},
        "processor": {"plan": used_to_draft - used, "apply": used_in_all - used_to_draft},
        "journal": journal,
        "counts": plan.counts,
    }


def pull_only(*, school_id: int) -> Figures:
    """Fetch and read everything, and keep nothing of it."""
    from adminhub.hub.connections.models import Connection
    from adminhub.hub.connections.queries import provider_of
    from adminhub.hub.core.scope import school_scope

    with school_scope(school_id):
        connection = Connection.objects.get()
    broker, school = provider_of(connection), connection.broker_school_id
    started = time.perf_counter()
    for pages in (broker.employees, broker.registration_groups, broker.classes, broker.pupils):
        for _ in pages(school):
            pass
    return {"seconds": time.perf_counter() - started}


def raw_copy(*, school_id: int) -> Figures:
    """COPY the school's roster into empty twins of its tables: `bare` ones, and `whole` ones with foreign keys."""
    from django.db import connection

    from adminhub.hub.core.scope import school_scope

    seconds, processor = {"bare": 0.0, "whole": 0.0}, {"bare": 0.0, "whole": 0.0}
    for how in seconds:
        with school_scope(school_id), connection.cursor() as cursor:
            for table in ROSTER:
                cursor.execute(f"create table raw_{table} (like {table} including all)")
            for statement in _foreign_keys(cursor) if how == "whole" else ():
                cursor.execute(statement)
            for table in ROSTER:
                with cursor.copy(f"copy (select * from {table}) to stdout") as out:
                    data = b"".join(bytes(part) for part in out)
                started, used = time.perf_counter(), processor_seconds()
                with cursor.copy(f"copy raw_{table} from stdin") as into:
                    into.write(data)
                seconds[how] += time.perf_counter() - started
                processor[how] += processor_seconds() - used
            started, used = time.perf_counter(), processor_seconds()
            cursor.execute("set constraints all immediate")
            seconds[how] += time.perf_counter() - started
            processor[how] += processor_seconds() - used
            for table in reversed(ROSTER):
                cursor.execute(f"drop table raw_{table} cascade")
    return {"seconds": seconds, "processor": processor}


def _foreign_keys(cursor: Any) -> list[str]:
    """What gives the twins the foreign keys that their originals have: among each other, and to others."""
    names = ", ".join(f"'{table}'" for table in ROSTER)
    cursor.execute(
        f"""select r.relname, pg_get_constraintdef(c.oid) from pg_constraint c join pg_class r on r.oid = c.conrelid
            where c.contype = 'f' and r.relname in ({names})"""
    )
    found = []
    for table, definition in cursor.fetchall():
        for other in ROSTER:
            definition = definition.replace(f"REFERENCES {other}(", f"REFERENCES raw_{other}(")
        found.append(f"alter table raw_{table} add {definition}")
    return found


def rows_written() -> dict[str, int]:
    """Rows inserted, changed and deleted so far, by table, as PostgreSQL counts them; any school's."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush()")
        cursor.execute("select relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_user_tables")
        return dict(cursor.fetchall())


def processor_seconds() -> float:
    """What this process and the PostgreSQL process that serves it have used of the processors so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory_kilobytes() -> int:
    """The most this process has held."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


if __name__ == "__main__":
    main()
