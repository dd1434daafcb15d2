"""Where in each MIS a finding is put right, in that MIS's words. Menus move; who has a newer one looks nearby."""

from adminhub.broker.sources.quality import Topic

_ANY: dict[Topic, str] = {
    "numbers": "On the pupil's record in your MIS, where its UPN and ULN are kept.",
    "person": "On the pupil's record in your MIS, with the name and the date of birth.",
    "registration": "On the pupil's record in your MIS, with the year group, the registration group and the dates.",
    "classes": "In your MIS's timetable or class lists: who is in the class and who teaches it.",
    "staff": "On the member of staff's record in your MIS.",
    "twice": "Compare both records in your MIS. If they are one person, have your MIS's support merge them.",
    "export": "In the row named here. Correct the record in your MIS, or the export, and send it again.",
}
_WORDS: dict[str, dict[Topic, str]] = {
    "sims": {
        "numbers": "SIMS: Focus > Pupil > Pupil Details, panel Registration (UPN, ULN).",
        "person": "SIMS: Focus > Pupil > Pupil Details, panel Basic Details.",
        "registration": "SIMS: Focus > Pupil > Pupil Details, panel Registration.",
        "classes": "SIMS: Tools > Academic Management, curriculum assignment by pupil or by scheme.",
        "staff": "SIMS: Focus > Person > Staff.",
        "twice": "SIMS: compare both under Focus > Pupil or Focus > Person; one person's records are merged under "
        "Tools > Housekeeping.",
        "export": "SIMS: correct the record, or the report's columns in the report designer, and run CommandReporter "
        "again.",
    },
    "arbor": {
        "numbers": "Arbor: Student Profile > Identity > UPN or ULN > Edit.",
        "person": "Arbor: Student Profile > Identity.",
        "registration": "Arbor: Student Profile > Enrolment and Education.",
        "classes": "Arbor: the course's or registration form's page, Students and Staff.",
        "staff": "Arbor: Staff Profile > Identity, Contact Details and Employment.",
        "twice": "Arbor: open both profiles; Arbor's support merges one person's records.",
    },
    "bromcom": {
        "numbers": "Bromcom: Modules > Students > the student's record, Basic Details.",
        "person": "Bromcom: Modules > Students > the student's record, Basic Details.",
        "registration": "Bromcom: Modules > Students > the student's record, enrolment and tutor group.",
        "classes": "Bromcom: the class in Groups or in the Timetable module.",
        "staff": "Bromcom: Modules > Staff > the person's record.",
    },
    "scholarpack": {
        "numbers": "ScholarPack: the student's profile > Extended > School information; many at once under Admin > "
        "Students > Bulk UPNs.",
        "person": "ScholarPack: the student's profile.",
        "registration": "ScholarPack: the student's profile > Extended > School information.",
        "classes": "ScholarPack: Admin > Students, or the class's own list.",
        "staff": "ScholarPack: the member of staff's profile.",
    },
    "integris": {
        "numbers": "RM Integris: the pupil's details, UPN and ULN.",
        "person": "RM Integris: the pupil's details.",
        "registration": "RM Integris: the pupil's details, year and registration group.",
        "classes": "RM Integris: the class's or teaching group's members.",
        "staff": "RM Integris: the member of staff's details.",
    },
    "isams": {
        "numbers": "iSAMS: Pupil Manager > the pupil > Personal Details.",
        "person": "iSAMS: Pupil Manager > the pupil > Personal Details.",
        "registration": "iSAMS: Pupil Manager > the pupil > School Details (form, year, house).",
        "classes": "iSAMS: Teaching Manager > the set.",
        "staff": "iSAMS: Human Resources Manager > the member of staff.",
    },
}


def where_to_fix(topic: Topic, *, format: str) -> str:
    """One sentence for the MIS this format comes from. Of joined files the first one is the MIS's own."""
    family = format.split("+")[0]
    return _WORDS.get(family, {}).get(topic, _ANY[topic])
