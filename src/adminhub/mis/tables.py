"""The tables of one CSV export: each there once, their people and the links between them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from adminhub.mis import identifiers
from adminhub.mis.csv_file import Row, Table, rows
from adminhub.mis.days import is_day_first_only, read_month_first
from adminhub.mis.gathering import ClassKey, Gathered, Once
from adminhub.mis.record import Record, employee, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import ClassKind, Employee, Issue, Reject, School, SchoolClass
from adminhub.mis.text import clean

Change = Callable[[dict[str, str]], None]

_GONE = frozenset({"inactive", "deleted", "tobedeleted"})
_AMERICAN_YEARS = {
    "infanttoddler": "N1",
    "preschool": "N1",
    "ps": "N1",
    "prekindergarten": "N2",
    "pk": "N2",
    "transitionalkindergarten": "R",
    "tk": "R",
    "kindergarten": "R",
    "kg": "R",
    "k": "R",
}


def one_of_each(
    tables: Sequence[Table], gathered: Gathered, *, several: Collection[str] = ()
) -> dict[str, Table]:
    """The tables by kind. Raises Refused where a kind that is not in `several` is there twice."""
    by_kind: dict[str, Table] = {}
    for table in tables:
        gathered.notes.issues.extend(table.issues)
        kind = table.shape.kind
        if kind in by_kind and kind not in several:
            raise Refused(
                table.name,
                f"There are two files of {kind}, this one and {by_kind[kind].name}.",
                what_to_do="Give the files of one export.",
            )
        by_kind[kind] = table
        gathered.tables[kind] = table.name
    return by_kind


def live(table: Table | None, gathered: Gathered, spoilt: set[str] | None = None) -> Iterator[Row]:
    """The table's rows that are not marked as inactive or deleted; none where there is no table."""
    if table is None:
        return
    for row in rows(table, gathered.notes.rejects, spoilt):
        if clean(row.cells.pop("status", "")).lower() not in _GONE:
            yield row


def read_schools(table: Table | None, gathered: Gathered) -> None:
    """Every school the table lists, by its id."""
    for row in live(table, gathered):
        mis_id, number = clean(row.cells.get("mis_id", "")), clean(row.cells.get("number", ""))
        if not mis_id:
            continue
        gathered.schools[mis_id] = School(
            mis_id=mis_id,
            name=clean(row.cells.get("name", "")) or None,
            urn=number if identifiers.is_urn(number) else None,
            laestab=identifiers.laestab(mis_id) or identifiers.laestab(number),
        )


def refuse_other_school(table: Table | None, gathered: Gathered) -> None:
    """Raises Refused where everybody in the table belongs to a school that is not listed."""
    if table is None or not gathered.schools:
        return
    found = {clean(row.cells.get("school", "")) for row in rows(table, [])} - {""}
    if found and not found & gathered.schools.keys():
        raise Refused(
            table.name,
            f"This is another school's file: everybody in it belongs to {', '.join(sorted(found)[:3])[:60]}, "
            f"and the school listed is {', '.join(sorted(gathered.schools)[:3])[:60]}.",
            what_to_do="Give the files of one school's export.",
        )


def read_employees(
    table: Table | None, gathered: Gathered, *, title: str, change: Change | None = None
) -> None:
    """Every employee the table lists. `title` is how the format heads the column of their ids."""
    if table is None:
        return
    notes = gathered.notes
    once = Once(notes, table.name, "employee")
    for row in live(table, gathered):
        mis_id, school = clean(row.cells.pop("mis_id", "")), clean(row.cells.pop("school", ""))
        if not mis_id or not row.cells:
            notes.rejects.append(
                Reject(
                    f"{table.name} line {row.line}", f"The row is no person: it has no {title} or no name."
                )
            )
        elif _is_listed(table, row, school, gathered) and once.is_new(mis_id, line=row.line, cells=row.cells):
            if change:
                change(row.cells)
            record = Record(notes, table.name, f"employee {mis_id}", mis_id, row.cells)
            found = employee(record, schools=(school,) if school else ())
            _add_employee(table, row, found, gathered)


def _add_employee(table: Table, row: Row, found: Employee, gathered: Gathered) -> None:
    """Take the employee in. Who is in another table already, as a teacher in the list of all staff, stays as there."""
    known = gathered.employees.setdefault(found.mis_id, found)
    if (known.preferred_surname, known.preferred_forename) != (
        found.preferred_surname,
        found.preferred_forename,
    ):
        gathered.notes.rejects.append(
            Reject(f"{table.name} line {row.line}", f"Somebody else has the id {found.mis_id[:40]} already.")
        )


def read_pupils(
    table: Table | None,
    gathered: Gathered,
    *,
    title: str,
    forms_are_listed: bool = False,
    change: Change | None = None,
) -> None:
    """Every pupil the table lists, put into their registration groups. `title` heads the column of their ids."""
    if table is None:
        return
    notes = gathered.notes
    once = Once(notes, table.name, "pupil")
    forms = {group.name: key for key, group in gathered.classes.items() if group.kind == "registration"}
    for row in live(table, gathered, notes.spoilt):
        mis_id, school = clean(row.cells.pop("mis_id", "")), clean(row.cells.pop("school", ""))
        if not mis_id or len(row.cells) < 3:
            notes.rejects.append(
                Reject(f"{table.name} line {row.line}", f"The row is no pupil: it has no {title} or no name.")
            )
            continue
        if not _is_listed(table, row, school, gathered):
            notes.spoilt.add(mis_id)
            continue
        if not once.is_new(mis_id, line=row.line, cells=row.cells):
            continue
        if change:
            change(row.cells)
        record = Record(notes, table.name, f"pupil {mis_id}", mis_id, row.cells)
        found = pupil(record, holds=table.fields, schools=(school,) if school else ())
        gathered.pupils[mis_id] = found
        group = found.registration_group
        if group is None:
            continue
        if group not in forms:
            if forms_are_listed:
                record.remark("registration_group", "The registration form is not listed.")
                continue
            gathered.named_class("registration", group)
            forms[group] = ("registration", group)
        if found.status != "left":
            gathered.class_pupils[forms[group]][mis_id] = None


def read_links(table: Table | None, gathered: Gathered, *, keys: Mapping[str, ClassKey]) -> None:
    """Who is in a class or teaches it, told by whether the person is a pupil. `keys` are the classes by their id."""
    if table is None:
        return
    notes = gathered.notes
    for row in live(table, gathered):
        class_id, person = clean(row.cells.get("class", "")), clean(row.cells.get("person", ""))
        place = f"{table.name} line {row.line}"
        key = keys.get(class_id)
        if key is None:
            notes.rejects.append(Reject(place, f"Names class {class_id[:40]}, which is not listed."))
        elif person in gathered.pupils:
            gathered.class_pupils[key][person] = None
        elif person in gathered.employees:
            gathered.class_employees[key][person] = None
        elif person not in notes.spoilt:
            gathered.strangers[person].append(Reject(place, f"Names {person[:40]}, who is not listed."))


def link_teachers(
    key: ClassKey, people: Sequence[str], gathered: Gathered, *, place: str, is_known: bool
) -> None:
    """Put these people's ids beside the class. `is_known`: the export lists the staff, so the unlisted are odd."""
    for person in people:
        if person in gathered.employees:
            gathered.class_employees[key][person] = None
        elif person and is_known:
            gathered.notes.issues.append(
                Issue(
                    place, "teachers", f"The class names {person[:40]}, who is not in the staff list.", key[1]
                )
            )


def read_classes(
    table: Table | None, gathered: Gathered, *, kind: ClassKind, years: str
) -> Iterator[tuple[str, Row]]:
    """Gather the classes of a table, each once, and yield its id with its row. `years` parts the year groups."""
    if table is None:
        return
    once = Once(gathered.notes, table.name, "class")
    for row in rows(table, gathered.notes.rejects):
        mis_id, name = clean(row.cells.get("mis_id", "")), clean(row.cells.get("name", ""))
        if not mis_id or not name:
            gathered.notes.rejects.append(
                Reject(f"{table.name} line {row.line}", "The row lacks the id or the name of a class.")
            )
            continue
        if not once.is_new(mis_id, line=row.line, cells=row.cells):
            continue
        year_groups = (
            identifiers.year_group(clean(year)) for year in row.cells.get("year_groups", "").split(years)
        )
        gathered.add_class(
            SchoolClass(
                mis_id=mis_id,
                name=name,
                kind=kind,
                subject=clean(row.cells.get("subject", "")) or None,
                year_groups=tuple(year for year in year_groups if year),
            )
        )
        yield mis_id, row


def classes_by_id(gathered: Gathered) -> dict[str, ClassKey]:
    """The classes' keys by id alone, for formats whose ids no form and class share."""
    return {mis_id: (kind, mis_id) for kind, mis_id in gathered.classes}


def kind_and_subject(subject: str, course: str = "") -> tuple[ClassKind, str | None]:
    """Whether a class of this subject, or else of this course, is a registration group; and the subject of others."""
    if (subject or course).lower().startswith(("registration", "homeroom")):
        return "registration", None
    return "teaching", subject or None


def month_first(table: Table | None, gathered: Gathered, *, name: str, title: str) -> Change:
    """A change that turns the cell's month/day/year into an ISO day.

    Raises Refused where the column holds days before months: which of its days are turned round nobody can know.
    """
    as_at = gathered.notes.as_at
    odd = [
        row.line
        for row in (rows(table, []) if table else ())
        if is_day_first_only(clean(row.cells.get(name, "")), not_after=as_at)
    ]
    if table is not None and odd:
        raise Refused(
            table.name,
            f"The column {title} has the day before the month in {len(odd)} rows (first on line {odd[0]}); "
            "this format writes month/day/year, so no birthday in it can be trusted.",
            what_to_do="Check which order the dates are in and export the column as month/day/year.",
            record=f"line {odd[0]}",
        )

    def change(cells: dict[str, str]) -> None:
        if found := read_month_first(clean(cells.get(name, "")), not_after=as_at):
            cells[name] = found.isoformat()

    return change


def year_label(text: str) -> str:
    """The grade as a school here writes it: Kindergarten is R, PK is N2; others stay as they are."""
    return _AMERICAN_YEARS.get(clean(text).replace(" ", "").replace("-", "").lower(), text)


def _is_listed(table: Table, row: Row, school: str, gathered: Gathered) -> bool:
    if not school or not gathered.schools or school in gathered.schools:
        return True
    gathered.notes.rejects.append(
        Reject(f"{table.name} line {row.line}", f"Belongs to school {school[:40]}, which is not listed.")
    )
    return False
