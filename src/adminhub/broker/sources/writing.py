"""Writing a school's rows set by set: only what differs is touched, ids are kept, what vanished is remembered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from adminhub.broker.sources.models import BESIDE_EXPORTS, PUPIL_TYPES
from adminhub.broker.sources.rows import ContactRow, Link, PersonRow, Rows

PERSON_COLUMNS = (
    "upi",
    "title",
    "initials",
    "surname",
    "forename",
    "middle_names",
    "legal_surname",
    "legal_forename",
    "gender",
    "date_of_birth",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One table of records: its key within a school, its other columns, and its types in deletions by status.

    `spoken_of` is true of the rows an export could name: no other is gone for not being in one.
    """

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    told_as: dict[str, str]
    spoken_of: str = "true"


_BESIDE = ", ".join(f"'{kind.value}'" for kind in BESIDE_EXPORTS)
GROUPS = Kind(
    "broker_sources_group",
    ("type", "mis_id"),
    ("name", "code"),
    {"current": "group"},
    f"t.type NOT IN ({_BESIDE})",
)
SUBJECTS = Kind("broker_sources_subject", ("mis_id",), ("name",), {})
CLASSES = Kind(
    "broker_sources_schoolclass", ("mis_id",), ("name", "year_group", "subject_id"), {"current": "class"}
)
PUPILS = Kind(
    "broker_sources_pupil",
    ("mis_id",),
    (
        *PERSON_COLUMNS,
        "education_details",
        "extended_details",
        "contact_details",
        "identifiers",
        "registration_id",
        "year_id",
        "house_id",
    ),
    {status.value: told for status, told in PUPIL_TYPES.items()},
)
EMPLOYEES = Kind(
    "broker_sources_employee",
    ("mis_id",),
    (*PERSON_COLUMNS, "employment_details", "contact_details", "identifiers"),
    {"current": "employee"},
)


CONTACTS = Kind(
    "broker_sources_contact",
    ("mis_id",),
    ("upi", "title", "initials", "surname", "forename", "contact_details", "identifiers"),
    {"current": "contact"},
)

MEMBERSHIPS = ("classpupil", "classemployee", "grouppupil", "groupemployee", "contactpupil")
ANALYSED = (
    *(kind.table for kind in (GROUPS, CLASSES, PUPILS, EMPLOYEES, CONTACTS)),
    *(f"broker_sources_{name}" for name in MEMBERSHIPS),
)
MANY = 500


def write(rows: Rows, *, school_id: int, now: datetime) -> dict[str, dict[str, int]]:
    """Make the school's records equal to the rows, in the caller's transaction.

    Returns per kind how many were created, updated, gone and returned.
    """
    writer = Writer(school_id, now)
    changes = {}
    changes["groups"], groups = writer.merge(
        GROUPS,
        ((row.type, row.mis_id, row.name, row.code, row.status, row.row_hash) for row in rows.groups),
    )
    changes["subjects"], subjects = writer.merge(
        SUBJECTS, ((row.mis_id, row.name, row.status, row.row_hash) for row in rows.subjects)
    )
    changes["classes"], classes = writer.merge(
        CLASSES,
        (
            (
                row.mis_id,
                row.name,
                row.year_group,
                subjects.get((row.subject,)) if row.subject else None,
                row.status,
                row.row_hash,
            )
            for row in rows.classes
        ),
    )
    changes["pupils"], pupils = writer.merge(PUPILS, (_pupil_values(row, groups) for row in rows.pupils))
    changes["employees"], employees = writer.merge(EMPLOYEES, map(_employee_values, rows.employees))
    by_class = {key[0]: number for key, number in classes.items()}
    by_pupil = {key[0]: number for key, number in pupils.items()}
    by_employee = {key[0]: number for key, number in employees.items()}
    if rows.contacts:
        changes["contacts"] = write_contacts(rows.contacts, by_pupil, school_id=school_id, now=now)
    writer.link("classpupil", "school_class", "pupil", rows.class_pupils, by_class, by_pupil)
    writer.link("classemployee", "school_class", "employee", rows.class_employees, by_class, by_employee)
    writer.link("grouppupil", "group", "pupil", rows.group_pupils, groups, by_pupil)
    writer.link("groupemployee", "group", "employee", rows.group_employees, groups, by_employee)
    if sum(change["created"] for change in changes.values()) >= MANY:
        tell_planner()
    return changes


def tell_planner() -> None:
    """Refresh PostgreSQL's statistics after many new records, or it reads a whole school for each page.

    Where another school is being published at this moment, its own refreshing will do.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE (SKIP_LOCKED) {', '.join(ANALYSED)}")


def write_contacts(
    contacts: Sequence[ContactRow], pupils: dict[str, int], *, school_id: int, now: datetime
) -> dict[str, int]:
    """Make the school's contacts equal to these, in the caller's transaction; `pupils` are ids by MIS id."""
    writer = Writer(school_id, now)
    changes, numbers = writer.merge(CONTACTS, map(_contact_values, contacts))
    writer.link_contacts(contacts, numbers, pupils)
    return changes


def _person_values(row: PersonRow) -> tuple[Any, ...]:
    return (row.mis_id, *(getattr(row, column) for column in PERSON_COLUMNS))


def _pupil_values(row: PersonRow, groups: dict[tuple[str, ...], int]) -> tuple[Any, ...]:
    details = row.details
    return (
        *_person_values(row),
        details["education_details"],
        details["extended_details"],
        details["contact_details"],
        details["identifiers"],
        groups.get(row.registration) if row.registration else None,
        groups.get(row.year) if row.year else None,
        groups.get(row.house) if row.house else None,
        row.status,
        row.row_hash,
    )


def _employee_values(row: PersonRow) -> tuple[Any, ...]:
    details = row.details
    return (
        *_person_values(row),
        details["employment_details"],
        details["contact_details"],
        details["identifiers"],
        row.status,
        row.row_hash,
    )


def _contact_values(row: ContactRow) -> tuple[Any, ...]:
    return (
        row.mis_id,
        row.upi,
        row.title,
        row.initials,
        row.surname,
        row.forename,
        row.contact_details,
        "{}",
        row.status,
        row.row_hash,
    )


def _inserted(column: str, kind: Kind) -> str:
    """A new record's value. An upi that somebody has kept from an MIS of before is made another."""
    if column != "upi":
        return f"i.{column}"
    taken = f"SELECT o.upi FROM {kind.table} o WHERE o.school_id = %(school)s"  # noqa: S608
    return f"CASE WHEN i.upi IN ({taken}) THEN md5(i.upi || %(now)s::text) ELSE i.upi END"


def _groups_of(kind: Kind) -> str:
    """The ids of all groups of the record `t`; only pupils are in any."""
    if kind is not PUPILS:
        return "ARRAY[]::bigint[]"
    return """ARRAY(
        SELECT own FROM unnest(ARRAY[t.registration_id, t.year_id, t.house_id]) own WHERE own IS NOT NULL
        UNION SELECT m.group_id FROM broker_sources_grouppupil m
        WHERE m.school_id = %(school)s AND m.pupil_id = t.id)"""


class Writer:
    """Holds what every statement needs. All identifiers in the SQL below are constants of this module."""

    def __init__(self, school_id: int, now: datetime) -> None:
        self.values: dict[str, Any] = {"school": school_id, "now": now}

    def merge(
        self, kind: Kind, rows: Iterable[Sequence[Any]]
    ) -> tuple[dict[str, int], dict[tuple[str, ...], int]]:
        """Bring one table up to date. Returns what changed, and the id of every key."""
        columns = (*kind.key, *kind.columns, "status", "row_hash")
        same_key = " AND ".join(f"t.{column} = i.{column}" for column in kind.key)
        # A person's upi is given once, with their id: it stays when a change of MIS brings another MIS id.
        updated_columns = [name for name in (*kind.columns, "status", "row_hash") if name != "upi"]
        changed = "t.row_hash IS DISTINCT FROM i.row_hash OR t.status IS DISTINCT FROM i.status"
        with connection.cursor() as cursor:
            self._copy(cursor, kind.table, columns, rows)
            returned = self._remember_deletions(cursor, kind, same_key)
            cursor.execute(
                f"""
                UPDATE {kind.table} t SET
                    {", ".join(f"{column} = i.{column}" for column in updated_columns)},
                    updated_at = %(now)s,
                    restored_at = CASE WHEN t.status IN ('gone', 'left') AND i.status = 'current'
                                       THEN %(now)s ELSE t.restored_at END
                FROM incoming i WHERE t.school_id = %(school)s AND {same_key} AND ({changed})
                """,  # noqa: S608
                self.values,
            )
            updated = cursor.rowcount
            cursor.execute(
                f"""
                UPDATE {kind.table} t SET status = 'gone', updated_at = %(now)s
                WHERE t.school_id = %(school)s AND t.status <> 'gone' AND {kind.spoken_of}
                AND NOT EXISTS (SELECT 1 FROM incoming i WHERE {same_key})
                """,  # noqa: S608
                self.values,
            )
            gone = cursor.rowcount
            cursor.execute(
                f"""
                INSERT INTO {kind.table} (id, school_id, created_at, updated_at, {", ".join(columns)})
                SELECT broker_sources_next_id(), %(school)s, %(now)s, %(now)s,
                       {", ".join(_inserted(column, kind) for column in columns)}
                FROM incoming i WHERE NOT EXISTS (
                    SELECT 1 FROM {kind.table} t WHERE t.school_id = %(school)s AND {same_key})
                """,  # noqa: S608
                self.values,
            )
            created = cursor.rowcount
            cursor.execute(
                f"SELECT {', '.join(kind.key)}, id FROM {kind.table} t "  # noqa: S608
                "WHERE t.school_id = %(school)s AND t.status <> 'gone'",
                self.values,
            )
            ids = {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}
            cursor.execute("DROP TABLE incoming")
        changes = {"created": created, "updated": updated - returned, "gone": gone, "returned": returned}
        return changes, ids

    def _copy(self, cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        listed = ", ".join(columns)
        cursor.execute(
            f"CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {listed} FROM {table} WITH NO DATA"  # noqa: S608
        )
        with cursor.copy(f"COPY incoming ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE incoming")

    def _remember_deletions(self, cursor: Any, kind: Kind, same_key: str) -> int:
        """Note who leaves a list of the API, and who is in it again. Returns how many are current again.

        It comes before anything is written: of who leaves, the groups are known now, and soon not any more.
        """
        returned = 0
        for status, told_as in kind.told_as.items():
            values = {**self.values, "type": told_as, "status": status}
            cursor.execute(
                f"""
                INSERT INTO broker_sources_deletion
                    (school_id, type, record_id, mis_id, groups, deleted_at, updated_at)
                SELECT %(school)s, %(type)s, t.id, t.mis_id, {_groups_of(kind)}, %(now)s, %(now)s
                FROM {kind.table} t
                WHERE t.school_id = %(school)s AND t.status = %(status)s AND {kind.spoken_of}
                AND NOT EXISTS (SELECT 1 FROM incoming i WHERE {same_key} AND i.status = %(status)s)
                """,  # noqa: S608
                values,
            )
            cursor.execute(
                f"""
                UPDATE broker_sources_deletion d SET restored_at = %(now)s, updated_at = %(now)s
                FROM {kind.table} t JOIN incoming i ON {same_key}
                WHERE d.school_id = %(school)s AND d.type = %(type)s AND d.record_id = t.id
                AND d.consent_id IS NULL AND d.restored_at IS NULL
                AND t.school_id = %(school)s AND t.status <> %(status)s AND i.status = %(status)s
                """,  # noqa: S608
                values,
            )
            returned += int(cursor.rowcount) if status == "current" else 0
        return returned

    def link(
        self,
        table: str,
        owner: str,
        person: str,
        links: Iterable[Link],
        owners: dict[Any, int],
        people: dict[str, int],
    ) -> None:
        """Make one table of memberships equal to the links; those of groups that no export names stay."""
        has_main = person == "employee"
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE incoming (owner_id bigint, person_id bigint, is_main boolean) ON COMMIT DROP"
            )
            with cursor.copy("COPY incoming FROM STDIN") as copy:
                for link in links:
                    copy.write_row((owners[link.owner], people[link.person], link.is_main))
            cursor.execute("ANALYZE incoming")
            same = f"m.{owner}_id = i.owner_id AND m.{person}_id = i.person_id"
            mains = " AND m.is_main = i.is_main" if has_main else ""
            stays = f"""AND NOT EXISTS (SELECT 1 FROM broker_sources_group g
                WHERE g.id = m.group_id AND g.type IN ({_BESIDE}))"""  # noqa: S608
            cursor.execute(
                f"""
                DELETE FROM broker_sources_{table} m WHERE m.school_id = %(school)s
                AND NOT EXISTS (SELECT 1 FROM incoming i WHERE {same}{mains})
                {stays if owner == "group" else ""}
                """,  # noqa: S608
                self.values,
            )
            cursor.execute(
                f"""
                INSERT INTO broker_sources_{table} (school_id, {owner}_id, {person}_id{", is_main" if has_main else ""})
                SELECT %(school)s, i.owner_id, i.person_id{", i.is_main" if has_main else ""} FROM incoming i
                WHERE NOT EXISTS (
                    SELECT 1 FROM broker_sources_{table} m WHERE m.school_id = %(school)s AND {same})
                """,  # noqa: S608
                self.values,
            )
            cursor.execute("DROP TABLE incoming")

    def link_contacts(
        self, rows: Iterable[ContactRow], contacts: dict[tuple[str, ...], int], people: dict[str, int]
    ) -> None:
        """Make the contacts of pupils equal to the rows, and siblings those who have a contact in common.

        A contact who is gone keeps theirs: whose parent it was decides who may hear that they are gone.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE incoming (contact_id bigint, pupil_id bigint, relationship jsonb) ON COMMIT DROP"
            )
            with cursor.copy("COPY incoming FROM STDIN") as copy:
                for row in rows:
                    for pupil in row.pupils:
                        copy.write_row((contacts[row.mis_id,], people[pupil], row.relationship))
            cursor.execute("ANALYZE incoming")
            cursor.execute(
                """
                DELETE FROM broker_sources_contactpupil m USING broker_sources_contact c
                WHERE m.school_id = %(school)s AND c.id = m.contact_id AND c.status <> 'gone'
                AND NOT EXISTS (SELECT 1 FROM incoming i WHERE m.contact_id = i.contact_id
                    AND m.pupil_id = i.pupil_id AND m.relationship = i.relationship)
                """,
                self.values,
            )
            cursor.execute(
                """
                INSERT INTO broker_sources_contactpupil (school_id, contact_id, pupil_id, relationship)
                SELECT %(school)s, i.contact_id, i.pupil_id, i.relationship FROM incoming i
                WHERE NOT EXISTS (SELECT 1 FROM broker_sources_contactpupil m WHERE m.school_id = %(school)s
                    AND m.contact_id = i.contact_id AND m.pupil_id = i.pupil_id)
                """,
                self.values,
            )
            cursor.execute("DROP TABLE incoming")
            cursor.execute("DELETE FROM broker_sources_sibling WHERE school_id = %(school)s", self.values)
            cursor.execute(
                """
                INSERT INTO broker_sources_sibling (school_id, pupil_id, sibling_id)
                SELECT DISTINCT %(school)s, a.pupil_id, b.pupil_id FROM broker_sources_contactpupil a
                JOIN broker_sources_contactpupil b USING (contact_id)
                JOIN broker_sources_contact c ON c.id = a.contact_id AND c.status <> 'gone'
                WHERE a.school_id = %(school)s AND b.school_id = %(school)s AND a.pupil_id <> b.pupil_id
                """,
                self.values,
            )
