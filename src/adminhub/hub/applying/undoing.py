"""What would take applied plans back: worked out from their journal, set by set, and stored as a plan.

Each row that the plans touched is put back to what it was before the first of them, as far as it still is what the
last of them made it. What somebody has changed since is in the plan too, skipped, with the reason; a person may
choose to have it put back all the same. A row that the plans made goes only if nothing else needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from adminhub.hub.applying.errors import CannotUndo
from adminhub.hub.applying.models import JournalEntry
from adminhub.hub.applying.writing import ROWS, columns_of, defaults_of
from adminhub.hub.core.bulk import whole_sets
from adminhub.hub.planning.actions import store_plan
from adminhub.hub.planning.models import Plan, PlannedChange, PlanState, Purpose
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.schools.models import User

AS_BEFORE = "As it was before"
WAS_ADDED = "Added by what is undone"
WAS_TAKEN = "Taken away by what is undone"
CHANGED_SINCE = "Changed since, so it stays as it is now"
NEEDED = "Stays: something else belongs to it by now"
OF_ONE_WHO_STAYS = "Belongs to somebody who stays"
TAKEN_SINCE = "Cannot come back: another took its place since"
CHOOSABLE = (CHANGED_SINCE,)
"""The reasons in spite of which a person may have a change put back."""
PEOPLE = ("employee", "pupil")
_OWNERS = (*PEOPLE, "school_class")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What of the plans is to be undone: everything, or what is about these people and classes."""

    sourced_ids: Collection[UUID] = ()
    chosen: Collection[tuple[str, int]] = field(default_factory=frozenset)
    """Rows, as table and key, that are put back although they have been changed since."""


@transaction.atomic
def draft_undo(
    plans: Sequence[Plan], *, by: User | None, title: str = "", narrowed: Narrowed | None = None
) -> Plan:
    """Write down what undoing these plans would change. Nothing else is written; apply it like any plan.

    `narrowed` to some people or classes, it takes back only what was done to them, and the plans stand. Raises
    CannotUndo when one of the plans was not applied, was undone already, or cannot be.
    """
    if not plans or not all(plan.stands for plan in plans):
        raise CannotUndo(
            "Nothing was undone: this was not saved, or has been undone already. Look at the history for what stands."
        )
    if not all(plan.can_be_undone for plan in plans):
        raise CannotUndo(
            "Nothing was undone: people were deleted for good, or this is older than your school keeps it to undo."
        )
    asked = narrowed or Narrowed()
    keys = sorted((plan.pk for plan in plans), reverse=True)
    services = {plan.service_id: plan.service for plan in plans}
    undo = store_plan(
        purpose=Purpose.UNDO,
        changes=(),
        by=by,
        title=title,
        service=next(iter(services.values())) if len(services) == 1 else None,
        undoes=keys,
        only=asked.sourced_ids,
    )
    undoing = _Undoing(undo, keys, asked)
    with whole_sets():
        undoing.draft()
    undo.counts = {**_counts(undo), **({"gone": undoing.gone} if undoing.gone else {})}
    undo.save(update_fields=["counts"])
    return undo


def draft_again(plan: Plan, *, by: User | None, chosen: Collection[tuple[str, int]] = ()) -> Plan:
    """Draft the same undo anew, from what is there now, with more rows put back in spite of later changes.

    The former draft is dropped. Raises CannotUndo.
    """
    undone = list(Plan.objects.filter(pk__in=plan.undoes).select_related("service"))
    narrowed = Narrowed(sourced_ids=plan.only, chosen=chosen_of(plan) | set(chosen))
    made = draft_undo(undone, by=by, title=plan.title, narrowed=narrowed)
    drop(plan)
    return made


def drop(plan: Plan) -> None:
    """Put a plan away that was not applied. Nothing else changes."""
    Plan.objects.filter(pk=plan.pk, state__in=(PlanState.DRAFTED, PlanState.HELD)).update(
        state=PlanState.DROPPED
    )


def chosen_of(plan: Plan) -> set[tuple[str, int]]:
    """The rows of an undo that will be put back in spite of a later change."""
    rows = PlannedChange.objects.filter(plan=plan, is_skipped=False, reason=CHANGED_SINCE)
    return {(table, row_id) for table, row_id in rows.values_list("table", "row_id") if row_id is not None}


def _counts(plan: Plan) -> dict[str, int]:
    rows = PlannedChange.objects.filter(plan=plan).order_by()
    counts = dict(rows.filter(is_skipped=False).values_list("kind").annotate(Count("pk")))
    skipped = rows.filter(is_skipped=True).count()
    return {**counts, **({"skipped": skipped} if skipped else {})}


class _Undoing:
    """The statements that draft one undo."""

    def __init__(self, undo: Plan, plans: Sequence[int], asked: Narrowed) -> None:
        self._undo, self._plans, self._asked = undo, list(plans), asked
        self.gone = 0
        """Rows that the plans changed and that are no longer there."""

    def draft(self) -> None:
        """First what would put every row back; then what of it stays because of what has happened since."""
        entries = JournalEntry.objects.filter(plan__in=self._plans)
        touched = set(entries.values_list("table", flat=True).distinct())
        for table in (name for name in ROWS if name in touched):  # owners first: what they own looks for them
            self._merge(table)
            self._set(table)
            self._remove(table)
            self._add(table)
            self._run("drop table undone", table)
        for table in touched & _PLACES.keys():
            self._keep_what_clashes(table)
        for table in touched & set(PEOPLE):
            self._keep_what_is_needed(table)
            self._keep_what_they_own(table)
        if "school_class" in touched:
            self._keep_what_is_needed("school_class")
            self._keep_what_they_own("school_class", only=("mis_link",))

    def _merge(self, table: str) -> None:
        """One line for each row touched: what it was before the first plan, and after the last one."""
        self._run(
            """
            create temp table undone on commit drop as
            with entries as materialized (
                select id, row_id, before, after from journal_entry
                where plan_id = any(%(plans)s) and "table" = %(table)s),
            grouped as (
                select row_id, count(*) as times, (array_agg(before order by id))[1] as before,
                    (array_agg(after order by id desc))[1] as after
                from entries group by row_id)
            select g.row_id,
                case when g.before is null then null when g.times = 1 then g.before else (
                    select jsonb_object_agg(k.key, k.value order by e.id desc)
                    from entries e cross join jsonb_each(e.before) k where e.row_id = g.row_id) end as before,
                case when g.after is null then null when g.times = 1 then g.after else (
                    select jsonb_object_agg(k.key, k.value order by e.id)
                    from entries e cross join jsonb_each(e.after) k where e.row_id = g.row_id) end as after
            from grouped g where g.before is not null or g.after is not null""",
            table,
        )
        self._run("analyze undone", table)

    def _set(self, table: str) -> None:
        """Rows that were changed get their former values back, field by field."""
        about, owners = _about(table)
        self._insert(
            ChangeKind.SET_ROW,
            f"""
            select {about}, t.id as row_id, parts.is_now as before, parts.was as after,
                case when parts.is_as_left then %(as_before)s else %(changed)s end as reason,
                not parts.goes_back as is_skipped
            from undone u join {table} t on t.id = u.row_id {owners}
            cross join lateral (
                select each.is_as_left or t.id = any(%(chosen)s) as goes_back,
                    bool_and(each.is_as_left) as is_as_left,
                    jsonb_object_agg(each.key, each.is_now) as is_now,
                    jsonb_object_agg(each.key, each.was) as was
                from (
                    select k.key, k.value as was, r.doc -> k.key as is_now,
                        r.doc -> k.key is not distinct from u.after -> k.key as is_as_left
                    from to_jsonb(t) as r(doc) cross join jsonb_each(u.before) k
                    where r.doc ? k.key and r.doc -> k.key is distinct from k.value and k.key <> 'changed_at') each
                group by 1) parts
            where u.before is not null and u.after is not null""",
            table,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                select count(*) from undone u where u.before is not null and u.after is not null
                    and not exists (select 1 from {table} t where t.id = u.row_id)"""
            )
            self.gone += int(cursor.fetchone()[0])

    def _remove(self, table: str) -> None:
        """Rows that were made go, if they are still as they were made."""
        about, owners = _about(table)
        self._insert(
            ChangeKind.REMOVE_ROW,
            f"""
            select {about}, t.id as row_id, to_jsonb(t) as before, '{{}}'::jsonb as after,
                case when made.is_as_left then %(was_added)s else %(changed)s end as reason,
                not made.is_as_left and t.id <> all(%(chosen)s) as is_skipped
            from undone u join {table} t on t.id = u.row_id {owners}
            cross join lateral (
                select t is not distinct from jsonb_populate_record(t, u.after - 'changed_at') as is_as_left
            ) made
            where u.before is null and u.after is not null""",
            table,
        )

    def _add(self, table: str) -> None:
        """Rows that were taken away come back whole, in the columns that their table has now."""
        about, owners = _about(table)
        self._insert(
            ChangeKind.ADD_ROW,
            f"""
            select {about}, t.id as row_id, '{{}}'::jsonb as before, to_jsonb(t) as after,
                %(was_taken)s as reason, false as is_skipped
            from undone u cross join lateral
                jsonb_populate_record(null::{table}, %(defaults)s::jsonb || u.before) t {owners}
            where u.before is not null and u.after is null
                and not exists (select 1 from {table} already where already.id = u.row_id)""",
            table,
        )

    def _insert(self, kind: ChangeKind, rows: str, table: str) -> None:
        narrowed = "and r.sourced_id = any(%(people)s)" if self._asked.sourced_ids else ""
        self._run(
            f"""
            insert into planned_change (school_id, plan_id, kind, subject, sourced_id, hub_id, row_id, "table",
                before, after, reason, is_skipped)
            select %(school)s, %(undo)s, '{kind.value}', r.subject, r.sourced_id, r.hub_id, r.row_id, '{table}',
                r.before, r.after, r.reason, r.is_skipped
            from ({rows}) r where r.sourced_id is not null {narrowed}""",
            table,
        )

    def _keep_what_is_needed(self, table: str) -> None:
        """A row stays while something points at it that does not go as well."""
        for other, column in pointing_at(table):
            goes = "" if other not in ROWS else f"and not exists ({_OF_ROW.format(table=other, row='o.id')})"
            self._run(
                f"""
                update planned_change c set is_skipped = true, reason = %(needed)s
                where c.plan_id = %(undo)s and c.kind = 'remove_row' and c."table" = '{table}'
                    and not c.is_skipped
                    and exists (select 1 from {other} o where o.{column} = c.row_id {goes})""",
                table,
            )

    def _keep_what_they_own(self, table: str, only: Collection[str] = ROWS.keys()) -> None:
        """What was added to somebody who was added too, and stays, is theirs."""
        for other, column in pointing_at(table):
            if other in ROWS and other in only:
                self._run(
                    f"""
                    update planned_change c set is_skipped = true, reason = %(owned)s
                    from planned_change o
                    where c.plan_id = %(undo)s and c.kind = 'remove_row' and c."table" = '{other}'
                        and not c.is_skipped and o.plan_id = c.plan_id and o."table" = '{table}'
                        and o.kind = 'remove_row' and o.is_skipped
                        and o.row_id = (c.before->>'{column}')::bigint""",
                    table,
                )

    def _keep_what_clashes(self, table: str) -> None:
        """A row cannot come back where another stands by now, or to somebody or something that is gone."""
        lacks = " or ".join(
            f"""n.{owner}_id is not null and not exists (select 1 from {owner} x where x.id = n.{owner}_id)
                and not exists ({_OF_ROW.format(table=owner, row=f"n.{owner}_id").replace("remove_row", "add_row")})"""
            for owner in _owners_of(table)
        )
        self._run(
            f"""
            update planned_change c set is_skipped = true, reason = %(taken)s
            from planned_change a left join {table} now_is on now_is.id = a.row_id
                cross join lateral jsonb_populate_record(now_is, a.after) n
            where c.id = a.id and a.plan_id = %(undo)s and a.kind in ('add_row', 'set_row')
                and a."table" = '{table}' and not a.is_skipped and ({lacks} or exists (
                    select 1 from {table} o where o.id <> a.row_id and ({_PLACES[table]})
                        and not exists (
                            select 1 from planned_change d where d.plan_id = %(undo)s and not d.is_skipped
                                and d."table" = '{table}' and d.row_id = o.id)))""",
            table,
        )

    def _run(self, statement: str, table: str) -> None:
        """The statements are made of this module's and the models' own words; every value is a parameter."""
        with connection.cursor() as cursor:
            cursor.execute(
                statement,
                {
                    "undo": self._undo.pk,
                    "school": self._undo.school_id,
                    "plans": self._plans,
                    "table": table,
                    "defaults": defaults_of(table),
                    "people": list(self._asked.sourced_ids),
                    "chosen": [row for name, row in self._asked.chosen if name == table],
                    "as_before": AS_BEFORE,
                    "was_added": WAS_ADDED,
                    "was_taken": WAS_TAKEN,
                    "changed": CHANGED_SINCE,
                    "needed": NEEDED,
                    "owned": OF_ONE_WHO_STAYS,
                    "taken": TAKEN_SINCE,
                },
            )


_OF_ROW = """select 1 from planned_change d where d.plan_id = %(undo)s and d."table" = '{table}'
    and d.kind = 'remove_row' and d.row_id = {row} and not d.is_skipped"""
_PLACES = {
    "mis_link": """o.kind = n.kind and o.mis_id = n.mis_id or o.pupil_id = n.pupil_id
        or o.employee_id = n.employee_id or o.school_class_id = n.school_class_id""",
    "enrolment": """n.ends_on is null and o.ends_on is null and o.school_class_id = n.school_class_id
        and (o.pupil_id = n.pupil_id or o.employee_id = n.employee_id)""",
    "access": "o.service_id = n.service_id and (o.pupil_id = n.pupil_id or o.employee_id = n.employee_id)",
}
"""When another row `o` stands where the row `n` would come back."""


def _owners_of(table: str) -> list[str]:
    """Whose row it may be, the person before the class."""
    return [owner for owner in _OWNERS if f"{owner}_id" in columns_of(table)]


def _about(table: str) -> tuple[str, str]:
    """Columns and joins that say whom the row `t` is about: subject, sourced_id and hub_id."""
    if table in PEOPLE:
        return f"'{table}' as subject, t.sourced_id, t.id as hub_id", ""
    if table == "school_class":
        return "t.kind as subject, t.sourced_id, t.id as hub_id", ""
    owners = _owners_of(table)
    joins = [
        f"""left join {owner} on {owner}.id = t.{owner}_id
        left join planned_change new_{owner} on new_{owner}.plan_id = %(undo)s and new_{owner}.kind = 'add_row'
            and new_{owner}."table" = '{owner}' and new_{owner}.row_id = t.{owner}_id"""
        for owner in owners
    ]
    subjects = " ".join(
        f"when t.{owner}_id is not null then "
        + (f"'{owner}'" if owner in PEOPLE else f"coalesce({owner}.kind, new_{owner}.subject)")
        for owner in owners
    )
    keys = " ".join(
        f"when t.{owner}_id is not null then coalesce({owner}.sourced_id, new_{owner}.sourced_id)"
        for owner in owners
    )
    ids = ", ".join(f"t.{owner}_id" for owner in owners)
    return (
        f"case {subjects} end as subject, case {keys} end as sourced_id, coalesce({ids}) as hub_id",
        " ".join(joins),
    )


def pointing_at(table: str) -> list[tuple[str, str]]:
    """The tables and columns that point at a table's rows."""
    relations = ROWS[table]._meta.related_objects
    return [
        (relation.related_model._meta.db_table, f"{relation.field.attname}")
        for relation in relations
        if not relation.many_to_many
    ]
