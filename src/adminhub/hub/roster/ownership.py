"""Whose each field is: the MIS's, once a record is linked, or the school's own. Plain values."""

from __future__ import annotations

from collections.abc import Mapping

from adminhub.hub.roster.models import Kind

_NAMES = ("forename", "surname", "legal_forename", "legal_surname")
MIS_FIELDS: Mapping[str, tuple[str, ...]] = {
    Kind.EMPLOYEE: ("title", *_NAMES, "email", "staff_code", "teacher_number", "job", "is_teaching"),
    Kind.PUPIL: (
        *_NAMES,
        "middle_names",
        "birthday",
        "sex",
        "upn",
        "uln",
        "admission_number",
        "year_group",
    ),
    Kind.REGISTRATION: ("name", "description", "year_groups"),
    Kind.TEACHING: ("name", "subject", "description", "year_groups"),
}
"""The fields of each kind that the MIS owns once a record is linked."""
SCHOOL_FIELDS: Mapping[str, tuple[str, ...]] = {
    Kind.EMPLOYEE: (),
    Kind.PUPIL: ("email",),
    Kind.REGISTRATION: ("subject",),
    Kind.TEACHING: (),
}
"""The fields that are the school's own, synced or not."""
HUB_FIELDS: Mapping[str, tuple[str, ...]] = {
    Kind.EMPLOYEE: ("former_surname",),
    Kind.PUPIL: ("former_surname",),
    Kind.REGISTRATION: (),
    Kind.TEACHING: (),
}
"""The fields that the hub keeps by itself, of what the MIS said before; no form changes them."""
OWNER: Mapping[str, str] = {
    Kind.EMPLOYEE: "employee",
    Kind.PUPIL: "pupil",
    Kind.REGISTRATION: "school_class",
    Kind.TEACHING: "school_class",
}
"""The field by which a link, or an own value, names the record of each kind that it belongs to."""
