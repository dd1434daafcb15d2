"""One person's row turned into a frozen value, with a remark for everything that was odd."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from adminhub.mis import identifiers
from adminhub.mis.days import read_day, read_day_number, read_short_day
from adminhub.mis.roster import Employee, EmployeeStatus, Issue, Pupil, PupilStatus, Reject
from adminhub.mis.text import LONGEST_NAME, clean, name_oddities

LONGEST_TEXT = 500
LATELY = 365

_EMAIL = re.compile(r"[^@\s,;()<>]+@[^@\s,;()<>]+\.[^@\s,;()<>.]+")
_YES = frozenset({"y", "yes", "t", "true", "1"})
_NO = frozenset({"n", "no", "f", "false", "0"})
_SEXES = {
    "m": "M",
    "male": "M",
    "f": "F",
    "female": "F",
    "unspecified": None,
    "u": None,
    "other": None,
    "not known": None,
}
_ENROLMENT = {
    "c": "C",
    "m": "M",
    "s": "S",
    "f": "F",
    "o": "O",
    "g": "G",
    "single registration": "C",
    "current": "C",
    "current (single registration at this school)": "C",
    "current main (dual registration)": "M",
    "current subsidiary (dual registration)": "S",
    "main - dual registration": "M",
    "main (dual registration)": "M",
    "subsidiary (dual registration)": "S",
    "dual main": "M",
    "dual registration (main)": "M",
    "main registration": "M",
    "subsidiary - dual registration": "S",
    "dual subsidiary": "S",
    "subsidiary registration": "S",
    "guest pupil": "G",
    "guest": "G",
    "fe college": "F",
    "other": "O",
}
_PREVIOUS = frozenset({"p", "previous", "previous registration", "left"})
_SEN = {code.lower(): code for code in "NEKAPS"} | {
    "no sen": "N",
    "no special educational need": "N",
    "no special educational needs": "N",
    "none": "N",
    "sen support": "K",
    "special educational needs support": "K",
    "ehcp": "E",
    "ehc plan": "E",
    "education, health and care plan": "E",
    "education health and care plan": "E",
    "school action": "A",
    "school action plus": "P",
    "statement": "S",
    "statemented": "S",
}
_CODE_AND_WORDS = re.compile(r"([NEKAPS])\s*[-–:]\s*\w.*", re.IGNORECASE)


@dataclass(slots=True)
class Notes:
    """What a read has to say so far.

    `spoilt` are ids of rows not taken, so that nothing else is said of them. `clashes` are the places in `rejects`
    of people whose id another has.
    """

    as_at: date
    issues: list[Issue] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    said: set[tuple[str, str]] = field(default_factory=set)
    spoilt: set[str] = field(default_factory=set)
    clashes: list[int] = field(default_factory=list)

    def once(self, file: str, name: str, message: str) -> None:
        """Remark on a whole file's field, the first time only."""
        if (file, name) not in self.said:
            self.said.add((file, name))
            self.issues.append(Issue(file, name, message))


@dataclass(slots=True)
class Record:
    """One row by field, read cell by cell; what is odd goes to the notes and the cell reads as None."""

    notes: Notes
    file: str
    label: str
    mis_id: str
    cells: Mapping[str, str]

    def remark(self, name: str | None, message: str) -> None:
        self.notes.issues.append(Issue(self.label, name, message, self.mis_id))

    def text(self, name: str) -> str | None:
        raw = self.cells.get(name)
        if raw is None:
            return None
        value = clean(raw)
        if len(value) > LONGEST_TEXT:
            self.remark(name, f"Has {len(value):,} letters, too many to be true; left out.")
            return None
        return value or None

    def name(self, name: str) -> str | None:
        raw = self.cells.get(name)
        if raw is None:
            return None
        if len(raw) > LONGEST_NAME and len(clean(raw)) > LONGEST_NAME:
            self.remark(name, f"Has {len(raw):,} letters, too many to be true; left out.")
            return None
        if not raw.isalpha() or not raw.isascii():
            for message in name_oddities(raw):
                self.remark(name, message)
        return clean(raw) or None

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if value is None:
            return None
        if found := read_day(value):
            return found
        as_at = self.notes.as_at
        if found := read_short_day(value, not_after=as_at):
            self.notes.once(
                self.file, name, "Years are written with two digits; nobody was read as born after today."
            )
            return found
        if found := read_day_number(value):
            self.remark(name, "Is a spreadsheet's day number; it was read as the day it stands for.")
            return found
        self.remark(name, "Is not a real date; left out.")
        return None

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        if value is None:
            return None
        word = value.lower()
        if word in _YES:
            return True
        if word in _NO:
            return False
        self.remark(name, "Is neither yes nor no; left out.")
        return None

    def upn(self, name: str = "upn") -> str | None:
        value = self.text(name)
        if value is None:
            return None
        upn = identifiers.tidy_upn(value)
        if identifiers.upn_kind(upn) is None:
            self.remark(name, "Is not a UPN; left out.")
            return None
        if not identifiers.is_valid_upn(upn):
            self.remark(
                name, "The check letter of the UPN does not fit; left out, so that nobody is matched by it."
            )
            return None
        return upn

    def uln(self) -> str | None:
        value = self.text("uln")
        if value is None:
            return None
        number = value.replace(" ", "")
        if not identifiers.is_valid_uln(number):
            self.remark("uln", "Is not a ULN (the check digit does not fit); left out.")
            return None
        return number

    def email(self) -> str | None:
        value = self.text("email")
        if value is None:
            return None
        if not _EMAIL.fullmatch(value):
            self.remark("email", "Is not an e-mail address; left out.")
            return None
        return value

    def year_group(self, name: str = "year_group") -> str | None:
        value = self.text(name)
        if value is None:
            return None
        if year := identifiers.year_group(value):
            return year
        self.remark(name, "Is not a year group (N1, N2, R, 1 to 14); left out.")
        return None

    def sex(self) -> str | None:
        value = self.text("sex")
        if value is None:
            return None
        word = value.lower()
        if word not in _SEXES:
            self.remark("sex", "Is not one of the values the DfE uses; left out.")
        return _SEXES.get(word)

    def enrolment_status(self) -> str | None:
        value = self.text("enrolment_status")
        if value is None:
            return None
        if value.lower() in _PREVIOUS:
            return None
        if value.lower() not in _ENROLMENT:
            self.remark(
                "enrolment_status", "Is no enrolment status we know; left out, the pupil counts as on roll."
            )
        return _ENROLMENT.get(value.lower())

    def sen(self) -> str | None:
        value = self.text("sen")
        if value is None:
            return None
        coded = _CODE_AND_WORDS.fullmatch(value)
        code = _SEN.get((coded[1] if coded else value).lower())
        if code is None:
            self.remark("sen", "Is none of the codes N, K and E; left out.")
        return code

    def teacher_number(self) -> str | None:
        value = self.text("teacher_number")
        if value is None:
            return None
        if not identifiers.is_teacher_number(value):
            self.remark("teacher_number", "Is not seven digits; left out.")
            return None
        return value


def pupil(record: Record, *, holds: frozenset[str], schools: tuple[str, ...] = ()) -> Pupil:
    """The pupil in this record, with status as at the notes' date. Preferred names left blank are the legal ones."""
    born, joined, left = record.day("date_of_birth"), record.day("admission_date"), record.day("leaving_date")
    as_at = record.notes.as_at
    if born and born > as_at:
        record.remark("date_of_birth", "Is in the future; left out.")
        born = None
    if born and joined and joined < born:
        record.remark("admission_date", "Is before the pupil was born.")
    status = _pupil_status(record, joined=joined, left=left)
    legal_forename, legal_surname = record.name("legal_forename"), record.name("legal_surname")
    forename, surname = record.name("preferred_forename"), record.name("preferred_surname")
    if not (legal_surname or surname):
        record.remark("legal_surname", "There is no surname.")
    if not (legal_forename or forename):
        record.remark("legal_forename", "There is no forename.")
    if "legal_surname" in holds and not legal_surname and surname:
        record.remark("legal_surname", "There is no legal surname.")
    if "legal_forename" in holds and not legal_forename and forename:
        record.remark("legal_forename", "There is no legal forename.")
    if "date_of_birth" in holds and born is None and "date_of_birth" not in record.cells:
        record.remark("date_of_birth", "There is no date of birth.")
    return Pupil(
        mis_id=record.mis_id,
        status=status,
        upn=record.upn(),
        former_upn=record.upn("former_upn"),
        uln=record.uln(),
        admission_number=record.text("admission_number"),
        legal_forename=legal_forename,
        legal_surname=legal_surname,
        preferred_forename=forename or legal_forename,
        preferred_surname=surname or legal_surname,
        middle_names=record.name("middle_names"),
        date_of_birth=born,
        sex=record.sex(),
        year_group=record.year_group(),
        registration_group=record.text("registration_group"),
        house=record.text("house"),
        enrolment_status=record.enrolment_status(),
        admission_date=joined,
        leaving_date=left,
        email=record.email(),
        username=record.text("username"),
        free_school_meals=record.flag("free_school_meals"),
        free_school_meals_ever_6=record.flag("free_school_meals_ever_6"),
        pupil_premium=record.flag("pupil_premium"),
        sen=record.sen(),
        eal=record.flag("eal"),
        in_care=record.flag("in_care"),
        service_child=record.flag("service_child"),
        address=record.text("address"),
        postcode=record.text("postcode"),
        schools=schools,
    )


def employee(record: Record, *, schools: tuple[str, ...] = ()) -> Employee:
    """The employee in this record, with status as at the notes' date."""
    started, ended = record.day("start_date"), record.day("end_date")
    born = record.day("date_of_birth")
    as_at = record.notes.as_at
    if born and born > as_at:
        record.remark("date_of_birth", "Is in the future; left out.")
        born = None
    status: EmployeeStatus = "current"
    if started and ended and ended < started:
        record.remark("end_date", "Is before the start date; the person counts as current.")
    elif started and started > as_at:
        status = "future"
    elif ended and ended < as_at:
        status = "left"
    legal_forename, legal_surname = record.name("legal_forename"), record.name("legal_surname")
    forename, surname = record.name("preferred_forename"), record.name("preferred_surname")
    if not (legal_surname or surname):
        record.remark("legal_surname", "There is no surname.")
    return Employee(
        mis_id=record.mis_id,
        status=status,
        title=record.text("title"),
        legal_forename=legal_forename,
        legal_surname=legal_surname,
        preferred_forename=forename or legal_forename,
        preferred_surname=surname or legal_surname,
        middle_names=record.name("middle_names"),
        date_of_birth=born,
        sex=record.sex(),
        email=record.email(),
        username=record.text("username"),
        teacher_number=record.teacher_number(),
        staff_code=record.text("staff_code"),
        teaching=record.flag("teaching"),
        role=record.text("role"),
        start_date=started,
        end_date=ended,
        schools=schools,
    )


def _pupil_status(record: Record, *, joined: date | None, left: date | None) -> PupilStatus:
    as_at = record.notes.as_at
    if joined and left and left < joined:
        record.remark("leaving_date", "Is before the pupil joined; the pupil counts as on roll.")
        return "on_roll"
    if joined and joined > as_at:
        return "future"
    if left and left < as_at:
        if (as_at - left).days > LATELY and record.cells.get("registration_group"):
            record.remark(
                "leaving_date", "Is more than a year ago, and the pupil is still in a registration group."
            )
        return "left"
    if left is None and record.cells.get("on_roll") and record.flag("on_roll") is False:
        return "left"
    if left is None and clean(record.cells.get("enrolment_status", "")).lower() in _PREVIOUS:
        return "left"  # CBDS: P is a pupil who was registered here before
    return "on_roll"
