"""How fields and their values are called on screen and in files."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format

from adminhub.hub.roster.years import year_name

LABELS = {
    "title": "Title",
    "forename": "First name",
    "surname": "Surname",
    "legal_forename": "Legal first name",
    "legal_surname": "Legal surname",
    "former_surname": "Former surname",
    "middle_names": "Middle names",
    "birthday": "Birthday",
    "sex": "Sex",
    "upn": "UPN",
    "uln": "ULN",
    "admission_number": "Admission number",
    "year_group": "Year group",
    "email": "E-mail",
    "staff_code": "Staff code",
    "teacher_number": "Teacher number",
    "job": "Post",
    "is_teaching": "Teaching",
    "name": "Name",
    "subject": "Subject",
    "description": "Description",
    "year_groups": "Year groups",
    "mis_id": "MIS ID",
    "lost_at": "Missing from the MIS since",
    "archived_at": "Archived",
    "former_upn": "Former UPN",
    "started": "Day of joining",
    "starts_on": "First day",
    "ends_on": "Last day",
    "is_main_teacher": "Main teacher",
}
SEXES = {"F": "Female", "M": "Male"}
_YEARS = ("year_group", "year_groups")
_DAYS = ("birthday", "starts_on", "ends_on")
_MOMENTS = ("lost_at", "archived_at")


def text_of(name: str, value: object) -> str:
    """A field's value as a person reads it; blank when there is none."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "sex":
        return SEXES.get(str(value), str(value))
    if isinstance(value, list):
        return ", ".join(year_name(each) if name in _YEARS else str(each) for each in value)
    text = str(value)
    if name in _DAYS:
        return date_format(date.fromisoformat(text[:10]), "j M Y")
    if name in _MOMENTS:
        return date_format(timezone.localtime(datetime.fromisoformat(text)), "j M Y, H:i")
    return year_name(text) if name in _YEARS else text


def in_sentence(label: str) -> str:
    """A label within a sentence: surname, but UPN."""
    return label if label[:2].isupper() else f"{label[:1].lower()}{label[1:]}"
