"""Make a plan so: set by set, in one transaction, with a journal. Applying a plan twice does it once.

It reads the stored plan and nothing else: what a person approved is what is written. Nothing here deletes a
person, a class or an enrolment; the only row that may go is a link that a person took apart.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone

from adminhub.hub.applying.errors import OnHold
from adminhub.hub.core import audit
from adminhub.hub.core.bulk import tell_planner, whole_sets
from adminhub.hub.core.scope import current_school_id
from adminhub.hub.planning.models import Plan, PlannedChange, PlanState
from adminhub.hub.planning.reading import MIS_FIELDS
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.roster.actions import FEED_ROW_BY_ROW
from adminhub.hub.roster.models import FeedEntry, Kind
from adminhub.hub.schools.models import User

MANY = 500
"""Changes after which PostgreSQL's statistics say nothing true any more."""
TABLES = {
    Kind.EMPLOYEE: "employee",
    Kind.PUPIL: "pupil",
    Kind.REGISTRATION: "school_class",
    Kind.TEACHING: "school_class",
}
_NOT_SYNCED = {
    Kind.EMPLOYEE: (),
    Kind.PUPIL: ("email",),
    Kind.REGISTRATION: ("subject",),
    Kind.TEACHING: (),
}
"""Text columns of a new record that the MIS does not fill."""
_TEXT, _FLAG, _LIST, _DAY = "''", "false", "'{}'", "null::date"
_LOST = "jsonb_build_object('lost_at', lost_at, 'lost_why', lost_why)"
_NOT_LOST = "jsonb_build_object('lost_at', null, 'lost_why', '')"
_EMPTY = {"is_teaching": _FLAG, "year_groups": _LIST, "birthday": _DAY}


@transaction.atomic
def apply(plan: Plan, *, by: User) -> Plan:
    """Write everything the plan says, its journal, the audit entry and the change feed. Needs the school's scope.

    A plan that was applied already is returned as it is. Raises OnHold for one that waits for a person.
    """
    locked: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if locked.state == PlanState.APPLIED:
        return locked
    if locked.state != PlanState.DRAFTED:
        raise OnHold("This was not saved: it waits for your confirmation, or a newer one took its place.")
    kind = Kind(locked.kind)
    with whole_sets():
        _write(_Writing(locked, kind, by))
        if sum(locked.counts.values()) > MANY:
            tell_planner("pupil", "employee", "school_class", "enrolment", "mis_link", "access")
    locked.state, locked.applied_at = PlanState.APPLIED, timezone.now()
    locked.save(update_fields=["state", "applied_at"])
    _feed(locked)
    audit.record(
        by=by, action="plan.applied", subject=f"plan:{locked.pk}", kind=kind.value, counts=locked.counts
    )
    return locked


def _write(writing: _Writing) -> None:
    """The order matters: a link needs its record, a place in a class needs its pupil."""
    writing.join()
    writing.unlink()
    writing.relink()
    writing.link()
    writing.update()
    writing.mark_lost()
    writing.mark_returned()
    writing.note_seen()
    for who in (Kind.EMPLOYEE, Kind.PUPIL):
        writing.leave_classes(who)
        writing.enrol(who)
    writing.grant()


class _Writing:
    """The statements of one plan. Each writes a set of rows, and their journal in the same statement."""

    def __init__(self, plan: Plan, kind: Kind, by: User) -> None:
        self._plan, self._kind, self._by = plan, kind, by
        self._table = TABLES[kind]
        self._owner = "school_class_id" if self._table == "school_class" else f"{self._table}_id"

    def join(self) -> None:
        """Add the people or classes that only the MIS had, and note their keys in the plan."""
        columns = (*MIS_FIELDS[self._kind], *_NOT_SYNCED[self._kind])
        values = ", ".join(f"coalesce(r.{name}, {_EMPTY.get(name, _TEXT)})" for name in columns)
        kind_column, kind_value = ("kind,", "c.subject,") if self._table == "school_class" else ("", "")
        made = f"""
            insert into {self._table}
                (school_id, sourced_id, {kind_column} {", ".join(columns)}, origin, created_at, changed_at)
            select c.school_id, c.sourced_id, {kind_value} {values}, 'mis', now(), now()
            from planned_change c, jsonb_populate_record(null::{self._table}, c.after) r
            where {self._of(ChangeKind.JOIN)} order by c.id
            returning id, sourced_id"""
        self._write(
            made,
            table=self._table,
            after="(select c.after from planned_change c "
            f"where {self._of(ChangeKind.JOIN)} and c.sourced_id = done.sourced_id)",
        )
        self._run(
            f"""
            update planned_change c set hub_id = p.id from {self._table} p
            where c.plan_id = %(plan)s and c.subject = %(kind)s and c.hub_id is null
                and c.kind in ('join', 'link', 'grant')
                and p.school_id = c.school_id and p.sourced_id = c.sourced_id"""
        )

    def link(self) -> None:
        """Link what is joined or matched to its MIS record."""
        made = f"""
            insert into mis_link (school_id, kind, {self._owner}, provider, mis_id, broker_id, upi,
                linked_at, linked_by_id, last_seen_at, lost_why)
            select c.school_id, c.subject, c.hub_id, %(provider)s, c.after->>'mis_id', c.after->>'broker_id',
                c.after->>'upi', now(), %(by)s, now(), ''
            from planned_change c where {self._of(ChangeKind.LINK)} order by c.id
            returning id, mis_id, broker_id, {self._owner} as owner"""
        after = f"jsonb_build_object('mis_id', mis_id, 'broker_id', broker_id, '{self._owner}', owner)"
        self._write(made, table="mis_link", after=after)

    def relink(self) -> None:
        """Follow a record whose keys have changed. In two turns, for keys may have been exchanged."""
        where = f"where {self._of(ChangeKind.RELINK)} and {self._is_of_link()}"
        self._run(f"update mis_link l set mis_id = 'moving:' || l.id from planned_change c {where}")
        moved = f"""
            update mis_link l set mis_id = c.after->>'mis_id', broker_id = c.after->>'broker_id',
                upi = c.after->>'upi', provider = %(provider)s
            from planned_change c {where}
            returning l.id, c.before, c.after"""
        self._write(moved, table="mis_link", before="before", after="after")

    def unlink(self) -> None:
        """Take a link away that a person said is wrong. Both records stay."""
        gone = f"""
            delete from mis_link l using planned_change c
            where {self._of(ChangeKind.UNLINK)} and {self._is_of_link()}
            returning l.id, to_jsonb(l) as was"""
        self._write(gone, table="mis_link", before="was")

    def update(self) -> None:
        """Overwrite the fields that the MIS owns, as far as the plan names them."""
        settings = ", ".join(f"{name} = r.{name}" for name in MIS_FIELDS[self._kind])
        changed = f"""
            update {self._table} p set {settings}, changed_at = now()
            from planned_change c
                join {self._table} old on old.id = c.hub_id and old.school_id = c.school_id
                cross join lateral jsonb_populate_record(old, c.after) r
            where {self._of(ChangeKind.UPDATE)} and p.id = c.hub_id and p.school_id = c.school_id
            returning p.id, c.before, c.after"""
        self._write(changed, table=self._table, before="before", after="after")

    def mark_lost(self) -> None:
        """Mark who is no longer in the MIS. They stay."""
        lost = f"""
            update mis_link l set lost_at = now(), lost_why = c.after->>'lost_why'
            from planned_change c where {self._of(ChangeKind.LOSE)} and {self._is_of_link()}
            returning l.id, l.lost_at, l.lost_why"""
        self._write(lost, table="mis_link", before=_NOT_LOST, after=_LOST)

    def mark_returned(self) -> None:
        """Clear the mark of who is in the MIS again."""
        back = f"""
            update mis_link l set lost_at = null, lost_why = ''
            from planned_change c join mis_link old on old.school_id = c.school_id
            where {self._of(ChangeKind.RETURN)} and {self._is_of_link()} and old.id = l.id
            returning l.id, old.lost_at, old.lost_why"""
        self._write(back, table="mis_link", before=_LOST, after=_NOT_LOST)

    def note_seen(self) -> None:
        """Note when the MIS last had each linked record; this is no change and has no journal."""
        people = {Kind.EMPLOYEE: "staged_employee", Kind.PUPIL: "staged_pupil"}
        self._run(
            f"""
            update mis_link l set last_seen_at = now() from {people.get(self._kind, "staged_class")} s
            where s.snapshot_id = %(snapshot)s and l.school_id = %(school)s and l.kind = %(kind)s
                and l.mis_id = s.mis_id and s.school_id = l.school_id"""
        )

    def enrol(self, who: Kind) -> None:
        """Put pupils, or those who lead, into classes."""
        table = TABLES[who]
        made = f"""
            insert into enrolment
                (school_id, school_class_id, {table}_id, is_main_teacher, origin, starts_on)
            select c.school_id, k.id, p.id, (c.after->>'is_main_teacher')::boolean, 'mis', current_date
            from planned_change c
                join {table} p on p.school_id = c.school_id and p.sourced_id = c.sourced_id
                join school_class k on k.school_id = c.school_id
                    and k.sourced_id = (c.after->>'school_class')::uuid
            where {self._of(ChangeKind.ENROL, who)}
            on conflict do nothing
            returning id, school_class_id, {table}_id as person"""
        after = f"jsonb_build_object('school_class_id', school_class_id, '{table}_id', person)"
        self._write(made, table="enrolment", after=after)

    def leave_classes(self, who: Kind) -> None:
        """End enrolments; they stay, with their last day."""
        ended = f"""
            update enrolment e set ends_on = current_date from planned_change c
            where {self._of(ChangeKind.LEAVE_CLASS, who)} and e.id = c.row_id and e.school_id = c.school_id
                and e.ends_on is null
            returning e.id, e.ends_on"""
        self._write(
            ended,
            table="enrolment",
            before="jsonb_build_object('ends_on', null)",
            after="jsonb_build_object('ends_on', ends_on)",
        )

    def grant(self) -> None:
        """Give access to the service."""
        if self._plan.service_id is None or self._table == "school_class":
            return
        made = f"""
            insert into access (school_id, service_id, {self._owner}, granted_at, granted_by_id)
            select c.school_id, %(service)s, c.hub_id, now(), %(by)s
            from planned_change c where {self._of(ChangeKind.GRANT)}
            on conflict do nothing
            returning id, {self._owner} as person"""
        self._write(made, table="access", after=f"jsonb_build_object('{self._owner}', person)")

    def _of(self, kind: ChangeKind, who: Kind | None = None) -> str:
        subject = (who or self._kind).value
        return f"c.plan_id = %(plan)s and c.kind = '{kind.value}' and c.subject = '{subject}'"

    def _is_of_link(self) -> str:
        return f"l.school_id = c.school_id and l.kind = c.subject and l.{self._owner} = c.hub_id"

    def _write(
        self, statement: str, *, table: str, before: str = "null::jsonb", after: str = "null::jsonb"
    ) -> None:
        """Run a statement that returns `id`, and journal each row it returns."""
        self._run(
            f"""
            with done as ({statement})
            insert into journal_entry (school_id, plan_id, "table", row_id, before, after)
            select %(school)s, %(plan)s, '{table}', done.id, {before}, {after} from done"""
        )

    def _run(self, statement: str) -> None:
        """The statements are made of this module's own words; every value is a parameter."""
        with connection.cursor() as cursor:
            cursor.execute(
                statement,
                {
                    "plan": self._plan.pk,
                    "school": self._plan.school_id,
                    "snapshot": self._plan.snapshot_id,
                    "kind": self._kind.value,
                    "service": self._plan.service_id,
                    "provider": self._plan.snapshot.connection.provider,
                    "by": self._by.pk,
                },
            )


def _feed(plan: Plan) -> None:
    """Tell the change feed who changed: one by one, or in bulk when they are many."""
    changes = PlannedChange.objects.filter(plan=plan)
    about = set(changes.exclude(kind=ChangeKind.GRANT).values_list("subject", "sourced_id"))
    granted = set(changes.filter(kind=ChangeKind.GRANT).values_list("subject", "sourced_id"))
    school_id = current_school_id()
    for people, change in ((about, "changed"), (granted, "granted")):
        if len(people) > FEED_ROW_BY_ROW:
            FeedEntry.objects.create(school_id=school_id, kind="bulk", change=change)
            continue
        FeedEntry.objects.bulk_create(
            FeedEntry(
                school_id=school_id,
                kind="class" if subject in (Kind.REGISTRATION, Kind.TEACHING) else subject,
                sourced_id=sourced_id,
                change=change,
            )
            for subject, sourced_id in sorted(people, key=str)
        )
