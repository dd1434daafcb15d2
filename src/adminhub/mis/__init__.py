"""Readers of MIS exports: one module per format, all yielding the same frozen roster values."""

from adminhub.mis.comparing import apply_delta, compare
from adminhub.mis.reading import FORMATS, read
from adminhub.mis.refusal import Refused
from adminhub.mis.roster import (
    Contact,
    Employee,
    Enrolment,
    Issue,
    Pupil,
    Reject,
    Removal,
    Roster,
    School,
    SchoolClass,
)

__all__ = [
    "FORMATS",
    "Contact",
    "Employee",
    "Enrolment",
    "Issue",
    "Pupil",
    "Refused",
    "Reject",
    "Removal",
    "Roster",
    "School",
    "SchoolClass",
    "apply_delta",
    "compare",
    "read",
]
