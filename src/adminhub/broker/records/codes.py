"""The attendance codes every school has, and what each counts as (DfE, Working together … attendance, 2024)."""

from dataclasses import dataclass
from typing import Literal

Meaning = Literal[
    "present",
    "late_before_registration",
    "late_after_registration",
    "approved_education_activity",
    "authorised_absence",
    "unauthorised_absence",
    "unexplained_absence",
    "attendance_not_required",
    "missing_mark",
]
# What the pupil was away for: neither late, nor learning elsewhere, nor not asked to be there.
ABSENT: tuple[Meaning, ...] = ("authorised_absence", "unauthorised_absence", "unexplained_absence")


@dataclass(frozen=True, slots=True)
class StandardCode:
    """One national code. Its id is the same for every school."""

    number: int
    code: str
    description: str
    type: Meaning


_LISTED: tuple[tuple[str, str, Meaning], ...] = (
    ("/", "Present (morning)", "present"),
    ("\\", "Present (afternoon)", "present"),
    ("L", "Late, before the register closed", "late_before_registration"),
    ("B", "Educated off site", "approved_education_activity"),
    ("K", "Education arranged by the local authority", "approved_education_activity"),
    ("P", "Approved sporting activity", "approved_education_activity"),
    ("V", "Educational visit or trip", "approved_education_activity"),
    ("W", "Work experience", "approved_education_activity"),
    ("C", "Leave of absence for exceptional circumstances", "authorised_absence"),
    ("C1", "Leave for a regulated performance", "authorised_absence"),
    ("C2", "Part-time timetable", "authorised_absence"),
    ("E", "Suspended or excluded, no alternative provision", "authorised_absence"),
    ("I", "Illness", "authorised_absence"),
    ("J1", "Job, college or school interview", "authorised_absence"),
    ("M", "Medical or dental appointment", "authorised_absence"),
    ("R", "Religious observance", "authorised_absence"),
    ("S", "Study leave", "authorised_absence"),
    ("T", "Parent travelling for work", "authorised_absence"),
    ("G", "Holiday not granted", "unauthorised_absence"),
    ("O", "Absent, reason not authorised", "unauthorised_absence"),
    ("U", "Late, after the register closed", "late_after_registration"),
    ("N", "Reason not yet known", "unexplained_absence"),
    ("D", "At another school where also registered", "attendance_not_required"),
    ("X", "Not required to attend", "attendance_not_required"),
    ("Y1", "Transport not provided", "attendance_not_required"),
    ("Y2", "Travel widely disrupted", "attendance_not_required"),
    ("Y3", "Part of the school closed", "attendance_not_required"),
    ("Y4", "School closed unexpectedly", "attendance_not_required"),
    ("Y5", "In custody", "attendance_not_required"),
    ("Y6", "Public health guidance", "attendance_not_required"),
    ("Y7", "Another unavoidable cause", "attendance_not_required"),
    ("Z", "Not on the register yet", "attendance_not_required"),
    ("#", "School closed as planned", "attendance_not_required"),
    ("-", "No mark", "missing_mark"),
)
# Below the first id that records are given (see `broker_sources_next_id`), so that no record has one of these.
_FIRST = 100_000_001
STANDARD: tuple[StandardCode, ...] = tuple(
    StandardCode(_FIRST + place, code, description, meaning)
    for place, (code, description, meaning) in enumerate(_LISTED)
)
BY_NUMBER: dict[int, StandardCode] = {each.number: each for each in STANDARD}
