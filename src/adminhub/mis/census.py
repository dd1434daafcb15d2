"""The School Census, as XML or as the tables local authorities pass around: pupils on roll and those who left since.

No staff and no classes. The tables' columns are the XML's element names in lower case (CBDS).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adminhub.mis import dfe_xml, identifiers
from adminhub.mis.csv_file import Row, Table, TableShape, rows
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.record import Notes, Record, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Issue, Reject, Roster, School
from adminhub.mis.source import Source
from adminhub.mis.tables import one_of_each
from adminhub.mis.text import clean
from adminhub.mis.xml_file import Node, Paths, Prolog, nodes

FORMAT = "census"

_PUPIL = Paths(
    {
        "PupilIdentifiers/UPN": "upn",
        "PupilIdentifiers/FormerUPN": "former_upn",
        "PupilIdentifiers/UniqueLearnerNumber": "uln",
        "PupilIdentifiers/Surname": "legal_surname",
        "PupilIdentifiers/Forename": "legal_forename",
        "PupilIdentifiers/MiddleNames": "middle_names",
        "PupilIdentifiers/PreferredSurname": "preferred_surname",
        "PupilIdentifiers/DOB": "date_of_birth",
        "PupilIdentifiers/Sex": "sex",
        "PupilIdentifiers/Gender": "sex",
        "PupilStatus/EnrolStatus": "enrolment_status",
        "PupilStatus/EntryDate": "admission_date",
        "PupilStatus/LeavingDate": "leaving_date",
        "PupilStatus/NCyearActual": "year_group",
        "PupilStatus/NCyearLeaving": "year_group",
        "PupilCharacteristics/ServiceChild": "service_child",
        "SpecialEducationalNeeds/SENprovision": "sen",
        "HomeInformation/Address/PostCode": "postcode",
        "HomeInformation/Address/BS7666Address/PostCode": "postcode",
    }
)
HOLDS_PUPIL = _PUPIL.fields | {"free_school_meals"}
_PLACES = {
    "Source": ("Header",),
    "SchoolCharacteristics": ("School",),
    "PupilOnRoll": ("PupilsOnRoll",),
    "PupilNoLongerOnRoll": ("PupilsNoLongerOnRoll",),
}


_PERSON = {
    "upn": "upn",
    "formerupn": "former_upn",
    "uniquelearnernumber": "uln",
    "surname": "legal_surname",
    "forename": "legal_forename",
    "middlenames": "middle_names",
    "preferredsurname": "preferred_surname",
    "dob": "date_of_birth",
    "sex": "sex",
    "gender": "sex",
    "enrolstatus": "enrolment_status",
    "entrydate": "admission_date",
    "leavingdate": "leaving_date",
    "ncyearactual": "year_group",
    "ncyearleaving": "year_group",
    "servicechild": "service_child",
    "senprovision": "sen",
    "postcode": "postcode",
}
_ON_ROLL, _NO_LONGER = "pupilonrolltableid", "pupilnolongeronrolltableid"
_WHO = ("surname", "forename", "dob")
PUPILS = TableShape("pupils", {_ON_ROLL: "row", **_PERSON}, (_ON_ROLL, *_WHO))
LEAVERS = TableShape("leavers", {_NO_LONGER: "row", **_PERSON}, (_NO_LONGER, *_WHO))
SCHOOLS = TableShape(
    "schools",
    {"lea": "lea", "estab": "estab", "schoolname": "name", "urn": "urn"},
    ("lea", "estab", "schoolname"),
    (_ON_ROLL, _NO_LONGER),
    is_guessed=False,
)


def _beside(kind: str, columns: Mapping[str, str], needed: str) -> tuple[TableShape, ...]:
    return tuple(
        TableShape(kind, {key: "row", **columns}, (key, needed), ("surname", "dob"), is_guessed=False)
        for key in (_ON_ROLL, _NO_LONGER)
    )


ADDRESSES = _beside("addresses", {"postcode": "postcode"}, "postcode")
MEALS = _beside("free school meals", {"fsmstartdate": "start", "fsmenddate": "end"}, "fsmstartdate")
SHAPES = (PUPILS, LEAVERS, SCHOOLS, *ADDRESSES, *MEALS)
TITLES: dict[str, str] = {}


def read(files: Sequence[tuple[Source, Prolog]], tables: Sequence[Table], notes: Notes) -> Roster:
    """Read one census, in one form or the other. Who left and came back is on roll."""
    gathered = Gathered(notes)
    if files and tables:
        raise Refused(
            tables[0].name,
            f"This is a census as tables, and {files[0][0].name} one as XML.",
            what_to_do="Give one of them.",
        )
    holds = (
        _read_file(*dfe_xml.only(files, "School Census"), gathered)
        if files
        else _read_tables(tables, gathered)
    )
    return gathered.roster(
        FORMAT, holds_pupil=holds, holds_employee=frozenset(), personal_ids=frozenset({"pupils"})
    )


def _read_file(source: Source, prolog: Prolog, gathered: Gathered) -> frozenset[str]:
    gathered.tables["pupils"] = source.name
    gathered.notes.issues.extend(prolog.issues)
    once = Once(gathered.notes, source.name, "pupil", shows_ids=False)
    for node in nodes(source, prolog, _PLACES):
        if node.name == "Source":
            if found := dfe_xml.school(node):
                dfe_xml.refuse_misnamed(source, found)
                gathered.schools[found.mis_id] = found
        elif node.name == "SchoolCharacteristics":
            _name_school(node, gathered)
        else:
            cells = node.cells(_PUPIL)
            meals = node.all("PupilCharacteristics/FSMeligibility/FSMperiod")
            periods = [(clean(meal.text("FSMstartDate")), clean(meal.text("FSMendDate"))) for meal in meals]
            cells["free_school_meals"] = dfe_xml.yes_or_no(dfe_xml.is_running(periods, gathered.notes))
            has_left = node.name == "PupilNoLongerOnRoll"
            _take_pupil(Row(node.line, cells), gathered, once, has_left=has_left)
    return HOLDS_PUPIL


def _read_tables(tables: Sequence[Table], gathered: Gathered) -> frozenset[str]:
    """The tables of one school. What has a table of its own is unknown where that table is not there."""
    by_kind = one_of_each(tables, gathered, several=("addresses", "free school meals"))
    _read_schools(by_kind.get("schools"), gathered)
    postcodes = _by_row(tables, "addresses", ("postcode",), gathered)
    meals = _by_row(tables, "free school meals", ("start", "end"), gathered)
    holds = {name for kind in ("pupils", "leavers") if kind in by_kind for name in by_kind[kind].fields} - {
        "row"
    }
    for kind, has_left in (("pupils", False), ("leavers", True)):
        table = by_kind.get(kind)
        if table is None:
            continue
        once = Once(gathered.notes, table.name, "pupil", shows_ids=False)
        for row in rows(table, gathered.notes.rejects):
            number = (has_left, clean(row.cells.pop("row", "")))
            if number in postcodes:
                row.cells.setdefault("postcode", postcodes[number][0][0])
            if "free school meals" in by_kind:
                periods = [(start, end) for start, end in meals.get(number, ())]
                is_free = dfe_xml.is_running(periods, gathered.notes)
                row.cells["free_school_meals"] = dfe_xml.yes_or_no(is_free)
            _take_pupil(row, gathered, once, has_left=has_left)
    return frozenset(holds | _held_beside(by_kind))


def _held_beside(by_kind: Mapping[str, Table]) -> set[str]:
    fields = {"addresses": "postcode", "free school meals": "free_school_meals"}
    return {name for kind, name in fields.items() if kind in by_kind}


def _read_schools(table: Table | None, gathered: Gathered) -> None:
    if table is None:
        return
    for row in rows(table, gathered.notes.rejects):
        cells = {name: clean(value) for name, value in row.cells.items()}
        if number := identifiers.laestab(cells.get("lea", "") + cells.get("estab", "").zfill(4)):
            urn = cells.get("urn", "")
            gathered.schools[number] = School(
                mis_id=number,
                name=cells.get("name") or None,
                urn=urn if identifiers.is_urn(urn) else None,
                laestab=number,
            )
    if len(gathered.schools) > 1:
        raise Refused(
            table.name,
            f"These tables are of {len(gathered.schools)} schools, and nothing in them says whose each pupil is.",
            what_to_do="Give the tables of one school.",
        )


def _by_row(
    tables: Sequence[Table], kind: str, names: Sequence[str], gathered: Gathered
) -> dict[tuple[bool, str], list[list[str]]]:
    """These fields of every row, by whether the pupil has left and by the number of the pupil's row."""
    found: dict[tuple[bool, str], list[list[str]]] = {}
    for table in tables:
        if table.shape.kind == kind:
            has_left = _NO_LONGER in table.headings
            for row in rows(table, gathered.notes.rejects):
                number = (has_left, clean(row.cells.get("row", "")))
                found.setdefault(number, []).append([clean(row.cells.get(name, "")) for name in names])
    return found


def _name_school(node: Node, gathered: Gathered) -> None:
    urn = clean(node.text("URN"))
    for mis_id, found in gathered.schools.items():
        gathered.schools[mis_id] = replace(
            found,
            name=clean(node.text("SchoolName")) or None,
            urn=urn if identifiers.is_urn(urn) else None,
        )


def _take_pupil(row: Row, gathered: Gathered, once: Once, *, has_left: bool) -> None:
    notes, cells, place = gathered.notes, row.cells, f"{once.file} line {row.line}"
    if not cells.get("legal_surname") and not cells.get("upn"):
        notes.rejects.append(Reject(place, "The pupil has neither a UPN nor a surname."))
        return
    mis_id = dfe_xml.pupil_key(cells)
    if has_left and mis_id in gathered.pupils:
        notes.issues.append(
            Issue(place, None, "Is both on roll and among those who left; counts as on roll.", mis_id)
        )
        return
    if not once.is_new(mis_id, line=row.line, cells=cells):
        return
    if "upn" not in cells:
        notes.issues.append(
            Issue(place, "upn", "The pupil has no UPN and is known by name and birthday only.", mis_id)
        )
    if has_left:
        # The census gives leavers no EnrolStatus; CBDS: it is C unless another is given.
        cells = {"on_roll": "N", "enrolment_status": "C"} | cells
    gathered.pupils[mis_id] = pupil(Record(notes, once.file, place, mis_id, cells), holds=HOLDS_PUPIL)
