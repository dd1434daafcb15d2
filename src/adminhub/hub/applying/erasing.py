"""Delete people for good, with every value of theirs: their record, journals, plans, reviews, decisions, snapshots.

What remains are counts and days of what was done, and the keys by which services are told. Whoever was merged into
one of them was the same person, and goes as well.
"""

from __future__ import annotations

from django.db import connection

from adminhub.hub.planning.models import Plan
from adminhub.hub.roster.models import Kind

_ROWS = ("field_override", "roster_group_membership", "access", "enrolment", "mis_link")
"""Tables whose rows belong to one person."""
_STAGED = {"pupil": "staged_pupil", "employee": "staged_employee"}


def erase_people(plan: Plan, kind: Kind) -> None:
    """Delete those of this kind whom the plan names, in the caller's transaction. Writes no journal."""
    person = kind.value
    of_person = [table for table in _ROWS if person == "pupil" or table != "roster_group_membership"]
    with connection.cursor() as cursor:
        for statement in _statements(person, of_person):
            cursor.execute(statement, {"plan": plan.pk, "school": plan.school_id, "kind": person})


def _statements(person: str, of_person: list[str]) -> list[str]:
    """The statements, made of this module's own words; every value is a parameter."""
    owner = f"{person}_id"
    rows = " union all ".join(
        f"select '{table}', r.id from {table} r join erased e on r.{owner} = e.id where r.school_id = %(school)s"
        for table in of_person
    )
    listed = ", ".join(f"'{table}'" for table in of_person)
    return [
        "drop table if exists erased",
        "drop table if exists erased_row",
        f"""
        create temp table erased on commit drop as
        with recursive gone (id, sourced_id) as (
            select p.id, p.sourced_id from {person} p join planned_change c on c.hub_id = p.id
            where c.plan_id = %(plan)s and c.kind = 'erase' and c.subject = %(kind)s and not c.is_skipped
                and p.school_id = %(school)s
            union
            select p.id, p.sourced_id from {person} p join gone g on p.merged_into_id = g.id
            where p.school_id = %(school)s)
        select id, sourced_id from gone""",
        f"create temp table erased_row on commit drop as select '{person}' as of_table, id from erased "
        f"union all {rows}",
        """
        insert into erased_person (school_id, sourced_id, at)
        select %(school)s, sourced_id, clock_timestamp() from erased""",
        """
        delete from journal_entry j using plan p, erased_row r
        where p.school_id = %(school)s and j.plan_id = p.id and j."table" = r.of_table and j.row_id = r.id""",
        f"""
        delete from journal_entry j using plan p, erased e
        where p.school_id = %(school)s and j.plan_id = p.id and j."table" in ({listed})
            and e.id in ((j.before->>'{owner}')::bigint, (j.after->>'{owner}')::bigint)""",
        """
        delete from planned_change c using erased e
        where c.school_id = %(school)s and c.plan_id <> %(plan)s and c.sourced_id = e.sourced_id""",
        """
        delete from planned_change c using erased e
        where c.school_id = %(school)s and c.plan_id <> %(plan)s and c.subject = %(kind)s and c.hub_id = e.id
            and c."table" in ('', %(kind)s)""",
        """
        delete from match_row m using erased e
        where m.school_id = %(school)s and m.kind = %(kind)s and m.hub_id = e.id""",
        """
        delete from review_step s where s.school_id = %(school)s and s.kind = %(kind)s
            and s.hub_ids && (select coalesce(array_agg(id), '{}') from erased)""",
        """
        delete from match_decision d using erased e
        where d.school_id = %(school)s and d.kind = %(kind)s and d.hub_id = e.id""",
        f"""
        delete from {_STAGED[person]} s using mis_link l, erased e
        where s.school_id = %(school)s and l.{owner} = e.id and s.mis_id = l.mis_id
            and s.snapshot_id <> (
                select max(n.id) from snapshot n where n.school_id = %(school)s and n.state = 'complete')""",
        f"""
        delete from staged_elsewhere s using mis_link l, erased e
        where s.school_id = %(school)s and s.kind = %(kind)s and l.{owner} = e.id and s.mis_id = l.mis_id""",
        f"""
        delete from staged_issue s using mis_link l, erased e
        where s.school_id = %(school)s and s.kind = %(kind)s and l.{owner} = e.id and s.record = l.mis_id""",
        *(
            f"delete from {table} r using erased e where r.school_id = %(school)s and r.{owner} = e.id"
            for table in of_person
        ),
        f"delete from {person} p using erased e where p.school_id = %(school)s and p.id = e.id",
    ]
