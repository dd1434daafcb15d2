"""The DfE's Common Transfer File, any version: pupils and their contacts, no staff and no classes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from adminhub.mis import dfe_xml
from adminhub.mis.days import read_day
from adminhub.mis.gathering import Gathered, Once
from adminhub.mis.record import Notes, Record, pupil
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import Contact, Issue, Reject, Roster
from adminhub.mis.source import Source
from adminhub.mis.text import clean
from adminhub.mis.xml_file import Node, Paths, Prolog, nodes

FORMAT = "ctf"
ROOTS = ("ctfile", "ctf", "atfile")

_PUPIL = Paths(
    {
        "UPN": "upn",
        "UniqueLearnerNumber": "uln",
        "Surname": "legal_surname",
        "BasicDetails/LegalSurname": "legal_surname",
        "Forename": "legal_forename",
        "BasicDetails/LegalForename": "legal_forename",
        "DOB": "date_of_birth",
        "Sex": "sex",
        "Gender": "sex",
        "Email": "email",
        "BasicDetails/FormerUPN": "former_upn",
        "BasicDetails/PreferredSurname": "preferred_surname",
        "BasicDetails/PreferredForename": "preferred_forename",
        "BasicDetails/MiddleNames": "middle_names",
        "BasicDetails/NCyearActual": "year_group",
        "BasicDetails/EnrolStatus": "enrolment_status",
        "LookedAfter/InCare": "in_care",
        "Address/PostCode": "postcode",
        "Address/BS7666Address/PostCode": "postcode",
    }
)
_DATES = Paths({"EntryDate": "admission_date", "LeavingDate": "leaving_date"})
_CONTACT = Paths({"Forename": "forename", "Surname": "surname", "Email": "email"})
_SEN = Paths({"StartDate": "start", "SENprovision": "sen"})
HOLDS_PUPIL = _PUPIL.fields | _DATES.fields | {"free_school_meals", "sen"}
_PLACES = {
    "SourceSchool": ("Header",),
    "DocumentQualifier": ("Header",),
    "Pupil": ("CTFpupilData", "ATFpupilData", "Pupils", "CTfile", "CTF"),
}


@dataclass(slots=True)
class _File:
    """One file on its way: a partial one says nothing by leaving something out."""

    source: Source
    once: Once
    is_partial: bool = False
    is_admissions: bool = False


def read(files: Sequence[tuple[Source, Prolog]], notes: Notes) -> Roster:
    """Read every file; a school may have written one for each year. Raises Refused where they are of two schools."""
    gathered = Gathered(notes)
    for source, prolog in files:
        notes.issues.extend(prolog.issues)
        gathered.tables.setdefault("pupils", source.name)
        file = _File(source, Once(notes, source.name, "pupil", shows_ids=False))
        file.is_admissions = prolog.root.lower() == "atfile"
        if file.is_admissions:
            notes.once(
                source.name, "ATfile", "This is an admissions file: its pupils count as starting later."
            )
        _read_file(file, prolog, gathered)
    return gathered.roster(
        FORMAT, holds_pupil=HOLDS_PUPIL, holds_employee=frozenset(), personal_ids=frozenset({"pupils"})
    )


def _read_file(file: _File, prolog: Prolog, gathered: Gathered) -> None:
    name, notes = file.source.name, gathered.notes
    for node in nodes(file.source, prolog, _PLACES):
        if node.namespace:
            notes.once(
                name, "namespace", "The elements have a namespace, which a CTF has not; read all the same."
            )
        if node.name == "SourceSchool":
            _read_school(file.source, node, gathered)
        elif node.name == "DocumentQualifier":
            file.is_partial = clean(node.text(".")).lower() == "partial"
            if file.is_partial:
                notes.once(name, "DocumentQualifier", "The file is a partial CTF: it may not hold everybody.")
        else:
            _read_pupil(file, node, gathered)


def _read_school(source: Source, node: Node, gathered: Gathered) -> None:
    found = dfe_xml.school(node)
    if found is None:
        return
    dfe_xml.refuse_misnamed(source, found)
    others = gathered.schools.keys() - {found.mis_id}
    if others:
        raise Refused(
            source.name,
            f"This file is of school {found.mis_id}, and the file before it of school {', '.join(others)}.",
            what_to_do="Give the files of one school.",
        )
    gathered.schools[found.mis_id] = found


def _sen_now(node: Node, as_at: date) -> str:
    """The SEN provision that began last; those before it are history. Empty where there is none."""
    parts = [part.cells(_SEN) for part in node.all("SENhistory/SEN")]
    found = [
        (read_day(clean(part.get("start", ""))) or date.min, part["sen"]) for part in parts if "sen" in part
    ]
    begun = [one for one in found if one[0] <= as_at] or found
    return max(begun, key=lambda one: one[0])[1] if begun else ""


def _read_pupil(file: _File, node: Node, gathered: Gathered) -> None:
    notes, place = gathered.notes, f"{file.source.name} line {node.line}"
    cells = node.cells(_PUPIL)
    if not cells.get("legal_surname") and not cells.get("upn"):
        notes.rejects.append(Reject(place, "The pupil has neither a UPN nor a surname."))
        return
    meals = node.all("FSMhistory/FSMinstance")
    if meals or not file.is_partial:
        periods = [(clean(meal.text("FSMstartDate")), clean(meal.text("FSMendDate"))) for meal in meals]
        cells["free_school_meals"] = dfe_xml.yes_or_no(dfe_xml.is_running(periods, notes))
    if sen := _sen_now(node, notes.as_at):
        cells["sen"] = sen
    if not file.is_partial:
        # CTF specification: what is not so is left out, and EnrolStatus is C unless another is given.
        cells = {"sen": "N", "in_care": "N", "enrolment_status": "C"} | cells
    for school in node.all("SchoolHistory/School"):
        if clean(school.text("LastSchool")).lower() in ("true", "1"):
            cells |= school.cells(_DATES)
    mis_id = dfe_xml.pupil_key(cells)
    if not file.once.is_new(mis_id, line=node.line, cells=cells):
        return
    if mis_id in gathered.pupils:
        notes.issues.append(Issue(place, None, "The pupil is in another file too, which was read.", mis_id))
        return
    if "upn" not in cells:
        notes.issues.append(
            Issue(place, "upn", "The pupil has no UPN and is known by name and birthday only.", mis_id)
        )
    found = pupil(Record(notes, file.source.name, place, mis_id, cells), holds=HOLDS_PUPIL)
    gathered.pupils[mis_id] = replace(found, status="future") if file.is_admissions else found
    for number, contact in enumerate(node.all("Contacts/Contact"), start=1):
        named = contact.cells(_CONTACT)
        contact_id = f"{mis_id}-{number}"
        gathered.contacts[contact_id] = Contact(
            mis_id=contact_id,
            forename=clean(named.get("forename", ""))[:100] or None,
            surname=clean(named.get("surname", ""))[:100] or None,
            email=clean(named.get("email", ""))[:200] or None,
            pupils=(mis_id,),
        )
