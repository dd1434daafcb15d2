"""The statements of a plan. Each writes a set of rows, and their journal in the same statement."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models import Count
from django.utils import timezone

from adminhub.hub.applying.erasing import erase_people
from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.planning.models import Plan, PlannedChange
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.roster.models import (
    Access,
    Employee,
    Enrolment,
    FieldOverride,
    GroupMembership,
    Kind,
    MISLink,
    Pupil,
    SchoolClass,
)
from adminhub.hub.roster.ownership import HUB_FIELDS, MIS_FIELDS, SCHOOL_FIELDS
from adminhub.hub.schools.models import User

ORDER = (Kind.EMPLOYEE, Kind.REGISTRATION, Kind.TEACHING, Kind.PUPIL)
"""The wizard's order; a place in a class needs its class and its person, so those come last."""
TABLES = {
    Kind.EMPLOYEE: "employee",
    Kind.PUPIL: "pupil",
    Kind.REGISTRATION: "school_class",
    Kind.TEACHING: "school_class",
}
ROWS: Mapping[str, type[SchoolOwned]] = {
    model._meta.db_table: model
    for model in (
        Employee,
        Pupil,
        SchoolClass,
        Enrolment,
        GroupMembership,
        MISLink,
        Access,
        FieldOverride,
    )
}
"""The tables whose rows SET_ROW, REMOVE_ROW and ADD_ROW may name: first what others point at."""
_TABLE_OF = {
    ChangeKind.LINK: "mis_link",
    ChangeKind.RELINK: "mis_link",
    ChangeKind.UNLINK: "mis_link",
    ChangeKind.LOSE: "mis_link",
    ChangeKind.RETURN: "mis_link",
    ChangeKind.ENROL: "enrolment",
    ChangeKind.LEAVE_CLASS: "enrolment",
    ChangeKind.GRANT: "access",
    ChangeKind.WITHDRAW: "access",
}
"""What a change is written to; any other to the table of its subject."""
_TEXT, _FLAG, _LIST, _DAY = "''", "false", "'{}'", "null::date"
_LOST = "jsonb_build_object('lost_at', lost_at, 'lost_why', lost_why)"
_NOT_LOST = "jsonb_build_object('lost_at', null, 'lost_why', '')"
_EMPTY = {"is_teaching": _FLAG, "year_groups": _LIST, "birthday": _DAY}

_Step = Callable[[], None]
MANY = 500
"""Changes of which whole sets are joined, and after which PostgreSQL's statistics say nothing true any more."""
Parts = Mapping[tuple[ChangeKind, str, str], int]
"""How many changes a plan has of each kind, subject and table; what is skipped is left out."""


def parts_of(plan: Plan) -> Parts:
    """Which statements the plan needs."""
    rows = PlannedChange.objects.filter(plan=plan, is_skipped=False).exclude(kind=ChangeKind.KEEP)
    counted = rows.order_by().values_list("kind", "subject", "table").annotate(Count("pk"))
    return {(ChangeKind(kind), subject, table): count for kind, subject, table, count in counted}


def is_large(parts: Parts) -> bool:
    """Whether the plan changes so much that whole sets are joined."""
    return sum(parts.values()) > MANY


def note_what_is_kept(plan: Plan) -> None:
    """Note what the MIS says of each field that the school keeps its own value of, for when it is given up."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update field_override f set mis_value = c.after -> f.field
            from planned_change c
            where c.plan_id = %s and c.kind = 'keep' and c.school_id = f.school_id and c.after ? f.field
                and (f.pupil_id = c.hub_id and c.subject = 'pupil'
                    or f.employee_id = c.hub_id and c.subject = 'employee'
                    or f.school_class_id = c.hub_id and c.subject in ('registration', 'teaching'))
                and f.mis_value is distinct from c.after -> f.field""",
            [plan.pk],
        )


def tables_with_more_than(many: int, parts: Parts) -> list[str]:
    """The tables in which the plan changes more rows than that."""
    changed = Counter[str]()
    for (kind, subject, table), count in parts.items():
        changed[table or _TABLE_OF.get(kind, TABLES[Kind(subject)])] += count
    return [table for table, count in changed.items() if count > many]


def write(plan: Plan, parts: Parts, by: User | None) -> None:
    """Write the plan. The order matters: what goes makes room, a link needs its record, a place its pupil."""
    of_subject = {subject: _Writing(plan, subject, by, is_large=is_large(parts)) for subject in ORDER}
    has = {(kind, subject) for kind, subject, _ in parts}
    rows = Counter[tuple[ChangeKind, str]]()
    for (kind, _, table), count in parts.items():
        rows[kind, table] += count

    for subject, writing in of_subject.items():
        if (ChangeKind.JOIN, subject) in has:
            writing.join()
    for table in reversed(tuple(ROWS)):
        if rows[ChangeKind.REMOVE_ROW, table]:
            of_subject[Kind.PUPIL].remove_rows(table)
    for subject, writing in of_subject.items():
        for kind, step in writing.steps():
            if (kind, subject) in has:
                step()
    for table in ROWS:
        if rows[ChangeKind.SET_ROW, table]:
            of_subject[Kind.PUPIL].set_rows(table)
    for table in ROWS:
        if rows[ChangeKind.ADD_ROW, table]:
            of_subject[Kind.PUPIL].add_rows(table)
    for who in (Kind.EMPLOYEE, Kind.PUPIL):
        writing = of_subject[who]
        for kind, step in writing.steps_of_people():
            if (kind, who) in has:
                step()
    if any(rows.values()):
        with connection.cursor() as cursor:
            # A row that something else needs is found out now, not when the caller commits.
            cursor.execute("set constraints all immediate; set constraints all deferred")


class _Writing:
    """The statements about one kind of thing."""

    def __init__(self, plan: Plan, subject: Kind, by: User | None, *, is_large: bool) -> None:
        self._plan, self._subject, self._by, self._is_large = plan, subject, by, is_large
        self._table = TABLES[subject]
        self._owner = "school_class_id" if self._table == "school_class" else f"{self._table}_id"
        self._columns = (*MIS_FIELDS[subject], *SCHOOL_FIELDS[subject], *HUB_FIELDS[subject])

    def steps(self) -> Iterable[tuple[ChangeKind, _Step]]:
        """What is done to a record once it is there."""
        return (
            (ChangeKind.UNLINK, self.unlink),
            (ChangeKind.RELINK, self.relink),
            (ChangeKind.LINK, self.link),
            (ChangeKind.UPDATE, self.update),
            (ChangeKind.LOSE, self.mark_lost),
            (ChangeKind.RETURN, self.mark_returned),
            (ChangeKind.ARCHIVE, self.archive),
            (ChangeKind.UNARCHIVE, self.unarchive),
            (ChangeKind.MERGE, self.merge),
            (ChangeKind.ERASE, self.erase),
        )

    def steps_of_people(self) -> Iterable[tuple[ChangeKind, _Step]]:
        """What is done to a person once every class is there."""
        return (
            (ChangeKind.LEAVE_CLASS, self.leave_classes),
            (ChangeKind.ENROL, self.enrol),
            (ChangeKind.WITHDRAW, self.withdraw),
            (ChangeKind.GRANT, self.grant),
        )

    def join(self) -> None:
        """Add the people or classes that only the MIS had, and note their keys in the plan."""
        values = ", ".join(f"coalesce(r.{name}, {_EMPTY.get(name, _TEXT)})" for name in self._columns)
        kind_column, kind_value = ("kind,", "c.subject,") if self._table == "school_class" else ("", "")
        made = f"""
            insert into {self._table} (school_id, sourced_id, {kind_column} {", ".join(self._columns)},
                origin, created_at, changed_at)
            select c.school_id, c.sourced_id, {kind_value} {values}, coalesce(r.origin, 'mis'), now(), now()
            from planned_change c, jsonb_populate_record(null::{self._table}, c.after) r
            where {self._of(ChangeKind.JOIN)} order by c.id
            returning id, to_jsonb({self._table}) as made"""
        self._write(made, table=self._table, after="made")
        self._run(
            f"""
            update planned_change c set hub_id = p.id from {self._table} p
            where c.plan_id = %(plan)s and c.subject = %(subject)s and c.hub_id is null
                and c.kind in ('join', 'link', 'grant')
                and p.school_id = c.school_id and p.sourced_id = c.sourced_id"""
        )

    def link(self) -> None:
        """Link what is joined or matched to its MIS record."""
        made = f"""
            insert into mis_link (school_id, kind, {self._owner}, provider, mis_id, broker_id, upi,
                linked_at, linked_by_id, lost_why)
            select c.school_id, c.subject, c.hub_id, coalesce(c.after->>'provider', %(provider)s),
                c.after->>'mis_id', coalesce(c.after->>'broker_id', ''), coalesce(c.after->>'upi', ''),
                now(), %(by)s, ''
            from planned_change c where {self._of(ChangeKind.LINK)} order by c.id
            returning id, mis_id, broker_id, {self._owner} as owner"""
        after = f"""jsonb_build_object('mis_id', mis_id, 'broker_id', broker_id, '{self._owner}', owner,
            'lost_at', null)"""
        self._write(made, table="mis_link", after=after)

    def relink(self) -> None:
        """Follow a record whose keys have changed. In two turns, for keys may have been exchanged."""
        where = f"where {self._of(ChangeKind.RELINK)} and {self._is_of_link()}"
        self._run(f"update mis_link l set mis_id = 'moving:' || l.id from planned_change c {where}")
        moved = f"""
            update mis_link l set mis_id = c.after->>'mis_id', broker_id = coalesce(c.after->>'broker_id', ''),
                upi = coalesce(c.after->>'upi', ''),
                provider = coalesce(c.after->>'provider', %(provider)s, old.provider)
            from planned_change c join mis_link old on old.school_id = c.school_id
            {where} and old.id = l.id
            returning l.id,
                c.before || jsonb_build_object('upi', old.upi, 'provider', old.provider) as before,
                c.after || jsonb_build_object('provider', l.provider) as after"""
        self._write(moved, table="mis_link", before="done.before", after="done.after")

    def unlink(self) -> None:
        """Take a link away that a person said is wrong. Both records stay."""
        gone = f"""
            delete from mis_link l using planned_change c
            where {self._of(ChangeKind.UNLINK)} and {self._is_of_link()}
            returning l.id, to_jsonb(l) as was"""
        self._write(gone, table="mis_link", before="was")

    def update(self) -> None:
        """Overwrite the fields that the plan names."""
        settings = ", ".join(f"{name} = r.{name}" for name in self._columns)
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
            from planned_change c join mis_link old on old.school_id = c.school_id
            where {self._of(ChangeKind.LOSE)} and {self._is_of_link()} and old.id = l.id
            returning l.id, l.lost_at, l.lost_why, old.lost_at as then_at, old.lost_why as then_why"""
        before = "jsonb_build_object('lost_at', then_at, 'lost_why', then_why)"
        self._write(lost, table="mis_link", before=before, after=_LOST)

    def mark_returned(self) -> None:
        """Clear the mark of who is in the MIS again."""
        back = f"""
            update mis_link l set lost_at = null, lost_why = ''
            from planned_change c join mis_link old on old.school_id = c.school_id
            where {self._of(ChangeKind.RETURN)} and {self._is_of_link()} and old.id = l.id
            returning l.id, old.lost_at, old.lost_why"""
        self._write(back, table="mis_link", before=_LOST, after=_NOT_LOST)

    def archive(self) -> None:
        """Put people or classes away. Whatever belongs to them stays."""
        self._archived(ChangeKind.ARCHIVE, "coalesce(old.archived_at, now())")

    def unarchive(self) -> None:
        """Bring archived people or classes back."""
        self._archived(ChangeKind.UNARCHIVE, "null")

    def _archived(self, kind: ChangeKind, at: str) -> None:
        done = f"""
            update {self._table} p set archived_at = {at}, changed_at = now()
            from planned_change c join {self._table} old on old.id = c.hub_id and old.school_id = c.school_id
            where {self._of(kind)} and p.id = c.hub_id and p.school_id = c.school_id
            returning p.id, old.archived_at as before_at, p.archived_at as after_at"""
        self._write(
            done,
            table=self._table,
            before="jsonb_build_object('archived_at', before_at)",
            after="jsonb_build_object('archived_at', after_at)",
        )

    def merge(self) -> None:
        """Put a person away who is another, and note whom. What belonged to them is moved by other changes."""
        done = f"""
            update {self._table} p
            set archived_at = coalesce(old.archived_at, now()), merged_into_id = s.id, changed_at = now()
            from planned_change c
                join {self._table} old on old.id = c.hub_id and old.school_id = c.school_id
                join {self._table} s on s.school_id = c.school_id
                    and s.sourced_id = (c.after->>'merged_into')::uuid
            where {self._of(ChangeKind.MERGE)} and p.id = c.hub_id and p.school_id = c.school_id
            returning p.id, old.archived_at as was, p.archived_at as at, p.merged_into_id as into_id"""
        self._write(
            done,
            table=self._table,
            before="jsonb_build_object('archived_at', was, 'merged_into_id', null)",
            after="jsonb_build_object('archived_at', at, 'merged_into_id', into_id)",
        )

    def enrol(self) -> None:
        """Put pupils, or those who lead, into classes where they are not yet."""
        once, unless, clash = "", "", "on conflict do nothing"
        if self._is_large:  # each row's own look for a clash would cost as much as a third of writing it
            once, clash = "distinct on (k.id, p.id)", "order by k.id, p.id"
            unless = f"""and not exists (select 1 from enrolment e where e.school_id = c.school_id
                and e.school_class_id = k.id and e.{self._owner} = p.id and e.ends_on is null)"""
        made = f"""
            insert into enrolment
                (school_id, school_class_id, {self._owner}, is_main_teacher, origin, starts_on)
            select {once} c.school_id, k.id, p.id, coalesce((c.after->>'is_main_teacher')::boolean, false),
                coalesce(c.after->>'origin', 'mis'), current_date
            from planned_change c
                join {self._table} p on p.school_id = c.school_id and p.sourced_id = c.sourced_id
                join school_class k on k.school_id = c.school_id
                    and k.sourced_id = (c.after->>'school_class')::uuid
            where {self._of(ChangeKind.ENROL)} {unless}
            {clash}
            returning id, school_class_id, {self._owner} as person"""
        after = f"""jsonb_build_object('school_class_id', school_class_id, '{self._owner}', person,
            'ends_on', null)"""
        self._write(made, table="enrolment", after=after)

    def leave_classes(self) -> None:
        """End enrolments; they stay, with their last day."""
        ended = f"""
            update enrolment e set ends_on = current_date from planned_change c
            where {self._of(ChangeKind.LEAVE_CLASS)} and e.id = c.row_id and e.school_id = c.school_id
                and e.ends_on is null
            returning e.id, e.ends_on"""
        self._write(
            ended,
            table="enrolment",
            before="jsonb_build_object('ends_on', null)",
            after="jsonb_build_object('ends_on', ends_on)",
        )

    def grant(self) -> None:
        """Give access to a service."""
        made = f"""
            insert into access (school_id, service_id, {self._owner}, granted_at, granted_by_id)
            select c.school_id, s.id, c.hub_id, now(), %(by)s
            from planned_change c join service s on s.slug = c.after->>'service'
            where {self._of(ChangeKind.GRANT)}
            on conflict do nothing
            returning id, service_id, {self._owner} as person"""
        after = f"jsonb_build_object('service_id', service_id, '{self._owner}', person)"
        self._write(made, table="access", after=after)

    def withdraw(self) -> None:
        """Take access to a service away, or to every one."""
        gone = f"""
            delete from access a using planned_change c, service s
            where {self._of(ChangeKind.WITHDRAW)} and a.school_id = c.school_id
                and a.{self._owner} = c.hub_id and s.id = a.service_id
                and coalesce(c.before->>'service', '') in ('', s.slug)
            returning a.id, to_jsonb(a) as was"""
        self._write(gone, table="access", before="was")

    def erase(self) -> None:
        """Delete people for good. There is no journal of it."""
        erase_people(self._plan, self._subject)

    def remove_rows(self, table: str) -> None:
        """Take rows away, whole into the journal."""
        gone = f"""
            delete from {table} t using planned_change c
            where {_of_rows(ChangeKind.REMOVE_ROW, table)} and t.id = c.row_id and t.school_id = c.school_id
            returning t.id, to_jsonb(t) as was"""
        self._write(gone, table=table, before="was")

    def set_rows(self, table: str) -> None:
        """Give rows the values named, and no others."""
        names = [name for name in columns_of(table) if name != "changed_at"]
        settings = ", ".join(f"{name} = r.{name}" for name in names)
        if "changed_at" in columns_of(table):
            settings += ", changed_at = now()"
        of_rows = _of_rows(ChangeKind.SET_ROW, table)
        if table == "mis_link":  # MIS IDs may be exchanged, so they move in two turns
            self._run(
                f"""
                update mis_link t set mis_id = 'moving:' || t.id from planned_change c
                where {of_rows} and t.id = c.row_id and t.school_id = c.school_id and c.after ? 'mis_id'"""
            )
        changed = f"""
            update {table} t set {settings}
            from planned_change c
                join {table} old on old.id = c.row_id and old.school_id = c.school_id
                cross join lateral jsonb_populate_record(old, c.after) r
            where {of_rows} and t.id = c.row_id and t.school_id = c.school_id
            returning t.id, c.before, c.after"""
        self._write(changed, table=table, before="before", after="after")

    def add_rows(self, table: str) -> None:
        """Bring whole rows back, with their keys. Columns that they did not have yet take their defaults."""
        names = ["id", "school_id", *columns_of(table)]
        values = ["r.id", "c.school_id", *(_still_there(table, name) for name in columns_of(table))]
        if "changed_at" in names:
            values[names.index("changed_at")] = "now()"
        made = f"""
            insert into {table} ({", ".join(names)})
            select {", ".join(values)}
            from planned_change c, jsonb_populate_record(null::{table}, %(defaults)s::jsonb || c.after) r
            where {_of_rows(ChangeKind.ADD_ROW, table)} order by c.id
            returning id, to_jsonb({table}) as made"""
        self._write(made, table=table, after="made", defaults=defaults_of(table))

    def _of(self, kind: ChangeKind) -> str:
        return f"{_of_kind(kind)} and c.subject = '{self._subject.value}'"

    def _is_of_link(self) -> str:
        return f"l.school_id = c.school_id and l.kind = c.subject and l.{self._owner} = c.hub_id"

    def _write(
        self,
        statement: str,
        *,
        table: str,
        before: str = "null::jsonb",
        after: str = "null::jsonb",
        **parameters: str,
    ) -> None:
        """Run a statement that returns `id`, and journal each row it returns."""
        self._run(
            f"""
            with done as ({statement})
            insert into journal_entry (school_id, plan_id, "table", row_id, before, after)
            select %(school)s, %(plan)s, '{table}', done.id, {before}, {after} from done""",
            **parameters,
        )

    def _run(self, statement: str, **parameters: str) -> None:
        """The statements are made of this module's own words; every value is a parameter."""
        snapshot = self._plan.snapshot
        with connection.cursor() as cursor:
            cursor.execute(
                statement,
                {
                    "plan": self._plan.pk,
                    "school": self._plan.school_id,
                    "subject": self._subject.value,
                    "provider": snapshot.connection.provider if snapshot else None,
                    "by": self._by.pk if self._by else None,
                    **parameters,
                },
            )


def columns_of(table: str) -> list[str]:
    """The columns of a table that say something: all but its key and its school."""
    fields = ROWS[table]._meta.concrete_fields
    return [name for field in fields if (name := field.column or "") not in ("", "id", "school_id")]


def _still_there(table: str, column: str) -> str:
    """A column of a row that comes back. Somebody who may be missing, such as who granted it, may be gone by now."""
    field = next(one for one in ROWS[table]._meta.concrete_fields if one.column == column)
    remote = field.remote_field.model._meta.db_table if field.remote_field else ""
    if not remote or not field.null or remote in ROWS:
        return f"r.{column}"
    return f"(select x.id from {remote} x where x.id = r.{column})"


def defaults_of(table: str) -> str:
    """As JSON, what a row holds in each column that was added to the table after the row was journalled."""
    found: dict[str, object] = {}
    for one in ROWS[table]._meta.concrete_fields:
        if isinstance(one, models.DateTimeField) and not one.null:
            found[one.column or ""] = timezone.now()
        elif one.has_default() or (one.empty_strings_allowed and not one.null):
            found[one.column or ""] = one.get_default()
    return json.dumps(found, cls=DjangoJSONEncoder)


def _of_kind(kind: ChangeKind) -> str:
    return f"c.plan_id = %(plan)s and c.kind = '{kind.value}' and not c.is_skipped"


def _of_rows(kind: ChangeKind, table: str) -> str:
    return f"{_of_kind(kind)} and c.\"table\" = '{table}'"
