"""The School Workforce Census as XML: staff by teacher number. Pay, hours, absences and the like are never read."""

from collections.abc import Sequence

from adminhub.mis import dfe_xml
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.record import Notes, Record, employee
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Issue, Reject, Roster
from adminhub.mis.source import Source
from adminhub.mis.text import clean
from adminhub.mis.xml_file import Node, Paths, Prolog, nodes

FORMAT = "workforce"

_MEMBER = Paths(
    {
        "StaffDetails/TeacherNumber": "teacher_number",
        "StaffDetails/StaffMemberName/PersonFamilyName": "legal_surname",
        "StaffDetails/Sex": "sex",
        "StaffDetails/Gender": "sex",
        "StaffDetails/PersonBirthDate": "date_of_birth",
    }
)
_GIVEN = "StaffDetails/StaffMemberName/GivenNames/GivenName/PersonGivenName"
_CONTRACT = Paths(
    {
        "ContractStart": "start_date",
        "ContractEnd": "end_date",
        "Post": "role",
        "Roles/Role/RoleIdentifier": "role",
    }
)
HOLDS_EMPLOYEE = _MEMBER.fields | _CONTRACT.fields | {"legal_forename", "middle_names", "teaching"}
_TEACHERS = frozenset({"HDT", "DHT", "AHT", "TCH", "EXH", "EXT", "LDP"})
_PLACES = {"Source": ("Header",), "SchoolWorkforceMember": ("SchoolWorkforceMembers",)}


def read(files: Sequence[tuple[Source, Prolog]], notes: Notes) -> Roster:
    """Read one workforce census."""
    source, prolog = dfe_xml.only(files, "School Workforce Census")
    gathered = Gathered(notes, tables={"employees": source.name})
    notes.issues.extend(prolog.issues)
    once = Once(notes, source.name, "member of staff", shows_ids=False)
    for node in nodes(source, prolog, _PLACES):
        if node.name == "Source":
            if found := dfe_xml.school(node):
                dfe_xml.refuse_misnamed(source, found)
                gathered.schools[found.mis_id] = found
        else:
            _read_member(source, node, gathered, once)
    if not gathered.employees:
        raise Refused(
            source.name,
            "There are 0 members of staff in it that could be taken.",
            what_to_do="Check the return in the MIS and export it again.",
        )
    return gathered.roster(
        FORMAT, holds_pupil=frozenset(), holds_employee=HOLDS_EMPLOYEE, personal_ids=frozenset({"employees"})
    )


def _read_member(source: Source, node: Node, gathered: Gathered, once: Once) -> None:
    notes, place = gathered.notes, f"{source.name} line {node.line}"
    cells = node.cells(_MEMBER)
    given = [name for part in node.all(_GIVEN) if (name := clean(part.text(".")))]
    if given:
        cells["legal_forename"] = given[0]
    if given[1:]:
        cells["middle_names"] = " ".join(given[1:])
    if not cells.get("legal_surname"):
        notes.rejects.append(Reject(place, "The member of staff has no surname."))
        return
    contracts = [part.cells(_CONTRACT) for part in node.all("ContractOrServiceGroup/ContractOrService")]
    if contracts:
        latest = max(contracts, key=lambda contract: contract.get("start_date", ""))
        cells |= latest
    if role := clean(cells.get("role", "")).upper():
        cells["teaching"] = dfe_xml.yes_or_no(role in _TEACHERS)
    mis_id = dfe_xml.employee_key(cells)
    if not once.is_new(mis_id, line=node.line, cells=cells):
        return
    if "teacher_number" not in cells and cells.get("teaching") == "Y":
        notes.issues.append(
            Issue(
                place,
                "teacher_number",
                "The teacher has no teacher number and is known by name and birthday only.",
                mis_id,
            )
        )
    gathered.employees[mis_id] = employee(Record(notes, source.name, place, mis_id, cells))
