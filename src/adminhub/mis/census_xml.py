"""The School Census as XML: pupils on roll and those who left since the last census, no staff and no classes."""

from collections.abc import Sequence
from dataclasses import replace

from adminhub.mis import dfe_xml, identifiers
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.record import Notes, Record, pupil
from adminhub.mis.roster import Issue, Reject, Roster
from adminhub.mis.source import Source
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


def read(files: Sequence[tuple[Source, Prolog]], notes: Notes) -> Roster:
    """Read one census. Who left and came back is on roll."""
    source, prolog = dfe_xml.only(files, "School Census")
    gathered = Gathered(notes, tables={"pupils": source.name})
    notes.issues.extend(prolog.issues)
    once = Once(notes, source.name, "pupil", shows_ids=False)
    for node in nodes(source, prolog, _PLACES):
        if node.name == "Source":
            if found := dfe_xml.school(node):
                dfe_xml.refuse_misnamed(source, found)
                gathered.schools[found.mis_id] = found
        elif node.name == "SchoolCharacteristics":
            _name_school(node, gathered)
        else:
            _read_pupil(source, node, gathered, once)
    return gathered.roster(FORMAT, holds_pupil=HOLDS_PUPIL, holds_employee=frozenset(), ids_are_personal=True)


def _name_school(node: Node, gathered: Gathered) -> None:
    urn = clean(node.text("URN"))
    for mis_id, found in gathered.schools.items():
        gathered.schools[mis_id] = replace(
            found,
            name=clean(node.text("SchoolName")) or None,
            urn=urn if identifiers.is_urn(urn) else None,
        )


def _read_pupil(source: Source, node: Node, gathered: Gathered, once: Once) -> None:
    notes, place = gathered.notes, f"{source.name} line {node.line}"
    cells = node.cells(_PUPIL)
    if not cells.get("legal_surname") and not cells.get("upn"):
        notes.rejects.append(Reject(place, "The pupil has neither a UPN nor a surname."))
        return
    has_left = node.name == "PupilNoLongerOnRoll"
    mis_id = dfe_xml.pupil_key(cells)
    if has_left and mis_id in gathered.pupils:
        notes.issues.append(
            Issue(place, None, "Is both on roll and among those who left; counts as on roll.", mis_id)
        )
        return
    if not once.is_new(mis_id, line=node.line, cells=cells):
        return
    if "upn" not in cells:
        notes.issues.append(
            Issue(place, "upn", "The pupil has no UPN and is known by name and birthday only.", mis_id)
        )
    meals = node.all("PupilCharacteristics/FSMeligibility/FSMperiod")
    cells["free_school_meals"] = dfe_xml.yes_or_no(dfe_xml.is_running(meals, "FSMendDate", notes))
    if has_left:
        # The census gives leavers no EnrolStatus; CBDS: it is C unless another is given.
        cells = {"on_roll": "N", "enrolment_status": "C"} | cells
    gathered.pupils[mis_id] = pupil(Record(notes, source.name, place, mis_id, cells), holds=HOLDS_PUPIL)
